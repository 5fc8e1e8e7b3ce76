/* tests/end_to_end/program.h - the built tailbit, run as people and schedulers run it. */
#ifndef TESTS_END_TO_END_PROGRAM_H
#define TESTS_END_TO_END_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

enum { PROGRAM_TEXT_BYTES = 1 << 16 };

/* How a call ended. */
typedef struct {
    int code;   /* exit code; -1 where a signal ended it */
    int signal; /* 0, or that signal */
    char out[PROGRAM_TEXT_BYTES], err[PROGRAM_TEXT_BYTES];
} program_result;

/* Makes a fresh folder, goes there, and forgets it with program_leave_folder. */
void program_enter_folder(void);
void program_leave_folder(void);

/* Becomes tailbit with NULL-terminated `words`. */
void program_execute(const char *const *words) __attribute__((noreturn));

/* Starts tailbit with NULL-terminated `words`, output going to the files out.PID and err.PID of the folder. */
pid_t program_start(const char *const *words);
/* The same with `prepare` called in the child before; NULL: nothing is. */
pid_t program_start_after(void (*prepare)(void), const char *const *words);
/* Waits for it and takes its output. */
void program_wait(pid_t pid, program_result *out);
/* Both. */
void program_run(const char *const *words, program_result *out);

/* PROGRAM_RUN(&result, "train", "--data", "shapes"); */
#define PROGRAM_RUN(result, ...) program_run((const char *const[]){__VA_ARGS__, NULL}, (result))

/* The call ended with `code` and `word` (NULL: anything) in what it said on stderr. */
#define EXPECT_EXIT(result, wanted, word) program_expect((result), (wanted), (word), __FILE__, __LINE__)
void program_expect(const program_result *result, int code, const char *word, const char *file, int line);

/* `tailbit compare a b` ends with `code`. */
void program_compare(const char *a, const char *b, int code);

/* Gives this process mounts of its own, invisible outside; false: not allowed here. */
bool program_private_mounts(void);

/* Waits until `path` exists, at most a minute. */
void program_wait_for_file(const char *path);

/* Starts the program with `words`, which write the run file `path`, sends it the signals (0-terminated) once that is there, and
 * waits for its end. Where the run had ended before, which a loaded machine makes possible, once more from the beginning. */
void program_interrupt(const char *const *words, const char *path, const int *signals, program_result *out);

/* A run of a second. */
#define TINY                                                                                                           \
    "train", "--data", "shapes:20:5", "--rho", "5", "--model", "resnet8", "--epochs", "2", "--batch", "16", "--method"

#endif

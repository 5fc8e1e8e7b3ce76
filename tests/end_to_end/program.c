#include "tests/end_to_end/program.h"

#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64];

void program_enter_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/tailbit-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

void program_leave_folder(void)
{
    char command[128];
    ck_assert_int_eq(chdir("/"), 0);
    snprintf(command, sizeof command, "rm -rf --one-file-system '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static void redirect(const char *kind, int to)
{
    char path[32];
    snprintf(path, sizeof path, "%s.%d", kind, (int)getpid());
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0666);
    if (file < 0 || dup2(file, to) < 0) {
        _exit(99);
    }
    close(file);
}

/* execv wants words that it promises not to write to. */
void program_execute(const char *const *words)
{
    const char *arguments[64] = {TAILBIT_PROGRAM};
    int count = 1;
    for (; words[count - 1] != NULL && count < 63; count++) {
        arguments[count] = words[count - 1];
    }
    char *plain[64];
    memcpy(plain, arguments, sizeof plain);
    execv(TAILBIT_PROGRAM, plain);
    _exit(98);
}

pid_t program_start_after(void (*prepare)(void), const char *const *words)
{
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        signal(SIGINT, SIG_DFL); /* a shell's `&` has them ignored, and who tests in the background too */
        signal(SIGHUP, SIG_DFL);
        redirect("out", STDOUT_FILENO);
        redirect("err", STDERR_FILENO);
        if (prepare != NULL) {
            prepare();
        }
        program_execute(words);
    }
    return pid;
}

pid_t program_start(const char *const *words) { return program_start_after(NULL, words); }

static void take(const char *kind, pid_t pid, char text[PROGRAM_TEXT_BYTES])
{
    char path[32];
    snprintf(path, sizeof path, "%s.%d", kind, (int)pid);
    text[0] = '\0';
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        text[fread(text, 1, PROGRAM_TEXT_BYTES - 1, file)] = '\0';
        fclose(file);
        unlink(path);
    }
}

void program_wait(pid_t pid, program_result *out)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    out->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    out->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    take("out", pid, out->out);
    take("err", pid, out->err);
}

void program_run(const char *const *words, program_result *out) { program_wait(program_start(words), out); }

void program_expect(const program_result *result, int code, const char *word, const char *file, int line)
{
    if (result->code != code || (word != NULL && strstr(result->err, word) == NULL)) {
        ck_abort_msg("%s:%d: exit code %d (signal %d), expected %d with \"%s\"\nstdout: %.2000s\nstderr: %.2000s", file,
                     line, result->code, result->signal, code, word != NULL ? word : "", result->out, result->err);
    }
}

void program_compare(const char *a, const char *b, int code)
{
    static program_result result;
    PROGRAM_RUN(&result, "compare", a, b);
    if (result.code != code) {
        ck_abort_msg("compare %s %s: exit code %d, expected %d\n%s%s", a, b, result.code, code, result.out, result.err);
    }
}

bool program_private_mounts(void)
{
    /* Whichever holds the test's folder; in a chroot "/" may be no mount. */
    return unshare(CLONE_NEWNS) == 0 && (mount(NULL, "/tmp", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
                                         mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

void program_wait_for_file(const char *path)
{
    for (int i = 0; i < 6000 && access(path, F_OK) != 0; i++) {
        usleep(10000);
    }
    ck_assert_msg(access(path, F_OK) == 0, "%s did not appear within a minute", path);
}

void program_interrupt(const char *const *words, const char *path, const int *signals, program_result *out)
{
    enum { TRIES = 10 };
    for (int i = 0; i < TRIES; i++) {
        const pid_t pid = program_start(words);
        program_wait_for_file(path);
        for (const int *s = signals; *s != 0; s++) {
            kill(pid, *s);
        }
        program_wait(pid, out);
        if (out->code != 0) {
            return;
        }
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_abort_msg("%s was finished before a signal came, %d times", path, TRIES);
}

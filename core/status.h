/* core/status.h - how a function says that it failed.
 *
 * A fallible function returns core_status and leaves its outputs unchanged on failure. The sentence for people
 * (what, where, what was expected, what to do) is kept once per thread; only main prints it. The values of the codes
 * are the exit codes of the program.
 */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

typedef enum {
    CORE_OK = 0,
    CORE_DIFFERS = 1,   /* compared things differ, or cells of a grid failed */
    CORE_BAD_USAGE = 2, /* an option, a configuration or an argument is wrong */
    CORE_BAD_FILE = 3,  /* a file is missing, damaged, foreign or unreadable */
    CORE_MACHINE = 4,   /* disk, memory, lock, CPU */
    CORE_DIVERGED = 5,  /* a training run with a NaN or an infinity in its loss, tensors or outputs */
    CORE_STOPPED = 75   /* stopped by a signal, with a check-point written */
} core_status;

enum { CORE_MESSAGE_BYTES = 5120 }; /* of a message, its NUL counted; longer ones are cut */

#define CORE_MUST_USE __attribute__((warn_unused_result))

/* Keeps the formatted sentence as this thread's message, escaped as CORE_TEXT_LINE (core/text.h), and returns `code`,
 * which is not CORE_OK. */
core_status core_fail(core_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a sentence that begins with its `subject`, mostly a file name; the formatted rest follows, such as
 * ": /labels is missing". A caller that shows the subject elsewhere can use the rest alone. */
core_status core_fail_about(core_status code, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The last sentence of this thread, "" if none; valid until the next failure in this thread, as are its parts. */
const char *core_error_message(void);

/* The subject of that message as core_fail_about got it, "" after core_fail; and the rest behind the subject. */
const char *core_error_subject(void);
const char *core_error_rest(void);

/* Returns a failure to the caller. */
#define CORE_TRY(expr)                                                                                                 \
    do {                                                                                                               \
        core_status core_try_status_ = (expr);                                                                         \
        if (core_try_status_ != CORE_OK) {                                                                             \
            return core_try_status_;                                                                                   \
        }                                                                                                              \
    } while (0)

#endif

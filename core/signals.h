/* core/signals.h - what the program does at each signal; some signals ask it to stop.
 *
 * One table holds it: core_signals. main calls core_signals_begin before anything else; train and grid call core_stop_listen,
 * ask core_stop_wanted after every step, write a check-point and end with CORE_STOPPED. docs/reliability.md has the table.
 */
#ifndef CORE_SIGNALS_H
#define CORE_SIGNALS_H

#include <stdbool.h>

typedef enum {
    CORE_STOPS,          /* asks train and grid to stop; in other verbs the system's default action */
    CORE_STOPS_IF_HEARD, /* the same, unless the parent process set it to ignored: nohup, a shell's `&` */
    CORE_SURVIVED,       /* ignored in every verb: the call that met the limit, or lost its reader, fails and says so */
    CORE_SYSTEM,         /* the system's default action */
    CORE_SIGNAL_ANSWERS
} core_signal_answer;

typedef struct {
    int number;
    const char *name; /* "SIGTERM" */
    core_signal_answer answer;
    const char *from; /* who sends it, for docs */
} core_signal;

extern const core_signal core_signals[]; /* ends with number 0 */

/* Each answer in the words of docs/reliability.md. */
extern const char *const core_signal_answer_texts[CORE_SIGNAL_ANSWERS];

/* Sets what every verb needs: ignores the CORE_SURVIVED signals; restores SIGCHLD, which the parent may have set to
 * ignored; and opens closed standard streams as streams that fail, so that no file of ours gets their descriptor and
 * the output of a printf. */
void core_signals_begin(void);

/* Restores the system's default actions, in a child before exec. May be called after fork. */
void core_signals_end(void);

/* Installs handlers for the signals that ask to stop. A second signal has no effect, so that the check-point is always
 * written. Where the soft and the hard limit on CPU time are equal, as `ulimit -t` sets them, the soft one is lowered:
 * at the hard limit the kernel kills. */
void core_stop_listen(void);

/* Whether such a signal has come since core_stop_listen. */
bool core_stop_wanted(void);

/* Whether the signal `number` asks to stop. */
bool core_stop_asks(int number);

/* The first such signal that came; 0: none. */
int core_stop_signal(void);

/* The name of that signal, "SIGTERM"; only if core_stop_wanted. */
const char *core_stop_signal_name(void);

#endif

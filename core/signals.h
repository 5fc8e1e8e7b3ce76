/* core/signals.h - what the program does with each signal, and the wish to stop that some of them are.
 *
 * One table holds it: core_signals. main calls core_signals_begin before anything else; train and grid call core_stop_listen,
 * ask core_stop_wanted after every step, write a check-point and end with CORE_STOPPED. docs/reliability.md has the table.
 */
#ifndef CORE_SIGNALS_H
#define CORE_SIGNALS_H

#include <stdbool.h>

typedef enum {
    CORE_STOPS,          /* asks train and grid to stop; elsewhere the system's own answer */
    CORE_STOPS_IF_HEARD, /* the same, unless who started tailbit ignores it: nohup, a shell's `&` */
    CORE_SURVIVED,       /* ignored in every verb: the call that met the limit, or lost its reader, fails and says so */
    CORE_SYSTEM,         /* the system's own answer */
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

/* What every verb wants: signals that are survived, and SIGCHLD heard even where it was ignored; standard streams that
 * are closed become ones that fail, so that no file of ours is opened in their place and written to by a printf. */
void core_signals_begin(void);

/* In a child that becomes another program: the system's own answers again. May be called after fork. */
void core_signals_end(void);

/* Takes the signals that ask to stop; a second one changes nothing, so that the file is always written. Where the limits
 * on CPU time are equal, as `ulimit -t` sets them, the soft one is lowered, because the kernel kills at the hard one. */
void core_stop_listen(void);

/* Whether one has come since. */
bool core_stop_wanted(void);

/* Whether the signal is one that asks to stop. */
bool core_stop_asks(int number);

/* The first that came; 0: none. */
int core_stop_signal(void);

/* The name of the first that came, "SIGTERM"; only if core_stop_wanted. */
const char *core_stop_signal_name(void);

#endif

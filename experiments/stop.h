/* experiments/stop.h - SIGINT, SIGTERM and SIGUSR1 ask a run to finish its step, write, and end. */
#ifndef EXPERIMENTS_STOP_H
#define EXPERIMENTS_STOP_H

#include <stdbool.h>

/* Takes the three signals; a second one changes nothing, so that the file is always written. */
void xp_stop_listen(void);

/* Whether one has come since. */
bool xp_stop_wanted(void);

/* The first that came; 0: none. */
int xp_stop_signal(void);

/* The name of the first that came, "SIGTERM"; only if xp_stop_wanted. */
const char *xp_stop_signal_name(void);

#endif

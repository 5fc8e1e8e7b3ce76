#include "experiments/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t signal_that_came;

static void remember(int signal)
{
    if (signal_that_came == 0) {
        signal_that_came = signal;
    }
}

void xp_stop_listen(void)
{
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

bool xp_stop_wanted(void) { return signal_that_came != 0; }

int xp_stop_signal(void) { return signal_that_came; }

const char *xp_stop_signal_name(void)
{
    switch (signal_that_came) {
    case SIGINT:
        return "SIGINT";
    case SIGTERM:
        return "SIGTERM";
    default:
        return "SIGUSR1";
    }
}

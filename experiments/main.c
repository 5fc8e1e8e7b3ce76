#include <signal.h>
#include <stdio.h>

#include "experiments/verbs.h"

int main(int count, char **words)
{
    signal(SIGCHLD, SIG_DFL); /* ignored by who started us, it would hide the ends of our own children */
    core_status status = xp_main(count, (const char *const *)words);
    const char *message = core_error_message();
    if (status != CORE_OK && message[0] != '\0') {
        fprintf(stderr, "tailbit: %s\n", message);
    }
    if (fflush(stdout) != 0 && status == CORE_OK) {
        perror("tailbit: standard output");
        return CORE_MACHINE;
    }
    return (int)status;
}

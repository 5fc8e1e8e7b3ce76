#include <stdio.h>

#include "experiments/cli/verbs.h"
#include "core/comm.h"
#include "core/signals.h"

int main(int count, char **words)
{
    core_signals_begin();
    core_status status = core_comm_start();
    status = status == CORE_OK ? xp_main(count, (const char *const *)words) : status;
    status = core_comm_settle(status);
    const char *message = core_error_message();
    if (status != CORE_OK && message[0] != '\0' && core_comm_rank() == 0) { /* ranks fail together */
        fprintf(stderr, "tailbit: %s\n", message);
    }
    core_comm_end();
    return (int)status;
}

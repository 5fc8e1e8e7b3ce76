#include <stdio.h>

#include "experiments/cli/verbs.h"
#include "core/signals.h"

int main(int count, char **words)
{
    core_signals_begin();
    core_status status = xp_main(count, (const char *const *)words);
    const char *message = core_error_message();
    if (status != CORE_OK && message[0] != '\0') {
        fprintf(stderr, "tailbit: %s\n", message);
    }
    return (int)status;
}

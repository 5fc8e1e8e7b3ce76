/* Writes the sample run to the file that is named: what readability.py reads with other tools. */
#include <stdio.h>

#include "core/memory.h"
#include "results/runs/run_file.h"
#include "tests/results/sample.h"

int main(int count, char **arguments)
{
    core_arena arena = {0};
    if (count != 2) {
        fprintf(stderr, "usage: make_sample FILE\n");
        return CORE_BAD_USAGE;
    }
    const res_run run = sample_run(&arena, 1);
    const core_status status = res_run_save(&run, arguments[1]);
    if (status != CORE_OK) {
        fprintf(stderr, "%s\n", core_error_message());
    }
    core_arena_free(&arena);
    return (int)status;
}

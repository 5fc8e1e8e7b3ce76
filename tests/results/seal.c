/* Makes run files that another tool changed whole again: seal FILE... writes them with their digest and checksums as they
 * are now, seal --older FILE... with a digest and without checksums, as a tailbit did that had none. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "results/runs/run_internal.h"
#include "tests/results/older.h"

static core_status write_again(const char *path)
{
    core_arena arena = {0};
    res_run run;
    core_status status = res_run_load_as_it_is(path, RES_ALL, &arena, &run);
    status = status == CORE_OK ? res_run_save(&run, path) : status;
    core_arena_free(&arena);
    return status;
}

int main(int count, char **arguments)
{
    const bool older = count > 1 && strcmp(arguments[1], "--older") == 0;
    for (int i = older ? 2 : 1; i < count; i++) {
        const core_status status = older ? make_older(arguments[i]) : write_again(arguments[i]);
        if (status != CORE_OK) {
            fprintf(stderr, "seal: %s\n", core_error_message());
            return (int)status;
        }
    }
    return 0;
}

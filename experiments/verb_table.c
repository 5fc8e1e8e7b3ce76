/* `tailbit table DIR`: the finished runs of a folder beside the paper's numbers. */
#include <stdio.h>

#include "experiments/table_cells.h"
#include "experiments/verbs.h"

static core_status print_table(const xp_options *options, core_arena *arena)
{
    const char *folder = options->arguments[0], *number = options->text[XP_TABLE];
    const xp_table_query query = {.paper = number != NULL ? res_paper_find(number) : NULL,
                                  .metrics = options->text[XP_METRIC],
                                  .best = xp_is_on(options, XP_BEST),
                                  .complaints = stderr};
    xp_table_run *runs;
    int64_t count;
    res_table table;
    if (query.paper != NULL && query.paper->metrics != NULL && options->source[XP_METRIC] == XP_BY_FLAG) {
        return core_fail(CORE_BAD_USAGE,
                         "--metric has no effect with --table %s, whose columns are figures; expected "
                         "one of the two",
                         query.paper->number);
    }
    CORE_TRY(res_metrics_check(xp_table_metrics(&query), query.best));
    CORE_TRY(xp_table_runs_load(folder, &query, arena, &runs, &count));
    if (count == 0 && query.paper == NULL) {
        return core_fail(CORE_BAD_FILE, "%s: holds no finished run", folder);
    }
    CORE_TRY(xp_table_make(&query, options->text[XP_ONLY], (xp_table_runs){count, runs}, arena, &table));
    return res_table_write(&table, options->text[XP_FORMAT], stdout);
}

core_status xp_verb_table(const xp_options *options)
{
    core_arena arena = {0};
    core_status status = print_table(options, &arena);
    core_arena_free(&arena);
    return status;
}

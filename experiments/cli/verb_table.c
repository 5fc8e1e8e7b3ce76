/* `tailbit table DIR`: the finished runs of a folder beside the paper's numbers. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "experiments/cli/verbs.h"
#include "recipes/shot_bounds.h"
#include "recipes/target_set.h"
#include "results/report/table_cells.h"

/* Checks the options of the test set: --table has a test set of its own, and two of the others exclude each other. */
static core_status check_test_set(const xp_options *options)
{
    const xp_option_id of_test[] = {XP_TEST_ORDER, XP_TEST_IMBALANCE, XP_TEST_RHO, XP_TEST_COUNTS};
    for (int i = 0; i < 4; i++) {
        const bool given = options->source[of_test[i]] == XP_BY_FLAG;
        if (given && options->text[XP_TABLE] != NULL) {
            return core_fail(CORE_BAD_USAGE,
                             "--%s has no effect with --table %s, which has its own test set; expected "
                             "one of the two",
                             xp_option_get(of_test[i])->name, options->text[XP_TABLE]);
        }
        if (given && xp_is_auto(options, XP_TEST_ORDER) &&
            (of_test[i] == XP_TEST_IMBALANCE || of_test[i] == XP_TEST_RHO)) {
            return core_fail(CORE_BAD_USAGE, "--%s has no effect with --test-order auto; expected it to be left out",
                             xp_option_get(of_test[i])->name);
        }
    }
    if (options->text[XP_TEST_COUNTS] != NULL && !xp_is_auto(options, XP_TEST_ORDER)) {
        return core_fail(CORE_BAD_USAGE, "--test-order and --test-counts exclude each other");
    }
    return options->text[XP_TEST_COUNTS] != NULL ? xp_target_set_check_counts(options->text[XP_TEST_COUNTS]) : CORE_OK;
}

/* A bound of many, medium and few has an effect on the two metrics beside it. */
static core_status check_bounds(const xp_options *options, const char *metrics, bool paper)
{
    const struct {
        xp_option_id id;
        const char *metric;
    } bounds[] = {{XP_MANY_OVER, "many"}, {XP_FEW_UNDER, "few"}};
    for (int i = 0; i < 2; i++) {
        const bool shown = strstr(metrics, "medium") != NULL || strstr(metrics, bounds[i].metric) != NULL;
        if (!shown && options->source[bounds[i].id] == XP_BY_FLAG) {
            return paper ? core_fail(CORE_BAD_USAGE, "--%s has no effect with --table %s; expected it to be left out",
                                     xp_option_get(bounds[i].id)->name, options->text[XP_TABLE])
                         : core_fail(CORE_BAD_USAGE, "--%s has no effect with --metric %s; expected %s or medium there",
                                     xp_option_get(bounds[i].id)->name, metrics, bounds[i].metric);
        }
    }
    return CORE_OK;
}

/* Checks what has no effect with the paper's table or with the format. */
static core_status check_use(const xp_options *options, const res_paper_table *paper)
{
    if (paper != NULL && paper->metrics != NULL && options->source[XP_METRIC] == XP_BY_FLAG) {
        return core_fail(CORE_BAD_USAGE,
                         "--metric has no effect with --table %s, whose columns are figures; expected "
                         "one of the two",
                         paper->number);
    }
    if (options->source[XP_LAYOUT] == XP_BY_FLAG && xp_is(options, XP_FORMAT, "json")) {
        return core_fail(CORE_BAD_USAGE, "--layout has no effect with --format json; expected one of the two");
    }
    const bool chosen = paper != NULL && paper->metrics != NULL;
    CORE_TRY(check_bounds(options, chosen ? paper->metrics : options->text[XP_METRIC], chosen));
    return check_test_set(options);
}

/* "runs/a, runs/b". */
static core_status name_folders(const xp_options *options, const char **out)
{
    *out = options->arguments[0];
    for (int64_t i = 1; i < options->argument_count; i++) {
        CORE_TRY(core_text_format(options->arena, out, "%s, %s", *out, options->arguments[i]));
    }
    return CORE_OK;
}

core_status xp_verb_table(const xp_options *options)
{
    core_arena *arena = options->arena;
    const char *number = options->text[XP_TABLE];
    const bool counted = options->text[XP_TEST_COUNTS] != NULL || !xp_is_auto(options, XP_TEST_ORDER);
    res_table_pair pair;
    res_shot_bounds bounds;
    const res_table_query query = {.paper = number != NULL ? res_paper_find(number) : NULL,
                                   .metrics = options->text[XP_METRIC],
                                   .best = xp_is_on(options, XP_BEST),
                                   .bounds = &bounds,
                                   .interval =
                                       options->text[XP_CONFIDENCE] != NULL ? xp_real(options, XP_CONFIDENCE) : 0,
                                   .pair = options->text[XP_PAIR] != NULL ? &pair : NULL,
                                   .test = counted ? options : NULL};
    const char *folders;
    res_collection runs;
    res_table_rows rows;
    res_table table;
    CORE_TRY(check_use(options, query.paper));
    CORE_TRY(xp_shot_bounds_of(options, &bounds));
    CORE_TRY(query.pair != NULL ? res_table_pair_parse(options->text[XP_PAIR], arena, &pair) : CORE_OK);
    CORE_TRY(res_metrics_check(res_table_metrics(&query), query.best,
                               counted                                          ? "--test-order or --test-counts"
                               : query.paper != NULL && query.paper->orders > 0 ? "--table, whose test sets are others"
                                                                                : NULL));
    CORE_TRY(name_folders(options, &folders));
    CORE_TRY(res_collection_load_several(options->arguments, options->argument_count, arena, &runs));
    CORE_TRY(res_table_rows_of(&query, &runs, arena, &rows));
    res_collection_complain(&runs, stderr);
    CORE_TRY(query.paper == NULL ? res_collection_check_finished(&runs, folders) : CORE_OK);
    if (rows.count == 0 && query.paper == NULL) {
        return core_fail(CORE_BAD_FILE, "%s: holds no finished run%s", folders,
                         counted ? " that this test set fits" : "");
    }
    CORE_TRY(res_table_of_rows(&query, options->text[XP_ONLY], &rows, arena, &table));
    return res_table_write(&table, options->text[XP_LAYOUT], options->text[XP_FORMAT], stdout);
}

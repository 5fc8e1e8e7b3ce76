#include "results/report/table_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "recipes/deviation.h"
#include "recipes/models.h"
#include "recipes/summary.h"
#include "recipes/target_set.h"

/* The rows so far. */
typedef struct {
    const res_table_query *query;
    core_arena *arena;
    int64_t count;
    res_finished_run *items; /* (count) */
} row_list;

const char *res_table_metrics(const res_table_query *query)
{
    return query->paper != NULL && query->paper->metrics != NULL ? query->paper->metrics : query->metrics;
}

core_status res_table_column(const res_table_query *query, const char *run_column, int64_t c, core_arena *arena,
                             const char **out)
{
    const bool figures = query->paper != NULL && query->paper->figures != NULL;
    return core_text_format(arena, out, "%s%s", run_column, figures ? strrchr(query->paper->columns[c], '/') : "");
}

/* Sets the run's note under the table: the difference in recipe, data that the paper's table lacks, unverified data. */
static core_status describe_deviation(const row_list *list, const char *recipe, res_finished_run *row)
{
    const char *first;
    CORE_TRY(res_table_column(list->query, row->column, 0, list->arena, &first));
    const bool stands_in = !res_paper_has_column(list->query->paper, first);
    const bool unverified = !stands_in && !row->verified;
    return core_text_format(list->arena, &row->deviation, "%s%s%s%s", recipe,
                            recipe[0] != '\0' && (stands_in || unverified) ? ", " : "",
                            stands_in ? "data that the paper's table has not" : "",
                            unverified ? "data whose official MD5 was not checked" : "");
}

/* Compares the run with the recipe of the paper's table, in a column of that class order (-1: without). */
static core_status find_deviation(const row_list *list, int64_t order, res_finished_run *row)
{
    const res_run run = {.config = {.options = row->config},
                         .data = {.name = row->data_name, .class_order = row->class_order, .plane = row->plane},
                         .split = {.K = row->last.K}};
    xp_deviation deviation;
    CORE_TRY(xp_deviation_of(&run, list->query->paper->model, order, list->arena, &deviation));
    row->distance = deviation.distance;
    row->comparable = deviation.comparable;
    row->open = deviation.open;
    return describe_deviation(list, deviation.text, row);
}

/* The imbalance of the run's training set; rho 0: it has none that a test set could share. */
static imb_profile profile_of(const res_finished_run *run)
{
    const char *rho = run->values[XP_RHO], *mu = run->values[XP_MU];
    imb_profile profile = {.mu = mu != NULL ? strtod(mu, NULL) : 0.5};
    if (rho != NULL && imb_profile_parse(run->values[XP_IMBALANCE], &profile.kind) == CORE_OK) {
        profile.rho = strtod(rho, NULL);
    }
    return profile;
}

/* The class counts (K) for which top1 is counted; NULL: the test set as it is. order: the class order of the column;
 * -1: none. */
static core_status find_counts(const row_list *list, const res_finished_run *row, int64_t order, int64_t **out)
{
    const int64_t K = row->last.K;
    const imb_profile profile = profile_of(row);
    xp_target_set set = {.known = order >= 0, .order = order, .profile = profile};
    *out = NULL;
    core_status status = CORE_OK;
    if (list->query->test != NULL) {
        status = xp_target_set_resolve(list->query->test, &profile, &set);
    }
    if (status == CORE_OK && set.known) {
        CORE_TRY(CORE_ARENA_NEW(list->arena, K, "the test set's class counts", *out));
        status = xp_target_set_counts(&set, K, *out);
    }
    if (status == CORE_BAD_USAGE) { /* an error of this run only: other runs can have a row */
        return core_fail(CORE_BAD_FILE, "%s", core_error_message());
    }
    return status;
}

/* Adds the run's row in a column of that class order (-1: without). */
static core_status add_row(row_list *list, const res_finished_run *run, int64_t order)
{
    const res_table_query *query = list->query;
    res_finished_run row = *run;
    int64_t *counts;
    if (order >= 0) {
        CORE_TRY(core_text_format(list->arena, &row.column, "%s/%c", run->column, (int)('a' + order - 1)));
    }
    if (query->paper != NULL) {
        CORE_TRY(find_deviation(list, order, &row));
    }
    CORE_TRY(find_counts(list, &row, order, &counts));
    res_scores scores = query->best ? run->best : run->last;
    CORE_TRY(counts != NULL ? xp_scores_count(counts, list->arena, &scores) : CORE_OK);
    res_scores_regroup(query->bounds, &scores);
    CORE_TRY(res_figures_of(&scores, res_table_metrics(query), list->arena, &row.figures));
    list->items[list->count++] = row;
    return CORE_OK;
}

/* Whether a run belongs in a column of that class order: it was trained for that test set, or for none. */
static bool fits_order(const res_finished_run *run, int64_t order)
{
    const char *own = run->values[XP_TEST_ORDER];
    return own == NULL ||
           (strtoll(own, NULL, 10) == order && strcmp(run->values[XP_TEST_IMBALANCE], run->values[XP_IMBALANCE]) == 0 &&
            strcmp(run->values[XP_TEST_RHO], run->values[XP_RHO]) == 0);
}

/* Adds a row for every class order of the table that the run fits. */
static core_status add_ordered_rows(row_list *list, const res_finished_run *run)
{
    const res_paper_table *paper = list->query->paper;
    const int64_t before = list->count;
    res_finished_run next = *run;
    for (int64_t order = 1; order <= paper->orders && profile_of(run).rho > 0; order++) {
        const core_status status = fits_order(run, order) ? add_row(list, &next, order) : CORE_BAD_FILE;
        if (status != CORE_OK && status != CORE_BAD_FILE) { /* BAD_FILE: the test data have no such test set */
            return status;
        }
        next.validation = list->count > before ? (double)NAN : next.validation; /* for one remark on tuning */
    }
    return list->count > before
               ? CORE_OK
               : core_fail(CORE_BAD_FILE, "is of no imbalance and test set that Table %s has", paper->number);
}

/* CORE_BAD_FILE: the run has no place in the table. */
static core_status add_rows(row_list *list, const res_finished_run *run)
{
    const res_paper_table *paper = list->query->paper;
    const bool text = run->values[XP_VOCABULARY] != NULL;
    const char *fraction = run->values[XP_REMOVE_FRAC];
    res_finished_run own = *run;
    if (paper == NULL) {
        return add_row(list, run, -1);
    }
    if (xp_model_is_of_text(paper->model) != text) {
        return core_fail(CORE_BAD_FILE, "is about %s, Table %s about %s", text ? "text" : "images", paper->number,
                         text ? "images" : "text");
    }
    if (text && fraction != NULL && strcmp(fraction, xp_option_default(XP_REMOVE_FRAC, true)) == 0) {
        own.column = run->values[XP_DATA]; /* the paper has one imbalance for text, which its columns do not name */
    }
    return paper->orders > 0 ? add_ordered_rows(list, &own) : add_row(list, &own, -1);
}

core_status res_table_rows_of(const res_table_query *query, res_collection *runs, core_arena *arena,
                              res_table_rows *out)
{
    const int orders = query->paper != NULL ? query->paper->orders : 0;
    row_list list = {.query = query, .arena = arena};
    CORE_TRY(CORE_ARENA_NEW(arena, runs->run_count * (orders > 0 ? orders : 1), "the rows of a table", list.items));
    for (int64_t i = 0; i < runs->file_count; i++) {
        res_collected_file *file = &runs->files[i];
        core_status status = file->run != NULL ? add_rows(&list, file->run) : CORE_OK;
        if (status == CORE_BAD_FILE) {
            status = core_fail_about(CORE_BAD_FILE, file->path, ": %s", core_error_message());
        }
        CORE_TRY(res_collection_leave_out(runs, file, status));
    }
    *out = (res_table_rows){list.count, list.items};
    return CORE_OK;
}

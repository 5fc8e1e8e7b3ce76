#include "results/report/table_cells.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "recipes/axes.h"
#include "recipes/methods.h"
#include "recipes/models.h"
#include "results/report/table_tuning.h"

/* A cell, and the values that a filter compares. */
typedef struct {
    res_table_cell place;
    const char *values[XP_BIT_OPTIONS];
    bool kept;
} cell;

typedef struct {
    const res_table_query *query;
    const res_paper_table *paper; /* the query's */
    const char *only;
    core_arena *arena;
    int64_t run_count, cell_count;
    res_finished_run *runs;
    cell *cells; /* the cells of the paper's table, and further cells of the runs */
    res_table_remark *remarks;
    int64_t remark_count;
} table_job;

/* Sets the test set for which a method is trained, in a column with a class order: letter "a" or "b", the column's last
 * part. */
static core_status name_test_set(table_job *job, const char *letter, const char *row, const char **values)
{
    const xp_method *method = xp_method_find(row);
    if (job->paper->orders == 0 || letter == NULL || method == NULL || !xp_method_knows_test(method)) {
        return CORE_OK;
    }
    values[XP_TEST_IMBALANCE] = values[XP_IMBALANCE];
    values[XP_TEST_RHO] = values[XP_RHO];
    return core_text_format(job->arena, &values[XP_TEST_ORDER], "%d", letter[0] - 'a' + 1);
}

/* Adds a cell of the paper. Its values are the parts of its name, the table's recipe and network, and else the defaults. */
static core_status place_paper_cell(table_job *job, const char *column, const char *row, double paper)
{
    cell *c = &job->cells[job->cell_count++];
    const bool figures = job->paper->figures != NULL, is_of_text = xp_model_is_of_text(job->paper->model);
    *c = (cell){.place = {.column = column,
                          .row = row,
                          .paper = paper,
                          .paper_top5 = res_paper_top5_error(job->paper, column, row),
                          .figure = "top1",
                          .note = -1}};
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        const char *default_text = xp_option_default((xp_option_id)id, is_of_text);
        c->values[id] =
            id != XP_SEED && default_text != NULL && strcmp(default_text, "auto") != 0 ? default_text : NULL;
    }
    for (const char *const *pair = job->paper->recipe; pair != NULL && *pair != NULL; pair += 2) {
        c->values[xp_option_of_key(XP_VERB_TRAIN, pair[0])] = pair[1];
    }
    const xp_option_id parts[] = {XP_DATA, XP_IMBALANCE, XP_RHO};
    char *rest;
    CORE_TRY(core_arena_strdup(job->arena, column, &rest));
    for (int i = 0; i < (figures ? 1 : 3); i++) { /* columns of figures: only the first part, the data, is an option */
        c->values[parts[i]] = strsep(&rest, "/");
    }
    CORE_TRY(name_test_set(job, rest, row, c->values));
    c->values[XP_METHOD] = row;
    c->values[XP_MODEL] = job->paper->model;
    return CORE_OK;
}

static core_status place_paper(table_job *job)
{
    const res_paper_table *paper = job->paper;
    for (int64_t c = 0; paper != NULL && c < paper->column_count; c++) {
        for (int64_t r = 0; r < paper->row_count; r++) {
            const double error = paper->errors[r * paper->column_count + c];
            if (!isnan(error)) {
                CORE_TRY(place_paper_cell(job, paper->columns[c], paper->rows[r], error));
                if (paper->figures != NULL) {
                    job->cells[job->cell_count - 1].place.figure = paper->figures[c];
                }
            }
        }
    }
    return CORE_OK;
}

/* The paper's number for a cell where the query has no paper table: from the first table that prints one. */
static double any_paper_error(double (*error_of)(const res_paper_table *table, const char *column, const char *row),
                              const char *column, const char *row)
{
    double error = (double)NAN;
    for (int i = 0; res_paper_numbers[i] != NULL && isnan(error); i++) {
        error = error_of(res_paper_find(res_paper_numbers[i]), column, row);
    }
    return error;
}

static cell *find_cell(const table_job *job, const res_finished_run *run)
{
    for (int64_t c = 0; c < job->cell_count; c++) {
        const res_table_cell *place = &job->cells[c].place;
        if (strcmp(place->column, run->column) == 0 && strcmp(place->row, run->method) == 0) {
            return &job->cells[c];
        }
    }
    return NULL;
}

/* The index of `name` in names (count); count: it is not there. */
static int64_t order_of(const char *const *names, int64_t count, const char *name)
{
    int64_t i = 0;
    while (i < count && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

/* Orders columns by name; columns that differ only in their figure are in the order of the paper's figures. */
static int64_t by_name(const res_table_cell *x, const res_table_cell *y, const res_paper_table *paper)
{
    const char *a = strrchr(x->column, '/'), *b = strrchr(y->column, '/');
    const int64_t length = a != NULL ? a - x->column : 0;
    if (paper == NULL || paper->figures == NULL || a == NULL || b == NULL || b - y->column != length ||
        strncmp(x->column, y->column, (size_t)length) != 0) {
        return strcmp(x->column, y->column);
    }
    return order_of(paper->figures, paper->column_count, x->figure) -
           order_of(paper->figures, paper->column_count, y->figure);
}

/* Rows are in the order of the paper's table, then of the methods. */
static int64_t row_order(const res_paper_table *paper, const char *row)
{
    const int64_t paper_rows = paper != NULL ? paper->row_count : 0,
                  order = paper != NULL ? order_of(paper->rows, paper_rows, row) : 0;
    return order < paper_rows ? order : paper_rows + xp_method_order(row);
}

/* Orders the cells: first the paper's columns in its order, then others by name; then by row. */
static int by_column_and_row(const void *a, const void *b, void *paper_table)
{
    const res_table_cell *x = &((const cell *)a)->place, *y = &((const cell *)b)->place;
    const res_paper_table *paper = paper_table;
    const char *const *columns = paper != NULL ? paper->columns : NULL;
    const int64_t column_count = paper != NULL ? paper->column_count : 0;
    int64_t order = order_of(columns, column_count, x->column) - order_of(columns, column_count, y->column);
    if (order == 0) {
        order = by_name(x, y, paper);
    }
    if (order == 0) {
        order = x->row_order - y->row_order;
    }
    return order < 0 ? -1 : order > 0;
}

/* Whether the paper's table, if one was asked for, has the run's method. */
static bool belongs(const table_job *job, const res_finished_run *run)
{
    return job->paper == NULL || res_paper_has_row(job->paper, run->method);
}

/* Adds cells for runs without one, and sorts all cells. */
static core_status place_runs(table_job *job)
{
    for (int64_t i = 0; i < job->run_count; i++) {
        const res_finished_run *run = &job->runs[i];
        if (!belongs(job, run) || find_cell(job, run) != NULL) {
            continue;
        }
        const bool is_own = job->paper == NULL && job->query->test == NULL;
        cell *c = &job->cells[job->cell_count++];
        *c = (cell){
            .place = {.column = run->column,
                      .row = run->method,
                      .paper = is_own ? any_paper_error(res_paper_error, run->column, run->method) : (double)NAN,
                      .paper_top5 =
                          is_own ? any_paper_error(res_paper_top5_error, run->column, run->method) : (double)NAN,
                      .figure = job->paper != NULL && job->paper->figures != NULL ? run->figures.items[0].name : "top1",
                      .note = -1}};
        memcpy(c->values, run->values, sizeof c->values);
    }
    for (int64_t c = 0; c < job->cell_count; c++) {
        job->cells[c].place.row_order = row_order(job->paper, job->cells[c].place.row);
    }
    qsort_r(job->cells, (size_t)job->cell_count, sizeof *job->cells, by_column_and_row, (void *)(uintptr_t)job->paper);
    return CORE_OK;
}

/* Applies --only to runs and cells: a cell is kept where it or one of its runs passes. */
static core_status filter(table_job *job)
{
    const char *expression = job->only;
    const char *const **items;
    xp_filter *only = NULL;
    const int64_t all = job->run_count + job->cell_count;
    CORE_TRY(CORE_ARENA_NEW(job->arena, all, "what a filter asks", items));
    for (int64_t i = 0; i < all; i++) {
        items[i] = i < job->run_count ? job->runs[i].values : job->cells[i - job->run_count].values;
    }
    CORE_TRY(xp_axes_filter(expression, items, all, job->arena, &only));
    int64_t kept = 0, passing = 0;
    for (int64_t c = 0; c < job->cell_count; c++) {
        job->cells[c].kept = xp_filter_passes(only, job->cells[c].values);
    }
    for (int64_t i = 0; i < job->run_count; i++) {
        if (xp_filter_passes(only, job->runs[i].values)) {
            cell *c = find_cell(job, &job->runs[i]);
            if (c != NULL) {
                c->kept = true;
            }
            job->runs[passing++] = job->runs[i];
        }
    }
    job->run_count = passing;
    for (int64_t c = 0; c < job->cell_count; c++) {
        if (job->cells[c].kept) {
            job->cells[kept++] = job->cells[c];
        }
    }
    job->cell_count = kept;
    if (kept == 0 && expression != NULL) {
        return core_fail(CORE_BAD_USAGE, "--only: no cell matches '%s'", expression);
    }
    return CORE_OK;
}

/* Adds a remark for each method that has runs but no row in the table. */
static core_status tell_left_out(table_job *job)
{
    for (int m = 0; xp_method_names[m] != NULL; m++) {
        int64_t n = 0;
        for (int64_t i = 0; i < job->run_count; i++) {
            const bool again = i > 0 && strcmp(job->runs[i].path, job->runs[i - 1].path) == 0; /* its next column */
            n += !again && !belongs(job, &job->runs[i]) && strcmp(job->runs[i].method, xp_method_names[m]) == 0;
        }
        if (n > 0) {
            res_table_remark *remark = &job->remarks[job->remark_count++];
            remark->kind = RES_TABLE_LEFT_OUT;
            CORE_TRY(core_text_format(job->arena, &remark->text, "%s of %s, which the table has not",
                                      CORE_COUNT(n, "run"), xp_method_names[m]));
        }
    }
    return CORE_OK;
}

static core_status tell_tuned(table_job *job)
{
    const char **texts;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(job->arena, job->run_count, "what was tuned", texts));
    CORE_TRY(res_table_tuning(job->runs, job->run_count, job->arena, texts, &count));
    for (int64_t i = 0; i < count; i++) {
        job->remarks[job->remark_count++] = (res_table_remark){RES_TABLE_TUNED, texts[i]};
    }
    return CORE_OK;
}

/* Describes the test set for which top1 is counted; "": the test set as it is. */
static core_status describe_test_set(const table_job *job, const char **out)
{
    const xp_options *test = job->query->test;
    *out = "";
    if (job->paper != NULL && job->paper->orders > 0) {
        *out = " on a known test set, imbalanced as the training set; class orders a and b: random ones";
    } else if (test != NULL && test->text[XP_TEST_COUNTS] != NULL) {
        return core_text_format(job->arena, out, " on a test set with class counts %s", test->text[XP_TEST_COUNTS]);
    } else if (test != NULL) {
        const bool kind = !xp_is_auto(test, XP_TEST_IMBALANCE), rho = !xp_is_auto(test, XP_TEST_RHO);
        return core_text_format(job->arena, out, " on a test set of imbalance %s, rho %s, class order %s",
                                kind ? test->text[XP_TEST_IMBALANCE] : "as in training",
                                rho ? test->text[XP_TEST_RHO] : "as in training", test->text[XP_TEST_ORDER]);
    }
    return CORE_OK;
}

static core_status title_of(table_job *job, const char **out)
{
    const bool figures = job->paper != NULL && job->paper->figures != NULL;
    const char *what = "test error in percent", *test, *number = job->paper != NULL ? job->paper->number : "";
    CORE_TRY(figures ? CORE_OK : res_metrics_describe(job->query->metrics, job->query->bounds, job->arena, &what));
    CORE_TRY(describe_test_set(job, &test));
    return core_text_format(job->arena, out, "%s%s%s%s%s", number[0] != '\0' ? "Table " : "", number,
                            number[0] != '\0' ? " of Cao et al. 2019: " : "", what, test);
}

static core_status finish_table(table_job *job, res_table *out)
{
    res_table table = {.number = job->paper != NULL ? job->paper->number : NULL,
                       .best = job->query->best,
                       .of_known_test = job->query->test != NULL || (job->paper != NULL && job->paper->orders > 0),
                       .interval = job->query->interval,
                       .cell_count = job->cell_count};
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(job->arena, job->cell_count, "the cells of a table", table.cells));
    CORE_TRY(CORE_ARENA_NEW(job->arena, xp_method_count() + job->run_count, "what is said of runs", job->remarks));
    CORE_TRY(tell_tuned(job));
    CORE_TRY(tell_left_out(job));
    for (int64_t c = 0; c < job->cell_count; c++) {
        table.cells[c] = job->cells[c].place;
    }
    for (int64_t i = 0; i < job->run_count; i++) {
        const cell *c = find_cell(job, &job->runs[i]);
        if (c != NULL) {
            job->runs[count] = job->runs[i];
            job->runs[count++].place = c - job->cells;
        }
    }
    CORE_TRY(title_of(job, &table.title));
    table.remark_count = job->remark_count;
    table.remarks = job->remarks;
    CORE_TRY(res_table_fill(&table, job->runs, count, job->arena));
    CORE_TRY(job->query->pair != NULL ? res_table_add_pair(&table, job->query->pair, job->arena) : CORE_OK);
    *out = table;
    return CORE_OK;
}

/* Reduces a run's figures to the one of that name. */
static core_status pick_figure(const res_finished_run *run, const char *name, res_figures *out)
{
    for (int64_t f = 0; f < run->figures.count; f++) {
        if (strcmp(run->figures.items[f].name, name) == 0) {
            *out = (res_figures){.count = 1, .items = &run->figures.items[f]};
            return CORE_OK;
        }
    }
    return core_fail_about(CORE_BAD_FILE, run->path, ": has no %s, which the table prints", name);
}

/* Whether the table also has other data of the same name, so that the name is ambiguous. The name of verified data is
 * so only where the others are verified too. */
static bool shares_name(const res_table_rows *runs, const res_finished_run *run)
{
    for (int64_t i = 0; i < runs->count; i++) {
        const res_finished_run *other = &runs->items[i];
        if (strcmp(other->values[XP_DATA], run->values[XP_DATA]) == 0 && (other->verified || !run->verified) &&
            strcmp(other->data_sha256, run->data_sha256) != 0) {
            return true;
        }
    }
    return false;
}

/* The run's column: "data.h5/step/10", or "data.h5@64220d23/step/10" among runs on other data of that name. */
static core_status name_column(const table_job *job, const res_table_rows *runs, const res_finished_run *run,
                               const char **out)
{
    const char *data = run->values[XP_DATA];
    *out = run->column;
    return shares_name(runs, run)
               ? core_text_format(job->arena, out, "%s@%.8s%s", data, run->data_sha256, run->column + strlen(data))
               : CORE_OK;
}

/* Copies the rows. Where the table's columns are figures of a run, a row becomes one for each figure, and only the last
 * one keeps `validation`, so that the remark on tuning appears once. */
static core_status take_runs(table_job *job, const res_table_rows *runs)
{
    const bool figures = job->paper != NULL && job->paper->figures != NULL;
    const int64_t columns = figures ? job->paper->column_count : 1;
    CORE_TRY(CORE_ARENA_NEW(job->arena, runs->count * columns, "the runs of a table", job->runs));
    for (int64_t i = 0; i < runs->count; i++) {
        const char *name = NULL;
        CORE_TRY(name_column(job, runs, &runs->items[i], &name));
        for (int64_t c = 0; c < columns; c++) {
            res_finished_run *run = &job->runs[job->run_count++];
            *run = runs->items[i];
            run->column = name;
            if (figures) {
                CORE_TRY(res_table_column(job->query, name, c, job->arena, &run->column));
                CORE_TRY(pick_figure(&runs->items[i], job->paper->figures[c], &run->figures));
                run->validation = c == columns - 1 ? run->validation : (double)NAN;
            }
        }
    }
    return CORE_OK;
}

core_status res_table_of_rows(const res_table_query *query, const char *only, const res_table_rows *rows,
                              core_arena *arena, res_table *out)
{
    table_job job = {.query = query, .paper = query->paper, .only = only, .arena = arena};
    const int64_t paper_cells = job.paper != NULL ? job.paper->row_count * job.paper->column_count : 0;
    CORE_TRY(take_runs(&job, rows));
    CORE_TRY(CORE_ARENA_NEW(arena, job.run_count + paper_cells, "the cells of a table", job.cells));
    CORE_TRY(place_paper(&job));
    CORE_TRY(place_runs(&job));
    CORE_TRY(filter(&job));
    return finish_table(&job, out);
}

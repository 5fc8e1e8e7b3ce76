#include "results/report/table_pair.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/builder.h"
#include "recipes/methods.h"
#include "results/report/table_internal.h"

/* A row that is being added. */
typedef struct {
    res_table *table;
    const res_table_pair *pair;
    core_arena *arena;
    const char *row;
    res_table_cell *cells; /* the table's, and the new ones */
    int64_t cell_count;
    res_table_remark *remarks;
    int64_t remark_count;
} pair_job;

static core_status check_method(const char *name)
{
    if (xp_method_find(name) != NULL) {
        return CORE_OK;
    }
    char expected[CORE_EXPECTED_BYTES];
    return core_fail(CORE_BAD_USAGE, "--pair: '%s' is no method%s", name,
                     core_text_expected(name, xp_method_names, xp_method_count(), expected));
}

core_status res_table_pair_parse(const char *text, core_arena *arena, res_table_pair *out)
{
    char *first;
    CORE_TRY(core_arena_strdup(arena, text, &first));
    char *second = strchr(first, ',');
    if (second == NULL || strchr(second + 1, ',') != NULL) {
        return core_fail(CORE_BAD_USAGE, "--pair: got '%s', expected two methods such as LDAM-DRW,ERM", text);
    }
    *second++ = '\0';
    CORE_TRY(check_method(first));
    CORE_TRY(check_method(second));
    if (strcmp(first, second) == 0) {
        return core_fail(CORE_BAD_USAGE, "--pair: %s stands there twice, expected two methods", first);
    }
    *out = (res_table_pair){first, second};
    return CORE_OK;
}

static core_status end_remark(pair_job *job, res_table_kind kind, core_builder *sentence)
{
    res_table_remark *remark = &job->remarks[job->remark_count++];
    remark->kind = kind;
    return core_builder_end(sentence, CORE_OK, job->arena, &remark->text);
}

/* Begins "cifar10/step/100, LDAM-DRW minus ERM: ". */
static core_status begin_remark(const pair_job *job, const char *column, core_builder *sentence)
{
    CORE_TRY(core_builder_begin(sentence, "a table"));
    fprintf(sentence->stream, "%s, %s: ", column, job->row);
    return CORE_OK;
}

/* Writes the pairs of runs that have a seed in common to firsts and seconds; returns their number. */
static int64_t pair_seeds(const res_table_cell *first, const res_table_cell *second, const res_finished_run **firsts,
                          const res_finished_run **seconds)
{
    int64_t n = 0;
    for (int64_t i = 0, j = 0; i < first->n && j < second->n;) {
        const int64_t a = first->runs[i]->seed, b = second->runs[j]->seed;
        if (a == b) {
            firsts[n] = first->runs[i];
            seconds[n++] = second->runs[j];
        }
        i += a <= b;
        j += b <= a;
    }
    return n;
}

/* Prints the separator and the seeds of `cell` that are not among those of `other`: "left out: seed 3 4 of ERM alone". */
static void print_alone(FILE *stream, const res_table_cell *cell, const res_table_cell *other, const char **separator)
{
    int64_t count = 0;
    for (int64_t i = 0; i < cell->n; i++) {
        int64_t j = 0;
        while (j < other->n && other->runs[j]->seed != cell->runs[i]->seed) {
            j++;
        }
        if (j == other->n) {
            fprintf(stream, "%s%" PRId64, count++ == 0 ? *separator : " ", cell->runs[i]->seed);
        }
    }
    if (count > 0) {
        fprintf(stream, " of %s alone", cell->row);
        *separator = ", seed ";
    }
}

/* Says why the runs of two methods (n = 0: none) make no pairs; *differ: they do not. */
static core_status tell_difference(pair_job *job, const res_table_cell *first, const res_table_cell *second,
                                   const char *column, bool *differ)
{
    const bool both = first->n > 0 && second->n > 0;
    const bool other_choice = both && job->table->best && !res_table_same_choice(first->runs[0], second->runs[0]);
    core_builder why;
    *differ = !both || !res_table_compares(job->table, first->runs[0], second->runs[0]);
    if (!*differ) {
        return CORE_OK;
    }
    CORE_TRY(begin_remark(job, column, &why));
    if (other_choice) {
        fputs("their best epochs are the best of other numbers of evaluations (eval_every)", why.stream);
    } else if (both) {
        fprintf(why.stream, "%s has ", first->row);
        res_table_print_differences(why.stream, &first->runs[0]->common, &second->runs[0]->common);
    } else {
        fprintf(why.stream, "no run of %s", first->n > 0 ? job->pair->second : job->pair->first);
    }
    return end_remark(job, RES_TABLE_NOT_PAIRED, &why);
}

/* Names the seeds that only one of the two has. */
static core_status tell_alone(pair_job *job, const res_table_cell *first, const res_table_cell *second,
                              const char *column)
{
    const char *separator = "left out: seed ";
    core_builder alone;
    CORE_TRY(begin_remark(job, column, &alone));
    print_alone(alone.stream, first, second, &separator);
    print_alone(alone.stream, second, first, &separator);
    return end_remark(job, RES_TABLE_NOT_PAIRED, &alone);
}

/* Warns of a difference that one seed alone has made. */
static core_status tell_once(pair_job *job, const char *column)
{
    core_builder once;
    CORE_TRY(begin_remark(job, column, &once));
    fputs("one seed each, so that the difference may be chance; more seeds give it a spread", once.stream);
    return end_remark(job, RES_TABLE_PAIRED_ONCE, &once);
}

/* Leaves out differences of figures that have another scale with each head, and says so. */
static core_status leave_out_scales(pair_job *job, res_table_cell *cell)
{
    res_table_figure *figures;
    bool has_scale = false;
    core_builder why;
    if (xp_method_find(job->pair->first)->head == xp_method_find(job->pair->second)->head) {
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(job->arena, cell->figure_count, "the figures of a cell", figures));
    for (int64_t f = 0; f < cell->figure_count; f++) {
        figures[f] = cell->figures[f];
        if (figures[f].direction == RES_NONE_IS_BETTER) {
            figures[f].mean = figures[f].std = figures[f].half_width = (double)NAN;
            has_scale = true;
        }
    }
    cell->figures = figures;
    if (!has_scale) {
        return CORE_OK;
    }
    CORE_TRY(begin_remark(job, cell->column, &why));
    fputs("their logits have other scales, so that margins have no difference", why.stream);
    return end_remark(job, RES_TABLE_NOT_PAIRED, &why);
}

/* Fills the cell from the runs of two methods, as far as they make pairs. */
static core_status fill_pair(pair_job *job, const res_table_cell *first, const res_table_cell *second,
                             res_table_cell *cell)
{
    const res_finished_run **firsts, **seconds;
    bool differ;
    CORE_TRY(tell_difference(job, first, second, cell->column, &differ));
    if (differ) {
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(job->arena, first->n, "the runs of a cell", firsts));
    CORE_TRY(CORE_ARENA_NEW(job->arena, first->n, "the runs of a cell", seconds));
    cell->n = pair_seeds(first, second, firsts, seconds);
    cell->runs = firsts;
    CORE_TRY(cell->n < first->n || cell->n < second->n ? tell_alone(job, first, second, cell->column) : CORE_OK);
    CORE_TRY(cell->n == 1 ? tell_once(job, cell->column) : CORE_OK);
    if (cell->n == 0) {
        return CORE_OK;
    }
    CORE_TRY(res_table_fill_figures(job->table, seconds, job->arena, cell));
    return leave_out_scales(job, cell);
}

/* Copies the cells of the column that begins at cell c, and adds one; *end: the index behind them. */
static core_status add_to_column(pair_job *job, int64_t c, int64_t *end)
{
    const res_table *table = job->table;
    const res_table_cell none = {.n = 0}, *begin = &table->cells[c], *first = &none, *second = &none;
    do {
        const res_table_cell *cell = &table->cells[c];
        first = strcmp(cell->row, job->pair->first) == 0 ? cell : first;
        second = strcmp(cell->row, job->pair->second) == 0 ? cell : second;
        job->cells[job->cell_count++] = *cell;
    } while (++c < table->cell_count && !res_table_begins_column(table, c));
    *end = c;
    if (first->n + second->n == 0) {
        return CORE_OK;
    }
    res_table_cell *cell = &job->cells[job->cell_count++];
    *cell = (res_table_cell){.column = begin->column,
                             .row = job->row,
                             .paper = (double)NAN,
                             .paper_top5 = (double)NAN,
                             .figure = begin->figure,
                             .note = -1,
                             .is_pair = true,
                             .row_order = INT64_MAX};
    return fill_pair(job, first, second, cell);
}

core_status res_table_add_pair(res_table *table, const res_table_pair *pair, core_arena *arena)
{
    const int64_t cells = 2 * table->cell_count, remarks = table->remark_count + 3 * table->cell_count;
    pair_job job = {.table = table, .pair = pair, .arena = arena, .remark_count = table->remark_count};
    CORE_TRY(core_text_format(arena, &job.row, "%s minus %s", pair->first, pair->second));
    CORE_TRY(CORE_ARENA_NEW(arena, cells, "the cells of a table", job.cells));
    CORE_TRY(CORE_ARENA_NEW(arena, remarks, "the remarks of a table", job.remarks));
    for (int64_t i = 0; i < table->remark_count; i++) {
        job.remarks[i] = table->remarks[i];
    }
    for (int64_t c = 0; c < table->cell_count;) {
        CORE_TRY(add_to_column(&job, c, &c));
    }
    if (job.cell_count == table->cell_count) {
        return core_fail(CORE_BAD_USAGE, "--pair: the table has no run of %s or %s", pair->first, pair->second);
    }
    table->cells = job.cells;
    table->cell_count = job.cell_count;
    table->remarks = job.remarks;
    table->remark_count = job.remark_count;
    table->pair = job.row;
    return CORE_OK;
}

#include "results/report/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/text.h"
#include "recipes/configuration.h"
#include "recipes/methods.h"
#include "recipes/paper.h"
#include "results/report/data_head.h"
#include "results/report/series.h"
#include "results/report/student.h"
#include "results/report/table_internal.h"

/* A table that is being filled. */
typedef struct {
    res_table *table;
    core_arena *arena;
    int64_t run_count;
    const res_finished_run **sorted; /* (run_count) by place, recipe, seed, path */
    const char **notes;              /* (table->note_count) */
    res_table_remark *remarks;
    int64_t remark_count, remark_capacity;
    const res_finished_run **shown; /* (table->cell_count) a run of the group that the cell shows; NULL: none */
} making;

static int by_place(const void *a, const void *b)
{
    const res_finished_run *x = *(const res_finished_run *const *)a, *y = *(const res_finished_run *const *)b;
    return x->place != y->place ? (x->place < y->place ? -1 : 1) : res_run_order(x, y);
}

/* `text` is borrowed. */
static core_status add_remark(making *m, res_table_kind kind, const char *text)
{
    CORE_TRY(CORE_ARENA_GROW(m->arena, m->remark_count, &m->remark_capacity, "the remarks of a table", m->remarks));
    m->remarks[m->remark_count++] = (res_table_remark){kind, text};
    return CORE_OK;
}

static core_status begin_remark(core_builder *sentence) { return core_builder_begin(sentence, "a table"); }

static core_status end_remark(making *m, res_table_kind kind, core_builder *sentence)
{
    const char *text;
    CORE_TRY(core_builder_end(sentence, CORE_OK, m->arena, &text));
    return add_remark(m, kind, text);
}

static int64_t note_of(making *m, const char *deviation)
{
    if (deviation[0] == '\0') {
        return -1;
    }
    for (int64_t i = 0; i < m->table->note_count; i++) {
        if (strcmp(m->notes[i], deviation) == 0) {
            return i;
        }
    }
    m->notes[m->table->note_count] = deviation;
    return m->table->note_count++;
}

static res_table_figure figure_of(const res_table *table, const res_table_cell *cell, const res_figure *named,
                                  const double *values)
{
    const int64_t n = cell->n;
    const res_statistic over_seeds = res_statistic_of(values, n);
    const bool has_interval = table->interval > 0 && n > 1;
    const bool comparable = cell->runs[0]->comparable;
    const double paper = strcmp(named->name, cell->figure) == 0 ? cell->paper
                         : strcmp(named->name, "top5") == 0     ? cell->paper_top5
                                                                : (double)NAN,
                 t = has_interval ? res_student_t(n - 1, table->interval / 100.0) : (double)NAN;
    return (res_table_figure){.name = named->name,
                              .unit = named->unit,
                              .label = named->label,
                              .class_name = named->class_name,
                              .head = named->head,
                              .of_class = named->of_class,
                              .mean = over_seeds.mean,
                              .std = over_seeds.std,
                              .half_width = t * over_seeds.std / sqrt((double)n),
                              .paper = paper,
                              .difference = comparable ? over_seeds.mean - paper : (double)NAN,
                              .direction = named->direction};
}

core_status res_table_fill_figures(const res_table *table, const res_finished_run *const *less, core_arena *arena,
                                   res_table_cell *cell)
{
    const res_figures *named = &cell->runs[0]->figures;
    res_table_figure *figures;
    double *values;
    CORE_TRY(CORE_ARENA_NEW(arena, named->count, "the figures of a cell", figures));
    CORE_TRY(CORE_ARENA_NEW(arena, cell->n, "the figures of a cell", values));
    for (int64_t f = 0; f < named->count; f++) {
        for (int64_t i = 0; i < cell->n; i++) {
            values[i] = cell->runs[i]->figures.items[f].value - (less != NULL ? less[i]->figures.items[f].value : 0.0);
        }
        figures[f] = figure_of(table, cell, &named->items[f], values);
    }
    cell->figure_count = named->count;
    cell->figures = figures;
    return CORE_OK;
}

/* Adds a remark for each run of the recipe that is there twice. */
static core_status report_twice(making *m, const res_recipe_group *g)
{
    for (int64_t i = g->begin + 1; i < g->end; i++) {
        const res_finished_run *run = m->sorted[i], *before = m->sorted[i - 1];
        const char *text;
        if (run->seed == before->seed) {
            CORE_TRY(core_text_format(m->arena, &text, "%s has the recipe and the seed of %s%s", run->path,
                                      before->path,
                                      strcmp(run->digest, before->digest) == 0 ? "" : ", and other bits"));
            CORE_TRY(add_remark(m, RES_TABLE_TWICE, text));
        }
    }
    return CORE_OK;
}

static core_status fill_cell(making *m, const res_recipe_group *g, res_table_cell *cell)
{
    const res_finished_run **runs;
    CORE_TRY(CORE_ARENA_NEW(m->arena, g->seeds, "the runs of a cell", runs));
    res_group_series(m->sorted, g, runs);
    cell->n = g->seeds;
    cell->runs = runs;
    cell->note = note_of(m, runs[0]->deviation);
    return res_table_fill_figures(m->table, NULL, m->arena, cell);
}

bool res_table_same_choice(const res_finished_run *a, const res_finished_run *b)
{
    return res_option_same(res_options_find(&a->config, "eval_every"), res_options_find(&b->config, "eval_every"));
}

bool res_table_compares(const res_table *table, const res_finished_run *a, const res_finished_run *b)
{
    if (table->best && !res_table_same_choice(a, b)) {
        return false;
    }
    const bool has_use = !table->of_known_test || (xp_method_knows_test(xp_method_find(a->method)) &&
                                                   xp_method_knows_test(xp_method_find(b->method)));
    return strcmp(a->setting, b->setting) == 0 ||
           (!has_use && strcmp(a->setting_of_any_test, b->setting_of_any_test) == 0);
}

void res_table_print_differences(FILE *stream, const res_options *a, const res_options *b)
{
    const char *comma = "";
    for (int side = 0; side < 2; side++) {
        const res_options *mine = side == 0 ? a : b, *other = side == 0 ? b : a;
        for (int64_t i = 0; i < mine->count; i++) {
            const char *key = mine->items[i].key;
            const res_option *theirs = res_options_find(other, key);
            if (strcmp(key, "seed") == 0 || res_option_same(&mine->items[i], theirs) || (side == 1 && theirs != NULL)) {
                continue;
            }
            char value[256], instead[256];
            fprintf(stream, "%s%s %s instead of %s", comma, key, xp_configuration_format(a, key, value, sizeof value),
                    xp_configuration_format(b, key, instead, sizeof instead));
            comma = ", ";
        }
    }
    fputs(comma[0] == '\0' ? "other data" : "", stream);
}

/* Adds a remark on the recipe that begins at sorted[begin] and is not shown. */
static core_status report_hidden(making *m, const res_recipe_group *g, const res_finished_run *shown)
{
    const res_finished_run *run = m->sorted[g->begin];
    const res_table_cell *cell = &m->table->cells[run->place];
    core_builder sentence;
    CORE_TRY(begin_remark(&sentence));
    fprintf(sentence.stream, "%s %s: %s with ", cell->column, cell->row, CORE_COUNT(g->seeds, "run"));
    res_table_print_differences(sentence.stream, &run->config, &shown->config);
    return end_remark(m, RES_TABLE_NOT_SHOWN, &sentence);
}

/* Fills the cell of sorted[begin] from all its runs; *end is the index behind them. */
static core_status fill_place(making *m, int64_t begin, int64_t *end)
{
    const int64_t place = m->sorted[begin]->place;
    for (*end = begin; *end < m->run_count && m->sorted[*end]->place == place;) {
        ++*end;
    }
    const res_recipe_group shown = res_group_choose(m->sorted, begin, *end);
    CORE_TRY(fill_cell(m, &shown, &m->table->cells[place]));
    m->shown[place] = m->sorted[shown.begin];
    for (int64_t at = begin; at < *end;) {
        const res_recipe_group g = res_group_at(m->sorted, at, *end);
        CORE_TRY(report_twice(m, &g));
        CORE_TRY(at != shown.begin ? report_hidden(m, &g, m->shown[place]) : CORE_OK);
        at = g.end;
    }
    return CORE_OK;
}

/* The options of cell p that the paper leaves open; none where the data are not the paper's. */
static res_options open_of(const making *m, int64_t p)
{
    return m->shown[p] != NULL && res_paper_has_data(m->table->cells[p].column) ? m->shown[p]->open : (res_options){0};
}

/* Whether cell p leaves the option open, with this value. */
static bool has_open(const making *m, int64_t p, const res_option *option)
{
    const res_options open = open_of(m, p);
    const res_option *own = res_options_find(&open, option->key);
    return own != NULL && res_option_same(option, own);
}

/* Prints the rows whose runs have this value of `option`, each once. */
static void print_rows_with(const making *m, FILE *stream, const res_option *option)
{
    const char *comma = "";
    for (int64_t p = 0; p < m->table->cell_count; p++) {
        bool tells = has_open(m, p, option);
        for (int64_t q = 0; q < p && tells; q++) {
            tells = strcmp(m->table->cells[q].row, m->table->cells[p].row) != 0 || !has_open(m, q, option);
        }
        if (tells) {
            fprintf(stream, "%s%s", comma, m->table->cells[p].row);
            comma = ", ";
        }
    }
}

/* Whether a place before p has the key with this value. */
static bool open_was_told(const making *m, int64_t p, const res_option *option)
{
    for (int64_t q = 0; q < p; q++) {
        if (has_open(m, q, option)) {
            return true;
        }
    }
    return false;
}

/* Adds a remark for each data set with runs that is made up; its columns stand together. */
static core_status report_made_up(making *m)
{
    const char *told = "";
    for (int64_t p = 0; p < m->table->cell_count; p++) {
        const char *column = m->table->cells[p].column;
        const int bytes = (int)strcspn(column, "/");
        const bool is_told = (int)strcspn(told, "/") == bytes && strncmp(told, column, (size_t)bytes) == 0;
        if (m->shown[p] != NULL && res_data_is_made_up(column) && !is_told) {
            const char *text;
            CORE_TRY(core_text_format(m->arena, &text, "%.*s, " RES_DATA_MADE_UP, bytes, column));
            CORE_TRY(add_remark(m, RES_TABLE_MADE_UP, text));
            told = column;
        }
    }
    return CORE_OK;
}

static core_status report_open(making *m)
{
    for (int64_t p = 0; p < m->table->cell_count; p++) {
        const res_options open = open_of(m, p);
        for (int64_t i = 0; i < open.count; i++) {
            const res_option *option = &open.items[i];
            char value[256];
            core_builder sentence;
            if (open_was_told(m, p, option)) {
                continue;
            }
            CORE_TRY(begin_remark(&sentence));
            fprintf(sentence.stream, "%s %s: ", option->key, res_option_format(option, value, sizeof value));
            print_rows_with(m, sentence.stream, option);
            CORE_TRY(end_remark(m, RES_TABLE_OPEN, &sentence));
        }
    }
    return CORE_OK;
}

/* Adds one remark for each column with missing cells. */
static core_status report_missing(making *m)
{
    const res_table_cell *cells = m->table->cells;
    for (int64_t p = 0; p < m->table->cell_count;) {
        const char *column = cells[p].column, *comma = "", *text;
        core_builder sentence;
        CORE_TRY(begin_remark(&sentence));
        fprintf(sentence.stream, "%s: ", column);
        for (; p < m->table->cell_count && strcmp(cells[p].column, column) == 0; p++) {
            if (cells[p].n == 0) {
                fprintf(sentence.stream, "%s%s", comma, cells[p].row);
                comma = ", ";
            }
        }
        CORE_TRY(core_builder_end(&sentence, CORE_OK, m->arena, &text));
        CORE_TRY(comma[0] != '\0' ? add_remark(m, RES_TABLE_MISSING, text) : CORE_OK);
    }
    return CORE_OK;
}

/* Adds a remark where a cell has a number of the paper that its runs are not compared with. */
static core_status report_not_compared(making *m)
{
    const char *text;
    int64_t count = 0;
    for (int64_t p = 0; p < m->table->cell_count; p++) {
        const res_table_cell *cell = &m->table->cells[p];
        bool has_paper = false;
        for (int64_t f = 0; f < cell->figure_count; f++) {
            has_paper = has_paper || !isnan(cell->figures[f].paper);
        }
        count += m->shown[p] != NULL && !m->shown[p]->comparable && has_paper;
    }
    if (count == 0) {
        return CORE_OK;
    }
    CORE_TRY(core_text_format(
        m->arena, &text,
        "for %s, whose epochs, model, number of classes, mu, removed class or known test set are not the paper's",
        CORE_COUNT(count, "cell")));
    return add_remark(m, RES_TABLE_NOT_COMPARED, text);
}

static core_status fill(making *m, const res_finished_run *runs)
{
    for (int64_t i = 0; i < m->run_count; i++) {
        m->sorted[i] = &runs[i];
    }
    qsort(m->sorted, (size_t)m->run_count, sizeof *m->sorted, by_place);
    for (int64_t at = 0; at < m->run_count;) {
        CORE_TRY(fill_place(m, at, &at));
    }
    CORE_TRY(report_made_up(m));
    CORE_TRY(report_open(m));
    CORE_TRY(report_missing(m));
    CORE_TRY(report_not_compared(m));
    for (int64_t i = 0; i < m->table->remark_count; i++) {
        CORE_TRY(add_remark(m, m->table->remarks[i].kind, m->table->remarks[i].text));
    }
    return CORE_OK;
}

core_status res_table_fill(res_table *table, const res_finished_run *runs, int64_t count, core_arena *arena)
{
    making m = {.table = table, .arena = arena, .run_count = count};
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the runs of a table", m.sorted));
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the notes of a table", m.notes));
    CORE_TRY(CORE_ARENA_NEW(arena, table->cell_count, "the cells of a table", m.shown));
    CORE_TRY(fill(&m, runs));
    table->notes = m.notes;
    table->remark_count = m.remark_count;
    table->remarks = m.remarks;
    return CORE_OK;
}

void res_table_letter(int64_t note, char letter[4])
{
    const char first = (char)('a' + note / 26 - 1), last = (char)('a' + note % 26);
    letter[0] = note < 26 ? last : first;
    letter[1] = note < 26 ? '\0' : last;
    letter[2] = '\0';
}

const char *res_table_heading(res_table_kind kind)
{
    static const char *const headings[] = {"made up",
                                           ("open in " RES_PAPER_CITATION),
                                           "tuned",
                                           "missing",
                                           "not shown",
                                           "there twice",
                                           "not paired",
                                           "paired once",
                                           ("no difference to " RES_PAPER_CITATION),
                                           "left out"};
    return headings[kind];
}

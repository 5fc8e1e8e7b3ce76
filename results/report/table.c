#include "results/report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A table in the making. */
typedef struct {
    const res_table_parts *parts;
    core_arena *arena;
    const res_finished_run **sorted; /* (run_count) by place, recipe, seed, path */
    const char **notes;
    int64_t note_count;
    res_table_remark *remarks;
    int64_t remark_count, remark_room;
    const res_finished_run **shown; /* (place_count) a run of the group that is shown; NULL: none */
} making;

/* Runs of one place and recipe: sorted[begin, end). */
typedef struct {
    int64_t begin, end;
} group;

static int by_place_recipe_seed_path(const void *a, const void *b)
{
    const res_finished_run *x = *(const res_finished_run *const *)a, *y = *(const res_finished_run *const *)b;
    if (x->place != y->place) {
        return x->place < y->place ? -1 : 1;
    }
    const int recipe = strcmp(x->recipe, y->recipe);
    if (recipe != 0) {
        return recipe;
    }
    return x->seed != y->seed ? (x->seed < y->seed ? -1 : 1) : strcmp(x->path, y->path);
}

static core_status remark(making *m, res_table_kind kind, const char *text)
{
    if (m->remark_count == m->remark_room) {
        res_table_remark *moved;
        const int64_t room = 2 * m->remark_room + 16;
        CORE_TRY(CORE_ARENA_NEW(m->arena, room, "the remarks of a table", moved));
        if (m->remark_count > 0) {
            memcpy(moved, m->remarks, (size_t)m->remark_count * sizeof *moved);
        }
        m->remarks = moved;
        m->remark_room = room;
    }
    char *copy;
    CORE_TRY(core_arena_strdup(m->arena, text, &copy));
    m->remarks[m->remark_count++] = (res_table_remark){kind, copy};
    return CORE_OK;
}

/* A sentence being written; finish hands it to remark. */
static core_status finish_remark(making *m, res_table_kind kind, FILE *stream, char **text)
{
    core_status status = stream != NULL && fclose(stream) == 0
                             ? remark(m, kind, *text)
                             : core_fail(CORE_MACHINE, "not enough memory for a table");
    free(*text);
    return status;
}

static group next_group(const making *m, int64_t begin)
{
    const res_finished_run *first = m->sorted[begin];
    group g = {begin, begin + 1};
    while (g.end < m->parts->run_count && m->sorted[g.end]->place == first->place &&
           strcmp(m->sorted[g.end]->recipe, first->recipe) == 0) {
        g.end++;
    }
    return g;
}

static bool twice(const making *m, const group *g, int64_t i)
{
    return i > g->begin && m->sorted[i]->seed == m->sorted[i - 1]->seed;
}

static int64_t seeds_of(const making *m, const group *g)
{
    int64_t n = 0;
    for (int64_t i = g->begin; i < g->end; i++) {
        n += !twice(m, g, i);
    }
    return n;
}

/* Whether group a is shown rather than b, which comes before it in order. */
static bool better(const making *m, const group *a, const group *b)
{
    const res_finished_run *x = m->sorted[a->begin], *y = m->sorted[b->begin];
    return x->distance != y->distance ? x->distance < y->distance : seeds_of(m, a) > seeds_of(m, b);
}

static int64_t note_of(making *m, const char *deviation)
{
    if (deviation[0] == '\0') {
        return -1;
    }
    for (int64_t i = 0; i < m->note_count; i++) {
        if (strcmp(m->notes[i], deviation) == 0) {
            return i;
        }
    }
    m->notes[m->note_count] = deviation;
    return m->note_count++;
}

/* Mean and std of figure f over the seeds of the group. */
static void summarise(const making *m, const group *g, int64_t f, res_table_figure *out)
{
    double sum = 0.0, squares = 0.0;
    const double n = (double)seeds_of(m, g);
    for (int64_t i = g->begin; i < g->end; i++) {
        sum += twice(m, g, i) ? 0.0 : m->sorted[i]->figures.items[f].value;
    }
    out->mean = sum / n;
    for (int64_t i = g->begin; i < g->end; i++) {
        const double off = m->sorted[i]->figures.items[f].value - out->mean;
        squares += twice(m, g, i) ? 0.0 : off * off;
    }
    out->std = n > 1.0 ? sqrt(squares / (n - 1.0)) : (double)NAN;
}

static core_status fill_figures(making *m, const group *g, res_table_cell *cell)
{
    const res_figures *named = &m->sorted[g->begin]->figures;
    res_table_figure *figures;
    CORE_TRY(CORE_ARENA_NEW(m->arena, named->count, "the figures of a cell", figures));
    for (int64_t f = 0; f < named->count; f++) {
        res_table_figure *figure = &figures[f];
        *figure = (res_table_figure){.name = named->items[f].name, .unit = named->items[f].unit, .paper = (double)NAN};
        summarise(m, g, f, figure);
        if (strcmp(figure->name, cell->figure) == 0) {
            figure->paper = cell->paper;
        }
        figure->difference = figure->mean - figure->paper;
    }
    cell->figure_count = named->count;
    cell->figures = figures;
    return CORE_OK;
}

static core_status fill_cell(making *m, const group *g, res_table_cell *cell)
{
    int64_t *seeds;
    const char **paths;
    CORE_TRY(CORE_ARENA_NEW(m->arena, g->end - g->begin, "the seeds of a cell", seeds));
    CORE_TRY(CORE_ARENA_NEW(m->arena, g->end - g->begin, "the runs of a cell", paths));
    for (int64_t i = g->begin; i < g->end; i++) {
        const res_finished_run *run = m->sorted[i];
        if (!twice(m, g, i)) {
            paths[cell->n] = run->path;
            seeds[cell->n++] = run->seed;
            continue;
        }
        char *text = NULL;
        size_t bytes = 0;
        FILE *stream = open_memstream(&text, &bytes);
        if (stream != NULL) {
            const bool same = strcmp(run->digest, m->sorted[i - 1]->digest) == 0;
            fprintf(stream, "%s has the recipe and the seed of %s%s", run->path, m->sorted[i - 1]->path,
                    same ? "" : ", and other bits");
        }
        CORE_TRY(finish_remark(m, RES_TABLE_TWICE, stream, &text));
    }
    cell->seeds = seeds;
    cell->paths = paths;
    cell->note = note_of(m, m->sorted[g->begin]->deviation);
    return fill_figures(m, g, cell);
}

/* "epochs 20 instead of 200": the options of a that are others in b. */
static void print_differences(FILE *stream, const res_options *a, const res_options *b)
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
            fprintf(stream, "%s%s %s instead of %s", comma, key,
                    res_option_format(res_options_find(a, key), value, sizeof value),
                    res_option_format(res_options_find(b, key), instead, sizeof instead));
            comma = ", ";
        }
    }
    fputs(comma[0] == '\0' ? "other data" : "", stream);
}

static core_status report_hidden(making *m, const group *g, const group *shown)
{
    const res_finished_run *run = m->sorted[g->begin];
    const res_table_place *place = &m->parts->places[run->place];
    const int64_t n = g->end - g->begin;
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream != NULL) {
        fprintf(stream, "%s %s: %lld %s with ", place->column, place->row, (long long)n, n == 1 ? "run" : "runs");
        print_differences(stream, &run->config, &m->sorted[shown->begin]->config);
    }
    return finish_remark(m, RES_TABLE_NOT_SHOWN, stream, &text);
}

/* All groups of the place of sorted[*at]; *at moves behind them. */
static core_status fill_place(making *m, int64_t *at, res_table_cell *cells)
{
    const int64_t first = *at, place = m->sorted[first]->place;
    group shown = next_group(m, first);
    for (int64_t begin = first; begin < m->parts->run_count && m->sorted[begin]->place == place; begin = *at) {
        const group g = next_group(m, begin);
        shown = better(m, &g, &shown) ? g : shown;
        *at = g.end;
    }
    CORE_TRY(fill_cell(m, &shown, &cells[place]));
    m->shown[place] = m->sorted[shown.begin];
    for (group g = {first, first}; g.end < *at;) {
        g = next_group(m, g.end);
        if (g.begin != shown.begin) {
            CORE_TRY(report_hidden(m, &g, &shown));
        }
    }
    return CORE_OK;
}

/* The rows in which `option` has its value, each once, behind one another. */
static void print_rows_with(const making *m, FILE *stream, const res_option *option)
{
    const char *comma = "";
    for (int64_t p = 0; p < m->parts->place_count; p++) {
        const res_finished_run *run = m->shown[p];
        if (run == NULL || !res_option_same(option, res_options_find(&run->open, option->key))) {
            continue;
        }
        bool seen = false;
        for (int64_t q = 0; q < p && !seen; q++) {
            seen = m->shown[q] != NULL && strcmp(m->parts->places[q].row, m->parts->places[p].row) == 0 &&
                   res_option_same(option, res_options_find(&m->shown[q]->open, option->key));
        }
        if (!seen) {
            fprintf(stream, "%s%s", comma, m->parts->places[p].row);
            comma = ", ";
        }
    }
}

/* Whether a place before p has the key with this value. */
static bool open_was_told(const making *m, int64_t p, const res_option *option)
{
    for (int64_t q = 0; q < p; q++) {
        if (m->shown[q] != NULL && res_option_same(option, res_options_find(&m->shown[q]->open, option->key))) {
            return true;
        }
    }
    return false;
}

static core_status report_open(making *m)
{
    for (int64_t p = 0; p < m->parts->place_count; p++) {
        const int64_t count = m->shown[p] != NULL ? m->shown[p]->open.count : 0;
        for (int64_t i = 0; i < count; i++) {
            const res_option *option = &m->shown[p]->open.items[i];
            char value[256], *text = NULL;
            size_t bytes = 0;
            if (open_was_told(m, p, option)) {
                continue;
            }
            FILE *stream = open_memstream(&text, &bytes);
            if (stream != NULL) {
                fprintf(stream, "%s %s: ", option->key, res_option_format(option, value, sizeof value));
                print_rows_with(m, stream, option);
            }
            CORE_TRY(finish_remark(m, RES_TABLE_OPEN, stream, &text));
        }
    }
    return CORE_OK;
}

/* One sentence a column. */
static core_status report_missing(making *m, const res_table_cell *cells)
{
    for (int64_t p = 0; p < m->parts->place_count;) {
        const char *column = cells[p].column, *comma = "";
        char *text = NULL;
        size_t bytes = 0;
        FILE *stream = open_memstream(&text, &bytes);
        if (stream != NULL) {
            fprintf(stream, "%s: ", column);
        }
        for (; p < m->parts->place_count && strcmp(cells[p].column, column) == 0; p++) {
            if (cells[p].n == 0 && stream != NULL) {
                fprintf(stream, "%s%s", comma, cells[p].row);
                comma = ", ";
            }
        }
        if (stream != NULL && comma[0] == '\0') {
            fclose(stream);
            free(text);
            continue;
        }
        CORE_TRY(finish_remark(m, RES_TABLE_MISSING, stream, &text));
    }
    return CORE_OK;
}

static core_status fill(making *m, res_table_cell *cells)
{
    const res_table_parts *parts = m->parts;
    for (int64_t p = 0; p < parts->place_count; p++) {
        const res_table_place *place = &parts->places[p];
        cells[p] = (res_table_cell){.column = place->column,
                                    .row = place->row,
                                    .paper = place->paper,
                                    .figure = place->figure != NULL ? place->figure : "top1",
                                    .note = -1};
    }
    for (int64_t i = 0; i < parts->run_count; i++) {
        m->sorted[i] = &parts->runs[i];
    }
    qsort(m->sorted, (size_t)parts->run_count, sizeof *m->sorted, by_place_recipe_seed_path);
    for (int64_t at = 0; at < parts->run_count;) {
        CORE_TRY(fill_place(m, &at, cells));
    }
    CORE_TRY(report_open(m));
    CORE_TRY(report_missing(m, cells));
    for (int64_t i = 0; i < parts->remark_count; i++) {
        CORE_TRY(remark(m, parts->remarks[i].kind, parts->remarks[i].text));
    }
    return CORE_OK;
}

core_status res_table_make(const res_table_parts *parts, core_arena *arena, res_table *out)
{
    making m = {.parts = parts, .arena = arena};
    res_table_cell *cells;
    CORE_TRY(CORE_ARENA_NEW(arena, parts->place_count, "the cells of a table", cells));
    CORE_TRY(CORE_ARENA_NEW(arena, parts->run_count, "the runs of a table", m.sorted));
    CORE_TRY(CORE_ARENA_NEW(arena, parts->run_count, "the notes of a table", m.notes));
    CORE_TRY(CORE_ARENA_NEW(arena, parts->place_count, "the cells of a table", m.shown));
    CORE_TRY(fill(&m, cells));
    *out = (res_table){.title = parts->title,
                       .number = parts->number,
                       .best = parts->best,
                       .cell_count = parts->place_count,
                       .cells = cells,
                       .note_count = m.note_count,
                       .notes = m.notes,
                       .remark_count = m.remark_count,
                       .remarks = m.remarks};
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
    static const char *const headings[] = {"open in the paper", "tuned",       "missing",
                                           "not shown",         "there twice", "left out"};
    return headings[kind];
}

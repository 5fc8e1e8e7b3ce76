/* The wide layout of a table: a row for each method, a column for each data set and figure. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/text.h"
#include "results/report/data_head.h"
#include "results/report/table_internal.h"

/* The heads over a column, from the top. */
enum { DATA, METRIC, CLASS, HEADS };

/* A figure of a data set. */
typedef struct {
    int64_t begin, end;               /* the cells of the data set */
    int64_t f;                        /* the figure's index in them */
    const char *data, *figure, *name; /* the figure for people, and its name with a class as a number */
    const char *heads[HEADS];         /* in words of the language */
    int64_t spans[HEADS];   /* how many columns, from this one on, have one head in common; 0: an earlier one has it */
    const char *best;       /* the best mean as it is printed; NULL: none is marked */
    int value_width, width; /* of the text: the widest value, and the widest field or head */
} wide_column;

typedef struct {
    const char *name;
    int64_t order;
} wide_row;

typedef struct {
    const res_table *table;
    const res_table_language *language;
    core_arena arena; /* owned */
    FILE *stream;
    int head_count; /* METRIC is left out where every data set has one figure, CLASS where none is of a class */
    bool marked;    /* a value is the best of its column */
    bool one_note;  /* every run has the same note */
    int64_t n;      /* seeds of every cell; 0: they differ */
    int64_t row_count, column_count;
    wide_row *rows;
    wide_column *columns;
} wide_table;

/* What stands at a row and a column. */
typedef struct {
    char value[RES_TABLE_FIELD_BYTES];     /* "12.38 +- 0.18" */
    char whole[2 * RES_TABLE_FIELD_BYTES]; /* with the marks of the best, of n and of the note */
} wide_field;

/* ---- rows and columns -------------------------------------------------------------------------------------------- */

static int by_order(const void *a, const void *b)
{
    const wide_row *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

static core_status find_rows(wide_table *w)
{
    const res_table *table = w->table;
    CORE_TRY(CORE_ARENA_NEW(&w->arena, table->cell_count, "the rows of a table", w->rows));
    for (int64_t c = 0; c < table->cell_count; c++) {
        w->rows[c] = (wide_row){table->cells[c].row, table->cells[c].row_order};
    }
    qsort(w->rows, (size_t)table->cell_count, sizeof *w->rows, by_order);
    for (int64_t c = 0; c < table->cell_count; c++) {
        if (c == 0 || w->rows[c].order != w->rows[c - 1].order) {
            w->rows[w->row_count++] = w->rows[c];
        }
    }
    return CORE_OK;
}

/* Whether every two methods of the column are compared. */
static bool compares_all(const wide_table *w, const wide_column *column)
{
    for (int64_t c = column->begin; c < column->end; c++) {
        for (int64_t d = column->begin; d < c; d++) {
            const res_table_cell *a = &w->table->cells[c], *b = &w->table->cells[d];
            if (a->n > 0 && b->n > 0 && !res_table_compares(w->table, a->runs[0], b->runs[0])) {
                return false;
            }
        }
    }
    return true;
}

/* Finds the best mean of the column, as it is printed, where methods of one setting have different ones. */
static core_status find_best(wide_table *w, wide_column *column)
{
    const char *best_text, *worst_text;
    double best = (double)NAN, worst = (double)NAN;
    if (!compares_all(w, column)) {
        return CORE_OK;
    }
    for (int64_t c = column->begin; c < column->end; c++) {
        const res_table_cell *cell = &w->table->cells[c];
        const bool has = !cell->is_pair && column->f < cell->figure_count;
        const res_table_figure none = {.mean = (double)NAN}, *figure = has ? &cell->figures[column->f] : &none;
        const bool higher = figure->direction == RES_HIGHER_IS_BETTER;
        if (!isnan(figure->mean) && figure->direction != RES_NONE_IS_BETTER) {
            best = higher ? fmax(best, figure->mean) : fmin(best, figure->mean);
            worst = higher ? fmin(worst, figure->mean) : fmax(worst, figure->mean);
        }
    }
    CORE_TRY(core_text_format(&w->arena, &best_text, "%.2f", best));
    CORE_TRY(core_text_format(&w->arena, &worst_text, "%.2f", worst));
    column->best = strcmp(best_text, worst_text) != 0 ? best_text : NULL;
    w->marked = w->marked || column->best != NULL;
    return CORE_OK;
}

/* Whether the table has other data whose file has the name of the column's, with another ending. */
static bool needs_ending(const wide_table *w, const char *column)
{
    int64_t c = 0;
    while (c < w->table->cell_count && !res_data_head_needs_ending(column, w->table->cells[c].column)) {
        c++;
    }
    return c < w->table->cell_count;
}

/* Sets the heads of a column over a figure; NULL: no run has one, and no head names it. */
static core_status name_heads(wide_table *w, wide_column *column, const res_table_figure *figure)
{
    const char *const words[] = {[METRIC] = figure != NULL ? figure->head : "",
                                 [CLASS] = figure != NULL && figure->of_class != NULL ? figure->of_class : ""};
    for (int head = DATA; head < HEADS; head++) {
        core_builder text;
        CORE_TRY(core_builder_begin(&text, "a table"));
        if (head == DATA) {
            res_data_head_write(column->data, needs_ending(w, column->data), w->language, text.stream);
        } else {
            res_table_field(text.stream, words[head], w->language->changes);
        }
        CORE_TRY(core_builder_end(&text, CORE_OK, &w->arena, &column->heads[head]));
    }
    w->head_count = words[CLASS][0] != '\0' ? HEADS : w->head_count;
    return CORE_OK;
}

/* Counts how many columns of the data set, from `first` (first, ..., first + count - 1), have each head in common. */
static void count_spans(wide_table *w, int64_t first, int64_t count)
{
    wide_column *columns = &w->columns[first];
    for (int64_t f = 0, metric = 0; f < count; f++) {
        metric = strcmp(columns[f].heads[METRIC], columns[metric].heads[METRIC]) == 0 ? metric : f;
        columns[0].spans[DATA]++;
        columns[metric].spans[METRIC]++;
        columns[f].spans[CLASS] = 1;
    }
    w->head_count = count > 1 && w->head_count == DATA + 1 ? METRIC + 1 : w->head_count;
}

/* Adds the columns of the data set whose cells are [begin, end): the figures of its first cell with runs. */
static core_status add_columns(wide_table *w, int64_t begin, int64_t end)
{
    const res_table_cell *model = &w->table->cells[begin];
    for (int64_t c = end - 1; c >= begin; c--) {
        model = w->table->cells[c].figure_count > 0 ? &w->table->cells[c] : model;
    }
    const int64_t count = model->figure_count > 0 ? model->figure_count : 1, first = w->column_count;
    for (int64_t f = 0; f < count; f++) {
        wide_column *column = &w->columns[w->column_count++];
        const res_table_figure *figure = model->figure_count > 0 ? &model->figures[f] : NULL;
        *column = (wide_column){.begin = begin, .end = end, .f = f, .data = model->column};
        column->figure = figure != NULL ? res_table_label(figure) : model->figure;
        column->name = figure != NULL ? figure->name : model->figure;
        CORE_TRY(name_heads(w, column, figure));
        CORE_TRY(find_best(w, column));
    }
    count_spans(w, first, count);
    return CORE_OK;
}

static core_status find_columns(wide_table *w)
{
    const res_table *table = w->table;
    int64_t most = 0;
    for (int64_t c = 0; c < table->cell_count; c++) {
        most += table->cells[c].figure_count + 1;
    }
    CORE_TRY(CORE_ARENA_NEW(&w->arena, most, "the columns of a table", w->columns));
    for (int64_t c = 0, begin = 0; c < table->cell_count; c++) {
        if (c + 1 == table->cell_count || res_table_begins_column(table, c + 1)) {
            CORE_TRY(add_columns(w, begin, c + 1));
            begin = c + 1;
        }
    }
    return CORE_OK;
}

/* Finds out whether all cells have one n and one note. */
static void find_common(wide_table *w)
{
    bool same_n = true;
    w->one_note = w->table->note_count == 1;
    for (int64_t c = 0; c < w->table->cell_count; c++) {
        const res_table_cell *cell = &w->table->cells[c];
        if (cell->n > 0) {
            same_n = same_n && (w->n == 0 || w->n == cell->n);
            w->n = cell->n;
            w->one_note = w->one_note && (cell->note == 0 || cell->is_pair);
        }
    }
    w->n = same_n ? w->n : 0;
}

/* ---- a field ----------------------------------------------------------------------------------------------------- */

static const res_table_cell *cell_at(const wide_table *w, const wide_column *column, int64_t row)
{
    for (int64_t c = column->begin; c < column->end; c++) {
        if (w->table->cells[c].row_order == w->rows[row].order) {
            return &w->table->cells[c];
        }
    }
    return NULL;
}

static wide_field field_at(const wide_table *w, const wide_column *column, int64_t row)
{
    const res_table_language *language = w->language;
    const res_table_cell *cell = cell_at(w, column, row);
    wide_field field = {.value = ""};
    char n[32] = "", letter[4] = "", mean[32] = "";
    if (cell != NULL) {
        res_table_value(w->table, cell, column->f, language, field.value);
    }
    if (field.value[0] == '\0') {
        snprintf(field.value, sizeof field.value, "%s", language->unknown);
        snprintf(field.whole, sizeof field.whole, "%s", language->unknown);
        return field;
    }
    snprintf(mean, sizeof mean, "%.2f", cell->figures[column->f].mean);
    const bool best = column->best != NULL && !cell->is_pair && strcmp(mean, column->best) == 0,
               noted = cell->note >= 0 && !w->one_note;
    if (w->n == 0) {
        snprintf(n, sizeof n, " (%" PRId64 ")", cell->n);
    }
    if (noted) {
        res_table_letter(cell->note, letter);
    }
    snprintf(field.whole, sizeof field.whole, "%s%s%s%s%s%s%s", best ? language->best_begin : "", field.value,
             best ? language->best_end : "", n, noted ? language->note_begin : "", letter,
             noted ? language->note_end : "");
    return field;
}

static void write_legend(const wide_table *w)
{
    fputc('\n', w->stream);
    res_table_write_spread(w->table, w->n > 0 ? CORE_COUNT(w->n, "seed") : "(n) seeds", w->stream, w->language);
    fputs(w->row_count == 0 ? "; no run" : "", w->stream);
    if (w->marked) {
        fprintf(w->stream, "; %s: the best of its column", w->language->best);
    }
    res_table_write_pair(w->table, w->stream, w->language);
    fputs(w->language->paragraph, w->stream);
    res_table_below(w->table, true, w->one_note, w->stream, w->language);
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

/* The width of the columns under one head. */
static int width_under(const wide_table *w, int64_t c, int head)
{
    int width = -2;
    for (int64_t i = c; i < c + w->columns[c].spans[head]; i++) {
        width += w->columns[i].width + 2;
    }
    return width;
}

/* Finds the widths of the columns: those of the values, the last one under a head wider where the head is. */
static void find_widths(wide_table *w)
{
    for (int64_t c = 0; c < w->column_count; c++) {
        wide_column *column = &w->columns[c];
        int marks = 0;
        for (int64_t r = 0; r < w->row_count; r++) {
            const wide_field field = field_at(w, column, r);
            const int own = res_table_characters(field.whole) - res_table_characters(field.value);
            column->value_width = res_table_widest(column->value_width, field.value);
            marks = own > marks ? own : marks;
        }
        column->width = column->value_width + marks;
    }
    for (int head = w->head_count - 1; head >= DATA; head--) {
        for (int64_t c = 0; c < w->column_count; c++) {
            const int64_t span = w->columns[c].spans[head];
            const int width = span > 0 ? width_under(w, c, head) : 0;
            if (span > 0) {
                w->columns[c + span - 1].width += res_table_widest(width, w->columns[c].heads[head]) - width;
            }
        }
    }
}

/* Writes the blanks that the field before left, those before `text`, and the text; the blanks behind it are left. */
static void write_next(FILE *stream, const char *text, int before, int width, int *blanks)
{
    fprintf(stream, "%*s%s", *blanks + before, "", text);
    *blanks = width - before - res_table_characters(text) + 2;
}

static void write_text_head(const wide_table *w, int first)
{
    for (int head = DATA; head < w->head_count; head++) {
        int blanks = 2;
        fputc('\n', w->stream);
        write_next(w->stream, head == DATA ? "method" : "", 0, first, &blanks);
        for (int64_t c = 0; c < w->column_count; c++) {
            if (w->columns[c].spans[head] > 0) {
                write_next(w->stream, w->columns[c].heads[head], 0, width_under(w, c, head), &blanks);
            }
        }
    }
}

static core_status write_text(wide_table *w)
{
    int first = res_table_characters("method");
    find_widths(w);
    for (int64_t r = 0; r < w->row_count; r++) {
        first = res_table_widest(first, w->rows[r].name);
    }
    fprintf(w->stream, "%s, %s\n", w->table->title, res_table_epoch(w->table));
    write_text_head(w, first);
    for (int64_t r = 0; r < w->row_count; r++) {
        int blanks = 2;
        fputc('\n', w->stream);
        write_next(w->stream, w->rows[r].name, 0, first, &blanks);
        for (int64_t c = 0; c < w->column_count; c++) {
            const wide_column *column = &w->columns[c];
            const wide_field field = field_at(w, column, r);
            write_next(w->stream, field.whole, column->value_width - res_table_characters(field.value), column->width,
                       &blanks);
        }
    }
    fputc('\n', w->stream);
    write_legend(w);
    return CORE_OK;
}

/* ---- Markdown ---------------------------------------------------------------------------------------------------- */

static core_status write_markdown(wide_table *w)
{
    FILE *stream = w->stream;
    fprintf(stream, "**%s, %s**\n\n| method |", w->table->title, res_table_epoch(w->table));
    for (int64_t c = 0; c < w->column_count; c++) {
        for (int head = DATA; head < w->head_count; head++) {
            fprintf(stream, "%s%s", w->columns[c].heads[head][0] != '\0' ? " " : "", w->columns[c].heads[head]);
        }
        fputs(" |", stream);
    }
    fputs("\n|---|", stream);
    for (int64_t c = 0; c < w->column_count; c++) {
        fputs("--:|", stream);
    }
    for (int64_t r = 0; r < w->row_count; r++) {
        fprintf(stream, "\n| %s |", w->rows[r].name);
        for (int64_t c = 0; c < w->column_count; c++) {
            fprintf(stream, " %s |", field_at(w, &w->columns[c], r).whole);
        }
    }
    fputc('\n', stream);
    write_legend(w);
    return CORE_OK;
}

/* ---- LaTeX ------------------------------------------------------------------------------------------------------- */

/* Writes the heads of the columns, with a rule below each that several have in common. */
static void write_latex_head(const wide_table *w)
{
    FILE *stream = w->stream;
    fputs("\\toprule\nmethod", stream);
    for (int head = DATA; head < w->head_count; head++) {
        for (int64_t c = 0; c < w->column_count; c++) {
            const int64_t span = w->columns[c].spans[head];
            if (span > 1) {
                fprintf(stream, " & \\multicolumn{%" PRId64 "}{c}{%s}", span, w->columns[c].heads[head]);
            } else if (span == 1) {
                fprintf(stream, " & %s", w->columns[c].heads[head]);
            }
        }
        fputs(" \\\\\n", stream);
        for (int64_t c = 0; c < w->column_count; c++) {
            const int64_t span = w->columns[c].spans[head];
            if (span > 1) {
                fprintf(stream, "\\cmidrule(lr){%" PRId64 "-%" PRId64 "}\n", c + 2, c + 1 + span);
            }
        }
    }
    fputs("\\midrule\n", stream);
}

static core_status write_latex(wide_table *w)
{
    FILE *stream = w->stream;
    res_table_begin_latex(stream);
    fputs("{l", stream);
    for (int64_t c = 0; c < w->column_count; c++) {
        fputc('c', stream);
    }
    fputs("}\n", stream);
    write_latex_head(w);
    for (int64_t r = 0; r < w->row_count; r++) {
        const bool is_pair = w->table->pair != NULL && r + 1 == w->row_count;
        fprintf(stream, "%s%s", is_pair ? "\\midrule\n" : "", w->rows[r].name);
        for (int64_t c = 0; c < w->column_count; c++) {
            fprintf(stream, " & %s", field_at(w, &w->columns[c], r).whole);
        }
        fputs(" \\\\\n", stream);
    }
    res_table_end_latex(w->table, stream);
    write_legend(w);
    fputs("}%\n", stream);
    return CORE_OK;
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

/* Writes mean, std, half width where it is asked for, and n: their names, or those of a cell (NULL: none). */
static void write_csv_numbers(const wide_table *w, const res_table_cell *cell, int64_t f)
{
    const bool known = cell != NULL && f < cell->figure_count;
    const res_table_figure none = {.mean = (double)NAN, .std = (double)NAN, .half_width = (double)NAN},
                           *figure = known ? &cell->figures[f] : &none;
    const double values[] = {figure->mean, figure->std, figure->half_width};
    for (int i = 0; i < (w->table->interval > 0 ? 3 : 2); i++) {
        char text[RES_TABLE_FIELD_BYTES];
        res_table_number(text, 6, values[i]);
        fprintf(w->stream, ",%s", text);
    }
    fprintf(w->stream, ",%" PRId64 ",", known ? cell->n : 0);
    core_text_csv(w->stream, known && cell->note >= 0 ? w->table->notes[cell->note] : "", CORE_TEXT_LINES);
}

static core_status write_csv(wide_table *w)
{
    static const char *const heads[] = {"mean", "std", "half_width", "n", "note"};
    fputs("method", w->stream);
    for (int64_t c = 0; c < w->column_count; c++) {
        for (int i = 0; i < 5; i++) {
            const char *name;
            CORE_TRY(core_text_format(&w->arena, &name, "%s %s %s", w->columns[c].data, w->columns[c].name, heads[i]));
            if (i != 2 || w->table->interval > 0) {
                fputc(',', w->stream);
                core_text_csv(w->stream, name, CORE_TEXT_LINES);
            }
        }
    }
    for (int64_t r = 0; r < w->row_count; r++) {
        fprintf(w->stream, "\n%s", w->rows[r].name);
        for (int64_t c = 0; c < w->column_count; c++) {
            write_csv_numbers(w, cell_at(w, &w->columns[c], r), w->columns[c].f);
        }
    }
    fputc('\n', w->stream);
    return CORE_OK;
}

static const struct {
    const char *format;
    const res_table_language *language;
    core_status (*write)(wide_table *w);
} writers[] = {{"text", &res_table_plain, write_text},
               {"markdown", &res_table_markdown, write_markdown},
               {"latex", &res_table_latex, write_latex},
               {"csv", &res_table_plain, write_csv}};

static core_status write_as(wide_table *w, const char *format)
{
    int i = 0;
    while (strcmp(writers[i].format, format) != 0) {
        i++;
    }
    w->language = writers[i].language;
    w->head_count = DATA + 1;
    find_common(w);
    CORE_TRY(find_rows(w));
    CORE_TRY(find_columns(w));
    return writers[i].write(w);
}

core_status res_table_write_wide(const res_table *table, const char *format, FILE *stream)
{
    wide_table w = {.table = table, .stream = stream};
    const core_status status = write_as(&w, format);
    core_arena_free(&w.arena);
    return status;
}

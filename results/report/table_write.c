/* The table as text, Markdown, LaTeX and CSV, with a line per figure, an empty field for an unknown number; and as
 * JSON. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "core/text.h"
#include "results/report/table_internal.h"

enum { FIELD_BYTES = RES_TABLE_FIELD_BYTES };

/* The fields of a line, as people read them. */
typedef struct {
    char ours[FIELD_BYTES], n[FIELD_BYTES], paper[FIELD_BYTES], difference[FIELD_BYTES], letter[4];
    const char *name;
} line;

/* Whether a cell shows a figure of that name. */
static bool shows(const res_table *table, const char *name)
{
    for (int64_t c = 0; c < table->cell_count; c++) {
        for (int64_t f = 0; f < table->cells[c].figure_count; f++) {
            if (strcmp(table->cells[c].figures[f].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The first figure that a cell of the table has; NULL: none. */
static const res_table_figure *first_figure(const res_table *table)
{
    for (int64_t c = 0; c < table->cell_count; c++) {
        if (table->cells[c].figure_count > 0) {
            return table->cells[c].figures;
        }
    }
    return NULL;
}

/* What the lines of a cell show. Without runs these are the paper's numbers for the figures of the other cells; for none
 * of them the first number. */
typedef struct {
    int64_t count; /* >= 1 */
    const res_table_figure *items;
    res_table_figure of_paper[2];
} line_figures;

static void find_lines(const res_table *table, const res_table_cell *cell, line_figures *out)
{
    const struct {
        const char *name;
        double paper;
    } known[] = {{cell->figure, cell->paper}, {"top5", cell->paper_top5}};
    *out = (line_figures){.count = cell->figure_count, .items = cell->figures};
    if (cell->figure_count > 0) {
        return;
    }
    out->items = out->of_paper;
    for (int i = 0; i < 2; i++) {
        out->of_paper[out->count] = (res_table_figure){.name = known[i].name,
                                                       .unit = "%",
                                                       .mean = (double)NAN,
                                                       .std = (double)NAN,
                                                       .half_width = (double)NAN,
                                                       .paper = known[i].paper,
                                                       .difference = (double)NAN};
        out->count += !isnan(known[i].paper) && shows(table, known[i].name);
    }
    if (out->count == 0) {
        const res_table_figure *asked = cell->is_pair ? first_figure(table) : NULL;
        out->of_paper[0].name = asked != NULL ? asked->name : known[0].name;
        out->of_paper[0].paper = known[0].paper;
        out->count = 1;
    }
}

static line line_of(const res_table *table, const res_table_cell *cell, const line_figures *figures, int64_t f,
                    const res_table_language *language)
{
    const res_table_figure *figure = &figures->items[f];
    line l = {.name = res_table_label(figure)};
    res_table_value(table, cell, f, language, l.ours);
    if (cell->n > 0) {
        snprintf(l.n, sizeof l.n, "%" PRId64, cell->n);
    }
    res_table_number(l.paper, 2, figure->paper);
    if (!isnan(figure->difference)) {
        const double shown = core_text_rounded(figure->difference, 2);
        snprintf(l.difference, sizeof l.difference, shown == 0.0 ? "%.2f" : "%+.2f", shown);
    }
    if (cell->note >= 0) {
        res_table_letter(cell->note, l.letter);
    }
    return l;
}

/* Writes what "ours" is, and the notes. */
static void write_legend(const res_table *table, FILE *stream, const res_table_language *language)
{
    fputs("\nours: ", stream);
    res_table_write_spread(table, "n seeds", stream, language);
    res_table_write_pair(table, stream, language);
    fputs(language->paragraph, stream);
    res_table_below(table, false, false, stream, language);
}

/* Writes `text` and blanks up to `width` columns. */
static void pad(FILE *stream, const char *text, int width)
{
    const int characters = res_table_characters(text);
    core_text_print(stream, "%s", text);
    fprintf(stream, "%*s", width > characters ? width - characters : 0, "");
}

/* The columns of the text layout. */
typedef struct {
    int row, name; /* the widest name of a row, at least 12, and of a figure, at least 16; 0: the lines have no names */
    bool paper, difference;
} text_shape;

static text_shape shape_of(const res_table *table)
{
    text_shape shape = {
        .row = 12, .name = 16, .paper = res_table_has_paper(table), .difference = res_table_has_difference(table)};
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        shape.row = res_table_widest(shape.row, cell->row);
        for (int64_t f = 0; f < cell->figure_count; f++) {
            shape.name = res_table_widest(shape.name, res_table_label(&cell->figures[f]));
        }
    }
    shape.name = res_table_has_names(table) ? shape.name : 0;
    return shape;
}

static void write_text_line(FILE *stream, const text_shape *shape, const char *row, const line *l)
{
    core_text_print(stream, "  %-*s ", shape->row, row);
    if (shape->name > 0) {
        pad(stream, l->name, shape->name + 1);
    }
    pad(stream, l->ours, 15);
    fprintf(stream, " %3s", l->n);
    if (shape->paper) {
        fprintf(stream, " %8s", l->paper);
    }
    if (shape->difference) {
        fprintf(stream, " %11s", l->difference);
    }
    fprintf(stream, "%s%s\n", l->letter[0] != '\0' ? "  " : "", l->letter);
}

static void write_text(const res_table *table, FILE *stream)
{
    const text_shape shape = shape_of(table);
    const line head = {
        .ours = "ours", .n = "n", .paper = "paper", .difference = "ours-paper", .letter = "", .name = "figure"};
    fprintf(stream, "%s, %s\n", table->title, res_table_epoch(table));
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        if (res_table_begins_column(table, c)) {
            core_text_print(stream, "\n%s\n", cell->column);
            write_text_line(stream, &shape, "method", &head);
        }
        line_figures figures;
        find_lines(table, cell, &figures);
        for (int64_t f = 0; f < figures.count; f++) {
            const line l = line_of(table, cell, &figures, f, &res_table_plain);
            write_text_line(stream, &shape, cell->row, &l);
        }
    }
    write_legend(table, stream, &res_table_plain);
}

static void write_markdown(const res_table *table, FILE *stream)
{
    const bool names = res_table_has_names(table), paper = res_table_has_paper(table),
               difference = res_table_has_difference(table);
    fprintf(stream, "**%s, %s**\n\n| data | method |%s ours | n |%s%s note |\n|---|---|%s---|--:|%s%s---|\n",
            table->title, res_table_epoch(table), names ? " figure |" : "", paper ? " paper |" : "",
            difference ? " ours - paper |" : "", names ? "---|" : "", paper ? "--:|" : "", difference ? "--:|" : "");
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        line_figures figures;
        find_lines(table, cell, &figures);
        for (int64_t f = 0; f < figures.count; f++) {
            const line l = line_of(table, cell, &figures, f, &res_table_markdown);
            fputs("| ", stream);
            res_table_field(stream, cell->column, res_table_markdown.changes);
            fputs(" | ", stream);
            res_table_field(stream, cell->row, res_table_markdown.changes);
            fputs(" |", stream);
            if (names) {
                fputc(' ', stream);
                res_table_field(stream, l.name, res_table_markdown.changes);
                fputs(" |", stream);
            }
            fprintf(stream, " %s | %s |", l.ours, l.n);
            if (paper) {
                fprintf(stream, " %s |", l.paper);
            }
            if (difference) {
                fprintf(stream, " %s |", l.difference);
            }
            fprintf(stream, " %s |\n", l.letter);
        }
    }
    write_legend(table, stream, &res_table_markdown);
}

/* The columns of the LaTeX layout that not every table has. */
typedef struct {
    bool names, paper, difference;
} latex_shape;

static void write_latex_line(FILE *stream, const res_table_cell *cell, const line *l, const latex_shape *shape)
{
    const bool negative = l->difference[0] == '-', has_note = l->letter[0] != '\0';
    res_table_field(stream, cell->row, res_table_latex.changes);
    if (shape->names) {
        fputs(" & ", stream);
        res_table_field(stream, l->name, res_table_latex.changes);
    }
    fprintf(stream, " & %s%s%s%s & %s", l->ours, has_note ? "$^{" : "", l->letter, has_note ? "}$" : "", l->n);
    if (shape->paper) {
        fprintf(stream, " & %s", l->paper);
    }
    if (shape->difference) {
        fprintf(stream, " & %s%s", negative ? "$-$" : "", l->difference + negative);
    }
    fputs(" \\\\\n", stream);
}

static void write_latex(const res_table *table, FILE *stream)
{
    const latex_shape shape = {.names = res_table_has_names(table),
                               .paper = res_table_has_paper(table),
                               .difference = res_table_has_difference(table)};
    const int columns = 3 + shape.names + shape.paper + shape.difference;
    res_table_begin_latex(stream);
    fprintf(stream, "{l%slr%s%s}\n\\toprule\nmethod%s & ours & n%s%s \\\\\n", shape.names ? "l" : "",
            shape.paper ? "r" : "", shape.difference ? "r" : "", shape.names ? " & figure" : "",
            shape.paper ? " & paper" : "", shape.difference ? " & ours $-$ paper" : "");
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        if (res_table_begins_column(table, c)) {
            fprintf(stream, "\\midrule\n\\multicolumn{%d}{l}{", columns);
            res_table_field(stream, cell->column, res_table_latex.changes);
            fputs("} \\\\\n", stream);
        }
        line_figures figures;
        find_lines(table, cell, &figures);
        for (int64_t f = 0; f < figures.count; f++) {
            const line l = line_of(table, cell, &figures, f, &res_table_latex);
            write_latex_line(stream, cell, &l, &shape);
        }
    }
    res_table_end_latex(table, stream);
    write_legend(table, stream, &res_table_latex);
    fputs("}%\n", stream);
}

static void write_csv_numbers(FILE *stream, const double *values, int count)
{
    for (int i = 0; i < count; i++) {
        char text[FIELD_BYTES];
        res_table_number(text, 6, values[i]);
        fprintf(stream, "%s,", text);
    }
}

/* Whether a figure is of a class that has a name. */
static bool has_classes(const res_table *table)
{
    for (int64_t c = 0; c < table->cell_count; c++) {
        for (int64_t f = 0; f < table->cells[c].figure_count; f++) {
            if (table->cells[c].figures[f].class_name != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void write_csv(const res_table *table, FILE *stream)
{
    const bool classes = has_classes(table), interval = table->interval > 0, paper = res_table_has_paper(table);
    fprintf(stream, "data,method,figure,unit,epoch,n,mean,std,%s%snote%s\n", interval ? "half_width," : "",
            paper ? "paper,difference," : "", classes ? ",class" : "");
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        line_figures figures;
        find_lines(table, cell, &figures);
        for (int64_t f = 0; f < figures.count; f++) {
            const res_table_figure *figure = &figures.items[f];
            const double numbers[] = {figure->mean, figure->std, figure->paper, figure->difference};
            core_text_csv(stream, cell->column, CORE_TEXT_LINES);
            fputc(',', stream);
            core_text_csv(stream, cell->row, CORE_TEXT_LINES);
            fprintf(stream, ",%s,%s,%s,%" PRId64 ",", figure->name, figure->unit, table->best ? "best" : "last",
                    cell->n);
            write_csv_numbers(stream, numbers, 2);
            write_csv_numbers(stream, &figure->half_width, interval ? 1 : 0);
            write_csv_numbers(stream, numbers + 2, paper ? 2 : 0);
            core_text_csv(stream, cell->note >= 0 ? table->notes[cell->note] : "", CORE_TEXT_LINES);
            if (classes) {
                fputc(',', stream);
                core_text_csv(stream, figure->class_name != NULL ? figure->class_name : "", CORE_TEXT_LINES);
            }
            fputc('\n', stream);
        }
    }
}

/* ---- JSON: numbers have all their digits, what is not known is null ------------------------------------------------- */

/* yyjson's functions return NULL or false where memory is short, and accept these values as arguments; only the writing
 * of the document then fails. */
static void add_number(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, double value)
{
    if (isfinite(value)) {
        yyjson_mut_obj_add_real(doc, object, key, value);
    } else {
        yyjson_mut_obj_add_null(doc, object, key);
    }
}

/* A text as a JSON string: yyjson escapes control characters, this function bytes that are not UTF-8. NULL: no memory,
 * and the document fails. */
static yyjson_mut_val *text_of(yyjson_mut_doc *doc, const char *text)
{
    core_arena arena = {0};
    const char *shown;
    const core_status status = core_text_escaped(text, CORE_TEXT_BYTES, &arena, &shown);
    yyjson_mut_val *value = status == CORE_OK ? yyjson_mut_strcpy(doc, shown) : NULL;
    core_arena_free(&arena);
    return value;
}

static void add_text(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key, const char *text)
{
    if (text != NULL) {
        yyjson_mut_obj_add_val(doc, object, key, text_of(doc, text));
    } else {
        yyjson_mut_obj_add_null(doc, object, key);
    }
}

static yyjson_mut_val *add_list(yyjson_mut_doc *doc, yyjson_mut_val *object, const char *key)
{
    yyjson_mut_val *list = yyjson_mut_arr(doc);
    yyjson_mut_obj_add_val(doc, object, key, list);
    return list;
}

static void add_figure(yyjson_mut_doc *doc, yyjson_mut_val *list, const res_table_figure *figure)
{
    yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, list);
    add_text(doc, object, "figure", figure->name);
    add_text(doc, object, "class", figure->class_name);
    add_text(doc, object, "unit", figure->unit);
    add_number(doc, object, "mean", figure->mean);
    add_number(doc, object, "std", figure->std);
    add_number(doc, object, "half_width", figure->half_width);
    add_number(doc, object, "paper", figure->paper);
    add_number(doc, object, "difference", figure->difference);
}

static void add_cell(yyjson_mut_doc *doc, yyjson_mut_val *list, const res_table *table, const res_table_cell *cell)
{
    yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, list);
    add_text(doc, object, "data", cell->column);
    add_text(doc, object, "method", cell->row);
    yyjson_mut_obj_add_bool(doc, object, "pair", cell->is_pair);
    add_number(doc, object, "paper", cell->paper);
    yyjson_mut_obj_add_int(doc, object, "n", cell->n);
    yyjson_mut_val *seeds = add_list(doc, object, "seeds");
    for (int64_t i = 0; i < cell->n; i++) {
        yyjson_mut_arr_add_int(doc, seeds, cell->runs[i]->seed);
    }
    yyjson_mut_val *list_of_figures = add_list(doc, object, "figures");
    line_figures figures;
    find_lines(table, cell, &figures);
    for (int64_t f = 0; f < figures.count; f++) {
        add_figure(doc, list_of_figures, &figures.items[f]);
    }
    add_text(doc, object, "note", cell->note >= 0 ? table->notes[cell->note] : NULL);
}

static void add_remarks(yyjson_mut_doc *doc, yyjson_mut_val *root, const res_table *table)
{
    static const char *const keys[RES_TABLE_REMARK_KINDS] = {"made_up",      "open",        "tuned",      "missing",
                                                             "not_shown",    "there_twice", "not_paired", "paired_once",
                                                             "not_compared", "left_out"};
    for (int kind = 0; kind < RES_TABLE_REMARK_KINDS; kind++) {
        yyjson_mut_val *list = add_list(doc, root, keys[kind]);
        for (int64_t i = 0; i < table->remark_count; i++) {
            if ((int)table->remarks[i].kind == kind) {
                yyjson_mut_arr_append(list, text_of(doc, table->remarks[i].text));
            }
        }
    }
}

static core_status write_json(const res_table *table, FILE *stream)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = doc != NULL ? yyjson_mut_obj(doc) : NULL;
    char *text = NULL;
    if (root != NULL) {
        yyjson_mut_doc_set_root(doc, root);
        add_text(doc, root, "title", table->title);
        add_text(doc, root, "table", table->number);
        add_text(doc, root, "epoch", table->best ? "best" : "last");
        add_number(doc, root, "interval", table->interval > 0 ? table->interval : (double)NAN);
        yyjson_mut_val *cells = add_list(doc, root, "cells");
        for (int64_t c = 0; c < table->cell_count; c++) {
            add_cell(doc, cells, table, &table->cells[c]);
        }
        add_remarks(doc, root, table);
        text = yyjson_mut_write(doc, YYJSON_WRITE_PRETTY, NULL);
    }
    yyjson_mut_doc_free(doc);
    if (text == NULL) {
        return core_fail(CORE_MACHINE, "the table cannot be written as JSON: memory, or a text that is not UTF-8");
    }
    fprintf(stream, "%s\n", text);
    free(text);
    return CORE_OK;
}

core_status res_table_write(const res_table *table, const char *layout, const char *format, FILE *stream)
{
    if (strcmp(format, "json") == 0) {
        return write_json(table, stream);
    }
    if (strcmp(layout, "wide") == 0) {
        return res_table_write_wide(table, format, stream);
    }
    if (strcmp(format, "markdown") == 0) {
        write_markdown(table, stream);
    } else if (strcmp(format, "latex") == 0) {
        write_latex(table, stream);
    } else if (strcmp(format, "csv") == 0) {
        write_csv(table, stream);
    } else {
        write_text(table, stream);
    }
    return CORE_OK;
}

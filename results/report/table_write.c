/* The table as text, Markdown, LaTeX and CSV, with a line per figure, an empty field for an unknown number; and as
 * JSON. */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "core/text.h"
#include "results/report/table.h"

enum { FIELD_BYTES = 32, REMARK_KINDS = RES_TABLE_LEFT_OUT + 1 };

/* The fields of a line, as people read them. */
typedef struct {
    char ours[FIELD_BYTES], n[FIELD_BYTES], paper[FIELD_BYTES], difference[FIELD_BYTES], letter[4];
    const char *name;
} line;

/* How a format spells "plus or minus". */
static const char *const plus_minus_utf8 = "\xc2\xb1", *const plus_minus_latex = "$\\pm$";

static void number(char text[FIELD_BYTES], int decimals, double value)
{
    text[0] = '\0';
    if (!isnan(value)) {
        snprintf(text, FIELD_BYTES, "%.*f", decimals, value);
    }
}

static line line_of(const res_table_cell *cell, int64_t f, const char *plus_minus)
{
    static const res_table_figure none = {
        .name = "top1", .unit = "%", .mean = (double)NAN, .std = (double)NAN, .difference = (double)NAN};
    const bool missing = cell->figure_count == 0;
    const res_table_figure *figure = missing ? &none : &cell->figures[f];
    line l = {.name = missing ? "" : figure->name};
    char mean[FIELD_BYTES], std[FIELD_BYTES];
    number(mean, 2, figure->mean);
    number(std, 2, isnan(figure->mean) ? (double)NAN : figure->std);
    snprintf(l.ours, sizeof l.ours, "%.10s%s%s%s%.10s", mean, std[0] != '\0' ? " " : "",
             std[0] != '\0' ? plus_minus : "", std[0] != '\0' ? " " : "", std);
    if (cell->n > 0) {
        snprintf(l.n, sizeof l.n, "%" PRId64, cell->n);
    }
    number(l.paper, 2, missing ? cell->paper : figure->paper);
    if (!isnan(figure->difference)) {
        snprintf(l.difference, sizeof l.difference, "%+.2f", figure->difference);
    }
    if (cell->note >= 0) {
        res_table_letter(cell->note, l.letter);
    }
    return l;
}

static int64_t lines_of(const res_table_cell *cell) { return cell->figure_count > 0 ? cell->figure_count : 1; }

/* Whether cell c begins a column. */
static bool begins_column(const res_table *table, int64_t c)
{
    return c == 0 || strcmp(table->cells[c].column, table->cells[c - 1].column) != 0;
}

/* Whether a cell has more than one figure, so that each line needs the figure's name. */
static bool has_names(const res_table *table)
{
    for (int64_t c = 0; c < table->cell_count; c++) {
        if (table->cells[c].figure_count > 0) {
            const res_table_cell *cell = &table->cells[c];
            return cell->figure_count > 1 || strcmp(cell->figures[0].name, cell->figure) != 0;
        }
    }
    return false;
}

static const char *epoch_words(const res_table *table)
{
    return table->best ? "at the best epoch, which the test set chose" : "after the last epoch";
}

/* The characters that have a meaning in Markdown and LaTeX, with their escapes. */
static const core_text_change plain[] = {{'\0', NULL}};
static const core_text_change markdown[] = {{'|', "\\|"}, {'\\', "\\\\"}, {'`', "\\`"}, {'*', "\\*"}, {'_', "\\_"},
                                            {'[', "\\["}, {']', "\\]"},   {'<', "\\<"}, {'\0', NULL}};
static const core_text_change latex[] = {
    {'&', "\\&"}, {'%', "\\%"}, {'$', "\\$"},   {'#', "\\#"},   {'_', "\\_"},
    {'{', "\\{"}, {'}', "\\}"}, {'^', "\\^{}"}, {'~', "\\~{}"}, {'\\', "\\textbackslash{}"},
    {'\0', NULL}};

static void write_field(FILE *stream, const char *text, const core_text_change *language)
{
    core_text_show_in(stream, text, CORE_TEXT_LINE, language);
}

static void write_remark(FILE *stream, const char *bullet, const char *head, const char *text,
                         const core_text_change *language)
{
    fprintf(stream, "%s%s: ", bullet, head);
    write_field(stream, text, language);
    fputc('\n', stream);
}

/* Writes the text under the cells: notes by letter, then remarks by kind. */
static void write_under(const res_table *table, FILE *stream, const char *bullet, const core_text_change *language)
{
    for (int64_t i = 0; i < table->note_count; i++) {
        char letter[4];
        res_table_letter(i, letter);
        write_remark(stream, bullet, letter, table->notes[i], language);
    }
    for (int kind = 0; kind < REMARK_KINDS; kind++) {
        for (int64_t i = 0; i < table->remark_count; i++) {
            if ((int)table->remarks[i].kind == kind) {
                write_remark(stream, bullet, res_table_heading((res_table_kind)kind), table->remarks[i].text, language);
            }
        }
    }
}

/* Pads `text` to `width` columns; a plus-minus sign has two bytes but one column. */
static void pad(FILE *stream, const char *text, int width)
{
    const int extra = strstr(text, plus_minus_utf8) != NULL ? 1 : 0;
    fprintf(stream, "%-*s", width + extra, text);
}

static void write_text_line(FILE *stream, const char *row, const line *l, bool names)
{
    core_text_print(stream, "  %-12s ", row);
    if (names) {
        fprintf(stream, "%-16s ", l->name);
    }
    pad(stream, l->ours, 15);
    fprintf(stream, " %3s %8s %11s%s%s\n", l->n, l->paper, l->difference, l->letter[0] != '\0' ? "  " : "", l->letter);
}

static void write_text(const res_table *table, FILE *stream)
{
    const bool names = has_names(table);
    const line head = {
        .ours = "ours", .n = "n", .paper = "paper", .difference = "ours-paper", .letter = "", .name = "figure"};
    fprintf(stream, "%s, %s\n", table->title, epoch_words(table));
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        if (begins_column(table, c)) {
            core_text_print(stream, "\n%s\n", cell->column);
            write_text_line(stream, "method", &head, names);
        }
        for (int64_t f = 0; f < lines_of(cell); f++) {
            const line l = line_of(cell, f, plus_minus_utf8);
            write_text_line(stream, cell->row, &l, names);
        }
    }
    fputs("\nours: mean \xc2\xb1 standard deviation over n seeds\n", stream);
    write_under(table, stream, "", plain);
}

static void write_markdown(const res_table *table, FILE *stream)
{
    const bool names = has_names(table);
    fprintf(
        stream,
        "**%s, %s**\n\n| data | method |%s ours | n | paper | ours - paper | note |\n|---|---|%s---|--:|--:|--:|---|\n",
        table->title, epoch_words(table), names ? " figure |" : "", names ? "---|" : "");
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        for (int64_t f = 0; f < lines_of(cell); f++) {
            const line l = line_of(cell, f, plus_minus_utf8);
            fputs("| ", stream);
            write_field(stream, cell->column, markdown);
            fputs(" | ", stream);
            write_field(stream, cell->row, markdown);
            fputs(" |", stream);
            if (names) {
                fprintf(stream, " %s |", l.name);
            }
            fprintf(stream, " %s | %s | %s | %s | %s |\n", l.ours, l.n, l.paper, l.difference, l.letter);
        }
    }
    fputs("\nours: mean \xc2\xb1 standard deviation over n seeds\n\n", stream);
    write_under(table, stream, "- ", plain);
}

static void write_latex_line(FILE *stream, const res_table_cell *cell, const line *l, bool names)
{
    const bool negative = l->difference[0] == '-', has_note = l->letter[0] != '\0';
    write_field(stream, cell->row, latex);
    if (names) {
        fprintf(stream, " & %s", l->name);
    }
    fprintf(stream, " & %s%s%s%s & %s & %s & %s%s \\\\\n", l->ours, has_note ? "$^{" : "", l->letter,
            has_note ? "}$" : "", l->n, l->paper, negative ? "$-$" : "", l->difference + negative);
}

static void write_latex(const res_table *table, FILE *stream)
{
    const bool names = has_names(table);
    const int columns = names ? 6 : 5;
    fprintf(
        stream,
        "%% needs booktabs\n\\begin{tabular}{l%slrrr}\n\\toprule\nmethod%s & ours & n & paper & ours $-$ paper \\\\\n",
        names ? "l" : "", names ? " & figure" : "");
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        if (begins_column(table, c)) {
            fprintf(stream, "\\midrule\n\\multicolumn{%d}{l}{", columns);
            write_field(stream, cell->column, latex);
            fputs("} \\\\\n", stream);
        }
        for (int64_t f = 0; f < lines_of(cell); f++) {
            const line l = line_of(cell, f, plus_minus_latex);
            write_latex_line(stream, cell, &l, names);
        }
    }
    fputs("\\bottomrule\n\\end{tabular}\n\n", stream);
    fputs("\\noindent ", stream);
    write_field(stream, table->title, latex);
    fprintf(stream, ", %s; ours: mean $\\pm$ standard deviation over n seeds\n", epoch_words(table));
    write_under(table, stream, "\\par ", latex);
}

static void write_csv_numbers(FILE *stream, const double *values, int count)
{
    for (int i = 0; i < count; i++) {
        char text[FIELD_BYTES];
        number(text, 6, values[i]);
        fprintf(stream, "%s,", text);
    }
}

static void write_csv(const res_table *table, FILE *stream)
{
    static const res_table_figure none = {.name = "top1", .unit = "%"};
    fputs("data,method,figure,unit,epoch,n,mean,std,paper,difference,note\n", stream);
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        for (int64_t f = 0; f < lines_of(cell); f++) {
            const bool missing = cell->figure_count == 0;
            const res_table_figure *figure = missing ? &none : &cell->figures[f];
            const double unknown[4] = {(double)NAN, (double)NAN, cell->paper, (double)NAN};
            const double known[4] = {figure->mean, figure->std, figure->paper, figure->difference};
            core_text_csv(stream, cell->column);
            fputc(',', stream);
            core_text_csv(stream, cell->row);
            fprintf(stream, ",%s,%s,%s,%" PRId64 ",", missing ? cell->figure : figure->name, figure->unit,
                    table->best ? "best" : "last", cell->n);
            write_csv_numbers(stream, missing ? unknown : known, 4);
            core_text_csv(stream, cell->note >= 0 ? table->notes[cell->note] : "");
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
    add_text(doc, object, "unit", figure->unit);
    add_number(doc, object, "mean", figure->mean);
    add_number(doc, object, "std", figure->std);
    add_number(doc, object, "paper", figure->paper);
    add_number(doc, object, "difference", figure->difference);
}

static void add_cell(yyjson_mut_doc *doc, yyjson_mut_val *list, const res_table *table, const res_table_cell *cell)
{
    yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, list);
    add_text(doc, object, "data", cell->column);
    add_text(doc, object, "method", cell->row);
    add_number(doc, object, "paper", cell->paper);
    yyjson_mut_obj_add_int(doc, object, "n", cell->n);
    yyjson_mut_val *seeds = add_list(doc, object, "seeds");
    for (int64_t i = 0; i < cell->n; i++) {
        yyjson_mut_arr_add_int(doc, seeds, cell->seeds[i]);
    }
    yyjson_mut_val *figures = add_list(doc, object, "figures");
    for (int64_t f = 0; f < cell->figure_count; f++) {
        add_figure(doc, figures, &cell->figures[f]);
    }
    add_text(doc, object, "note", cell->note >= 0 ? table->notes[cell->note] : NULL);
}

static void add_remarks(yyjson_mut_doc *doc, yyjson_mut_val *root, const res_table *table)
{
    static const char *const keys[REMARK_KINDS] = {"open", "tuned", "missing", "not_shown", "there_twice", "left_out"};
    for (int kind = 0; kind < REMARK_KINDS; kind++) {
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

core_status res_table_write(const res_table *table, const char *format, FILE *stream)
{
    if (strcmp(format, "json") == 0) {
        return write_json(table, stream);
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

/* The table as text, Markdown, LaTeX and CSV: a line a figure; an empty field is a number that is not known. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "results/report/table_internal.h"

enum { FIELD_BYTES = 32 };

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

/* Whether there is more than one figure a cell, so that lines need its name. */
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

/* What stands under the cells: notes by letter, then remarks by kind. */
static void write_under(const res_table *table, FILE *stream, const char *bullet)
{
    for (int64_t i = 0; i < table->note_count; i++) {
        char letter[4];
        res_table_letter(i, letter);
        core_text_print(stream, "%s%s: %s\n", bullet, letter, table->notes[i]);
    }
    for (int kind = 0; kind < RES_TABLE_KINDS; kind++) {
        for (int64_t i = 0; i < table->remark_count; i++) {
            if ((int)table->remarks[i].kind == kind) {
                core_text_print(stream, "%s%s: %s\n", bullet, res_table_heading((res_table_kind)kind),
                                table->remarks[i].text);
            }
        }
    }
}

/* Pads `text` to `width` columns; a plus-minus has two bytes and one column. */
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

void res_table_write_text(const res_table *table, FILE *stream)
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
    write_under(table, stream, "");
}

/* A field of a Markdown table: no line end, no bar, nothing that Markdown takes for its own. */
static void write_markdown_field(FILE *stream, const char *text)
{
    char *shown = core_text_escaped(text, CORE_TEXT_LINE);
    for (const char *c = shown; c != NULL && *c != '\0'; c++) {
        fputs(strchr("|\\`*_[]<", *c) != NULL ? (const char[]){'\\', *c, '\0'} : (const char[]){*c, '\0'}, stream);
    }
    free(shown);
}

void res_table_write_markdown(const res_table *table, FILE *stream)
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
            write_markdown_field(stream, cell->column);
            fputs(" | ", stream);
            write_markdown_field(stream, cell->row);
            fputs(" |", stream);
            if (names) {
                fprintf(stream, " %s |", l.name);
            }
            fprintf(stream, " %s | %s | %s | %s | %s |\n", l.ours, l.n, l.paper, l.difference, l.letter);
        }
    }
    fputs("\nours: mean \xc2\xb1 standard deviation over n seeds\n\n", stream);
    write_under(table, stream, "- ");
}

/* Text with LaTeX's own characters escaped. */
static void write_escaped(FILE *stream, const char *text)
{
    char *shown = core_text_escaped(text, CORE_TEXT_LINE);
    for (const char *c = shown; c != NULL && *c != '\0'; c++) {
        if (strchr("&%$#_{}", *c) != NULL) {
            fputc('\\', stream);
            fputc(*c, stream);
        } else if (*c == '\\' || *c == '^' || *c == '~') {
            fputs(*c == '\\' ? "\\textbackslash{}" : *c == '^' ? "\\^{}" : "\\~{}", stream);
        } else {
            fputc(*c, stream);
        }
    }
    free(shown);
}

static void write_latex_line(FILE *stream, const res_table_cell *cell, const line *l, bool names)
{
    const bool negative = l->difference[0] == '-', has_note = l->letter[0] != '\0';
    write_escaped(stream, cell->row);
    if (names) {
        fprintf(stream, " & %s", l->name);
    }
    fprintf(stream, " & %s%s%s%s & %s & %s & %s%s \\\\\n", l->ours, has_note ? "$^{" : "", l->letter,
            has_note ? "}$" : "", l->n, l->paper, negative ? "$-$" : "", l->difference + negative);
}

static void write_latex_under(const res_table *table, FILE *stream)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *under = open_memstream(&text, &bytes);
    if (under == NULL) {
        return;
    }
    write_under(table, under, "");
    fclose(under);
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        fputs("\\par ", stream);
        write_escaped(stream, at);
        fputc('\n', stream);
    }
    free(text);
}

void res_table_write_latex(const res_table *table, FILE *stream)
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
            write_escaped(stream, cell->column);
            fputs("} \\\\\n", stream);
        }
        for (int64_t f = 0; f < lines_of(cell); f++) {
            const line l = line_of(cell, f, plus_minus_latex);
            write_latex_line(stream, cell, &l, names);
        }
    }
    fputs("\\bottomrule\n\\end{tabular}\n\n", stream);
    fputs("\\noindent ", stream);
    write_escaped(stream, table->title);
    fprintf(stream, ", %s; ours: mean $\\pm$ standard deviation over n seeds\n", epoch_words(table));
    write_latex_under(table, stream);
}

static void write_csv_numbers(FILE *stream, const double *values, int count)
{
    for (int i = 0; i < count; i++) {
        char text[FIELD_BYTES];
        number(text, 6, values[i]);
        fprintf(stream, "%s,", text);
    }
}

void res_table_write_csv(const res_table *table, FILE *stream)
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

core_status res_table_write(const res_table *table, const char *format, FILE *stream)
{
    if (strcmp(format, "json") == 0) {
        return res_table_write_json(table, stream);
    }
    if (strcmp(format, "markdown") == 0) {
        res_table_write_markdown(table, stream);
    } else if (strcmp(format, "latex") == 0) {
        res_table_write_latex(table, stream);
    } else if (strcmp(format, "csv") == 0) {
        res_table_write_csv(table, stream);
    } else {
        res_table_write_text(table, stream);
    }
    return CORE_OK;
}

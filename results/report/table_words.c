/* What both layouts of a table write in the same way: values, the languages' signs, notes below the table. */
#include <math.h>
#include <string.h>

#include "recipes/paper.h"
#include "results/report/table_internal.h"

/* The characters that have a meaning in Markdown and LaTeX, with their escapes. */
static const core_text_change plain[] = {{'\0', NULL}};
static const core_text_change markdown[] = {{'|', "\\|"},   {'\\', "\\\\"}, {'`', "\\`"}, {'*', "\\*"},
                                            {'_', "\\_"},   {'[', "\\["},   {']', "\\]"}, {'<', "\\<"},
                                            {'&', "&amp;"}, {'~', "\\~"},   {'\0', NULL}};
static const core_text_change latex[] = {{'&', "\\&"},
                                         {'%', "\\%"},
                                         {'$', "\\$"},
                                         {'#', "\\#"},
                                         {'_', "\\_"},
                                         {'{', "\\{"},
                                         {'}', "\\}"},
                                         {'^', "\\^{}"},
                                         {'~', "\\~{}"},
                                         {'|', "\\textbar{}"},
                                         {'<', "\\textless{}"},
                                         {'>', "\\textgreater{}"},
                                         {'\\', "\\textbackslash{}"},
                                         {'\0', NULL}};

const res_table_language res_table_plain = {.plus_minus = "\xc2\xb1",
                                            .minus = "-",
                                            .best_begin = "",
                                            .best_end = " *",
                                            .best = "*",
                                            .note_begin = " ",
                                            .note_end = "",
                                            .unknown = "-",
                                            .rho_begin = "\xcf\x81=",
                                            .rho_end = "",
                                            .bullet = "",
                                            .paragraph = "\n",
                                            .changes = plain};
const res_table_language res_table_markdown = {.plus_minus = "\xc2\xb1",
                                               .minus = "-",
                                               .best_begin = "**",
                                               .best_end = "**",
                                               .best = "bold",
                                               .note_begin = "<sup>",
                                               .note_end = "</sup>",
                                               .unknown = "-",
                                               .rho_begin = "\xcf\x81=",
                                               .rho_end = "",
                                               .bullet = "- ",
                                               .paragraph = "\n\n",
                                               .changes = markdown};
const res_table_language res_table_latex = {.plus_minus = "$\\pm$",
                                            .minus = "$-$",
                                            .best_begin = "\\textbf{",
                                            .best_end = "}",
                                            .best = "bold",
                                            .note_begin = "$^{",
                                            .note_end = "}$",
                                            .unknown = "--",
                                            .rho_begin = "$\\rho=",
                                            .rho_end = "$",
                                            .bullet = "\\par ",
                                            .paragraph = "\n",
                                            .changes = latex};

void res_table_number(char text[RES_TABLE_FIELD_BYTES], int decimals, double value)
{
    text[0] = '\0';
    if (!isnan(value)) {
        snprintf(text, RES_TABLE_FIELD_BYTES, "%.*f", decimals, value);
    }
}

void res_table_value(const res_table *table, const res_table_cell *cell, int64_t f, const res_table_language *language,
                     char text[RES_TABLE_FIELD_BYTES])
{
    text[0] = '\0';
    if (f >= cell->figure_count || isnan(cell->figures[f].mean)) {
        return;
    }
    const res_table_figure *figure = &cell->figures[f];
    char mean[32], spread[32];
    const double shown = core_text_rounded(figure->mean, 2);
    snprintf(mean, sizeof mean, cell->is_pair && shown > 0.0 ? "%+.2f" : "%.2f", shown);
    snprintf(spread, sizeof spread, "%.2f", table->interval > 0 ? figure->half_width : figure->std);
    const bool negative = mean[0] == '-', has_spread = !isnan(figure->std);
    snprintf(text, RES_TABLE_FIELD_BYTES, "%s%.20s%s%s%s%.20s", negative ? language->minus : "", mean + negative,
             has_spread ? " " : "", has_spread ? language->plus_minus : "", has_spread ? " " : "",
             has_spread ? spread : "");
}

void res_table_field(FILE *stream, const char *text, const core_text_change *changes)
{
    core_text_show_in(stream, text, CORE_TEXT_LINE, changes);
}

/* The fewest and the most seeds of a cell with runs; 0: no cell has some. */
static void count_seeds(const res_table *table, int64_t *least, int64_t *most)
{
    *least = *most = 0;
    for (int64_t c = 0; c < table->cell_count; c++) {
        const int64_t n = table->cells[c].n;
        *least = n > 0 && (*least == 0 || n < *least) ? n : *least;
        *most = n > *most ? n : *most;
    }
}

void res_table_write_spread(const res_table *table, const char *seeds, FILE *stream, const res_table_language *language)
{
    char percent[CORE_REAL_BYTES];
    int64_t least, most;
    count_seeds(table, &least, &most);
    if (most == 1) {
        fprintf(stream, "one seed each, no %s", table->interval > 0 ? "confidence interval" : "standard deviation");
        return;
    }
    fprintf(stream, "mean %s ", language->plus_minus);
    if (table->interval > 0) {
        fprintf(stream, "half of its %s", core_text_real(table->interval, percent));
        res_table_field(stream, " % confidence interval (Student's t)", language->changes);
    } else {
        fputs("standard deviation", stream);
    }
    fprintf(stream, "%s over %s", least == 1 ? " (none for one seed)" : "", seeds);
}

void res_table_write_pair(const res_table *table, FILE *stream, const res_table_language *language)
{
    if (table->pair != NULL) {
        int64_t least, most;
        count_seeds(table, &least, &most);
        fputs("; ", stream);
        res_table_field(stream, table->pair, language->changes);
        fputs(most == 1 ? ": the difference" : ": the same of the differences, seed by seed", stream);
    }
}

static void write_remark(FILE *stream, const char *head, const char *text, const res_table_language *language)
{
    fprintf(stream, "%s%s: ", language->bullet, head);
    res_table_field(stream, text, language->changes);
    fputc('\n', stream);
}

void res_table_below(const res_table *table, bool wide, bool common, FILE *stream, const res_table_language *language)
{
    for (int64_t i = 0; i < table->note_count; i++) {
        char letter[4], head[64];
        res_table_letter(i, letter);
        snprintf(head, sizeof head, "%s, otherwise than " RES_PAPER_CITATION, common ? "every run" : letter);
        write_remark(stream, head, table->notes[i], language);
    }
    for (int kind = 0; kind < RES_TABLE_REMARK_KINDS; kind++) {
        for (int64_t i = 0; i < table->remark_count && !(wide && kind == RES_TABLE_NOT_COMPARED); i++) {
            if ((int)table->remarks[i].kind == kind) {
                write_remark(stream, res_table_heading((res_table_kind)kind), table->remarks[i].text, language);
            }
        }
    }
}

const char *res_table_epoch(const res_table *table)
{
    return table->best ? "at the best epoch, which the test set chose" : "after the last epoch";
}

bool res_table_begins_column(const res_table *table, int64_t c)
{
    return c == 0 || strcmp(table->cells[c].column, table->cells[c - 1].column) != 0;
}

bool res_table_has_names(const res_table *table)
{
    for (int64_t c = 0; c < table->cell_count; c++) {
        if (table->cells[c].figure_count > 0) {
            const res_table_cell *cell = &table->cells[c];
            return cell->figure_count > 1 ||
                   (res_table_has_paper(table) && strcmp(cell->figures[0].name, cell->figure) != 0);
        }
    }
    return false;
}

int res_table_characters(const char *text)
{
    int characters = 0;
    for (; *text != '\0'; text++) {
        characters += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return characters;
}

int res_table_widest(int width, const char *text)
{
    const int characters = res_table_characters(text);
    return characters > width ? characters : width;
}

const char *res_table_label(const res_table_figure *figure)
{
    return figure->label != NULL ? figure->label : figure->name;
}

bool res_table_has_paper(const res_table *table)
{
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        if (cell->figure_count == 0 && !isnan(cell->paper)) { /* its line has the paper's number alone */
            return true;
        }
        for (int64_t f = 0; f < cell->figure_count; f++) {
            if (!isnan(cell->figures[f].paper)) {
                return true;
            }
        }
    }
    return false;
}

bool res_table_has_difference(const res_table *table)
{
    for (int64_t c = 0; c < table->cell_count; c++) {
        for (int64_t f = 0; f < table->cells[c].figure_count; f++) {
            if (!isnan(table->cells[c].figures[f].difference)) {
                return true;
            }
        }
    }
    return false;
}

void res_table_begin_latex(FILE *stream)
{
    fputs("% needs booktabs; \\input sets the tabular alone, \\tailbitnotes behind it the notes\n\\begin{tabular}",
          stream);
}

void res_table_end_latex(const res_table *table, FILE *stream)
{
    fputs("\\bottomrule\n\\end{tabular}%\n\\gdef\\tailbitnotes{\\noindent ", stream);
    res_table_field(stream, table->title, latex);
    fprintf(stream, ", %s;", res_table_epoch(table));
}

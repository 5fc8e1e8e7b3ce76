/* The tables of a report. */
#include <math.h>
#include <string.h>

#include "core/text.h"
#include "recipes/paper.h"
#include "results/report/html.h"
#include "results/report/report_internal.h"
#include "results/report/table_internal.h"

/* A table being written. */
typedef struct {
    FILE *out;
    const res_table *table;
    const char *id;  /* "table-2" */
    bool spread;     /* a cell has a standard deviation */
    bool wide;       /* more than one figure per cell: a column for each, and no numbers of the paper */
    bool difference; /* a cell has a difference to the paper */
    bool noted;      /* a cell has a note */
    bool has_runs;   /* a cell has a run */
    bool linked;     /* the page has the parts of the runs */
} writing;

void res_report_write_link(FILE *out, const char *name, const char *text)
{
    fputs("<a href=\"#run-", out);
    res_html_id(out, name);
    res_html(out, "\">%s</a>", text);
}

/* Writes a text that leads to the part of a run, where the page has these. */
static void write_run(const writing *w, const char *name, const char *text)
{
    if (w->linked) {
        res_report_write_link(w->out, name, text);
    } else {
        res_html(w->out, "%s", text);
    }
}

/* Whether a cell of the column that begins at cell c has a run; *end is behind its last cell. */
static bool column_has_runs(const res_table *table, int64_t c, int64_t *end)
{
    const char *column = table->cells[c].column;
    bool has = false;
    for (; c < table->cell_count && strcmp(table->cells[c].column, column) == 0; c++) {
        has = has || table->cells[c].n > 0;
    }
    *end = c;
    return has;
}

static writing look_at(FILE *out, const res_table *table, const char *id)
{
    writing w = {.out = out, .table = table, .id = id, .difference = res_table_has_difference(table)};
    for (int64_t c = 0; c < table->cell_count; c++) {
        const res_table_cell *cell = &table->cells[c];
        w.wide = w.wide || cell->figure_count > 1;
        w.noted = w.noted || cell->note >= 0;
        w.has_runs = w.has_runs || cell->n > 0;
        for (int64_t f = 0; f < cell->figure_count; f++) {
            w.spread = w.spread || !isnan(cell->figures[f].std);
        }
    }
    return w;
}

/* The cell whose figures head the columns. */
static const res_table_cell *model_of(const writing *w)
{
    int64_t c = 0;
    while (w->table->cells[c].n == 0) {
        c++;
    }
    return &w->table->cells[c];
}

/* Whether figure f of some cell is known. */
static bool is_known(const res_table *table, int64_t f)
{
    int64_t c = 0;
    while (c < table->cell_count && (f >= table->cells[c].figure_count || isnan(table->cells[c].figures[f].mean))) {
        c++;
    }
    return c < table->cell_count;
}

static void write_head(const writing *w)
{
    FILE *out = w->out;
    fputs("<thead><tr><th scope=\"col\">method</th>", out);
    if (w->wide) {
        const res_table_cell *model = model_of(w);
        for (int64_t f = 0; f < model->figure_count; f++) {
            if (is_known(w->table, f)) {
                res_html(out, "<th scope=\"col\" class=\"n\">%s</th>", model->figures[f].head);
            }
        }
    } else {
        fputs("<th scope=\"col\" class=\"n\">ours</th><th scope=\"col\" class=\"n\">paper</th>", out);
        fputs(w->difference ? "<th scope=\"col\" class=\"n\">difference</th>" : "", out);
    }
    fputs("<th scope=\"col\" class=\"n\">n</th><th scope=\"col\">seeds</th>", out);
    fputs(w->noted ? "<th scope=\"col\">note</th></tr></thead>\n" : "</tr></thead>\n", out);
}

/* Writes a number and its std; the first number of a cell links to its run. */
static void write_figure(const writing *w, const res_table_cell *cell, int64_t f)
{
    const res_table_figure *figure = &cell->figures[f];
    char text[32];
    fputs("<td class=\"n\">", w->out);
    if (f == 0 && !isnan(figure->mean)) {
        snprintf(text, sizeof text, "%.2f", figure->mean);
        write_run(w, cell->runs[0]->path, text);
    } else {
        res_html(w->out, "%.2f", figure->mean);
    }
    if (w->spread && !isnan(figure->std)) {
        res_html(w->out, "<span class=\"spread\"> \xc2\xb1 %.2f</span>", figure->std);
    } else if (w->spread) {
        fputs("<span class=\"spread\"></span>", w->out);
    }
    fputs("</td>", w->out);
}

static void write_seeds(const writing *w, const res_table_cell *cell)
{
    res_html(w->out, "<td class=\"n\">%lld</td><td>", (long long)cell->n);
    for (int64_t i = 0; i < cell->n; i++) {
        char seed[24];
        snprintf(seed, sizeof seed, "%lld", (long long)cell->runs[i]->seed);
        fputs(i > 0 ? ", " : "", w->out);
        write_run(w, cell->runs[i]->path, seed);
    }
    fputs("</td>", w->out);
}

static void write_note(const writing *w, const res_table_cell *cell)
{
    char letter[4];
    if (cell->note < 0) {
        fputs("<td></td>", w->out);
        return;
    }
    res_table_letter(cell->note, letter);
    res_html(w->out, "<td><a href=\"#%s-note-%s\">%s</a></td>", w->id, letter, letter);
}

static void write_row(const writing *w, const res_table_cell *cell)
{
    const int64_t shown = w->wide ? model_of(w)->figure_count : 1;
    fputs(cell->n > 0 ? "<tr>" : "<tr class=\"none\">", w->out);
    res_html(w->out, "<th scope=\"row\">%s</th>", cell->row);
    for (int64_t f = 0; f < shown; f++) {
        if (f < cell->figure_count && (!w->wide || is_known(w->table, f))) {
            write_figure(w, cell, f);
        } else if (!w->wide || is_known(w->table, f)) {
            res_html(w->out, "<td class=\"n\">%.2f</td>", (double)NAN);
        }
    }
    if (!w->wide) {
        res_html(w->out, "<td class=\"n\">%.2f</td>", cell->paper);
    }
    if (!w->wide && w->difference) {
        res_html(w->out, "<td class=\"n\">%+.2f</td>",
                 cell->figure_count > 0 ? cell->figures[0].difference : (double)NAN);
    }
    write_seeds(w, cell);
    if (w->noted) {
        write_note(w, cell);
    }
    fputs("</tr>\n", w->out);
}

static int64_t count_columns(const writing *w)
{
    int64_t figures = w->wide ? 0 : 2 + w->difference;
    for (int64_t f = 0; w->wide && f < model_of(w)->figure_count; f++) {
        figures += is_known(w->table, f);
    }
    return 3 + figures + w->noted;
}

static void write_rows(const writing *w)
{
    const int64_t columns = count_columns(w);
    for (int64_t c = 0, end = 0; c < w->table->cell_count; c = end) {
        if (!column_has_runs(w->table, c, &end)) {
            continue;
        }
        res_html(w->out, "<tbody>\n<tr><th scope=\"rowgroup\" colspan=\"%lld\">%s</th></tr>\n", (long long)columns,
                 w->table->cells[c].column);
        for (int64_t i = c; i < end; i++) {
            write_row(w, &w->table->cells[i]);
        }
        fputs("</tbody>\n", w->out);
    }
}

static void write_notes(const writing *w)
{
    if (w->table->note_count == 0) {
        return;
    }
    fputs("<p class=\"remark\">Otherwise than " RES_PAPER_CITATION ":</p>\n<dl class=\"notes\">\n", w->out);
    for (int64_t i = 0; i < w->table->note_count; i++) {
        char letter[4];
        res_table_letter(i, letter);
        res_html(w->out, "<div id=\"%s-note-%s\"><dt>%s</dt><dd>%s</dd></div>\n", w->id, letter, letter,
                 w->table->notes[i]);
    }
    fputs("</dl>\n", w->out);
}

/* Writes a list for each kind of remark, but not for missing cells, which the page lists under "missing". Options that
 * the paper leaves open only stand under the paper's tables. */
static void write_remarks(const writing *w)
{
    for (int kind = 0; kind <= RES_TABLE_LEFT_OUT; kind++) {
        bool begun = false;
        for (int64_t i = 0; i < w->table->remark_count; i++) {
            const res_table_remark *remark = &w->table->remarks[i];
            if ((int)remark->kind != kind || kind == RES_TABLE_MISSING ||
                (kind == RES_TABLE_OPEN && w->table->number == NULL)) {
                continue;
            }
            if (!begun) {
                res_html(w->out, "<p class=\"remark\">%s:</p>\n<ul class=\"remark\">\n",
                         res_table_heading((res_table_kind)kind));
                begun = true;
            }
            res_html(w->out, "<li>%s</li>\n", remark->text);
        }
        fputs(begun ? "</ul>\n" : "", w->out);
    }
}

static bool lacks_runs(const res_table *table, int64_t begin, int64_t end)
{
    while (begin < end && table->cells[begin].n > 0) {
        begin++;
    }
    return begin < end;
}

/* Adds an entry under "missing" for each column that lacks some runs, with the table's remark on that column, and one
 * entry for all columns without any run. */
static core_status add_missing(res_report *report, const res_table *table)
{
    core_arena *arena = &report->facts.arena;
    const char *what, *none = "";
    const res_table_remark *remark = table->remarks;
    CORE_TRY(core_text_format(arena, &what, "Table %s", table->number));
    for (int64_t c = 0, end = 0; c < table->cell_count; c = end) {
        const bool has_runs = column_has_runs(table, c, &end);
        if (!lacks_runs(table, c, end)) {
            continue;
        }
        while (remark->kind != RES_TABLE_MISSING) {
            remark++;
        }
        if (has_runs) {
            CORE_TRY(res_report_add_missing(report, what, remark->text));
        } else {
            CORE_TRY(core_text_format(arena, &none, "%s%s%s", none,
                                      none[0] != '\0' ? ", " : "every method: ", table->cells[c].column));
        }
        remark++;
    }
    return none[0] != '\0' ? res_report_add_missing(report, what, none) : CORE_OK;
}

core_status res_report_add_table(res_report *report, const res_table *table)
{
    FILE *out = report->parts[RES_TABLES].stream;
    char id[64];
    snprintf(id, sizeof id, "table-%.40s", table->number != NULL ? table->number : "all");
    writing w = look_at(out, table, id);
    w.linked = !report->left_out[RES_RUNS];
    CORE_TRY(table->number != NULL ? add_missing(report, table) : CORE_OK);
    if (!w.has_runs) {
        return CORE_OK;
    }
    res_html(out,
             "<div class=\"scroll\" id=\"%s\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">\n<table>\n"
             "<caption><span><strong>%s.</strong>%s</span></caption>\n",
             id, table->title, table->title, w.spread ? " \xc2\xb1: standard deviation over n seeds." : "");
    write_head(&w);
    write_rows(&w);
    fputs("</table>\n</div>\n", out);
    write_notes(&w);
    write_remarks(&w);
    return CORE_OK;
}

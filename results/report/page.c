#include "results/report/page.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/text.h"
#include "results/report/data_head.h"
#include "results/report/html.h"
#include "results/report/report_internal.h"

/* The parts of the page; an empty one is not written. A part is a section of its own or, with id NULL, the end of the
 * section before. */
static const struct {
    const char *id, *heading, *before, *behind;
} parts[RES_PARTS] = {
    [RES_METHODS] = {"methods", "Methods compared", "", ""},
    [RES_TABLES] =
        {"tables", "Tables",
         "<p>A cell is a method on a data set over seeds. Errors are in percent, after the last epoch.</p>\n", ""},
    [RES_FIGURES] = {"figures", "Figures", "", ""},
    [RES_FACTS] = {"facts", "How it was made", "", ""},
    [RES_MISSING] = {"missing", "What is missing", "<dl class=\"list\">", "\n</dl>\n"},
    [RES_FILES] = {"files", "Not in the tables",
                   "<div class=\"scroll\" role=\"region\" aria-label=\"Files that are in no table\" tabindex=\"0\">\n"
                   "<table>\n<caption>Files and jobs that are in no table above.</caption>\n<thead><tr><th "
                   "scope=\"col\">file</th><th scope=\"col\">state</th><th scope=\"col\">why</th></tr></thead>\n"
                   "<tbody>\n",
                   "</tbody>\n</table>\n</div>\n"},
    [RES_INDEX] = {"runs", "Runs",
                   "<div class=\"scroll\" role=\"region\" aria-label=\"List of the runs\" tabindex=\"0\">\n<table>\n"
                   "<caption>Every run. Errors on the test set, in percent. Numbers of the tables lead to their "
                   "runs.</caption>\n"
                   "<thead><tr><th scope=\"col\">run</th><th scope=\"col\">method</th><th scope=\"col\">data</th>"
                   "<th scope=\"col\" class=\"n\">seed</th><th scope=\"col\" class=\"n\">epochs</th>"
                   "<th scope=\"col\" class=\"n\">error</th><th scope=\"col\" class=\"n\">best epoch</th>"
                   "<th scope=\"col\" class=\"n\">time</th><th scope=\"col\">digest</th></tr></thead>\n<tbody>\n",
                   "</tbody>\n</table>\n</div>\n"},
    [RES_RUNS] = {NULL, NULL, "", ""},
};

static const char generator[] = "<meta name=\"generator\" content=\"tailbit";
static const core_file_kind page_kind = {.name = "tailbit report",
                                         .starts = {"<!DOCTYPE html>\n<html lang=\"en\">\n"},
                                         .mark = generator,
                                         .mark_bytes = sizeof generator - 1};

core_status res_report_check(const char *path) { return core_file_check(path, &page_kind); }

/* ---- what is added ---------------------------------------------------------------------------------------------- */

core_status res_report_create(const char *title, const char *creator, res_report **out)
{
    res_report *report;
    CORE_TRY(CORE_NEW(1, "a report", report));
    report->title = title;
    report->creator = creator;
    core_status status = CORE_OK;
    for (int i = 0; i < RES_PARTS && status == CORE_OK; i++) {
        status = core_builder_begin(&report->parts[i], "a report");
    }
    if (status != CORE_OK) {
        res_report_destroy(report);
        return status;
    }
    *out = report;
    return CORE_OK;
}

void res_report_destroy(res_report *report)
{
    for (int i = 0; report != NULL && i < RES_PARTS; i++) {
        core_builder_abandon(&report->parts[i]);
    }
    if (report != NULL) {
        core_arena_free(&report->facts.arena);
    }
    free(report);
}

/* The part that a name, of that length, stands for; RES_PARTS: none. */
static int find_part(const char *name, size_t length)
{
    int i = 0;
    while (i < RES_PARTS &&
           (parts[i].id == NULL || strlen(parts[i].id) != length || strncmp(parts[i].id, name, length) != 0)) {
        i++;
    }
    return i;
}

core_status res_report_leave_out(res_report *report, const char *names)
{
    bool left_out[RES_PARTS] = {false};
    for (const char *at = names;; at++) {
        char name[32], expected[CORE_EXPECTED_BYTES];
        const size_t length = strcspn(at, ",");
        const int part = find_part(at, length);
        if (part == RES_PARTS) {
            const char *ids[RES_PARTS];
            int64_t n = 0;
            for (int i = 0; i < RES_PARTS; i++) {
                ids[n] = parts[i].id;
                n += ids[n] != NULL;
            }
            snprintf(name, sizeof name, "%.*s", (int)(length < 31 ? length : 31), at);
            return core_fail(CORE_BAD_USAGE, "'%s' is no part of the report%s", name,
                             core_text_expected(name, ids, n, expected));
        }
        for (int i = part; i == part || (i < RES_PARTS && parts[i].id == NULL); i++) {
            left_out[i] = true;
        }
        at += length;
        if (*at == '\0') {
            memcpy(report->left_out, left_out, sizeof left_out);
            return CORE_OK;
        }
    }
}

bool res_report_shows(const res_report *report, const char *name)
{
    return !report->left_out[find_part(name, strlen(name))];
}

int64_t res_report_runs(const res_report *report) { return report->run_count; }

/* Checks that all parts have the same classes and epochs; the rooms that write the parts rely on it. */
static core_status check_run(const char *name, const res_run *run)
{
    const int64_t K = run->split.K, E = run->epochs.E;
    const bool whole = K > 0 && E > 0 && run->epochs.K == K && run->timing.E == E &&
                       (run->final.N == 0 || run->final.K == K) && (run->margins.K == 0 || run->margins.K == K);
    const res_summary *best = &run->final.best;
    const bool best_fits = run->final.N == 0 || (best->epoch >= 0 && best->epoch < E);
    return whole && best_fits ? CORE_OK
                              : core_fail(CORE_BAD_FILE, "%s: its parts do not fit each other: %s, %s", name,
                                          CORE_COUNT(E, "epoch"), CORE_COUNT(K, "class"));
}

core_status res_report_add_run(res_report *report, const res_report_run *shown)
{
    const res_run *run = shown->run;
    CORE_TRY(check_run(shown->name, run));
    if (res_run_finished(run)) {
        CORE_TRY(res_facts_add(&report->facts, run));
    } else {
        char why[64];
        snprintf(why, sizeof why, "%lld of %s", (long long)run->epochs.E, CORE_COUNT(run->epochs.planned, "epoch"));
        res_report_add_file(report, RES_REPORT_UNFINISHED, shown->name, why);
    }
    if (!report->left_out[RES_RUNS]) {
        res_report_write_index(report->parts[RES_INDEX].stream, shown->name, run);
        res_report_write_run(report->parts[RES_RUNS].stream, shown);
    }
    report->run_count++;
    report->made_up = report->made_up || res_data_is_made_up(run->data.name);
    return CORE_OK;
}

/* Writes a sentence; text between two backticks becomes code. */
static void write_prose(FILE *out, const char *text)
{
    const char *open, *close;
    while ((open = strchr(text, '`')) != NULL && (close = strchr(open + 1, '`')) != NULL) {
        res_html_bytes(out, text, (size_t)(open - text));
        fputs("<code>", out);
        res_html_bytes(out, open + 1, (size_t)(close - open - 1));
        fputs("</code>", out);
        text = close + 1;
    }
    res_html_text(out, text);
}

void res_report_add_file(res_report *report, res_report_file kind, const char *name, const char *why)
{
    static const char *const states[RES_REPORT_FILE_KINDS] = {"unfinished", "unreadable", "failed", "diverged",
                                                              "waiting"};
    res_html(report->parts[RES_FILES].stream, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n", name,
             states[kind], why);
}

core_status res_report_add_missing(res_report *report, const char *what, const char *why)
{
    FILE *out = report->parts[RES_MISSING].stream;
    if (report->missing_what == NULL || strcmp(report->missing_what, what) != 0) {
        CORE_TRY(core_arena_copy_text(&report->facts.arena, what, &report->missing_what));
        res_html(out, "\n<dt>%s</dt>", what);
    }
    fputs("<dd>", out);
    write_prose(out, why);
    fputs("</dd>", out);
    return CORE_OK;
}

/* Writes a text with the escapes of a URL. */
static void write_address(FILE *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        fprintf(out, isalnum(*c) || strchr("-._~!$()*+,;=:@/?", *c) != NULL ? "%c" : "%%%02X", *c);
    }
}

void res_report_add_figure(res_report *report, const res_picture *picture, int64_t number, const char *svg)
{
    FILE *out = report->parts[strcmp(picture->name, "methods") == 0 ? RES_METHODS : RES_FIGURES].stream;
    char behind[24] = "";
    if (number > 1) {
        snprintf(behind, sizeof behind, "-%lld", (long long)number);
    }
    res_html(out,
             "<figure class=\"drawn\" id=\"figure-%s%s\">\n<div class=\"scroll\" role=\"region\" aria-label=\"%s\" "
             "tabindex=\"0\">\n<img alt=\"%s\" src=\"data:image/svg+xml,",
             picture->name, behind, picture->title, picture->title);
    write_address(out, svg);
    fputs("\">\n</div>\n<figcaption>", out);
    write_prose(out, picture->caption);
    if (picture->not_drawn[0] != '\0') {
        fputs(" Not plotted: ", out);
        write_prose(out, picture->not_drawn);
        fputc('.', out);
    }
    fputs("</figcaption>\n</figure>\n", out);
}

/* ---- the page --------------------------------------------------------------------------------------------------- */

static void write_head(FILE *out, const res_report *report)
{
    res_html(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"%s\">\n"
             "<title>%s</title>\n<style>\n",
             report->creator, report->title);
    fputs(res_report_style, out);
    res_html(out, "</style>\n</head>\n<body>\n<header>\n<h1>%s</h1>\n", report->title);
}

static void write_summary(FILE *out, const res_report *report)
{
    const int64_t finished = report->facts.runs, shown = report->run_count;
    if (shown == 0) {
        fputs("<p class=\"summary\">No run can be shown.</p>\n", out);
        return;
    }
    res_html(out, "<p class=\"summary\">%s", CORE_COUNT(finished, "finished run"));
    if (shown > finished) {
        res_html(out, ", %lld unfinished", (long long)(shown - finished));
    }
    fputs("</p>\n", out);
    if (report->made_up) {
        fputs("<p>Data whose names begin with <code>made_up_</code> are made up, " RES_DATA_MADE_UP ".</p>\n", out);
    }
}

static bool is_shown(const res_report *report, int i) { return report->parts[i].bytes > 0 && !report->left_out[i]; }
static bool is_section(const res_report *report, int i) { return parts[i].id != NULL && is_shown(report, i); }

static void write_page(FILE *out, const res_report *report)
{
    write_head(out, report);
    write_summary(out, report);
    fputs("<nav aria-label=\"Contents\">\n<ul>\n", out);
    for (int i = 0; i < RES_PARTS; i++) {
        if (is_section(report, i)) {
            res_html(out, "<li><a href=\"#%s\">%s</a></li>\n", parts[i].id, parts[i].heading);
        }
    }
    fputs("</ul>\n</nav>\n</header>\n<main>\n", out);
    for (int i = 0; i < RES_PARTS; i++) {
        if (is_section(report, i)) {
            res_html(out, "<section id=\"%s\">\n<h2>%s</h2>\n", parts[i].id, parts[i].heading);
        }
        if (is_shown(report, i)) {
            fprintf(out, "%s%s%s", parts[i].before, report->parts[i].text, parts[i].behind);
            fputs(i + 1 < RES_PARTS && parts[i + 1].id == NULL ? "" : "</section>\n", out);
        }
    }
    res_html(out, "</main>\n<footer>\n<p>Made by %s from run files alone.</p>\n</footer>\n</body>\n</html>\n",
             report->creator);
}

core_status res_report_write(res_report *report, const char *path)
{
    core_builder page;
    if (report->facts.runs > 0) {
        res_facts_write(report->parts[RES_FACTS].stream, &report->facts, !report->left_out[RES_RUNS]);
    }
    for (int i = 0; i < RES_PARTS; i++) {
        CORE_TRY(core_builder_flush(&report->parts[i]));
    }
    CORE_TRY(core_builder_begin(&page, "a report"));
    write_page(page.stream, report);
    return core_builder_save(&page, CORE_OK, path, &page_kind);
}

/* The page of a report: its head, the order of its sections, its foot. */
#include <stdlib.h>

#include "core/builder.h"
#include "core/file.h"
#include "results/report/html.h"
#include "results/report/report_internal.h"

static const char generator[] = "<meta name=\"generator\" content=\"tailbit";
static const core_file_kind page_kind = {.name = "tailbit report",
                                         .starts = {"<!DOCTYPE html>\n<html lang=\"en\">\n"},
                                         .mark = generator,
                                         .mark_bytes = sizeof generator - 1};

core_status res_report_check(const char *path) { return core_file_check(path, &page_kind); }

/* A section of the page; written where there is something in it. */
typedef struct {
    const char *id, *heading;
    int64_t count;
    void (*write)(FILE *out, const res_report *report);
} part;

static void copy(FILE *out, const res_section *section) { fwrite(section->text, 1, section->bytes, out); }

static void write_tables(FILE *out, const res_report *report)
{
    fputs(
        "<p>A cell is a method on a data set over seeds; its number leads to the run that it comes from. Errors are in "
        "percent, after the last epoch.</p>\n",
        out);
    copy(out, &report->tables);
}

static void write_figures(FILE *out, const res_report *report) { copy(out, &report->figures); }

static void write_facts(FILE *out, const res_report *report) { res_facts_write(out, &report->facts); }

static void write_missing(FILE *out, const res_report *report)
{
    fputs("<dl class=\"list\">", out);
    copy(out, &report->missing);
    fputs("\n</dl>\n", out);
}

static void write_files(FILE *out, const res_report *report)
{
    fputs("<div class=\"scroll\" role=\"region\" aria-label=\"Files that are in no table\" tabindex=\"0\">\n"
          "<table>\n<caption>Files and cells that are in no table above.</caption>\n<thead><tr><th "
          "scope=\"col\">file</th>"
          "<th scope=\"col\">state</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n",
          out);
    copy(out, &report->files);
    fputs("</tbody>\n</table>\n</div>\n", out);
}

static void write_runs(FILE *out, const res_report *report)
{
    fputs("<div class=\"scroll\" role=\"region\" aria-label=\"List of the runs\" tabindex=\"0\">\n<table>\n"
          "<caption>Every run. Errors on the test set, in percent.</caption>\n"
          "<thead><tr><th scope=\"col\">run</th><th scope=\"col\">method</th><th scope=\"col\">data</th>"
          "<th scope=\"col\" class=\"n\">seed</th><th scope=\"col\" class=\"n\">epochs</th>"
          "<th scope=\"col\" class=\"n\">error</th><th scope=\"col\" class=\"n\">best</th>"
          "<th scope=\"col\" class=\"n\">time</th><th scope=\"col\">digest</th></tr></thead>\n<tbody>\n",
          out);
    copy(out, &report->index);
    fputs("</tbody>\n</table>\n</div>\n", out);
    copy(out, &report->runs);
}

enum { PARTS = 6 };

static void parts_of(const res_report *report, part parts[PARTS])
{
    const part all[PARTS] = {
        {"tables", "Tables", report->table_count, write_tables},
        {"figures", "Figures", report->figure_count, write_figures},
        {"facts", "How it was made", report->facts.runs, write_facts},
        {"missing", "What is missing", report->missing_count, write_missing},
        {"files", "Not in the tables", report->file_count, write_files},
        {"runs", "Runs", report->run_count, write_runs},
    };
    for (int i = 0; i < PARTS; i++) {
        parts[i] = all[i];
    }
}

static void write_head(FILE *out, const res_report *report)
{
    res_html(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" content=\"%s\">\n"
             "<title>%s</title>\n<style>\n",
             report->creator, report->title);
    fputs(res_report_style, out);
    fputs("</style>\n</head>\n<body>\n", out);
}

static void write_summary(FILE *out, const res_report *report)
{
    const long long finished = report->facts.runs, shown = report->run_count;
    if (shown == 0) {
        fputs("<p class=\"summary\">No run can be shown.</p>\n", out);
        return;
    }
    res_html(out, "<p class=\"summary\">%lld finished %s", finished, finished == 1 ? "run" : "runs");
    if (shown > finished) {
        res_html(out, ", %lld unfinished", shown - finished);
    }
    fputs("</p>\n", out);
}

static void write_page(FILE *out, const res_report *report)
{
    part parts[PARTS];
    parts_of(report, parts);
    write_head(out, report);
    res_html(out, "<header>\n<h1>%s</h1>\n", report->title);
    write_summary(out, report);
    fputs("<nav aria-label=\"Contents\">\n<ul>\n", out);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].count > 0) {
            res_html(out, "<li><a href=\"#%s\">%s</a></li>\n", parts[i].id, parts[i].heading);
        }
    }
    fputs("</ul>\n</nav>\n</header>\n<main>\n", out);
    for (int i = 0; i < PARTS; i++) {
        if (parts[i].count > 0) {
            res_html(out, "<section id=\"%s\">\n<h2>%s</h2>\n", parts[i].id, parts[i].heading);
            parts[i].write(out, report);
            fputs("</section>\n", out);
        }
    }
    res_html(out, "</main>\n<footer>\n<p>Made by %s from run files alone.</p>\n</footer>\n</body>\n</html>\n",
             report->creator);
}

core_status res_report_write(const res_report *report, const char *path)
{
    char *text;
    core_builder page;
    CORE_TRY(core_builder_begin(&page, "a report"));
    write_page(page.stream, report);
    CORE_TRY(core_builder_take(&page, CORE_OK, &text));
    const core_status status = core_file_write(path, &page_kind, text, page.bytes);
    free(text);
    return status;
}

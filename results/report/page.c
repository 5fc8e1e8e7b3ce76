#include "results/report/page.h"

#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "results/report/html.h"
#include "results/report/report_internal.h"

static core_status no_memory(void) { return core_fail(CORE_MACHINE, "not enough memory for a report"); }

static core_status open_section(res_section *section)
{
    section->out = open_memstream(&section->text, &section->bytes);
    return section->out != NULL ? CORE_OK : no_memory();
}

/* What was written so far is in text (bytes). */
static core_status flush_section(const res_section *section)
{
    return fflush(section->out) == 0 && !ferror(section->out) ? CORE_OK : no_memory();
}

static void close_section(res_section *section)
{
    if (section->out != NULL) {
        fclose(section->out);
        free(section->text);
    }
}

enum { SECTIONS = 6 };

static void sections_of(res_report *report, res_section *sections[SECTIONS])
{
    res_section *const all[SECTIONS] = {&report->tables, &report->figures, &report->missing,
                                        &report->files,  &report->index,   &report->runs};
    memcpy(sections, all, sizeof all);
}

core_status res_report_create(const char *title, const char *creator, res_report **out)
{
    res_report *report = calloc(1, sizeof *report);
    if (report == NULL) {
        return no_memory();
    }
    report->title = strdup(title);
    report->creator = strdup(creator);
    core_status status = report->title != NULL && report->creator != NULL ? CORE_OK : no_memory();
    res_section *sections[SECTIONS];
    sections_of(report, sections);
    for (int i = 0; i < SECTIONS && status == CORE_OK; i++) {
        status = open_section(sections[i]);
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
    if (report == NULL) {
        return;
    }
    res_section *sections[SECTIONS];
    sections_of(report, sections);
    for (int i = 0; i < SECTIONS; i++) {
        close_section(sections[i]);
    }
    core_arena_free(&report->facts.arena);
    free(report->missing_what);
    free(report->title);
    free(report->creator);
    free(report);
}

int64_t res_report_runs(const res_report *report) { return report->run_count; }

/* Whether every part has the classes and epochs that the others have, so that no room has to ask again. */
static core_status check_run(const char *name, const res_run *run)
{
    const int64_t K = run->split.K, E = run->epochs.E;
    const bool whole = K > 0 && E > 0 && run->epochs.K == K && run->timing.E == E &&
                       (run->final.N == 0 || run->final.K == K) && (run->margins.K == 0 || run->margins.K == K);
    const res_summary *best = &run->final.best;
    const bool best_fits = run->final.N == 0 || (best->epoch >= 0 && best->epoch < E);
    return whole && best_fits
               ? CORE_OK
               : core_fail(CORE_BAD_FILE, "%s: its parts do not fit each other: %lld epochs, %lld classes", name,
                           (long long)E, (long long)K);
}

core_status res_report_add_run(res_report *report, const res_report_run *shown)
{
    const res_run *run = shown->run;
    const char *name = shown->name;
    CORE_TRY(check_run(name, run));
    if (res_run_finished(run)) {
        CORE_TRY(res_facts_add(&report->facts, run));
    } else {
        char why[64];
        snprintf(why, sizeof why, "%lld of %lld epochs", (long long)run->epochs.E, (long long)run->epochs.planned);
        CORE_TRY(res_report_add_file(report, RES_REPORT_UNFINISHED, name, why));
    }
    res_report_write_index(report->index.out, name, run);
    res_report_write_run(report->runs.out, shown);
    report->run_count++;
    CORE_TRY(flush_section(&report->index));
    return flush_section(&report->runs);
}

/* A sentence, what stands between two backticks as code. */
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

core_status res_report_add_file(res_report *report, res_report_file kind, const char *name, const char *why)
{
    static const char *const states[RES_REPORT_FILE_KINDS] = {"unfinished", "unreadable", "failed", "diverged",
                                                              "waiting"};
    res_html(report->files.out, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n", name, states[kind], why);
    report->file_count++;
    return flush_section(&report->files);
}

core_status res_report_add_missing(res_report *report, const char *what, const char *why)
{
    FILE *out = report->missing.out;
    if (report->missing_what == NULL || strcmp(report->missing_what, what) != 0) {
        free(report->missing_what);
        report->missing_what = strdup(what);
        res_html(out, "\n<dt>%s</dt>", what);
    }
    fputs("<dd>", out);
    write_prose(out, why);
    fputs("</dd>", out);
    report->missing_count++;
    return report->missing_what != NULL ? flush_section(&report->missing) : no_memory();
}

core_status res_report_add_figure(res_report *report, const res_report_figure *figure)
{
    res_section part;
    char id[64];
    snprintf(id, sizeof id, "figure-%.40s", figure->name);
    CORE_TRY(open_section(&part));
    core_status status = res_html_svg(part.out, figure->svg, id, figure->title);
    if (status == CORE_OK) {
        status = flush_section(&part);
    }
    if (status == CORE_OK) {
        FILE *out = report->figures.out;
        res_html(out,
                 "<figure class=\"drawn\" id=\"%s\">\n<div class=\"scroll\" role=\"region\" aria-label=\"%s\" "
                 "tabindex=\"0\">\n",
                 id, figure->title);
        fwrite(part.text, 1, part.bytes, out);
        fputs("\n</div>\n<figcaption>", out);
        write_prose(out, figure->caption);
        fputs("</figcaption>\n</figure>\n", out);
        report->figure_count++;
        status = flush_section(&report->figures);
    }
    close_section(&part);
    return status;
}

/* results/report/page.h - many runs as one HTML file, which needs no other file, no network and no script.
 *
 * Order    Parts may be added in any order; parts of the same kind keep the order in which they were added.
 * Memory   A part becomes HTML when it is added, so that the caller can free it: 10 to 20 KiB per run stay.
 * Bits     The same parts give the same bytes. The only times in them are those of the run files.
 * Links    The part of the run NAME has the id "run-" and NAME (results/report/html.h: res_html_id); tables link to the runs
 *          of their cells, which must be added under the same names, before or after the table.
 */
#ifndef RESULTS_REPORT_PAGE_H
#define RESULTS_REPORT_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "results/report/picture.h"
#include "results/report/table.h"
#include "results/runs/metric.h"
#include "results/runs/probe_file.h"
#include "results/runs/run_file.h"

typedef struct res_report res_report;

/* Begins a report with a title ("demo") for people; `creator` is program and version. Both are borrowed. CORE_MACHINE:
 * memory. */
core_status res_report_create(const char *title, const char *creator, res_report **out) CORE_MUST_USE;
void res_report_destroy(res_report *report); /* NULL is fine */

/* Leaves out parts of the page, names joined by commas: methods, tables, figures, facts, missing, files, runs. What is
 * added to them later has no effect. CORE_BAD_USAGE: another name. */
core_status res_report_leave_out(res_report *report, const char *names) CORE_MUST_USE;

/* Whether the page shows the part of that name. */
bool res_report_shows(const res_report *report, const char *name);

/* The parts of a run file that the report shows. */
enum {
    RES_REPORT_PARTS = RES_CONFIG | RES_DATA | RES_ENV | RES_TIMING | RES_SPLIT | RES_EPOCHS | RES_MARGINS | RES_FINAL
};

/* A run, and the probes (results/runs/probe_file.h) of its features. */
typedef struct {
    const char *name;    /* the file's path below the folder */
    const char *command; /* the command that makes it again */
    const res_run *run;
    const res_shot_bounds *bounds; /* of many, medium and few; NULL as there */
    int64_t probe_count;
    const res_probe *probes; /* (probe_count) */
} res_report_run;

/* Adds a run: its configuration, class counts, curves, confusion matrix, probes, environment, digest and command. A
 * finished run also counts in the facts; of an unfinished run (of at least one epoch) the parts that exist are shown.
 * CORE_BAD_FILE: its parts do not fit together; then nothing is added. */
core_status res_report_add_run(res_report *report, const res_report_run *run) CORE_MUST_USE;

/* Why a file or a cell is listed under "Not in the tables". */
typedef enum {
    RES_REPORT_UNFINISHED, /* a run that is not at its end */
    RES_REPORT_UNREADABLE, /* foreign, damaged or of another tailbit */
    RES_REPORT_FAILED,     /* a cell whose training failed */
    RES_REPORT_DIVERGED,   /* a run whose loss is no number */
    RES_REPORT_WAITING,    /* a cell with a configuration that was not run */
    RES_REPORT_FILE_KINDS
} res_report_file;
void res_report_add_file(res_report *report, res_report_file kind, const char *name, const char *why);

/* Adds a table: in HTML each cell is a row; a cell with more than one figure has a column for each. Columns of the
 * paper's table without any run are left out and named under "missing". */
core_status res_report_add_table(res_report *report, const res_table *table) CORE_MUST_USE;

/* Adds a drawn figure (svg: the text of an SVG file) as an image with the id "figure-NAME", from the second of that name
 * on "figure-NAME-2"; its title is the alternative text. The figure "methods" stands before the tables. */
void res_report_add_figure(res_report *report, const res_picture *picture, int64_t number, const char *svg);

/* Says under "missing" that `what` is not in the report, and why: "Figure 6", "no probe files". */
core_status res_report_add_missing(res_report *report, const char *what, const char *why) CORE_MUST_USE;

/* How many runs were added. */
int64_t res_report_runs(const res_report *report);

/* Writes the whole page atomically at `path`, once. CORE_MACHINE: the file cannot be written, or memory ran out, here
 * or when a part was added. */
core_status res_report_write(res_report *report, const char *path) CORE_MUST_USE;

/* Checks, as core_file_check, that a report can be written there; it may replace only another report. */
core_status res_report_check(const char *path) CORE_MUST_USE;

#endif

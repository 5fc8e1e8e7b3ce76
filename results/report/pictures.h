/* results/report/pictures.h - figures of a folder's runs, drawn by gnuplot.
 *
 * Names    res_picture_names (results/report/picture.h): figure2, figure3, figure6, margins, bound.
 * Use      xp_picture_run_of and xp_picture_add_probe for each run, or xp_picture_runs_load for a folder; then for
 *          each name xp_picture_make, and of what it can make xp_picture_draw; xp_picture_write for files.
 * SVG      no background; text and axes are currentColor, so that a page's own colour holds where the picture stands in
 *          it; the root has class "tailbit-figure", and a style of no weight (:where) for where it stands alone.
 * Bits     The same runs and the same gnuplot give the same bytes.
 */
#ifndef RESULTS_REPORT_PICTURES_H
#define RESULTS_REPORT_PICTURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/report/picture.h"
#include "results/report/table_runs.h"
#include "results/runs/probe_file.h"
#include "results/runs/run_file.h"

typedef struct {
    res_picture_run run;
    const char *values[XP_BIT_OPTIONS]; /* what recipes/axes.h filters */
} xp_picture_run;

typedef struct {
    int64_t count;
    xp_picture_run *items; /* (count) */
} xp_picture_runs;

/* A finished run (XP_TABLE_PARTS) as figures take it; `row` is the same run as a table of no paper's takes it, whose
 * texts are borrowed; the rest is copied to the arena. CORE_BAD_FILE: its parts do not fit each other. */
core_status xp_picture_run_of(const res_run *run, const xp_table_run *row, core_arena *arena,
                              xp_picture_run *out) CORE_MUST_USE;

/* Gives a run its probe for figure6, with copies of what it takes. What another figure6 would need (features at the
 * end, the usual protocol, another number of classes) is not taken. */
core_status xp_picture_add_probe(const res_probe *probe, core_arena *arena, xp_picture_run *run) CORE_MUST_USE;

/* Loads every finished run below `folder`, and the probe of it that lies beside it; what is none has a line in
 * `complaints`. CORE_BAD_FILE: the folder cannot be read. */
core_status xp_picture_runs_load(const char *folder, FILE *complaints, core_arena *arena,
                                 xp_picture_runs *out) CORE_MUST_USE;

/* Leaves the runs that pass `only`, a filter (recipes/axes.h); NULL: all. CORE_BAD_USAGE: it is wrong, or no run
 * passes it. */
core_status xp_picture_runs_filter(const char *only, core_arena *arena, xp_picture_runs *runs) CORE_MUST_USE;

/* res_picture_make of these runs. */
core_status xp_picture_make(const char *name, const xp_picture_runs *runs, bool all, core_arena *arena,
                            res_picture *out) CORE_MUST_USE;

/* What gnuplot made of a figure. */
typedef struct {
    const char *svg; /* text */
    const void *pdf;
    size_t svg_bytes, pdf_bytes;
} xp_drawing;

/* Draws, in a folder of its own below $TMPDIR that is gone afterwards. Memory belongs to the arena. CORE_MACHINE:
 * gnuplot is not installed or failed; the sentence says what to do. */
core_status xp_picture_draw(const res_picture *picture, core_arena *arena, xp_drawing *out) CORE_MUST_USE;

/* Whether there is a gnuplot on $PATH. */
bool xp_gnuplot_is_there(void);

/* A comment of the PDF before its last lines, by which it is known again. */
#define XP_PDF_MARK "% tailbit-figure\n"

/* Whether the files of the figure `name` can be written into `folder`, made or not, as core_file_check: replaced are
 * only those of an older figure. */
core_status xp_picture_check(const char *name, const char *folder) CORE_MUST_USE;

/* Writes NAME.gp, NAME.csv, NAME.svg and NAME.pdf into `folder`, which is made if need be, each atomically. drawing
 * NULL: only the first two, and pictures of other data that are there are removed. CORE_MACHINE: it cannot be written.
 */
core_status xp_picture_write(const res_picture *picture, const xp_drawing *drawing, const char *folder) CORE_MUST_USE;

#endif

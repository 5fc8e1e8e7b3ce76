/* results/report/picture.h - many runs as a figure: the choice of its runs, its rows as CSV, and its gnuplot script.
 *
 * Figures  methods   test error of each method: of all classes, and of those with many, medium and few examples
 *          classes   training and test error by class              epochs   training and test error by epoch
 *          probe     error of a linear probe by class              margins  class margins against class sizes
 *          bound     Theorem 1 of Cao et al. 2019 from the measured margins, up to its unknown constants
 *          figure2   classes, figure3 epochs and figure6 probe of the runs of the paper's figure alone
 * Runs     A figure has one setting: runs that differ in the data or in an option that is no part of a method (epochs,
 *          model, ...) are never drawn together. The figure shows the setting with the most methods, then runs; then
 *          the one nearest to the paper's recipe; then the first by its text. For each method the runs of one recipe are
 *          averaged, chosen as for a table (results/report/table.h). Another protocol of the probe is another setting.
 *          `not_drawn` names the runs that are left out.
 * Look     a method has the same colour, marker and dash in every figure (results/report/look.h).
 * Maths    over the n seeds: mean, and sample standard deviation (divisor n - 1; none for n = 1), as in tables.
 *          bound: L_j <~ (1/gamma_j) sqrt(C(F)/n_j) + log n / sqrt(n_j) with C(F) = 1, n = sum_j n_j, natural log; not
 *          separable where gamma_j <= 0 in one of the seeds.
 * Same     The same runs in any order give the same bytes.
 */
#ifndef RESULTS_REPORT_PICTURE_H
#define RESULTS_REPORT_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/report/collection.h"

/* The names of the figures, NULL-terminated. */
extern const char *const res_picture_names[];

typedef struct {
    const char *name;      /* "classes" */
    const char *title;     /* one line: "Error by class" */
    const char *caption;   /* what is shown, of which runs and seeds, and how to read it */
    const char *not_drawn; /* the runs that are left out, and why, without a full stop; "": none */
    int64_t other_count;
    const char *const
        *others;        /* (other_count) the filter (recipes/axes.h) of each other setting that a filter can tell */
    const char *csv;    /* the text of NAME.csv */
    const char *script; /* the text of NAME.gp, which reads NAME.csv and writes NAME.svg and NAME.pdf in its folder */
    int64_t run_count;  /* drawn */
} res_picture;

typedef struct {
    const char *name; /* one of res_picture_names */
    int64_t rank;     /* which setting is drawn: 0, the first that the order above chooses, 1, the next, ... */
    bool
        chosen; /* by the caller: as many methods as have a look, three in figures of panels; else as many as read well */
    bool plain;                    /* without title and subtitle */
    bool alone;                    /* not_drawn and others leave out the other settings, which the caller draws too */
    const res_shot_bounds *bounds; /* of many, medium and few; NULL: the usual ones (results/runs/metric.h) */
} res_picture_query;

/* Makes a figure from runs (count). Texts live in the arena.
 * CORE_BAD_USAGE: no such figure. CORE_BAD_FILE: no run that it can show, or no setting of that rank; the message names
 * what is missing and the command that makes it. */
core_status res_picture_make(const res_picture_query *query, const res_finished_run *runs, int64_t count,
                             core_arena *arena, res_picture *out) CORE_MUST_USE;

/* The title of a figure, one of res_picture_names. */
const char *res_picture_title(const char *name);

/* Whether the figure is worth a word where it is missing: one of the paper's only if a run has its data. */
bool res_picture_concerns(const char *name, const res_finished_run *runs, int64_t count);

#endif

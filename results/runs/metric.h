/* results/runs/metric.h - the figures by which a finished run is judged, by name, as its run file holds them.
 *
 * Errors, the geometric mean of recalls and the calibration error are in percent here, margins in logits.
 */
#ifndef RESULTS_RUNS_METRIC_H
#define RESULTS_RUNS_METRIC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/runs/run_file.h"

/* top1, top5, balanced, many, medium, few, worst-class, geometric-mean, calibration, validation, class-error,
 * class-margin; NULL-terminated. class-error and class-margin have a figure for each class. */
extern const char *const res_metric_names[];

/* One number of one run. */
typedef struct {
    const char *name; /* "top1", "class-error-7" */
    const char *unit; /* "%" or "logit" */
    double value;     /* NAN: not known */
} res_figure;

typedef struct {
    int64_t count;
    const res_figure *items; /* (count) */
} res_figures;

/* How good a run is at one epoch: what its figures are made of. */
typedef struct {
    bool best; /* of the best epoch on the test set, not the last */
    int64_t K;
    res_summary summary;
    const double *class_error;            /* (K) on the test set */
    const double *validation_class_error; /* (K) on the hold-out, NAN for a class without; NULL: none is held out */
    const double *class_margin;           /* (K) the least of the class, known after the last epoch; NULL: not known */
} res_scores;

/* The scores of `run` (RES_SPLIT | RES_EPOCHS | RES_MARGINS | RES_FINAL, finished), whose arrays are borrowed.
 * CORE_BAD_FILE: the run's parts do not fit each other. */
core_status res_scores_of(const res_run *run, bool best, res_scores *out) CORE_MUST_USE;

/* The figures for `metrics`, which are names joined by commas, in their order. Memory belongs to the arena.
 * test_counts (K): top1 is the error on a test set of those class counts, sum_k n'_k error_k / sum_k n'_k; NULL: on the
 * test set as it is.
 * CORE_BAD_USAGE: a name that is none (with the nearest), or twice; class-margin at the best epoch: the margins in
 * evaluation mode are those of the last. */
core_status res_figures_of(const res_scores *scores, const char *metrics, const int64_t *test_counts, core_arena *arena,
                           res_figures *out) CORE_MUST_USE;

/* The mean of the class errors on held-out training examples, in percent; classes without any are left out; NAN without
 * a hold-out. */
double res_validation_error(const res_scores *scores);

/* The same check without a run. counted: for test_counts, which top5 and calibration know nothing of: CORE_BAD_USAGE.
 */
core_status res_metrics_check(const char *metrics, bool best, bool counted) CORE_MUST_USE;

#endif

/* results/runs/metric.h - the figures (numbers) that say how good a finished run is, by name.
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

/* Between the classes with many, medium and few training examples: over many_over they are many, under few_under few.
 * NULL in the place of a pointer: over 100 and under 20, as in the run file. */
typedef struct {
    int64_t many_over, few_under;
} res_shot_bounds;

/* Writes "over 100", "20 to 100" or "under 20". Returns text. */
typedef enum { RES_MANY, RES_MEDIUM, RES_FEW } res_shot_group;
enum { RES_SHOT_BYTES = 64 };
const char *res_shot_words(const res_shot_bounds *bounds, res_shot_group group, char text[RES_SHOT_BYTES]);

/* Which values of a metric are better. */
typedef enum {
    RES_LOWER_IS_BETTER,  /* errors */
    RES_HIGHER_IS_BETTER, /* recalls */
    RES_NONE_IS_BETTER    /* margins: the logits of different losses have different scales */
} res_direction;

/* One number of one run. */
typedef struct {
    const char *name; /* "top1", "class-error-7"; by other bounds than the run file's "many-over-50" */
    const char *unit; /* "%" or "logit" */
    double value;     /* NAN: not known */
    res_direction direction;
    const char *label, *class_name; /* "class-error-frog" and "frog"; NULL: of no class, or of one without a name */
    const char *head;               /* the metric over a column: "geometric mean", "error of class" */
    const char *of_class;           /* the name of the class, or its number where it has none; NULL: of no class */
} res_figure;

typedef struct {
    int64_t count;
    const res_figure *items; /* (count) */
} res_figures;

/* The results of a run at one epoch, from which its figures are computed. */
typedef struct {
    bool best; /* of the best epoch on the test set, not the last */
    int64_t K;
    res_summary summary;
    const int64_t *class_counts;          /* (K) training examples */
    const double *class_error;            /* (K) on the test set */
    const double *validation_class_error; /* (K) on the hold-out, NAN for a class without; NULL: none is held out */
    const double *class_margin;           /* (K) the least margin of the class after the last epoch; NULL: not known */
    const char *const *class_name;        /* (K); NULL: unknown */
    const res_shot_bounds *bounds;        /* of the summary's many, medium and few */
} res_scores;

/* The scores of `run` (RES_SPLIT | RES_EPOCHS | RES_MARGINS | RES_FINAL, finished), whose arrays are borrowed, without
 * names of classes.
 * CORE_BAD_FILE: the run's parts do not fit each other. */
core_status res_scores_of(const res_run *run, bool best, res_scores *out) CORE_MUST_USE;

/* Makes the summary's many, medium and few anew by those bounds, which are borrowed. */
void res_scores_regroup(const res_shot_bounds *bounds, res_scores *scores);

/* The figures for `metrics`, which are names joined by commas, in their order. Memory belongs to the arena.
 * A figure of a class has its number in its name, and its name in its label.
 * CORE_BAD_USAGE: an unknown name (with the nearest one), or a name twice; class-margin at the best epoch: margins in
 * evaluation mode exist only for the last epoch. */
core_status res_figures_of(const res_scores *scores, const char *metrics, core_arena *arena,
                           res_figures *out) CORE_MUST_USE;

/* The mean of the class errors (K) on held-out training examples, in percent; classes without such examples (NAN) are left out.
 * NULL, without a hold-out: NAN. */
double res_validation_error(int64_t K, const double *class_error);

/* Checks metrics as res_figures_of does, without a run. counted: the option by which the test set has other class counts, for
 * which top5 and calibration are not known: CORE_BAD_USAGE; NULL: it is as it is. */
core_status res_metrics_check(const char *metrics, bool best, const char *counted) CORE_MUST_USE;

/* Writes what the metrics are, with their units, into the arena: "top-1 test error in percent"; where that is not alone,
 * with their names: "mean of the class errors in percent (balanced), ...". Errors as res_metrics_check. */
core_status res_metrics_describe(const char *metrics, const res_shot_bounds *bounds, core_arena *arena,
                                 const char **out) CORE_MUST_USE;

#endif

/* recipes/summary.h - the summary of a run's class errors, on the test set as it is or on one of other class counts.
 *
 * Source   imbalance/metrics.h has the mathematics.
 */
#ifndef RECIPES_SUMMARY_H
#define RECIPES_SUMMARY_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/runs/metric.h"

/* What a summary has of class_error (K), fractions, NaN for a class without examples; train_counts (K): training examples
 * of each class. Its other members are 0. */
res_summary xp_summary_of_classes(const double *class_error, const int64_t *train_counts, int64_t K);

/* Makes them the scores on a test set of these class counts (K), one of them above 0: the error is
 * sum_k n'_k error_k / sum_k n'_k; a class of which there is none has no error, and counts in no mean; the top-5 and the
 * calibration error are not known. Bounds other than the run file's: call res_scores_regroup afterwards. Memory belongs
 * to the arena. CORE_MACHINE: memory. */
core_status xp_scores_count(const int64_t *counts, core_arena *arena, res_scores *scores) CORE_MUST_USE;

#endif

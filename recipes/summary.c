#include "recipes/summary.h"

#include <math.h>

#include "imbalance/metrics.h"

res_summary xp_summary_of_classes(const double *class_error, const int64_t *train_counts, int64_t K)
{
    imb_metrics of;
    imb_metrics_of_classes(class_error, train_counts, K, &of);
    return (res_summary){.balanced_error = of.balanced_error,
                         .many_error = of.many_error,
                         .medium_error = of.medium_error,
                         .few_error = of.few_error,
                         .worst_class_error = of.worst_class_error,
                         .worst_class = of.worst_class,
                         .geometric_mean_recall = of.geometric_mean_recall};
}

core_status xp_scores_count(const int64_t *counts, core_arena *arena, res_scores *scores)
{
    double *errors, sum = 0.0, n = 0.0;
    CORE_TRY(CORE_ARENA_NEW(arena, scores->K, "the class errors of a run", errors));
    for (int64_t k = 0; k < scores->K; k++) {
        errors[k] = counts[k] > 0 ? scores->class_error[k] : (double)NAN;
        sum += counts[k] > 0 ? (double)counts[k] * errors[k] : 0.0;
        n += (double)counts[k];
    }
    const int64_t epoch = scores->summary.epoch;
    scores->class_error = errors;
    scores->summary = xp_summary_of_classes(errors, scores->class_counts, scores->K);
    scores->summary.epoch = epoch;
    scores->summary.error = sum / n;
    scores->summary.top5_error = scores->summary.calibration_error = (double)NAN;
    return CORE_OK;
}

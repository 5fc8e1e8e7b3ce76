#include "experiments/training/scores.h"

#include "imbalance/metrics.h"

void xp_round_row(int64_t K, double *values)
{
    for (int64_t k = 0; K > RES_DENSE_CLASSES && k < K; k++) {
        values[k] = (double)(float)values[k];
    }
}

core_status xp_class_errors(const int32_t *labels, const int32_t *predictions, int64_t n, int64_t K,
                            double *class_error, double *error)
{
    CORE_TRY(imb_class_error(labels, predictions, n, K, class_error, error));
    xp_round_row(K, class_error);
    return CORE_OK;
}

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

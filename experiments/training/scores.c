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

#include "imbalance/margins.h"

#include <math.h>

static core_status check_margin(double margin)
{
    if (!(margin >= 0.0) || isinf(margin)) {
        return core_fail(CORE_BAD_USAGE, "the margin is %g; expected a finite number of at least 0", margin);
    }
    return CORE_OK;
}

core_status imb_ldam_margins(const int64_t *counts, int64_t K, double max_margin, double *margins)
{
    CORE_TRY(check_margin(max_margin));
    int64_t n_min = INT64_MAX;
    for (int64_t j = 0; j < K; j++) {
        if (counts[j] < 1) {
            return core_fail(CORE_BAD_USAGE, "class %lld is empty; its margin needs at least one example",
                             (long long)j);
        }
        n_min = counts[j] < n_min ? counts[j] : n_min;
    }
    for (int64_t j = 0; j < K; j++) {
        margins[j] = max_margin * sqrt(sqrt((double)n_min / (double)counts[j]));
    }
    return CORE_OK;
}

core_status imb_uniform_margins(int64_t K, double margin, double *margins)
{
    CORE_TRY(check_margin(margin));
    for (int64_t j = 0; j < K; j++) {
        margins[j] = margin;
    }
    return CORE_OK;
}

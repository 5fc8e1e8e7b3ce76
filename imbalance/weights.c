#include "imbalance/weights.h"

#include <string.h>

#include "core/maths.h"

static const char *const WEIGHTING_NAMES[] = {
    [IMB_WEIGHTS_PLAIN] = "plain", [IMB_WEIGHTS_EFFECTIVE] = "effective", [IMB_WEIGHTS_INVERSE] = "inverse"};

core_status imb_weighting_parse(const char *name, imb_weighting *weighting)
{
    for (int k = IMB_WEIGHTS_PLAIN; k <= IMB_WEIGHTS_INVERSE; k++) {
        if (strcmp(name, WEIGHTING_NAMES[k]) == 0) {
            *weighting = (imb_weighting)k;
            return CORE_OK;
        }
    }
    return core_fail(CORE_BAD_USAGE, "unknown class weighting \"%s\"; expected plain, effective or inverse", name);
}

const char *imb_weighting_name(imb_weighting weighting) { return WEIGHTING_NAMES[weighting]; }

static double effective_number(double beta, int64_t n) { return (1.0 - core_pow(beta, (double)n)) / (1.0 - beta); }

core_status imb_class_weights(imb_weighting weighting, double beta, const int64_t *counts, int64_t K, double *weights)
{
    if (weighting == IMB_WEIGHTS_EFFECTIVE && !(beta >= 0.0 && beta < 1.0)) {
        return core_fail(CORE_BAD_USAGE, "beta is %g; expected at least 0 and below 1", beta);
    }
    for (int64_t j = 0; j < K; j++) {
        if (counts[j] < 1) {
            return core_fail(CORE_BAD_USAGE, "class %lld is empty; a class weight needs at least one example",
                             (long long)j);
        }
    }
    double sum = 0.0;
    for (int64_t j = 0; j < K; j++) {
        weights[j] = weighting == IMB_WEIGHTS_EFFECTIVE ? 1.0 / effective_number(beta, counts[j])
                     : weighting == IMB_WEIGHTS_INVERSE ? 1.0 / (double)counts[j]
                                                        : 1.0;
        sum += weights[j];
    }
    if (weighting == IMB_WEIGHTS_EFFECTIVE) {
        for (int64_t j = 0; j < K; j++) {
            weights[j] = weights[j] / sum * (double)K;
        }
    }
    return CORE_OK;
}

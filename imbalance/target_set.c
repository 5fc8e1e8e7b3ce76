#include "imbalance/target_set.h"

#include <math.h>

#include "core/memory.h"
#include "core/rng.h"

core_status imb_test_counts(const imb_profile *profile, int64_t order, int64_t K, int64_t *counts)
{
    core_arena room = {0};
    int64_t *sorted = NULL, *place = NULL;
    core_status status = CORE_ARENA_NEW(&room, K, "the test set's class counts", sorted);
    status = status == CORE_OK ? CORE_ARENA_NEW(&room, K, "the test set's class order", place) : status;
    status = status == CORE_OK ? imb_profile_counts(profile, IMB_TEST_COUNT_MAX, K, sorted) : status;
    if (status == CORE_OK) {
        core_rng_permutation((core_rng_key){.seed = (uint64_t)order, .purpose = CORE_RNG_TEST_ORDER}, 0, K, place);
        for (int64_t i = 0; i < K; i++) {
            counts[order == 0 ? i : place[i]] = sorted[i];
        }
    }
    core_arena_free(&room);
    return status;
}

core_status imb_test_margins(const int64_t *counts, const int64_t *test_counts, int64_t K, double max_margin,
                             double *margins)
{
    if (!(max_margin >= 0.0) || isinf(max_margin)) {
        return core_fail(CORE_BAD_USAGE, "the margin is %g; expected a finite number of at least 0", max_margin);
    }
    double largest = 0.0;
    for (int64_t j = 0; j < K; j++) {
        if (counts[j] < 1 || test_counts[j] < 1) {
            return core_fail(CORE_BAD_USAGE, "class %lld is empty; its margin needs at least one example",
                             (long long)j);
        }
        const double ratio = (double)test_counts[j] / (double)counts[j];
        largest = ratio > largest ? ratio : largest;
    }
    for (int64_t j = 0; j < K; j++) {
        margins[j] = max_margin * sqrt(sqrt((double)test_counts[j] / (double)counts[j] / largest));
    }
    return CORE_OK;
}

void imb_test_weights(const int64_t *test_counts, int64_t K, double *weights)
{
    double before = 0.0, after = 0.0;
    for (int64_t j = 0; j < K; j++) {
        before += weights[j];
        weights[j] *= (double)test_counts[j];
        after += weights[j];
    }
    for (int64_t j = 0; j < K; j++) {
        weights[j] = weights[j] / after * before;
    }
}

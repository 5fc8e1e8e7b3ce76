#include "imbalance/classes.h"

#include <assert.h>
#include <math.h>
#include <string.h>

core_status imb_class_counts(const int32_t *labels, int64_t n, int64_t K, int64_t *counts)
{
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] < 0 || labels[i] >= K) {
            return core_fail(CORE_BAD_FILE, "the label of example %lld is %d; expected 0 to %lld", (long long)i,
                             labels[i], (long long)(K - 1));
        }
    }
    memset(counts, 0, (size_t)K * sizeof *counts);
    for (int64_t i = 0; i < n; i++) {
        counts[labels[i]]++;
    }
    return CORE_OK;
}

core_status imb_classes_group(const int32_t *labels, int64_t n, int64_t K, core_arena *arena, imb_classes *out)
{
    imb_classes classes;
    CORE_TRY(CORE_ARENA_NEW(arena, K + 1, "the examples of classes", classes.begin));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the examples of classes", classes.member));
    CORE_TRY(imb_class_counts(labels, n, K, classes.begin));
    for (int64_t j = 1; j <= K; j++) {
        classes.begin[j] += classes.begin[j - 1]; /* the end of class j; the next loop moves it down to the beginning */
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        classes.member[--classes.begin[labels[i]]] = i;
    }
    *out = classes;
    return CORE_OK;
}

int64_t imb_class_share(double frac, int64_t n_k)
{
    assert(n_k >= 1);
    const double rounded = floor(frac * (double)n_k + 0.5);
    const int64_t share = rounded < 1 ? 1 : (int64_t)rounded;
    return share < n_k - 1 ? share : n_k - 1;
}

core_status imb_classes_draw(const int32_t *labels, int64_t n, int64_t K, const int64_t *take, core_rng_key key,
                             core_arena *arena, bool **marked)
{
    imb_classes classes;
    int64_t *order;
    bool *drawn;
    CORE_TRY(imb_classes_group(labels, n, K, arena, &classes));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the order of a class", order));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the drawn examples", drawn));
    for (int64_t j = 0; j < K; j++) {
        core_rng_permutation(key, j, classes.begin[j + 1] - classes.begin[j], order);
        for (int64_t i = 0; i < take[j]; i++) {
            drawn[classes.member[classes.begin[j] + order[i]]] = true;
        }
    }
    *marked = drawn;
    return CORE_OK;
}

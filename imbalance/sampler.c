#include "imbalance/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/rng.h"
#include "imbalance/profile.h"

#define ALL_MASS 0x1p53

struct imb_sampler {
    uint64_t seed;
    int64_t K;
    int64_t *bound;  /* (K) C_j: draws below it are of classes 0..j */
    int64_t *begin;  /* (K + 1) where the members of each class begin */
    int64_t *member; /* (n) positions in the subset, class by class */
};

/* Which of a position's independent draws is which. */
enum { DRAW_CLASS = 0, DRAW_MEMBER = 1 };

static core_status check_weights(const double *class_weights, const int64_t *size, int64_t K)
{
    double mass = 0.0;
    for (int64_t j = 0; j < K; j++) {
        if (!(class_weights[j] >= 0.0) || isinf(class_weights[j])) {
            return core_fail(CORE_BAD_USAGE,
                             "the sampling weight of class %lld is %g; expected a finite number of at least 0",
                             (long long)j, class_weights[j]);
        }
        mass += class_weights[j] * (double)size[j];
    }
    if (!(mass > 0.0) || isinf(mass)) {
        return core_fail(CORE_BAD_USAGE, "nothing to sample: the weights of all examples sum to %g", mass);
    }
    return CORE_OK;
}

/* Both sums run in the same order, so that from the last class with any mass on they are equal, and its bound is 2^53:
 * every draw falls below it. A class without mass shares the bound before it and is never the first above a draw. */
static void fill_bounds(imb_sampler *sampler, const double *class_weights)
{
    double mass = 0.0, sum = 0.0;
    for (int64_t j = 0; j < sampler->K; j++) {
        mass += class_weights[j] * (double)(sampler->begin[j + 1] - sampler->begin[j]);
    }
    for (int64_t j = 0; j < sampler->K; j++) {
        sum += class_weights[j] * (double)(sampler->begin[j + 1] - sampler->begin[j]);
        sampler->bound[j] = (int64_t)(ALL_MASS * (sum / mass));
    }
}

static core_status allocate(int64_t n, int64_t K, imb_sampler **out)
{
    CORE_TRY(CORE_NEW(1, "the sampler", *out));
    CORE_TRY(CORE_NEW(K, "the sampler's classes", (*out)->bound));
    CORE_TRY(CORE_NEW(K + 1, "the sampler's classes", (*out)->begin));
    CORE_TRY(CORE_NEW(n, "the sampler's examples", (*out)->member));
    return CORE_OK;
}

core_status imb_sampler_create(const int32_t *labels, int64_t n, const double *class_weights, int64_t K, uint64_t seed,
                               imb_sampler **out)
{
    imb_sampler *sampler = NULL;
    core_status status = allocate(n, K, &sampler);
    if (status == CORE_OK) {
        status = imb_class_counts(labels, n, K, sampler->begin + 1);
    }
    if (status == CORE_OK) {
        status = check_weights(class_weights, sampler->begin + 1, K);
    }
    if (status != CORE_OK) {
        imb_sampler_destroy(sampler);
        return status;
    }
    sampler->seed = seed;
    sampler->K = K;
    for (int64_t j = 0; j < K; j++) {
        sampler->begin[j + 1] += sampler->begin[j];
    }
    memcpy(sampler->bound, sampler->begin, (size_t)K * sizeof *sampler->bound); /* for a moment: the next free place */
    for (int64_t i = 0; i < n; i++) {
        sampler->member[sampler->bound[labels[i]]++] = i;
    }
    fill_bounds(sampler, class_weights);
    *out = sampler;
    return CORE_OK;
}

void imb_sampler_destroy(imb_sampler *sampler)
{
    if (sampler != NULL) {
        free(sampler->bound);
        free(sampler->begin);
        free(sampler->member);
        free(sampler);
    }
}

int64_t imb_sampler_draw(const imb_sampler *sampler, int64_t epoch, int64_t position)
{
    core_rng_key key = {sampler->seed, CORE_RNG_SAMPLER};
    int64_t r = (int64_t)(core_rng_uniform(key, (core_rng_counter){epoch, position, DRAW_CLASS}) * ALL_MASS);
    int64_t low = 0, high = sampler->K - 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (r < sampler->bound[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    int64_t size = sampler->begin[low + 1] - sampler->begin[low];
    int64_t which = core_rng_below(key, (core_rng_counter){epoch, position, DRAW_MEMBER}, size);
    return sampler->member[sampler->begin[low] + which];
}

void imb_sampler_epoch(const imb_sampler *sampler, int64_t epoch, int64_t count, int64_t *order)
{
    for (int64_t p = 0; p < count; p++) {
        order[p] = imb_sampler_draw(sampler, epoch, p);
    }
}

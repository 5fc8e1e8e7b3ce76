#include "imbalance/sampler.h"

#include <math.h>

#include "core/rng.h"

#define ALL_MASS 0x1p53

struct imb_sampler {
    uint64_t seed;
    int64_t K;
    int64_t *bound; /* (K) C_j: draws below it are of classes 0..j */
    imb_classes classes;
};

/* The indices of the two independent draws at a position. */
enum { DRAW_CLASS = 0, DRAW_MEMBER = 1 };

/* Both sums run in the same order, so that they are equal from the last class with mass on. The bound of that class is
 * therefore 2^53, and every draw is below it. A class without mass has the bound of the class before, so that the
 * search for the first bound above a draw never ends at it. */
static core_status fill_bounds(imb_sampler *sampler, const double *class_weights)
{
    const int64_t *begin = sampler->classes.begin;
    double mass = 0.0, sum = 0.0;
    for (int64_t j = 0; j < sampler->K; j++) {
        if (!(class_weights[j] >= 0.0) || isinf(class_weights[j])) {
            return core_fail(CORE_BAD_USAGE,
                             "the sampling weight of class %lld is %g; expected a finite number of at least 0",
                             (long long)j, class_weights[j]);
        }
        mass += class_weights[j] * (double)(begin[j + 1] - begin[j]);
    }
    if (!(mass > 0.0) || isinf(mass)) {
        return core_fail(CORE_BAD_USAGE, "nothing to sample: the weights of all examples sum to %g", mass);
    }
    for (int64_t j = 0; j < sampler->K; j++) {
        sum += class_weights[j] * (double)(begin[j + 1] - begin[j]);
        sampler->bound[j] = (int64_t)(ALL_MASS * (sum / mass));
    }
    return CORE_OK;
}

core_status imb_sampler_create(const imb_classes *classes, int64_t K, const double *class_weights, uint64_t seed,
                               core_arena *arena, imb_sampler **out)
{
    imb_sampler *sampler;
    CORE_TRY(CORE_ARENA_NEW(arena, 1, "the sampler", sampler));
    *sampler = (imb_sampler){.seed = seed, .K = K, .classes = *classes};
    CORE_TRY(CORE_ARENA_NEW(arena, K, "the sampler's classes", sampler->bound));
    CORE_TRY(fill_bounds(sampler, class_weights));
    *out = sampler;
    return CORE_OK;
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
    const int64_t begin = sampler->classes.begin[low], size = sampler->classes.begin[low + 1] - begin;
    int64_t which = core_rng_below(key, (core_rng_counter){epoch, position, DRAW_MEMBER}, size);
    return sampler->classes.member[begin + which];
}

void imb_sampler_epoch(const imb_sampler *sampler, int64_t epoch, int64_t count, int64_t *order)
{
    for (int64_t p = 0; p < count; p++) {
        order[p] = imb_sampler_draw(sampler, epoch, p);
    }
}

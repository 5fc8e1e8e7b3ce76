#include "datasets/order.h"

#include "core/rng.h"

void ds_epoch_order(uint64_t seed, int64_t epoch, int64_t count, int64_t *order)
{
    core_rng_permutation((core_rng_key){seed, CORE_RNG_ORDER}, epoch, count, order);
}

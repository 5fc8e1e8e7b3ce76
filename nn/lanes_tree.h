/* nn/lanes_tree.h - the fixed tree of core/tree.h over float arrays, for rooms that are built for two widths. */
#ifndef NN_LANES_TREE_H
#define NN_LANES_TREE_H

#include <stdint.h>

#include "nn/lanes.h"

/* sum += x, `count` floats, a multiple of 16. */
static inline void lanes_accumulate(int64_t count, const float *x, float *sum)
{
    for (int64_t k = 0; k < count; k += LANES) {
        lanes_store(sum + k, lanes_add(lanes_load(sum + k), lanes_load(x + k)));
    }
}

/* Sums `parts` arrays that lie `stride` floats apart into the first, level by level: a slice that stays in cache. */
static inline void lanes_tree(int64_t count, float *x, int64_t parts, int64_t stride)
{
    for (int64_t step = 1; step < parts; step *= 2) {
        for (int64_t i = 0; i + step < parts; i += 2 * step) {
            lanes_accumulate(count, x + (i + step) * stride, x + i * stride);
        }
    }
}

#endif

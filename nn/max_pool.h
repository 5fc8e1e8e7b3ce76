/* nn/max_pool.h - the max-pool of a stem: 3x3 pixels, stride 2, padding 1, over one shard.
 *
 * Source   PyTorch's MaxPool2d: of equal values the first in row order wins; of NaN the last one, above any number.
 * Maths    y[h][w] = max of x[2 h + i][2 w + j], i and j in -1..1 inside the image; dx = the sum of dy over the windows that
 *          an input has won.
 * Layout   As nn/kernels.h; `e` is the input's extent, the output has half the height and width, rounded up.
 * Bits     The x86-64-v3 and v4 builds give the same bits.
 */
#ifndef NN_MAX_POOL_H
#define NN_MAX_POOL_H

#include "nn/kernels.h"

typedef struct {
    /* Writes y for every padded image. */
    void (*forward)(const nn_extent *e, const float *x, float *y);

    /* Writes dx, for every padded image, from x and dy; the winners are found again. */
    void (*backward)(const nn_extent *e, const float *x, const float *dy, float *dx);
} nn_max_pool;

/* Both builds, and the one for the instruction set that nn_start has pinned. */
extern const nn_max_pool nn_max_pool_v3, nn_max_pool_v4;
static inline const nn_max_pool *nn_max_pool_get(void) { return NN_LEVEL_PINNED(nn_max_pool); }

#endif

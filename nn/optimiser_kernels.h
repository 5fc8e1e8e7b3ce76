/* nn/optimiser_kernels.h - sums of gradients, and the steps of SGD and Adam, in the build for the instruction set.
 *
 * Source   torch.optim.SGD (dampening 0, no Nesterov); Kingma & Ba 2015 as torch.optim.Adam.
 * Maths    nn_optimiser in nn/model.h.
 * Layout   Arrays of floats, 64-byte aligned; counts multiples of 16.
 * Bits     Every number on its own; the x86-64-v3 and v4 builds give the same bits.
 */
#ifndef NN_OPTIMISER_KERNELS_H
#define NN_OPTIMISER_KERNELS_H

#include <stdint.h>

#include "nn/context.h"
#include "nn/level.h"

typedef struct {
    float lr, momentum, weight_decay;
} nn_sgd_rates;

/* Adam's numbers at one step, computed in double and rounded once. */
typedef struct {
    float weight_decay;
    float toward; /* 1 - beta1 */
    float keep;   /* beta2 */
    float share;  /* 1 - beta2 */
    float root;   /* sqrt(1 - beta2^t) */
    float epsilon;
    float step; /* lr / (1 - beta1^t) */
} nn_adam_rates;

typedef struct nn_optimiser_kernels {
    /* Sums `parts` arrays of `count` floats, which lie `stride` floats apart, into the first by the tree of
     * core/tree.h; the others are left with partial sums. */
    void (*reduce)(int64_t count, float *gradients, int64_t parts, int64_t stride);

    /* One step on `count` weights w. */
    void (*sgd)(int64_t count, const float *gradient, const nn_sgd_rates *rates, float *w, float *momentum);
    void (*adam)(int64_t count, const float *gradient, const nn_adam_rates *rates, float *w, float *m, float *v);
} nn_optimiser_kernels;

/* Both builds, and the one for the instruction set that nn_start has pinned. v4 must not be called on a CPU without
 * AVX-512. */
extern const nn_optimiser_kernels nn_optimiser_kernels_v3, nn_optimiser_kernels_v4;
static inline const nn_optimiser_kernels *nn_optimiser_kernels_get(void)
{
    return NN_LEVEL_PINNED(nn_optimiser_kernels);
}

#endif

/* nn/optimiser.h - from the gradients of the groups to new values: reduce, then update.
 *
 * Maths    nn_optimiser in nn/model.h.
 * Bits     A gradient is the sum over its groups in the tree of core/tree.h, on any thread; then every value is updated
 *          on its own, so that each thread may own a slice.
 */
#ifndef NN_OPTIMISER_H
#define NN_OPTIMISER_H

#include <stdint.h>

#include "core/team.h"
#include "nn/optimiser_kernels.h"
#include "nn/parameters.h"

/* One step's numbers. */
typedef struct {
    const nn_optimiser_kernels *kernels;
    nn_optimiser kind;
    nn_sgd_rates sgd;
    nn_adam_rates adam;
} nn_optimiser_step;

nn_optimiser_step nn_optimiser_begin(const nn_update *update);

/* Updates values [begin, end), multiples of 16, with gradient (end - begin). */
void nn_optimiser_update(const nn_optimiser_step *step, const nn_parameters *p, core_range values,
                         const float *gradient);

/* The sums of groups of shards: array g lies at first + g * stride. */
typedef struct {
    float *first;
    int64_t stride, groups;
} nn_gradient_sums;

/* Reduces the sums of the gradients of `values`, multiples of 16, and updates them, in this thread's part of them. The sums
 * are overwritten. */
void nn_optimiser_reduce_and_update(const nn_optimiser_step *step, const nn_parameters *p, core_range values,
                                    const nn_gradient_sums *sums, int thread, int threads);

#endif

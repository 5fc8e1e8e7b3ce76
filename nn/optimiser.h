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
#include "nn/ranks.h"

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
    const nn_ranks *ranks; /* that have divided the groups; NULL: this rank has all sums, and updates every value */
} nn_gradient_sums;

/* Combines the nodes of this rank's groups, in this thread's part of `count` values, a multiple of 16. With
 * one rank nothing: reduce_and_update does it all. */
void nn_gradient_combine_own(const nn_optimiser_step *step, int64_t count, const nn_gradient_sums *sums, int thread,
                             int threads);

/* Adds to the next exchange: every rank's nodes of the rows that another one updates. */
void nn_gradient_add_parts(nn_ranks *ranks, int64_t count, const nn_gradient_sums *sums);

/* Reduces the sums of the gradients of `values`, multiples of 16, and updates them, in this thread's part of those that this
 * rank updates; with several ranks the nodes are there. The sums are overwritten. */
void nn_optimiser_reduce_and_update(const nn_optimiser_step *step, const nn_parameters *p, core_range values,
                                    const nn_gradient_sums *sums, int thread, int threads);

#endif

/* nn/batch_norm.h - batch norm over the whole mini-batch, from sums of its shards.
 *
 * Source   Ioffe & Szegedy 2015; PyTorch's BatchNorm2d (eps 1e-5, momentum 0.1, unbiased running variance).
 * Maths    y = gamma (x - mu) / sigma + beta,  sigma = sqrt(var + eps), mu and var over n = N H W values a channel
 *          dgamma = sum dy xhat,  dbeta = sum dy,  xhat = (x - mu) / sigma
 *          dx = gamma / sigma (dy - dbeta / n - xhat dgamma / n)
 * Sums     A shard gives (count, mean, M2) per channel in double; Chan's formula combines them in the tree of
 *          core/tree.h, so that no digits are lost, even where the mean is 1000 and the std is 1.
 * Why      oneDNN's batch norm sees one shard, not the batch. Its backward pass with given statistics does not fit
 *          either: it treats them as constants.
 */
#ifndef NN_BATCH_NORM_H
#define NN_BATCH_NORM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "nn/kernels.h"

/* The sums of one shard, per channel; `first` and `second` (C) are mean and M2 in the forward pass, the sums of dy and
 * of dy (x - mean) in the backward pass. */
typedef struct {
    int64_t count; /* values a channel */
    double *first, *second;
} nn_norm_sums;

/* Makes the sums of `shards` shards with capacity for `channels` channels. CORE_MACHINE: memory. */
core_status nn_norm_create_sums(core_arena *arena, int64_t shards, int64_t channels, nn_norm_sums **out) CORE_MUST_USE;

enum { NN_NORM_TILE = 64 }; /* channels that are combined at once: capacity of the scratch of a combination */

/* One thread's work space for the sums of a shard, per lane (nn/kernels.h). */
typedef struct {
    float *pivot;
    double *sums, *products;
} nn_norm_lanes;

core_status nn_norm_create_lanes(core_arena *arena, int64_t channels, int64_t block, nn_norm_lanes *out) CORE_MUST_USE;

/* Trained values (C) and running statistics (C) of one layer; borrowed. */
typedef struct {
    int64_t channels;
    const float *gamma, *beta;
    float *running_mean, *running_var;
} nn_norm_layer;

/* What the passes over one layer need, per lane; every thread has its own copy. */
typedef struct {
    float *scale; /* gamma / sigma */
    float *shift; /* beta - mu scale */
    float *mean;
    float *slope; /* backward: dx = scale dy + slope x + offset */
    float *offset;
    double *mu, *inverse_sigma; /* (C) */
} nn_norm;

core_status nn_norm_create(core_arena *arena, int64_t channels, int64_t block, nn_norm *out) CORE_MUST_USE;

/* Takes the moments of one shard's x (extent e). */
void nn_norm_measure(const nn_kernels *kernels, const nn_extent *e, const float *x, const nn_norm_lanes *lanes,
                     nn_norm_sums *out);

/* Adds the per-lane sums of a shard's pass up to sums per channel, and sets the count. */
void nn_norm_fold(const nn_extent *e, const double *sums, const double *products, nn_norm_sums *out);

/* The sums that core_tree_combine combines, by one of the functions below: moments (Chan, Golub & LeVeque 1983, eq. (2.1)), or
 * the sums of the backward pass. */
typedef struct {
    nn_norm_sums *shards;
    int64_t channels;
} nn_norm_combination;
void nn_norm_combine_moments(void *combination, int64_t into, int64_t from);
void nn_norm_combine_sums(void *combination, int64_t into, int64_t from);

/* Combines `shards` measured shards (left unchanged; `scratch` (shards, NN_NORM_TILE) is overwritten) and sets scale, shift, mean,
 * mu and inverse_sigma. With `update`, the running statistics move by momentum 0.1: one thread's work. */
void nn_norm_forward(const nn_norm_layer *layer, int64_t block, int64_t shards, const nn_norm_sums *sums,
                     nn_norm_sums *scratch, bool update, nn_norm *out);

/* Scale and shift from the running statistics. */
void nn_norm_evaluate(const nn_norm_layer *layer, int64_t block, nn_norm *out);

/* Combines the backward sums, sets slope and offset of `norm`, and, where dgamma is not NULL, writes dgamma, dbeta. */
void nn_norm_backward(const nn_norm_layer *layer, int64_t block, int64_t shards, const nn_norm_sums *sums,
                      nn_norm_sums *scratch, nn_norm *norm, float *dgamma, float *dbeta);

#endif

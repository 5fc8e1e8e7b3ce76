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

#include "nn/kernels.h"

enum { NN_NORM_MAX_CHANNELS = 64, NN_NORM_MAX_LANES = 2 * NN_NORM_MAX_CHANNELS };

/* The sums of one shard, per channel; `first` and `second` are mean and M2 in the forward pass, the sums of dy and of
 * dy (x - mean) in the backward pass. */
typedef struct {
    int64_t count; /* values a channel */
    double first[NN_NORM_MAX_CHANNELS], second[NN_NORM_MAX_CHANNELS];
} nn_norm_sums;

/* Trained values (C) and running statistics (C) of one layer; borrowed. */
typedef struct {
    int64_t channels;
    const float *gamma, *beta;
    float *running_mean, *running_var;
} nn_norm_layer;

/* What the passes over one layer need, per lane (nn/kernels.h); every thread has its own copy. */
typedef struct {
    _Alignas(64) float scale[NN_NORM_MAX_LANES]; /* gamma / sigma */
    _Alignas(64) float shift[NN_NORM_MAX_LANES]; /* beta - mu scale */
    _Alignas(64) float mean[NN_NORM_MAX_LANES];
    _Alignas(64) float slope[NN_NORM_MAX_LANES]; /* backward: dx = scale dy + slope x + offset */
    _Alignas(64) float offset[NN_NORM_MAX_LANES];
    double mu[NN_NORM_MAX_CHANNELS], inverse_sigma[NN_NORM_MAX_CHANNELS];
} nn_norm;

/* Takes the moments of one shard's x (extent e). */
void nn_norm_measure(const nn_kernels *kernels, const nn_extent *e, const float *x, nn_norm_sums *out);

/* Adds the per-lane sums of a shard's pass up to sums per channel, and sets the count. */
void nn_norm_fold(const nn_extent *e, const double *sums, const double *products, nn_norm_sums *out);

/* Combines `shards` measured shards (left unchanged; `scratch` (shards) is overwritten) and sets scale, shift, mean,
 * mu and inverse_sigma. With `update`, the running statistics move by momentum 0.1: one thread's work. */
void nn_norm_forward(const nn_norm_layer *layer, int64_t block, int64_t shards, const nn_norm_sums *sums,
                     nn_norm_sums *scratch, bool update, nn_norm *out);

/* Scale and shift from the running statistics. */
void nn_norm_evaluate(const nn_norm_layer *layer, int64_t block, nn_norm *out);

/* Combines the backward sums, sets slope and offset of `norm`, and, where dgamma is not NULL, writes dgamma, dbeta. */
void nn_norm_backward(const nn_norm_layer *layer, int64_t block, int64_t shards, const nn_norm_sums *sums,
                      nn_norm_sums *scratch, nn_norm *norm, float *dgamma, float *dbeta);

#endif

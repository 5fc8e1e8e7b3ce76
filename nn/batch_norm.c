#include "nn/batch_norm.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/tree.h"
#include "nn/lanes_layout.h"

static const double EPSILON = 1e-5, MOMENTUM = 0.1;

void nn_norm_fold(const nn_extent *e, const double *sums, const double *products, nn_norm_sums *out)
{
    out->count = e->images * e->height * e->width;
    for (int64_t c = 0; c < e->channels; c++) {
        int64_t lane = nn_lane_of(c, e->block);
        bool halves = e->block < NN_LANES;
        out->first[c] = sums[lane] + (halves ? sums[lane + e->block] : 0.0);
        out->second[c] = products[lane] + (halves ? products[lane + e->block] : 0.0);
    }
}

void nn_norm_measure(const nn_kernels *kernels, const nn_extent *e, const float *x, nn_norm_sums *out)
{
    assert(e->channels <= NN_NORM_MAX_CHANNELS);
    _Alignas(64) float pivot[NN_NORM_MAX_LANES];
    double sums[NN_NORM_MAX_LANES], squares[NN_NORM_MAX_LANES];
    kernels->moments(e, x, pivot, sums, squares);
    nn_norm_fold(e, sums, squares, out);
    double n = (double)out->count;
    for (int64_t c = 0; c < e->channels; c++) {
        double s = out->first[c], mean = s / n;
        out->first[c] = (double)pivot[nn_lane_of(c, e->block)] + mean;
        out->second[c] = out->second[c] - s * mean;
    }
}

typedef struct {
    nn_norm_sums *shards;
    int64_t channels;
} combination;

/* Chan, Golub & LeVeque 1983, eq. (2.1). */
static void combine_moments(void *context, int64_t into, int64_t from)
{
    combination *k = context;
    nn_norm_sums *a = &k->shards[into], *b = &k->shards[from];
    double total = (double)(a->count + b->count);
    double share = (double)b->count / total, weight = (double)a->count * share;
    for (int64_t c = 0; c < k->channels; c++) {
        double delta = b->first[c] - a->first[c];
        a->first[c] += delta * share;
        a->second[c] += b->second[c] + delta * delta * weight;
    }
    a->count += b->count;
}

static void combine_sums(void *context, int64_t into, int64_t from)
{
    combination *k = context;
    nn_norm_sums *a = &k->shards[into], *b = &k->shards[from];
    for (int64_t c = 0; c < k->channels; c++) {
        a->first[c] += b->first[c];
        a->second[c] += b->second[c];
    }
    a->count += b->count;
}

/* Combines in the fixed tree over the shards. Works on a copy, because every thread combines the same sums. */
static void combine(int64_t channels, int64_t shards, const nn_norm_sums *sums, nn_norm_sums *scratch,
                    core_tree_combine_fn how)
{
    memcpy(scratch, sums, sizeof *scratch * (size_t)shards);
    core_tree_combine(shards, how, &(combination){scratch, channels});
}

/* shift uses the rounded float scale, so that the rounding error multiplies x - mu and not x. */
static void set_forward(const nn_norm_layer *layer, int64_t block, nn_norm *out)
{
    for (int64_t c = 0; c < layer->channels; c++) {
        float scale = (float)((double)layer->gamma[c] * out->inverse_sigma[c]);
        nn_lanes_put(out->scale, c, block, scale);
        nn_lanes_put(out->shift, c, block, (float)((double)layer->beta[c] - out->mu[c] * (double)scale));
        nn_lanes_put(out->mean, c, block, (float)out->mu[c]);
    }
}

static float moved(float running, double value)
{
    return (float)((1.0 - MOMENTUM) * (double)running + MOMENTUM * value);
}

void nn_norm_forward(const nn_norm_layer *layer, int64_t block, int64_t shards, const nn_norm_sums *sums,
                     nn_norm_sums *scratch, bool update, nn_norm *out)
{
    combine(layer->channels, shards, sums, scratch, combine_moments);
    double n = (double)scratch->count;
    for (int64_t c = 0; c < layer->channels; c++) {
        double variance = scratch->second[c] / n;
        out->mu[c] = scratch->first[c];
        out->inverse_sigma[c] = 1.0 / sqrt(variance + EPSILON);
        if (update) {
            layer->running_mean[c] = moved(layer->running_mean[c], out->mu[c]);
            layer->running_var[c] = moved(layer->running_var[c], n > 1.0 ? scratch->second[c] / (n - 1.0) : variance);
        }
    }
    set_forward(layer, block, out);
}

void nn_norm_evaluate(const nn_norm_layer *layer, int64_t block, nn_norm *out)
{
    for (int64_t c = 0; c < layer->channels; c++) {
        out->mu[c] = (double)layer->running_mean[c];
        out->inverse_sigma[c] = 1.0 / sqrt((double)layer->running_var[c] + EPSILON);
    }
    set_forward(layer, block, out);
}

void nn_norm_backward(const nn_norm_layer *layer, int64_t block, int64_t shards, const nn_norm_sums *sums,
                      nn_norm_sums *scratch, nn_norm *norm, float *dgamma, float *dbeta)
{
    combine(layer->channels, shards, sums, scratch, combine_sums);
    double n = (double)scratch->count;
    for (int64_t c = 0; c < layer->channels; c++) {
        int64_t lane = nn_lane_of(c, block);
        double sum = scratch->first[c], scale = (double)norm->scale[lane];
        /* The kernel's products are about the float mean. */
        double product = scratch->second[c] + ((double)norm->mean[lane] - norm->mu[c]) * sum;
        double dot = product * norm->inverse_sigma[c];
        /* As in set_forward: the rounded slope multiplies x - mu. */
        float slope = (float)(-scale * norm->inverse_sigma[c] * dot / n);
        nn_lanes_put(norm->slope, c, block, slope);
        nn_lanes_put(norm->offset, c, block, (float)(-scale * sum / n - norm->mu[c] * (double)slope));
        if (dgamma != NULL) {
            dgamma[c] = (float)dot;
            dbeta[c] = (float)sum;
        }
    }
}

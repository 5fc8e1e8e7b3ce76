#include "nn/batch_norm.h"

#include <math.h>
#include <string.h>

#include "core/tree.h"
#include "nn/lanes_layout.h"

static const double EPSILON = 1e-5, MOMENTUM = 0.1;

core_status nn_norm_create_sums(core_arena *arena, int64_t shards, int64_t channels, nn_norm_sums **out)
{
    nn_norm_sums *sums;
    double *values;
    CORE_TRY(CORE_ARENA_NEW(arena, shards, "batch-norm sums", sums));
    CORE_TRY(CORE_ARENA_NEW(arena, 2 * shards * channels, "batch-norm sums", values));
    for (int64_t s = 0; s < shards; s++) {
        sums[s] = (nn_norm_sums){0, values + 2 * s * channels, values + (2 * s + 1) * channels};
    }
    *out = sums;
    return CORE_OK;
}

core_status nn_norm_create_lanes(core_arena *arena, int64_t channels, int64_t block, nn_norm_lanes *out)
{
    const int64_t lanes = channels / block * NN_LANES;
    CORE_TRY(CORE_ARENA_NEW(arena, lanes, "batch-norm sums", out->pivot));
    CORE_TRY(CORE_ARENA_NEW(arena, lanes, "batch-norm sums", out->sums));
    return CORE_ARENA_NEW(arena, lanes, "batch-norm sums", out->products);
}

core_status nn_norm_create(core_arena *arena, int64_t channels, int64_t block, nn_norm *out)
{
    const int64_t lanes = channels / block * NN_LANES;
    float **per_lane[] = {&out->scale, &out->shift, &out->mean, &out->slope, &out->offset};
    for (int i = 0; i < 5; i++) {
        CORE_TRY(CORE_ARENA_NEW(arena, lanes, "batch norm", *per_lane[i]));
    }
    CORE_TRY(CORE_ARENA_NEW(arena, channels, "batch norm", out->mu));
    return CORE_ARENA_NEW(arena, channels, "batch norm", out->inverse_sigma);
}

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

void nn_norm_measure(const nn_kernels *kernels, const nn_extent *e, const float *x, const nn_norm_lanes *lanes,
                     nn_norm_sums *out)
{
    kernels->moments(e, x, lanes->pivot, lanes->sums, lanes->products);
    nn_norm_fold(e, lanes->sums, lanes->products, out);
    double n = (double)out->count;
    for (int64_t c = 0; c < e->channels; c++) {
        double s = out->first[c], mean = s / n;
        out->first[c] = (double)lanes->pivot[nn_lane_of(c, e->block)] + mean;
        out->second[c] = out->second[c] - s * mean;
    }
}

void nn_norm_combine_moments(void *combination, int64_t into, int64_t from)
{
    const nn_norm_combination *k = combination;
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

void nn_norm_combine_sums(void *combination, int64_t into, int64_t from)
{
    const nn_norm_combination *k = combination;
    nn_norm_sums *a = &k->shards[into], *b = &k->shards[from];
    for (int64_t c = 0; c < k->channels; c++) {
        a->first[c] += b->first[c];
        a->second[c] += b->second[c];
    }
    a->count += b->count;
}

/* Combines channels [begin, end) in the fixed tree over the shards. Works on a copy, because every thread combines the
 * same sums; in tiles, so that the copy stays small. */
static void combine(int64_t begin, int64_t end, int64_t shards, const nn_norm_sums *sums, nn_norm_sums *scratch,
                    core_tree_combine_fn how)
{
    const size_t bytes = sizeof *sums->first * (size_t)(end - begin);
    for (int64_t s = 0; s < shards; s++) {
        scratch[s].count = sums[s].count;
        memcpy(scratch[s].first, sums[s].first + begin, bytes);
        memcpy(scratch[s].second, sums[s].second + begin, bytes);
    }
    core_tree_combine(shards, how, &(nn_norm_combination){scratch, end - begin});
}

static int64_t tile_end(int64_t begin, int64_t channels)
{
    return begin + NN_NORM_TILE < channels ? begin + NN_NORM_TILE : channels;
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

/* Sets mu and inverse_sigma of channels [begin, end) from their combined moments. */
static void set_moments(const nn_norm_layer *layer, int64_t begin, int64_t end, const nn_norm_sums *whole, bool update,
                        nn_norm *out)
{
    double n = (double)whole->count;
    for (int64_t c = begin; c < end; c++) {
        double squares = whole->second[c - begin], variance = squares / n;
        out->mu[c] = whole->first[c - begin];
        out->inverse_sigma[c] = 1.0 / sqrt(variance + EPSILON);
        if (update) {
            layer->running_mean[c] = moved(layer->running_mean[c], out->mu[c]);
            layer->running_var[c] = moved(layer->running_var[c], n > 1.0 ? squares / (n - 1.0) : variance);
        }
    }
}

void nn_norm_forward(const nn_norm_layer *layer, int64_t block, int64_t shards, const nn_norm_sums *sums,
                     nn_norm_sums *scratch, bool update, nn_norm *out)
{
    for (int64_t c = 0; c < layer->channels; c += NN_NORM_TILE) {
        const int64_t end = tile_end(c, layer->channels);
        combine(c, end, shards, sums, scratch, nn_norm_combine_moments);
        set_moments(layer, c, end, scratch, update, out);
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

/* Sets slope and offset of channels [begin, end) from their combined sums, and the gradients. */
static void set_backward(int64_t begin, int64_t end, int64_t block, const nn_norm_sums *whole, nn_norm *norm,
                         float *dgamma, float *dbeta)
{
    double n = (double)whole->count;
    for (int64_t c = begin; c < end; c++) {
        int64_t lane = nn_lane_of(c, block);
        double sum = whole->first[c - begin], scale = (double)norm->scale[lane];
        /* The kernel's products are about the float mean. */
        double product = whole->second[c - begin] + ((double)norm->mean[lane] - norm->mu[c]) * sum;
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

void nn_norm_backward(const nn_norm_layer *layer, int64_t block, int64_t shards, const nn_norm_sums *sums,
                      nn_norm_sums *scratch, nn_norm *norm, float *dgamma, float *dbeta)
{
    for (int64_t c = 0; c < layer->channels; c += NN_NORM_TILE) {
        const int64_t end = tile_end(c, layer->channels);
        combine(c, end, shards, sums, scratch, nn_norm_combine_sums);
        set_backward(c, end, block, scratch, norm, dgamma, dbeta);
    }
}

#include "nn/head.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/rng.h"
#include "nn/lanes_layout.h"

static const float CLAMP = 1e-12F;

static float dot(int64_t D, const float *a, const float *b)
{
    float partial[NN_LANES] = {0};
    for (int64_t d = 0; d < D; d += NN_LANES) {
        for (int l = 0; l < NN_LANES; l++) {
            partial[l] += a[d + l] * b[d + l];
        }
    }
    for (int half = NN_LANES / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
            partial[l] += partial[l + half];
        }
    }
    return partial[0];
}

/* y += a x. */
static void add_scaled(int64_t D, float a, const float *x, float *y)
{
    for (int64_t d = 0; d < D; d++) {
        y[d] += a * x[d];
    }
}

static float clamped_norm(int64_t D, const float *v)
{
    float norm = sqrtf(dot(D, v, v));
    return norm < CLAMP ? CLAMP : norm;
}

void nn_head_prepare(const nn_head *head, nn_head_state *state, int64_t begin, int64_t end)
{
    if (head->kind == NN_HEAD_LINEAR) {
        return;
    }
    int64_t D = head->features;
    for (int64_t k = begin; k < end; k++) {
        float norm = clamped_norm(D, state->weight + k * D);
        state->norm[k] = norm;
        for (int64_t d = 0; d < D; d++) {
            state->direction[k * D + d] = state->weight[k * D + d] / norm;
        }
    }
}

enum {
    TILE = 8
}; /* examples that pass a row of the weights together, which is read from memory once for all of them */

static int64_t tile_end(int64_t begin, int64_t n) { return begin + TILE < n ? begin + TILE : n; }

void nn_head_forward(const nn_head *head, const nn_head_state *state, int64_t n, const float *features, float *logits,
                     float *norms)
{
    const bool cosine = head->kind == NN_HEAD_COSINE;
    const float *rows = cosine ? state->direction : state->weight;
    int64_t D = head->features, K = head->classes;
    for (int64_t i = 0; i < n && cosine; i++) {
        norms[i] = clamped_norm(D, features + i * D);
    }
    for (int64_t begin = 0; begin < n; begin += TILE) {
        for (int64_t k = 0; k < K; k++) {
            for (int64_t i = begin; i < tile_end(begin, n); i++) {
                const float product = dot(D, features + i * D, rows + k * D);
                logits[i * K + k] = cosine ? product / norms[i] : product + state->bias[k];
            }
        }
    }
}

/* Cosine: df^ gains dz w^_k, and df is what of it is across f. */
void nn_head_backward_features(const nn_head *head, const nn_head_state *state, const nn_head_batch *batch,
                               float *dfeatures)
{
    const int64_t n = batch->n;
    const bool cosine = head->kind == NN_HEAD_COSINE;
    const float *rows = cosine ? state->direction : state->weight;
    int64_t D = head->features, K = head->classes;
    memset(dfeatures, 0, sizeof *dfeatures * (size_t)(n * D));
    for (int64_t begin = 0; begin < n; begin += TILE) {
        for (int64_t k = 0; k < K; k++) {
            for (int64_t i = begin; i < tile_end(begin, n); i++) {
                add_scaled(D, batch->dlogits[i * K + k], rows + k * D, dfeatures + i * D);
            }
        }
    }
    for (int64_t i = 0; i < n && cosine; i++) {
        const float *f = batch->features + i * D, norm = batch->norms[i];
        float *df = dfeatures + i * D;
        float along = norm > CLAMP ? dot(D, f, df) / norm / norm : 0.0F;
        for (int64_t d = 0; d < D; d++) {
            df[d] = (df[d] - along * f[d]) / norm;
        }
    }
}

/* Linear: dw_k gains dz f. Cosine: dz (f^ - w^_k z) / |w_k|, since w^_k . f^ = z. A clamped norm is a constant, so that the
 * second term vanishes. */
void nn_head_add_weight_gradient(const nn_head *head, const nn_head_state *state, const nn_head_batch *batch, int64_t k,
                                 int64_t begin, int64_t end, float *dweight)
{
    int64_t D = head->features, K = head->classes;
    for (int64_t i = 0; i < batch->n; i++) {
        const float *f = batch->features + i * D, dz = batch->dlogits[i * K + k];
        if (head->kind == NN_HEAD_LINEAR) {
            add_scaled(end - begin, dz, f + begin, dweight);
        } else {
            const float share = dz / state->norm[k], norm = batch->norms[i];
            add_scaled(end - begin, share / norm, f + begin, dweight);
            add_scaled(end - begin, state->norm[k] > CLAMP ? -share * batch->logits[i * K + k] : 0.0F,
                       state->direction + k * D + begin, dweight);
        }
    }
}

void nn_head_add_bias_gradient(const nn_head *head, const nn_head_batch *batch, int64_t begin, int64_t end,
                               float *dbias)
{
    for (int64_t i = 0; i < batch->n && head->kind == NN_HEAD_LINEAR; i++) {
        for (int64_t k = begin; k < end; k++) {
            dbias[k - begin] += batch->dlogits[i * head->classes + k];
        }
    }
}

void nn_head_backward(const nn_head *head, const nn_head_state *state, const nn_head_batch *batch,
                      const nn_head_gradient *out)
{
    int64_t D = head->features, K = head->classes;
    nn_head_backward_features(head, state, batch, out->dfeatures);
    for (int64_t k = 0; k < K; k++) {
        nn_head_add_weight_gradient(head, state, batch, k, 0, D, out->dweight + k * D);
    }
    nn_head_add_bias_gradient(head, batch, 0, K, out->dbias);
}

/* Rows at norm 1. */
static void normalise_rows(int64_t rows, int64_t length, float *x)
{
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0.0;
        for (int64_t k = 0; k < length; k++) {
            sum += (double)x[r * length + k] * (double)x[r * length + k];
        }
        for (int64_t k = 0; k < length; k++) {
            x[r * length + k] = (float)((double)x[r * length + k] / sqrt(sum));
        }
    }
}

static void draw_uniform(uint64_t seed, int64_t tensor, int64_t count, double limit, float *out)
{
    for (int64_t i = 0; i < count; i++) {
        core_rng_counter at = {0, i, tensor};
        out[i] = (float)(limit * (2.0 * core_rng_uniform((core_rng_key){seed, CORE_RNG_INIT}, at) - 1.0));
    }
}

void nn_head_draw_weight(const nn_head *head, uint64_t seed, int64_t tensor, float *weight)
{
    int64_t count = head->classes * head->features;
    if (head->kind == NN_HEAD_COSINE) {
        draw_uniform(seed, tensor, count, 1.0, weight);
        normalise_rows(head->classes, head->features, weight);
        return;
    }
    double scale = sqrt(2.0 / (double)head->features);
    for (int64_t i = 0; i < count; i++) {
        core_rng_counter at = {0, i, tensor};
        weight[i] = (float)(scale * core_rng_normal((core_rng_key){seed, CORE_RNG_INIT}, at));
    }
}

void nn_head_draw_bias(const nn_head *head, uint64_t seed, int64_t tensor, float *bias)
{
    draw_uniform(seed, tensor, head->classes, 1.0 / sqrt((double)head->features), bias);
}

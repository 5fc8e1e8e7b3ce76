#include "nn/head.h"

#include <math.h>
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

void nn_head_forward(const nn_head *head, const nn_head_state *state, int64_t n, const float *features, float *logits)
{
    int64_t D = head->features, K = head->classes;
    for (int64_t i = 0; i < n; i++) {
        const float *f = features + i * D;
        float norm = head->kind == NN_HEAD_COSINE ? clamped_norm(D, f) : 1.0F;
        for (int64_t k = 0; k < K; k++) {
            logits[i * K + k] = head->kind == NN_HEAD_COSINE ? dot(D, f, state->direction + k * D) / norm
                                                             : dot(D, f, state->weight + k * D) + state->bias[k];
        }
    }
}

/* Cosine: dw_k gains dz (f^ - w^_k z) / |w_k|, since w^_k . f^ = z; df^ gains dz w^_k. A clamped norm is a constant, so
 * that the second terms vanish. */
static void backward_cosine(const nn_head *head, const nn_head_state *state, const float *f, const float *dlogits,
                            const nn_head_gradient *out)
{
    int64_t D = head->features, K = head->classes;
    float norm = clamped_norm(D, f);
    for (int64_t k = 0; k < K; k++) {
        const float *w = state->direction + k * D;
        float cosine = dot(D, f, w) / norm, share = dlogits[k] / state->norm[k];
        add_scaled(D, share / norm, f, out->dweight + k * D);
        add_scaled(D, state->norm[k] > CLAMP ? -share * cosine : 0.0F, w, out->dweight + k * D);
        add_scaled(D, dlogits[k], w, out->dfeatures);
    }
    float along = norm > CLAMP ? dot(D, f, out->dfeatures) / norm / norm : 0.0F;
    for (int64_t d = 0; d < D; d++) {
        out->dfeatures[d] = (out->dfeatures[d] - along * f[d]) / norm;
    }
}

static void backward_linear(const nn_head *head, const nn_head_state *state, const float *f, const float *dlogits,
                            const nn_head_gradient *out)
{
    int64_t D = head->features, K = head->classes;
    for (int64_t k = 0; k < K; k++) {
        add_scaled(D, dlogits[k], f, out->dweight + k * D);
        add_scaled(D, dlogits[k], state->weight + k * D, out->dfeatures);
        out->dbias[k] += dlogits[k];
    }
}

void nn_head_backward(const nn_head *head, const nn_head_state *state, int64_t n, const float *features,
                      const float *dlogits, const nn_head_gradient *out)
{
    int64_t D = head->features, K = head->classes;
    memset(out->dfeatures, 0, sizeof(float) * (size_t)(n * D));
    for (int64_t i = 0; i < n; i++) {
        nn_head_gradient row = {out->dweight, out->dbias, out->dfeatures + i * D};
        if (head->kind == NN_HEAD_COSINE) {
            backward_cosine(head, state, features + i * D, dlogits + i * K, &row);
        } else {
            backward_linear(head, state, features + i * D, dlogits + i * K, &row);
        }
    }
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

/* Built twice (meson.build). */
#include "nn/lstm_kernels.h"

#include <assert.h>
#include <string.h>

#include "core/rng.h"
#include "nn/lanes.h"
#include "nn/lanes_maths.h"
#include "nn/lanes_philox.h"
#include "nn/lanes_tree.h"
#include "nn/level.h"

static void cell(int64_t H, float *gates, const float *before, float *cell, float *output)
{
    float *in = gates, *forget = in + H, *candidate = forget + H, *out = candidate + H;
    for (int64_t k = 0; k < H; k += LANES) {
        lanes i = lanes_sigmoid(lanes_load(in + k)), f = lanes_sigmoid(lanes_load(forget + k));
        lanes g = lanes_tanh(lanes_load(candidate + k)), o = lanes_sigmoid(lanes_load(out + k));
        lanes c = lanes_mul(i, g);
        if (before != NULL) {
            c = lanes_fma(f, lanes_load(before + k), c);
        }
        lanes_store(in + k, i);
        lanes_store(forget + k, f);
        lanes_store(candidate + k, g);
        lanes_store(out + k, o);
        lanes_store(cell + k, c);
        lanes_store(output + k, lanes_mul(o, lanes_tanh(c)));
    }
}

/* d s(1 - s), the gradient through a sigmoid of value s. */
static inline lanes through_sigmoid(lanes d, lanes s) { return lanes_mul(d, lanes_mul(s, lanes_sub(lanes_set(1), s))); }

/* d (1 - t^2), the gradient through a hyperbolic tangent of value t. */
static inline lanes through_tanh(lanes d, lanes t) { return lanes_mul(d, lanes_sub(lanes_set(1), lanes_mul(t, t))); }

static void cell_backward(int64_t H, float *gates, const float *before, const float *cell, const float *doutput,
                          float *dcell)
{
    float *in = gates, *forget = in + H, *candidate = forget + H, *out = candidate + H;
    for (int64_t k = 0; k < H; k += LANES) {
        lanes i = lanes_load(in + k), f = lanes_load(forget + k), g = lanes_load(candidate + k);
        lanes o = lanes_load(out + k), d = lanes_load(doutput + k), squashed = lanes_tanh(lanes_load(cell + k));
        lanes dc = lanes_add(lanes_load(dcell + k), through_tanh(lanes_mul(d, o), squashed));
        lanes c = before != NULL ? lanes_load(before + k) : lanes_set(0);
        lanes_store(in + k, through_sigmoid(lanes_mul(dc, g), i));
        lanes_store(forget + k, through_sigmoid(lanes_mul(dc, c), f));
        lanes_store(candidate + k, through_tanh(lanes_mul(dc, i), g));
        lanes_store(out + k, through_sigmoid(lanes_mul(d, squashed), o));
        lanes_store(dcell + k, lanes_mul(dc, f));
    }
}

static void sum_rows(int64_t rows, int64_t n, const float *x, int64_t x_row, const float *init, float *sums)
{
    for (int64_t k = 0; k < n; k += LANES) {
        lanes sum = lanes_set(0);
        for (int64_t r = 0; r < rows; r++) {
            sum = lanes_add(sum, lanes_load(x + r * x_row + k));
        }
        lanes_store(sums + k, init == NULL ? sum : lanes_add(lanes_load(init + k), sum));
    }
}

static void drop(const nn_dropout *dropout, int layer, int64_t position, int64_t t, int64_t width, const float *x,
                 float *y)
{
    if (dropout->threshold == 0) {
        memmove(y, x, sizeof *y * (size_t)width);
        return;
    }
    int64_t blocks = width / 8;
    assert(position < (int64_t)1 << 32 && (t + 1) * blocks < (int64_t)1 << 32);
    const uint32_t counter[4] = {0, (uint32_t)position, dropout->step,
                                 (uint32_t)CORE_RNG_DROPOUT << 24 | (uint32_t)layer};
    const uint32_t key[2] = {(uint32_t)dropout->seed, (uint32_t)(dropout->seed >> 32)};
    for (int64_t begin = 0; begin < width; begin += LANES_PHILOX_BITS) {
        uint16_t bits[LANES_PHILOX_BITS];
        lanes_philox((uint32_t)(t * blocks + begin / 8), counter, key, bits);
        int64_t count = width - begin < LANES_PHILOX_BITS ? width - begin : LANES_PHILOX_BITS;
        for (int64_t j = 0; j < count; j++) {
            float kept = x[begin + j] * dropout->scale;
            y[begin + j] = bits[j] < dropout->threshold ? 0.0F : kept;
        }
    }
}

static void adam(int64_t count, float *gradient, int64_t parts, int64_t stride, const nn_adam_rates *rates, float *w,
                 float *m, float *v)
{
    enum { SLICE = 256 };
    lanes decay = lanes_set(rates->weight_decay), toward = lanes_set(rates->toward), keep = lanes_set(rates->keep);
    lanes share = lanes_set(rates->share), root = lanes_set(rates->root), epsilon = lanes_set(rates->epsilon);
    lanes step = lanes_set(rates->step);
    for (int64_t begin = 0; begin < count; begin += SLICE) {
        int64_t end = begin + SLICE < count ? begin + SLICE : count;
        lanes_tree(end - begin, gradient + begin, parts, stride);
        for (int64_t k = begin; k < end; k += LANES) {
            lanes value = lanes_load(w + k), first = lanes_load(m + k), second = lanes_load(v + k);
            lanes g = lanes_fma(decay, value, lanes_load(gradient + k));
            first = lanes_fma(toward, lanes_sub(g, first), first);
            second = lanes_fma(share, lanes_mul(g, g), lanes_mul(keep, second));
            lanes below = lanes_add(lanes_div(lanes_sqrt(second), root), epsilon);
            lanes_store(m + k, first);
            lanes_store(v + k, second);
            lanes_store(w + k, lanes_sub(value, lanes_mul(step, lanes_div(first, below))));
        }
    }
}

const nn_lstm_kernels NN_LEVEL_NAME(nn_lstm_kernels) = {
    .multiply = NN_LEVEL_NAME(nn_gemm),
    .cell = cell,
    .cell_backward = cell_backward,
    .sum_rows = sum_rows,
    .drop = drop,
    .adam = adam,
};

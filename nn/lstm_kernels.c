/* Built twice (meson.build). */
#include "nn/lstm_kernels.h"

#include <assert.h>
#include <string.h>

#include "core/rng.h"
#include "nn/lanes.h"
#include "nn/lanes_maths.h"
#include "nn/lanes_philox.h"
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

const nn_lstm_kernels NN_LEVEL_NAME(nn_lstm_kernels) = {
    .gemm = &NN_LEVEL_NAME(nn_gemm),
    .cell = cell,
    .cell_backward = cell_backward,
    .sum_rows = sum_rows,
    .drop = drop,
};

/* Built twice (meson.build): the compiler's -march gives the width of a vector, which is a block of channels. */
#include "nn/conv3x3.h"

#include <assert.h>
#include <stdbool.h>

#include "nn/conv_vector.h"
#include "nn/level.h"

#if defined(__AVX512F__)

/* 32 registers. Forward: 16 sums, 3 weights and 3 inputs. Gradient of the weights: 24 sums, 3 neighbours, an input.
 * A row of 8 pixels has too few sums to hide their latency; a row of 17 has a tile of 8 and one of 9. */
enum { PIXELS = 16, LEAST_PIXELS = 8, LEAST_WIDTH = 9, OUTS = 1, INPUTS = 8 };

#else

/* 16 registers. Forward: 12 sums, 2 weights and an input. Gradient of the weights: 12 sums, 3 neighbours, an input. */
enum { PIXELS = 6, LEAST_PIXELS = 3, LEAST_WIDTH = 3, OUTS = 2, INPUTS = 4 };

#endif

enum { TAP = BLOCK * BLOCK, TAPS = 9 };

/* One image, and the channels that a tile computes. */
typedef struct {
    const nn_conv3x3_shape *shape;
    const float *x;       /* the image */
    const float *weights; /* of the first output block */
    float *y;             /* the first output block of the image */
} plane;

/* add_taps adds the products of row kh's three taps: x is the pixel that the middle tap reads for pixel 0; a tile that
 * is the first or last of its row has no neighbour there. All counts are constants where this is inlined, so that the
 * sums stay in registers. */

#if defined(__AVX512F__)

/* Each input is loaded once for its three taps: a load for every product would keep both load units busy. */
static inline __attribute__((always_inline)) void add_taps(vector sums[PIXELS][OUTS], const float *x,
                                                           const float *weights, int64_t out_step, int pixels,
                                                           bool first, bool last)
{
    static_assert(OUTS == 1, "one output block");
    (void)out_step;
#pragma GCC unroll 1
    for (int i = 0; i < BLOCK; i++) {
        const vector left = vector_load(weights + i * BLOCK), middle = vector_load(weights + TAP + i * BLOCK),
                     right = vector_load(weights + 2 * TAP + i * BLOCK);
        vector before = vector_set(first ? 0 : x[i - BLOCK]), here = vector_set(x[i]);
#pragma GCC unroll 16
        for (int p = 0; p < pixels; p++) {
            const bool has_before = !first || p > 0, has_after = !last || p + 1 < pixels;
            const vector after = vector_set(has_after ? x[(p + 1) * BLOCK + i] : 0);
            sums[p][0] = has_before ? vector_fma(before, left, sums[p][0]) : sums[p][0];
            sums[p][0] = vector_fma(here, middle, sums[p][0]);
            sums[p][0] = has_after ? vector_fma(after, right, sums[p][0]) : sums[p][0];
            before = here;
            here = after;
        }
    }
}

#else

/* One tap's products for the pixels [begin, end): x is the pixel that it reads for pixel 0. */
static inline __attribute__((always_inline)) void add_tap(vector sums[PIXELS][OUTS], const float *x,
                                                          const float *weights, int64_t out_step, int begin, int end)
{
#pragma GCC unroll 1 /* if it unrolls, the compiler loads inputs too early for 16 registers */
    for (int i = 0; i < BLOCK; i++) {
        vector k[OUTS];
        for (int o = 0; o < OUTS; o++) {
            k[o] = vector_load(weights + o * out_step + i * BLOCK);
        }
        for (int p = begin; p < end; p++) {
            const vector input = vector_set(x[p * BLOCK + i]);
            for (int o = 0; o < OUTS; o++) {
                sums[p][o] = vector_fma(input, k[o], sums[p][o]);
            }
        }
    }
}

static inline __attribute__((always_inline)) void add_taps(vector sums[PIXELS][OUTS], const float *x,
                                                           const float *weights, int64_t out_step, int pixels,
                                                           bool first, bool last)
{
    add_tap(sums, x - BLOCK, weights, out_step, first ? 1 : 0, pixels);
    add_tap(sums, x, weights + TAP, out_step, 0, pixels);
    add_tap(sums, x + BLOCK, weights + 2 * TAP, out_step, 0, last ? pixels - 1 : pixels);
}

#endif

/* `pixels` outputs of row h from column `column` on; the image's first and last columns have no neighbour. */
static inline __attribute__((always_inline)) void convolve_tile(const plane *at, int64_t h, int64_t column, int pixels,
                                                                bool first, bool last)
{
    const nn_conv3x3_shape *s = at->shape;
    const int64_t blocks = s->in_channels / BLOCK, out_step = blocks * TAPS * TAP;
    const int64_t from = h == 0 ? 1 : 0, to = h == s->height - 1 ? 2 : 3;
    vector sums[PIXELS][OUTS];
    for (int p = 0; p < pixels; p++) {
        for (int o = 0; o < OUTS; o++) {
            sums[p][o] = vector_set(0);
        }
    }
    for (int64_t block = 0; block < blocks; block++) {
        for (int64_t kh = from; kh < to; kh++) {
            const float *x = at->x + ((block * s->height + h + kh - 1) * s->width + column) * BLOCK;
            add_taps(sums, x, at->weights + (block * TAPS + kh * 3) * TAP, out_step, pixels, first, last);
        }
    }
    for (int p = 0; p < pixels; p++) {
        for (int64_t o = 0; o < OUTS; o++) {
            vector_store(at->y + ((o * s->height + h) * s->width + column + p) * BLOCK, sums[p][o]);
        }
    }
}

/* A function for every size of a tile and every place in its row. */
#define TILE(pixels, name, first, last)                                                                                \
    static __attribute__((noinline)) void name##_##pixels(const plane *at, int64_t h, int64_t column)                  \
    {                                                                                                                  \
        convolve_tile(at, h, column, pixels, first, last);                                                             \
    }
#define TILES(pixels)                                                                                                  \
    TILE(pixels, inner, false, false)                                                                                  \
    TILE(pixels, first, true, false)                                                                                   \
    TILE(pixels, last, false, true)                                                                                    \
    TILE(pixels, whole, true, true)
#define NAMES(pixels) {inner_##pixels, last_##pixels, first_##pixels, whole_##pixels}

typedef void (*tile)(const plane *at, int64_t h, int64_t column);

#if defined(__AVX512F__)
TILES(8)
TILES(9)
TILES(10)
TILES(11)
TILES(12)
TILES(13)
TILES(14)
TILES(15)
TILES(16)
static const tile tiles[][4] = {NAMES(8),  NAMES(9),  NAMES(10), NAMES(11), NAMES(12),
                                NAMES(13), NAMES(14), NAMES(15), NAMES(16)};
#else
TILES(3)
TILES(4)
TILES(5)
TILES(6)
static const tile tiles[][4] = {NAMES(3), NAMES(4), NAMES(5), NAMES(6)};
#endif

/* Cuts a row into as few tiles as possible, whose sizes differ by at most one pixel. */
static void convolve_row(const plane *at, int64_t h)
{
    const int64_t width = at->shape->width, count = (width + PIXELS - 1) / PIXELS;
    int64_t column = 0;
    for (int64_t t = 0; t < count; t++) {
        const int64_t pixels = (width - column) / (count - t);
        tiles[pixels - LEAST_PIXELS][2 * (t == 0) + (t == count - 1)](at, h, column);
        column += pixels;
    }
}

static void forward(const nn_conv3x3_shape *s, const float *x, const float *weights, float *y)
{
    const int64_t floats = s->height * s->width, out_step = s->in_channels / BLOCK * TAPS * TAP;
    assert(s->out_channels % (OUTS * BLOCK) == 0 && s->in_channels % BLOCK == 0 && s->width >= LEAST_WIDTH);
    for (int64_t image = 0; image < s->images; image++) {
        for (int64_t o = 0; o < s->out_channels; o += OUTS * BLOCK) {
            const plane at = {s, x + image * s->in_channels * floats, weights + o / BLOCK * out_step,
                              y + (image * s->out_channels + o) * floats};
            for (int64_t h = 0; h < s->height; h++) {
                convolve_row(&at, h);
            }
        }
    }
}

/* Adds a row's products: x is the row that tap kh reads for the row dy. The input at column w is multiplied with the
 * gradients of the outputs at columns w + 1 (kw = 0), w (1) and w - 1 (2). */
static inline void add_row(vector sums[3][INPUTS], const float *x, const float *dy, int64_t width)
{
    vector left = vector_set(0), here = vector_load(dy);
    for (int64_t w = 0; w < width; w++) {
        const vector right = w + 1 < width ? vector_load(dy + (w + 1) * BLOCK) : vector_set(0);
        for (int i = 0; i < INPUTS; i++) {
            const vector input = vector_set(x[w * BLOCK + i]);
            sums[0][i] = vector_fma(input, right, sums[0][i]);
            sums[1][i] = vector_fma(input, here, sums[1][i]);
            sums[2][i] = vector_fma(input, left, sums[2][i]);
        }
        left = here;
        here = right;
    }
}

/* The gradients of row kh of a block of weights, INPUTS inputs by BLOCK outputs, over all images. */
static void sum_rows(const nn_conv3x3_shape *s, const float *x, const float *dy, int64_t kh, float *dweights)
{
    const int64_t row = s->width * BLOCK, x_step = s->in_channels * s->height * s->width,
                  dy_step = s->out_channels * s->height * s->width;
    const int64_t from = kh == 0 ? 1 : 0, to = kh == 2 ? s->height - 1 : s->height;
    vector sums[3][INPUTS];
    for (int kw = 0; kw < 3; kw++) {
        for (int i = 0; i < INPUTS; i++) {
            sums[kw][i] = vector_set(0);
        }
    }
    for (int64_t image = 0; image < s->images; image++) {
        for (int64_t h = from; h < to; h++) {
            add_row(sums, x + image * x_step + (h + kh - 1) * row, dy + image * dy_step + h * row, s->width);
        }
    }
    for (int kw = 0; kw < 3; kw++) {
        for (int i = 0; i < INPUTS; i++) {
            vector_store(dweights + kw * TAP + i * BLOCK, sums[kw][i]);
        }
    }
}

static void backward_weights(const nn_conv3x3_shape *s, const float *x, const float *dy, float *dweights)
{
    const int64_t in_blocks = s->in_channels / BLOCK, out_blocks = s->out_channels / BLOCK;
    const int64_t plane_floats = s->height * s->width * BLOCK;
    for (int64_t o = 0; o < out_blocks; o++) {
        for (int64_t b = 0; b < in_blocks; b++) {
            for (int64_t kh = 0; kh < 3; kh++) {
                for (int64_t i = 0; i < BLOCK; i += INPUTS) {
                    float *dw = dweights + ((o * in_blocks + b) * TAPS + kh * 3) * TAP + i * BLOCK;
                    sum_rows(s, x + b * plane_floats + i, dy + o * plane_floats, kh, dw);
                }
            }
        }
    }
}

static void turn_weights(const nn_conv3x3_shape *s, const float *weights, float *turned)
{
    const int64_t in_blocks = s->in_channels / BLOCK, out_blocks = s->out_channels / BLOCK;
    for (int64_t block = 0; block < out_blocks * in_blocks; block++) {
        const float *from = weights + block * TAPS * TAP;
        float *to = turned + (block % in_blocks * out_blocks + block / in_blocks) * TAPS * TAP;
        for (int tap = 0; tap < TAPS; tap++) {
            for (int i = 0; i < BLOCK; i++) {
                for (int o = 0; o < BLOCK; o++) {
                    to[tap * TAP + o * BLOCK + i] = from[(TAPS - 1 - tap) * TAP + i * BLOCK + o];
                }
            }
        }
    }
}

const nn_conv3x3 NN_LEVEL_NAME(nn_conv3x3) = {.block = BLOCK,
                                              .channels_multiple = OUTS * BLOCK,
                                              .least_width = LEAST_WIDTH,
                                              .forward = forward,
                                              .backward_weights = backward_weights,
                                              .turn_weights = turn_weights};

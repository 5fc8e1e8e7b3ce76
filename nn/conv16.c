#include "nn/conv16.h"

#include <assert.h>
#include <immintrin.h>
#include <stdbool.h>

enum { CHANNELS = 16, PIXELS = 16, TAP = CHANNELS * CHANNELS };

/* One of the nine taps, for the pixels [begin, end) of a segment: x is the pixel that the tap reads for pixel 0. The
 * bounds are constants where this is inlined, so that the sums stay in registers. */
static inline __attribute__((always_inline)) void add_tap(__m512 sums[PIXELS], const float *x, const float *weights,
                                                          int begin, int end)
{
    for (int i = 0; i < CHANNELS; i++) {
        __m512 k = _mm512_load_ps(weights + i * CHANNELS);
        for (int p = begin; p < end; p++) {
            sums[p] = _mm512_fmadd_ps(_mm512_set1_ps(x[p * CHANNELS + i]), k, sums[p]);
        }
    }
}

/* Sixteen pixels of row h from column `column` on; the image's first and last columns have no neighbour. */
static inline __attribute__((always_inline)) void convolve_segment(const float *image, int64_t height, int64_t width,
                                                                   const float *weights, int64_t h, int64_t column,
                                                                   bool first, bool last, float *y)
{
    __m512 sums[PIXELS];
    for (int p = 0; p < PIXELS; p++) {
        sums[p] = _mm512_setzero_ps();
    }
    for (int64_t kh = 0; kh < 3; kh++) {
        int64_t row = h + kh - 1;
        if (row < 0 || row >= height) {
            continue;
        }
        const float *x = image + (row * width + column) * CHANNELS, *k = weights + kh * 3 * TAP;
        add_tap(sums, x - CHANNELS, k, first ? 1 : 0, PIXELS);
        add_tap(sums, x, k + TAP, 0, PIXELS);
        add_tap(sums, x + CHANNELS, k + 2 * TAP, 0, last ? PIXELS - 1 : PIXELS);
    }
    for (int64_t p = 0; p < PIXELS; p++) {
        _mm512_store_ps(y + ((h * width + column) + p) * CHANNELS, sums[p]);
    }
}

static void convolve_row(const float *image, int64_t height, int64_t width, const float *weights, int64_t h, float *y)
{
    if (width == PIXELS) {
        convolve_segment(image, height, width, weights, h, 0, true, true, y);
        return;
    }
    convolve_segment(image, height, width, weights, h, 0, true, false, y);
    for (int64_t column = PIXELS; column < width - PIXELS; column += PIXELS) {
        convolve_segment(image, height, width, weights, h, column, false, false, y);
    }
    convolve_segment(image, height, width, weights, h, width - PIXELS, false, true, y);
}

void nn_conv16(int64_t images, int64_t height, int64_t width, const float *x, const float *weights, float *y)
{
    assert(width >= PIXELS && width % PIXELS == 0);
    for (int64_t i = 0; i < images; i++) {
        int64_t image = i * height * width * CHANNELS;
        for (int64_t h = 0; h < height; h++) {
            convolve_row(x + image, height, width, weights, h, y + image);
        }
    }
}

void nn_conv16_turn(const float *weights, float *turned)
{
    for (int tap = 0; tap < 9; tap++) {
        for (int in = 0; in < CHANNELS; in++) {
            for (int out = 0; out < CHANNELS; out++) {
                turned[tap * TAP + out * CHANNELS + in] = weights[(8 - tap) * TAP + in * CHANNELS + out];
            }
        }
    }
}

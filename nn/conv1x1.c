#include "nn/conv1x1.h"

#include <assert.h>
#include <stdbool.h>

#include "nn/conv_vector.h"

/* A tile has INPUTS x OUTS sums in registers: 16 of 32. A part is what it adds before its neighbour does: about PART pixels
 * of several images, whose gradients dy then stay in the first-level cache. */
enum { INPUTS = 8, OUTS = 2, PART = 128 };

/* Images [image, image + images), and of each the pixels [pixel, pixel + pixels). */
typedef struct {
    int64_t image, images, pixel, pixels;
} part;

/* Adds a part's products to INPUTS x OUTS blocks of dweights, or writes them if it is the first. */
static void add_part(const nn_conv1x1_shape *s, const part *at, const float *x, const float *dy, float *dweights)
{
    const int64_t x_step = s->in_channels * s->pixels, dy_step = s->out_channels * s->pixels;
    const int64_t out_step = s->in_channels * BLOCK;
    const bool first = at->image == 0 && at->pixel == 0;
    vector sums[OUTS][INPUTS];
    for (int o = 0; o < OUTS; o++) {
        for (int i = 0; i < INPUTS; i++) {
            sums[o][i] = first ? vector_set(0) : vector_load(dweights + o * out_step + i * BLOCK);
        }
    }
    for (int64_t image = at->image; image < at->image + at->images; image++) {
        const float *xs = x + image * x_step + at->pixel * BLOCK, *dys = dy + image * dy_step + at->pixel * BLOCK;
        for (int64_t p = 0; p < at->pixels; p++) {
            const vector left = vector_load(dys + p * BLOCK), right = vector_load(dys + (s->pixels + p) * BLOCK);
            for (int i = 0; i < INPUTS; i++) {
                const vector input = vector_set(xs[p * BLOCK + i]);
                sums[0][i] = vector_fma(input, left, sums[0][i]);
                sums[1][i] = vector_fma(input, right, sums[1][i]);
            }
        }
    }
    for (int o = 0; o < OUTS; o++) {
        for (int i = 0; i < INPUTS; i++) {
            vector_store(dweights + o * out_step + i * BLOCK, sums[o][i]);
        }
    }
}

void nn_conv1x1_backward_weights(const nn_conv1x1_shape *s, const float *x, const float *dy, float *dweights)
{
    static_assert(BLOCK == (int)NN_CONV1X1_IN_MULTIPLE && OUTS * BLOCK == (int)NN_CONV1X1_OUT_MULTIPLE, "whole tiles");
    assert(s->in_channels % NN_CONV1X1_IN_MULTIPLE == 0 && s->out_channels % NN_CONV1X1_OUT_MULTIPLE == 0);
    const int64_t together = s->pixels >= PART ? 1 : PART / s->pixels;
    for (part at = {0}; at.image < s->images; at.image += at.images) {
        at.images = s->images - at.image < together ? s->images - at.image : together;
        for (at.pixel = 0; at.pixel < s->pixels; at.pixel += at.pixels) {
            at.pixels = s->pixels - at.pixel < PART ? s->pixels - at.pixel : PART;
            for (int64_t o = 0; o < s->out_channels; o += OUTS * BLOCK) {
                for (int64_t i = 0; i < s->in_channels; i += INPUTS) {
                    const float *inputs = x + i / BLOCK * BLOCK * s->pixels + i % BLOCK;
                    add_part(s, &at, inputs, dy + o * s->pixels, dweights + o * s->in_channels + i * BLOCK);
                }
            }
        }
    }
}

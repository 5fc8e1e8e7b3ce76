#include "nn/conv1x1.h"

#include <math.h>

#include "tests/nn/support.h"

enum { BLOCK = 16 };

/* Planes of one pixel, of more than a part has, and of so few that a part has several images; a last part that is short. */
static const nn_conv1x1_shape SHAPES[] = {
    {1, 16, 32, 1},   {5, 16, 32, 49},  {3, 32, 32, 64},   {2, 16, 64, 65},
    {1, 48, 32, 128}, {2, 32, 64, 129}, {1, 16, 32, 1000}, {200, 16, 32, 1},
};

/* Where a channel of a pixel is among `channels`. */
static int64_t place(const nn_conv1x1_shape *s, int64_t channels, int64_t image, int64_t channel, int64_t pixel)
{
    return ((image * (channels / BLOCK) + channel / BLOCK) * s->pixels + pixel) * BLOCK + channel % BLOCK;
}

/* One gradient: fused multiply-adds in the order image, pixel. */
static float gradient_chain(const nn_conv1x1_shape *s, const float *x, const float *dy, int64_t i, int64_t o)
{
    float sum = 0;
    for (int64_t image = 0; image < s->images; image++) {
        for (int64_t pixel = 0; pixel < s->pixels; pixel++) {
            sum =
                fmaf(x[place(s, s->in_channels, image, i, pixel)], dy[place(s, s->out_channels, image, o, pixel)], sum);
        }
    }
    return sum;
}

START_TEST(test_every_gradient_is_the_promised_chain)
{
    const nn_conv1x1_shape *s = &SHAPES[_i];
    const int64_t count = s->in_channels * s->out_channels;
    float *x = drawn(s->images * s->pixels * s->in_channels, 41, 2.385F, 0),
          *dy = drawn(s->images * s->pixels * s->out_channels, 42, 1.617F, 0), *found = drawn(count, 43, 1, 0);
    float *wanted = zeros(count);
    for (int64_t i = 0; i < s->in_channels; i++) {
        for (int64_t o = 0; o < s->out_channels; o++) {
            const int64_t block = o / BLOCK * (s->in_channels / BLOCK) + i / BLOCK;
            wanted[(block * BLOCK + i % BLOCK) * BLOCK + o % BLOCK] = gradient_chain(s, x, dy, i, o);
        }
    }
    nn_conv1x1_backward_weights(s, x, dy, found);
    expect_same_bits("dweights", count, found, wanted);
    free(x);
    free(dy);
    free(found);
    free(wanted);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("nn/conv1x1");
    asked_for_both(argc, argv);
    add_loop(suite, "oracle of gradients", test_every_gradient_is_the_promised_chain, LENGTH(SHAPES));
    return run_suite(suite);
}

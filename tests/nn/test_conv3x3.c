#include "nn/conv3x3.h"

#include <math.h>

#include "tests/nn/support.h"

enum { TAPS = 9 };

/* Widths of every size of a tile of either build, planes of one row, several blocks of either side. Those of 1 to 8
 * pixels are too narrow for the forward kernel of one build or of both. */
static const nn_conv3x3_shape SHAPES[] = {
    {2, 16, 16, 3, 16}, {1, 16, 16, 1, 32}, {1, 16, 16, 2, 48}, {3, 32, 16, 4, 32}, {1, 16, 32, 5, 3},
    {2, 16, 16, 3, 7},  {1, 32, 48, 2, 8},  {1, 16, 16, 7, 13}, {1, 64, 32, 2, 16}, {1, 48, 16, 3, 11},
    {1, 16, 16, 3, 9},  {1, 16, 32, 2, 10}, {2, 16, 16, 2, 12}, {1, 32, 16, 3, 14}, {1, 16, 16, 3, 15},
    {1, 16, 16, 2, 17}, {1, 16, 16, 2, 28}, {1, 16, 16, 2, 41}, {2, 16, 32, 2, 1},  {1, 32, 16, 1, 2},
};

/* One build on one shape; owns its arrays. */
typedef struct {
    const nn_conv3x3 *build;
    nn_conv3x3_shape s;
    int64_t x_count, y_count, weight_count;
    float *x, *weights, *y, *dy, *dweights, *turned;
} conv_case;

static const nn_conv3x3 *const BUILDS[] = {&nn_conv3x3_v3, &nn_conv3x3_v4};

static bool both; /* the v4 build; else v3 */

/* Case i of the loop. */
static void make_case(int i, conv_case *c)
{
    const nn_conv3x3 *build = BUILDS[both];
    const nn_conv3x3_shape s = SHAPES[i];
    const int64_t pixels = s.images * s.height * s.width;
    *c = (conv_case){.build = build,
                     .s = s,
                     .x_count = pixels * s.in_channels,
                     .y_count = pixels * s.out_channels,
                     .weight_count = TAPS * s.in_channels * s.out_channels};
    c->x = drawn(c->x_count, 31, 2.385F, 0);
    c->weights = drawn(c->weight_count, 32, 0.731F, 0);
    c->dy = drawn(c->y_count, 34, 1.617F, 0);
    c->y = drawn(c->y_count, 33, 1, 0);
    c->dweights = drawn(c->weight_count, 35, 1, 0);
    c->turned = zeros(c->weight_count);
}

static bool goes_forward(int i) { return SHAPES[i].width >= BUILDS[both]->least_width; }

static void free_case(conv_case *c)
{
    float *arrays[] = {c->x, c->weights, c->y, c->dy, c->dweights, c->turned};
    for (int i = 0; i < LENGTH(arrays); i++) {
        free(arrays[i]);
    }
}

/* Where channel `channel` of a pixel stands among `channels`. */
static int64_t place(const conv_case *c, int64_t channels, int64_t image, int64_t channel, int64_t h, int64_t w)
{
    const int64_t block = c->build->block;
    return (((image * (channels / block) + channel / block) * c->s.height + h) * c->s.width + w) * block +
           channel % block;
}

static int64_t weight_place(const conv_case *c, int64_t tap, int64_t i, int64_t o)
{
    const int64_t block = c->build->block, in_blocks = c->s.in_channels / block;
    return (((o / block * in_blocks + i / block) * TAPS + tap) * block + i % block) * block + o % block;
}

static bool is_inside(const conv_case *c, int64_t h, int64_t w)
{
    return h >= 0 && h < c->s.height && w >= 0 && w < c->s.width;
}

/* One output: fused multiply-adds in the order that the header promises: block of i, kh, and then kw, i or i, kw. */
static float output_chain(const conv_case *c, int64_t image, int64_t o, int64_t h, int64_t w)
{
    const int64_t block = c->build->block;
    float sum = 0;
    for (int64_t k = 0; k < TAPS * c->s.in_channels; k++) {
        const int64_t first = k / (TAPS * block) * block, kh = k / (3 * block) % 3, rest = k % (3 * block);
        const int64_t kw = both ? rest % 3 : rest / block, i = first + (both ? rest / 3 : rest % block);
        const int64_t row = h + kh - 1, column = w + kw - 1;
        if (is_inside(c, row, column)) {
            sum = fmaf(c->x[place(c, c->s.in_channels, image, i, row, column)],
                       c->weights[weight_place(c, kh * 3 + kw, i, o)], sum);
        }
    }
    return sum;
}

START_TEST(test_every_output_is_the_promised_chain)
{
    conv_case c;
    if (!goes_forward(_i)) {
        return;
    }
    make_case(_i, &c);
    c.build->forward(&c.s, c.x, c.weights, c.y);
    float *wanted = zeros(c.y_count);
    for (int64_t image = 0; image < c.s.images; image++) {
        for (int64_t o = 0; o < c.s.out_channels; o++) {
            for (int64_t pixel = 0; pixel < c.s.height * c.s.width; pixel++) {
                const int64_t h = pixel / c.s.width, w = pixel % c.s.width;
                wanted[place(&c, c.s.out_channels, image, o, h, w)] = output_chain(&c, image, o, h, w);
            }
        }
    }
    expect_same_bits("y", c.y_count, c.y, wanted);
    free(wanted);
    free_case(&c);
}
END_TEST

/* One gradient: fused multiply-adds in the order image, h, w. */
static float gradient_chain(const conv_case *c, int64_t tap, int64_t i, int64_t o)
{
    float sum = 0;
    for (int64_t image = 0; image < c->s.images; image++) {
        for (int64_t pixel = 0; pixel < c->s.height * c->s.width; pixel++) {
            const int64_t h = pixel / c->s.width, w = pixel % c->s.width;
            const int64_t row = h + tap / 3 - 1, column = w + tap % 3 - 1;
            if (is_inside(c, row, column)) {
                sum = fmaf(c->x[place(c, c->s.in_channels, image, i, row, column)],
                           c->dy[place(c, c->s.out_channels, image, o, h, w)], sum);
            }
        }
    }
    return sum;
}

START_TEST(test_every_weight_gradient_is_the_promised_chain)
{
    conv_case c;
    make_case(_i, &c);
    c.build->backward_weights(&c.s, c.x, c.dy, c.dweights);
    for (int64_t place = 0; place < c.weight_count; place++) {
        const int64_t o = place % c.s.out_channels, i = place / c.s.out_channels % c.s.in_channels,
                      tap = place / (c.s.out_channels * c.s.in_channels);
        const float found = c.dweights[weight_place(&c, tap, i, o)], wanted = gradient_chain(&c, tap, i, o);
        ck_assert_msg(found == wanted, "tap %d, %d -> %d: %.9g, not %.9g", (int)tap, (int)i, (int)o, (double)found,
                      (double)wanted);
    }
    free_case(&c);
}
END_TEST

/* The sum of dy conv(x, k) is the sum of conv(dy, k') x: that makes conv(dy, k') the gradient by data. */
START_TEST(test_turned_weights_give_the_gradient_by_data)
{
    conv_case c;
    if (!goes_forward(_i)) {
        return;
    }
    make_case(_i, &c);
    const nn_conv3x3_shape back = {c.s.images, c.s.out_channels, c.s.in_channels, c.s.height, c.s.width};
    float *dx = zeros(c.x_count);
    c.build->turn_weights(&c.s, c.weights, c.turned);
    c.build->forward(&c.s, c.x, c.weights, c.y);
    c.build->forward(&back, c.dy, c.turned, dx);
    double forward = 0, backward = 0, magnitude = 0;
    for (int64_t i = 0; i < c.y_count; i++) {
        forward += (double)c.dy[i] * (double)c.y[i];
        magnitude += fabs((double)c.dy[i] * (double)c.y[i]);
    }
    for (int64_t i = 0; i < c.x_count; i++) {
        backward += (double)dx[i] * (double)c.x[i];
    }
    ck_assert_double_eq_tol(forward, backward, 1e-6 * magnitude);
    ck_assert_double_gt(fabs(forward), 1e-5 * magnitude);
    free(dx);
    free_case(&c);
}
END_TEST

START_TEST(test_turning_twice_gives_the_weights)
{
    conv_case c;
    make_case(_i, &c);
    const nn_conv3x3_shape back = {c.s.images, c.s.out_channels, c.s.in_channels, c.s.height, c.s.width};
    float *twice = zeros(c.weight_count);
    c.build->turn_weights(&c.s, c.weights, c.turned);
    c.build->turn_weights(&back, c.turned, twice);
    expect_same_bits("weights", c.weight_count, twice, c.weights);
    ck_assert_mem_ne(c.turned, c.weights, sizeof *c.turned * (size_t)c.weight_count);
    free(twice);
    free_case(&c);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("nn/conv3x3");
    const int cases = LENGTH(SHAPES);
    both = asked_for_both(argc, argv);
    add_loop(suite, "oracle", test_every_output_is_the_promised_chain, cases);
    add_loop(suite, "oracle of gradients", test_every_weight_gradient_is_the_promised_chain, cases);
    add_loop(suite, "gradient", test_turned_weights_give_the_gradient_by_data, cases);
    add_loop(suite, "shape", test_turning_twice_gives_the_weights, cases);
    return run_suite(suite);
}

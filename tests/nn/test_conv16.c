#include "nn/conv16.h"

#include <math.h>

#include "tests/nn/support.h"

enum { C = 16, TAPS = 9 };

static const int64_t SIZES[][3] = {{2, 3, 16}, {1, 1, 16}, {3, 4, 32}, {1, 2, 48}, {1, 32, 32}}; /* images, H, W */

/* One output: fused multiply-adds in the order kh, kw, i, as the header promises. */
static float chain(const int64_t size[3], const float *x, const float *weights, int64_t place)
{
    int64_t H = size[1], W = size[2], o = place % C, w = place / C % W, h = place / C / W % H,
            image = place / C / W / H;
    float sum = 0;
    for (int64_t tap = 0; tap < TAPS; tap++) {
        int64_t row = h + tap / 3 - 1, column = w + tap % 3 - 1;
        if (row < 0 || row >= H || column < 0 || column >= W) {
            continue;
        }
        for (int64_t i = 0; i < C; i++) {
            sum = fmaf(x[((image * H + row) * W + column) * C + i], weights[(tap * C + i) * C + o], sum);
        }
    }
    return sum;
}

START_TEST(test_every_output_is_the_promised_chain)
{
    const int64_t *size = SIZES[_i];
    int64_t count = size[0] * size[1] * size[2] * C;
    float *x = drawn(count, 31, 2.385F, 0), *weights = drawn(TAPS * C * C, 32, 0.731F, 0), *y = drawn(count, 33, 1, 0);
    float *wanted = zeros(count);
    nn_conv16(size[0], size[1], size[2], x, weights, y);
    for (int64_t i = 0; i < count; i++) {
        wanted[i] = chain(size, x, weights, i);
    }
    expect_same_bits("y", count, y, wanted);
    free(x), free(weights), free(y), free(wanted);
}
END_TEST

/* The sum of dy conv(x, k) is the sum of conv(dy, k') x: that makes conv(dy, k') the gradient by data. */
START_TEST(test_turned_weights_give_the_gradient)
{
    const int64_t *size = SIZES[_i];
    int64_t count = size[0] * size[1] * size[2] * C;
    float *x = drawn(count, 31, 2.385F, 0), *dy = drawn(count, 34, 1.617F, 0), *y = zeros(count), *dx = zeros(count);
    float *weights = drawn(TAPS * C * C, 32, 0.731F, 0), *turned = zeros(TAPS * C * C);
    nn_conv16_turn(weights, turned);
    nn_conv16(size[0], size[1], size[2], x, weights, y);
    nn_conv16(size[0], size[1], size[2], dy, turned, dx);
    double forward = 0, backward = 0, magnitude = 0;
    for (int64_t i = 0; i < count; i++) {
        forward += (double)dy[i] * (double)y[i];
        backward += (double)dx[i] * (double)x[i];
        magnitude += fabs((double)dy[i] * (double)y[i]);
    }
    ck_assert_double_eq_tol(forward, backward, 1e-6 * magnitude);
    ck_assert_double_gt(fabs(forward), 1e-4 * magnitude);
    free(x), free(dy), free(y), free(dx), free(weights), free(turned);
}
END_TEST

START_TEST(test_turning_twice_gives_the_weights)
{
    float *weights = drawn(TAPS * C * C, 32, 0.731F, 0), *once = zeros(TAPS * C * C), *twice = zeros(TAPS * C * C);
    nn_conv16_turn(weights, once);
    nn_conv16_turn(once, twice);
    expect_same_bits("weights", TAPS * C * C, twice, weights);
    ck_assert_mem_ne(once, weights, sizeof *once * TAPS * C * C);
    free(weights), free(once), free(twice);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn/conv16");
    if (!has_v4()) {
        puts("skipped: no AVX-512");
        return 77;
    }
    add_loop(suite, "oracle", test_every_output_is_the_promised_chain, LENGTH(SIZES));
    add_loop(suite, "gradient", test_turned_weights_give_the_gradient, LENGTH(SIZES));
    add_loop(suite, "shape", test_turning_twice_gives_the_weights, 1);
    return run_suite(suite);
}

/* Sums of gradients, SGD and Adam: both builds give the same bits, and the values of their definitions. */
#include "nn/optimiser_kernels.h"

#include <math.h>

#include "tests/nn/support.h"

#include "tests/golden/nn_layers.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

static bool both; /* v4 beside v3, bit for bit */

static const nn_optimiser_kernels *build(int i) { return i == 0 ? &nn_optimiser_kernels_v3 : &nn_optimiser_kernels_v4; }

static int builds(void) { return both ? 2 : 1; }

/* T(b, e) of core/tree.h by its definition. */
static float sum_tree(const float *x, int64_t stride, int64_t begin, int64_t end)
{
    int64_t power = 1;
    if (end - begin == 1) {
        return x[begin * stride];
    }
    while (2 * power < end - begin) {
        power *= 2;
    }
    return sum_tree(x, stride, begin, begin + power) + sum_tree(x, stride, begin + power, end);
}

START_TEST(test_reduce_is_the_tree_and_nodes_may_be_summed_apart)
{
    enum { COUNT = 48, STRIDE = 64, MOST = 9 };
    for (int64_t parts = 1; parts <= MOST; parts++) {
        float *x = drawn(MOST * STRIDE, 31, 1.7F, 0);
        for (int b = 0; b < builds(); b++) {
            float *whole = drawn(MOST * STRIDE, 31, 1.7F, 0), *apart = drawn(MOST * STRIDE, 31, 1.7F, 0);
            build(b)->reduce(COUNT, whole, parts, STRIDE);
            for (int64_t i = 0; i < COUNT; i++) {
                ck_assert(whole[i] == sum_tree(x + i, STRIDE, 0, parts));
            }
            if (parts > 4 && parts <= 8) { /* two owners, the second of groups from 4 on */
                build(b)->reduce(COUNT, apart, 4, STRIDE);
                build(b)->reduce(COUNT, apart + 4 * STRIDE, parts - 4, STRIDE);
                build(b)->reduce(COUNT, apart, 2, 4 * STRIDE);
                expect_same_bits("apart", COUNT, apart, whole);
            }
            free(whole), free(apart);
        }
        free(x);
    }
}
END_TEST

/* Two steps of SGD on the sum of five partial gradients; w and momentum (3, COUNT): before, after one, after two. */
static void train_twice(const nn_optimiser_kernels *k, float *w, float *momentum)
{
    enum { COUNT = 512, PARTS = 5, STRIDE = 528 };
    const nn_sgd_rates rates = {.lr = 0.1F, .momentum = 0.9F, .weight_decay = 0.05F};
    for (uint32_t step = 1; step <= 2; step++) {
        float *gradients = zeros(PARTS * STRIDE);
        for (uint32_t p = 0; p < PARTS; p++) {
            for (int64_t i = 0; i < COUNT; i++) {
                gradients[p * STRIDE + i] = 1.5F * noise(i, 910 + 10 * step + p);
            }
        }
        memcpy(w + step * COUNT, w + (step - 1) * COUNT, sizeof *w * COUNT);
        memcpy(momentum + step * COUNT, momentum + (step - 1) * COUNT, sizeof *w * COUNT);
        k->reduce(COUNT, gradients, PARTS, STRIDE);
        k->sgd(COUNT, gradients, &rates, w + step * COUNT, momentum + step * COUNT);
        free(gradients);
    }
}

START_TEST(test_sgd_equals_pytorch)
{
    enum { COUNT = 512 };
    float *w[2] = {drawn(3 * COUNT, 900, 1, 0), drawn(3 * COUNT, 900, 1, 0)},
          *m[2] = {zeros(3 * COUNT), zeros(3 * COUNT)};
    train_twice(&nn_optimiser_kernels_v3, w[0], m[0]);
    expect_golden(&golden, "sgd 1 w", w[0] + COUNT, COUNT, 1e-6);
    expect_golden(&golden, "sgd 1 momentum", m[0] + COUNT, COUNT, 1e-6);
    expect_golden(&golden, "sgd 2 w", w[0] + 2 * COUNT, COUNT, 1e-6);
    expect_golden(&golden, "sgd 2 momentum", m[0] + 2 * COUNT, COUNT, 1e-6);
    if (both) {
        train_twice(&nn_optimiser_kernels_v4, w[1], m[1]);
        expect_same_bits("w", 3 * COUNT, w[0], w[1]);
        expect_same_bits("momentum", 3 * COUNT, m[0], m[1]);
    }
    free(w[0]), free(w[1]), free(m[0]), free(m[1]);
}
END_TEST

START_TEST(test_adam_equals_double_and_each_build_the_other)
{
    enum { COUNT = 304, PARTS = 3 };
    const nn_adam_rates rates = {.weight_decay = 0.02F,
                                 .toward = 0.1F,
                                 .keep = 0.999F,
                                 .share = 0.001F,
                                 .root = 0.0632F,
                                 .epsilon = 1e-8F,
                                 .step = 0.013F};
    float *kept[2][3];
    for (int b = 0; b < builds(); b++) {
        float *g = drawn(PARTS * COUNT, 51, 1, 0), *w = drawn(COUNT, 52, 1, 0), *m = drawn(COUNT, 53, 0.2F, 0);
        float *v = drawn(COUNT, 54, 0.01F, 0.02F);
        build(b)->reduce(COUNT, g, PARTS, COUNT);
        build(b)->adam(COUNT, g, &rates, w, m, v);
        for (int64_t k = 0; k < COUNT; k++) {
            double value = (double)noise(k, 52), gradient = (double)rates.weight_decay * value;
            for (int64_t p = 0; p < PARTS; p++) {
                gradient += (double)noise(p * COUNT + k, 51);
            }
            double first = 0.9 * 0.2 * (double)noise(k, 53) + 0.1 * gradient;
            double second = 0.999 * (0.02 + 0.01 * (double)noise(k, 54)) + 0.001 * gradient * gradient;
            double wanted = value - (double)rates.step * first / (sqrt(second) / (double)rates.root + 1e-8);
            EXPECT_QUIETLY(fabs((double)m[k] - first) < 1e-7 && fabs((double)v[k] - second) < 1e-8 &&
                               fabs((double)w[k] - wanted) < 2e-7,
                           "element %d: %.9g, expected %.9g", (int)k, (double)w[k], wanted);
        }
        kept[b][0] = w, kept[b][1] = m, kept[b][2] = v;
        free(g);
    }
    for (int i = 0; i < 3; i++) {
        if (both) {
            expect_same_bits("adam", COUNT, kept[0][i], kept[1][i]);
            free(kept[1][i]);
        }
        free(kept[0][i]);
    }
}
END_TEST

int main(int argc, char **argv)
{
    both = asked_for_both(argc, argv);
    Suite *suite = suite_create("nn/optimiser_kernels");
    ADD_CASE(suite, "oracle", test_reduce_is_the_tree_and_nodes_may_be_summed_apart, test_sgd_equals_pytorch,
             test_adam_equals_double_and_each_build_the_other);
    return run_suite(suite);
}

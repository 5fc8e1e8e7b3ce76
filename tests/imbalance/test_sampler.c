#include "imbalance/sampler.h"

#include "core/rng.h"
#include "tests/imbalance/support.h"

enum { N = 1240, K = 5 };
static const int64_t COUNTS[K] = {900, 250, 0, 73, 17};

/* The subset of the tests: classes in turn while they last, so that members are not contiguous. */
static void make_labels(int32_t *labels)
{
    int64_t left[K];
    memcpy(left, COUNTS, sizeof left);
    for (int64_t i = 0, j = 0; i < N; j = (j + 1) % K) {
        if (left[j] > 0) {
            left[j]--;
            labels[i++] = (int32_t)j;
        }
    }
}

static core_arena arena; /* of the process of a test */

static core_status create(const int32_t *labels, int64_t n, const double *weights, int64_t classes, uint64_t seed,
                          imb_sampler **out)
{
    imb_classes groups;
    EXPECT_OK(imb_classes_group(labels, n, classes, &arena, &groups));
    return imb_sampler_create(&groups, classes, weights, seed, &arena, out);
}

static imb_sampler *make_sampler(const int32_t *labels, const double *weights, uint64_t seed)
{
    imb_sampler *sampler = NULL;
    EXPECT_OK(create(labels, N, weights, K, seed, &sampler));
    return sampler;
}

static void count_draws(const imb_sampler *sampler, const int32_t *labels, int64_t draws, int64_t *by_example,
                        int64_t *by_class)
{
    for (int64_t p = 0; p < draws; p++) {
        int64_t i = imb_sampler_draw(sampler, 3, p);
        ck_assert(i >= 0 && i < N);
        by_example[i]++;
        by_class[labels[i]]++;
    }
}

/* Inverse frequency draws the four classes alike: 4 sigma of a binomial of 200,000 at 1/4 is 775. Within a class all
 * examples alike: chi-squared over the 73 of class 3 is below 72 + 4 sqrt(144) = 120. */
START_TEST(test_inverse_frequency_balances_classes_and_examples)
{
    int32_t labels[N];
    const double weights[K] = {1.0 / 900, 1.0 / 250, 5.5, 1.0 / 73, 1.0 / 17};
    int64_t by_example[N] = {0}, by_class[K] = {0};
    make_labels(labels);
    imb_sampler *sampler = make_sampler(labels, weights, 11);
    count_draws(sampler, labels, 200000, by_example, by_class);
    double chi_squared = 0.0, expected = (double)by_class[3] / 73.0;
    for (int j = 0; j < K; j++) {
        ck_assert_int_le(llabs(by_class[j] - (COUNTS[j] > 0 ? 50000 : 0)), COUNTS[j] > 0 ? 775 : 0);
    }
    for (int i = 0; i < N; i++) {
        ck_assert_int_gt(by_example[i], 0);
        chi_squared +=
            labels[i] == 3 ? ((double)by_example[i] - expected) * ((double)by_example[i] - expected) / expected : 0;
    }
    ck_assert_double_lt(chi_squared, 120.0);
}
END_TEST

/* The documented rule, with a linear search over exact class masses (weights that are powers of two). */
START_TEST(test_draws_equal_the_documented_rule)
{
    int32_t labels[N];
    const double weights[K] = {0.25, 2.0, 1.0, 0.5, 16.0};
    double mass = 0.0;
    make_labels(labels);
    for (int j = 0; j < K; j++) {
        mass += weights[j] * (double)COUNTS[j];
    }
    const core_rng_key key = {77, CORE_RNG_SAMPLER};
    imb_sampler *sampler = make_sampler(labels, weights, 77);
    for (int64_t p = 0; p < 5000; p++) {
        double r = core_rng_uniform(key, (core_rng_counter){9, p, 0}), below = 0.0;
        int j = 0;
        while (j < K - 1 && r >= floor(0x1p53 * ((below + weights[j] * (double)COUNTS[j]) / mass)) / 0x1p53) {
            below += weights[j] * (double)COUNTS[j];
            j++;
        }
        int64_t which = core_rng_below(key, (core_rng_counter){9, p, 1}, COUNTS[j]), i = 0;
        while (labels[i] != j || which-- > 0) {
            i++;
        }
        ck_assert_int_eq(imb_sampler_draw(sampler, 9, p), i);
    }
}
END_TEST

START_TEST(test_epoch_is_its_draws_whatever_came_before)
{
    int32_t labels[N];
    const double weights[K] = {1.0, 2.0, 3.0, 4.0, 5.0};
    int64_t order[N], other[N];
    make_labels(labels);
    imb_sampler *a = make_sampler(labels, weights, 5), *b = make_sampler(labels, weights, 5);
    imb_sampler_epoch(a, 0, N, other);
    imb_sampler_epoch(a, 1, N, order);
    ck_assert_mem_ne(order, other, sizeof order);
    for (int64_t p = N - 1; p >= 0; p--) {
        ck_assert_int_eq(imb_sampler_draw(b, 1, p), order[p]);
    }
    imb_sampler *c = make_sampler(labels, weights, 6);
    imb_sampler_epoch(c, 1, N, other);
    ck_assert_mem_ne(order, other, sizeof order);
}
END_TEST

START_TEST(test_weightless_classes_are_never_drawn)
{
    int32_t labels[N];
    const double weights[K] = {0.0, 1.0, 1.0, 0.0, 0.0};
    make_labels(labels);
    imb_sampler *sampler = make_sampler(labels, weights, 2);
    for (int64_t p = 0; p < 20000; p++) {
        ck_assert_int_eq(labels[imb_sampler_draw(sampler, 0, p)], 1);
    }
}
END_TEST

START_TEST(test_one_example_is_always_drawn)
{
    imb_sampler *sampler = NULL;
    EXPECT_OK(create((const int32_t[]){1}, 1, (const double[]){1.0, 1e-300}, 2, 0, &sampler));
    ck_assert_int_eq(imb_sampler_draw(sampler, (INT64_C(1) << 32) - 1, (INT64_C(1) << 48) - 1), 0);
}
END_TEST

START_TEST(test_errors_leave_out)
{
    const int32_t labels[] = {0, 1, 1};
    imb_sampler *out = (imb_sampler *)&out;
    const double bad[] = {-1.0, (double)NAN, (double)INFINITY};
    for (int i = 0; i < 3; i++) {
        EXPECT_FAILURE(create(labels, 3, (const double[]){1.0, bad[i]}, 2, 0, &out), CORE_BAD_USAGE, "class 1 ");
    }
    const double ones[] = {1.0, 1.0}, zeros[] = {0.0, 0.0};
    EXPECT_FAILURE(create(labels, 3, zeros, 2, 0, &out), CORE_BAD_USAGE, "nothing to sample");
    EXPECT_FAILURE(create(labels, 0, ones, 2, 0, &out), CORE_BAD_USAGE, "nothing to sample");
    ck_assert_ptr_eq(out, &out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/sampler");
    ADD_CASE(suite, "oracle", test_draws_equal_the_documented_rule,
             test_inverse_frequency_balances_classes_and_examples);
    ADD_CASE(suite, "determinism", test_epoch_is_its_draws_whatever_came_before);
    ADD_CASE(suite, "limits", test_weightless_classes_are_never_drawn, test_one_example_is_always_drawn);
    ADD_CASE(suite, "errors", test_errors_leave_out);
    return run_suite(suite);
}

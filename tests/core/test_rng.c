#include "core/rng.h"

#include <math.h>
#include <stdbool.h>

#include "tests/support.h"

static const core_rng_key KEY = {0x0123456789abcdef, CORE_RNG_TEST};

static core_rng_counter at(int64_t position)
{
    return (core_rng_counter){.epoch = 3, .position = position, .index = 1};
}

/* Random123's kat_vectors, philox4x32 with 10 rounds. */
START_TEST(test_philox_known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
                 {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
                  {UINT32_MAX, UINT32_MAX},
                  {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
                 {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                  {0xa4093822, 0x299f31d0},
                  {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
    for (int i = 0; i < LENGTH(known); i++) {
        core_rng_block block = core_rng_philox(known[i].counter, known[i].key);
        ck_assert_mem_eq(block.word, known[i].answer, sizeof known[i].answer);
    }
}
END_TEST

/* The layout in the header: whoever changes it changes every result. */
START_TEST(test_draw_layout_is_frozen)
{
    core_rng_counter counter = {.epoch = 0xfedcba98, .position = 0x7654321012ab, .index = 0x89abcdef};
    const uint32_t words[4] = {0x89abcdef, 0x321012ab, 0xfedcba98, (uint32_t)CORE_RNG_TEST << 24 | 0x7654};
    const uint32_t seed[2] = {0x89abcdef, 0x01234567};
    core_rng_block wanted = core_rng_philox(words, seed), got = core_rng_draw(KEY, counter);
    ck_assert_mem_eq(got.word, wanted.word, sizeof wanted.word);
    ck_assert_int_eq(CORE_RNG_INIT, 1);
    ck_assert_int_eq(CORE_RNG_SPLIT, 7);
    ck_assert_int_eq(CORE_RNG_TEST, 10);
}
END_TEST

START_TEST(test_draw_differs_in_every_coordinate)
{
    core_rng_key other_seed = KEY, other_purpose = KEY;
    other_seed.seed ^= UINT64_C(1) << 63;
    other_purpose.purpose = CORE_RNG_ORDER;
    core_rng_block blocks[] = {core_rng_draw(KEY, (core_rng_counter){5, 6, 7}),
                               core_rng_draw(KEY, (core_rng_counter){4, 6, 7}),
                               core_rng_draw(KEY, (core_rng_counter){5, 6 + (INT64_C(1) << 40), 7}),
                               core_rng_draw(KEY, (core_rng_counter){5, 6, 8}),
                               core_rng_draw(other_seed, (core_rng_counter){5, 6, 7}),
                               core_rng_draw(other_purpose, (core_rng_counter){5, 6, 7})};
    for (int i = 0; i < LENGTH(blocks); i++) {
        for (int j = 0; j < i; j++) {
            ck_assert_mem_ne(blocks[i].word, blocks[j].word, sizeof blocks[i].word);
        }
    }
}
END_TEST

/* Pearson's statistic of `draws` draws over `count` equally likely bins. */
static double chi_square(const int64_t *bins, int count, int64_t draws)
{
    double wanted = (double)draws / count, sum = 0;
    for (int b = 0; b < count; b++) {
        sum += ((double)bins[b] - wanted) * ((double)bins[b] - wanted) / wanted;
    }
    return sum;
}

START_TEST(test_uniform_is_uniform)
{
    enum { N = 100000, BINS = 100 }; /* bins of 0.01 */
    int64_t bins[BINS] = {0};
    for (int64_t i = 0; i < N; i++) {
        double u = core_rng_uniform(KEY, at(i));
        ck_assert(u >= 0 && u < 1 && u * 0x1p53 == floor(u * 0x1p53));
        bins[(int)(u * 100)]++;
    }
    double chi2 = chi_square(bins, BINS, N);
    ck_assert_msg(chi2 > 50 && chi2 < 160, "chi2 %.1f", chi2); /* 99 degrees of freedom: 5 sigma about either way */
}
END_TEST

/* The plain reading: 64 bits at a time, the high half of bits * n, refused while the low half is below 2^64 mod n. */
static int64_t slow_below(uint64_t position, uint64_t n, int *refusals)
{
    for (uint32_t retry = 0;; retry++) {
        const uint32_t words[4] = {1, (uint32_t)position, 3, (uint32_t)CORE_RNG_TEST << 24 | retry << 16};
        const uint32_t seed[2] = {0x89abcdef, 0x01234567};
        core_rng_block block = core_rng_philox(words, seed);
        for (int half = 0; half < 2; half++) {
            uint64_t bits = block.word[2 * half] + ((uint64_t)block.word[2 * half + 1] << 32);
            unsigned __int128 product = (unsigned __int128)bits * n, modulus = ((unsigned __int128)1 << 64) % n;
            if ((uint64_t)product >= (uint64_t)modulus) {
                return (int64_t)(product >> 64);
            }
            ++*refusals;
        }
    }
}

START_TEST(test_below_refuses_what_would_bias)
{
    const int64_t sizes[] = {1, 2, 10, 50000, (INT64_C(1) << 62) + 12345, (INT64_C(5) << 60) + 7, INT64_MAX};
    int refusals = 0;
    for (int s = 0; s < LENGTH(sizes); s++) {
        for (int64_t i = 0; i < 500; i++) {
            int64_t got = core_rng_below(KEY, at(i), sizes[s]);
            ck_assert(got >= 0 && got < sizes[s]);
            ck_assert_int_eq(got, slow_below((uint64_t)i, (uint64_t)sizes[s], &refusals));
        }
    }
    ck_assert_int_gt(refusals, 200); /* the big sizes refuse a fifth and more, also twice in one block */
}
END_TEST

START_TEST(test_below_is_uniform)
{
    enum { N = 120000, SIDES = 12 };
    int64_t bins[SIDES] = {0};
    for (int64_t i = 0; i < N; i++) {
        bins[core_rng_below(KEY, at(i), SIDES)]++;
    }
    double chi2 = chi_square(bins, SIDES, N);
    ck_assert_msg(chi2 < 40, "chi2 %.1f", chi2); /* 11 degrees of freedom: 1 in 30000 */
}
END_TEST

/* P(Z <= z) of the quantile is p again. In the tail a relative error e of z is z^2 e of p. */
START_TEST(test_normal_quantile_inverts_the_distribution)
{
    double worst = 0;
    for (int64_t i = 0; i < 50000; i++) {
        double p = i % 2 == 0 ? core_rng_uniform(KEY, at(i)) / 2 : ldexp(0.51 + 0.4e-5 * (double)i, -(int)(i % 70));
        p = fmin(p, 0.5);
        double z = core_rng_normal_quantile(p);
        long double back = erfcl(-(long double)z / sqrtl(2.0L)) / 2;
        worst = larger_error(worst, (double)fabsl(back / (long double)p - 1) / (1 + z * z));
        ck_assert_double_eq(core_rng_normal_quantile(1 - p), -core_rng_normal_quantile(1 - (1 - p)));
    }
    ck_assert_msg(worst < 1.5e-15, "relative error %.2e", worst);
}
END_TEST

START_TEST(test_normal_quantile_limits)
{
    ck_assert_double_eq(core_rng_normal_quantile(0.5), 0);
    ck_assert_double_eq(core_rng_normal_quantile(0), -HUGE_VAL);
    ck_assert_double_eq(core_rng_normal_quantile(1), HUGE_VAL);
    ck_assert(isnan(core_rng_normal_quantile(-0.1)) && isnan(core_rng_normal_quantile(1.1)));
    ck_assert(isnan(core_rng_normal_quantile((double)NAN)));
    ck_assert_double_eq_tol(core_rng_normal_quantile(0x1p-1074), -38.467405617144346, 1e-12);
}
END_TEST

START_TEST(test_normal_moments)
{
    const int64_t draws = 200000;
    const double N = (double)draws;
    double sum[5] = {0};
    for (int64_t i = 0; i < draws; i++) {
        double z = core_rng_normal(KEY, at(i)), power = z;
        ck_assert(fabs(z) < 8.3);
        for (int k = 1; k <= 4; k++, power *= z) {
            sum[k] += power / N;
        }
    }
    /* Five standard errors: sqrt(1, 2, 15, 96) / sqrt(N). */
    ck_assert_double_eq_tol(sum[1], 0, 5 * sqrt(1.0 / N));
    ck_assert_double_eq_tol(sum[2], 1, 5 * sqrt(2.0 / N));
    ck_assert_double_eq_tol(sum[3], 0, 5 * sqrt(15.0 / N));
    ck_assert_double_eq_tol(sum[4], 3, 5 * sqrt(96.0 / N));
}
END_TEST

START_TEST(test_permutation_is_one)
{
    enum { N = 12406 };
    static int64_t order[N];
    static bool seen[N];
    core_rng_permutation(KEY, 17, N, order);
    int64_t fixed = 0;
    for (int64_t i = 0; i < N; i++) {
        ck_assert(order[i] >= 0 && order[i] < N && !seen[order[i]]);
        seen[order[i]] = true;
        fixed += order[i] == i;
    }
    ck_assert_int_lt(fixed, 10); /* Poisson with mean 1 */
    core_rng_permutation(KEY, 17, 0, NULL);
    core_rng_permutation(KEY, 17, 1, order);
    ck_assert_int_eq(order[0], 0);
}
END_TEST

START_TEST(test_permutations_of_four_are_equally_likely)
{
    enum { N = 24000 };
    int64_t seen[256] = {0}, kinds = 0;
    for (int64_t epoch = 0; epoch < N; epoch++) {
        int64_t order[4];
        core_rng_permutation(KEY, epoch, 4, order);
        seen[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    double chi2 = 0;
    for (int i = 0; i < 256; i++) {
        kinds += seen[i] > 0;
        chi2 += seen[i] > 0 ? (double)((seen[i] - 1000) * (seen[i] - 1000)) / 1000 : 0;
    }
    ck_assert_int_eq(kinds, 24);
    ck_assert_msg(chi2 < 60, "chi2 %.1f", chi2); /* 23 degrees of freedom: 1 in 30000 */
}
END_TEST

/* Values of today, so that a change of any rule is seen. */
START_TEST(test_results_are_frozen)
{
    const int64_t wanted[8] = {4, 6, 1, 7, 3, 5, 2, 0};
    int64_t order[8];
    core_rng_permutation((core_rng_key){0, CORE_RNG_ORDER}, 0, 8, order);
    ck_assert_mem_eq(order, wanted, sizeof wanted);
    ck_assert_double_eq(core_rng_uniform(KEY, at(0)), 0x1.0caf22bc24d8p-5);
    ck_assert_double_eq(core_rng_normal(KEY, at(0)), -0x1.d756e3f1667bep+0);
    ck_assert_double_eq(core_rng_normal(KEY, at(1)), 0x1.1dd6037d440b9p+0);
    ck_assert_int_eq(core_rng_below(KEY, at(0), 1000003), 32798);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/rng");
    ADD_CASE(suite, "oracle", test_philox_known_answers, test_uniform_is_uniform, test_below_refuses_what_would_bias,
             test_below_is_uniform, test_normal_quantile_inverts_the_distribution, test_normal_moments,
             test_permutations_of_four_are_equally_likely);
    ADD_CASE(suite, "limits", test_normal_quantile_limits, test_permutation_is_one);
    ADD_CASE(suite, "determinism", test_draw_layout_is_frozen, test_draw_differs_in_every_coordinate,
             test_results_are_frozen);
    return run_suite(suite);
}

#include "imbalance/profile.h"

#include "tests/imbalance/support.h"

typedef struct {
    imb_profile_kind kind;
    int64_t n_max;
    double rho, mu;
    int64_t K, counts[100];
} golden_profile;

#include "tests/golden/imb_profile.inc"

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

START_TEST(test_counts_equal_python)
{
    const golden_profile *g = &GOLDEN_PROFILE[_i];
    imb_profile profile = {g->kind, g->rho, g->mu};
    int64_t counts[100];
    EXPECT_OK(imb_profile_counts(&profile, g->n_max, g->K, counts));
    for (int64_t j = 0; j < g->K; j++) {
        ck_assert_msg(counts[j] == g->counts[j], "rho %g K %d: class %d has %d, Python %d", g->rho, (int)g->K, (int)j,
                      (int)counts[j], (int)g->counts[j]);
    }
}
END_TEST

/* Hundreds of thousands of counts, most of the profiles made of whole powers, where truncation hangs on the last bit.
 */
START_TEST(test_counts_equal_python_where_truncation_is_at_stake)
{
    int64_t K = SWEEP_K[_i], counts[1000];
    uint64_t digest = 0;
    for (int r = 0; r < LENGTH(SWEEP_RHO); r++) {
        for (int m = 0; m < LENGTH(SWEEP_N); m++) {
            imb_profile profile = {IMB_LONG_TAILED, SWEEP_RHO[r], 0.5};
            if (imb_profile_counts(&profile, SWEEP_N[m], K, counts) == CORE_OK) {
                for (int64_t j = 0; j < K; j++) {
                    digest = (digest ^ (uint64_t)counts[j]) * 0x100000001b3u;
                }
            }
        }
    }
    ck_assert_uint_eq(digest, SWEEP_DIGEST[_i]);
}
END_TEST

START_TEST(test_counts_of_papers_long_tailed_cifar10)
{
    const int64_t wanted[10] = {5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50};
    int64_t counts[10], sum = 0;
    EXPECT_OK(imb_profile_counts(&(imb_profile){IMB_LONG_TAILED, 100.0, 0.5}, 5000, 10, counts));
    for (int j = 0; j < 10; j++) {
        ck_assert_int_eq(counts[j], wanted[j]);
        sum += counts[j];
    }
    ck_assert_int_eq(sum, 12406);
}
END_TEST

START_TEST(test_sizes_of_papers_data_sets)
{
    const struct {
        imb_profile_kind kind;
        double rho;
        int64_t n_max, K, size;
    } sets[] = {{IMB_LONG_TAILED, 10, 5000, 10, 20431}, {IMB_LONG_TAILED, 100, 500, 100, 10847},
                {IMB_LONG_TAILED, 10, 500, 100, 19573}, {IMB_STEP, 100, 5000, 10, 25250},
                {IMB_STEP, 10, 5000, 10, 27500},        {IMB_STEP, 100, 500, 100, 25250},
                {IMB_STEP, 10, 500, 100, 27500},        {IMB_LONG_TAILED, 100, 500, 200, 21549},
                {IMB_LONG_TAILED, 10, 500, 200, 39072}, {IMB_STEP, 100, 500, 200, 50500},
                {IMB_STEP, 10, 500, 200, 55000}};
    for (int s = 0; s < LENGTH(sets); s++) {
        int64_t counts[200], sum = 0;
        EXPECT_OK(imb_profile_counts(&(imb_profile){sets[s].kind, sets[s].rho, 0.5}, sets[s].n_max, sets[s].K, counts));
        for (int64_t j = 0; j < sets[s].K; j++) {
            sum += counts[j];
        }
        ck_assert_int_eq(sum, sets[s].size);
    }
}
END_TEST

START_TEST(test_counts_of_largest_size_never_grow)
{
    int64_t *counts = calloc(10000, sizeof *counts);
    EXPECT_OK(imb_profile_counts(&(imb_profile){IMB_LONG_TAILED, 873.19, 0.5}, 1000000, 10000, counts));
    ck_assert_int_eq(counts[0], 1000000);
    ck_assert_int_eq(counts[9999], 1145);
    for (int j = 1; j < 10000; j++) {
        ck_assert_int_le(counts[j], counts[j - 1]);
    }
    free(counts);
}
END_TEST

START_TEST(test_rho_one_keeps_everything)
{
    for (int kind = IMB_LONG_TAILED; kind <= IMB_STEP; kind++) {
        int64_t counts[7];
        EXPECT_OK(imb_profile_counts(&(imb_profile){(imb_profile_kind)kind, 1.0, 0.3}, 23, 7, counts));
        for (int j = 0; j < 7; j++) {
            ck_assert_int_eq(counts[j], 23);
        }
    }
}
END_TEST

static void expect_bad(imb_profile profile, int64_t n_max, int64_t K, const char *word)
{
    int64_t counts[16];
    memset(counts, 0x5a, sizeof counts);
    EXPECT_FAILURE(imb_profile_counts(&profile, n_max, K, counts), CORE_BAD_USAGE, word);
    for (int j = 0; j < 16; j++) {
        ck_assert_int_eq(counts[j], 0x5a5a5a5a5a5a5a5a);
    }
}

START_TEST(test_rho_out_of_range_is_refused)
{
    const double bad[] = {0.99999, 0.0, -3.0, (double)NAN, (double)INFINITY};
    for (int i = 0; i < LENGTH(bad); i++) {
        expect_bad((imb_profile){IMB_LONG_TAILED, bad[i], 0.5}, 5000, 10, "rho");
        expect_bad((imb_profile){IMB_STEP, bad[i], 0.5}, 5000, 10, "rho");
    }
}
END_TEST

START_TEST(test_mu_out_of_range_is_refused_for_step_only)
{
    const double bad[] = {0.0, 1.0, -0.1, 1.7, (double)NAN};
    int64_t counts[10];
    for (int i = 0; i < LENGTH(bad); i++) {
        expect_bad((imb_profile){IMB_STEP, 10.0, bad[i]}, 5000, 10, "mu");
        EXPECT_OK(imb_profile_counts(&(imb_profile){IMB_LONG_TAILED, 10.0, bad[i]}, 5000, 10, counts));
    }
}
END_TEST

START_TEST(test_empty_class_is_named)
{
    expect_bad((imb_profile){IMB_LONG_TAILED, 100.0, 0.5}, 50, 10, "class 8 ");
    expect_bad((imb_profile){IMB_STEP, 51.0, 0.3}, 50, 10, "class 7 ");
}
END_TEST

START_TEST(test_sizes_out_of_range_are_refused)
{
    expect_bad((imb_profile){IMB_LONG_TAILED, 10.0, 0.5}, 5000, 1, "2 classes");
    expect_bad((imb_profile){IMB_STEP, 10.0, 0.5}, 0, 10, "largest class");
    expect_bad((imb_profile){IMB_STEP, 10.0, 0.5}, INT64_MAX, 10, "largest class");
}
END_TEST

START_TEST(test_names_round_trip)
{
    for (int kind = IMB_LONG_TAILED; kind <= IMB_STEP; kind++) {
        imb_profile_kind read = (imb_profile_kind)(1 - kind);
        EXPECT_OK(imb_profile_parse(imb_profile_name((imb_profile_kind)kind), &read));
        ck_assert_int_eq(read, kind);
    }
    imb_profile_kind kept = IMB_STEP;
    EXPECT_FAILURE(imb_profile_parse("longtailed", &kept), CORE_BAD_USAGE, "long-tailed or step");
    ck_assert_int_eq(kept, IMB_STEP);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/profile");
    TCase *golden = tcase_create("golden");
    tcase_set_timeout(golden, 120.0);
    tcase_add_loop_test(golden, test_counts_equal_python, 0, LENGTH(GOLDEN_PROFILE));
    tcase_add_loop_test(golden, test_counts_equal_python_where_truncation_is_at_stake, 0, LENGTH(SWEEP_K));
    suite_add_tcase(suite, golden);
    ADD_CASE(suite, "oracle", test_counts_of_papers_long_tailed_cifar10, test_sizes_of_papers_data_sets,
             test_names_round_trip);
    ADD_CASE(suite, "limits", test_counts_of_largest_size_never_grow, test_rho_one_keeps_everything);
    ADD_CASE(suite, "errors", test_rho_out_of_range_is_refused, test_mu_out_of_range_is_refused_for_step_only,
             test_empty_class_is_named, test_sizes_out_of_range_are_refused);
    return run_suite(suite);
}

#include "imbalance/subset.h"

#include "imbalance/profile.h"
#include "tests/imbalance/support.h"

typedef int32_t (*label_formula)(int64_t i, int64_t N, int64_t K);

static int32_t labels_balanced(int64_t i, int64_t N, int64_t K) { return (int32_t)((i * 7919 + 13) % N % K); }

static int32_t labels_uneven(int64_t i, int64_t N, int64_t K)
{
    (void)N;
    return (int32_t)((i * 2654435761 % (INT64_C(1) << 32) >> 7) % (K + K / 2) % K);
}

typedef struct {
    label_formula labels;
    int64_t N, K;
    imb_profile_kind kind;
    double rho, mu;
    uint32_t split_seed;
    int64_t n_max, n, ends[8];
    const char *sha256;
} golden_subset;

#include "tests/golden/imb_subset.inc"

static int32_t *make_labels(label_formula formula, int64_t N, int64_t K)
{
    int32_t *labels = calloc((size_t)N, sizeof *labels);
    for (int64_t i = 0; i < N; i++) {
        labels[i] = formula(i, N, K);
    }
    return labels;
}

START_TEST(test_subset_equals_numpy)
{
    const golden_subset *g = &GOLDEN_SUBSET[_i];
    int32_t *labels = make_labels(g->labels, g->N, g->K);
    int64_t counts[100], *index = calloc((size_t)g->n, sizeof *index), n = 0;
    EXPECT_OK(imb_profile_counts(&(imb_profile){g->kind, g->rho, g->mu}, g->n_max, g->K, counts));
    for (int64_t j = 0; j < g->K; j++) {
        n += counts[j];
    }
    ck_assert_int_eq(n, g->n);
    EXPECT_OK(imb_subset_draw(labels, g->N, g->K, counts, g->split_seed, index));
    for (int e = 0; e < 4; e++) {
        ck_assert_int_eq(index[e], g->ends[e]);
        ck_assert_int_eq(index[n - 4 + e], g->ends[4 + e]);
    }
    char hex[65];
    imb_subset_sha256(index, n, hex);
    ck_assert_str_eq(hex, g->sha256);
    free(index);
    free(labels);
}
END_TEST

START_TEST(test_subset_keeps_each_example_once_class_by_class)
{
    enum { N = 997, K = 6 };
    const int64_t counts[K] = {90, 31, 0, 17, 4, 1};
    int32_t *labels = make_labels(labels_uneven, N, K);
    int64_t index[143];
    bool seen[N] = {false};
    EXPECT_OK(imb_subset_draw(labels, N, K, counts, 3, index));
    int64_t at = 0;
    for (int j = 0; j < K; j++) {
        for (int64_t c = 0; c < counts[j]; c++, at++) {
            ck_assert_int_eq(labels[index[at]], j);
            ck_assert(!seen[index[at]]);
            seen[index[at]] = true;
        }
    }
    free(labels);
}
END_TEST

START_TEST(test_subset_of_one_example)
{
    int64_t index = -1;
    EXPECT_OK(imb_subset_draw((const int32_t[]){1}, 1, 2, (const int64_t[]){0, 1}, 0, &index));
    ck_assert_int_eq(index, 0);
}
END_TEST

START_TEST(test_another_seed_gives_another_subset)
{
    enum { N = 400, K = 2 };
    const int64_t counts[K] = {150, 20};
    int32_t *labels = make_labels(labels_balanced, N, K);
    int64_t a[170], b[170];
    EXPECT_OK(imb_subset_draw(labels, N, K, counts, 0, a));
    EXPECT_OK(imb_subset_draw(labels, N, K, counts, 1, b));
    ck_assert_mem_ne(a, b, sizeof a);
    free(labels);
}
END_TEST

START_TEST(test_errors_name_the_class_and_leave_the_index)
{
    const int32_t labels[] = {0, 1, 1, 0, 1, 2};
    int64_t index[6] = {-7, -7, -7, -7, -7, -7};
    EXPECT_FAILURE(imb_subset_draw(labels, 6, 3, (const int64_t[]){2, 4, 0}, 0, index), CORE_BAD_USAGE,
                   "class 1 has 3 examples; the imbalance asks for 4");
    EXPECT_FAILURE(imb_subset_draw(labels, 6, 3, (const int64_t[]){2, 1, -1}, 0, index), CORE_BAD_USAGE, "class 2");
    EXPECT_FAILURE(imb_subset_draw(labels, 6, 2, (const int64_t[]){2, 1}, 0, index), CORE_BAD_FILE, "example 5 is 2");
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(index[i], -7);
    }
}
END_TEST

START_TEST(test_digest_of_nothing_is_sha256_of_nothing)
{
    char hex[65];
    imb_subset_sha256(NULL, 0, hex);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/subset");
    TCase *golden = tcase_create("golden");
    tcase_add_loop_test(golden, test_subset_equals_numpy, 0, (int)(sizeof GOLDEN_SUBSET / sizeof *GOLDEN_SUBSET));
    suite_add_tcase(suite, golden);
    ADD_CASE(suite, "properties", test_subset_keeps_each_example_once_class_by_class,
             test_another_seed_gives_another_subset);
    ADD_CASE(suite, "limits", test_subset_of_one_example, test_digest_of_nothing_is_sha256_of_nothing);
    ADD_CASE(suite, "errors", test_errors_name_the_class_and_leave_the_index);
    return run_suite(suite);
}

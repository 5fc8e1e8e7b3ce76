#include "imbalance/subset.h"

#include "core/rng.h"
#include "imbalance/classes.h"
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

/* The paper's IMDB: 12,500 negative reviews, then as many positive ones; by hand from the permutation itself. */
START_TEST(test_removal_takes_the_first_of_the_permutation_and_keeps_file_order)
{
    enum { N = 25000, CLASS = 12500, KEPT = 1250 };
    static int32_t labels[N];
    static int64_t index[KEPT + CLASS], order[CLASS];
    static bool gone[CLASS];
    const imb_removal removal = {.removed_class = 0, .remove_frac = 0.9, .split_seed = 5};
    int64_t counts[2] = {CLASS, CLASS}, at = 0;
    for (int64_t i = CLASS; i < N; i++) {
        labels[i] = 1;
    }
    EXPECT_OK(imb_removal_counts(&removal, 2, counts));
    ck_assert_int_eq(counts[0], KEPT);
    ck_assert_int_eq(counts[1], CLASS);
    EXPECT_OK(imb_subset_remove(&removal, labels, N, 2, counts, index));
    core_rng_permutation((core_rng_key){5, CORE_RNG_SPLIT}, INT64_C(1) << 31, CLASS, order);
    for (int64_t i = 0; i < CLASS - KEPT; i++) {
        gone[order[i]] = true;
    }
    for (int64_t i = 0; i < N; i++) {
        if (i >= CLASS || !gone[i]) {
            ck_assert_int_eq(index[at++], i);
        }
    }
    ck_assert_int_eq(at, KEPT + CLASS);
}
END_TEST

START_TEST(test_removal_of_a_middle_class_leaves_the_others)
{
    enum { N = 997, K = 6 };
    int32_t *labels = make_labels(labels_uneven, N, K);
    int64_t all[K], counts[K], found[K] = {0}, index[N], other[N];
    imb_removal removal = {.removed_class = 3, .remove_frac = 0.37};
    EXPECT_OK(imb_class_counts(labels, N, K, all));
    memcpy(counts, all, sizeof counts);
    EXPECT_OK(imb_removal_counts(&removal, K, counts));
    ck_assert_int_eq(counts[3], all[3] - (int64_t)(0.37 * (double)all[3] + 0.5));
    int64_t n = N - all[3] + counts[3];
    EXPECT_OK(imb_subset_remove(&removal, labels, N, K, counts, index));
    for (int64_t i = 0; i < n; i++) {
        found[labels[index[i]]]++;
        ck_assert(i == 0 || index[i - 1] < index[i]);
    }
    ck_assert_mem_eq(found, counts, sizeof found);
    removal.split_seed = 1;
    EXPECT_OK(imb_subset_remove(&removal, labels, N, K, counts, other));
    ck_assert_mem_ne(index, other, (size_t)n * sizeof *index);
    free(labels);
}
END_TEST

START_TEST(test_removal_of_nothing_keeps_everything)
{
    const int32_t labels[] = {1, 0, 1};
    int64_t counts[2] = {1, 2}, index[3];
    const imb_removal removal = {.removed_class = 1, .remove_frac = 0.0};
    EXPECT_OK(imb_removal_counts(&removal, 2, counts));
    EXPECT_OK(imb_subset_remove(&removal, labels, 3, 2, counts, index));
    ck_assert(index[0] == 0 && index[1] == 1 && index[2] == 2);
}
END_TEST

START_TEST(test_removal_errors_change_nothing)
{
    static const struct {
        imb_removal removal;
        const char *words;
    } bad[] = {{{.removed_class = 2, .remove_frac = 0.5}, "class 2 cannot lose examples; expected a class in 0..1"},
               {{.removed_class = -1, .remove_frac = 0.5}, "class -1"},
               {{.removed_class = 0, .remove_frac = 1.0}, "the fraction to remove is 1"},
               {{.removed_class = 0, .remove_frac = -0.1}, "the fraction to remove is -0.1"},
               {{.removed_class = 0, .remove_frac = (double)NAN}, "the fraction to remove"},
               {{.removed_class = 0, .remove_frac = 0.9}, "class 0 would be empty: 0.9 of its 5 examples removed"}};
    const int32_t labels[] = {0, 0, 1, 0, 0, 0, 1, 2};
    int64_t counts[2] = {5, 4711}, index[8] = {-7};
    for (int i = 0; i < (int)(sizeof bad / sizeof bad[0]); i++) {
        EXPECT_FAILURE(imb_removal_counts(&bad[i].removal, 2, counts), CORE_BAD_USAGE, bad[i].words);
        ck_assert(counts[0] == 5 && counts[1] == 4711);
    }
    const imb_removal removal = {.removed_class = 0, .remove_frac = 0.5};
    EXPECT_FAILURE(imb_subset_remove(&removal, labels, 8, 2, counts, index), CORE_BAD_FILE, "label of example 7 is 2");
    EXPECT_FAILURE(imb_subset_remove(&removal, labels, 7, 2, counts, index), CORE_BAD_USAGE, "class 1 has 2 examples");
    counts[0] = 6;
    EXPECT_FAILURE(imb_subset_remove(&removal, labels, 7, 2, counts, index), CORE_BAD_USAGE, "class 0 has 5 examples");
    ck_assert_int_eq(index[0], -7);
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
    ADD_CASE(suite, "removal", test_removal_takes_the_first_of_the_permutation_and_keeps_file_order,
             test_removal_of_a_middle_class_leaves_the_others, test_removal_of_nothing_keeps_everything,
             test_removal_errors_change_nothing);
    ADD_CASE(suite, "errors", test_errors_name_the_class_and_leave_the_index);
    return run_suite(suite);
}

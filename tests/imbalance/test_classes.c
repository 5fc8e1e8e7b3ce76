#include "imbalance/classes.h"

#include "tests/imbalance/support.h"

static core_arena arena;

static void free_arena(void) { core_arena_free(&arena); }

START_TEST(test_class_counts_count)
{
    const int32_t labels[] = {2, 0, 2, 3, 2};
    int64_t counts[5];
    EXPECT_OK(imb_class_counts(labels, 5, 5, counts));
    const int64_t wanted[5] = {1, 0, 3, 1, 0};
    ck_assert_mem_eq(counts, wanted, sizeof wanted);
}
END_TEST

START_TEST(test_class_counts_name_a_bad_label)
{
    int64_t counts[4] = {7, 7, 7, 7};
    EXPECT_FAILURE(imb_class_counts((const int32_t[]){1, 0, 4}, 3, 4, counts), CORE_BAD_FILE, "example 2 is 4");
    EXPECT_FAILURE(imb_class_counts((const int32_t[]){-1}, 1, 4, counts), CORE_BAD_FILE, "example 0 is -1");
    for (int j = 0; j < 4; j++) {
        ck_assert_int_eq(counts[j], 7);
    }
}
END_TEST

START_TEST(test_members_are_in_the_order_of_the_labels)
{
    const int32_t labels[] = {2, 0, 2, 3, 2};
    imb_classes classes;
    EXPECT_OK(imb_classes_group(labels, 5, 5, &arena, &classes));
    const int64_t begin[6] = {0, 1, 1, 4, 5, 5}, member[5] = {1, 0, 2, 4, 3};
    ck_assert_mem_eq(classes.begin, begin, sizeof begin);
    ck_assert_mem_eq(classes.member, member, sizeof member);
}
END_TEST

START_TEST(test_a_share_leaves_one_and_takes_one)
{
    ck_assert_int_eq(imb_class_share(0.37, 100), 37);
    ck_assert_int_eq(imb_class_share(0.5, 7), 4);
    ck_assert_int_eq(imb_class_share(0.01, 20), 1);
    ck_assert_int_eq(imb_class_share(0.99, 20), 19);
    ck_assert_int_eq(imb_class_share(0.5, 1), 0);
}
END_TEST

/* The slow way: of each class by itself the places that the permutation puts first. */
START_TEST(test_drawn_examples_are_the_first_of_a_permutation)
{
    enum { N = 97, K = 4 };
    const core_rng_key key = {.seed = 77, .purpose = CORE_RNG_PROBE};
    const int64_t take[K] = {5, 0, 3, 11};
    int32_t labels[N];
    bool *marked, wanted[N] = {false};
    for (int i = 0; i < N; i++) {
        labels[i] = i * i % 13 % K;
    }
    for (int64_t k = 0; k < K; k++) {
        int64_t places[N], order[N], n_k = 0;
        for (int64_t i = 0; i < N; i++) {
            places[n_k] = i;
            n_k += labels[i] == k;
        }
        ck_assert_int_lt(take[k], n_k);
        core_rng_permutation(key, k, n_k, order);
        for (int64_t i = 0; i < take[k]; i++) {
            wanted[places[order[i]]] = true;
        }
    }
    EXPECT_OK(imb_classes_draw(labels, N, K, take, key, &arena, &marked));
    ck_assert_mem_eq(marked, wanted, sizeof wanted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/classes");
    TCase *oracle = tcase_create("oracle");
    tcase_add_checked_fixture(oracle, NULL, free_arena);
    tcase_add_test(oracle, test_class_counts_count);
    tcase_add_test(oracle, test_members_are_in_the_order_of_the_labels);
    tcase_add_test(oracle, test_a_share_leaves_one_and_takes_one);
    tcase_add_test(oracle, test_drawn_examples_are_the_first_of_a_permutation);
    suite_add_tcase(suite, oracle);
    ADD_CASE(suite, "errors", test_class_counts_name_a_bad_label);
    return run_suite(suite);
}

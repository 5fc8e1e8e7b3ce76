#include "imbalance/target_set.h"

#include "core/rng.h"
#include "imbalance/margins.h"
#include "tests/imbalance/support.h"

static const imb_profile long_tailed = {.kind = IMB_LONG_TAILED, .rho = 100};

START_TEST(test_order_0_is_the_order_of_the_training_classes)
{
    const int64_t wanted[] = {1000, 599, 359, 215, 129, 77, 46, 27, 16, 10};
    int64_t counts[10];
    EXPECT_OK(imb_test_counts(&long_tailed, 0, 10, counts));
    for (int k = 0; k < 10; k++) {
        ck_assert_int_eq(counts[k], wanted[k]);
    }
}
END_TEST

START_TEST(test_other_orders_are_the_frozen_permutations)
{
    const int64_t wanted[2][10] = {{1000, 359, 599, 77, 129, 215, 10, 46, 27, 16},
                                   {27, 215, 1000, 77, 46, 359, 16, 129, 599, 10}};
    int64_t counts[10], sorted[10], place[10];
    EXPECT_OK(imb_test_counts(&long_tailed, 0, 10, sorted));
    for (int64_t order = 1; order <= 2; order++) {
        EXPECT_OK(imb_test_counts(&long_tailed, order, 10, counts));
        core_rng_permutation((core_rng_key){(uint64_t)order, CORE_RNG_TEST_ORDER}, 0, 10, place);
        for (int k = 0; k < 10; k++) {
            ck_assert_int_eq(counts[k], wanted[order - 1][k]);
            ck_assert_int_eq(counts[place[k]], sorted[k]);
        }
    }
}
END_TEST

START_TEST(test_step_has_as_many_rare_classes_as_the_training_set)
{
    const imb_profile step = {.kind = IMB_STEP, .rho = 10, .mu = 0.25};
    int64_t counts[8], rare = 0;
    EXPECT_OK(imb_test_counts(&step, 5, 8, counts));
    for (int k = 0; k < 8; k++) {
        ck_assert(counts[k] == 100 || counts[k] == 1000);
        rare += counts[k] == 100;
    }
    ck_assert_int_eq(rare, 2);
}
END_TEST

START_TEST(test_margins_by_hand)
{
    double margins[3]; /* n'/n: 1/16, 1, 256/81 */
    EXPECT_OK(imb_test_margins((const int64_t[]){160, 7, 81}, (const int64_t[]){10, 7, 256}, 3, 0.5, margins));
    ck_assert_double_eq_tol(margins[0], 0.5 * 0.5 * 3 / 4, 1e-16);
    ck_assert_double_eq_tol(margins[1], 0.5 * 3 / 4, 1e-16);
    ck_assert_double_eq(margins[2], 0.5);
}
END_TEST

START_TEST(test_a_balanced_test_set_has_the_ldam_margins)
{
    const int64_t counts[] = {5000, 645, 50}, equal[] = {1000, 1000, 1000};
    double margins[3], ldam[3];
    EXPECT_OK(imb_test_margins(counts, equal, 3, 0.5, margins));
    EXPECT_OK(imb_ldam_margins(counts, 3, 0.5, ldam));
    for (int k = 0; k < 3; k++) {
        ck_assert_double_eq_tol(margins[k], ldam[k], 1e-15);
    }
}
END_TEST

START_TEST(test_weights_by_hand)
{
    double weights[] = {0.5, 2.5, 7};
    imb_test_weights((const int64_t[]){30, 2, 10}, 3, weights); /* 15, 5, 70 of 90, times 10 */
    ck_assert_double_eq_tol(weights[0], 15.0 / 9, 1e-15);
    ck_assert_double_eq_tol(weights[1], 5.0 / 9, 1e-15);
    ck_assert_double_eq_tol(weights[2], 70.0 / 9, 1e-14);
}
END_TEST

START_TEST(test_errors_leave_the_outputs)
{
    const imb_profile bad = {.kind = IMB_LONG_TAILED, .rho = 2000};
    int64_t counts[2] = {-7, -7};
    double margins[2] = {-7, -7};
    EXPECT_FAILURE(imb_test_counts(&bad, 1, 2, counts), CORE_BAD_USAGE, "class 1");
    EXPECT_FAILURE(imb_test_margins((const int64_t[]){2, 1}, (const int64_t[]){2, 0}, 2, 0.5, margins), CORE_BAD_USAGE,
                   "class 1 ");
    EXPECT_FAILURE(imb_test_margins((const int64_t[]){2, 1}, (const int64_t[]){2, 1}, 2, -1, margins), CORE_BAD_USAGE,
                   "margin");
    ck_assert(counts[0] + counts[1] == -14 && margins[0] + margins[1] == -14);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/target_set");
    ADD_CASE(suite, "oracle", test_order_0_is_the_order_of_the_training_classes,
             test_other_orders_are_the_frozen_permutations, test_step_has_as_many_rare_classes_as_the_training_set,
             test_margins_by_hand, test_a_balanced_test_set_has_the_ldam_margins, test_weights_by_hand);
    ADD_CASE(suite, "errors", test_errors_leave_the_outputs);
    return run_suite(suite);
}

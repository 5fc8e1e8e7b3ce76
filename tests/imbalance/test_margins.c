#include "imbalance/margins.h"

#include "tests/imbalance/support.h"

START_TEST(test_ldam_margins_by_hand)
{
    double margins[4];
    EXPECT_OK(imb_ldam_margins((const int64_t[]){48, 3, 243, 768}, 4, 0.5, margins));
    ck_assert_double_eq(margins[0], 0.25); /* (3/48)^(1/4) = 1/2 */
    ck_assert_double_eq(margins[1], 0.5);
    ck_assert_double_eq_tol(margins[2], 0.5 / 3.0, 1e-16);
    ck_assert_double_eq(margins[3], 0.125);
}
END_TEST

START_TEST(test_balanced_classes_all_get_the_largest)
{
    double margins[3];
    EXPECT_OK(imb_ldam_margins((const int64_t[]){71, 71, 71}, 3, 0.3, margins));
    for (int j = 0; j < 3; j++) {
        ck_assert_double_eq(margins[j], 0.3);
    }
}
END_TEST

START_TEST(test_uniform_margins_are_uniform)
{
    double margins[3] = {-1.0, -1.0, -1.0};
    EXPECT_OK(imb_uniform_margins(3, 0.385, margins));
    for (int j = 0; j < 3; j++) {
        ck_assert_double_eq(margins[j], 0.385);
    }
}
END_TEST

START_TEST(test_errors_leave_the_margins)
{
    const double bad[] = {-0.1, (double)NAN, (double)INFINITY};
    double margins[2] = {-7.0, -7.0};
    for (int i = 0; i < 3; i++) {
        EXPECT_FAILURE(imb_ldam_margins((const int64_t[]){2, 1}, 2, bad[i], margins), CORE_BAD_USAGE, "margin");
        EXPECT_FAILURE(imb_uniform_margins(2, bad[i], margins), CORE_BAD_USAGE, "margin");
    }
    EXPECT_FAILURE(imb_ldam_margins((const int64_t[]){2, 0}, 2, 0.5, margins), CORE_BAD_USAGE, "class 1 ");
    ck_assert_double_eq(margins[0] + margins[1], -14.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/margins");
    ADD_CASE(suite, "oracle", test_ldam_margins_by_hand, test_uniform_margins_are_uniform);
    ADD_CASE(suite, "limits", test_balanced_classes_all_get_the_largest);
    ADD_CASE(suite, "errors", test_errors_leave_the_margins);
    return run_suite(suite);
}

#include "imbalance/weights.h"

#include "tests/imbalance/support.h"

START_TEST(test_effective_weights_by_hand)
{
    /* beta = 1/2: E_1 = 1, E_2 = 3/2, E_3 = 7/4; 1/E sums to 1 + 2/3 + 4/7 = 47/21. */
    double weights[3];
    EXPECT_OK(imb_class_weights(IMB_WEIGHTS_EFFECTIVE, 0.5, (const int64_t[]){3, 2, 1}, 3, weights));
    ck_assert_double_eq_tol(weights[0], 36.0 / 47.0, 1e-15);
    ck_assert_double_eq_tol(weights[1], 42.0 / 47.0, 1e-15);
    ck_assert_double_eq_tol(weights[2], 63.0 / 47.0, 1e-15);
}
END_TEST

/* On CIFAR-10 LT-100 the effective numbers are 78.9 apart where the frequencies are 100. */
START_TEST(test_effective_ratio_of_cifar10)
{
    double weights[2];
    EXPECT_OK(imb_class_weights(IMB_WEIGHTS_EFFECTIVE, 0.9999, (const int64_t[]){5000, 50}, 2, weights));
    ck_assert_double_eq_tol(weights[1] / weights[0], 78.9, 0.05);
    ck_assert_double_eq_tol(weights[0] + weights[1], 2.0, 1e-15);
}
END_TEST

START_TEST(test_inverse_weights_are_raw)
{
    double weights[3];
    EXPECT_OK(imb_class_weights(IMB_WEIGHTS_INVERSE, (double)NAN, (const int64_t[]){7, 1, 3}, 3, weights));
    ck_assert_double_eq(weights[0], 1.0 / 7.0);
    ck_assert_double_eq(weights[1], 1.0);
    ck_assert_double_eq(weights[2], 1.0 / 3.0);
}
END_TEST

START_TEST(test_plain_and_beta_zero_weigh_all_classes_alike)
{
    double weights[3];
    for (int kind = IMB_WEIGHTS_PLAIN; kind <= IMB_WEIGHTS_EFFECTIVE; kind++) {
        EXPECT_OK(imb_class_weights((imb_weighting)kind, 0.0, (const int64_t[]){900, 2, 77}, 3, weights));
        for (int j = 0; j < 3; j++) {
            ck_assert_double_eq(weights[j], 1.0);
        }
    }
}
END_TEST

/* As beta goes to 1, E_n goes to n: no power may round up to 1, not even at the largest beta. */
START_TEST(test_largest_beta_is_inverse_frequency)
{
    double weights[2];
    EXPECT_OK(imb_class_weights(IMB_WEIGHTS_EFFECTIVE, nextafter(1.0, 0.0), (const int64_t[]){3, 1}, 2, weights));
    ck_assert_double_eq_tol(weights[0], 0.5, 1e-9);
    ck_assert_double_eq_tol(weights[1], 1.5, 1e-9);
}
END_TEST

START_TEST(test_errors_leave_the_weights)
{
    const int64_t counts[3] = {5, 1, 2}, empty[3] = {5, 0, 2};
    const double bad[] = {1.0, -0.1, 1.5, (double)NAN};
    double weights[3] = {-7.0, -7.0, -7.0};
    for (int i = 0; i < 4; i++) {
        EXPECT_FAILURE(imb_class_weights(IMB_WEIGHTS_EFFECTIVE, bad[i], counts, 3, weights), CORE_BAD_USAGE, "beta");
    }
    for (int kind = IMB_WEIGHTS_PLAIN; kind <= IMB_WEIGHTS_INVERSE; kind++) {
        EXPECT_FAILURE(imb_class_weights((imb_weighting)kind, 0.9, empty, 3, weights), CORE_BAD_USAGE, "class 1 ");
    }
    ck_assert_double_eq(weights[0] + weights[1] + weights[2], -21.0);
}
END_TEST

START_TEST(test_names_round_trip)
{
    for (int kind = IMB_WEIGHTS_PLAIN; kind <= IMB_WEIGHTS_INVERSE; kind++) {
        imb_weighting read = (imb_weighting)((kind + 1) % 3);
        EXPECT_OK(imb_weighting_parse(imb_weighting_name((imb_weighting)kind), &read));
        ck_assert_int_eq(read, kind);
    }
    imb_weighting kept = IMB_WEIGHTS_INVERSE;
    EXPECT_FAILURE(imb_weighting_parse("1/n", &kept), CORE_BAD_USAGE, "plain, effective or inverse");
    ck_assert_int_eq(kept, IMB_WEIGHTS_INVERSE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/weights");
    ADD_CASE(suite, "oracle", test_effective_weights_by_hand, test_effective_ratio_of_cifar10,
             test_inverse_weights_are_raw, test_names_round_trip);
    ADD_CASE(suite, "limits", test_plain_and_beta_zero_weigh_all_classes_alike, test_largest_beta_is_inverse_frequency);
    ADD_CASE(suite, "errors", test_errors_leave_the_weights);
    return run_suite(suite);
}

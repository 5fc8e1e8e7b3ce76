/* results/runs/option: values are told apart bit for bit and written so that they read back. */
#include "results/runs/option.h"

#include <math.h>

#include "tests/support.h"

static void expect_format(res_option option, const char *wanted)
{
    char text[64];
    ck_assert_str_eq(res_option_format(&option, text, sizeof text), wanted);
}

static res_option option_of_truth(const char *key, bool truth)
{
    return (res_option){.key = key, .type = CORE_H5_BOOL, .truth = truth};
}

START_TEST(test_format_is_for_people)
{
    expect_format(res_option_text("a", "LDAM-DRW"), "LDAM-DRW");
    expect_format(res_option_integer("a", INT64_MIN), "-9223372036854775808");
    expect_format(option_of_truth("a", true), "true");
    expect_format(option_of_truth("a", false), "false");
    expect_format(res_option_real("a", 100.0), "100");
    expect_format(res_option_real("a", 0.1), "0.1");
    expect_format(res_option_real("a", -0.0), "-0");
    char text[8];
    ck_assert_str_eq(res_option_format(NULL, text, sizeof text), "(none)");
}
END_TEST

START_TEST(test_formatted_reals_read_back)
{
    const double reals[5] = {2.0 / 3.0, 0x1p-1074, -0x1.fffffffffffffp1023, 0.1 + 0.2, 1e22};
    for (int i = 0; i < 5; i++) {
        char text[64];
        const res_option option = res_option_real("a", reals[i]);
        ck_assert(strtod(res_option_format(&option, text, sizeof text), NULL) == reals[i]);
    }
}
END_TEST

START_TEST(test_same_means_the_same_type_and_bits)
{
    const res_option zero = res_option_real("a", 0.0), minus = res_option_real("a", -0.0);
    const res_option nan = res_option_real("a", (double)NAN), integer = res_option_integer("a", 0);
    const res_option text = res_option_text("a", "x"), same_text = res_option_text("b", "x");
    const res_option yes = option_of_truth("a", true), no = option_of_truth("a", false);
    ck_assert(res_option_same(&zero, &zero) && !res_option_same(&zero, &minus) && !res_option_same(&zero, &integer));
    ck_assert(res_option_same(&nan, &nan));
    ck_assert(res_option_same(&text, &same_text) && !res_option_same(&text, &integer));
    ck_assert(res_option_same(&yes, &yes) && !res_option_same(&yes, &no));
    ck_assert(res_option_same(NULL, NULL) && !res_option_same(NULL, &zero) && !res_option_same(&zero, NULL));
}
END_TEST

START_TEST(test_the_first_difference_is_first_by_name)
{
    const res_option a[3] = {res_option_integer("seed", 1), res_option_integer("rho", 10),
                             res_option_text("data", "x")};
    const res_option b[3] = {res_option_text("data", "x"), res_option_integer("rho", 20),
                             res_option_integer("seed", 2)};
    const res_options in_a = {3, a}, in_b = {3, b}, two = {2, a}, none = {0, NULL};
    ck_assert_str_eq(res_options_first_difference(&in_a, &in_b), "rho");
    ck_assert_str_eq(res_options_first_difference(&in_b, &in_a), "rho");
    ck_assert_str_eq(res_options_first_difference(&in_a, &two), "data");
    ck_assert_str_eq(res_options_first_difference(&two, &in_a), "data");
    ck_assert_str_eq(res_options_first_difference(&none, &two), "rho");
    ck_assert_ptr_null(res_options_first_difference(&in_a, &in_a));
    ck_assert_ptr_null(res_options_first_difference(&none, &none));
}
END_TEST

START_TEST(test_differences_come_in_the_order_of_the_first)
{
    const res_option a[3] = {res_option_integer("seed", 1), res_option_integer("rho", 10),
                             res_option_text("data", "x")};
    const res_option b[3] = {res_option_integer("mu", 2), res_option_integer("rho", 10), res_option_text("data", "y")};
    const res_options in_a = {3, a}, in_b = {3, b};
    int64_t at = 0;
    ck_assert_str_eq(res_options_next_difference(&in_a, &in_b, &at), "seed");
    ck_assert_str_eq(res_options_next_difference(&in_a, &in_b, &at), "data");
    ck_assert_str_eq(res_options_next_difference(&in_a, &in_b, &at), "mu");
    ck_assert_ptr_null(res_options_next_difference(&in_a, &in_b, &at));
}
END_TEST

START_TEST(test_find_is_by_whole_key)
{
    const res_option items[2] = {res_option_integer("seed", 1), res_option_integer("split_seed", 2)};
    const res_options options = {2, items};
    ck_assert_int_eq(res_options_find(&options, "split_seed")->integer, 2);
    ck_assert_ptr_null(res_options_find(&options, "split"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/runs/option");
    ADD_CASE(suite, "text", test_format_is_for_people, test_formatted_reals_read_back);
    ADD_CASE(suite, "same", test_same_means_the_same_type_and_bits, test_the_first_difference_is_first_by_name,
             test_differences_come_in_the_order_of_the_first, test_find_is_by_whole_key);
    return run_suite(suite);
}

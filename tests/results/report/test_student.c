/* results/report/student: the quantiles of Student's t, against printed ones and against an integral of the density. */
#include "results/report/student.h"

#include <math.h>

#include "tests/support.h"

/* Two-sided quantiles as printed in tables, with ten digits. */
static const struct {
    int64_t freedom;
    double probability, t;
} known[] = {{3, 0.95, 3.182446305}, {4, 0.95, 2.776445105},  {9, 0.95, 2.262157163},
             {9, 0.90, 1.833112933}, {30, 0.95, 2.042272456}, {100, 0.95, 1.983971519}};

START_TEST(test_quantiles_equal_those_of_tables)
{
    ck_assert_double_eq_tol(res_student_t(known[_i].freedom, known[_i].probability), known[_i].t, 1e-9);
}
END_TEST

/* One degree of freedom: tan(p pi / 2); two: p sqrt(2 / (1 - p^2)). */
START_TEST(test_one_and_two_degrees_have_closed_forms)
{
    for (double p = 0.0317; p < 0.9999; p += 0.0193) {
        const double one = tan(p * 3.14159265358979323846 / 2.0), two = p * sqrt(2.0 / (1.0 - p * p));
        ck_assert_double_eq_tol(res_student_t(1, p) / one, 1.0, 1e-13);
        ck_assert_double_eq_tol(res_student_t(2, p) / two, 1.0, 1e-13);
    }
    ck_assert_double_eq_tol(res_student_t(1, 0.9999), 6366.197671, 1e-5);
}
END_TEST

/* P(|T| < t) by Simpson's rule over the density, whose constant comes from lgamma. */
static double integral(double t, int64_t freedom)
{
    const double v = (double)freedom,
                 constant = exp(lgamma((v + 1) / 2) - lgamma(v / 2)) / sqrt(v * 3.14159265358979323846);
    double sum = 0.0;
    const int steps = 20000;
    for (int i = 0; i <= steps; i++) {
        const double x = t * i / steps, weight = i == 0 || i == steps ? 1.0 : i % 2 == 1 ? 4.0 : 2.0;
        sum += weight * constant * pow(1.0 + x * x / v, -(v + 1) / 2);
    }
    return 2.0 * sum * t / (3.0 * steps);
}

START_TEST(test_the_density_within_the_quantile_is_the_probability)
{
    static const int64_t freedoms[] = {1, 2, 3, 4, 5, 6, 7, 12, 19, 50, 101};
    for (int i = 0; i < LENGTH(freedoms); i++) {
        for (double probability = 0.0731; probability < 0.99; probability += 0.0917) {
            const double t = res_student_t(freedoms[i], probability);
            ck_assert_double_eq_tol(integral(t, freedoms[i]), probability, 1e-10);
        }
    }
}
END_TEST

START_TEST(test_a_probability_of_zero_has_no_width) { ck_assert_double_lt(res_student_t(3, 0.0), 1e-300); }
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/student");
    TCase *oracle = tcase_create("oracle");
    suite_add_tcase(suite, oracle);
    tcase_add_loop_test(oracle, test_quantiles_equal_those_of_tables, 0, LENGTH(known));
    tcase_add_test(oracle, test_one_and_two_degrees_have_closed_forms);
    tcase_add_test(oracle, test_the_density_within_the_quantile_is_the_probability);
    tcase_add_test(oracle, test_a_probability_of_zero_has_no_width);
    return run_suite(suite);
}

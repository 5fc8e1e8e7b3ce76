/* results/report/series: mean and std over seeds, and which runs of a cell are shown. */
#include "results/report/series.h"

#include <math.h>

#include "tests/support.h"

enum { RUNS = 6 };
static res_finished_run runs[RUNS];
static const res_finished_run *sorted[RUNS];

static void set_run(int i, const char *recipe, int64_t distance, int64_t seed, const char *path)
{
    runs[i] = (res_finished_run){.recipe = recipe, .distance = distance, .seed = seed, .path = path};
    sorted[i] = &runs[i];
}

START_TEST(test_std_equals_that_over_pairs)
{
    static const double values[] = {17.25, 16.5, 18.0625, 17.75};
    long double sum = 0.0L, pairs = 0.0L;
    for (int i = 0; i < LENGTH(values); i++) {
        sum += (long double)values[i];
        for (int j = 0; j < i; j++) {
            const long double apart = (long double)values[i] - (long double)values[j];
            pairs += apart * apart;
        }
    }
    const res_statistic got = res_statistic_of(values, LENGTH(values));
    ck_assert_double_eq_tol(got.mean, (double)(sum / 4.0L), 1e-13);
    /* sum over pairs of (x_i - x_j)^2 = n * sum (x - mean)^2 */
    ck_assert_double_eq_tol(got.std, sqrt((double)(pairs / 4.0L / 3.0L)), 1e-13);
}
END_TEST

START_TEST(test_one_value_has_no_std_and_an_unknown_one_no_mean)
{
    const double values[] = {33.25, (double)NAN};
    ck_assert_double_eq(res_statistic_of(values, 1).mean, 33.25);
    ck_assert_double_nan(res_statistic_of(values, 1).std);
    ck_assert_double_nan(res_statistic_of(values, 2).mean);
}
END_TEST

START_TEST(test_the_nearest_recipe_comes_before_more_seeds_and_both_before_order)
{
    set_run(0, "a", 2, 0, "0");
    set_run(1, "a", 2, 1, "1");
    set_run(2, "a", 2, 2, "2");
    set_run(3, "b", 1, 0, "3");
    set_run(4, "c", 1, 0, "4");
    set_run(5, "c", 1, 7, "5");
    ck_assert_int_eq(res_group_choose(sorted, 0, 6).begin, 4);
    ck_assert_int_eq(res_group_choose(sorted, 0, 5).begin, 3); /* b and c have one seed each */
    ck_assert_int_eq(res_group_choose(sorted, 0, 3).begin, 0);
}
END_TEST

START_TEST(test_of_equally_near_recipes_with_equal_seeds_the_longest_is_shown)
{
    set_run(0, "a", 2, 0, "0");
    set_run(1, "b", 2, 0, "1");
    set_run(2, "c", 2, 0, "2");
    runs[0].E = runs[2].E = 8;
    runs[1].E = 40;
    ck_assert_int_eq(res_group_choose(sorted, 0, 3).begin, 1);
    runs[2].E = 40;
    ck_assert_int_eq(res_group_choose(sorted, 0, 3).begin, 1);
}
END_TEST

START_TEST(test_a_seed_counts_once_by_its_first_path)
{
    set_run(0, "a", 0, 3, "x");
    set_run(1, "a", 0, 3, "y");
    set_run(2, "a", 0, 5, "w");
    set_run(3, "b", 0, 5, "v");
    const res_finished_run *series[RUNS] = {NULL};
    const res_recipe_group group = res_group_at(sorted, 0, 4);
    ck_assert(group.begin == 0 && group.end == 3 && group.seeds == 2);
    res_group_series(sorted, &group, series);
    ck_assert(series[0] == &runs[0] && series[1] == &runs[2] && series[2] == NULL);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_lt(res_run_order(&runs[i], &runs[i + 1]), 0);
        ck_assert_int_gt(res_run_order(&runs[i + 1], &runs[i]), 0);
    }
    ck_assert_int_eq(res_run_order(&runs[1], &runs[1]), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/series");
    ADD_CASE(suite, "oracle", test_std_equals_that_over_pairs, test_one_value_has_no_std_and_an_unknown_one_no_mean);
    ADD_CASE(suite, "choice", test_the_nearest_recipe_comes_before_more_seeds_and_both_before_order,
             test_of_equally_near_recipes_with_equal_seeds_the_longest_is_shown,
             test_a_seed_counts_once_by_its_first_path);
    return run_suite(suite);
}

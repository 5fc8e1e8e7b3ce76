#include "nn/schedule.h"

#include <math.h>

#include "tests/support.h"

/* The released code's adjust_learning_rate, which counts epochs from 1. */
static double released_rate(double lr, int64_t epoch)
{
    int64_t counted = epoch + 1;
    return counted <= 5 ? lr * (double)counted / 5 : counted > 180 ? lr * 0.0001 : counted > 160 ? lr * 0.01 : lr;
}

START_TEST(test_rate_of_the_released_code)
{
    nn_schedule schedule = {.lr = 0.1, .drop_factor = 0.01, .warmup_epochs = 5, .drops = {160, 180}, .drop_count = 2};
    for (int64_t epoch = 0; epoch < 200; epoch++) {
        double wanted = released_rate(0.1, epoch);
        ck_assert_double_eq_tol(nn_schedule_lr(&schedule, epoch), wanted, 1e-15 * wanted);
    }
}
END_TEST

START_TEST(test_rate_without_warmup_and_drops)
{
    nn_schedule schedule = {.lr = 0.2385};
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        ck_assert_double_eq(nn_schedule_lr(&schedule, epoch), 0.2385);
    }
}
END_TEST

START_TEST(test_two_drops_on_one_epoch_both_apply)
{
    nn_schedule schedule = {.lr = 2.0, .drop_factor = 0.25, .drops = {3, 3}, .drop_count = 2};
    ck_assert_double_eq(nn_schedule_lr(&schedule, 2), 2.0);
    ck_assert_double_eq(nn_schedule_lr(&schedule, 3), 0.125);
}
END_TEST

START_TEST(test_order_of_drops_does_not_matter)
{
    nn_schedule schedule = {.lr = 2.0, .drop_factor = 0.5, .drops = {7, 1}, .drop_count = 2};
    ck_assert_double_eq(nn_schedule_lr(&schedule, 0), 2.0);
    ck_assert_double_eq(nn_schedule_lr(&schedule, 1), 1.0);
    ck_assert_double_eq(nn_schedule_lr(&schedule, 7), 0.5);
}
END_TEST

START_TEST(test_warmup_wins_over_a_drop_inside_it)
{
    nn_schedule schedule = {.lr = 2.0, .drop_factor = 0.5, .warmup_epochs = 4, .drops = {1}, .drop_count = 1};
    ck_assert_double_eq(nn_schedule_lr(&schedule, 1), 1.0);
    ck_assert_double_eq(nn_schedule_lr(&schedule, 3), 2.0);
    ck_assert_double_eq(nn_schedule_lr(&schedule, 4), 1.0);
}
END_TEST

START_TEST(test_the_rate_falls_first_at_the_least_drop_behind_the_warmup)
{
    const nn_schedule none = {.lr = 0.1, .warmup_epochs = 5};
    ck_assert_int_eq(nn_schedule_first_drop(&none), -1);
    nn_schedule schedule = {.lr = 0.1, .drop_factor = 0.01, .warmup_epochs = 5, .drops = {12, 9}, .drop_count = 2};
    ck_assert_int_eq(nn_schedule_first_drop(&schedule), 9);
    schedule.drops[0] = 3;
    ck_assert_int_eq(nn_schedule_first_drop(&schedule), 5);
    ck_assert(nn_schedule_lr(&schedule, 5) < nn_schedule_lr(&schedule, 4));
    schedule.warmup_epochs = schedule.drops[0] = 0;
    ck_assert_int_eq(nn_schedule_first_drop(&schedule), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn/schedule");
    ADD_CASE(suite, "oracle", test_rate_of_the_released_code);
    ADD_CASE(suite, "limits", test_rate_without_warmup_and_drops, test_two_drops_on_one_epoch_both_apply,
             test_order_of_drops_does_not_matter, test_warmup_wins_over_a_drop_inside_it,
             test_the_rate_falls_first_at_the_least_drop_behind_the_warmup);
    return run_suite(suite);
}

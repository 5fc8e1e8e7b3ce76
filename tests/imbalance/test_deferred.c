#include "imbalance/deferred.h"

#include "tests/imbalance/support.h"

START_TEST(test_plain_until_the_switch)
{
    const imb_schedule drw = {IMB_REWEIGHT, 160}, drs = {IMB_RESAMPLE, 3}, from_start = {IMB_RESAMPLE, 0};
    ck_assert_int_eq(imb_schedule_at(&drw, 0), IMB_PLAIN);
    ck_assert_int_eq(imb_schedule_at(&drw, 159), IMB_PLAIN);
    ck_assert_int_eq(imb_schedule_at(&drw, 160), IMB_REWEIGHT);
    ck_assert_int_eq(imb_schedule_at(&drw, 199), IMB_REWEIGHT);
    ck_assert_int_eq(imb_schedule_at(&drs, 2), IMB_PLAIN);
    ck_assert_int_eq(imb_schedule_at(&drs, 3), IMB_RESAMPLE);
    ck_assert_int_eq(imb_schedule_at(&from_start, 0), IMB_RESAMPLE);
}
END_TEST

START_TEST(test_default_switch_is_integer_arithmetic)
{
    const int64_t epochs[] = {200, 40, 4, 1, 199, 7}, wanted[] = {160, 32, 3, 0, 159, 5};
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(imb_default_switch(epochs[i]), wanted[i]);
    }
}
END_TEST

START_TEST(test_switch_that_never_fires_or_defers_nothing_is_refused)
{
    EXPECT_OK(imb_switch_check(1, 2));
    EXPECT_OK(imb_switch_check(199, 200));
    EXPECT_FAILURE(imb_switch_check(0, 200), CORE_BAD_USAGE, "epoch 0;");
    EXPECT_FAILURE(imb_switch_check(200, 200), CORE_BAD_USAGE, "below 200");
    EXPECT_FAILURE(imb_switch_check(-1, 200), CORE_BAD_USAGE, "epoch -1;");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/deferred");
    ADD_CASE(suite, "oracle", test_plain_until_the_switch, test_default_switch_is_integer_arithmetic);
    ADD_CASE(suite, "errors", test_switch_that_never_fires_or_defers_nothing_is_refused);
    return run_suite(suite);
}

#include "nn/lstm_bound.h"

#include "nn/context.h"
#include "tests/nn/support.h"

/* Which seconds are right no test knows: that it runs, on all threads, and that more words take longer is what holds.
 */
START_TEST(test_more_words_take_longer)
{
    nn_lstm_bound_case few = {.steps = 2, .sequences = 4, .inputs = 16, .hidden = 32, .threads = 2}, many = few;
    double few_s, many_s;
    many.steps = 200;
    EXPECT_OK(nn_lstm_bound(&few, &few_s));
    EXPECT_OK(nn_lstm_bound(&many, &many_s));
    ck_assert_double_gt(few_s, 0.0);
    ck_assert_double_gt(many_s, few_s);
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/lstm_bound");
    ADD_CASE(suite, "limits", test_more_words_take_longer);
    return run_suite(suite);
}

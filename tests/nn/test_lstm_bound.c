#include "nn/lstm_bound.h"

#include "core/memory.h"
#include "core/progress.h"
#include "experiments/bench/peak.h"
#include "tests/nn/support.h"

enum { RUNS = 5, THREADS = 2 }; /* lstm_bound.c takes the best of that many */

static const nn_lstm_bound_case measured = {
    .steps = 60, .sequences = 16, .inputs = 100, .hidden = 256, .threads = THREADS};

/* Forward and both backwards of an LSTM cell: four gates of H from its inputs and from itself. */
static double operations(void)
{
    double a_step = 2.0 * 4 * (double)(measured.hidden * (measured.inputs + measured.hidden));
    return 3 * a_step * (double)(measured.steps * measured.sequences);
}

/* Operations a second of a core's multiply-adds, the best of many short tries. */
static double peak_of_a_core(void)
{
    enum { TRIES = 40, ROUNDS = 100000 };
    float *x = drawn(XP_PEAK_ROUNDS * XP_PEAK_FLOATS, 21, 1.0F, 0), *out = zeros(XP_PEAK_FLOATS);
    double best = 0.0;
    for (int i = 0; i < TRIES; i++) {
        double start = core_progress_now_s();
        xp_peak_get()->multiply_add(ROUNDS, x, out);
        double rate = (double)ROUNDS * (double)XP_MULTIPLY_ADD_FLOP / (core_progress_now_s() - start);
        best = rate > best ? rate : best;
    }
    free(x), free(out);
    return best;
}

/* Nothing that runs beats the core's own peak: a wrong unit would, a run that does not happen, and on a machine with no
 * other work a backward that is left out. The share leaves room for a peak that other work has slowed. */
START_TEST(test_the_time_is_enough_for_every_operation)
{
    double seconds;
    EXPECT_OK(nn_lstm_bound(&measured, &seconds));
    ck_assert_double_ge(seconds, 0.6 * operations() / peak_of_a_core());
}
END_TEST

START_TEST(test_all_runs_fit_into_the_time_of_the_call)
{
    double seconds, start = core_progress_now_s();
    EXPECT_OK(nn_lstm_bound(&measured, &seconds));
    ck_assert_double_le((double)RUNS * seconds, core_progress_now_s() - start);
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/lstm_bound");
    ADD_CASE(suite, "limits", test_the_time_is_enough_for_every_operation, test_all_runs_fit_into_the_time_of_the_call);
    return run_suite(suite);
}

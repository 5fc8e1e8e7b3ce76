#include "experiments/bench/bench_command.h"

#include <sys/resource.h>

#include "core/progress.h"
#include "experiments/bench/bench_text.h"
#include "experiments/bench/peak.h"
#include "nn/context.h"
#include "tests/recipes/support.h"

enum { MOST = 32 };

#define RESNET8(pixels)                                                                                                \
    .model = "resnet8", .side = pixels, .shape = {.stem = 3, .width = 16, .stages = 3, .blocks = {1, 1, 1}}
static const xp_bench_config images = {.threads = 2, .batch = 4, .shard = 2, .groups = 2, RESNET8(32)};
static const xp_bench_config large = {.threads = 2, .batch = 4, .shard = 2, .groups = 2, RESNET8(64)};
static const xp_bench_config texts = {
    .threads = 2, .batch = 2, .shard = 1, .groups = 2, .model = "bilstm2", .text = true};

/* Serves `requests` and reads the numbers that come back; how many. */
static int serve(const xp_bench_config *config, const char *requests, core_status wanted, double numbers[MOST])
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *in = fmemopen((void *)(uintptr_t)requests, strlen(requests), "r"), *out = open_memstream(&text, &bytes);
    EXPECT_STATUS(xp_bench_serve(config, in, out), wanted);
    fclose(in), fclose(out);
    int count = 0;
    for (char *at = text, *end; count < MOST && (numbers[count] = strtod(at, &end), end != at); at = end) {
        count++;
    }
    free(text);
    return count;
}

/* Of a training step and of evaluation, in operations: counted by hand from the networks' definitions. */
enum { STAGE_1 = 2 * 9 * 16 * 16 * 32 * 32, STAGE = STAGE_1 / 2 + STAGE_1 }; /* a later stage's two convolutions */
enum { IMAGE_FIRST = 2 * 9 * 3 * 16 * 32 * 32, IMAGE = IMAGE_FIRST + 2 * STAGE_1 + 2 * STAGE + 2 * 64 * 10 };
enum { HEAD = 2 * 64 * 10, LARGE = 4 * (IMAGE - HEAD) + HEAD }; /* of 64x64: four times the pixels of every layer */
enum { WORD = 2 * 2 * 4 * 256 * (100 + 256) + 2 * 2 * 4 * 256 * (2 * 256 + 256) };
static const struct {
    const xp_bench_config *config;
    int64_t train, evaluate; /* the first convolution has no gradient by its input */
} networks[] = {
    {&images, 3 * IMAGE - IMAGE_FIRST, IMAGE}, {&large, 3 * LARGE - 4 * IMAGE_FIRST, LARGE}, {&texts, 3 * WORD, WORD}};

START_TEST(test_operations_are_those_of_the_network)
{
    double numbers[MOST];
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    ck_assert_int_eq(serve(networks[_i].config, "train_gflop\nevaluate_gflop\n", CORE_OK, numbers), 2);
    ck_assert_double_eq_tol(numbers[0], 1e-9 * (double)networks[_i].train, 1e-15);
    ck_assert_double_eq_tol(numbers[1], 1e-9 * (double)networks[_i].evaluate, 1e-15);
}
END_TEST

/* At least one mini-batch each in the time that the requests took, and no more than two threads of any CPU can do: 64
 * operations a cycle of 6 GHz. */
START_TEST(test_speed_is_work_by_time)
{
    double rate[MOST];
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    double start = core_progress_now_s();
    ck_assert_int_eq(serve(networks[_i].config, "train 0.05 1\nevaluate 0.05 1\n", CORE_OK, rate), 2);
    double seconds = core_progress_now_s() - start;
    for (int i = 0; i < 2; i++) {
        double gflop = 1e-9 * (double)(i == 0 ? networks[_i].train : networks[_i].evaluate);
        ck_assert_double_ge(rate[i], (double)networks[_i].config->batch / seconds);
        ck_assert_double_le(rate[i] * gflop, 2 * 64 * 6.0);
    }
}
END_TEST

/* The number of steps is the speed by the time of the call; a call without that least number would make one. */
START_TEST(test_at_least_the_steps_that_were_asked_for)
{
    enum { STEPS = 7 };
    const xp_bench_config *config = networks[_i].config;
    const int pass = config->text ? XP_BENCH_BATCHES : 1, passes = (STEPS + pass - 1) / pass;
    xp_bench *bench;
    double rate, counted = config->text ? 0.0 : (double)config->batch;
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    EXPECT_OK(xp_bench_create(config, &bench));
    for (int64_t i = 0; config->text && i < pass * config->batch; i++) {
        counted += (double)xp_bench_length(bench, i);
    }
    const double start = core_progress_now_s();
    EXPECT_OK(xp_bench_train(bench, (xp_bench_span){0.0, STEPS}, &rate));
    ck_assert_double_ge(rate * (core_progress_now_s() - start) * (1 + 1e-9), passes * counted);
    xp_bench_destroy(bench);
}
END_TEST

/* The first stage's three outputs at least stay for the backward pass; no more than the process ever had. */
START_TEST(test_memory_is_that_of_the_network)
{
    static const xp_bench_config many = {.threads = 2, .batch = 64, .shard = 4, .groups = 2, RESNET8(32)};
    double numbers[MOST];
    struct rusage used;
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    ck_assert_int_eq(serve(&many, "train 0.01 1\nmemory\n", CORE_OK, numbers), 2);
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &used), 0);
    ck_assert_double_ge(numbers[1], 3.0 * 64 * 16 * 32 * 32 * sizeof(float) / 1048576);
    ck_assert_double_le(numbers[1], (double)used.ru_maxrss / 1024);
}
END_TEST

/* Two loops of different kinds, of which neither is faster than any CPU. What they count is a test of its own
 * (tests/experiments/bench/peak.py). */
START_TEST(test_peaks_are_possible)
{
    double numbers[MOST];
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    double start = core_progress_now_s();
    ck_assert_int_eq(serve(&images, "peak\npeak_loads\n", CORE_OK, numbers), 2);
    double seconds = core_progress_now_s() - start;
    for (int i = 0; i < 2; i++) {
        ck_assert_double_le(numbers[i], 2 * 64 * 6.0);
        ck_assert_double_ge(numbers[i] * seconds,
                            2 * 20 * 1e6 * 1e-9 * (double)XP_MULTIPLY_ADD_FLOP); /* the best of 20 tries */
    }
}
END_TEST

START_TEST(test_lengths_are_those_of_reviews)
{
    double numbers[MOST], words = 0.0;
    char requests[256] = "";
    int count = XP_BENCH_BATCHES * (int)texts.batch;
    for (int i = 0; i < count; i++) {
        snprintf(requests + strlen(requests), sizeof requests - strlen(requests), "length %d\n", i);
    }
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    ck_assert_int_eq(serve(&texts, requests, CORE_OK, numbers), count);
    for (int i = 0; i < count; i++) {
        ck_assert(numbers[i] >= 11.0 && numbers[i] <= 256.0);
        words += numbers[i];
    }
    ck_assert_double_eq_tol(words / count, 193.4, 8.0); /* the mean of the training reviews, cut at 256 */
}
END_TEST

START_TEST(test_what_is_no_request_is_refused)
{
    static const char *const bad[] = {"train\n", "train 1\n", "train 1 0\n", "sleep 1\n", "length 8\n", "length -1\n"};
    double numbers[MOST];
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    for (int i = 0; i < LENGTH(bad); i++) {
        ck_assert_int_eq(serve(&texts, bad[i], CORE_BAD_USAGE, numbers), 0);
        ck_assert_ptr_nonnull(strstr(core_error_message(), "unknown request"));
    }
    ck_assert_int_eq(serve(&images, "length 0\n", CORE_BAD_USAGE, numbers), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/bench/bench");
    TCase *table = tcase_create("oracle");
    tcase_set_timeout(table, CASE_SECONDS);
    tcase_add_loop_test(table, test_operations_are_those_of_the_network, 0, LENGTH(networks));
    tcase_add_loop_test(table, test_speed_is_work_by_time, 0, LENGTH(networks));
    tcase_add_loop_test(table, test_at_least_the_steps_that_were_asked_for, 0, LENGTH(networks));
    tcase_add_test(table, test_memory_is_that_of_the_network);
    tcase_add_test(table, test_peaks_are_possible);
    suite_add_tcase(suite, table);
    ADD_CASE(suite, "limits", test_lengths_are_those_of_reviews, test_what_is_no_request_is_refused);
    return run_suite(suite);
}

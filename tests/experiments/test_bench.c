#include "experiments/bench_command.h"

#include "experiments/bench_text.h"
#include "nn/context.h"
#include "tests/experiments/support.h"

enum { MOST = 32 };

static const xp_bench_config images = {.threads = 2, .batch = 4, .shard = 2, .groups = 2, .depth = 8};
static const xp_bench_config texts = {.threads = 2, .batch = 2, .shard = 1, .groups = 2, .depth = 0};

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

static const xp_bench_config *const configs[] = {&images, &texts};

START_TEST(test_a_positive_number_a_request)
{
    double numbers[MOST];
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    int count =
        serve(configs[_i], "train 0.01\nevaluate 0.01\ntrain_gflop\nevaluate_gflop\nmemory\n", CORE_OK, numbers);
    ck_assert_int_eq(count, 5);
    for (int i = 0; i < count; i++) {
        ck_assert_msg(numbers[i] > 0.0 && numbers[i] < 1e9, "answer %d is %g", i, numbers[i]);
    }
    ck_assert_double_gt(numbers[2], 2.5 * numbers[3]); /* forward and both backwards */
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
    static const char *const bad[] = {"train\n", "sleep 1\n", "length 8\n", "length -1\n"};
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
    Suite *suite = suite_create("experiments/bench");
    TCase *table = tcase_create("oracle");
    tcase_set_timeout(table, 60.0);
    tcase_add_loop_test(table, test_a_positive_number_a_request, 0, LENGTH(configs));
    suite_add_tcase(suite, table);
    ADD_CASE(suite, "limits", test_lengths_are_those_of_reviews, test_what_is_no_request_is_refused);
    return run_suite(suite);
}

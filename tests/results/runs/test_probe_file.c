/* results/runs/probe_file: what is written is read again, the same contents give the same bytes, damage is refused. */
#include "results/runs/probe_file.h"

#include <unistd.h>

#include "core/file.h"
#include "tests/results/sample.h"
#include "tests/support.h"

enum { K = 2, D = 3, FIT = 4, TEST = 5, M = 2, T = 2 };

static core_arena arena;
static char folder[64], path[96], other[96];

static void setup(void)
{
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/x.at-end-paper" RES_PROBE_END, folder);
    snprintf(other, sizeof other, "%s/y.at-end-paper" RES_PROBE_END, folder);
}

static void teardown(void)
{
    core_arena_free(&arena);
    remove_test_folder(folder);
}

static const int64_t fit_index[FIT] = {0, 3, 4, 9}, test_index[TEST] = {1, 2, 6, 7, 11};
static const int64_t confusion[M * K * K] = {2, 0, 1, 2, 1, 1, 0, 3};
static const int32_t fit_label[FIT] = {1, 0, 1, 0}, test_label[TEST] = {0, 0, 1, 1, 1};
static const char *const names[M] = {"logistic", "nearest-mean"};
static const double fit_error[M] = {0.25, 0.5}, error[M] = {0.2, 0.4}, class_error[M * K] = {0, 1.0 / 3, 0.5, 0};
static const double weight[K * D] = {0.1, -2.385, 3e-7, -0.1, 2.385, -3e-7}, intercept[K] = {-0.7, 0.7};
static const double mean[D] = {1.5, 2.25, -3.125}, deviation[D] = {0.3, 1, 17}, tau[T] = {0, 0.5};

static res_probe sample(void)
{
    const res_run run = sample_run(&arena, 1);
    return (res_probe){
        .creator = "tailbit test",
        .run_digest = "0123456789abcdef",
        .config = run.config,
        .data = run.data,
        .options = {"at-end", 40, "paper", 0.5, 1.0, 7},
        .K = K,
        .D = D,
        .n = FIT,
        .N = TEST,
        .fit_part = "test",
        .test_part = "test",
        .fit_index = fit_index,
        .test_index = test_index,
        .fit_label = fit_label,
        .test_label = test_label,
        .M = M,
        .name = names,
        .fit_error = fit_error,
        .error = error,
        .class_error = class_error,
        .confusion = confusion,
        .logistic = {weight, intercept, mean, deviation, 0.625, 4e-7, 123, true},
        .tau = {T, tau, error, fit_error, 0.5},
    };
}

START_TEST(test_what_is_written_is_read_again)
{
    const res_probe wanted = sample();
    res_probe got;
    EXPECT_OK(res_probe_save(&wanted, path));
    EXPECT_OK(res_probe_load(path, &arena, &got));
    ck_assert_str_eq(got.run_digest, wanted.run_digest);
    ck_assert_str_eq(got.config.yaml, wanted.config.yaml);
    ck_assert_ptr_null(res_options_first_difference(&got.config.options, &wanted.config.options));
    ck_assert_str_eq(got.data.sha256, wanted.data.sha256);
    ck_assert_str_eq(got.options.features, "at-end");
    ck_assert(got.options.epoch == 40 && got.options.seed == 7 && got.options.frac == 0.5);
    ck_assert(got.K == K && got.D == D && got.n == FIT && got.N == TEST && got.M == M && got.tau.T == T);
    ck_assert_mem_eq(got.test_index, test_index, sizeof test_index);
    ck_assert_mem_eq(got.fit_label, fit_label, sizeof fit_label);
    ck_assert_mem_eq(got.confusion, confusion, sizeof confusion);
    ck_assert_mem_eq(got.class_error, class_error, sizeof class_error);
    ck_assert_mem_eq(got.logistic.weight, weight, sizeof weight);
    ck_assert_mem_eq(got.tau.test_error, fit_error, sizeof fit_error);
    ck_assert(got.logistic.iterations == 123 && got.logistic.converged && got.tau.chosen == 0.5);
    ck_assert_int_eq(res_probe_find(&got, "nearest-mean"), 1);
    ck_assert_int_eq(res_probe_find(&got, "own"), -1);
}
END_TEST

START_TEST(test_without_a_last_layer_there_is_no_tau)
{
    res_probe probe = sample();
    probe.tau = (res_probe_tau){0};
    EXPECT_OK(res_probe_save(&probe, path));
    EXPECT_OK(res_probe_load(path, &arena, &probe));
    ck_assert_int_eq(probe.tau.T, 0);
}
END_TEST

START_TEST(test_the_same_content_gives_the_same_bytes)
{
    const res_probe probe = sample();
    char *a, *b;
    size_t bytes_a, bytes_b;
    EXPECT_OK(res_probe_save(&probe, path));
    EXPECT_OK(res_probe_save(&probe, other));
    EXPECT_OK(core_file_read(path, &a, &bytes_a));
    EXPECT_OK(core_file_read(other, &b, &bytes_b));
    ck_assert_uint_eq(bytes_a, bytes_b);
    ck_assert_mem_eq(a, b, bytes_a);
    free(a);
    free(b);
}
END_TEST

START_TEST(test_a_look_tells_the_run_and_what_was_done)
{
    const res_probe probe = sample();
    const char *digest;
    res_probe_options options;
    EXPECT_OK(res_probe_save(&probe, path));
    EXPECT_OK(res_probe_look(path, &arena, &digest, &options));
    ck_assert_str_eq(digest, probe.run_digest);
    ck_assert_str_eq(options.protocol, "paper");
}
END_TEST

START_TEST(test_other_files_are_refused)
{
    const res_run run = sample_run(&arena, 1);
    res_probe probe;
    EXPECT_FAILURE(res_probe_load(path, &arena, &probe), CORE_BAD_FILE, path);
    EXPECT_OK(res_run_save(&run, path));
    EXPECT_FAILURE(res_probe_load(path, &arena, &probe), CORE_BAD_FILE, "is no tailbit probe file");
    probe = sample();
    EXPECT_FAILURE(res_probe_save(&probe, path), CORE_BAD_USAGE, "is no tailbit-probe file");
    ck_assert_int_eq(unlink(path), 0); /* a file of another kind is not replaced */
    EXPECT_OK(res_probe_save(&probe, path));
    res_run none;
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &none), CORE_BAD_FILE, "is no tailbit run file");
}
END_TEST

START_TEST(test_a_flipped_number_is_refused)
{
    const res_probe wanted = sample();
    res_probe got;
    char *data;
    size_t bytes;
    EXPECT_OK(res_probe_save(&wanted, path));
    EXPECT_OK(core_file_read(path, &data, &bytes));
    char *at = memmem(data, bytes, class_error, sizeof class_error);
    ck_assert_ptr_nonnull(at);
    at[11] ^= 1;
    EXPECT_OK(core_file_write(path, &core_file_any, data, bytes));
    EXPECT_FAILURE(res_probe_load(path, &arena, &got), CORE_BAD_FILE, "classifiers/class_error");
    free(data);
}
END_TEST

START_TEST(test_names_tell_probes_from_runs)
{
    ck_assert(res_probe_is_name("a.at-drop-paper.probe.h5"));
    ck_assert(!res_probe_is_name("a.h5") && !res_probe_is_name(".probe.h5") && !res_probe_is_name("probe.h5"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/runs/probe_file");
    TCase *all = tcase_create("probe_file");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 120.0);
    suite_add_tcase(suite, all);
    tcase_add_test(all, test_what_is_written_is_read_again);
    tcase_add_test(all, test_without_a_last_layer_there_is_no_tau);
    tcase_add_test(all, test_the_same_content_gives_the_same_bytes);
    tcase_add_test(all, test_a_look_tells_the_run_and_what_was_done);
    tcase_add_test(all, test_other_files_are_refused);
    tcase_add_test(all, test_a_flipped_number_is_refused);
    tcase_add_test(all, test_names_tell_probes_from_runs);
    return run_suite(suite);
}

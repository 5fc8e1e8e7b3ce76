/* `tailbit probe`: which examples, with which features, into which file; and the probes of a grid. One run of a second
 * serves all. */
#include "experiments/probe/probe.h"

#include <stdio.h>
#include <unistd.h>

#include "core/file.h"
#include "imbalance/loss.h"
#include "tests/end_to_end/program.h"
#include "tests/recipes/support.h"

enum { K = 10, TEST = 60, FIT = 30 };

#define STEM  "shapes-20-6-step-10-ERM-seed0"
#define RUN   "g/" STEM ".h5"
#define PROBE "g/" STEM ".at-drop-paper.probe.h5"

static const char grid_text[] = "axes: {method: [ERM]}\nprobe: at-drop\ndata: shapes:20:6\nimbalance: step\nrho: 10\n"
                                "model: resnet8\nbatch: 16\nepochs: 5\n";

static program_result result;
static core_arena arena;
static res_run run;
static xp_probe_part fit, test;

/* Not forked: every test has the folder and its run. */
static void setup(void)
{
    program_enter_folder();
    EXPECT_OK(core_file_write("g.yaml", &core_file_any, grid_text, strlen(grid_text)));
    PROGRAM_RUN(&result, "train", "--data", "shapes:20:6", "--imbalance", "step", "--rho", "10", "--method", "ERM",
                "--model", "resnet8", "--batch", "16", "--epochs", "5", "--out", RUN);
    EXPECT_EXIT(&result, 0, NULL);
}

static void load(void) { EXPECT_OK(res_run_load(RUN, RES_ALL, &arena, &run)); }

static xp_probe_request request(void) { return (xp_probe_request){.run = RUN, .frac = 0.5, .C = 1, .threads = 1}; }

static core_status pick(const xp_probe_request *r) { return xp_probe_examples(&run, r, &arena, &fit, &test); }

START_TEST(test_paper_shares_out_every_class)
{
    xp_probe_request r = request();
    bool seen[TEST] = {false};
    load();
    EXPECT_OK(pick(&r));
    ck_assert_int_eq(fit.n, FIT);
    ck_assert_int_eq(test.n, TEST - FIT);
    int64_t counts[K] = {0};
    const xp_probe_part *parts[2] = {&fit, &test};
    for (int p = 0; p < 2; p++) {
        for (int64_t i = 0; i < parts[p]->n; i++) {
            const int64_t at = parts[p]->index[i];
            ck_assert(!seen[at] && (i == 0 || at > parts[p]->index[i - 1]));
            seen[at] = true;
            counts[parts[p]->labels[i]] += p == 0;
            ck_assert_int_eq(parts[p]->labels[i], run.features.test_label[at]);
            const int64_t D = run.features.at_drop.D;
            ck_assert_mem_eq(parts[p]->features + i * D, run.features.at_drop.test + at * D, (size_t)D * sizeof(float));
        }
    }
    for (int k = 0; k < K; k++) {
        ck_assert_int_eq(counts[k], 3);
    }
}
END_TEST

START_TEST(test_the_share_is_rounded_and_leaves_one_on_each_side)
{
    const double fracs[] = {1e-9, 0.24, 0.26, 0.999};
    const int64_t wanted[] = {1, 1, 2, 5};
    load();
    for (int i = 0; i < 4; i++) {
        xp_probe_request r = request();
        r.frac = fracs[i];
        EXPECT_OK(pick(&r));
        ck_assert_int_eq(fit.n, K * wanted[i]);
    }
}
END_TEST

START_TEST(test_the_seed_draws_other_examples)
{
    xp_probe_request r = request();
    int64_t first[FIT];
    load();
    EXPECT_OK(pick(&r));
    memcpy(first, fit.index, sizeof first);
    EXPECT_OK(pick(&r));
    ck_assert_mem_eq(first, fit.index, sizeof first);
    r.seed = 1;
    EXPECT_OK(pick(&r));
    ck_assert_mem_ne(first, fit.index, sizeof first);
}
END_TEST

/* The network that is built from the run file sees what the trained one saw, to the last bit. */
START_TEST(test_usual_computes_the_features_that_the_run_has)
{
    xp_probe_request r = request();
    r.usual = r.at_end = true;
    load();
    EXPECT_OK(pick(&r));
    ck_assert_int_eq(fit.n, 200);
    ck_assert_str_eq(fit.part, "train");
    ck_assert_int_eq(test.n, TEST);
    const res_features *stored = &run.features.at_end;
    for (int64_t i = 0; i < run.split.n; i++) {
        const int64_t at = run.split.train_index[i];
        ck_assert_int_eq(fit.index[at], at);
        ck_assert_mem_eq(fit.features + at * stored->D, stored->train + i * stored->D,
                         (size_t)stored->D * sizeof(float));
    }
    int32_t own[TEST];
    imb_predict(run.final.logits, TEST, K, own);
    ck_assert_mem_eq(test.own, own, sizeof own);
}
END_TEST

START_TEST(test_what_a_run_has_not_is_named)
{
    xp_probe_request r = request();
    load();
    r.usual = true;
    EXPECT_FAILURE(pick(&r), CORE_BAD_USAGE, "--features at-end");
    r.at_end = true;
    r.data = "shapes:21:6";
    EXPECT_FAILURE(pick(&r), CORE_BAD_FILE, "SHA-256");
    r = request();
    run.features.at_drop.D = 0;
    EXPECT_FAILURE(pick(&r), CORE_BAD_FILE, "it never drops");
    run.epochs.planned = 9;
    EXPECT_FAILURE(pick(&r), CORE_BAD_FILE, "it has not come there");
    r.at_end = true;
    EXPECT_FAILURE(pick(&r), CORE_BAD_FILE, "unfinished, 5 of 9 epochs");
    load();
    int32_t *labels = NULL;
    EXPECT_OK(CORE_ARENA_NEW(&arena, TEST, "labels", labels));
    labels[0] = 9; /* one of class 9, all others of class 0 */
    run.features.test_label = labels;
    EXPECT_FAILURE(pick(&r), CORE_BAD_FILE, "class 1 has 0 test examples");
    labels[7] = K;
    EXPECT_FAILURE(pick(&r), CORE_BAD_FILE, "10");
}
END_TEST

START_TEST(test_own_is_what_the_run_says)
{
    xp_probe_request r = request();
    res_probe probe;
    r.usual = r.at_end = true;
    load();
    EXPECT_OK(xp_probe(&r, &arena, &probe));
    const int64_t own = res_probe_find(&probe, "own"), tau = res_probe_find(&probe, "tau-normalised");
    ck_assert(probe.M == 4 && own == 3 && tau == 2);
    ck_assert_mem_eq(probe.confusion + own * K * K, run.final.confusion, K * K * sizeof(int64_t));
    ck_assert_mem_eq(probe.class_error + own * K, run.final.class_error, K * sizeof(double));
    ck_assert_double_eq(probe.error[tau], probe.tau.test_error[(int)(10 * probe.tau.chosen + 0.5)]);
    for (int64_t t = 0; t < probe.tau.T; t++) {
        ck_assert_double_ge(probe.tau.fit_error[t], probe.fit_error[tau]);
    }
    ck_assert_str_eq(probe.run_digest, run.digest);
}
END_TEST

static void expect_same_bytes(const char *a, const char *b)
{
    char *left, *right;
    size_t left_bytes, right_bytes;
    EXPECT_OK(core_file_read(a, &left, &left_bytes));
    EXPECT_OK(core_file_read(b, &right, &right_bytes));
    ck_assert_uint_eq(left_bytes, right_bytes);
    ck_assert_mem_eq(left, right, left_bytes);
    free(left);
    free(right);
}

START_TEST(
    test_threads_change_no_byte) /* of the network, which the usual protocol asks again; test_logistic.c has the fit */
{
    PROGRAM_RUN(&result, "probe", RUN, "--features", "at-end", "--protocol", "usual", "--threads", "1", "--out",
                "one.probe.h5");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "\nlogistic ") != NULL && strstr(result.out, "\nown ") != NULL, "%s", result.out);
    PROGRAM_RUN(&result, "probe", RUN, "--features", "at-end", "--protocol", "usual", "--threads", "3", "--out",
                "three.probe.h5");
    EXPECT_EXIT(&result, 0, NULL);
    expect_same_bytes("one.probe.h5", "three.probe.h5");
}
END_TEST

/* Probes with other options do not replace each other. */
START_TEST(test_options_stand_in_the_name)
{
    PROGRAM_RUN(&result, "probe", RUN, "--features", "at-end", "--probe-seed", "1", "--probe-frac", "5e-1");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, ".at-end-paper-probe_seed-1.probe.h5\n") != NULL, "%s", result.out);
}
END_TEST

START_TEST(test_only_a_probe_is_replaced)
{
    PROGRAM_RUN(&result, "probe", RUN, "--out", RUN);
    EXPECT_EXIT(&result, 2, "is no tailbit-probe file");
    PROGRAM_RUN(&result, "probe", "g.yaml");
    EXPECT_EXIT(&result, 3, "g.yaml");
    PROGRAM_RUN(&result, "probe", RUN, "--protocol", "usual", "--features", "at-end", "--probe-frac", "0.5");
    EXPECT_EXIT(&result, 2, "--probe-frac has no effect with --protocol usual");
    PROGRAM_RUN(&result, "probe", RUN, "--probe-frac", "1");
    EXPECT_EXIT(&result, 2, "below 1");
    PROGRAM_RUN(&result, "probe", RUN, "--regularisation", "0");
    EXPECT_EXIT(&result, 2, "above 0");
}
END_TEST

static void run_grid(const char *word)
{
    PROGRAM_RUN(&result, "grid", "g.yaml", "--out", "g");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, word) != NULL, "no \"%s\" in: %s", word, result.out);
}

START_TEST(test_a_grid_probes_what_is_done_and_not_probed)
{
    res_probe probe;
    run_grid("1 job probed (1 now)");
    PROGRAM_RUN(&result, "probe", RUN, "--out", "again.probe.h5");
    EXPECT_EXIT(&result, 0, NULL);
    expect_same_bytes(PROBE, "again.probe.h5");
    run_grid("1 job probed (0 now)");
    EXPECT_OK(res_probe_load(PROBE, &arena, &probe));
    probe.run_digest = "of another run";
    EXPECT_OK(res_probe_save(&probe, PROBE));
    run_grid("1 job probed (1 now)");
    expect_same_bytes(PROBE, "again.probe.h5");
    PROGRAM_RUN(&result, "status", "g");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "1 job: 1 done") != NULL, "%s", result.out);
    PROGRAM_RUN(&result, "table", "g");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_str_eq(result.err, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/probe/probe");
    TCase *all = tcase_create("probe");
    tcase_add_unchecked_fixture(all, setup, program_leave_folder);
    tcase_set_timeout(all, 300.0);
    suite_add_tcase(suite, all);
    tcase_add_test(all, test_paper_shares_out_every_class);
    tcase_add_test(all, test_the_share_is_rounded_and_leaves_one_on_each_side);
    tcase_add_test(all, test_the_seed_draws_other_examples);
    tcase_add_test(all, test_usual_computes_the_features_that_the_run_has);
    tcase_add_test(all, test_what_a_run_has_not_is_named);
    tcase_add_test(all, test_own_is_what_the_run_says);
    tcase_add_test(all, test_threads_change_no_byte);
    tcase_add_test(all, test_options_stand_in_the_name);
    tcase_add_test(all, test_only_a_probe_is_replaced);
    tcase_add_test(all, test_a_grid_probes_what_is_done_and_not_probed);
    return run_suite(suite);
}

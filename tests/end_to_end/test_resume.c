/* Stopping and going on: signals, refusals, and runs that are finished already. */
#include "tests/end_to_end/program.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/runs/run_file.h"
#include "tests/recipes/support.h"

static program_result result;

/* 96 examples, so that the sixth batch of an epoch has one. */
#define RUN(out, epochs, ...)                                                                                          \
    "train", "--data", "shapes:20:5", "--rho", "5", "--model", "resnet8", "--batch", "19", "--epochs", epochs,         \
        "--method", "LDAM-DRW", "--out", out, ##__VA_ARGS__

static void load(const char *path, core_arena *arena, res_run *run)
{
    EXPECT_OK(res_run_load(path, RES_ALL, arena, run));
}

/* Trains to `path` but for a signal that comes once the file is there; twice if `again`. */
static void stop_with(const char *path, int number, bool again)
{
    const char *const words[] = {RUN(path, "5", "--save-every", "1step"), NULL};
    const int thrice[] = {number, number, SIGTERM, 0};
    program_interrupt(words, path, again ? thrice : (const int[]){number, 0}, &result);
}

static const struct {
    int number;
    const char *name;
    bool again;
} signals[] = {{SIGINT, "SIGINT", false},
               {SIGTERM, "SIGTERM", false},
               {SIGUSR1, "SIGUSR1", false},
               {SIGINT, "stopped by SIG", true}};

START_TEST(test_signal_writes_and_ends_with_75_and_the_run_goes_on)
{
    stop_with("stopped.h5", signals[_i].number, signals[_i].again);
    EXPECT_EXIT(&result, 75, signals[_i].name);
    EXPECT_EXIT(&result, 75, "stopped.h5");
    PROGRAM_RUN(&result, RUN("whole.h5", "5"));
    EXPECT_EXIT(&result, 0, NULL);
    program_compare("stopped.h5", "whole.h5", 1);
    PROGRAM_RUN(&result, RUN("stopped.h5", "5"));
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "resumed ") != NULL, "%s", result.out);
    program_compare("stopped.h5", "whole.h5", 0);
}
END_TEST

/* Held-out examples are drawn again, evaluated again, and their errors come out the same. */
START_TEST(test_killed_run_with_a_hold_out_goes_on_to_the_same_bits)
{
    const char *const words[] = {RUN("killed.h5", "3", "--validation-frac", "0.25", "--save-every", "1step"), NULL};
    core_arena arena = {0};
    res_run run;
    program_interrupt(words, "killed.h5", (const int[]){SIGKILL, 0}, &result);
    ck_assert_int_eq(result.signal, SIGKILL);
    program_run(words, &result);
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "resumed ") != NULL, "%s", result.out);
    PROGRAM_RUN(&result, RUN("whole.h5", "3", "--validation-frac", "0.25", "--threads", "1"));
    EXPECT_EXIT(&result, 0, NULL);
    program_compare("killed.h5", "whole.h5", 0);
    load("killed.h5", &arena, &run);
    ck_assert_int_eq(run.split.n + run.split.validation_n, 96);
    for (int e = 0; e < 3; e++) {
        ck_assert_double_ge(run.epochs.validation_error[e], 0);
    }
    PROGRAM_RUN(&result, RUN("killed.h5", "3"));
    EXPECT_EXIT(&result, 2, "validation_frac 0.25, this command has 0");
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_file_of_a_stopped_run_stands_where_it_says)
{
    core_arena arena = {0};
    res_run run;
    stop_with("stopped.h5", SIGTERM, false);
    EXPECT_EXIT(&result, 75, "the same command resumes stopped.h5");
    load("stopped.h5", &arena, &run);
    char where[64];
    snprintf(where, sizeof where, "in epoch %d of 5 after step %d of 6", (int)run.state.epoch + 1, (int)run.state.step);
    ck_assert_msg(strstr(result.err, where) != NULL, "no \"%s\" in %s", where, result.err);
    ck_assert_int_eq(run.epochs.E, run.state.epoch);
    const res_array *losses = res_state_find(&run.state, "running/loss");
    int64_t done = run.state.step < 6 ? 19 * run.state.step : 96;
    ck_assert_int_eq(losses == NULL ? 0 : core_h5_elements(&losses->shape), done);
    ck_assert(!res_run_finished(&run));
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_finished_run_is_said_and_left_as_it_is)
{
    struct stat before, after;
    PROGRAM_RUN(&result, RUN("run.h5", "2"));
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_int_eq(stat("run.h5", &before), 0);
    PROGRAM_RUN(&result, RUN("run.h5", "2", "--threads", "3", "--save-every", "never"));
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "already finished: run.h5\n") != NULL, "%s", result.out);
    ck_assert_int_eq(stat("run.h5", &after), 0);
    ck_assert(before.st_ino == after.st_ino && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}
END_TEST

/* An option that changes bits, another value for it, and what the refusal says. */
static const struct {
    const char *option, *value, *said;
} other[] = {
    {"--seed", "1", "seed 0, this command has 1"},
    {"--split-seed", "1", "split_seed 0, this command has 1"},
    {"--lr", "0.2", "lr 0.1, this command has 0.2"},
    {"--shard", "8", "shard 4, this command has 8"},
    {"--gradient-groups", "3", "gradient_groups 32, this command has 3"},
    {"--epochs", "3", "a run of 2 epochs, this command asks for 3; a run cannot be lengthened"},
    {"--data", "shapes:20:6", "data shapes:20:5, this command has shapes:20:6"},
    {"--weights", "inverse", "this command has"},
    {"--eval-every", "2", "eval_every 1, this command has 2"},
    {"--augment", "none", "augment crop-flip, this command has none"},
    {"--isa", "avx2", "isa avx512, this command has avx2"},
};

START_TEST(test_other_configuration_is_refused_by_name)
{
    PROGRAM_RUN(&result, RUN("run.h5", "2"));
    EXPECT_EXIT(&result, 0, NULL);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        PROGRAM_RUN(&result, "info");
        bool avx2 = strstr(result.out, "isa: avx2") != NULL;
        if (avx2 && strcmp(other[i].option, "--isa") == 0) {
            continue;
        }
        const char *words[] = {RUN("run.h5", "2"), NULL, NULL, NULL};
        size_t at = 0; /* of the option, where the command has it, or of the end */
        while (words[at] != NULL && strcmp(words[at], other[i].option) != 0) {
            at++;
        }
        words[at] = other[i].option;
        words[at + 1] = other[i].value;
        program_run(words, &result);
        EXPECT_EXIT(&result, 2, other[i].said);
        EXPECT_EXIT(&result, 2, "run.h5");
    }
}
END_TEST

/* Copies the user's file of test data with one pixel changed. */
static void make_user_file(const char *path, int pixel)
{
    static uint8_t images[12][3][32][32];
    int32_t labels[12];
    for (int i = 0; i < 12; i++) {
        labels[i] = i % 2;
        memset(images[i], 37 * i % 251, sizeof images[i]);
    }
    images[5][1][7][9] = (uint8_t)pixel;
    core_h5 *file;
    core_h5_about about = {.long_name = "test", .units = "1"};
    core_h5_shape shape = {.type = CORE_H5_U8, .rank = 4, .dims = {12, 3, 32, 32}},
                  rows = core_h5_shape1(CORE_H5_I32, 12);
    EXPECT_OK(core_h5_create(path, &file));
    EXPECT_OK(core_h5_write(file, "images", &shape, images, &about));
    EXPECT_OK(core_h5_write(file, "labels", &rows, labels, &about));
    EXPECT_OK(core_h5_write(file, "test_images", &shape, images, &about));
    EXPECT_OK(core_h5_write(file, "test_labels", &rows, labels, &about));
    EXPECT_OK(core_h5_save(file, path));
    core_h5_close(file);
}

START_TEST(test_other_data_are_refused)
{
    const char *const words[] = {"train",   "--data",  "mine.h5",  "--imbalance", "none",  "--method", "ERM",
                                 "--model", "resnet8", "--epochs", "1",           "--out", "run.h5",   NULL};
    make_user_file("mine.h5", 3);
    program_run(words, &result);
    EXPECT_EXIT(&result, 0, NULL);
    make_user_file("mine.h5", 4);
    program_run(words, &result);
    EXPECT_EXIT(&result, 2, "data of SHA-256");
}
END_TEST

/* Rewrites one fact of the last start of a run file. */
static void forge(const char *path, const char *key, const char *value)
{
    core_arena arena = {0};
    res_run run;
    load(path, &arena, &run);
    res_option items[64];
    const res_options *start = &run.env.starts[run.env.count - 1];
    int64_t found = 0;
    for (int64_t i = 0; i < start->count; i++) {
        items[i] = start->items[i];
        if (strcmp(items[i].key, key) == 0) {
            items[i] = res_option_text(key, value);
            found++;
        }
    }
    ck_assert_int_eq(found, 1);
    res_options forged = {.count = start->count, .items = items};
    run.env = (res_env){.count = 1, .starts = &forged};
    EXPECT_OK(res_run_save(&run, path));
    core_arena_free(&arena);
}

START_TEST(test_other_arithmetic_is_refused_and_named)
{
    stop_with("run.h5", SIGTERM, false);
    EXPECT_EXIT(&result, 75, NULL);
    forge("run.h5", "self_test", "0123456789abcdef");
    PROGRAM_RUN(&result, RUN("run.h5", "5"));
    EXPECT_EXIT(&result, 4, "self_test 0123456789abcdef, here it is ");
    forge("run.h5", "onednn", "3.5.0");
    PROGRAM_RUN(&result, RUN("run.h5", "5"));
    EXPECT_EXIT(&result, 4, "onednn 3.5.0, here it is ");
}
END_TEST

/* Parts that another program changed, each possible alone, which do not fit the configuration. */
START_TEST(test_state_that_does_not_fit_is_refused)
{
    const char *const words[] = {RUN("run.h5", "5", "--validation-frac", "0.25", "--save-every", "1step"), NULL};
    core_arena arena = {0};
    res_run run = {0};
    while (run.state.step == 0) { /* until it was stopped inside an epoch */
        unlink("run.h5");
        pid_t pid = program_start(words);
        program_wait_for_file("run.h5");
        kill(pid, SIGTERM);
        program_wait(pid, &result);
        core_arena_free(&arena);
        load("run.h5", &arena, &run);
    }
    res_run changed = run;
    changed.epochs.planned++;
    EXPECT_OK(res_run_save(&changed, "run.h5"));
    program_run(words, &result);
    EXPECT_EXIT(&result, 3, "does not fit its");
    changed = run;
    changed.epochs.validation_error = changed.epochs.validation_class_error = NULL;
    EXPECT_OK(res_run_save(&changed, "run.h5"));
    program_run(words, &result);
    EXPECT_EXIT(&result, 3, "does not fit its");
    const res_array *predictions = res_state_find(&run.state, "running/prediction");
    ((int32_t *)(uintptr_t)predictions->data)[0] = 10;
    EXPECT_OK(res_run_save(&run, "run.h5"));
    program_run(words, &result);
    EXPECT_EXIT(&result, 3, "/state/running/prediction has 10, expected classes from 0 to 9");
    core_arena_free(&arena);
}
END_TEST

/* Takes an option out of a run file's configuration, as a tailbit that had no such option wrote it. */
static void forget(const char *path, const char *key)
{
    core_arena arena = {0};
    res_run run;
    load(path, &arena, &run);
    res_option items[64];
    char yaml[4096] = "", line[64];
    int64_t kept = 0;
    for (int64_t i = 0; i < run.config.options.count; i++) {
        if (strcmp(run.config.options.items[i].key, key) != 0) {
            items[kept++] = run.config.options.items[i];
        }
    }
    ck_assert_int_eq(kept, run.config.options.count - 1);
    snprintf(line, sizeof line, "%s: ", key);
    const char *at = strstr(run.config.yaml, line);
    ck_assert_ptr_nonnull(at);
    snprintf(yaml, sizeof yaml, "%.*s%s", (int)(at - run.config.yaml), run.config.yaml, strchr(at, '\n') + 1);
    run.config = (res_config){.yaml = yaml, .options = {kept, items}};
    EXPECT_OK(res_run_save(&run, path));
    core_arena_free(&arena);
}

START_TEST(test_option_that_a_file_does_not_know_counts_as_its_default)
{
    stop_with("run.h5", SIGTERM, false);
    EXPECT_EXIT(&result, 75, NULL);
    forget("run.h5", "weight_decay");
    PROGRAM_RUN(&result, RUN("run.h5", "5", "--weight-decay", "0.001"));
    EXPECT_EXIT(&result, 2, "weight_decay 0.0002, this command has 0.001");
    PROGRAM_RUN(&result, RUN("run.h5", "5"));
    EXPECT_EXIT(&result, 0, NULL);
    PROGRAM_RUN(&result, RUN("whole.h5", "5"));
    program_compare("run.h5", "whole.h5", 0); /* what goes on is written whole again */
    forget("run.h5", "switch");
    PROGRAM_RUN(&result, RUN("run.h5", "5"));
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "already finished: run.h5\n") != NULL, "%s", result.out);
    PROGRAM_RUN(&result, RUN("run.h5", "5", "--switch", "2"));
    EXPECT_EXIT(&result, 2, "switch 4, this command has 2");
}
END_TEST

START_TEST(test_everything_of_a_finished_run_is_there)
{
    core_arena arena = {0};
    res_run run;
    PROGRAM_RUN(&result, RUN("run.h5", "5"));
    EXPECT_EXIT(&result, 0, NULL);
    load("run.h5", &arena, &run);
    ck_assert(res_run_finished(&run));
    ck_assert_int_eq(run.epochs.E, 5);
    ck_assert_int_eq(run.epochs.planned, 5);
    ck_assert_int_eq(run.split.n, 96);
    ck_assert_int_eq(run.features.at_drop.epoch, 4);
    ck_assert_int_eq(run.features.at_end.epoch, 5);
    ck_assert_int_eq(run.features.at_end.D, 64);
    ck_assert_int_eq(run.margins.n, 96);
    ck_assert_int_eq(run.final.N, 50);
    ck_assert_int_eq(run.state.epoch, 5);
    ck_assert_int_eq(run.state.step, 0);
    ck_assert_ptr_nonnull(run.margins.target);
    ck_assert_int_eq(run.env.count, 1);
    ck_assert_double_eq(run.final.last.error, run.epochs.test_error[4]);
    for (int64_t e = 0; e < 5; e++) {
        ck_assert_double_le(run.final.best.error, run.epochs.test_error[e]);
    }
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_epochs_without_evaluation_have_no_number)
{
    core_arena arena = {0};
    res_run run;
    PROGRAM_RUN(&result, RUN("run.h5", "4", "--eval-every", "3"));
    EXPECT_EXIT(&result, 0, NULL);
    load("run.h5", &arena, &run);
    const bool evaluated[4] = {false, false, true, true};
    for (int e = 0; e < 4; e++) {
        double error = run.epochs.test_error[e];
        ck_assert_msg((error == error) == evaluated[e], "epoch %d: %g", e, error);
    }
    core_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/training/resume");
    TCase *calls = tcase_create("calls");
    tcase_add_checked_fixture(calls, program_enter_folder, program_leave_folder);
    tcase_set_timeout(calls, 300);
    tcase_add_loop_test(calls, test_signal_writes_and_ends_with_75_and_the_run_goes_on, 0,
                        (int)(sizeof signals / sizeof signals[0]));
    tcase_add_test(calls, test_killed_run_with_a_hold_out_goes_on_to_the_same_bits);
    tcase_add_test(calls, test_file_of_a_stopped_run_stands_where_it_says);
    tcase_add_test(calls, test_finished_run_is_said_and_left_as_it_is);
    tcase_add_test(calls, test_other_configuration_is_refused_by_name);
    tcase_add_test(calls, test_option_that_a_file_does_not_know_counts_as_its_default);
    tcase_add_test(calls, test_other_data_are_refused);
    tcase_add_test(calls, test_other_arithmetic_is_refused_and_named);
    tcase_add_test(calls, test_state_that_does_not_fit_is_refused);
    tcase_add_test(calls, test_everything_of_a_finished_run_is_there);
    tcase_add_test(calls, test_epochs_without_evaluation_have_no_number);
    suite_add_tcase(suite, calls);
    return run_suite(suite);
}

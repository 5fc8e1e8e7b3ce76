/* Trainings whose numbers are none: they end with 5 at the step, and no reader shows what they leave as a result. */
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "results/runs/run_file.h"
#include "tests/end_to_end/program.h"
#include "tests/recipes/support.h"

static program_result result;

#define IMAGES(out, lr, ...)                                                                                           \
    "train", "--data", "shapes:20:5", "--method", "ERM", "--model", "resnet8", "--imbalance", "none", "--batch", "32", \
        "--epochs", "2", "--lr", lr, "--out", out, ##__VA_ARGS__
#define TEXT(out, lr)                                                                                                  \
    "train", "--data", "reviews", "--method", "ERM", "--embedding", "16", "--hidden", "16", "--epochs", "1", "--lr",   \
        lr, "--out", out

static void expect_word(const char *word)
{
    ck_assert_msg(strstr(result.out, word) != NULL, "no \"%s\" in %s\n%s", word, result.out, result.err);
}

START_TEST(test_training_ends_at_the_step_and_names_it)
{
    PROGRAM_RUN(&result, IMAGES("run.h5", "1e30"));
    EXPECT_EXIT(&result, 5,
                "run.h5: epoch 1 of 2: in step 2 of 7 the loss is no number (NaN); the training ends here, "
                "no file is written");
    ck_assert_int_ne(access("run.h5", F_OK), 0);
    PROGRAM_RUN(&result, TEXT("text.h5", "1e38"));
    EXPECT_EXIT(&result, 5, "text.h5: epoch 1 of 1: in step 2 of 35 the loss is no number (NaN)");
    ck_assert_int_ne(access("text.h5", F_OK), 0);
}
END_TEST

/* At this rate the variance that batch norm keeps is infinite while every loss is a number. */
START_TEST(test_tensors_that_are_no_numbers_end_it_too)
{
    PROGRAM_RUN(&result, IMAGES("run.h5", "1e3"));
    EXPECT_EXIT(&result, 5, "epoch 1 of 2: after step 7 of 7 layer1.0.bn1.running_var holds what is no number");
    ck_assert_int_ne(access("run.h5", F_OK), 0);
}
END_TEST

START_TEST(test_last_check_point_stays_and_the_same_command_says_the_same)
{
    core_arena arena = {0};
    res_run run;
    for (int i = 0; i < 2; i++) {
        PROGRAM_RUN(&result, IMAGES("run.h5", "1e30", "--save-every", "1step"));
        EXPECT_EXIT(&result, 5,
                    "epoch 1 of 2: in step 2 of 7 the loss is no number (NaN); the training ends here, the "
                    "file stays at its last check-point");
        EXPECT_OK(res_run_load("run.h5", RES_ALL, &arena, &run));
        ck_assert_int_eq(run.state.step, 1);
        ck_assert_int_eq(run.epochs.E, 0);
    }
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_cell_is_failed_and_the_grid_goes_on)
{
    static const char grid[] = "axes:\n  lr: [0.1, 1e30]\ndata: shapes:20:5\nimbalance: none\nmethod: ERM\n"
                               "model: resnet8\nbatch: 32\nepochs: 2\n";
    EXPECT_OK(core_file_write("grid.yaml", &core_file_any, grid, strlen(grid)));
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--threads", "1");
    EXPECT_EXIT(&result, 1, "1 of 2 jobs done (1 now), 1 failed");
    expect_word("exit code 5: ");
    PROGRAM_RUN(&result, "status", "runs");
    expect_word("2 jobs: 1 done, 1 failed\n");
    expect_word("in step 2 of 7 the loss is no number");
}
END_TEST

/* What tailbit wrote before: a finished run whose losses are NaN from an epoch on. */
static void make_old_run(const char *path)
{
    core_arena arena = {0};
    res_run run;
    PROGRAM_RUN(&result, IMAGES(path, "0.1"));
    EXPECT_EXIT(&result, 0, NULL);
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &run));
    run.epochs.train_loss[1] = (double)NAN;
    EXPECT_OK(res_run_save(&run, path));
    core_arena_free(&arena);
}

START_TEST(test_old_file_stands_nowhere_unmarked)
{
    char *page;
    ck_assert_int_eq(mkdir("runs", 0777), 0);
    make_old_run("runs/run.h5");
    PROGRAM_RUN(&result, IMAGES("runs/run.h5", "0.1"));
    EXPECT_EXIT(&result, 5, "runs/run.h5: the loss of epoch 2 is no number (NaN): it is no result");
    PROGRAM_RUN(&result, "table", "runs");
    ck_assert_msg(strstr(result.err, "left out: runs/run.h5: diverged: the loss of epoch 2") != NULL, "%s", result.err);
    ck_assert_int_ne(result.code, 0);
    PROGRAM_RUN(&result, "figure", "classes", "runs");
    EXPECT_EXIT(&result, 3, "left out: runs/run.h5: diverged: the loss of epoch 2");
    PROGRAM_RUN(&result, "status", "runs");
    expect_word("1 job: 1 diverged\n");
    PROGRAM_RUN(&result, "info", "runs/run.h5");
    expect_word("diverged: the loss of epoch 2 is no number (NaN); its errors are no result\n");
    PROGRAM_RUN(&result, "probe", "runs/run.h5");
    EXPECT_EXIT(&result, 3, "diverged: the loss of epoch 2");
    PROGRAM_RUN(&result, "report", "runs", "--out", "page.html");
    EXPECT_EXIT(&result, 3, NULL);
    EXPECT_OK(core_file_read("page.html", &page, NULL));
    ck_assert_ptr_nonnull(strstr(page, "<td>diverged</td><td>the loss of epoch 2 is no number (NaN)</td>"));
    free(page);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/diverged");
    TCase *tcase = tcase_create("numbers");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, program_enter_folder, program_leave_folder);
    tcase_add_test(tcase, test_training_ends_at_the_step_and_names_it);
    tcase_add_test(tcase, test_tensors_that_are_no_numbers_end_it_too);
    tcase_add_test(tcase, test_last_check_point_stays_and_the_same_command_says_the_same);
    tcase_add_test(tcase, test_cell_is_failed_and_the_grid_goes_on);
    tcase_add_test(tcase, test_old_file_stands_nowhere_unmarked);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

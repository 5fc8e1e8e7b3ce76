/* Text from outside: Table 1 at a tiny budget, every method, and the promise on bits. */
#include "tests/end_to_end/program.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/file.h"
#include "results/runs/run_file.h"
#include "tests/recipes/support.h"

static program_result result;

/* A small network on drawn reviews: 3 negative and 30 positive ones, three batches an epoch, the last one of a single
 * review. */
#define DATA                  "--data", "reviews:30:20", "--vocabulary", "120", "--max-length", "40"
#define SMALL                 DATA, "--embedding", "16", "--hidden", "16", "--batch", "16", "--shard", "4"
#define RUN(method, out, ...) "train", SMALL, "--epochs", "3", "--method", method, "--out", out, ##__VA_ARGS__

static void write_text(const char *path, const char *text)
{
    EXPECT_OK(core_file_write(path, &core_file_any, text, strlen(text)));
}

static void load(const char *path, core_arena *arena, res_run *run)
{
    EXPECT_OK(res_run_load(path, RES_ALL, arena, run));
}

START_TEST(test_every_method_has_the_same_bits_whatever_threads_and_jobs)
{
    write_text("grid.yaml", "axes:\n"
                            "  method: [ERM, Focal, LDAM, CB-RS, CB-RW, CB-Focal, RS, RW, HG-DRS, LDAM-HG-DRS, M-DRW, "
                            "ERM-DRS, ERM-DRW, LDAM-DRW]\n"
                            "data: reviews:30:20\n"
                            "vocabulary: 120\n"
                            "max_length: 40\n"
                            "embedding: 16\n"
                            "hidden: 16\n"
                            "batch: 16\n"
                            "shard: 4\n"
                            "epochs: 2\n");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "one", "--threads", "1");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "one: 14 jobs done (14 now)") != NULL, "%s", result.out);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "two", "--threads", "5", "--jobs", "2");
    EXPECT_EXIT(&result, 0, NULL);
    program_compare("one", "two", 0);
}
END_TEST

/* The figures of the three columns are those of the run file. */
static void expect_figures(const char *csv, const char *method)
{
    static const char *const columns[] = {"positive", "negative", "mean"};
    char path[128], line[128];
    core_arena arena = {0};
    res_run run;
    snprintf(path, sizeof path, "runs/reviews-30-20-remove-0.9-%s-seed0.h5", method);
    load(path, &arena, &run);
    const double *error = run.final.class_error;
    const double figures[] = {error[1], error[0], (error[0] + error[1]) / 2};
    for (int c = 0; c < 3; c++) {
        snprintf(line, sizeof line, "\nreviews:30:20/%s,%s,", columns[c], method);
        const char *at = strstr(csv, line);
        ck_assert_msg(at != NULL, "no %s in %s", line + 1, csv);
        double mean = -1;
        char name[64];
        ck_assert_int_eq(sscanf(at + strlen(line), "%63[^,],%%,last,1,%lf", name, &mean), 2);
        ck_assert_double_eq_tol(mean, 100 * figures[c], 1e-9);
    }
    ck_assert_str_eq(run.split.class_name[0], "neg");
    ck_assert_int_eq(run.split.class_counts[0], 3);
    ck_assert_int_eq(run.split.class_counts[1], 30);
    ck_assert_int_eq(run.features.at_drop.D, 0);
    ck_assert_int_eq(run.features.at_end.D, 32);
    core_arena_free(&arena);
}

START_TEST(test_table1_of_stand_in_data)
{
    PROGRAM_RUN(&result, "grid", "table1", SMALL, "--epochs", "5", "--seeds", "0", "--out", "runs");
    EXPECT_EXIT(&result, 0, NULL);
    PROGRAM_RUN(&result, "table", "runs", "--table", "1", "--format", "csv");
    EXPECT_EXIT(&result, 0, NULL);
    static const char *const methods[] = {"ERM", "RS", "RW", "LDAM-DRW"};
    for (int m = 0; m < 4; m++) {
        expect_figures(result.out, methods[m]);
    }
    ck_assert_msg(strstr(result.out, "imdb/negative,LDAM-DRW,class-error-0,%,last,0,,,30.770000,,") != NULL, "%s",
                  result.out);
    PROGRAM_RUN(&result, "table", "runs", "--table", "1");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "open in Cao et al.") == NULL, "%s", result.out); /* drawn text is not its data */
    ck_assert_msg(strstr(result.out, "missing: imdb/mean: ERM, RS, RW, LDAM-DRW") != NULL, "%s", result.out);
    PROGRAM_RUN(&result, "table", "runs", "--table", "2");
    EXPECT_EXIT(&result, 0, "is about text, Table 2 about images");
    PROGRAM_RUN(&result, "table", "runs", "--table", "1", "--metric", "top5");
    EXPECT_EXIT(&result, 2, "--metric has no effect with --table 1");
    PROGRAM_RUN(&result, "table", "runs", "--metric", "top1,top5,class-error");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "reviews:30:20/remove/0.9") != NULL, "%s", result.out);
}
END_TEST

/* Kills the run once its file is there, which is in its first epoch, and lets the same command go on. */
static void kill_and_go_on(const char *const *words, const char *path)
{
    program_interrupt(words, path, (const int[]){SIGKILL, 0}, &result);
    ck_assert_int_eq(result.signal, SIGKILL);
    program_run(words, &result);
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "resumed ") != NULL, "%s", result.out);
}

START_TEST(test_killed_run_goes_on_to_the_same_bits)
{
    const char *const words[] = {RUN("LDAM-DRW", "killed.h5", "--save-every", "1step", "--threads", "3"), NULL};
    kill_and_go_on(words, "killed.h5");
    PROGRAM_RUN(&result, RUN("LDAM-DRW", "whole.h5", "--threads", "1"));
    EXPECT_EXIT(&result, 0, NULL);
    program_compare("killed.h5", "whole.h5", 0);
}
END_TEST

START_TEST(test_held_out_reviews_go_on_to_the_same_bits)
{
    const char *const words[] = {RUN("RS", "killed.h5", "--save-every", "1step", "--validation-frac", "0.3"), NULL};
    kill_and_go_on(words, "killed.h5");
    PROGRAM_RUN(&result, RUN("RS", "whole.h5", "--validation-frac", "0.3", "--threads", "1"));
    EXPECT_EXIT(&result, 0, NULL);
    program_compare("killed.h5", "whole.h5", 0);
    core_arena arena = {0};
    res_run run;
    load("killed.h5", &arena, &run);
    ck_assert_int_eq(run.split.validation_n, 1 + 9);
    ck_assert(run.epochs.has_validation);
    core_arena_free(&arena);
}
END_TEST

/* Options of `split` on reviews:30:20, and the class counts that it says. */
static const char *const splits[][7] = {
    {"--imbalance", "long-tailed", "--rho", "10", NULL, NULL, "class_counts: 30 3\n"},
    {"--imbalance", "step", "--rho", "4", "--mu", "0.3", "class_counts: 30 7\n"},
    {"--removed-class", "1", "--remove-frac", "0.4", NULL, NULL, "class_counts: 30 18\n"},
    {"--imbalance", "none", NULL, NULL, NULL, NULL, "class_counts: 30 30\n"},
};

START_TEST(test_profiles_are_those_of_images)
{
    const char *words[] = {"split", "--data", "reviews:30:20", NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    memcpy(words + 3, splits[_i], 6 * sizeof *words);
    program_run(words, &result);
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, splits[_i][6]) != NULL, "%s", result.out);
}
END_TEST

/* Vectors of 16 numbers for two words that reviews has. */
static void write_vectors(const char *path, const char *first)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    const char *const words[] = {"the", "film", "quetzalcoatl"};
    for (int w = 0; w < 3; w++) {
        fprintf(file, "%s %s", words[w], first);
        for (int i = 1; i < 16; i++) {
            fprintf(file, " %.3f", 0.137 * (w + 1) - 0.021 * i);
        }
        fputc('\n', file);
    }
    fclose(file);
}

START_TEST(test_word_vectors_count_by_what_they_hold)
{
    write_vectors("a.txt", "0.5");
    write_vectors("b.txt", "0.5");
    write_vectors("c.txt", "0.25");
    PROGRAM_RUN(&result, RUN("ERM", "none.h5"));
    EXPECT_EXIT(&result, 0, NULL);
    PROGRAM_RUN(&result, RUN("ERM", "a.h5", "--glove", "a.txt"));
    EXPECT_EXIT(&result, 0, NULL);
    PROGRAM_RUN(&result, RUN("ERM", "b.h5", "--glove", "./b.txt"));
    EXPECT_EXIT(&result, 0, NULL);
    program_compare("a.h5", "b.h5", 0);
    program_compare("a.h5", "none.h5", 1);
    PROGRAM_RUN(&result, RUN("ERM", "a.h5", "--glove", "c.txt"));
    EXPECT_EXIT(&result, 2, "a.h5: holds a run with glove ");
    PROGRAM_RUN(&result, "train", DATA, "--embedding", "8", "--method", "ERM", "--out", "wide.h5", "--glove", "a.txt");
    EXPECT_EXIT(&result, 3, "a.txt");
    ck_assert_int_ne(access("wide.h5", F_OK), 0);
    PROGRAM_RUN(&result, RUN("ERM", "lost.h5", "--glove", "nowhere.txt"));
    EXPECT_EXIT(&result, 3, "nowhere.txt");
}
END_TEST

START_TEST(test_vocabulary_is_an_axis)
{
    write_text("grid.yaml", "axes:\n"
                            "  vocabulary: [60, 120]\n"
                            "data: reviews:30:20\n"
                            "method: ERM\n"
                            "embedding: 16\n"
                            "hidden: 16\n"
                            "isa: avx2\n"
                            "epochs: 1\n");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--only", "vocabulary<100");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_int_eq(access("runs/reviews-30-20-remove-0.9-ERM-seed0-vocabulary-60.h5", F_OK), 0);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--dry-run");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "2 jobs, 1 to run: 0.0") != NULL, "%s", result.out);
    ck_assert_msg(strstr(result.out, "without a prediction") == NULL, "%s", result.out);
    PROGRAM_RUN(&result, "status", "runs", "--only", "vocabulary=60");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "vocabulary-60") != NULL && strstr(result.out, "vocabulary-120") == NULL, "%s",
                  result.out);
}
END_TEST

/* Words behind `train --data reviews:30:20 --method ERM`, the exit code, and what stands on stderr. */
static const struct {
    const char *words[4];
    int code;
    const char *said;
} bad[] = {
    {{"--vocabulary", "1"}, 2, "--vocabulary: got '1', expected a whole number of at least 3"},
    {{"--max-length", "0"}, 2, "--max-length: got '0'"},
    {{"--hidden", "17"}, 2, "--hidden 17, expected a multiple of 16"},
    {{"--dropout", "1"}, 2, "--dropout: got '1'"},
    {{"--dropout", "0.000001"}, 2, "--dropout 1e-06 would be 0 in steps of 2^-16"},
    {{"--dropout", "0.999999"}, 2, "--dropout 0.999999 would be 1 in steps of 2^-16"},
    {{"--model", "resnet8"}, 2, "--model resnet8 does not fit --data reviews:30:20, which is text; expected bilstm2"},
    {{"--momentum", "0.9"}, 2, "--momentum has no effect with --model bilstm2"},
    {{"--removed-class", "2"}, 2, "class 2 cannot lose examples"},
    {{"--remove-frac", "0.99"}, 2, "class 0 would be empty"},
    {{"--remove-frac", "1"}, 2, "--remove-frac: got '1'"},
    {{"--rho", "10"}, 2, "--rho has no effect with --imbalance remove"},
    {{"--data", "reviews:30"}, 2, "reviews:30"},
};

START_TEST(test_bad_words_are_refused_before_anything_is_written)
{
    const bool of_data = strcmp(bad[_i].words[0], "--data") == 0;
    const char *words[] = {"train",
                           "--method",
                           "ERM",
                           "--out",
                           "run.h5",
                           bad[_i].words[0],
                           bad[_i].words[1],
                           of_data ? NULL : "--data",
                           "reviews:30:20",
                           NULL};
    program_run(words, &result);
    EXPECT_EXIT(&result, bad[_i].code, bad[_i].said);
    ck_assert_int_ne(access("run.h5", F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/text");
    TCase *calls = tcase_create("calls");
    tcase_add_checked_fixture(calls, program_enter_folder, program_leave_folder);
    tcase_set_timeout(calls, 300);
    tcase_add_test(calls, test_every_method_has_the_same_bits_whatever_threads_and_jobs);
    tcase_add_test(calls, test_table1_of_stand_in_data);
    tcase_add_test(calls, test_killed_run_goes_on_to_the_same_bits);
    tcase_add_test(calls, test_held_out_reviews_go_on_to_the_same_bits);
    tcase_add_loop_test(calls, test_profiles_are_those_of_images, 0, (int)(sizeof splits / sizeof splits[0]));
    tcase_add_test(calls, test_word_vectors_count_by_what_they_hold);
    tcase_add_test(calls, test_vocabulary_is_an_axis);
    tcase_add_loop_test(calls, test_bad_words_are_refused_before_anything_is_written, 0,
                        (int)(sizeof bad / sizeof bad[0]));
    suite_add_tcase(suite, calls);
    return run_suite(suite);
}

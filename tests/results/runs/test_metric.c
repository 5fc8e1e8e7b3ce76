/* results/runs/metric and recipes/paper: figures by name as the run file holds them, and the paper's numbers. */
#include "results/runs/metric.h"

#include <math.h>

#include "recipes/paper.h"
#include "recipes/summary.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static core_arena arena;
static res_run run;
static res_figures figures;

static void setup(void) { run = sample_run(&arena, 1); }
/* The figures of a run at its last or its best epoch. */
static core_status figures_of(const res_run *of, const char *metrics, bool best)
{
    res_scores scores;
    CORE_TRY(res_scores_of(of, best, &scores));
    return res_figures_of(&scores, metrics, &arena, &figures);
}

static void teardown(void) { core_arena_free(&arena); }

START_TEST(test_scalars_are_those_of_the_last_or_the_best_epoch)
{
    const char *all = "top1,top5,balanced,many,medium,few,worst-class,geometric-mean,calibration";
    const res_summary *both[2] = {&run.final.last, &run.final.best};
    for (int best = 0; best < 2; best++) {
        const res_summary *of = both[best];
        const double expected[] = {
            of->error,     of->top5_error,        of->balanced_error,        of->many_error,       of->medium_error,
            of->few_error, of->worst_class_error, of->geometric_mean_recall, of->calibration_error};
        EXPECT_OK(figures_of(&run, all, best == 1));
        ck_assert_int_eq(figures.count, LENGTH(expected));
        for (int i = 0; i < LENGTH(expected); i++) {
            ck_assert_str_eq(figures.items[i].name, res_metric_names[i]);
            ck_assert_str_eq(figures.items[i].unit, "%");
            ck_assert_int_eq(figures.items[i].direction, strcmp(res_metric_names[i], "geometric-mean") == 0
                                                             ? RES_HIGHER_IS_BETTER
                                                             : RES_LOWER_IS_BETTER);
            if (i != 1) { /* top5 */
                ck_assert_double_eq(figures.items[i].value, 100.0 * expected[i]);
            }
        }
    }
}
END_TEST

/* Of four classes, the sample's, every label is among the five largest logits: no number, not 0. */
START_TEST(test_top5_needs_more_than_five_classes)
{
    const res_run six = {.split.K = 6, .epochs = {.E = 1, .K = 6}, .final = {.last = {.top5_error = 0.236}}};
    EXPECT_OK(figures_of(&run, "top5", false));
    ck_assert_double_nan(figures.items[0].value);
    EXPECT_OK(figures_of(&six, "top5", false));
    ck_assert_double_eq_tol(figures.items[0].value, 23.6, 1e-13);
}
END_TEST

/* The classes of a test set with counts n' weigh as n'; one that it has not may have no error at all, and counts in no mean. */
START_TEST(test_scores_are_counted_for_another_test_set)
{
    const int64_t counts[SAMPLE_K] = {1000, 0, 10, 177};
    double *error = run.epochs.test_class_error + 2 * SAMPLE_K, sum = 0, mean = 0;
    res_scores scores;
    error[1] = (double)NAN;
    for (int k = 0; k < SAMPLE_K; k++) {
        sum += k == 1 ? 0 : (double)counts[k] * error[k];
        mean += k == 1 ? 0 : error[k] / 3;
    }
    EXPECT_OK(res_scores_of(&run, false, &scores));
    EXPECT_OK(xp_scores_count(counts, &arena, &scores));
    EXPECT_OK(res_figures_of(&scores, "top1,balanced,top5,class-error", &arena, &figures));
    ck_assert_double_eq_tol(figures.items[0].value, 100 * sum / 1187, 1e-12);
    ck_assert_double_eq_tol(figures.items[1].value, 100 * mean, 1e-12);
    ck_assert_double_nan(figures.items[2].value);
    ck_assert_double_nan(figures.items[4].value);
    ck_assert_int_eq(scores.summary.epoch, run.final.last.epoch);
}
END_TEST

START_TEST(test_metrics_of_classes_have_a_figure_each)
{
    EXPECT_OK(figures_of(&run, "class-margin,class-error", false));
    ck_assert_int_eq(figures.count, 2 * SAMPLE_K);
    for (int k = 0; k < SAMPLE_K; k++) {
        char name[32];
        snprintf(name, sizeof name, "class-margin-%d", k);
        ck_assert_str_eq(figures.items[k].name, name);
        ck_assert_str_eq(figures.items[k].unit, "logit");
        ck_assert_str_eq(figures.items[k].head, "margin of class");
        ck_assert_str_eq(figures.items[k].of_class, name + strlen("class-margin-"));
        ck_assert_double_eq(figures.items[k].value, run.margins.final_class_min[k]);
        ck_assert_double_eq(figures.items[SAMPLE_K + k].value, 100.0 * run.epochs.test_class_error[2 * SAMPLE_K + k]);
    }
    EXPECT_OK(figures_of(&run, "class-error", true));
    ck_assert_double_eq(figures.items[3].value, 100.0 * run.epochs.test_class_error[1 * SAMPLE_K + 3]);
}
END_TEST

START_TEST(test_validation_is_the_mean_over_classes_that_are_held_out)
{
    double errors[SAMPLE_E * SAMPLE_K] = {0.0};
    run.epochs.has_validation = false;
    EXPECT_OK(figures_of(&run, "validation", false));
    ck_assert_double_nan(figures.items[0].value);
    for (int i = 0; i < SAMPLE_E * SAMPLE_K; i++) {
        errors[i] = 0.01 * i;
    }
    errors[2 * SAMPLE_K + 1] = (double)NAN;
    run.epochs.has_validation = true;
    run.epochs.validation_class_error = errors;
    EXPECT_OK(figures_of(&run, "validation,top1", false));
    ck_assert_double_eq_tol(figures.items[0].value, (8.0 + 10.0 + 11.0) / 3.0, 1e-13);
    EXPECT_OK(figures_of(&run, "validation", true));
    ck_assert_double_eq_tol(figures.items[0].value, (4.0 + 5.0 + 6.0 + 7.0) / 4.0, 1e-13);
}
END_TEST

/* Classes of 4, 30, 30 and 200 training examples with errors of 0.75, 0.5, 0.25 and 0.125 in the last epoch. */
START_TEST(test_groups_follow_their_bounds)
{
    static const struct {
        res_shot_bounds bounds;
        const char *names[3], *words;
        double percent[3];
    } cases[] = {
        {{100, 20}, {"many", "medium", "few"}, "20 to 100", {12.5, 37.5, 75}},
        {{29, 5},
         {"many-over-29", "medium-5-to-29", "few-under-5"},
         "5 to 29",
         {(12.5 + 25 + 50) / 3, (double)NAN, 75}},
        {{200, 31}, {"many-over-200", "medium-31-to-200", "few-under-31"}, "31 to 200", {(double)NAN, 12.5, 50}},
    };
    static const int64_t counts[SAMPLE_K] = {4, 30, 30, 200};
    static const double errors[SAMPLE_K] = {0.75, 0.5, 0.25, 0.125};
    memcpy(run.epochs.test_class_error + (SAMPLE_E - 1) * SAMPLE_K, errors, sizeof errors);
    run.split.class_counts = counts;
    for (int c = 0; c < LENGTH(cases); c++) {
        res_scores scores;
        const char *text;
        EXPECT_OK(res_scores_of(&run, false, &scores));
        res_scores_regroup(&cases[c].bounds, &scores);
        EXPECT_OK(res_figures_of(&scores, "many,medium,few", &arena, &figures));
        for (int g = 0; g < 3; g++) {
            const double wanted = cases[c].percent[g];
            ck_assert_str_eq(figures.items[g].name, cases[c].names[g]);
            ck_assert_str_eq(figures.items[g].head, cases[c].names[g]);
            ck_assert(isnan(wanted) ? isnan(figures.items[g].value) : fabs(figures.items[g].value - wanted) < 1e-12);
        }
        EXPECT_OK(res_metrics_describe("medium", &cases[c].bounds, &arena, &text));
        ck_assert_msg(strstr(text, cases[c].words) != NULL && strstr(text, cases[c].names[1]) != NULL, "%s", text);
    }
}
END_TEST

START_TEST(test_metrics_are_described_in_words)
{
    const char *text;
    EXPECT_OK(res_metrics_describe("top1", NULL, &arena, &text));
    ck_assert_str_eq(text, "top-1 test error in percent");
    EXPECT_OK(res_metrics_describe("balanced,class-margin", NULL, &arena, &text));
    ck_assert_str_eq(
        text, "mean of the class errors in percent (balanced), least margin of each class in logits (class-margin)");
    for (int i = 0; res_metric_names[i] != NULL; i++) {
        EXPECT_OK(res_metrics_describe(res_metric_names[i], NULL, &arena, &text));
        ck_assert_ptr_null(strstr(text, "(null)"));
        EXPECT_OK(figures_of(&run, res_metric_names[i], false));
        ck_assert_ptr_nonnull(figures.items[0].head);
    }
}
END_TEST

START_TEST(test_the_paper_has_its_data)
{
    static const char *const has[] = {"cifar10", "cifar10/step/3", "cifar100/none", "imdb/remove/0.5"},
                             *const has_not[] = {"cifar10.h5/step/10", "cifar10@64220d23/step/10", "cifar1", "shapes"};
    for (int i = 0; i < LENGTH(has); i++) {
        ck_assert(res_paper_has_data(has[i]));
        ck_assert(!res_paper_has_data(has_not[i]));
    }
}
END_TEST

START_TEST(test_wrong_names_are_refused)
{
    EXPECT_FAILURE(res_metrics_check("top1,balance", false, NULL), CORE_BAD_USAGE,
                   "calibration, validation, class-error or class-margin; did you mean balanced?");
    EXPECT_FAILURE(res_metrics_check("error", false, NULL), CORE_BAD_USAGE,
                   "'error' is no metric, expected top1, top5,");
    EXPECT_FAILURE(res_metrics_check("top1,", false, NULL), CORE_BAD_USAGE, "'' is no metric");
    EXPECT_FAILURE(res_metrics_check("top1,top5,top1", false, NULL), CORE_BAD_USAGE, "top1 stands there twice");
    EXPECT_FAILURE(res_metrics_check("class-margin", true, NULL), CORE_BAD_USAGE, "no --best");
    EXPECT_OK(res_metrics_check("class-margin", false, NULL));
    EXPECT_FAILURE(res_metrics_check("top1,top5", false, "--test-order"), CORE_BAD_USAGE, "--metric top5");
    EXPECT_FAILURE(res_metrics_check("calibration", false, "--test-order"), CORE_BAD_USAGE, "--metric calibration");
}
END_TEST

START_TEST(test_parts_that_do_not_fit_are_refused)
{
    const res_figure untouched = {.name = "untouched", .unit = ""};
    figures = (res_figures){1, &untouched};
    run.final.best.epoch = SAMPLE_E;
    EXPECT_FAILURE(figures_of(&run, "class-error", true), CORE_BAD_FILE, "epoch 3 of 3");
    run.margins.K = SAMPLE_K - 1;
    EXPECT_FAILURE(figures_of(&run, "class-margin", false), CORE_BAD_FILE, "3 of 4 classes");
    ck_assert_ptr_eq(figures.items, &untouched);
}
END_TEST

START_TEST(test_paper_numbers_by_hand)
{
    const res_paper_table *two = res_paper_find("2"), *five = res_paper_find("5"), *one = res_paper_find("1");
    ck_assert_double_eq(res_paper_error(two, "cifar10/long-tailed/100", "LDAM-DRW"), 22.97);
    ck_assert_double_eq(res_paper_error(two, "cifar100/step/100", "CB-Focal"), 80.24);
    ck_assert_double_eq(res_paper_error(two, "cifar100/step/100", "ERM"), 61.45);
    ck_assert_double_eq(res_paper_error(five, "cifar100/step/100", "ERM"), 61.05);
    ck_assert_double_eq(res_paper_error(five, "cifar10/step/10", "ERM-DRS"), 14.83);
    ck_assert_double_eq(res_paper_error(one, "imdb/negative", "RW"), 42.12);
    ck_assert_double_eq(res_paper_error(res_paper_find("6"), "cifar10/step/100/b", "LDAM-DRW"), 9.54);
    ck_assert_int_eq(res_paper_find("6")->orders, 2);
    ck_assert_double_nan(res_paper_error(two, "cifar100/long-tailed/10", "HG-DRS"));
    ck_assert_double_nan(res_paper_error(two, "cifar10/long-tailed/100", "ERM-DRW"));
    ck_assert_double_nan(res_paper_error(two, "cifar10/long-tailed/50", "ERM"));
    ck_assert_ptr_null(res_paper_find("7"));
    ck_assert_str_eq(two->model, "resnet32");
}
END_TEST

/* Sums of the columns in hundredths, added up from the paper's text, not from the table in the program. */
static const struct {
    const char *number, *column;
    int64_t sum;
} sums[] = {
    {"2", "cifar10/long-tailed/100", 26791},
    {"2", "cifar10/long-tailed/10", 13172},
    {"2", "cifar10/step/100", 32735},
    {"2", "cifar10/step/10", 15004},
    {"2", "cifar100/long-tailed/100", 49767},
    {"2", "cifar100/long-tailed/10", 34651},
    {"2", "cifar100/step/100", 52201},
    {"2", "cifar100/step/10", 36532},
    {"5", "cifar10/long-tailed/100", 8028},
    {"5", "cifar10/long-tailed/10", 4001},
    {"5", "cifar10/step/100", 9307},
    {"5", "cifar10/step/10", 4682},
    {"5", "cifar100/long-tailed/100", 18069},
    {"5", "cifar100/long-tailed/10", 12972},
    {"5", "cifar100/step/100", 17856},
    {"5", "cifar100/step/10", 13136},
    {"6", "cifar10/long-tailed/100/a", 6625},
    {"6", "cifar10/long-tailed/100/b", 6759},
    {"6", "cifar10/long-tailed/10/a", 3390},
    {"6", "cifar10/long-tailed/10/b", 3567},
    {"6", "cifar10/step/100/a", 7061},
    {"6", "cifar10/step/100/b", 6952},
    {"6", "cifar10/step/10/a", 2767},
    {"6", "cifar10/step/10/b", 3051},
    {"1", "imdb/positive", 2009},
    {"1", "imdb/negative", 18955},
    {"1", "imdb/mean", 10482},
};

START_TEST(test_columns_add_up)
{
    const res_paper_table *table = res_paper_find(sums[_i].number);
    int64_t sum = 0;
    for (int64_t r = 0; r < table->row_count; r++) {
        const double error = res_paper_error(table, sums[_i].column, table->rows[r]);
        sum += isnan(error) ? 0 : lround(100.0 * error);
    }
    ck_assert_int_eq(sum, sums[_i].sum);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/runs/metric");
    TCase *metric = tcase_create("metric"), *paper = tcase_create("paper");
    tcase_add_checked_fixture(metric, setup, teardown);
    suite_add_tcase(suite, metric);
    suite_add_tcase(suite, paper);
    tcase_add_test(metric, test_scalars_are_those_of_the_last_or_the_best_epoch);
    tcase_add_test(metric, test_top5_needs_more_than_five_classes);
    tcase_add_test(metric, test_scores_are_counted_for_another_test_set);
    tcase_add_test(metric, test_metrics_of_classes_have_a_figure_each);
    tcase_add_test(metric, test_validation_is_the_mean_over_classes_that_are_held_out);
    tcase_add_test(metric, test_groups_follow_their_bounds);
    tcase_add_test(metric, test_metrics_are_described_in_words);
    tcase_add_test(metric, test_wrong_names_are_refused);
    tcase_add_test(metric, test_parts_that_do_not_fit_are_refused);
    tcase_add_test(paper, test_paper_numbers_by_hand);
    tcase_add_test(paper, test_the_paper_has_its_data);
    tcase_add_loop_test(paper, test_columns_add_up, 0, LENGTH(sums));
    return run_suite(suite);
}

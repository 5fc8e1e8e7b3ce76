#include "imbalance/metrics.h"

#include "imbalance/outputs.h"
#include "tests/imbalance/support.h"

/* Five classes; class 3 has no test examples. Recalls 3/4, 1/2, 2/5, none, 1/8. */
enum { K = 5 };
static const int64_t CONFUSION[K * K] = {3, 0, 1, 0, 0, /**/ 1, 3, 2, 0, 0, /**/ 0, 3, 2, 0, 0, /**/
                                         0, 0, 0, 0, 0, /**/ 4, 1, 1, 1, 1};
static const int64_t TRAIN_COUNTS[K] = {101, 100, 20, 19, 19};

/* The class errors of as many examples as a confusion counts. */
static double class_error_of(const int64_t *confusion, int64_t classes, double *class_error)
{
    int32_t labels[64], predictions[64];
    int64_t n = 0;
    double error = 2.0;
    for (int64_t cell = 0; cell < classes * classes; cell++) {
        for (int64_t i = 0; i < confusion[cell]; i++) {
            labels[n] = (int32_t)(cell / classes);
            predictions[n++] = (int32_t)(cell % classes);
        }
    }
    EXPECT_OK(imb_class_error(labels, predictions, n, classes, class_error, &error));
    return error;
}

/* The metrics of a confusion, by way of its class errors. */
static void metrics_of(const int64_t *confusion, const int64_t *train_counts, int64_t classes, imb_metrics *out)
{
    double error[K];
    class_error_of(confusion, classes, error);
    imb_metrics_of_classes(error, train_counts, classes, out);
}

START_TEST(test_metrics_by_hand)
{
    imb_metrics m;
    metrics_of(CONFUSION, TRAIN_COUNTS, K, &m);
    ck_assert_double_eq_tol(m.balanced_error, (0.25 + 0.5 + 0.6 + 0.875) / 4.0, 1e-15);
    ck_assert_double_eq_tol(m.many_error, 0.25, 1e-15);
    ck_assert_double_eq_tol(m.medium_error, 0.55, 1e-15);
    ck_assert_double_eq_tol(m.few_error, 0.875, 1e-15);
    ck_assert_double_eq_tol(m.worst_class_error, 0.875, 1e-15);
    ck_assert_int_eq(m.worst_class, 4);
    ck_assert_double_eq_tol(m.geometric_mean_recall, pow(0.75 * 0.5 * 0.4 * 0.125, 0.25), 1e-14);
}
END_TEST

START_TEST(test_class_error_by_hand)
{
    double error[K];
    ck_assert_double_eq_tol(class_error_of(CONFUSION, K, error), 14.0 / 23.0, 1e-15);
    ck_assert_double_eq(error[0], 0.25);
    ck_assert_double_eq(error[1], 0.5);
    ck_assert_double_eq(error[2], 0.6);
    ck_assert_double_nan(error[3]);
    ck_assert_double_eq(error[4], 0.875);
}
END_TEST

START_TEST(test_one_missed_class_makes_the_geometric_mean_zero)
{
    imb_metrics m;
    metrics_of((const int64_t[]){7, 0, 3, 0}, (const int64_t[]){50, 3}, 2, &m);
    ck_assert_double_eq(m.geometric_mean_recall, 0.0);
    ck_assert_double_eq(m.worst_class_error, 1.0);
    ck_assert_double_nan(m.many_error);
}
END_TEST

START_TEST(test_without_examples_all_is_nan)
{
    imb_metrics m;
    metrics_of((const int64_t[]){0, 0, 0, 0}, (const int64_t[]){50, 3}, 2, &m);
    const double all[] = {m.balanced_error, m.many_error,        m.medium_error,
                          m.few_error,      m.worst_class_error, m.geometric_mean_recall};
    for (int i = 0; i < 6; i++) {
        ck_assert_double_nan(all[i]);
    }
    ck_assert_int_eq(m.worst_class, -1);
}
END_TEST

START_TEST(test_worst_class_of_a_tie_is_the_lowest)
{
    imb_metrics m;
    metrics_of((const int64_t[]){1, 0, 0, 1, 1, 0, 0, 1, 1}, (const int64_t[]){5, 5, 5}, 3, &m);
    ck_assert_int_eq(m.worst_class, 1);
}
END_TEST

START_TEST(test_confusion_adds)
{
    int64_t confusion[9] = {0, 0, 0, 0, 4, 0, 0, 0, 0};
    imb_confusion_add((const int32_t[]){0, 1, 1, 2}, (const int32_t[]){2, 1, 1, 0}, 4, 3, confusion);
    const int64_t wanted[9] = {0, 0, 1, 0, 6, 0, 1, 0, 0};
    ck_assert_mem_eq(confusion, wanted, sizeof wanted);
}
END_TEST

START_TEST(test_top_error_counts_ranks)
{
    const int32_t ranks[] = {0, 2, 1, 0, 7};
    ck_assert_double_eq(imb_top_error(ranks, 5, 1), 1.0 - 2.0 / 5.0);
    ck_assert_double_eq(imb_top_error(ranks, 5, 2), 1.0 - 3.0 / 5.0);
    ck_assert_double_eq(imb_top_error(ranks, 5, 5), 1.0 - 4.0 / 5.0);
    ck_assert_double_nan(imb_top_error(ranks, 0, 5));
}
END_TEST

/* Guo et al.'s own way: one bin after another, each over all examples. */
static double slow_calibration(const float *z, const int32_t *labels, int n, int classes, double scale)
{
    double error = 0.0;
    for (int b = 0; b < 15; b++) {
        double confidence = 0.0, accuracy = 0.0;
        int inside = 0;
        for (int i = 0; i < n; i++) {
            double sum = 0.0, top = 0.0;
            int best = 0;
            for (int j = 0; j < classes; j++) {
                double e = exp(scale * (double)z[i * classes + j]);
                sum += e;
                best = e > top ? j : best;
                top = e > top ? e : top;
            }
            if (top / sum > b / 15.0 && top / sum <= (b + 1) / 15.0) {
                inside++;
                confidence += top / sum;
                accuracy += best == labels[i];
            }
        }
        error += inside > 0 ? fabs(accuracy / inside - confidence / inside) * inside / n : 0.0;
    }
    return error;
}

/* By way of the outputs of each row. */
static double calibration_of(const float *z, const int32_t *labels, int n, int classes, double scale)
{
    int32_t predictions[500] = {0};
    double confidence[500] = {0};
    const imb_outputs outputs = {.scale = scale, .prediction = predictions, .confidence = confidence};
    for (int i = 0; i < n; i++) {
        imb_outputs_fill(&outputs, i, z + i * classes, classes, labels[i]);
    }
    return imb_calibration_error(confidence, labels, predictions, n);
}

START_TEST(test_calibration_equals_the_slow_way)
{
    enum { N = 500, C = 7 };
    float z[N * C];
    int32_t labels[N];
    for (int i = 0; i < N * C; i++) {
        z[i] = (float)noise(i, 5);
    }
    for (int i = 0; i < N; i++) {
        labels[i] = (i * 13 + i / 7) % C;
    }
    for (double scale = 0.3; scale < 40.0; scale *= 2.9) {
        double slow = slow_calibration(z, labels, N, C, scale);
        ck_assert_double_gt(slow, 0.01);
        ck_assert_double_eq_tol(calibration_of(z, labels, N, C, scale), slow, 1e-13);
    }
}
END_TEST

START_TEST(test_calibration_at_its_limits)
{
    const float sure[] = {50.0f, -50.0f, -50.0f, 50.0f}, huge[] = {3e38f, -3e38f};
    ck_assert_double_eq(calibration_of(sure, (const int32_t[]){0, 1}, 2, 2, 30.0), 0.0);
    ck_assert_double_eq(calibration_of(sure, (const int32_t[]){0, 0}, 2, 2, 30.0), 0.5);
    ck_assert_double_eq(calibration_of(huge, (const int32_t[]){1}, 1, 2, 30.0), 1.0);
    ck_assert_double_nan(calibration_of(sure, (const int32_t[]){0}, 0, 2, 1.0));
}
END_TEST

/* numpy.quantile([0.731, -1.217, 2.385, 0.114, 0.502], q) for the fractions below: class 0 of the test. */
static const double FRACTIONS[] = {0.0, 0.05, 0.2, 0.5, 0.95, 1.0};
static const double NUMPY[] = {-1.217, -0.9508000000000001, -0.1522, 0.502, 2.0541999999999994, 2.385};

START_TEST(test_class_margins_equal_numpy)
{
    const double margins[] = {0.731, 4.5, -1.217, 2.385, 0.114, (double)NAN, 0.502, 1.0};
    const int32_t labels[] = {0, 1, 0, 0, 0, 3, 0, 3};
    const imb_margin_query query = {margins, labels, 8, 4, FRACTIONS, 6};
    double minima[4], quantiles[4 * 6];
    EXPECT_OK(imb_class_margins(&query, minima, quantiles));
    ck_assert_double_eq(minima[0], -1.217);
    ck_assert_double_eq(minima[1], 4.5);
    ck_assert_double_nan(minima[2]); /* nobody */
    ck_assert_double_nan(minima[3]); /* a NaN among them */
    for (int q = 0; q < 6; q++) {
        ck_assert_double_eq(quantiles[q], NUMPY[q]);
        ck_assert_double_eq(quantiles[6 + q], 4.5);
        ck_assert_double_nan(quantiles[12 + q]);
        ck_assert_double_nan(quantiles[18 + q]);
    }
}
END_TEST

/* Classes 0 and 2 are many, class 1 is few; nobody is medium. */
START_TEST(test_group_quantiles_equal_numpy)
{
    const double margins[] = {0.731, 4.5, -1.217, 2.385, 0.114, 7.5, 0.502};
    const int32_t labels[] = {0, 1, 2, 0, 2, 1, 2};
    const int64_t train_counts[] = {101, 19, 500};
    const imb_margin_query query = {margins, labels, 7, 3, FRACTIONS, 6};
    double quantiles[IMB_SHOT_GROUPS * 6];
    EXPECT_OK(imb_group_quantiles(&query, train_counts, quantiles));
    for (int q = 0; q < 6; q++) {
        ck_assert_double_eq(quantiles[IMB_MANY_SHOT * 6 + q], NUMPY[q]);
        ck_assert_double_nan(quantiles[IMB_MEDIUM_SHOT * 6 + q]);
        ck_assert_double_eq_tol(quantiles[IMB_FEW_SHOT * 6 + q], 4.5 + 3.0 * FRACTIONS[q], 1e-14);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/metrics");
    ADD_CASE(suite, "oracle", test_metrics_by_hand, test_class_error_by_hand, test_confusion_adds,
             test_top_error_counts_ranks, test_calibration_equals_the_slow_way, test_class_margins_equal_numpy,
             test_group_quantiles_equal_numpy);
    ADD_CASE(suite, "limits", test_one_missed_class_makes_the_geometric_mean_zero, test_without_examples_all_is_nan,
             test_worst_class_of_a_tie_is_the_lowest, test_calibration_at_its_limits);
    return run_suite(suite);
}

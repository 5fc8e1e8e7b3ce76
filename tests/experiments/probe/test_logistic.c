/* Logistic regression against scikit-learn, and the classifiers that need no optimiser. */
#include "experiments/probe/logistic.h"

#include <math.h>

#include "experiments/probe/classifiers.h"
#include "tests/recipes/support.h"
#include "tests/golden/xp_logistic.inc"

enum { D = 16, FIT = 300, TEST = 200 };

static double noise(int64_t i, int64_t salt)
{
    const int64_t mixed = i * 2654435761 + salt * 40503 + i * i % 8191 * 524287;
    return (double)(mixed % 4294967296) / 4294967296.0 - 0.5;
}

/* The examples of tests/golden/xp_logistic.py. */
static void make_examples(int64_t n, int64_t K, int64_t salt, float *features, int32_t *labels)
{
    for (int64_t i = 0; i < n; i++) {
        labels[i] = (int32_t)((i * i + i / 3) % K);
        for (int64_t d = 0; d < D; d++) {
            double x = 2.0 * noise(i * D + d, salt) + noise(labels[i] * D + d, 77);
            x = d == D - 2 ? 50.0 * x + 700.0 : d == D - 1 ? 2.385 : x;
            features[i * D + d] = (float)x;
        }
    }
}

typedef struct {
    core_arena arena;
    float features[FIT * D], more[TEST * D];
    int32_t labels[FIT], truth[TEST], predicted[XP_TAUS * TEST];
    xp_examples fit;
    xp_logistic fitted;
} problem;

static void make(problem *p, int64_t K)
{
    *p = (problem){0};
    make_examples(FIT, K, 5, p->features, p->labels);
    make_examples(TEST, K, 6, p->more, p->truth);
    p->fit = (xp_examples){.n = FIT, .D = D, .K = K, .features = p->features, .labels = p->labels};
}

static core_status fit(problem *p, double C, int threads)
{
    const xp_logistic_options options = {
        .C = C, .tolerance = XP_LOGISTIC_TOLERANCE, .iterations = XP_LOGISTIC_ITERATIONS, .threads = threads};
    return xp_logistic_fit(&p->fit, &options, &p->arena, &p->fitted);
}

static void expect_near(const double *got, const double *wanted, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        ck_assert_double_eq_tol(got[i], wanted[i], 1e-3);
    }
}

/* Predictions may differ where two scores all but tie: in at most 0.1 point of the error, here in none. */
static void expect_predictions(const problem *p, const int32_t *wanted, int64_t wrong)
{
    int64_t errors = 0;
    for (int64_t i = 0; i < TEST; i++) {
        ck_assert_int_eq(p->predicted[i], wanted[i]);
        errors += p->predicted[i] != p->truth[i];
    }
    ck_assert_int_eq(errors, wrong);
}

START_TEST(test_five_classes_are_scikit_learns)
{
    problem p;
    make(&p, 5);
    EXPECT_OK(fit(&p, 1.0, 1));
    ck_assert(p.fitted.converged && p.fitted.gradient_norm < 1e-6 && p.fitted.iterations > 10);
    expect_near(p.fitted.weight, GOLDEN_5_10_WEIGHT, 5 * D);
    expect_near(p.fitted.intercept, GOLDEN_5_10_INTERCEPT, 5);
    xp_logistic_predict(&p.fitted, p.more, TEST, p.predicted);
    expect_predictions(&p, GOLDEN_5_10_PREDICTED, GOLDEN_5_10_WRONG);
    core_arena_free(&p.arena);
}
END_TEST

START_TEST(test_regularisation_is_scikit_learns)
{
    problem p;
    make(&p, 5);
    EXPECT_OK(fit(&p, 0.03, 1));
    expect_near(p.fitted.weight, GOLDEN_5_003_WEIGHT, 5 * D);
    expect_near(p.fitted.intercept, GOLDEN_5_003_INTERCEPT, 5);
    xp_logistic_predict(&p.fitted, p.more, TEST, p.predicted);
    expect_predictions(&p, GOLDEN_5_003_PREDICTED, GOLDEN_5_003_WRONG);
    core_arena_free(&p.arena);
}
END_TEST

START_TEST(test_two_classes_are_scikit_learns)
{
    problem p;
    double weight[D], intercept;
    make(&p, 2);
    EXPECT_OK(fit(&p, 1.0, 1));
    for (int64_t d = 0; d < D; d++) {
        weight[d] = p.fitted.weight[D + d] - p.fitted.weight[d];
    }
    intercept = p.fitted.intercept[1] - p.fitted.intercept[0];
    expect_near(weight, GOLDEN_2_10_WEIGHT, D);
    expect_near(&intercept, GOLDEN_2_10_INTERCEPT, 1);
    xp_logistic_predict(&p.fitted, p.more, TEST, p.predicted);
    expect_predictions(&p, GOLDEN_2_10_PREDICTED, GOLDEN_2_10_WRONG);
    core_arena_free(&p.arena);
}
END_TEST

/* So much work that each of four threads has some: with little, one thread does it all. */
START_TEST(test_threads_change_no_bit)
{
    enum { CLASSES = 100, EXAMPLES = 16000 };
    static float features[EXAMPLES * D];
    static int32_t labels[EXAMPLES];
    core_arena arena = {0};
    xp_logistic one, many;
    make_examples(EXAMPLES, CLASSES, 5, features, labels);
    for (int32_t i = 0; i < EXAMPLES; i++) { /* make_examples leaves classes out where there are so many */
        labels[i] = i % CLASSES;
    }
    const xp_examples examples = {.n = EXAMPLES, .D = D, .K = CLASSES, .features = features, .labels = labels};
    xp_logistic_options options = {.C = 1, .tolerance = XP_LOGISTIC_TOLERANCE, .iterations = 4, .threads = 1};
    ck_assert_int_eq(xp_logistic_threads(&examples, 8), 4);
    EXPECT_OK(xp_logistic_fit(&examples, &options, &arena, &one));
    for (int threads = 2; threads <= 4; threads++) {
        options.threads = threads;
        EXPECT_OK(xp_logistic_fit(&examples, &options, &arena, &many));
        ck_assert_mem_eq(many.weight, one.weight, CLASSES * D * sizeof(double));
        ck_assert_mem_eq(many.intercept, one.intercept, CLASSES * sizeof(double));
    }
    core_arena_free(&arena);
}
END_TEST

/* The error of a mean grows with the number of examples, and is no deviation of a constant feature. */
START_TEST(test_constant_feature_of_many_examples)
{
    enum { MANY = 50000 };
    static float features[2 * MANY];
    static int32_t labels[MANY];
    core_arena arena = {0};
    xp_logistic fitted;
    for (int64_t i = 0; i < MANY; i++) {
        labels[i] = (int32_t)(i % 2);
        features[2 * i] = 0.7f;
        features[2 * i + 1] = (float)(noise(i, 3) + labels[i]);
    }
    const xp_examples examples = {.n = MANY, .D = 2, .K = 2, .features = features, .labels = labels};
    const xp_logistic_options options = {
        .C = 1, .tolerance = XP_LOGISTIC_TOLERANCE, .iterations = XP_LOGISTIC_ITERATIONS, .threads = 1};
    EXPECT_OK(xp_logistic_fit(&examples, &options, &arena, &fitted));
    ck_assert_double_eq(fitted.deviation[0], 1);
    ck_assert_double_lt(fabs(fitted.weight[0]), 1e-9);
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_running_out_of_iterations_shows)
{
    problem p;
    make(&p, 5);
    const xp_logistic_options options = {.C = 1, .tolerance = 1e-6, .iterations = 3, .threads = 1};
    EXPECT_OK(xp_logistic_fit(&p.fit, &options, &p.arena, &p.fitted));
    ck_assert(!p.fitted.converged && p.fitted.gradient_norm > 1e-6);
    core_arena_free(&p.arena);
}
END_TEST

START_TEST(test_what_cannot_be_fitted_is_refused)
{
    problem p;
    make(&p, 5);
    EXPECT_FAILURE(fit(&p, 0, 1), CORE_BAD_USAGE, "C = 0");
    EXPECT_FAILURE(fit(&p, (double)NAN, 1), CORE_BAD_USAGE, "expected both above 0");
    p.features[7 * D + 3] = (float)NAN;
    EXPECT_FAILURE(fit(&p, 1, 1), CORE_BAD_FILE, "feature 3 of example 7");
    make(&p, 5);
    p.fit.K = 6;
    EXPECT_FAILURE(fit(&p, 1, 1), CORE_BAD_FILE, "class 5");
    ck_assert_ptr_null(p.fitted.weight);
    core_arena_free(&p.arena);
}
END_TEST

START_TEST(test_nearest_means_are_scikit_learns)
{
    problem p;
    make(&p, 5);
    EXPECT_OK(xp_nearest_mean(&p.fit, p.more, TEST, p.predicted));
    ck_assert_mem_eq(p.predicted, GOLDEN_CENTROID_PREDICTED, sizeof GOLDEN_CENTROID_PREDICTED);
}
END_TEST

START_TEST(test_an_empty_class_is_never_the_nearest)
{
    const float features[] = {5, 5, 1, 1}, more[] = {0, 0};
    const int32_t labels[] = {1, 2};
    const xp_examples two = {.n = 2, .D = 2, .K = 3, .features = features, .labels = labels};
    int32_t predicted;
    EXPECT_OK(xp_nearest_mean(&two, more, 1, &predicted));
    ck_assert_int_eq(predicted, 2);
}
END_TEST

/* (3, 0) has the larger vector, (0.6, 0.8) the smaller angle to (1, 1): scores 3 and 1.4, over 3^tau and 1. */
START_TEST(test_tau_takes_the_norm_away)
{
    const float weight[] = {3, 0, 0.6f, 0.8f, 0, 0}, features[] = {1, 1};
    int32_t predicted[XP_TAUS];
    EXPECT_OK(xp_tau_normalised(weight, 3, 2, features, 1, predicted));
    for (int t = 0; t < XP_TAUS; t++) {
        ck_assert_int_eq(predicted[t], 3 / pow(3, xp_tau(t)) > 1.4 ? 0 : 1);
    }
    ck_assert(predicted[6] == 0 && predicted[7] == 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/probe/logistic");
    ADD_CASE(suite, "oracle", test_five_classes_are_scikit_learns, test_regularisation_is_scikit_learns,
             test_two_classes_are_scikit_learns, test_nearest_means_are_scikit_learns, test_tau_takes_the_norm_away);
    ADD_CASE(suite, "determinism", test_threads_change_no_bit);
    ADD_CASE(suite, "limits", test_constant_feature_of_many_examples, test_running_out_of_iterations_shows,
             test_an_empty_class_is_never_the_nearest);
    ADD_CASE(suite, "errors", test_what_cannot_be_fitted_is_refused);
    return run_suite(suite);
}

/* recipes/target_set: what the options of a known test set mean, to a recipe and to what a method minimises. */
#include "recipes/target_set.h"

#include <math.h>

#include "experiments/training/objective.h"
#include "imbalance/target_set.h"
#include "recipes/recipe.h"
#include "recipes/run_name.h"
#include "tests/recipes/support.h"

enum { K = 3, N = 13 };

static int64_t counts[K] = {8, 4, 1};
static int64_t index_of[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static int32_t labels[N] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2};
static const xp_split split = {.K = K, .n = N, .counts = counts, .index = index_of, .labels = labels};

/* A run's options and what follows from them. */
typedef struct {
    xp_options options;
    xp_recipe recipe;
    xp_objective objective;
    core_arena arena;
} made;

#define MAKE(m, ...)                                                                                                   \
    do {                                                                                                               \
        (m)->arena = (core_arena){0};                                                                                  \
        EXPECT_OK(PARSE(&(m)->options, XP_VERB_TRAIN, "--data", "cifar10", __VA_ARGS__));                              \
        EXPECT_OK(xp_recipe_resolve(&(m)->options, (m)->options.arena, &(m)->recipe));                                 \
        EXPECT_OK(xp_recipe_name(&(m)->recipe, &(m)->options, "cifar10", "avx2"));                                     \
        EXPECT_OK(xp_objective_create(&(m)->recipe, &split, &(m)->arena, &(m)->objective));                            \
    } while (0)

#define REFUSE(word, ...)                                                                                              \
    do {                                                                                                               \
        xp_options options_;                                                                                           \
        xp_recipe recipe_;                                                                                             \
        EXPECT_OK(PARSE(&options_, XP_VERB_TRAIN, "--data", "cifar10", __VA_ARGS__));                                  \
        EXPECT_FAILURE(xp_recipe_resolve(&options_, options_.arena, &recipe_), CORE_BAD_USAGE, (word));                \
    } while (0)

static void drop(made *m) { core_arena_free(&m->arena); }

START_TEST(test_without_an_order_nothing_is_known)
{
    made m;
    MAKE(&m, "--method", "LDAM-DRW");
    ck_assert(!m.recipe.test.known && m.objective.test_counts == NULL);
    ck_assert_ptr_null(strstr(m.recipe.config.yaml, "test_"));
    ck_assert_int_eq(m.recipe.weights, IMB_WEIGHTS_EFFECTIVE);
    drop(&m);
    MAKE(&m, "--method", "LDAM-DRW", "--test-order", "auto");
    ck_assert_ptr_null(strstr(m.recipe.config.yaml, "test_"));
    drop(&m);
}
END_TEST

START_TEST(test_the_test_set_falls_as_the_training_set)
{
    made m;
    MAKE(&m, "--method", "LDAM-DRW", "--imbalance", "step", "--rho", "10", "--test-order", "2");
    ck_assert(m.recipe.test.known && m.recipe.test.order == 2 && m.recipe.test.profile.kind == IMB_STEP);
    ck_assert(strstr(m.recipe.config.yaml, "test_order: 2\ntest_imbalance: step\ntest_rho: 10\n") != NULL);
    ck_assert_int_eq(m.recipe.weights, IMB_WEIGHTS_INVERSE);
    drop(&m);
    MAKE(&m, "--method", "CB-RW", "--test-order", "1", "--test-imbalance", "step", "--test-rho", "3");
    ck_assert(m.recipe.test.profile.kind == IMB_STEP && m.recipe.test.profile.rho == 3);
    ck_assert_int_eq(m.recipe.weights, IMB_WEIGHTS_EFFECTIVE);
    drop(&m);
    MAKE(&m, "--method", "RW", "--imbalance", "none", "--test-order", "1", "--test-imbalance", "step", "--test-rho",
         "3");
    ck_assert(m.recipe.test.known && m.recipe.test.profile.mu == 0.5);
    drop(&m);
    MAKE(&m, "--method", "RW", "--imbalance", "none", "--test-order", "1", "--test-imbalance", "step", "--test-rho",
         "3", "--mu", "0.2");
    ck_assert(m.recipe.test.profile.mu == 0.2);
    drop(&m);
}
END_TEST

START_TEST(test_margins_and_weights_are_those_for_the_test_set)
{
    made m;
    int64_t test_counts[K];
    double margins[K], weights[K] = {1.0 / 8, 1.0 / 4, 1};
    const int32_t batch[3] = {0, 1, 2};
    double coefficients[3];
    MAKE(&m, "--method", "LDAM-DRW", "--test-order", "2", "--max-margin", "0.3");
    EXPECT_OK(imb_test_counts(&m.recipe.split.profile, 2, K, test_counts));
    EXPECT_OK(imb_test_margins(counts, test_counts, K, 0.3, margins));
    ck_assert_mem_eq(m.objective.margins, margins, sizeof margins);
    const double plain = xp_objective_coefficients(&m.objective, 159, batch, 3, coefficients);
    ck_assert_double_eq_tol(plain * coefficients[0], 1.0 / 3, 1e-15);
    const double outer = xp_objective_coefficients(&m.objective, 160, batch, 3, coefficients);
    imb_test_weights(test_counts, K, weights);
    for (int k = 0; k < K; k++) {
        ck_assert_double_eq_tol(outer * coefficients[k], weights[k] / (weights[0] + weights[1] + weights[2]), 1e-14);
    }
    drop(&m);
}
END_TEST

START_TEST(test_samples_follow_the_test_set)
{
    made m;
    int64_t test_counts[K], order[N], seen[K] = {0}, sum = 0;
    MAKE(&m, "--method", "RS", "--test-order", "2");
    EXPECT_OK(imb_test_counts(&m.recipe.split.profile, 2, K, test_counts));
    for (int64_t epoch = 0; epoch < 2000; epoch++) {
        xp_objective_order(&m.objective, epoch, order);
        for (int i = 0; i < N; i++) {
            seen[labels[order[i]]]++;
        }
    }
    for (int k = 0; k < K; k++) {
        sum += test_counts[k];
    }
    for (int k = 0; k < K; k++) { /* 26000 draws: a deviation is below 0.0031 */
        ck_assert_double_eq_tol((double)seen[k] / 26000, (double)test_counts[k] / (double)sum, 0.015);
    }
    drop(&m);
}
END_TEST

START_TEST(test_what_has_no_effect_is_refused)
{
    REFUSE("--test-order has no effect with ERM", "--method", "ERM", "--test-order", "1");
    REFUSE("--test-rho has no effect with --test-order auto", "--method", "LDAM", "--test-rho", "3");
    REFUSE("--test-imbalance has no effect with --test-order auto", "--method", "LDAM", "--test-imbalance", "step");
    REFUSE("expected --test-imbalance and --test-rho", "--method", "RW", "--imbalance", "none", "--test-order", "1");
}
END_TEST

START_TEST(test_listed_counts_are_read_whole)
{
    const char *const bad[] = {"1,2",    "1,2,3,4", "1,2,x",
                               "1,2,-3", "0,0,0",   "1,2,3,",
                               ",1,2",   "1,,3",    "00000000000000000000000000000000005,1,1"};
    int64_t got[K];
    xp_target_set set = {.known = true, .counts = "1000,0,7"};
    EXPECT_OK(xp_target_set_counts(&set, K, got));
    ck_assert(got[0] == 1000 && got[1] == 0 && got[2] == 7);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        set.counts = bad[i];
        EXPECT_FAILURE(xp_target_set_counts(&set, K, got), CORE_BAD_USAGE, "--test-counts");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/target_set");
    ADD_CASE(suite, "oracle", test_without_an_order_nothing_is_known, test_the_test_set_falls_as_the_training_set,
             test_margins_and_weights_are_those_for_the_test_set, test_samples_follow_the_test_set);
    ADD_CASE(suite, "errors", test_what_has_no_effect_is_refused, test_listed_counts_are_read_whole);
    return run_suite(suite);
}

#include "experiments/training/training_pass.h"

#include <math.h>

#include "tests/recipes/support.h"

enum { K = 4, N = 23, BATCH = 7 };

/* 13, 6, 3 and 1 examples in the file's order. */
static int64_t counts[K] = {13, 6, 3, 1};
static int64_t index_of[N];
static int32_t labels[N];
static const xp_split split = {.K = K, .n = N, .counts = counts, .index = index_of, .labels = labels};

typedef struct {
    xp_options options;
    xp_recipe recipe;
    xp_objective objective;
    core_arena arena;
    xp_pass pass;
} made;

/* A pass without a network: what a step leaves is written by the test. */
static void make(made *m, const char *method)
{
    int64_t at = 0;
    for (int32_t k = 0; k < K; k++) {
        for (int64_t i = 0; i < counts[k]; i++, at++) {
            index_of[at] = at;
            labels[at] = k;
        }
    }
    m->arena = (core_arena){0};
    EXPECT_OK(PARSE(&m->options, XP_VERB_TRAIN, "--data", "shapes", "--batch", "7", "--method", method));
    EXPECT_OK(xp_recipe_resolve(&m->options, m->options.arena, &m->recipe));
    EXPECT_OK(xp_objective_create(&m->recipe, &split, &m->arena, &m->objective));
    EXPECT_OK(xp_pass_create(&m->objective, NULL, NULL, &m->arena, &m->pass));
}

static void drop(made *m) { core_arena_free(&m->arena); }

START_TEST(test_steps_cover_every_example)
{
    made m;
    make(&m, "ERM");
    ck_assert_int_eq(m.pass.steps, 4);
    const int64_t done[5] = {0, 7, 14, 21, 23};
    for (int step = 0; step <= 4; step++) {
        EXPECT_OK(xp_pass_begin(&m.pass, 3, step));
        ck_assert_int_eq(xp_pass_done(&m.pass), done[step]);
    }
    drop(&m);
}
END_TEST

START_TEST(test_labels_follow_the_order)
{
    made m;
    make(&m, "CB-RS");
    EXPECT_OK(xp_pass_begin(&m.pass, 5, 0));
    for (int p = 0; p < N; p++) {
        ck_assert_int_eq(m.pass.labels[p], labels[m.pass.order[p]]);
    }
    drop(&m);
}
END_TEST

/* Batch losses 3.5, 0.25, 7.125 and 11.75 of 7, 7, 7 and 2 examples, cut unevenly among them. */
START_TEST(test_loss_is_the_mean_of_batch_losses_by_size)
{
    const double batch_loss[4] = {3.5, 0.25, 7.125, 11.75};
    double class_error[K];
    made m;
    make(&m, "ERM");
    EXPECT_OK(xp_pass_begin(&m.pass, 0, 4));
    for (int p = 0; p < N; p++) {
        int size = p / BATCH < 3 ? 7 : 2, place = p % BATCH;
        m.pass.losses[p] = batch_loss[p / BATCH] * (place + 1) / (size * (size + 1) / 2.0);
    }
    xp_pass_result result = {.class_error = class_error};
    EXPECT_OK(xp_pass_finish(&m.pass, &result));
    ck_assert_double_eq_tol(result.loss, (7 * 3.5 + 7 * 0.25 + 7 * 7.125 + 2 * 11.75) / 23, 1e-14);
    drop(&m);
}
END_TEST

START_TEST(test_errors_count_positions_and_an_undrawn_class_has_none)
{
    double class_error[K];
    made m;
    make(&m, "ERM");
    EXPECT_OK(xp_pass_begin(&m.pass, 0, 4));
    for (int p = 0; p < N; p++) { /* class 3's example is drawn as one of class 0; class 1 is taken for 2 */
        m.pass.labels[p] = m.pass.labels[p] == 3 ? 0 : m.pass.labels[p];
        m.pass.predictions[p] = m.pass.labels[p] == 1 ? 2 : m.pass.labels[p];
    }
    xp_pass_result result = {.class_error = class_error};
    EXPECT_OK(xp_pass_finish(&m.pass, &result));
    ck_assert_double_eq_tol(result.error, 6.0 / 23, 1e-15);
    ck_assert_double_eq(class_error[0], 0);
    ck_assert_double_eq(class_error[1], 1);
    ck_assert_double_eq(class_error[2], 0);
    ck_assert(isnan(class_error[3]));
    drop(&m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/training/training_pass");
    ADD_CASE(suite, "shape", test_steps_cover_every_example, test_labels_follow_the_order);
    ADD_CASE(suite, "oracle", test_loss_is_the_mean_of_batch_losses_by_size,
             test_errors_count_positions_and_an_undrawn_class_has_none);
    return run_suite(suite);
}

#include "experiments/training/objective.h"

#include <math.h>

#include "tests/recipes/support.h"

enum { K = 3, N = 13 };

/* 8, 4 and 1 examples. */
static int64_t counts[K] = {8, 4, 1};
static int64_t index_of[N] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static int32_t labels[N] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2};
static const xp_split split = {.K = K, .n = N, .counts = counts, .index = index_of, .labels = labels};

typedef struct {
    xp_options options;
    xp_recipe recipe;
    xp_objective objective;
    core_arena arena;
} made;

/* `method` in 10 epochs, its switch, if any, at epoch 8, with one option more. */
static void make_with(made *m, const char *method, const char *name, const char *value)
{
    m->arena = (core_arena){0};
    EXPECT_OK(PARSE(&m->options, XP_VERB_TRAIN, "--data", "shapes", "--epochs", "10", "--method", method, name, value));
    EXPECT_OK(xp_recipe_resolve(&m->options, m->options.arena, &m->recipe));
    EXPECT_OK(xp_objective_create(&m->recipe, &split, &m->arena, &m->objective));
}

static void make(made *m, const char *method) { make_with(m, method, "--seed", "0"); }

static void drop(made *m) { core_arena_free(&m->arena); }

/* Whether an order visits every element once. */
static bool is_permutation(const int64_t *order)
{
    int seen[N] = {0};
    bool once = true;
    for (int p = 0; p < N; p++) {
        once = once && seen[order[p]]++ == 0;
    }
    return once;
}

/* coefficient / sum of coefficients, of the three labels of a mini-batch. */
static void shares(const made *m, int64_t epoch, double share[3])
{
    const int32_t batch[3] = {0, 1, 2};
    double coefficients[3];
    double outer = xp_objective_coefficients(&m->objective, epoch, batch, 3, coefficients);
    for (int i = 0; i < 3; i++) {
        share[i] = outer * coefficients[i];
    }
}

/* From epoch `first` on the shares are 1/E_j, (1 - beta) / (1 - beta^n_j). */
static void expect_effective(const made *m, double beta, int64_t first)
{
    double share[3], inverse_effective[3], sum = 0;
    for (int k = 0; k < K; k++) {
        inverse_effective[k] = (1 - beta) / (1 - pow(beta, (double)counts[k]));
        sum += inverse_effective[k];
    }
    for (int64_t epoch = first; epoch < 10; epoch++) {
        shares(m, epoch, share);
        for (int k = 0; k < K; k++) {
            ck_assert_double_eq_tol(share[k], inverse_effective[k] / sum, 1e-10);
        }
    }
}

START_TEST(test_ldam_drw_re_weights_from_the_switch_on)
{
    made m;
    double share[3];
    make(&m, "LDAM-DRW");
    for (int64_t epoch = 0; epoch < 8; epoch++) {
        shares(&m, epoch, share);
        ck_assert_double_eq_tol(share[0], 1.0 / 3, 1e-15);
        ck_assert_double_eq_tol(share[2], 1.0 / 3, 1e-15);
    }
    expect_effective(&m, 0.9999, 8);
    drop(&m);
}
END_TEST

START_TEST(test_cb_rw_re_weights_from_the_start)
{
    made m;
    make_with(&m, "CB-RW", "--beta", "0.9");
    expect_effective(&m, 0.9, 0);
    drop(&m);
}
END_TEST

/* Margins M (n_K / n_j)^(1/4), or M for every class; scale and gamma as given. */
START_TEST(test_a_loss_has_the_options_that_were_given)
{
    made m;
    make_with(&m, "LDAM", "--max-margin", "0.2385");
    for (int k = 0; k < K; k++) {
        ck_assert_double_eq_tol(m.objective.loss.margins[k], 0.2385 * pow(1.0 / (double)counts[k], 0.25), 1e-15);
    }
    ck_assert_double_eq(m.objective.loss.scale, 30);
    drop(&m);
    make_with(&m, "M-DRW", "--max-margin", "0.2385");
    ck_assert_double_eq(m.objective.loss.margins[0], 0.2385);
    drop(&m);
    make_with(&m, "LDAM", "--scale", "12.385");
    ck_assert_double_eq(m.objective.loss.scale, 12.385);
    drop(&m);
    make_with(&m, "CB-Focal", "--focal-gamma", "2.385");
    ck_assert_double_eq(m.objective.loss.gamma, 2.385);
    drop(&m);
}
END_TEST

START_TEST(test_rw_weighs_by_inverse_frequency)
{
    made m;
    double share[3];
    make(&m, "RW");
    shares(&m, 0, share);
    ck_assert_double_eq_tol(share[0], 1.0 / 11, 1e-14);
    ck_assert_double_eq_tol(share[1], 2.0 / 11, 1e-14);
    ck_assert_double_eq_tol(share[2], 8.0 / 11, 1e-14);
    drop(&m);
}
END_TEST

START_TEST(test_deferred_resampling_begins_at_the_switch)
{
    made m;
    int64_t order[N], rare = 0;
    make(&m, "ERM-DRS");
    for (int64_t epoch = 0; epoch < 8; epoch++) {
        xp_objective_order(&m.objective, epoch, order);
        ck_assert_msg(is_permutation(order), "epoch %d", (int)epoch);
    }
    for (int64_t epoch = 8; epoch < 108; epoch++) {
        xp_objective_order(&m.objective, epoch, order);
        for (int p = 0; p < N; p++) {
            rare += labels[order[p]] == 2;
        }
    }
    ck_assert_int_gt(rare, 100 * N / 4); /* a third of the draws in 1300; plain epochs would give 100 */
    ck_assert_int_lt(rare, 100 * N * 5 / 12);
    drop(&m);
}
END_TEST

START_TEST(test_orders_of_epochs_differ_and_depend_on_the_seed_only)
{
    made m;
    int64_t first[N], again[N], second[N];
    make(&m, "ERM");
    xp_objective_order(&m.objective, 0, first);
    xp_objective_order(&m.objective, 1, second);
    xp_objective_order(&m.objective, 0, again);
    ck_assert(memcmp(first, again, sizeof first) == 0);
    ck_assert(memcmp(first, second, sizeof first) != 0);
    drop(&m);
}
END_TEST

START_TEST(test_margins_follow_the_method)
{
    made m;
    make(&m, "LDAM");
    ck_assert_double_eq_tol(m.objective.margins[2], 0.5, 1e-15);
    ck_assert_double_eq_tol(m.objective.margins[0], 0.5 * pow(1.0 / 8, 0.25), 1e-12);
    ck_assert_double_eq(m.objective.loss.scale, 30);
    drop(&m);
    make(&m, "M-DRW");
    ck_assert_double_eq(m.objective.margins[0], 0.5);
    drop(&m);
    make(&m, "ERM-DRW");
    ck_assert_ptr_null(m.objective.margins);
    ck_assert_double_eq(m.objective.loss.scale, 1);
    drop(&m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/training/objective");
    ADD_CASE(suite, "oracle", test_ldam_drw_re_weights_from_the_switch_on, test_cb_rw_re_weights_from_the_start,
             test_a_loss_has_the_options_that_were_given, test_rw_weighs_by_inverse_frequency,
             test_deferred_resampling_begins_at_the_switch, test_orders_of_epochs_differ_and_depend_on_the_seed_only,
             test_margins_follow_the_method);
    return run_suite(suite);
}

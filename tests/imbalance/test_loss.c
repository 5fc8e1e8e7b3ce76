#include "imbalance/loss.h"

#include "core/team.h"
#include "imbalance/margins.h"
#include "imbalance/profile.h"
#include "tests/imbalance/support.h"

typedef enum { NONE, LDAM, UNIFORM } margin_kind;

typedef struct {
    const char *name;
    imb_loss_kind kind;
    margin_kind margins;
    double scale, gamma;
    imb_weighting weighting;
    int64_t N, K;
    double loss, projection, dlogits[40];
} golden_loss;

#include "tests/golden/imb_losses.inc"

enum { GOLDEN_LOSSES = sizeof GOLDEN_LOSS / sizeof *GOLDEN_LOSS, MOST_N = 118, MOST_K = 100 };

/* A mini-batch with everything that a loss needs, as the golden script makes it. */
typedef struct {
    imb_loss loss;
    int64_t N;
    double margins[MOST_K], weights[MOST_K], outer;
    float logits[MOST_N * 10], dlogits[MOST_N * 10];
    int32_t labels[MOST_N];
    double coefficients[MOST_N], losses[MOST_N];
} batch;

static void make_batch(const golden_loss *g, batch *b)
{
    int64_t counts[MOST_K];
    EXPECT_OK(imb_profile_counts(&(imb_profile){IMB_LONG_TAILED, 100.0, 0.5}, g->K == 100 ? 500 : 5000, g->K, counts));
    EXPECT_OK(g->margins == LDAM ? imb_ldam_margins(counts, g->K, 0.5, b->margins)
                                 : imb_uniform_margins(g->K, 0.37, b->margins));
    EXPECT_OK(imb_class_weights(g->weighting, 0.9999, counts, g->K, b->weights));
    b->loss = (imb_loss){g->kind, g->K, g->scale, g->margins == NONE ? NULL : b->margins, g->gamma};
    b->N = g->N;
    EXPECT_OK(imb_loss_check(&b->loss));
    for (int64_t i = 0; i < g->N * g->K; i++) {
        b->logits[i] = (float)(noise(i, 1) * (g->scale > 1.0 ? 1.9 : 7.3));
    }
    for (int64_t i = 0; i < g->N; i++) {
        b->labels[i] = (int32_t)((7 * i * i + 3 * i + 1) % g->K);
    }
    const double *weights = g->weighting == IMB_WEIGHTS_PLAIN ? NULL : b->weights;
    b->outer = imb_loss_coefficients(&b->loss, g->weighting, weights, b->labels, b->N, b->coefficients);
}

/* The shard of examples [begin, end). */
static imb_loss_shard shard_of(batch *b, int64_t begin, int64_t end)
{
    int64_t K = b->loss.K;
    return (imb_loss_shard){.n = end - begin,
                            .logits = b->logits + begin * K,
                            .labels = b->labels + begin,
                            .coefficients = b->coefficients + begin,
                            .outer = b->outer,
                            .losses = b->losses + begin,
                            .dlogits = b->dlogits + begin * K};
}

static double batch_loss(batch *b)
{
    double sum = 0.0;
    imb_loss_shard whole = shard_of(b, 0, b->N);
    imb_loss_compute(&b->loss, &whole);
    for (int64_t i = 0; i < b->N; i++) {
        sum += b->losses[i];
    }
    return sum;
}

/* Losses are doubles on both sides: 1e-13. Gradients are floats here: half a unit in the last place of each, 6e-8 of
 * it, and a little for the smallest. */
START_TEST(test_loss_equals_pytorch)
{
    const golden_loss *g = &GOLDEN_LOSS[_i];
    batch b;
    make_batch(g, &b);
    double loss = batch_loss(&b), projection = 0.0, bound = 0.0;
    ck_assert_msg(fabs(loss - g->loss) <= 1e-13 * (1.0 + fabs(g->loss)), "%s: %.17g, PyTorch %.17g", g->name, loss,
                  g->loss);
    for (int64_t i = 0; i < g->N * g->K; i++) {
        double d = (double)b.dlogits[i];
        projection += d * noise(i, 2);
        bound += fabs(d * noise(i, 2));
        ck_assert_msg(g->N * g->K > 40 || fabs(d - g->dlogits[i]) <= 6.1e-8 * fabs(g->dlogits[i]) + 1e-14,
                      "%s: gradient %d is %.9g, PyTorch %.9g", g->name, (int)i, d, g->dlogits[i % 40]);
    }
    ck_assert((bound > 0.0) == (g->projection != 0.0)); /* a closed hinge has no slope */
    ck_assert_msg(fabs(projection - g->projection) <= 6.1e-8 * bound, "%s: gradient . noise is %.9g, PyTorch %.9g",
                  g->name, projection, g->projection);
}
END_TEST

/* Central differences in double. The step is exact in float, so that both sides see the same logits. */
START_TEST(test_gradient_equals_central_differences)
{
    const golden_loss *g = &GOLDEN_LOSS[_i];
    if (g->N * g->K > 40) {
        return;
    }
    batch b;
    make_batch(g, &b);
    for (int64_t i = 0; i < g->N * g->K; i++) {
        b.logits[i] = (float)(round((double)b.logits[i] * 4096.0) / 4096.0);
    }
    double loss = batch_loss(&b);
    float dlogits[40];
    memcpy(dlogits, b.dlogits, sizeof dlogits);
    const float step = 0x1p-13f; /* truncation about s^3 step^2 / 24 of the coefficient: below 2e-5 at s = 30 */
    for (int64_t i = 0; i < g->N * g->K; i++) {
        float z = b.logits[i];
        b.logits[i] = z + step;
        double up = batch_loss(&b);
        b.logits[i] = z - step;
        double down = batch_loss(&b);
        b.logits[i] = z;
        double numeric = (up - down) / (2.0 * (double)step), d = (double)dlogits[i];
        ck_assert_msg(fabs(numeric - d) <= 2e-5 * g->scale * (1.0 + loss), "%s: gradient %d is %.9g, differences %.9g",
                      g->name, (int)i, d, numeric);
    }
}
END_TEST

START_TEST(test_weights_and_margins_equal_numpy)
{
    const double *weights[] = {GOLDEN_WEIGHTS_2, GOLDEN_WEIGHTS_10, GOLDEN_WEIGHTS_100};
    const double *margins[] = {GOLDEN_MARGINS_2, GOLDEN_MARGINS_10, GOLDEN_MARGINS_100};
    const int64_t classes[] = {2, 10, 100};
    for (int c = 0; c < 3; c++) {
        int64_t K = classes[c], counts[100];
        double got[100];
        EXPECT_OK(imb_profile_counts(&(imb_profile){IMB_LONG_TAILED, 100.0, 0.5}, K == 100 ? 500 : 5000, K, counts));
        EXPECT_OK(imb_class_weights(IMB_WEIGHTS_EFFECTIVE, 0.9999, counts, K, got));
        for (int64_t j = 0; j < K; j++) { /* 1 - beta^5 keeps 12 digits */
            ck_assert_double_eq_tol(got[j] / weights[c][j], 1.0, 1e-12);
        }
        EXPECT_OK(imb_ldam_margins(counts, K, 0.5, got));
        for (int64_t j = 0; j < K; j++) {
            ck_assert_double_eq_tol(got[j], margins[c][j], 2e-16);
        }
    }
}
END_TEST

typedef struct {
    batch *b;
    int64_t shard;
} team_job;

static core_status compute_shards(void *context, int thread, int threads)
{
    const team_job *job = context;
    int64_t shards = (job->b->N + job->shard - 1) / job->shard;
    core_range own = core_team_range(shards, thread, threads);
    for (int64_t s = own.begin; s < own.end; s++) {
        int64_t end = (s + 1) * job->shard < job->b->N ? (s + 1) * job->shard : job->b->N;
        imb_loss_shard shard = shard_of(job->b, s * job->shard, end);
        imb_loss_compute(&job->b->loss, &shard);
    }
    return CORE_OK;
}

START_TEST(test_bits_do_not_depend_on_threads_or_shards)
{
    const golden_loss *g = &GOLDEN_LOSS[_i];
    batch whole, b;
    make_batch(g, &whole);
    batch_loss(&whole);
    for (int64_t shard = 1; shard <= 8; shard += 7) {
        for (int threads = 1; threads <= 8; threads = threads == 3 ? 8 : threads + 1) {
            make_batch(g, &b);
            EXPECT_OK(core_team_run(threads, compute_shards, &(team_job){&b, shard}));
            ck_assert_mem_eq(b.losses, whole.losses, (size_t)g->N * sizeof *b.losses);
            ck_assert_mem_eq(b.dlogits, whole.dlogits, (size_t)(g->N * g->K) * sizeof *b.dlogits);
        }
    }
}
END_TEST

/* One row through a loss; margins (K) may be NULL. Returns the loss; dz (K) may be NULL. */
static double one_row(imb_loss_kind kind, int64_t K, const double *margins, const float *z, float *dz)
{
    const imb_loss loss = {kind, K, 30.0, margins, 1.0};
    const double coefficient = 1.0;
    double l = -7.0;
    imb_loss_shard shard = {1, z, (const int32_t[]){0}, &coefficient, 1.0, &l, dz};
    imb_loss_compute(&loss, &shard);
    return l;
}

START_TEST(test_huge_logits_stay_finite)
{
    const float right[] = {3e38f, -3e38f, 0.0f}, wrong[] = {-3e38f, 3e38f, 3e38f};
    for (int kind = IMB_CROSS_ENTROPY; kind < IMB_LOSS_KINDS; kind++) {
        float dz[3];
        ck_assert_double_eq(one_row((imb_loss_kind)kind, 3, NULL, right, dz), 0.0);
        ck_assert(dz[0] == 0.0f && dz[1] == 0.0f && dz[2] == 0.0f);
        double l = one_row((imb_loss_kind)kind, 3, NULL, wrong, dz);
        ck_assert_double_eq_tol(l / 1.8e40, 1.0, 1e-6);
        ck_assert(dz[0] == -30.0f);
        ck_assert(dz[1] + dz[2] == 30.0f);
    }
}
END_TEST

/* Where p is nearly 1, log1p and the sum of the others keep the digits: loss = exp(-45) and a gradient of 30 of it. */
START_TEST(test_confident_rows_keep_their_digits)
{
    float dz[2];
    const float z[] = {1.5f, 0.0f};
    ck_assert_double_eq_tol(one_row(IMB_CROSS_ENTROPY, 2, NULL, z, dz) / exp(-45.0), 1.0, 1e-14);
    ck_assert_double_eq_tol((double)dz[0] / (-30.0 * exp(-45.0)), 1.0, 6e-8);
    ck_assert(dz[0] == -dz[1]);
    ck_assert_double_eq_tol(one_row(IMB_FOCAL, 2, NULL, z, dz) / exp(-90.0), 1.0, 1e-14);
    ck_assert_double_gt(-(double)dz[0], 0.0);
}
END_TEST

START_TEST(test_nan_and_plus_infinity_give_nan)
{
    const float bad[][3] = {{NAN, 0.0f, 1.0f}, {0.0f, NAN, 1.0f},      {0.0f, 1.0f, NAN},
                            {NAN, NAN, NAN},   {INFINITY, 0.0f, 1.0f}, {0.0f, 1.0f, INFINITY}};
    for (int kind = IMB_CROSS_ENTROPY; kind < IMB_LOSS_KINDS; kind++) {
        for (int r = 0; r < 6; r++) {
            float dz[3];
            ck_assert_double_nan(one_row((imb_loss_kind)kind, 3, NULL, bad[r], dz));
            ck_assert(isnan(dz[0]));
        }
    }
}
END_TEST

START_TEST(test_minus_infinity_is_a_class_without_mass)
{
    const float with[] = {0.2f, -INFINITY, 0.25f}, without[] = {0.2f, 0.25f}, none[] = {-INFINITY, 0.0f};
    for (int kind = IMB_CROSS_ENTROPY; kind < IMB_LOSS_KINDS; kind++) {
        float dz[3], dw[2];
        double l = one_row((imb_loss_kind)kind, 3, NULL, with, dz);
        ck_assert_double_eq(l, one_row((imb_loss_kind)kind, 2, NULL, without, dw));
        ck_assert(dz[0] == dw[0] && dz[1] == 0.0f && dz[2] == dw[1]);
        ck_assert_double_infinite(one_row((imb_loss_kind)kind, 2, NULL, none, dw));
        ck_assert(dw[0] == -30.0f && dw[1] == 30.0f);
    }
}
END_TEST

START_TEST(test_hinge_ties_and_its_corner)
{
    const double margins[] = {0.25, 9.0, 9.0};
    float dz[3];
    const float tie[] = {0.5f, 0.75f, 0.75f}, corner[] = {0.75f, 0.5f, -0.5f};
    ck_assert_double_eq(one_row(IMB_HINGE, 3, margins, tie, dz), 15.0);
    ck_assert(dz[0] == -30.0f && dz[1] == 30.0f && dz[2] == 0.0f);
    ck_assert_double_eq(one_row(IMB_HINGE, 3, margins, corner, dz), 0.0);
    ck_assert(dz[0] == 0.0f && dz[1] == 0.0f && dz[2] == 0.0f);
}
END_TEST

/* K equal logits: loss = log K, gradient 1/K and 1/K - 1, whatever K. */
START_TEST(test_largest_class_number)
{
    enum { K = 10000 };
    float *z = calloc(K, sizeof *z), *dz = calloc(K, sizeof *dz);
    ck_assert_double_eq_tol(one_row(IMB_CROSS_ENTROPY, K, NULL, z, dz), log(10000.0), 1e-12);
    ck_assert(dz[K - 1] == 30.0f / 10000.0f);
    ck_assert(dz[0] == (float)(30.0 * (1.0 / 10000.0 - 1.0)));
    free(z);
    free(dz);
}
END_TEST

START_TEST(test_losses_without_gradient_are_the_same)
{
    const float z[] = {0.41f, -0.28f, 0.93f};
    for (int kind = IMB_CROSS_ENTROPY; kind < IMB_LOSS_KINDS; kind++) {
        float dz[3];
        ck_assert_double_eq(one_row((imb_loss_kind)kind, 3, NULL, z, NULL),
                            one_row((imb_loss_kind)kind, 3, NULL, z, dz));
    }
}
END_TEST

START_TEST(test_focal_without_gamma_is_cross_entropy)
{
    const float z[] = {0.41f, -0.28f, 0.93f};
    const double coefficient = 1.0;
    double l;
    float dz[3], dc[3];
    const imb_loss loss = {IMB_FOCAL, 3, 30.0, NULL, 0.0};
    imb_loss_shard shard = {1, z, (const int32_t[]){0}, &coefficient, 1.0, &l, dz};
    imb_loss_compute(&loss, &shard);
    ck_assert_double_eq(l, one_row(IMB_CROSS_ENTROPY, 3, NULL, z, dc));
    ck_assert_mem_eq(dz, dc, sizeof dz);
}
END_TEST

START_TEST(test_check_refuses_what_is_out_of_range)
{
    const double bad[] = {-0.5, (double)NAN, (double)INFINITY};
    for (int i = 0; i < 3; i++) {
        EXPECT_FAILURE(imb_loss_check(&(imb_loss){IMB_HINGE, 2, bad[i], NULL, 0.0}), CORE_BAD_USAGE, "scale");
        EXPECT_FAILURE(imb_loss_check(&(imb_loss){IMB_FOCAL, 2, 1.0, NULL, bad[i]}), CORE_BAD_USAGE, "gamma");
        EXPECT_OK(imb_loss_check(&(imb_loss){IMB_CROSS_ENTROPY, 2, 1.0, NULL, bad[i]}));
        EXPECT_FAILURE(imb_loss_check(&(imb_loss){IMB_HINGE, 2, 1.0, (const double[]){0.1, bad[i]}, 0.0}),
                       CORE_BAD_USAGE, "class 1 ");
    }
    EXPECT_FAILURE(imb_loss_check(&(imb_loss){IMB_HINGE, 2, 0.0, NULL, 0.0}), CORE_BAD_USAGE, "scale");
    EXPECT_FAILURE(imb_loss_check(&(imb_loss){IMB_HINGE, 1, 1.0, NULL, 0.0}), CORE_BAD_USAGE, "2 classes");
}
END_TEST

START_TEST(test_predictions_take_the_lowest_of_a_tie)
{
    const float z[] = {0.1f, 0.7f, 0.7f, NAN, -2.0f, -3.0f, NAN, NAN, NAN, -1.0f, -1.0f, -1.0f, 0.0f, 1.0f, INFINITY};
    const int32_t wanted[] = {1, 1, 0, 0, 2};
    int32_t got[5];
    imb_predict(z, 5, 3, got);
    ck_assert_mem_eq(got, wanted, sizeof wanted);
}
END_TEST

START_TEST(test_example_margins_by_hand)
{
    const float z[] = {0.5f, 0.25f, -1.0f, 0.5f, 0.75f, 0.75f, 0.5f, 0.75f, 0.75f, 0.5f, NAN, 0.0f};
    const int32_t labels[] = {0, 0, 2, 0};
    double margins[4];
    imb_example_margins(z, labels, 4, 3, margins);
    ck_assert_double_eq(margins[0], 0.25);
    ck_assert_double_eq(margins[1], -0.25);
    ck_assert_double_eq(margins[2], 0.0);
    ck_assert_double_nan(margins[3]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imbalance/loss");
    TCase *golden = tcase_create("golden");
    tcase_set_timeout(golden, 60.0);
    tcase_add_loop_test(golden, test_loss_equals_pytorch, 0, GOLDEN_LOSSES);
    tcase_add_loop_test(golden, test_gradient_equals_central_differences, 0, GOLDEN_LOSSES);
    tcase_add_loop_test(golden, test_bits_do_not_depend_on_threads_or_shards, 0, GOLDEN_LOSSES);
    tcase_add_test(golden, test_weights_and_margins_equal_numpy);
    suite_add_tcase(suite, golden);
    ADD_CASE(suite, "limits", test_huge_logits_stay_finite, test_confident_rows_keep_their_digits,
             test_nan_and_plus_infinity_give_nan, test_minus_infinity_is_a_class_without_mass,
             test_hinge_ties_and_its_corner, test_largest_class_number);
    ADD_CASE(suite, "oracle", test_losses_without_gradient_are_the_same, test_focal_without_gamma_is_cross_entropy,
             test_predictions_take_the_lowest_of_a_tie, test_example_margins_by_hand);
    ADD_CASE(suite, "errors", test_check_refuses_what_is_out_of_range);
    return run_suite(suite);
}

#include "experiments/probe/logistic.h"

#include <float.h>
#include <lbfgs.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "core/maths.h"
#include "core/team.h"
#include "core/tree.h"

enum { LANES = 16, GROUPS = 16, BLOCK = LANES * GROUPS };

/* The fewest multiply-adds for one more thread: with less work, waiting for a thread that a busy machine has suspended
 * costs more than the thread saves. */
enum { THREAD_WORK = 1 << 23 };

/* The intercept is the weight of an extra column, which is 1. */
typedef struct {
    int64_t n, K, columns, groups, blocks, size; /* columns: D + 1; size: K columns */
    double penalty;                              /* of |W|^2 / 2 in F */
    double *features;                            /* (groups, columns, LANES) standardised; 0 behind the last example */
    int32_t *labels;                             /* (groups, LANES); -1 behind the last */
    double *leaves;                              /* (blocks, size + 1): gradient of sum_i l_i, and that sum */
    double *rooms;                               /* (threads, GROUPS, K, LANES): scratch for d losses / d z */
    const double *x;                             /* (K, columns): the point that is evaluated */
    int threads;
    double tolerance;
    int64_t iterations;
    core_status status; /* of the first evaluation that failed */
} problem;

/* Sums 16 lanes in a tree. */
static double fold_lanes(double lanes[LANES])
{
    for (int stride = LANES / 2; stride > 0; stride /= 2) {
        for (int l = 0; l < stride; l++) {
            lanes[l] += lanes[l + stride];
        }
    }
    return lanes[0];
}

/* Writes z (K, LANES) of a group. */
static void write_scores(const problem *p, const double *features, double *z)
{
    for (int64_t k = 0; k < p->K; k++) {
        const double *weight = p->x + k * p->columns;
        double sum[LANES] = {0};
        for (int64_t d = 0; d < p->columns; d++) {
            for (int l = 0; l < LANES; l++) {
                sum[l] += weight[d] * features[d * LANES + l];
            }
        }
        memcpy(z + k * LANES, sum, sizeof sum);
    }
}

/* Turns z (K, LANES) of a group into the gradient of its losses, and returns their sum. */
static double take_losses(const problem *p, const int32_t *labels, double *z)
{
    double loss[LANES] = {0};
    for (int l = 0; l < LANES; l++) {
        const int64_t y = labels[l];
        double largest = z[l], sum = 0;
        for (int64_t k = 1; k < p->K; k++) {
            largest = z[k * LANES + l] > largest ? z[k * LANES + l] : largest;
        }
        const double of_label = y >= 0 ? z[y * LANES + l] - largest : 0;
        for (int64_t k = 0; k < p->K; k++) {
            z[k * LANES + l] = core_exp(z[k * LANES + l] - largest);
            sum += z[k * LANES + l];
        }
        const double share = y >= 0 ? 1 / sum : 0;
        for (int64_t k = 0; k < p->K; k++) {
            z[k * LANES + l] = z[k * LANES + l] * share - (k == y);
        }
        loss[l] = y >= 0 ? core_log(sum) - of_label : 0;
    }
    return fold_lanes(loss);
}

/* Writes the gradient (K, columns) of a block from dz (groups, K, LANES). */
static void write_gradient(const problem *p, int64_t groups, const double *features, const double *dz, double *leaf)
{
    for (int64_t d = 0; d < p->columns; d++) {
        for (int64_t k = 0; k < p->K; k++) {
            double sum[LANES] = {0};
            for (int64_t g = 0; g < groups; g++) {
                const double *dz_k = dz + (g * p->K + k) * LANES, *of_d = features + (g * p->columns + d) * LANES;
                for (int l = 0; l < LANES; l++) {
                    sum[l] += dz_k[l] * of_d[l];
                }
            }
            leaf[k * p->columns + d] = fold_lanes(sum);
        }
    }
}

static core_status evaluate_blocks(void *context, int thread, int threads)
{
    problem *p = context;
    double *room = p->rooms + (int64_t)thread * GROUPS * p->K * LANES;
    const core_range own = core_team_range(p->blocks, thread, threads);
    for (int64_t b = own.begin; b < own.end; b++) {
        const int64_t first = b * GROUPS, left = p->groups - first, groups = left < GROUPS ? left : GROUPS;
        const double *features = p->features + first * p->columns * LANES;
        double *leaf = p->leaves + b * (p->size + 1), loss = 0;
        for (int64_t g = 0; g < groups; g++) {
            double *z = room + g * p->K * LANES;
            write_scores(p, features + g * p->columns * LANES, z);
            loss += take_losses(p, p->labels + (first + g) * LANES, z);
        }
        write_gradient(p, groups, features, room, leaf);
        leaf[p->size] = loss;
    }
    return CORE_OK;
}

/* F and its gradient at x, as liblbfgs asks for them. */
static lbfgsfloatval_t evaluate(void *instance, const lbfgsfloatval_t *x, lbfgsfloatval_t *g, const int size,
                                const lbfgsfloatval_t step)
{
    problem *p = instance;
    (void)size, (void)step;
    p->x = x;
    p->status = p->status == CORE_OK ? core_team_run(p->threads, evaluate_blocks, p) : p->status;
    core_tree_sum_double(p->blocks, p->size + 1, p->size + 1, p->leaves);
    double squares = 0;
    for (int64_t i = 0; i < p->size; i++) {
        const double weight = (i + 1) % p->columns != 0 ? x[i] : 0; /* the last column is not penalised */
        g[i] = p->leaves[i] / (double)p->n + p->penalty * weight;
        squares += weight * weight;
    }
    return p->leaves[p->size] / (double)p->n + p->penalty * squares / 2;
}

/* A result other than zero stops L-BFGS. */
static int after_iteration(void *instance, const lbfgsfloatval_t *x, const lbfgsfloatval_t *g,
                           const lbfgsfloatval_t value, const lbfgsfloatval_t x_norm, const lbfgsfloatval_t g_norm,
                           const lbfgsfloatval_t step, int size, int iteration, int evaluations)
{
    problem *p = instance;
    (void)x, (void)g, (void)value, (void)x_norm, (void)step, (void)size, (void)evaluations;
    p->iterations = iteration;
    return p->status != CORE_OK || g_norm < p->tolerance;
}

static core_status check_examples(const xp_examples *e, const xp_logistic_options *options)
{
    if (!(options->C > 0 && options->C < HUGE_VAL && options->tolerance > 0)) {
        return core_fail(CORE_BAD_USAGE, "logistic regression: got C = %g, tolerance %g, expected both above 0",
                         options->C, options->tolerance);
    }
    for (int64_t i = 0; i < e->n * e->D; i++) {
        if (!isfinite(e->features[i])) {
            return core_fail(CORE_BAD_FILE, "feature %lld of example %lld is %g, expected a finite number",
                             (long long)(i % e->D), (long long)(i / e->D), (double)e->features[i]);
        }
    }
    for (int64_t k = 0, found = 0; k < e->K; k++, found = 0) {
        for (int64_t i = 0; i < e->n && found == 0; i++) {
            found = e->labels[i] == k;
        }
        if (found == 0) {
            return core_fail(CORE_BAD_FILE, "class %lld has no example to fit a classifier on", (long long)k);
        }
    }
    return e->K * (e->D + 1) < INT_MAX ? CORE_OK : core_fail(CORE_MACHINE, "too many features and classes for L-BFGS");
}

/* Mean and std of every feature; sums run in the order of the examples. */
static void measure_features(const xp_examples *e, double *mean, double *deviation)
{
    const double n = (double)e->n;
    for (int64_t i = 0; i < e->n * e->D; i++) {
        mean[i % e->D] += (double)e->features[i] / n;
    }
    for (int64_t i = 0; i < e->n * e->D; i++) {
        const double off = (double)e->features[i] - mean[i % e->D];
        deviation[i % e->D] += off * off;
    }
    for (int64_t d = 0; d < e->D; d++) {
        deviation[d] = sqrt(deviation[d] / n);
        /* A constant feature has only the rounding error of its mean as std, which grows with n: scikit-learn's bound. */
        deviation[d] = deviation[d] > n * DBL_EPSILON * fabs(mean[d]) ? deviation[d] : 1;
    }
}

int xp_logistic_threads(const xp_examples *e, int threads)
{
    const int64_t most = 1 + e->n * e->K * (e->D + 1) / THREAD_WORK;
    return threads < most ? threads : (int)most;
}

static core_status prepare_problem(const xp_examples *e, const xp_logistic_options *options, core_arena *arena,
                                   const xp_logistic *scaling, problem *p)
{
    *p = (problem){.n = e->n, .K = e->K, .columns = e->D + 1, .tolerance = options->tolerance};
    p->groups = (e->n + LANES - 1) / LANES;
    p->blocks = (e->n + BLOCK - 1) / BLOCK;
    p->size = e->K * p->columns;
    p->penalty = (e->K == 2 ? 2 : 1) / (options->C * (double)e->n);
    p->threads = xp_logistic_threads(e, options->threads);
    CORE_TRY(CORE_ARENA_NEW(arena, p->groups * p->columns * LANES, "the standardised features", p->features));
    CORE_TRY(CORE_ARENA_NEW(arena, p->groups * LANES, "the labels", p->labels));
    CORE_TRY(CORE_ARENA_NEW(arena, p->blocks * (p->size + 1), "the gradients of blocks", p->leaves));
    CORE_TRY(CORE_ARENA_NEW(arena, (int64_t)p->threads * GROUPS * p->K * LANES, "the scores of a block", p->rooms));
    for (int64_t i = 0; i < p->groups * LANES; i++) {
        double *of_lane = p->features + i / LANES * p->columns * LANES + i % LANES;
        p->labels[i] = i < e->n ? e->labels[i] : -1;
        for (int64_t d = 0; i < e->n && d < e->D; d++) {
            of_lane[d * LANES] = ((double)e->features[i * e->D + d] - scaling->mean[d]) / scaling->deviation[d];
        }
        of_lane[e->D * LANES] = i < e->n;
    }
    return CORE_OK;
}

/* Minimises F from 0 and leaves the minimum in out. */
static core_status minimise_problem(problem *p, int64_t iterations, xp_logistic *out)
{
    lbfgs_parameter_t parameters;
    lbfgs_parameter_init(&parameters);
    parameters.m = 20;
    parameters.epsilon = 0; /* off, because it is relative to |x|; after_iteration's is absolute */
    parameters.max_iterations = (int)iterations;
    lbfgsfloatval_t *x = lbfgs_malloc((int)p->size), *g = lbfgs_malloc((int)p->size);
    core_status status = x != NULL && g != NULL ? CORE_OK : core_fail(CORE_MACHINE, "not enough memory for L-BFGS");
    if (status == CORE_OK) {
        memset(x, 0, (size_t)p->size * sizeof *x);
        /* `converged` comes from the gradient at the last point, not from the code. */
        const int code = lbfgs((int)p->size, x, NULL, evaluate, after_iteration, p, &parameters);
        out->objective = evaluate(p, x, g, (int)p->size, 0);
        status = code == LBFGSERR_OUTOFMEMORY ? core_fail(CORE_MACHINE, "not enough memory for L-BFGS") : p->status;
    }
    double squares = 0;
    for (int64_t i = 0; i < p->size && status == CORE_OK; i++) {
        const int64_t k = i / p->columns, d = i % p->columns;
        *(d < out->D ? &out->weight[k * out->D + d] : &out->intercept[k]) = x[i];
        squares += g[i] * g[i];
    }
    out->iterations = p->iterations;
    out->gradient_norm = sqrt(squares);
    out->converged = out->gradient_norm < p->tolerance;
    lbfgs_free(x);
    lbfgs_free(g);
    return status;
}

core_status xp_logistic_fit(const xp_examples *examples, const xp_logistic_options *options, core_arena *arena,
                            xp_logistic *out)
{
    xp_logistic fitted = {.D = examples->D, .K = examples->K};
    problem p;
    core_arena room = {0};
    CORE_TRY(check_examples(examples, options));
    CORE_TRY(CORE_ARENA_NEW(arena, fitted.K * fitted.D, "the classifier", fitted.weight));
    CORE_TRY(CORE_ARENA_NEW(arena, fitted.K, "the classifier", fitted.intercept));
    CORE_TRY(CORE_ARENA_NEW(arena, fitted.D, "the features' means", fitted.mean));
    CORE_TRY(CORE_ARENA_NEW(arena, fitted.D, "the features' deviations", fitted.deviation));
    measure_features(examples, fitted.mean, fitted.deviation);
    core_status status = prepare_problem(examples, options, &room, &fitted, &p);
    status = status == CORE_OK ? minimise_problem(&p, options->iterations, &fitted) : status;
    core_arena_free(&room);
    CORE_TRY(status);
    *out = fitted;
    return CORE_OK;
}

void xp_logistic_predict(const xp_logistic *logistic, const float *features, int64_t n, int32_t *predictions)
{
    const int64_t D = logistic->D;
    for (int64_t i = 0; i < n; i++) {
        double largest = -HUGE_VAL;
        for (int64_t k = 0; k < logistic->K; k++) {
            double z = logistic->intercept[k];
            for (int64_t d = 0; d < D; d++) {
                z += logistic->weight[k * D + d] *
                     (((double)features[i * D + d] - logistic->mean[d]) / logistic->deviation[d]);
            }
            predictions[i] = k == 0 || z > largest ? (int32_t)k : predictions[i];
            largest = k == 0 || z > largest ? z : largest;
        }
    }
}

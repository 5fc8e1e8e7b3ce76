/* experiments/probe/logistic.h - multinomial logistic regression: the linear classifier of a probe.
 *
 * Source   The objective is that of scikit-learn's LogisticRegression behind its StandardScaler.
 * Maths    s = (x - mean) / deviation, of the examples that it is fitted on (std with divisor n; 1 for a constant
 *          feature)
 *          z_k = W_k . s + b_k,  l_i = -log softmax(z_i)_y
 *          objective F(W, b) = (1/n) (sum_i l_i + |W|^2 / (2 C)); two classes: |W|^2 / C, because scikit-learn then has
 *          one vector for both. It is the same minimum as that of C sum_i l_i + |W|^2 / 2. b is not penalised.
 *          L-BFGS (liblbfgs) from W = b = 0 until the Euclidean norm of the gradient of F is below `tolerance`.
 * Shapes   n examples, D features, K classes; row-major.
 * Bits     Blocks of 256 examples, 16 lanes in a block, in double; blocks are summed in one tree (core/tree.h). The
 *          bits are the same for any number of threads.
 */
#ifndef EXPERIMENTS_PROBE_LOGISTIC_H
#define EXPERIMENTS_PROBE_LOGISTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

/* Examples with their classes. */
typedef struct {
    int64_t n, D, K;
    const float *features; /* (n, D) finite */
    const int32_t *labels; /* (n) in [0, K) */
} xp_examples;

/* How it is fitted. */
typedef struct {
    double C;           /* > 0 */
    double tolerance;   /* > 0 */
    int64_t iterations; /* at most */
    int threads;        /* >= 1 */
} xp_logistic_options;

#define XP_LOGISTIC_TOLERANCE 1e-6
enum { XP_LOGISTIC_ITERATIONS = 10000 };

typedef struct {
    int64_t D, K;
    double *weight;    /* (K, D) W */
    double *intercept; /* (K) b */
    double *mean;      /* (D) */
    double *deviation; /* (D) */
    double objective;  /* F */
    double gradient_norm;
    int64_t iterations;
    bool converged; /* the norm is below the tolerance; false: iterations or the precision of double ran out */
} xp_logistic;

/* How many of `threads` threads a fit has work for. */
int xp_logistic_threads(const xp_examples *examples, int threads);

/* Fits it; its arrays live in the arena. CORE_BAD_FILE: a feature that is not finite, a class without an example (both
 * named). CORE_BAD_USAGE: C or tolerance out of range. CORE_MACHINE: memory. */
core_status xp_logistic_fit(const xp_examples *examples, const xp_logistic_options *options, core_arena *arena,
                            xp_logistic *out) CORE_MUST_USE;

/* Writes predictions (n), the class of the largest z of features (n, D), ties to the lowest. */
void xp_logistic_predict(const xp_logistic *logistic, const float *features, int64_t n, int32_t *predictions);

#endif

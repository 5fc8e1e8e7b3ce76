/* experiments/probe/classifiers.h - classifiers on frozen features that need no optimiser.
 *
 * Source   nearest class mean: Mensink et al., PAMI 2013; tau-normalised: Kang et al., ICLR 2020, Sec. 4.
 * Maths    nearest mean    argmin_k |x - m_k|^2, m_k the mean of class k's examples
 *          tau-normalised  argmax_k (w_k . x) / |w_k|^tau, w_k the class vectors of a trained last layer, without
 *                          intercept; tau in 0, 0.1, ..., 1. |w_k| is clamped at 1e-12.
 * Shapes   n examples, D features, K classes; row-major. Sums in double, in index order. Ties go to the lowest class.
 */
#ifndef EXPERIMENTS_PROBE_CLASSIFIERS_H
#define EXPERIMENTS_PROBE_CLASSIFIERS_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "experiments/probe/logistic.h"

/* Writes predictions (n) for features (n, D), with the class means of `fit`; a class without examples is never
 * predicted. CORE_MACHINE: memory. */
core_status xp_nearest_mean(const xp_examples *fit, const float *features, int64_t n,
                            int32_t *predictions) CORE_MUST_USE;

enum { XP_TAUS = 11 };

/* The t-th tau, t in [0, XP_TAUS): t / 10. */
double xp_tau(int t);

/* Writes predictions (XP_TAUS, n) for features (n, D) with weight (K, D). CORE_MACHINE: memory. */
core_status xp_tau_normalised(const float *weight, int64_t K, int64_t D, const float *features, int64_t n,
                              int32_t *predictions) CORE_MUST_USE;

#endif

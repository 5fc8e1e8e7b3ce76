/* imbalance/target_set.h - a test set of known imbalance: its class counts n'_j, and the margins and weights for it.
 *
 * Source   Cao et al., NeurIPS 2019, Table 6: n'_j by the rule of the training set with at most 1000 a class, the class
 *          order randomly permuted; Delta_j ~ (n'_j / n_j)^(1/4). How the weights use n'_j is not stated; here every
 *          example counts for n'_j examples of its class, so that a weight 1/n_j becomes n'_j / n_j.
 * Maths    Delta_j = max_margin (r_j / max_k r_k)^(1/4), r_j = n'_j / n_j; for equal n'_j the LDAM margins
 *          w'_j = w_j n'_j, scaled to the sum of the w_j
 * Shapes   K classes; counts >= 1.
 */
#ifndef IMBALANCE_TARGET_SET_H
#define IMBALANCE_TARGET_SET_H

#include <stdint.h>

#include "core/status.h"
#include "imbalance/profile.h"

enum { IMB_TEST_COUNT_MAX = 1000 };

/* Writes counts (K): the i-th of the profile's counts for n_max = IMB_TEST_COUNT_MAX goes to class p(i), p the identity
 * for order 0 and the order-th random permutation (Philox, CORE_RNG_TEST_ORDER) for order >= 1. Errors as
 * imb_profile_counts; CORE_MACHINE when memory is short. */
core_status imb_test_counts(const imb_profile *profile, int64_t order, int64_t K, int64_t *counts) CORE_MUST_USE;

/* Writes margins (K) for training counts (K) and test_counts (K), all >= 1; max_margin >= 0, finite.
 * CORE_BAD_USAGE otherwise. */
core_status imb_test_margins(const int64_t *counts, const int64_t *test_counts, int64_t K, double max_margin,
                             double *margins) CORE_MUST_USE;

/* Changes weights (K), positive, in place from w_j to w'_j for test_counts (K) >= 1. */
void imb_test_weights(const int64_t *test_counts, int64_t K, double *weights);

#endif

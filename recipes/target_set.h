/* recipes/target_set.h - a known, imbalanced test set, as options describe it (imbalance/target_set.h).
 *
 * Source   Cao et al., NeurIPS 2019, Table 6.
 * Options  --test-order S: the class order; auto: the test set counts as it is. --test-imbalance and --test-rho: its
 *          profile of class sizes; auto: that of the training set. The share of rare classes of a step is --mu's.
 *          --test-counts LIST (of table): the class counts themselves.
 */
#ifndef RECIPES_TARGET_SET_H
#define RECIPES_TARGET_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "imbalance/profile.h"
#include "recipes/options.h"

typedef struct {
    bool known;    /* false: the test set as it is */
    int64_t order; /* >= 0 */
    imb_profile profile;
    const char *counts; /* the class counts as text, "1000,10"; NULL: those of order and profile */
} xp_target_set;

/* Resolves the options for a training set of profile `train`; of one without imbalance rho is 0, and mu is --mu's. `out`
 * borrows from `options`.
 * CORE_BAD_USAGE: without a profile the options do not say how the test set falls; a flag without --test-order. */
core_status xp_target_set_resolve(const xp_options *options, const imb_profile *train,
                                  xp_target_set *out) CORE_MUST_USE;

/* CORE_BAD_USAGE where `text` of --test-counts is no list of whole numbers with one above 0. */
core_status xp_target_set_check_counts(const char *text) CORE_MUST_USE;

/* Writes counts (K) of a known test set. CORE_BAD_USAGE: a class would be empty, or --test-counts is no list of K whole
 * numbers with one above 0. CORE_MACHINE: memory. */
core_status xp_target_set_counts(const xp_target_set *set, int64_t K, int64_t *counts) CORE_MUST_USE;

#endif

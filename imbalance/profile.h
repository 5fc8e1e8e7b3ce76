/* imbalance/profile.h - how many training examples every class keeps.
 *
 * Source   Cao et al., NeurIPS 2019, Sec. 4 ("long-tailed" and "step" imbalance); their released code for the
 *          truncation.
 * Maths    long-tailed  n_j = int(n_max * (1/rho)^(j/(K-1)))
 *          step         n_j = int(n_max * (1/rho)) for the last T classes, n_max for the others,
 *                       T = round(mu K), half to even, at least 1 and at most K-1
 *          Every operation is one double operation, as in Python. The power is the double nearest to the exact value,
 *          computed here in twice the precision, because its last bit can decide, by truncation, on one example.
 * Shapes   K classes; class 0 is the most frequent; the class order is never permuted.
 */
#ifndef IMBALANCE_PROFILE_H
#define IMBALANCE_PROFILE_H

#include <stdint.h>

#include "core/status.h"

typedef enum { IMB_LONG_TAILED, IMB_STEP } imb_profile_kind;

typedef struct {
    imb_profile_kind kind;
    double rho; /* ratio of the most to the least frequent class, before truncation; finite, >= 1 */
    double mu;  /* share of rare classes, 0 < mu < 1; IMB_STEP only (checked there only); default 0.5 */
} imb_profile;

/* "long-tailed" or "step" to the kind; CORE_BAD_USAGE for anything else, with the choices. */
core_status imb_profile_parse(const char *name, imb_profile_kind *kind) CORE_MUST_USE;

/* The name that imb_profile_parse reads; a constant. */
const char *imb_profile_name(imb_profile_kind kind);

/* Writes counts (K): how many examples class j keeps when the largest keeps n_max. K >= 2, 1 <= n_max <= 2^53.
 * CORE_BAD_USAGE for rho or mu out of range, and for a class that would be left empty, which it names. */
core_status imb_profile_counts(const imb_profile *profile, int64_t n_max, int64_t K, int64_t *counts) CORE_MUST_USE;

#endif

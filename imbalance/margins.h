/* imbalance/margins.h - the margins that losses enforce, one a class.
 *
 * Source   Cao et al., NeurIPS 2019, Sec. 3.2, eq. (13).
 * Maths    LDAM     Delta_j = max_margin (min_k n_k / n_j)^(1/4): the rarest class gets max_margin
 *          uniform  Delta_j = margin
 * Shapes   K classes; margins in units of the logits before the scale s.
 */
#ifndef IMBALANCE_MARGINS_H
#define IMBALANCE_MARGINS_H

#include <stdint.h>

#include "core/status.h"

/* Writes margins (K). counts (K) >= 1; max_margin >= 0, finite. CORE_BAD_USAGE otherwise; an empty class is named. */
core_status imb_ldam_margins(const int64_t *counts, int64_t K, double max_margin, double *margins) CORE_MUST_USE;

/* Writes margins (K), all of them `margin` >= 0, finite. CORE_BAD_USAGE otherwise. */
core_status imb_uniform_margins(int64_t K, double margin, double *margins) CORE_MUST_USE;

#endif

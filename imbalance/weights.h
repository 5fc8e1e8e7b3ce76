/* imbalance/weights.h - class weights. imbalance/loss.h says how a mini-batch uses them.
 *
 * Source   Cui et al., CVPR 2019 (effective number), as in Cao et al.'s released code; Cao et al., NeurIPS 2019,
 *          Algorithm 1 (inverse frequency).
 * Maths    effective  E_j = (1 - beta^n_j) / (1 - beta),  w_j = K (1/E_j) / sum_k (1/E_k)
 *          inverse    w_j = 1/n_j; only ratios matter, because a mini-batch averages them to 1
 *          plain      w_j = 1
 * Shapes   K classes.
 */
#ifndef IMBALANCE_WEIGHTS_H
#define IMBALANCE_WEIGHTS_H

#include <stdint.h>

#include "core/status.h"

typedef enum { IMB_WEIGHTS_PLAIN, IMB_WEIGHTS_EFFECTIVE, IMB_WEIGHTS_INVERSE } imb_weighting;

/* "plain", "effective" or "inverse"; CORE_BAD_USAGE for anything else, with the choices. */
core_status imb_weighting_parse(const char *name, imb_weighting *weighting) CORE_MUST_USE;

/* The name that imb_weighting_parse reads; a constant. */
const char *imb_weighting_name(imb_weighting weighting);

/* Writes weights (K), positive and finite, of one example of each class. counts (K) >= 1. beta in [0, 1) counts for
 * IMB_WEIGHTS_EFFECTIVE only. CORE_BAD_USAGE for beta out of range or an empty class, which it names. */
core_status imb_class_weights(imb_weighting weighting, double beta, const int64_t *counts, int64_t K,
                              double *weights) CORE_MUST_USE;

#endif

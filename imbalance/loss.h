/* imbalance/loss.h - the losses: cross-entropy, focal and hinge, each with scale and margins.
 *
 * Source   Cao et al., NeurIPS 2019, eq. (10)-(13) and their released code; Lin et al., ICCV 2017 (focal).
 * Maths    u_j = s (z_j - [j = y] Delta_y): the logits z, the true class lowered by its margin, times the scale
 *          cross-entropy  l = -log softmax(u)_y               (margins: LDAM; equal margins: M-DRW)
 *          focal          l = cross-entropy, F(c) = (1 - exp(-c))^gamma c
 *          hinge          l = max(max_{j != y} u_j - u_y, 0)  (margins: LDAM-HG; equal margins: HG)
 *          batch loss     outer * sum_i coefficient_i l_i, for focal outer * sum_i F(coefficient_i l_i)
 *          with coefficient_i the weight of the example's class and outer = 1 / sum_i coefficient_i, for focal 1/N:
 *          in the released code the class weight multiplies the cross-entropy before p = exp(-c), and the
 *          mean is plain.
 * Shapes   N examples in the whole mini-batch, n in one shard of it, K classes; row-major; arrays belong to the caller.
 */
#ifndef IMBALANCE_LOSS_H
#define IMBALANCE_LOSS_H

#include <stdint.h>

#include "core/status.h"
#include "imbalance/weights.h"

#define IMB_LOSS_LIMIT 1e9 /* the largest scale, margin and gamma, so that finite logits cannot overflow */

typedef enum { IMB_CROSS_ENTROPY, IMB_FOCAL, IMB_HINGE } imb_loss_kind;
enum { IMB_LOSS_KINDS = IMB_HINGE + 1 };

typedef struct {
    imb_loss_kind kind;
    int64_t K;             /* >= 2 */
    double scale;          /* s > 0; 1 for a linear head */
    const double *margins; /* (K) Delta_j >= 0, in units of the logits before s; borrowed; NULL: none */
    double gamma;          /* focal only: >= 0; 0 is cross-entropy */
} imb_loss;

/* CORE_BAD_USAGE, with the value, for K < 2 or a scale, margin or gamma out of range or not finite. */
core_status imb_loss_check(const imb_loss *loss) CORE_MUST_USE;

/* Writes coefficients (N) of a whole mini-batch and returns its `outer`. class_weights (K) as imb_class_weights gives
 * them for `weighting`, or NULL for plain training; labels (N) lie in [0, K). Inverse weights are averaged to 1 over
 * the mini-batch where that matters (focal). Summed in the order of the mini-batch; N >= 1. */
double imb_loss_coefficients(const imb_loss *loss, imb_weighting weighting, const double *class_weights,
                             const int32_t *labels, int64_t N, double *coefficients);

/* One shard of a mini-batch. */
typedef struct {
    int64_t n;                  /* true examples, without rows of padding */
    const float *logits;        /* (n, K), before the scale: for a cosine head the cosines */
    const int32_t *labels;      /* (n) in [0, K), which datasets guarantee */
    const double *coefficients; /* (n), this shard's part */
    double outer;               /* of the whole mini-batch */
    double *losses;             /* (n) out: what each example adds to the batch loss */
    float *dlogits;             /* (n, K) out: d batch loss / d logits; NULL: not wanted; must not be logits */
} imb_loss_shard;

/* Writes losses and dlogits. Allocates nothing, may run on many threads at once, and works in double in the order of
 * the classes, so that the bits of a row depend on that row alone. Finite logits give finite results; a NaN or +Inf
 * logit gives a NaN loss; -Inf counts as a class without mass. A hinge tie goes to the lowest index; a hinge of 0 has
 * a gradient of 0. */
void imb_loss_compute(const imb_loss *loss, const imb_loss_shard *shard);

/* Writes predictions (n): the class of the largest of logits (n, K), ties to the lowest index. A NaN is never the
 * largest; a row that has only NaN and -Inf gives 0. */
void imb_predict(const float *logits, int64_t n, int64_t K, int32_t *predictions);

/* Writes margins (n) = z_y - max_{j != y} z_j of logits (n, K), before the scale; K >= 2. A NaN in the row gives NaN.
 */
void imb_example_margins(const float *logits, const int32_t *labels, int64_t n, int64_t K, double *margins);

#endif

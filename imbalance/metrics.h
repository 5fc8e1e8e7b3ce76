/* imbalance/metrics.h - error rates, margins and calibration of a long-tailed classifier.
 *
 * Source   errors and margins: Cao et al., NeurIPS 2019; many/medium/few shot: Liu et al., CVPR 2019;
 *          expected calibration error: Guo et al., ICML 2017.
 * Maths    confusion C_{jk}: examples of class j predicted k; recall_j = C_jj / sum_k C_jk; error_j = 1 - recall_j
 *          error = 1 - sum_j C_jj / sum C; balanced error = mean of error_j; geometric mean = (prod recall_j)^(1/K)
 *          shot groups by training count: many > 100, medium 20..100, few < 20; mean of error_j in the group
 *          ECE = sum_b (|b|/n) |accuracy_b - confidence_b|, bin b = confidence in (b/B, (b+1)/B]
 * Shapes   n examples, K classes, row-major. Errors and recalls are fractions in [0, 1]. Sums run in index order.
 *          A class without examples, or a group without such classes, has NaN and counts in no mean.
 */
#ifndef IMBALANCE_METRICS_H
#define IMBALANCE_METRICS_H

#include <stdint.h>

#include "core/status.h"

enum { IMB_MANY_SHOT_ABOVE = 100, IMB_FEW_SHOT_BELOW = 20, IMB_CALIBRATION_BINS = 15 };

/* Adds n examples to confusion (K, K). labels and predictions (n) lie in [0, K). */
void imb_confusion_add(const int32_t *labels, const int32_t *predictions, int64_t n, int64_t K, int64_t *confusion);

/* Writes class_error (K) of n predictions, and the error of all: NaN where there are none. labels and predictions (n)
 * lie in [0, K). CORE_MACHINE: memory. */
core_status imb_class_error(const int32_t *labels, const int32_t *predictions, int64_t n, int64_t K,
                            double *class_error, double *error) CORE_MUST_USE;

/* The groups of classes by their training examples. */
enum { IMB_MANY_SHOT, IMB_MEDIUM_SHOT, IMB_FEW_SHOT, IMB_SHOT_GROUPS };
int imb_shot_group(int64_t train_count);

typedef struct {
    double balanced_error; /* mean over classes */
    double many_error, medium_error, few_error;
    double worst_class_error;     /* the largest of the class errors */
    int64_t worst_class;          /* its class, the lowest at a tie; -1 without examples */
    double geometric_mean_recall; /* 0 as soon as one class has no hit */
} imb_metrics;

/* Writes *out from class_error (K), NaN for a class without examples, and train_counts (K), the training examples of
 * each class. */
void imb_metrics_of_classes(const double *class_error, const int64_t *train_counts, int64_t K, imb_metrics *out);

/* The share of n examples whose own class is not among the `top` first, from its ranks (n) (imbalance/outputs.h). */
double imb_top_error(const int32_t *ranks, int64_t n, int64_t top);

/* The expected calibration error of n predictions with their confidence (n) in (0, 1], in IMB_CALIBRATION_BINS bins;
 * NaN for n = 0. */
double imb_calibration_error(const double *confidence, const int32_t *labels, const int32_t *predictions, int64_t n);

/* Margins of examples, and the fractions of the quantiles to compute. */
typedef struct {
    const double *margins;
    const int32_t *labels;
    int64_t n, K;
    const double *fractions;
    int64_t Q;
} imb_margin_query;

/* Writes minima (K), the class margins, and, for fractions (Q) in [0, 1], quantiles (K, Q) of margins (n) of examples
 * with labels (n). Quantiles interpolate linearly between order statistics, as NumPy's do. A NaN margin makes its
 * class NaN; so is the minimum of a class without examples. `quantiles` may be NULL where Q is 0. CORE_BAD_FILE as
 * imb_class_counts; CORE_MACHINE when memory is short. */
core_status imb_class_margins(const imb_margin_query *query, double *minima, double *quantiles) CORE_MUST_USE;

/* Writes the quantiles (IMB_SHOT_GROUPS, Q) of the margins of all examples of a group of classes, by train_counts (K), the
 * training examples of each class; labels are in [0, K); otherwise as imb_class_margins. */
core_status imb_group_quantiles(const imb_margin_query *query, const int64_t *train_counts,
                                double *quantiles) CORE_MUST_USE;

#endif

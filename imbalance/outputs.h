/* imbalance/outputs.h - what is kept of a network's logits, example by example: all that scores need, and no row of K.
 *
 * Maths    prediction = the class of the largest logit; rank of the example's own class y = how many classes stand before
 *          it, with a larger logit, or with an equal one and a lower number; confidence = max_j softmax(scale z)_j;
 *          margin = z_y - max_{j != y} z_j.
 * Shapes   n examples, K classes, T largest logits.
 */
#ifndef IMBALANCE_OUTPUTS_H
#define IMBALANCE_OUTPUTS_H

#include <stdint.h>

enum { IMB_IS_NAN = -1, IMB_IS_INFINITE = -2 };

/* Arrays of the caller; NULL: not wanted. `prediction` always is. */
typedef struct {
    double scale;        /* s, for the confidence */
    int32_t *prediction; /* (n); IMB_IS_...: the row holds what is no number, and the rest of it is undefined */
    int32_t *rank;       /* (n) from 0 */
    double *confidence;  /* (n) */
    double *margin;      /* (n), before the scale */
    float *own_logit;    /* (n) of the example's own class */
    int64_t T;           /* at most K */
    int32_t *top_label;  /* (n, T) the classes of the largest logits, the largest first, ties by number */
    float *top_logit;    /* (n, T) */
} imb_outputs;

/* Fills place `i` from one row of logits (K) and its label. Threads may fill different places at once. */
void imb_outputs_fill(const imb_outputs *outputs, int64_t i, const float *logits, int64_t K, int32_t label);

#endif

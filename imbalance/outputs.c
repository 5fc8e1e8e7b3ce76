#include "imbalance/outputs.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

#include "core/maths.h"
#include "imbalance/loss.h"

/* The prediction, or why there is none. */
static int32_t predict(const float *z, int64_t K)
{
    int32_t prediction;
    for (int64_t j = 0; j < K; j++) {
        if (!(fabsf(z[j]) <= FLT_MAX)) {
            return isnan(z[j]) ? IMB_IS_NAN : IMB_IS_INFINITE;
        }
    }
    imb_predict(z, 1, K, &prediction);
    return prediction;
}

static int32_t rank_of(const float *z, int64_t K, int32_t y)
{
    int32_t before = 0;
    for (int64_t j = 0; j < K; j++) {
        before += z[j] > z[y] || (z[j] == z[y] && j < y);
    }
    return before;
}

static double confidence_of(const float *z, int64_t K, double scale, int32_t best)
{
    double sum = 0.0;
    for (int64_t j = 0; j < K; j++) {
        sum += core_exp(scale * ((double)z[j] - (double)z[best]));
    }
    return 1.0 / sum;
}

/* Insertion into the T largest so far; an equal logit stays behind, so that ties keep their order. */
static void find_top(const float *z, int64_t K, int64_t T, int32_t *label, float *logit)
{
    int64_t found = 0;
    for (int64_t j = 0; j < K; j++) {
        if (found == T && z[j] <= logit[T - 1]) {
            continue;
        }
        found += found < T;
        int64_t at = found - 1;
        for (; at > 0 && z[j] > logit[at - 1]; at--) {
            label[at] = label[at - 1];
            logit[at] = logit[at - 1];
        }
        label[at] = (int32_t)j;
        logit[at] = z[j];
    }
}

void imb_outputs_fill(const imb_outputs *outputs, int64_t i, const float *logits, int64_t K, int32_t label)
{
    const int32_t prediction = predict(logits, K);
    outputs->prediction[i] = prediction;
    if (prediction < 0) {
        return;
    }
    if (outputs->rank != NULL) {
        outputs->rank[i] = rank_of(logits, K, label);
    }
    if (outputs->confidence != NULL) {
        outputs->confidence[i] = confidence_of(logits, K, outputs->scale, prediction);
    }
    if (outputs->margin != NULL) {
        imb_example_margins(logits, &label, 1, K, outputs->margin + i);
    }
    if (outputs->own_logit != NULL) {
        outputs->own_logit[i] = logits[label];
    }
    if (outputs->top_label != NULL) {
        find_top(logits, K, outputs->T, outputs->top_label + i * outputs->T, outputs->top_logit + i * outputs->T);
    }
}

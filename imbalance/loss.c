#include "imbalance/loss.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "core/maths.h"

core_status imb_loss_check(const imb_loss *loss)
{
    if (loss->K < 2) {
        return core_fail(CORE_BAD_USAGE, "a loss needs at least 2 classes, got %lld", (long long)loss->K);
    }
    if (!(loss->scale > 0.0 && loss->scale <= IMB_LOSS_LIMIT)) {
        return core_fail(CORE_BAD_USAGE, "the scale s is %g; expected a positive number of at most %g", loss->scale,
                         IMB_LOSS_LIMIT);
    }
    if (loss->kind == IMB_FOCAL && !(loss->gamma >= 0.0 && loss->gamma <= IMB_LOSS_LIMIT)) {
        return core_fail(CORE_BAD_USAGE, "gamma is %g; expected 0 to %g", loss->gamma, IMB_LOSS_LIMIT);
    }
    for (int64_t j = 0; loss->margins != NULL && j < loss->K; j++) {
        if (!(loss->margins[j] >= 0.0 && loss->margins[j] <= IMB_LOSS_LIMIT)) {
            return core_fail(CORE_BAD_USAGE, "the margin of class %lld is %g; expected 0 to %g", (long long)j,
                             loss->margins[j], IMB_LOSS_LIMIT);
        }
    }
    return CORE_OK;
}

double imb_loss_coefficients(const imb_loss *loss, imb_weighting weighting, const double *class_weights,
                             const int32_t *labels, int64_t N, double *coefficients)
{
    double sum = 0.0;
    for (int64_t i = 0; i < N; i++) {
        coefficients[i] = class_weights != NULL ? class_weights[labels[i]] : 1.0;
        sum += coefficients[i];
    }
    if (loss->kind != IMB_FOCAL) {
        return 1.0 / sum;
    }
    if (class_weights != NULL && weighting == IMB_WEIGHTS_INVERSE) {
        double mean = sum / (double)N;
        for (int64_t i = 0; i < N; i++) {
            coefficients[i] /= mean;
        }
    }
    return 1.0 / (double)N;
}

/* u_j of one row. */
static double scaled(const imb_loss *loss, const float *z, int64_t y, int64_t j)
{
    double lowered = j == y && loss->margins != NULL ? (double)z[j] - loss->margins[j] : (double)z[j];
    return loss->scale * lowered;
}

/* 1 - exp(-c) for c >= 0; the series is used where the difference would lose digits. */
static double one_minus_exp(double c)
{
    if (!(c < 0x1p-5)) {
        return 1.0 - core_exp(-c);
    }
    double series = 1.0;
    for (int k = 9; k >= 2; k--) {
        series = 1.0 - c / k * series;
    }
    return c * series;
}

/* F(c) = (1-p)^gamma c with p = exp(-c); F'(c) = (1-p)^gamma (1 + gamma p c / (1-p)), where the last quotient tends to
 * 1 at c = 0 and to 0 at infinity. */
static double focal(double gamma, double c, double *slope)
{
    double base = one_minus_exp(c);
    double p = core_exp(-c);
    double quotient = c > 0.0 ? (p > 0.0 ? p * c / base : 0.0) : 1.0;
    double power = core_pow(base, gamma);
    *slope = power * (1.0 + gamma * quotient);
    return power * c;
}

/* Cross-entropy and focal on one row. d l / d z_j = s (softmax(u)_j - [j = y]); for j = y that is minus the mass of the
 * other classes, which is summed directly, because 1 - p loses digits where p is nearly 1. */
static double softmax_row(const imb_loss *loss, const float *z, int64_t y, double coefficient, double outer, float *dz)
{
    double top = -(double)INFINITY, others = 0.0;
    for (int64_t j = 0; j < loss->K; j++) {
        double u = scaled(loss, z, y, j);
        top = u > top ? u : top;
    }
    for (int64_t j = 0; j < loss->K; j++) {
        others += j != y ? core_exp(scaled(loss, z, y, j) - top) : 0.0;
    }
    double u_y = scaled(loss, z, y, y);
    double sum = others + core_exp(u_y - top);
    double l = u_y - top == 0.0 ? core_log1p(others) : core_log(sum) + (top - u_y);

    double slope = 1.0;
    double weighted = loss->kind == IMB_FOCAL ? focal(loss->gamma, coefficient * l, &slope) : coefficient * l;
    if (dz != NULL) {
        double factor = outer * slope * coefficient * loss->scale / sum;
        for (int64_t j = 0; j < loss->K; j++) {
            double mass = j != y ? core_exp(scaled(loss, z, y, j) - top) : -others;
            dz[j] = (float)(factor * mass);
        }
    }
    return outer * weighted;
}

/* The hinge on one row: the slope is s at the best other class, -s at the true one, where the hinge is open. */
static double hinge_row(const imb_loss *loss, const float *z, int64_t y, double factor, float *dz)
{
    int64_t best = y == 0 ? 1 : 0;
    double top = scaled(loss, z, y, best);
    double bad = 0.0; /* NaN if a logit is NaN or +Inf, which comparisons alone would miss */
    for (int64_t j = 0; j < loss->K; j++) {
        double u = scaled(loss, z, y, j);
        bad = u < (double)INFINITY ? bad : (double)NAN;
        if (j != y && u > top) {
            top = u;
            best = j;
        }
    }
    double open = top - scaled(loss, z, y, y) + bad;
    double l = open <= 0.0 ? 0.0 : open;
    if (dz != NULL) {
        double slope = l > 0.0 ? factor * loss->scale : 0.0 * l;
        for (int64_t j = 0; j < loss->K; j++) {
            dz[j] = 0.0f;
        }
        dz[best] = (float)slope;
        dz[y] = (float)(0.0 - slope);
    }
    return factor * l;
}

static double loss_row(const imb_loss *loss, const float *z, int64_t y, double coefficient, double outer, float *dz)
{
    switch (loss->kind) { /* without a default, so that the compiler warns of a kind that is missing */
    case IMB_CROSS_ENTROPY:
    case IMB_FOCAL:
        return softmax_row(loss, z, y, coefficient, outer, dz);
    case IMB_HINGE:
        return hinge_row(loss, z, y, outer * coefficient, dz);
    }
    return (double)NAN;
}

void imb_loss_compute(const imb_loss *loss, const imb_loss_shard *shard)
{
    for (int64_t i = 0; i < shard->n; i++) {
        const float *z = shard->logits + i * loss->K;
        float *dz = shard->dlogits != NULL ? shard->dlogits + i * loss->K : NULL;
        int64_t y = shard->labels[i];
        assert(y >= 0 && y < loss->K);
        shard->losses[i] = loss_row(loss, z, y, shard->coefficients[i], shard->outer, dz);
    }
}

void imb_predict(const float *logits, int64_t n, int64_t K, int32_t *predictions)
{
    for (int64_t i = 0; i < n; i++) {
        const float *z = logits + i * K;
        float top = -INFINITY;
        int64_t best = 0;
        for (int64_t j = 0; j < K; j++) {
            if (z[j] > top) {
                top = z[j];
                best = j;
            }
        }
        predictions[i] = (int32_t)best;
    }
}

void imb_example_margins(const float *logits, const int32_t *labels, int64_t n, int64_t K, double *margins)
{
    for (int64_t i = 0; i < n; i++) {
        const float *z = logits + i * K;
        float top = -INFINITY;
        double bad = 0.0;
        for (int64_t j = 0; j < K; j++) {
            bad = isnan(z[j]) ? (double)NAN : bad;
            top = j != labels[i] && z[j] > top ? z[j] : top;
        }
        margins[i] = (double)z[labels[i]] - (double)top + bad;
    }
}

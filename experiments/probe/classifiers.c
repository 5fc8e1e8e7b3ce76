#include "experiments/probe/classifiers.h"

#include <math.h>
#include <stdlib.h>

#include "core/maths.h"

/* Writes means (K, D) and counts (K). */
static void class_means(const xp_examples *fit, double *means, int64_t *counts)
{
    const int64_t D = fit->D;
    for (int64_t i = 0; i < fit->n; i++) {
        double *mean = means + fit->labels[i] * D;
        counts[fit->labels[i]]++;
        for (int64_t d = 0; d < D; d++) {
            mean[d] += (double)fit->features[i * D + d];
        }
    }
    for (int64_t i = 0; i < fit->K * D; i++) {
        means[i] /= (double)counts[i / D];
    }
}

core_status xp_nearest_mean(const xp_examples *fit, const float *features, int64_t n, int32_t *predictions)
{
    const int64_t D = fit->D;
    core_arena room = {0};
    double *means = NULL;
    int64_t *counts = NULL;
    core_status status = CORE_ARENA_NEW(&room, fit->K * D, "the class means", means);
    status = status == CORE_OK ? CORE_ARENA_NEW(&room, fit->K, "the class counts", counts) : status;
    if (status == CORE_OK) {
        class_means(fit, means, counts);
    }
    for (int64_t i = 0; i < n && status == CORE_OK; i++) {
        double least = HUGE_VAL;
        predictions[i] = 0;
        for (int64_t k = 0; k < fit->K; k++) {
            double squares = 0;
            for (int64_t d = 0; d < D; d++) {
                const double off = (double)features[i * D + d] - means[k * D + d];
                squares += off * off;
            }
            if (squares < least) { /* false where the mean is NaN, in a class without examples */
                least = squares;
                predictions[i] = (int32_t)k;
            }
        }
    }
    core_arena_free(&room);
    return status;
}

double xp_tau(int t) { return t / 10.0; }

/* The sum of a_d b_d. */
static double dot(const float *a, const float *b, int64_t D)
{
    double sum = 0;
    for (int64_t d = 0; d < D; d++) {
        sum += (double)a[d] * (double)b[d];
    }
    return sum;
}

core_status xp_tau_normalised(const float *weight, int64_t K, int64_t D, const float *features, int64_t n,
                              int32_t *predictions)
{
    double *powers = NULL, *best = NULL;
    core_arena room = {0};
    core_status status = CORE_ARENA_NEW(&room, XP_TAUS * K, "powers of norms", powers);
    status = status == CORE_OK ? CORE_ARENA_NEW(&room, XP_TAUS, "the largest scores", best) : status;
    for (int64_t i = 0; i < XP_TAUS * K && status == CORE_OK; i++) {
        const float *w = weight + i % K * D;
        const double norm = sqrt(dot(w, w, D));
        powers[i] = core_pow(norm > 1e-12 ? norm : 1e-12, xp_tau((int)(i / K)));
    }
    for (int64_t i = 0; i < n && status == CORE_OK; i++) {
        for (int64_t k = 0; k < K; k++) {
            const double score = dot(weight + k * D, features + i * D, D);
            for (int64_t t = 0; t < XP_TAUS; t++) {
                const double scaled = score / powers[t * K + k];
                const bool larger = k == 0 || scaled > best[t];
                best[t] = larger ? scaled : best[t];
                predictions[t * n + i] = larger ? (int32_t)k : predictions[t * n + i];
            }
        }
    }
    core_arena_free(&room);
    return status;
}

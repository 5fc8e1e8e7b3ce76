#include "imbalance/metrics.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/maths.h"
#include "imbalance/classes.h"

void imb_confusion_add(const int32_t *labels, const int32_t *predictions, int64_t n, int64_t K, int64_t *confusion)
{
    for (int64_t i = 0; i < n; i++) {
        assert(labels[i] >= 0 && labels[i] < K && predictions[i] >= 0 && predictions[i] < K);
        confusion[labels[i] * K + predictions[i]]++;
    }
}

core_status imb_class_error(const int32_t *labels, const int32_t *predictions, int64_t n, int64_t K,
                            double *class_error, double *error)
{
    int64_t *totals, right = 0;
    CORE_TRY(CORE_NEW(2 * K, "the classes' hits", totals));
    int64_t *hits = totals + K;
    for (int64_t i = 0; i < n; i++) {
        assert(labels[i] >= 0 && labels[i] < K && predictions[i] >= 0 && predictions[i] < K);
        totals[labels[i]]++;
        hits[labels[i]] += predictions[i] == labels[i];
    }
    for (int64_t j = 0; j < K; j++) {
        class_error[j] = totals[j] > 0 ? (double)(totals[j] - hits[j]) / (double)totals[j] : (double)NAN;
        right += hits[j];
    }
    *error = 1.0 - (double)right / (double)n;
    free(totals);
    return CORE_OK;
}

/* The sum and the number of the values of a mean. */
typedef struct {
    double sum;
    int64_t n;
} mean;

static void mean_add(mean *m, double x)
{
    m->sum += x;
    m->n++;
}

static double mean_of(const mean *m) { return m->n > 0 ? m->sum / (double)m->n : (double)NAN; }

enum { ALL = IMB_SHOT_GROUPS, LOG_RECALL, SUMS };

int imb_shot_group(int64_t train_count)
{
    return train_count > IMB_MANY_SHOT_ABOVE  ? IMB_MANY_SHOT
           : train_count < IMB_FEW_SHOT_BELOW ? IMB_FEW_SHOT
                                              : IMB_MEDIUM_SHOT;
}

/* One class: its error and recall, which are kept apart so that neither is rounded twice. */
static void add_class(imb_metrics *out, mean sums[SUMS], int64_t train_count, double error, double recall, int64_t j)
{
    mean_add(&sums[ALL], error);
    mean_add(&sums[imb_shot_group(train_count)], error);
    mean_add(&sums[LOG_RECALL], core_log(recall));
    if (out->worst_class < 0 || error > out->worst_class_error) {
        out->worst_class = j;
        out->worst_class_error = error;
    }
}

static void finish_metrics(imb_metrics *out, const mean sums[SUMS])
{
    out->balanced_error = mean_of(&sums[ALL]);
    out->many_error = mean_of(&sums[IMB_MANY_SHOT]);
    out->medium_error = mean_of(&sums[IMB_MEDIUM_SHOT]);
    out->few_error = mean_of(&sums[IMB_FEW_SHOT]);
    out->geometric_mean_recall = core_exp(mean_of(&sums[LOG_RECALL])); /* exp(-inf) = 0: a class without a hit */
}

static const imb_metrics nothing = {.worst_class = -1, .worst_class_error = (double)NAN};

void imb_metrics_of_classes(const double *class_error, const int64_t *train_counts, int64_t K, imb_metrics *out)
{
    mean sums[SUMS] = {{0.0, 0}};
    *out = nothing;
    for (int64_t j = 0; j < K; j++) {
        if (!isnan(class_error[j])) {
            add_class(out, sums, train_counts[j], class_error[j], 1.0 - class_error[j], j);
        }
    }
    finish_metrics(out, sums);
}

double imb_top_error(const int32_t *ranks, int64_t n, int64_t top)
{
    int64_t hits = 0;
    for (int64_t i = 0; i < n; i++) {
        hits += ranks[i] < top;
    }
    return 1.0 - (double)hits / (double)n;
}

double imb_calibration_error(const double *confidence, const int32_t *labels, const int32_t *predictions, int64_t n)
{
    double sums[IMB_CALIBRATION_BINS] = {0.0}, error = 0.0;
    int64_t hits[IMB_CALIBRATION_BINS] = {0};
    for (int64_t i = 0; i < n; i++) {
        const double place = confidence[i] * (double)IMB_CALIBRATION_BINS;
        int64_t bin = (int64_t)place;
        bin -= bin > 0 && (double)bin == place; /* a bin holds its upper end */
        sums[bin] += confidence[i];
        hits[bin] += predictions[i] == labels[i];
    }
    for (int b = 0; b < IMB_CALIBRATION_BINS; b++) {
        error += fabs((double)hits[b] - sums[b]); /* |b| |accuracy - confidence| */
    }
    return n > 0 ? error / (double)n : (double)NAN;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear interpolation as NumPy does it: from the nearer end, so that it stays monotonic. sorted (n), n >= 1. */
static double quantile(const double *sorted, int64_t n, double fraction)
{
    double place = fraction * (double)(n - 1);
    int64_t below = (int64_t)place;
    int64_t above = below + 1 < n ? below + 1 : n - 1;
    double t = place - (double)below, step = sorted[above] - sorted[below];
    return t < 0.5 ? sorted[below] + step * t : sorted[above] - step * (1.0 - t);
}

/* One class: sorts its margins, which are the caller's copies. */
static void summarise_class(const imb_margin_query *query, double *margins, int64_t n, double *minimum,
                            double *quantiles)
{
    bool known = n > 0;
    for (int64_t i = 0; i < n; i++) {
        known = known && !isnan(margins[i]);
    }
    if (known) {
        qsort(margins, (size_t)n, sizeof *margins, compare_doubles);
    }
    *minimum = known ? margins[0] : (double)NAN;
    for (int64_t q = 0; q < query->Q; q++) {
        quantiles[q] = known ? quantile(margins, n, query->fractions[q]) : (double)NAN;
    }
}

core_status imb_class_margins(const imb_margin_query *query, double *minima, double *quantiles)
{
    core_arena room = {0};
    imb_classes classes;
    double *sorted;
    core_status status = imb_classes_group(query->labels, query->n, query->K, &room, &classes);
    if (status == CORE_OK) {
        status = CORE_ARENA_NEW(&room, query->n, "the margins", sorted);
    }
    for (int64_t p = 0; p < query->n && status == CORE_OK; p++) {
        sorted[p] = query->margins[classes.member[p]];
    }
    for (int64_t j = 0; j < query->K && status == CORE_OK; j++) {
        const int64_t begin = classes.begin[j], count = classes.begin[j + 1] - begin;
        summarise_class(query, sorted + begin, count, minima + j, quantiles + j * query->Q);
    }
    core_arena_free(&room);
    return status;
}

core_status imb_group_quantiles(const imb_margin_query *query, const int64_t *train_counts, double *quantiles)
{
    int32_t *groups;
    double minima[IMB_SHOT_GROUPS];
    imb_margin_query by_group = *query;
    CORE_TRY(CORE_NEW(query->n, "the groups of classes", groups));
    for (int64_t i = 0; i < query->n; i++) {
        groups[i] = imb_shot_group(train_counts[query->labels[i]]);
    }
    by_group.labels = groups;
    by_group.K = IMB_SHOT_GROUPS;
    const core_status status = imb_class_margins(&by_group, minima, quantiles);
    free(groups);
    return status;
}

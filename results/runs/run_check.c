/* Checks that the parts of a run file fit together: code behind the reader uses labels and counts as indices without
 * another check. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/runs/run_internal.h"

static core_status refuse(const char *path, const char *what, int64_t got, const char *expected, int64_t most)
{
    return core_fail_about(CORE_BAD_FILE, path,
                           ": %s %" PRId64 ", expected %s%" PRId64 "; another program made or changed it", what, got,
                           expected, most);
}

static core_status check_equal(const char *path, const char *what, int64_t got, int64_t expected)
{
    return got == expected ? CORE_OK : refuse(path, what, got, "", expected);
}

core_status res_check_labels(const char *path, const char *what, const int32_t *labels, int64_t n, int64_t K)
{
    for (int64_t i = 0; i < n; i++) {
        if (labels[i] < 0 || labels[i] >= K) {
            return refuse(path, what, labels[i], "classes from 0 to ", K - 1);
        }
    }
    return CORE_OK;
}

static core_status check_not_negative(const char *path, const char *what, const int64_t *numbers, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (numbers[i] < 0) {
            return refuse(path, what, numbers[i], "at least ", 0);
        }
    }
    return CORE_OK;
}

core_status res_check_errors(const char *path, const char *what, const double *errors, int64_t n)
{
    for (int64_t i = 0; errors != NULL && i < n; i++) {
        if (!isnan(errors[i]) && !(errors[i] >= 0 && errors[i] <= 1)) {
            return core_fail_about(CORE_BAD_FILE, path, ": %s %g, expected 0 to 1; another program made or changed it",
                                   what, errors[i]);
        }
    }
    return CORE_OK;
}

/* The sum of counts; -1 where a count is negative or the sum overflows. */
static int64_t sum_of(const int64_t *counts, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++) {
        if (counts[i] < 0 || __builtin_add_overflow(sum, counts[i], &sum)) {
            return -1;
        }
    }
    return sum;
}

static core_status check_split(const char *path, const res_split *s)
{
    if (s->class_counts == NULL) {
        return CORE_OK;
    }
    CORE_TRY(check_equal(path, "/split/class_counts has the sum", sum_of(s->class_counts, s->K), s->n));
    CORE_TRY(check_not_negative(path, "/split/train_index has", s->train_index, s->n));
    return check_not_negative(path, "/split/validation_index has", s->validation_index, s->validation_n);
}

static core_status check_epochs(const char *path, const res_epochs *e)
{
    if (e->E > e->planned) {
        return refuse(path, "/epochs has as many epochs as", e->E, "at most its own plan of ", e->planned);
    }
    if ((e->validation_error == NULL) != (e->validation_class_error == NULL)) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": /epochs has validation_error or validation_class_error alone, expected both or "
                               "neither");
    }
    return res_schema_check_errors(path, &res_epochs_schema, e);
}

/* It becomes a part of a file's name. */
static core_status check_digest(const char *path, const res_features *set)
{
    const char *digest = set->digest != NULL ? set->digest[0] : "";
    return strspn(digest, "0123456789abcdef") == strlen(digest)
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, path, ": /features has a digest that is no hexadecimal number");
}

static core_status check_features(const char *path, const res_run *run, int parts)
{
    const res_feature_sets *f = &run->features;
    const res_features *sets[] = {&f->at_drop, &f->at_end};
    CORE_TRY(check_digest(path, sets[0]));
    CORE_TRY(check_digest(path, sets[1]));
    if (f->train_label == NULL) {
        return CORE_OK;
    }
    for (int i = 0; i < 2; i++) {
        if (sets[i]->train != NULL && (sets[i]->D < 1 || sets[i]->epoch < 0)) {
            return refuse(path, "/features has vectors of the length", sets[i]->D, "epochs from 0, lengths from ", 1);
        }
    }
    if ((parts & RES_SPLIT) != 0) {
        CORE_TRY(check_equal(path, "/features/train_label has examples:", f->n, run->split.n));
        CORE_TRY(res_check_labels(path, "/features/train_label has", f->train_label, f->n, run->split.K));
        CORE_TRY(res_check_labels(path, "/features/test_label has", f->test_label, f->N, run->split.K));
    }
    return (parts & RES_FINAL) != 0 && run->final.N > 0
               ? check_equal(path, "/features/test_label has examples:", f->N, run->final.N)
               : CORE_OK;
}

/* Row k of the confusion matrix counts the examples of class k. */
static core_status check_confusion(const char *path, const res_final *f, const int64_t *counts)
{
    for (int64_t k = 0; k < f->dense_K; k++) {
        CORE_TRY(check_equal(path, "/final/confusion has a row whose sum is",
                             sum_of(f->confusion + k * f->dense_K, f->dense_K), counts[k]));
    }
    return CORE_OK;
}

/* The pairs of true and predicted class are sorted, each once, and count the examples of every class; takes them off
 * counts (K). */
static core_status check_pairs(const char *path, const res_final *f, int64_t *counts)
{
    for (int64_t p = 0; p < f->pair_count; p++) {
        const int64_t *pair = f->pairs + 3 * p, *before = p > 0 ? pair - 3 : NULL;
        const bool is_sorted = before == NULL || before[0] < pair[0] || (before[0] == pair[0] && before[1] < pair[1]);
        for (int c = 0; c < 2; c++) {
            if (pair[c] < 0 || pair[c] >= f->K || !is_sorted) {
                return refuse(path, "/final/pairs has, where sorted pairs of classes belong,", pair[c], "0 to ",
                              f->K - 1);
            }
        }
        if (pair[2] < 1 || pair[2] > counts[pair[0]]) {
            return refuse(path, "/final/pairs counts for a class", pair[2], "1 to ", counts[pair[0]]);
        }
        counts[pair[0]] -= pair[2];
    }
    for (int64_t k = 0; k < f->K && f->pair_count > 0; k++) {
        CORE_TRY(check_equal(path, "/final/pairs leaves examples of a class out:", counts[k], 0));
    }
    return CORE_OK;
}

static core_status check_predictions(const char *path, const res_final *f)
{
    int64_t *counts;
    CORE_TRY(CORE_NEW(f->K, "the class counts of a run", counts));
    for (int64_t i = 0; i < f->N; i++) {
        counts[f->label[i]]++;
    }
    core_status status = check_confusion(path, f, counts);
    if (status == CORE_OK) {
        status = check_pairs(path, f, counts);
    }
    free(counts);
    CORE_TRY(status);
    CORE_TRY(res_check_labels(path, "/final/top_label has", f->top_label, f->T > 0 ? f->N * f->T : 0, f->K));
    return res_check_labels(path, "/final/rank has", f->rank, f->T > 0 ? f->N : 0, f->K);
}

static core_status check_summary(const char *path, const res_summary *s, const res_final *f, int64_t E)
{
    if (s->epoch < 0 || s->epoch >= E) {
        return refuse(path, "/final/epoch has", s->epoch, "0 to ", E - 1);
    }
    if (s->worst_class < -1 || s->worst_class >= f->K) {
        return refuse(path, "/final/worst_class has", s->worst_class, "-1 to ", f->K - 1);
    }
    const double errors[] = {s->error,
                             s->balanced_error,
                             s->many_error,
                             s->medium_error,
                             s->few_error,
                             s->top5_error,
                             s->worst_class_error,
                             s->geometric_mean_recall,
                             s->calibration_error};
    return res_check_errors(path, "/final has an error of", errors, sizeof errors / sizeof *errors);
}

static core_status check_final(const char *path, const res_run *run, int parts)
{
    const res_final *f = &run->final;
    if (f->label == NULL) {
        return CORE_OK;
    }
    if (f->N < 1 || f->K < 1) {
        return refuse(path, "/final/label has examples:", f->N, "classes and examples from ", 1);
    }
    CORE_TRY(res_check_labels(path, "/final/label has", f->label, f->N, f->K));
    if (f->dense_K != 0 && f->dense_K != f->K) {
        return refuse(path, "/final/logits has classes:", f->dense_K, "as in /final/class_error: ", f->K);
    }
    if (f->dense_K == 0 && (f->pair_count == 0 || f->T == 0)) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": /final has neither logits nor pairs with top_label, expected one of them");
    }
    CORE_TRY(check_predictions(path, f));
    CORE_TRY(res_check_errors(path, "/final/class_error has", f->class_error, f->K));
    const int64_t E = (parts & RES_EPOCHS) != 0 ? run->epochs.E : INT64_MAX;
    CORE_TRY(check_summary(path, &f->last, f, E));
    return check_summary(path, &f->best, f, E);
}

static core_status check_margins(const char *path, const res_run *run, int parts)
{
    const res_margins *m = &run->margins;
    if (m->class_min == NULL) {
        return CORE_OK;
    }
    if (m->dense_K != 0 && m->dense_K != m->K) {
        return refuse(path, "/margins/class_quantile has classes:", m->dense_K, "as in /margins/class_min: ", m->K);
    }
    CORE_TRY(res_check_labels(path, "/margins/label has", m->label, m->n, m->K));
    if ((parts & RES_EPOCHS) != 0) {
        CORE_TRY(check_equal(path, "/margins has epochs:", m->E, run->epochs.E));
    }
    return (parts & RES_SPLIT) != 0 && m->n > 0 ? check_equal(path, "/margins/margin has examples:", m->n, run->split.n)
                                                : CORE_OK;
}

/* All parts have the classes of the split, or of the epochs. */
static core_status check_classes(const char *path, const res_run *run)
{
    const int64_t K = run->split.K > 0 ? run->split.K : run->epochs.K;
    if (K == 0) {
        return CORE_OK;
    }
    if (run->epochs.E > 0) {
        CORE_TRY(check_equal(path, "/epochs has classes:", run->epochs.K, K));
    }
    if (run->margins.class_min != NULL) {
        CORE_TRY(check_equal(path, "/margins has classes:", run->margins.K, K));
    }
    return run->final.label != NULL ? check_equal(path, "/final has classes:", run->final.K, K) : CORE_OK;
}

/* The largest side that anything reads; more is a damaged file. */
enum { MOST_SIDE = 1 << 20 };

static core_status check_data(const char *path, const res_data *data)
{
    if ((data->mean == NULL) != (data->std == NULL)) {
        return core_fail_about(CORE_BAD_FILE, path, ": /data has mean or std alone, expected both or neither");
    }
    if (data->planes != NULL && data->planes[0] != 1) {
        return core_fail_about(CORE_BAD_FILE, path, ": /data/planes has %" PRId64 ", expected 1, of gray images",
                               data->planes[0]);
    }
    for (int i = 0; i < 2 && data->plane != NULL; i++) {
        if (data->plane[i] < 1 || data->plane[i] > MOST_SIDE) {
            return core_fail_about(CORE_BAD_FILE, path, ": /data/plane has %" PRId64 ", expected 1 to %d pixels",
                                   data->plane[i], MOST_SIDE);
        }
    }
    return CORE_OK;
}

core_status res_check_run(const char *path, const res_run *run, int parts)
{
    CORE_TRY(check_data(path, &run->data));
    CORE_TRY(check_split(path, &run->split));
    CORE_TRY(check_epochs(path, &run->epochs));
    CORE_TRY(check_classes(path, run));
    if ((parts & RES_EPOCHS) != 0 && (parts & RES_TIMING) != 0) {
        CORE_TRY(check_equal(path, "/timing has epochs:", run->timing.E, run->epochs.E));
    }
    CORE_TRY(check_margins(path, run, parts));
    CORE_TRY(check_features(path, run, parts));
    return check_final(path, run, parts);
}

/* Writing what a network did: margins, features, final results. */
#include "results/runs/run_internal.h"

#include <stdio.h>

static core_status write_final_margins(core_h5 *file, const res_margins *m, const char *class_scale)
{
    const res_column columns[] = {
        {"margins/margin",
         "final margin of the training example, in the order of the subset",
         "logit",
         core_h5_shape1(CORE_H5_F32, m->n),
         m->margin,
         {0}},
        {"margins/label", "class of the training example", "1", core_h5_shape1(CORE_H5_I32, m->n), m->label, {0}},
        {"margins/final_class_min",
         "least final margin of the class",
         "logit",
         core_h5_shape1(CORE_H5_F64, m->K),
         m->final_class_min,
         {class_scale}},
    };
    return RES_WRITE_COLUMNS(file, columns, false);
}

core_status res_write_margins(core_h5 *file, const res_margins *m, const char *class_scale)
{
    if (m->K == 0) {
        return CORE_OK;
    }
    CORE_TRY(core_h5_write_group(file, "margins"));
    const res_column columns[] = {
        {"margins/quantile_level", "level", "1", core_h5_shape1(CORE_H5_F64, m->Q), m->quantile_level, {0}},
        {"margins/class_min",
         "least margin of the class, as trained",
         "logit",
         core_h5_shape2(CORE_H5_F64, m->E, m->K),
         m->class_min,
         {RES_EPOCH_SCALE, class_scale}},
        {"margins/class_quantile",
         "quantiles of the margins of the class, as trained",
         "logit",
         core_h5_shape3(CORE_H5_F64, m->E, m->K, m->Q),
         m->class_quantile,
         {RES_EPOCH_SCALE, class_scale}},
    };
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    if (m->target != NULL) {
        const res_column target = {"margins/target", "the loss's margin Delta_j",
                                   "logit",          core_h5_shape1(CORE_H5_F64, m->K),
                                   m->target,        {class_scale}};
        CORE_TRY(res_write_columns(file, &target, 1, false));
    }
    return m->n > 0 ? write_final_margins(file, m, class_scale) : CORE_OK;
}

static core_status write_features_of(core_h5 *file, const char *path, const res_features *f, int64_t n, int64_t N,
                                     bool gzip)
{
    if (f->D == 0) {
        return CORE_OK;
    }
    char train[64], test[64];
    snprintf(train, sizeof train, "%s/train", path);
    snprintf(test, sizeof test, "%s/test", path);
    const res_column columns[] = {
        {train, "features of the training examples", "1", core_h5_shape2(CORE_H5_F32, n, f->D), f->train, {0}},
        {test, "features of the test examples", "1", core_h5_shape2(CORE_H5_F32, N, f->D), f->test, {0}},
    };
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, gzip));
    return core_h5_set_i64(file, path, "epoch", f->epoch);
}

core_status res_write_features(core_h5 *file, const res_feature_sets *f, bool gzip)
{
    if (f->at_drop.D == 0 && f->at_end.D == 0) {
        return CORE_OK;
    }
    const res_column columns[] = {
        {"features/train_label",
         "class of the training example",
         "1",
         core_h5_shape1(CORE_H5_I32, f->n),
         f->train_label,
         {0}},
        {"features/test_label",
         "class of the test example",
         "1",
         core_h5_shape1(CORE_H5_I32, f->N),
         f->test_label,
         {0}},
    };
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    CORE_TRY(write_features_of(file, "features/at_drop", &f->at_drop, f->n, f->N, gzip));
    return write_features_of(file, "features/at_end", &f->at_end, f->n, f->N, gzip);
}

/* The last and the best epoch side by side, a dataset of two for each quantity. */
static core_status write_summaries(core_h5 *file, const res_summary *last, const res_summary *best)
{
    static const char *const which[2] = {"last", "best"};
    const int64_t epoch[2] = {last->epoch, best->epoch};
    const double error[2] = {last->error, best->error};
    const double balanced[2] = {last->balanced_error, best->balanced_error};
    const double many[2] = {last->many_error, best->many_error};
    const double medium[2] = {last->medium_error, best->medium_error};
    const double few[2] = {last->few_error, best->few_error};
    const double top5[2] = {last->top5_error, best->top5_error};
    const double worst[2] = {last->worst_class_error, best->worst_class_error};
    const int64_t worst_class[2] = {last->worst_class, best->worst_class};
    const double geometric[2] = {last->geometric_mean_recall, best->geometric_mean_recall};
    const double calibration[2] = {last->calibration_error, best->calibration_error};
    const core_h5_shape two = core_h5_shape1(CORE_H5_F64, 2);
    const res_column columns[] = {
        {"final/which",
         "which epoch: the last, or the one with the least test error",
         "1",
         core_h5_shape1(CORE_H5_TEXT, 2),
         which,
         {0}},
        {"final/epoch", "epoch", "1", core_h5_shape1(CORE_H5_I64, 2), epoch, {0}},
        {"final/error", "test error", "1", two, error, {0}},
        {"final/balanced_error", "mean of the classes' test errors", "1", two, balanced, {0}},
        {"final/many_error", "mean test error of the classes with many examples", "1", two, many, {0}},
        {"final/medium_error", "mean test error of the classes between many and few", "1", two, medium, {0}},
        {"final/few_error", "mean test error of the classes with few examples", "1", two, few, {0}},
        {"final/top5_error", "top-5 test error", "1", two, top5, {0}},
        {"final/worst_class_error", "largest of the classes' test errors", "1", two, worst, {0}},
        {"final/worst_class",
         "class with the largest test error",
         "1",
         core_h5_shape1(CORE_H5_I64, 2),
         worst_class,
         {0}},
        {"final/geometric_mean_recall", "geometric mean of the classes' recalls", "1", two, geometric, {0}},
        {"final/calibration_error", "expected calibration error on the test set", "1", two, calibration, {0}},
    };
    return RES_WRITE_COLUMNS(file, columns, false);
}

core_status res_write_final(core_h5 *file, const res_final *f, const char *class_scale)
{
    if (f->N == 0) {
        return CORE_OK;
    }
    const res_column columns[] = {
        {"final/logits",
         "logits of the test examples, before the scale s",
         "logit",
         core_h5_shape2(CORE_H5_F32, f->N, f->K),
         f->logits,
         {NULL, class_scale}},
        {"final/label", "class of the test example", "1", core_h5_shape1(CORE_H5_I32, f->N), f->label, {0}},
        {"final/confusion",
         "test examples by true class (row) and predicted class (column)",
         "1",
         core_h5_shape2(CORE_H5_I64, f->K, f->K),
         f->confusion,
         {class_scale, class_scale}},
        {"final/class_error",
         "test error of the class",
         "1",
         core_h5_shape1(CORE_H5_F64, f->K),
         f->class_error,
         {class_scale}},
    };
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    return write_summaries(file, &f->last, &f->best);
}

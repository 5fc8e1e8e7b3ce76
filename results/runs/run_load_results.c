/* Reading what a network did: margins, features, final results. */
#include "results/runs/run_internal.h"

#include <stdio.h>

core_status res_load_margins(core_h5 *file, core_arena *arena, res_run *run)
{
    res_margins *m = &run->margins;
    CORE_TRY(res_get_dim(file, "margins/class_quantile", 3, 0, &m->E));
    CORE_TRY(res_get_dim(file, "margins/class_quantile", 3, 1, &m->K));
    CORE_TRY(res_get_dim(file, "margins/class_quantile", 3, 2, &m->Q));
    const res_wanted list[] = {
        {"margins/quantile_level", core_h5_shape1(CORE_H5_F64, m->Q), &m->quantile_level},
        {"margins/class_min", core_h5_shape2(CORE_H5_F64, m->E, m->K), &m->class_min},
        {"margins/class_quantile", core_h5_shape3(CORE_H5_F64, m->E, m->K, m->Q), &m->class_quantile},
    };
    CORE_TRY(RES_LOAD(file, arena, list));
    bool there = false;
    CORE_TRY(res_is_there(file, "margins/target", &there));
    if (there) {
        const res_wanted target = {"margins/target", core_h5_shape1(CORE_H5_F64, m->K), &m->target};
        CORE_TRY(res_load_all(file, arena, &target, 1));
    }
    CORE_TRY(res_is_there(file, "margins/margin", &there));
    if (!there) {
        return CORE_OK;
    }
    CORE_TRY(res_get_dim(file, "margins/margin", 1, 0, &m->n));
    const res_wanted final[] = {
        {"margins/margin", core_h5_shape1(CORE_H5_F32, m->n), &m->margin},
        {"margins/label", core_h5_shape1(CORE_H5_I32, m->n), &m->label},
    };
    CORE_TRY(RES_LOAD(file, arena, final));
    double *least = NULL;
    CORE_TRY(res_load_or_nan(file, arena, "margins/final_class_min", m->K, &least));
    m->final_class_min = least;
    return CORE_OK;
}

static core_status load_features_of(core_h5 *file, const char *path, core_arena *arena, const res_feature_sets *sets,
                                    res_features *out)
{
    bool there = false;
    CORE_TRY(res_is_there(file, path, &there));
    if (!there) {
        return CORE_OK;
    }
    char train[64], test[64];
    snprintf(train, sizeof train, "%s/train", path);
    snprintf(test, sizeof test, "%s/test", path);
    CORE_TRY(res_get_dim(file, train, 2, 1, &out->D));
    const res_wanted list[] = {
        {train, core_h5_shape2(CORE_H5_F32, sets->n, out->D), &out->train},
        {test, core_h5_shape2(CORE_H5_F32, sets->N, out->D), &out->test},
    };
    CORE_TRY(RES_LOAD(file, arena, list));
    return core_h5_get_i64(file, path, "epoch", &out->epoch);
}

core_status res_load_features(core_h5 *file, core_arena *arena, res_run *run)
{
    res_feature_sets *f = &run->features;
    CORE_TRY(res_get_dim(file, "features/train_label", 1, 0, &f->n));
    CORE_TRY(res_get_dim(file, "features/test_label", 1, 0, &f->N));
    const res_wanted list[] = {
        {"features/train_label", core_h5_shape1(CORE_H5_I32, f->n), &f->train_label},
        {"features/test_label", core_h5_shape1(CORE_H5_I32, f->N), &f->test_label},
    };
    CORE_TRY(RES_LOAD(file, arena, list));
    CORE_TRY(load_features_of(file, "features/at_drop", arena, f, &f->at_drop));
    return load_features_of(file, "features/at_end", arena, f, &f->at_end);
}

/* What schema 1 had not at first. */
static core_status load_later_summaries(core_h5 *file, core_arena *arena, res_summary *both[2])
{
    double *top5 = NULL, *worst = NULL, *geometric = NULL, *calibration = NULL;
    const int64_t unknown[2] = {-1, -1}, *worst_class = unknown;
    CORE_TRY(res_load_or_nan(file, arena, "final/top5_error", 2, &top5));
    CORE_TRY(res_load_or_nan(file, arena, "final/worst_class_error", 2, &worst));
    CORE_TRY(res_load_or_nan(file, arena, "final/geometric_mean_recall", 2, &geometric));
    CORE_TRY(res_load_or_nan(file, arena, "final/calibration_error", 2, &calibration));
    bool there = false;
    CORE_TRY(res_is_there(file, "final/worst_class", &there));
    if (there) {
        const res_wanted classes = {"final/worst_class", core_h5_shape1(CORE_H5_I64, 2), &worst_class};
        CORE_TRY(res_load_all(file, arena, &classes, 1));
    }
    for (int i = 0; i < 2; i++) {
        both[i]->top5_error = top5[i];
        both[i]->worst_class_error = worst[i];
        both[i]->worst_class = worst_class[i];
        both[i]->geometric_mean_recall = geometric[i];
        both[i]->calibration_error = calibration[i];
    }
    return CORE_OK;
}

static core_status load_summaries(core_h5 *file, core_arena *arena, res_final *f)
{
    const int64_t *epoch = NULL;
    const double *error = NULL, *balanced = NULL, *many = NULL, *medium = NULL, *few = NULL;
    const core_h5_shape two = core_h5_shape1(CORE_H5_F64, 2);
    const res_wanted list[] = {
        {"final/epoch", core_h5_shape1(CORE_H5_I64, 2), &epoch},
        {"final/error", two, &error},
        {"final/balanced_error", two, &balanced},
        {"final/many_error", two, &many},
        {"final/medium_error", two, &medium},
        {"final/few_error", two, &few},
    };
    CORE_TRY(RES_LOAD(file, arena, list));
    res_summary *both[2] = {&f->last, &f->best};
    for (int i = 0; i < 2; i++) {
        *both[i] = (res_summary){.epoch = epoch[i],
                                 .error = error[i],
                                 .balanced_error = balanced[i],
                                 .many_error = many[i],
                                 .medium_error = medium[i],
                                 .few_error = few[i]};
    }
    return load_later_summaries(file, arena, both);
}

core_status res_load_final(core_h5 *file, core_arena *arena, res_run *run)
{
    res_final *f = &run->final;
    CORE_TRY(res_get_dim(file, "final/logits", 2, 0, &f->N));
    CORE_TRY(res_get_dim(file, "final/logits", 2, 1, &f->K));
    const res_wanted list[] = {
        {"final/logits", core_h5_shape2(CORE_H5_F32, f->N, f->K), &f->logits},
        {"final/label", core_h5_shape1(CORE_H5_I32, f->N), &f->label},
        {"final/confusion", core_h5_shape2(CORE_H5_I64, f->K, f->K), &f->confusion},
        {"final/class_error", core_h5_shape1(CORE_H5_F64, f->K), &f->class_error},
    };
    CORE_TRY(RES_LOAD(file, arena, list));
    return load_summaries(file, arena, f);
}

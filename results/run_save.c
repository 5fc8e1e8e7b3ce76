#include "results/run_file.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "results/content.h"

/* One dataset: what it is and where its numbers are. */
typedef struct {
    const char *path, *long_name, *units;
    core_h5_shape shape;
    const void *data;
    const char *scales[2];
} column;

#define EPOCH_SCALE "epochs/epoch"
#define CLASS_SCALE "split/class"

static core_status write_columns(core_h5 *file, const column *columns, size_t count, bool gzip)
{
    for (size_t i = 0; i < count; i++) {
        const column *c = &columns[i];
        const core_h5_about about = {
            .long_name = c->long_name, .units = c->units, .scales = {c->scales[0], c->scales[1]}, .gzip = gzip};
        CORE_TRY(core_h5_write(file, c->path, &c->shape, c->data, &about));
    }
    return CORE_OK;
}

#define WRITE_COLUMNS(file, columns, gzip) write_columns(file, columns, sizeof(columns) / sizeof *(columns), gzip)

/* 0, 1, 2, ... as the dimension scale at `path`. */
static core_status write_scale(core_h5 *file, const char *path, const char *long_name, int64_t count)
{
    int64_t *numbers = NULL;
    core_arena arena = {0};
    CORE_TRY(CORE_ARENA_NEW(&arena, count, long_name, numbers));
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = i;
    }
    const core_h5_shape shape = core_h5_shape1(CORE_H5_I64, count);
    const core_h5_about about = {.long_name = long_name, .units = "1"};
    core_status status = core_h5_write(file, path, &shape, numbers, &about);
    if (status == CORE_OK) {
        status = core_h5_make_scale(file, path);
    }
    core_arena_free(&arena);
    return status;
}

static core_status write_options(core_h5 *file, const char *path, const res_options *options)
{
    for (int64_t i = 0; i < options->count; i++) {
        const res_option *option = &options->items[i];
        switch (option->type) {
        case CORE_H5_TEXT:
            CORE_TRY(core_h5_set_text(file, path, option->key, option->text));
            break;
        case CORE_H5_I64:
            CORE_TRY(core_h5_set_i64(file, path, option->key, option->integer));
            break;
        case CORE_H5_F64:
            CORE_TRY(core_h5_set_f64(file, path, option->key, option->real));
            break;
        case CORE_H5_BOOL:
            CORE_TRY(core_h5_set_bool(file, path, option->key, option->truth));
            break;
        default:
            assert(!"an option is text, i64, f64 or bool");
        }
    }
    return CORE_OK;
}

static core_status write_head(core_h5 *file, const res_run *run)
{
    CORE_TRY(core_h5_set_text(file, "", "format", RES_FORMAT));
    CORE_TRY(core_h5_set_i64(file, "", "schema", RES_SCHEMA));
    CORE_TRY(core_h5_set_text(file, "", "creator", run->creator));
    CORE_TRY(core_h5_write_group(file, "config"));
    const core_h5_shape shape = core_h5_shape0(CORE_H5_TEXT);
    const core_h5_about about = {.long_name = "configuration, resolved with its defaults, as YAML", .units = "1"};
    CORE_TRY(core_h5_write(file, "config/yaml", &shape, &run->config.yaml, &about));
    CORE_TRY(write_options(file, "config", &run->config.options));
    CORE_TRY(core_h5_write_group(file, "data"));
    CORE_TRY(core_h5_set_text(file, "data", "name", run->data.name));
    CORE_TRY(core_h5_set_text(file, "data", "sha256", run->data.sha256));
    return core_h5_set_bool(file, "data", "verified", run->data.verified);
}

static core_status write_env(core_h5 *file, const res_env *env)
{
    CORE_TRY(core_h5_write_group(file, "env"));
    for (int64_t i = 0; i < env->count; i++) {
        char path[32];
        snprintf(path, sizeof path, "env/start-%04" PRId64, i);
        CORE_TRY(core_h5_write_group(file, path));
        CORE_TRY(write_options(file, path, &env->starts[i]));
    }
    return CORE_OK;
}

static core_status write_timing(core_h5 *file, const res_timing *timing)
{
    const core_h5_shape epochs = core_h5_shape1(CORE_H5_F64, timing->E);
    const column columns[] = {
        {"timing/seconds", "wall time of the epoch", "s", epochs, timing->seconds, {0}},
        {"timing/images_per_s", "training throughput of the epoch", "1/s", epochs, timing->images_per_s, {0}},
    };
    CORE_TRY(WRITE_COLUMNS(file, columns, false));
    return core_h5_set_i64(file, "timing", "peak_memory_bytes", timing->peak_memory_bytes);
}

static core_status write_split(core_h5 *file, const res_split *split)
{
    if (split->K == 0) {
        return CORE_OK;
    }
    CORE_TRY(write_scale(file, CLASS_SCALE, "class", split->K));
    const column columns[] = {
        {"split/class_counts",
         "training examples of the class",
         "1",
         core_h5_shape1(CORE_H5_I64, split->K),
         split->class_counts,
         {CLASS_SCALE}},
        {"split/train_index",
         "position in the full training set, in the order of the subset",
         "1",
         core_h5_shape1(CORE_H5_I64, split->n),
         split->train_index,
         {0}},
    };
    CORE_TRY(WRITE_COLUMNS(file, columns, false));
    return core_h5_set_text(file, "split", "sha256", split->sha256);
}

static core_status write_epochs(core_h5 *file, const res_epochs *e, const char *class_scale)
{
    CORE_TRY(write_scale(file, EPOCH_SCALE, "epoch", e->E));
    CORE_TRY(core_h5_set_i64(file, "epochs", "planned", e->planned));
    const core_h5_shape one = core_h5_shape1(CORE_H5_F64, e->E), each = core_h5_shape2(CORE_H5_F64, e->E, e->K);
    const core_h5_shape digests = core_h5_shape2(CORE_H5_U64, e->E, e->P);
    const column columns[] = {
        {"epochs/lr", "learning rate", "1", one, e->lr, {EPOCH_SCALE}},
        {"epochs/train_loss", "mean training loss, as trained", "nat", one, e->train_loss, {EPOCH_SCALE}},
        {"epochs/train_error", "training error, as trained", "1", one, e->train_error, {EPOCH_SCALE}},
        {"epochs/test_error", "test error", "1", one, e->test_error, {EPOCH_SCALE}},
        {"epochs/test_top5_error", "top-5 test error", "1", one, e->test_top5_error, {EPOCH_SCALE}},
        {"epochs/test_calibration_error",
         "expected calibration error on the test set",
         "1",
         one,
         e->test_calibration_error,
         {EPOCH_SCALE}},
        {"epochs/train_class_error",
         "training error of the class, as trained",
         "1",
         each,
         e->train_class_error,
         {EPOCH_SCALE, class_scale}},
        {"epochs/test_class_error",
         "test error of the class",
         "1",
         each,
         e->test_class_error,
         {EPOCH_SCALE, class_scale}},
        {"epochs/tensor_name", "name of the tensor", "1", core_h5_shape1(CORE_H5_TEXT, e->P), e->tensor_name, {0}},
        {"epochs/tensor_digest",
         "XXH3-64 of the tensor's bytes at the end of the epoch",
         "1",
         digests,
         e->tensor_digest,
         {EPOCH_SCALE}},
    };
    return WRITE_COLUMNS(file, columns, false);
}

static core_status write_final_margins(core_h5 *file, const res_margins *m, const char *class_scale)
{
    const column columns[] = {
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
    return WRITE_COLUMNS(file, columns, false);
}

static core_status write_margins(core_h5 *file, const res_margins *m, const char *class_scale)
{
    if (m->K == 0) {
        return CORE_OK;
    }
    CORE_TRY(core_h5_write_group(file, "margins"));
    const column columns[] = {
        {"margins/quantile_level", "level", "1", core_h5_shape1(CORE_H5_F64, m->Q), m->quantile_level, {0}},
        {"margins/class_min",
         "least margin of the class, as trained",
         "logit",
         core_h5_shape2(CORE_H5_F64, m->E, m->K),
         m->class_min,
         {EPOCH_SCALE, class_scale}},
        {"margins/class_quantile",
         "quantiles of the margins of the class, as trained",
         "logit",
         core_h5_shape3(CORE_H5_F64, m->E, m->K, m->Q),
         m->class_quantile,
         {EPOCH_SCALE, class_scale}},
    };
    CORE_TRY(WRITE_COLUMNS(file, columns, false));
    if (m->target != NULL) {
        const column target = {"margins/target", "the loss's margin Delta_j",
                               "logit",          core_h5_shape1(CORE_H5_F64, m->K),
                               m->target,        {class_scale}};
        CORE_TRY(write_columns(file, &target, 1, false));
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
    const column columns[] = {
        {train, "features of the training examples", "1", core_h5_shape2(CORE_H5_F32, n, f->D), f->train, {0}},
        {test, "features of the test examples", "1", core_h5_shape2(CORE_H5_F32, N, f->D), f->test, {0}},
    };
    CORE_TRY(WRITE_COLUMNS(file, columns, gzip));
    return core_h5_set_i64(file, path, "epoch", f->epoch);
}

static core_status write_features(core_h5 *file, const res_feature_sets *f, bool gzip)
{
    if (f->at_drop.D == 0 && f->at_end.D == 0) {
        return CORE_OK;
    }
    const column columns[] = {
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
    CORE_TRY(WRITE_COLUMNS(file, columns, false));
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
    const column columns[] = {
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
    return WRITE_COLUMNS(file, columns, false);
}

static core_status write_final(core_h5 *file, const res_final *f, const char *class_scale)
{
    if (f->N == 0) {
        return CORE_OK;
    }
    const column columns[] = {
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
    CORE_TRY(WRITE_COLUMNS(file, columns, false));
    return write_summaries(file, &f->last, &f->best);
}

static core_status write_state(core_h5 *file, const res_state *state)
{
    if (state->count == 0) {
        return CORE_OK;
    }
    CORE_TRY(core_h5_write_group(file, "state"));
    CORE_TRY(core_h5_set_i64(file, "state", "epoch", state->epoch));
    CORE_TRY(core_h5_set_i64(file, "state", "step", state->step));
    for (int64_t i = 0; i < state->count; i++) {
        const res_array *array = &state->arrays[i];
        char path[512];
        const int length = snprintf(path, sizeof path, "state/%s", array->name);
        assert(length > 0 && (size_t)length < sizeof path);
        const core_h5_about about = {.long_name = array->name, .units = "1"};
        CORE_TRY(core_h5_write(file, path, &array->shape, array->data, &about));
    }
    return CORE_OK;
}

static core_status write_run(core_h5 *file, const res_run *run)
{
    const bool finished = res_run_finished(run);
    const char *class_scale = run->split.K > 0 ? CLASS_SCALE : NULL;
    CORE_TRY(write_head(file, run));
    CORE_TRY(write_env(file, &run->env));
    CORE_TRY(write_timing(file, &run->timing));
    CORE_TRY(write_split(file, &run->split));
    CORE_TRY(write_epochs(file, &run->epochs, class_scale));
    CORE_TRY(write_margins(file, &run->margins, class_scale));
    CORE_TRY(write_features(file, &run->features, finished));
    CORE_TRY(write_final(file, &run->final, class_scale));
    CORE_TRY(write_state(file, &run->state));
    char digest[CORE_HASH_HEX_MAX];
    CORE_TRY(res_content_digest(file, digest));
    return core_h5_set_text(file, "", "digest", digest);
}

core_status res_run_save(const res_run *run, const char *path)
{
    assert(run->creator != NULL && run->config.yaml != NULL && run->data.name != NULL && run->data.sha256 != NULL);
    assert(run->margins.K == 0 || run->margins.E == run->epochs.E);
    assert(run->split.K == 0 || ((run->epochs.E == 0 || run->epochs.K == run->split.K) &&
                                 (run->margins.K == 0 || run->margins.K == run->split.K) &&
                                 (run->final.N == 0 || run->final.K == run->split.K)));
    core_h5 *file = NULL;
    CORE_TRY(core_h5_create(path, &file));
    core_status status = write_run(file, run);
    if (status == CORE_OK) {
        status = core_h5_save(file, path);
    }
    core_h5_close(file);
    return status;
}

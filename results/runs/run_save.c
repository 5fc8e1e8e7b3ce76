#include "results/runs/run_file.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/runs/check.h"
#include "results/runs/content.h"
#include "results/runs/run_internal.h"

core_status res_write_columns(core_h5 *file, const res_column *columns, size_t count, bool gzip)
{
    for (size_t i = 0; i < count; i++) {
        const res_column *c = &columns[i];
        const core_h5_about about = {
            .long_name = c->long_name, .units = c->units, .scales = {c->scales[0], c->scales[1]}, .gzip = gzip};
        CORE_TRY(core_h5_write(file, c->path, &c->shape, c->data, &about));
    }
    return CORE_OK;
}

core_status res_write_scale(core_h5 *file, const char *path, const char *long_name, int64_t count)
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
            assert(false && "an option is text, i64, f64 or bool");
        }
    }
    return CORE_OK;
}

core_status res_write_data(core_h5 *file, const res_data *data)
{
    CORE_TRY(core_h5_write_group(file, "data"));
    CORE_TRY(core_h5_set_text(file, "data", "name", data->name));
    CORE_TRY(core_h5_set_text(file, "data", "sha256", data->sha256));
    CORE_TRY(core_h5_set_bool(file, "data", "verified", data->verified));
    if (data->mean == NULL) {
        return CORE_OK;
    }
    const core_h5_shape channels = core_h5_shape1(CORE_H5_F32, RES_CHANNELS);
    const res_column columns[] = {
        {"data/mean", "mean of the channel, which normalises", "1", channels, data->mean, {0}},
        {"data/std", "standard deviation of the channel, which normalises", "1", channels, data->std, {0}},
    };
    return RES_WRITE_COLUMNS(file, columns, false);
}

core_status res_write_config(core_h5 *file, const res_config *config)
{
    CORE_TRY(core_h5_write_group(file, "config"));
    const core_h5_shape shape = core_h5_shape0(CORE_H5_TEXT);
    const core_h5_about about = {.long_name = "configuration, resolved with its defaults, as YAML", .units = "1"};
    CORE_TRY(core_h5_write(file, "config/yaml", &shape, &config->yaml, &about));
    return write_options(file, "config", &config->options);
}

static core_status write_head(core_h5 *file, const res_run *run)
{
    CORE_TRY(core_h5_set_text(file, "", "format", RES_FORMAT));
    CORE_TRY(core_h5_set_i64(file, "", "schema", RES_SCHEMA));
    CORE_TRY(core_h5_set_text(file, "", "creator", run->creator));
    CORE_TRY(res_write_config(file, &run->config));
    return res_write_data(file, &run->data);
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
    const res_column columns[] = {
        {"timing/seconds", "wall time of the epoch", "s", epochs, timing->seconds, {0}},
        {"timing/images_per_s", "training throughput of the epoch", "1/s", epochs, timing->images_per_s, {0}},
    };
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    return core_h5_set_i64(file, "timing", "peak_memory_bytes", timing->peak_memory_bytes);
}

static core_status write_split(core_h5 *file, const res_split *split)
{
    if (split->K == 0) {
        return CORE_OK;
    }
    CORE_TRY(res_write_scale(file, RES_CLASS_SCALE, "class", split->K));
    const res_column columns[] = {
        {"split/class_counts",
         "training examples of the class",
         "1",
         core_h5_shape1(CORE_H5_I64, split->K),
         split->class_counts,
         {RES_CLASS_SCALE}},
        {"split/train_index",
         "position in the full training set, in the order of the subset",
         "1",
         core_h5_shape1(CORE_H5_I64, split->n),
         split->train_index,
         {0}},
    };
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    if (split->class_name != NULL) {
        const res_column names = {"split/class_name", "name of the class", "1", core_h5_shape1(CORE_H5_TEXT, split->K),
                                  split->class_name,  {RES_CLASS_SCALE}};
        CORE_TRY(res_write_columns(file, &names, 1, false));
    }
    if (split->validation_n > 0) {
        const res_column held_out = {"split/validation_index",
                                     "position in the full training set of a held-out example",
                                     "1",
                                     core_h5_shape1(CORE_H5_I64, split->validation_n),
                                     split->validation_index,
                                     {0}};
        CORE_TRY(res_write_columns(file, &held_out, 1, false));
    }
    return core_h5_set_text(file, "split", "sha256", split->sha256);
}

static core_status write_validation(core_h5 *file, const res_epochs *e, const char *class_scale)
{
    const res_column columns[] = {
        {"epochs/validation_error",
         "error on the held-out training examples",
         "1",
         core_h5_shape1(CORE_H5_F64, e->E),
         e->validation_error,
         {RES_EPOCH_SCALE}},
        {"epochs/validation_class_error",
         "error of the class on the held-out training examples",
         "1",
         core_h5_shape2(CORE_H5_F64, e->E, e->K),
         e->validation_class_error,
         {RES_EPOCH_SCALE, class_scale}},
    };
    return RES_WRITE_COLUMNS(file, columns, false);
}

static core_status write_epochs(core_h5 *file, const res_epochs *e, const char *class_scale)
{
    CORE_TRY(res_write_scale(file, RES_EPOCH_SCALE, "epoch", e->E));
    CORE_TRY(core_h5_set_i64(file, "epochs", "planned", e->planned));
    const core_h5_shape one = core_h5_shape1(CORE_H5_F64, e->E), each = core_h5_shape2(CORE_H5_F64, e->E, e->K);
    const core_h5_shape digests = core_h5_shape2(CORE_H5_U64, e->E, e->P);
    const res_column columns[] = {
        {"epochs/lr", "learning rate", "1", one, e->lr, {RES_EPOCH_SCALE}},
        {"epochs/train_loss", "mean training loss, as trained", "nat", one, e->train_loss, {RES_EPOCH_SCALE}},
        {"epochs/train_error", "training error, as trained", "1", one, e->train_error, {RES_EPOCH_SCALE}},
        {"epochs/test_error", "test error", "1", one, e->test_error, {RES_EPOCH_SCALE}},
        {"epochs/test_top5_error", "top-5 test error", "1", one, e->test_top5_error, {RES_EPOCH_SCALE}},
        {"epochs/test_calibration_error",
         "expected calibration error on the test set",
         "1",
         one,
         e->test_calibration_error,
         {RES_EPOCH_SCALE}},
        {"epochs/train_class_error",
         "training error of the class, as trained",
         "1",
         each,
         e->train_class_error,
         {RES_EPOCH_SCALE, class_scale}},
        {"epochs/test_class_error",
         "test error of the class",
         "1",
         each,
         e->test_class_error,
         {RES_EPOCH_SCALE, class_scale}},
        {"epochs/tensor_name", "name of the tensor", "1", core_h5_shape1(CORE_H5_TEXT, e->P), e->tensor_name, {0}},
        {"epochs/tensor_digest",
         "XXH3-64 of the tensor's bytes at the end of the epoch",
         "1",
         digests,
         e->tensor_digest,
         {RES_EPOCH_SCALE}},
    };
    CORE_TRY(RES_WRITE_COLUMNS(file, columns, false));
    return e->has_validation ? write_validation(file, e, class_scale) : CORE_OK;
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

core_status res_write_checks(core_h5 *file, core_status (*write)(core_h5 *file, core_arena *arena, FILE *lines))
{
    char *text = NULL;
    size_t bytes = 0;
    core_arena arena = {0};
    FILE *lines = open_memstream(&text, &bytes);
    if (lines == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for checksums");
    }
    core_status status = write(file, &arena, lines);
    core_arena_free(&arena);
    if (fclose(lines) != 0 && status == CORE_OK) {
        status = core_fail(CORE_MACHINE, "not enough memory for checksums");
    }
    if (status == CORE_OK) {
        status = core_h5_set_text(file, "", RES_CHECK, text);
    }
    free(text);
    return status;
}

static core_status write_run(core_h5 *file, const res_run *run)
{
    const bool finished = res_run_finished(run);
    const char *class_scale = run->split.K > 0 ? RES_CLASS_SCALE : NULL;
    CORE_TRY(write_head(file, run));
    CORE_TRY(write_env(file, &run->env));
    CORE_TRY(write_timing(file, &run->timing));
    CORE_TRY(write_split(file, &run->split));
    CORE_TRY(write_epochs(file, &run->epochs, class_scale));
    CORE_TRY(res_write_margins(file, &run->margins, class_scale));
    CORE_TRY(res_write_features(file, &run->features, finished));
    CORE_TRY(res_write_final(file, &run->final, class_scale));
    CORE_TRY(write_state(file, &run->state));
    char digest[CORE_HASH_HEX_MAX];
    CORE_TRY(res_content_digest(file, digest));
    CORE_TRY(core_h5_set_text(file, "", "digest", digest));
    return res_write_checks(file, res_run_write_checks);
}

core_status res_run_check(const char *path) { return core_h5_check(path, RES_FORMAT); }

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

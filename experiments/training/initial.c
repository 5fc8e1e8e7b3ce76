#include "experiments/training/initial.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/npz.h"
#include "core/text.h"
#include "datasets/glove.h"
#include "nn/head.h"
#include "results/runs/run_file.h"

/* ---- which files --------------------------------------------------------------------------------------------------- */

static bool is_digest(const char *text)
{
    return strlen(text) == DS_SHA256_BYTES - 1 && strspn(text, "0123456789abcdef") == DS_SHA256_BYTES - 1;
}

static bool is_text(const res_option *option, const char *text)
{
    return option != NULL && option->type == CORE_H5_TEXT && strcmp(option->text, text) == 0;
}

/* Sets the file's digest to that of the run file, if it began with this file; else it stays "". */
static void ask_run(const xp_recipe *recipe, const char *key, xp_initial_file *file)
{
    core_arena arena = {0};
    res_run run;
    if (res_run_load(recipe->out, RES_CONFIG | RES_ENV, &arena, &run) == CORE_OK) {
        const res_option *digest = res_options_find(&run.config.options, key), *last = NULL;
        if (run.env.count > 0) {
            last = res_options_find(&run.env.starts[run.env.count - 1], key);
        }
        if (is_text(digest, file->path) || (digest != NULL && is_text(last, file->path))) {
            res_option_format(digest, file->sha256, sizeof file->sha256);
        }
    }
    core_arena_free(&arena);
}

static core_status digest_file(const char *path, char sha256[CORE_HASH_HEX_MAX])
{
    core_hash_digest digest;
    CORE_TRY(core_hash_file(CORE_HASH_SHA256, path, &digest));
    core_hash_hex(&digest, sha256);
    return CORE_OK;
}

static core_status identify_file(xp_recipe *recipe, xp_option_id id)
{
    xp_initial_file *file = xp_recipe_initial_file(recipe, id);
    const char *key = xp_option_key(id);
    if (file->path == NULL) {
        return CORE_OK;
    }
    if (access(file->path, F_OK) != 0) {
        ask_run(recipe, key, file);
        if (file->sha256[0] != '\0') {
            return CORE_OK;
        }
        if (is_digest(file->path)) {
            return core_fail(CORE_BAD_USAGE,
                             "%s: the configuration names a file by its SHA-256, %s; expected that file: give it with "
                             "--%s FILE",
                             key, file->path, xp_option_get(id)->name);
        }
    }
    return digest_file(file->path, file->sha256);
}

core_status xp_initial_identify(xp_recipe *recipe)
{
    CORE_TRY(identify_file(recipe, XP_GLOVE));
    return identify_file(recipe, XP_INIT);
}

/* ---- word vectors -------------------------------------------------------------------------------------------------- */

/* The tensor of that name; -1: the network has none. */
static int64_t find_tensor(const nn_model *model, const char *name)
{
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        if (strcmp(nn_model_tensor(model, t).name, name) == 0) {
            return t;
        }
    }
    return -1;
}

/* Replaces the drawn word vectors; vectors (V, E) is scratch. */
static core_status take_glove(const xp_recipe *recipe, const ds_dataset *data, nn_model *model, float *vectors)
{
    const char *path = recipe->glove.path;
    const int64_t t = find_tensor(model, "embedding.weight");
    int64_t found = 0;
    assert(t >= 0);
    CORE_TRY(nn_model_get_tensor(model, t, vectors));
    CORE_TRY(ds_glove_load(path, data->words, data->vocabulary, recipe->embedding, vectors, &found));
    if (found == 0) {
        return core_fail(CORE_BAD_FILE, "%s: has none of the %" PRId64 " words of %s", path, data->vocabulary,
                         data->name);
    }
    return nn_model_set_tensor(model, t, vectors);
}

/* ---- tensors ------------------------------------------------------------------------------------------------------- */

typedef struct {
    const xp_recipe *recipe;
    const char *path;
    nn_model *model;
    bool *taken;        /* (tensors) */
    float *values;      /* scratch for one tensor */
    bool is_export;     /* the archive is that of a run file, whose other arrays have no dot in their names */
    char extra[2][256]; /* the first array that is no tensor of the network, without a dot and with one; "": none */
} reading;

static const char in_export[] = "state/";

static bool is_head(const char *name) { return strcmp(name, NN_HEAD_WEIGHT) == 0 || strcmp(name, NN_HEAD_BIAS) == 0; }

/* What helps where the classifier is what does not fit. */
static const char *advice_for(const char *name)
{
    return is_head(name) ? "; --init-head fresh begins with a new classifier" : "";
}

static const char *without(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
}

/* The network's name of an array. */
static const char *tensor_name(const char *name)
{
    name = without(without(name, in_export), "module.");
    return strcmp(name, "fc.weight") == 0 ? NN_HEAD_WEIGHT : strcmp(name, "fc.bias") == 0 ? NN_HEAD_BIAS : name;
}

static bool is_counter(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcmp(dot, ".num_batches_tracked") == 0;
}

static core_status check_shape(const reading *r, const core_npz_array *array, const nn_tensor_info *info)
{
    char got[CORE_NPZ_SHAPE_BYTES], expected[CORE_NPZ_SHAPE_BYTES];
    if (array->rank == info->rank && memcmp(array->shape, info->shape, (size_t)info->rank * sizeof *info->shape) == 0) {
        return CORE_OK;
    }
    return core_fail_about(CORE_BAD_FILE, r->path, ": %s in it has the shape %s, expected %s of %s%s", array->name,
                           core_npz_shape(array->rank, array->shape, got),
                           core_npz_shape(info->rank, info->shape, expected), r->recipe->model, advice_for(info->name));
}

/* A variance below 0 would give NaN only later. */
static core_status check_variance(const reading *r, const core_npz_array *array, const nn_tensor_info *info)
{
    const bool is_variance = info->kind == NN_TENSOR_STATISTIC && strstr(info->name, ".running_var") != NULL;
    for (int64_t i = 0; is_variance && i < info->count; i++) {
        if (r->values[i] < 0) {
            return core_fail_about(CORE_BAD_FILE, r->path, ": %s in it has a variance below 0", array->name);
        }
    }
    return CORE_OK;
}

static core_status take_array(reading *r, core_npz *npz, const core_npz_array *array)
{
    const char *name = tensor_name(array->name);
    const int64_t t = find_tensor(r->model, name);
    const nn_tensor_info info = t >= 0 ? nn_model_tensor(r->model, t) : (nn_tensor_info){0};
    r->is_export = r->is_export || without(array->name, in_export) != array->name;
    if (is_counter(name) || info.kind == NN_TENSOR_OPTIMISER || (r->recipe->fresh_head && is_head(name))) {
        return CORE_OK;
    }
    if (t < 0) {
        char *extra = r->extra[strchr(array->name, '.') != NULL];
        if (extra[0] == '\0') {
            snprintf(extra, sizeof r->extra[0], "%s", array->name);
        }
        return CORE_OK;
    }
    if (r->taken[t]) {
        return core_fail_about(CORE_BAD_FILE, r->path, ": %s stands twice in it, expected it once", info.name);
    }
    CORE_TRY(check_shape(r, array, &info));
    CORE_TRY(core_npz_floats(npz, info.count, r->values));
    CORE_TRY(check_variance(r, array, &info));
    r->taken[t] = true;
    return nn_model_set_tensor(r->model, t, r->values);
}

/* Fails for the first tensor that the archive lacks, or that the network has not. */
static core_status check_complete(const reading *r)
{
    const char *extra = r->extra[1][0] != '\0' || r->is_export ? r->extra[1] : r->extra[0];
    char shape[CORE_NPZ_SHAPE_BYTES];
    for (int64_t t = 0; t < nn_model_tensor_count(r->model); t++) {
        const nn_tensor_info info = nn_model_tensor(r->model, t);
        if (info.kind != NN_TENSOR_OPTIMISER && !r->taken[t] && !(r->recipe->fresh_head && is_head(info.name))) {
            return core_fail_about(CORE_BAD_FILE, r->path, ": lacks %s %s of %s%s", info.name,
                                   core_npz_shape(info.rank, info.shape, shape), r->recipe->model,
                                   advice_for(info.name));
        }
    }
    if (extra[0] == '\0') {
        return CORE_OK;
    }
    return core_fail_about(CORE_BAD_FILE, r->path, ": has %s, which %s has not, expected its tensors alone%s", extra,
                           r->recipe->model, advice_for(tensor_name(extra)));
}

static core_status read_arrays(reading *r)
{
    core_npz *npz;
    const core_npz_array *array = NULL;
    CORE_TRY(core_npz_open(r->path, &npz));
    core_status status;
    do {
        status = core_npz_next(npz, &array);
        if (status == CORE_OK && array != NULL) {
            status = take_array(r, npz, array);
        }
    } while (status == CORE_OK && array != NULL);
    core_npz_close(npz);
    return status;
}

static core_status take_tensors(reading *r)
{
    CORE_TRY(read_arrays(r));
    return check_complete(r);
}

/* The run says with which file it began: that had the values which were read. */
static core_status check_unchanged(const xp_initial_file *file)
{
    char now[CORE_HASH_HEX_MAX];
    CORE_TRY(digest_file(file->path, now));
    return strcmp(now, file->sha256) == 0
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, file->path, ": changed while it was read; start again");
}

core_status xp_initial_take(const xp_recipe *recipe, const ds_dataset *data, nn_model *model)
{
    const int64_t tensors = nn_model_tensor_count(model);
    reading r = {.recipe = recipe, .path = recipe->init.path, .model = model};
    core_arena arena = {0};
    int64_t most = 0;
    if (recipe->init.path == NULL && recipe->glove.path == NULL) {
        return CORE_OK;
    }
    for (int64_t t = 0; t < tensors; t++) {
        const int64_t count = nn_model_tensor(model, t).count;
        most = count > most ? count : most;
    }
    core_status status = CORE_ARENA_NEW(&arena, tensors, "initial values", r.taken);
    if (status == CORE_OK) {
        status = CORE_ARENA_NEW(&arena, most, "initial values", r.values);
    }
    if (status == CORE_OK) {
        status = recipe->init.path != NULL ? take_tensors(&r) : take_glove(recipe, data, model, r.values);
    }
    core_arena_free(&arena);
    return status == CORE_OK ? check_unchanged(recipe->init.path != NULL ? &recipe->init : &recipe->glove) : status;
}

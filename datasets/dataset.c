#include "datasets/dataset.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "datasets/official.h"
#include "datasets/pack.h"
#include "datasets/picture_load.h"
#include "datasets/picture_verify.h"
#include "datasets/reviews.h"
#include "datasets/shapes.h"
#include "datasets/store.h"
#include "datasets/user.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "digests take labels as little-endian bytes");

static core_status name_data_folder(const char *data_dir, char folder[CORE_PATH_BYTES])
{
    const char *own = getenv("TAILBIT_DATA");
    const char *xdg = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    if (data_dir != NULL && data_dir[0] != '\0') {
        return core_path_write(folder, "%s", data_dir);
    }
    if (own != NULL && own[0] != '\0') {
        return core_path_write(folder, "%s", own);
    }
    if (xdg != NULL && xdg[0] == '/') { /* the XDG specification ignores a relative path */
        return core_path_write(folder, "%s/tailbit", xdg);
    }
    if (home != NULL && home[0] != '\0') {
        return core_path_write(folder, "%s/.local/share/tailbit", home);
    }
    return core_fail(CORE_BAD_USAGE, "no data folder: give --data-dir, or set TAILBIT_DATA or HOME");
}

core_status ds_data_folder(const char *data_dir, char folder[CORE_PATH_BYTES])
{
    struct stat info;
    CORE_TRY(name_data_folder(data_dir, folder));
    const int error = stat(folder, &info) != 0                             ? errno
                      : !S_ISDIR(info.st_mode)                             ? ENOTDIR
                      : faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0 ? errno
                                                                           : 0;
    return error == 0 || error == ENOENT
               ? CORE_OK
               : core_fail_about(CORE_BAD_USAGE, folder, " cannot be the data folder: %s; give another --data-dir",
                                 strerror(error));
}

static core_status alloc_part(ds_dataset *dataset, int64_t count, ds_part *part)
{
    core_arena *arena = &dataset->arena;
    CORE_TRY(
        core_arena_calloc(arena, (size_t)count, (size_t)ds_image_bytes(dataset), "images", (void **)&part->images));
    CORE_TRY(CORE_ARENA_NEW(arena, count, "labels", part->labels));
    part->count = count;
    return CORE_OK;
}

core_status ds_dataset_set_view(ds_dataset *dataset, const ds_view *view)
{
    int64_t seen[2];
    CORE_TRY(ds_view_settle(view, dataset->height, dataset->width, &dataset->view, seen));
    dataset->seen_height = seen[0];
    dataset->seen_width = seen[1];
    return CORE_OK;
}

core_status ds_dataset_alloc(ds_dataset *dataset, const ds_extent *extent)
{
    dataset->classes = extent->classes;
    dataset->kind = DS_IMAGES;
    dataset->planes = extent->planes;
    dataset->height = extent->height;
    dataset->width = extent->width;
    CORE_TRY(ds_dataset_set_view(dataset, &(ds_view){0}));
    CORE_TRY(core_arena_strdup(&dataset->arena, extent->name, &dataset->name));
    CORE_TRY(alloc_part(dataset, extent->train_count, &dataset->train));
    return alloc_part(dataset, extent->test_count, &dataset->test);
}

void ds_dataset_normalise(ds_dataset *dataset, const float mean[DS_CHANNELS], const float std[DS_CHANNELS])
{
    for (int c = 0; c < DS_CHANNELS; c++) {
        assert(std[c] > 0.0f);
        dataset->mean[c] = mean[c];
        dataset->std[c] = std[c];
        for (int v = 0; v < 256; v++) {
            dataset->normalised[c][v] = ((float)v / 255.0f - mean[c]) / std[c];
        }
    }
}

void ds_dataset_normalise_by_train(ds_dataset *dataset)
{
    const int64_t plane_pixels = dataset->height * dataset->width;
    float mean[DS_CHANNELS], std[DS_CHANNELS];
    for (int c = 0; c < DS_CHANNELS; c++) {
        int64_t sum = 0, sum2 = 0; /* exact: 2^63 / 255^2 pixels are a hundred billion images */
        for (int64_t i = 0; i < dataset->train.count; i++) {
            const uint8_t *plane = dataset->train.images + (i * dataset->planes + c % dataset->planes) * plane_pixels;
            for (int64_t p = 0; p < plane_pixels; p++) {
                sum += plane[p];
                sum2 += plane[p] * plane[p];
            }
        }
        double pixels = (double)(dataset->train.count * plane_pixels);
        double average = (double)sum / pixels;
        double variance = (double)sum2 / pixels - average * average;
        mean[c] = (float)(average / 255.0);
        /* A standard deviation below a thousandth of a byte step is only rounding: the channel is constant. */
        std[c] = variance > 1e-6 ? (float)(sqrt(variance) / 255.0) : 1.0f;
    }
    ds_dataset_normalise(dataset, mean, std);
}

static void digest_part(core_hash *hash, const ds_dataset *dataset, const ds_part *part)
{
    if (part->ids != NULL) {
        core_hash_update(hash, part->offsets, (size_t)(part->count + 1) * sizeof *part->offsets);
        core_hash_update(hash, part->ids, (size_t)part->offsets[part->count] * sizeof *part->ids);
    } else {
        core_hash_update(hash, part->images, (size_t)(part->count * ds_image_bytes(dataset)));
    }
    core_hash_update(hash, part->labels, (size_t)part->count * sizeof *part->labels);
}

static bool is_cifar_shape(const ds_dataset *dataset)
{
    return dataset->planes == DS_CHANNELS && dataset->height == 32 && dataset->width == 32;
}

core_status ds_dataset_digest(ds_dataset *dataset)
{
    core_hash *hash;
    CORE_TRY(core_hash_create(CORE_HASH_SHA256, &hash));
    if (dataset->kind == DS_IMAGES && !is_cifar_shape(dataset)) {
        const int32_t shape[] = {(int32_t)dataset->planes, (int32_t)dataset->height, (int32_t)dataset->width};
        core_hash_update(hash, shape, sizeof shape);
    }
    digest_part(hash, dataset, &dataset->train);
    digest_part(hash, dataset, &dataset->test);
    core_hash_digest digest = core_hash_finish(hash);
    core_hash_hex(&digest, dataset->sha256);
    memcpy(dataset->stored_sha256, dataset->sha256, sizeof dataset->stored_sha256);
    core_hash_destroy(hash);
    return CORE_OK;
}

static int32_t largest_label(const ds_part *part)
{
    int32_t largest = 0;
    for (int64_t i = 0; i < part->count; i++) {
        largest = part->labels[i] > largest ? part->labels[i] : largest;
    }
    return largest;
}

static core_status check_part(const ds_dataset *dataset, const ds_part *part, const char *what, const char *where)
{
    const int64_t classes = dataset->classes;
    int64_t *counts;
    CORE_TRY(CORE_NEW(classes, "class counts", counts));
    core_status status = CORE_OK;
    for (int64_t i = 0; i < part->count && status == CORE_OK; i++) {
        int32_t label = part->labels[i];
        if (label < 0 || label >= classes) {
            status = core_fail_about(CORE_BAD_FILE, where, ": label %d of %s example %lld, expected 0..%lld", label,
                                     what, (long long)i, (long long)classes - 1);
        } else {
            counts[label]++;
        }
    }
    for (int64_t j = 0; j < classes && status == CORE_OK; j++) {
        if (counts[j] == 0) {
            const bool named = dataset->class_names != NULL;
            status = core_fail_about(CORE_BAD_FILE, where,
                                     ": class %lld has no %s example%s%s, expected at least one of every class in both "
                                     "parts",
                                     (long long)j, what, named ? ": " : "", named ? dataset->class_names[j] : "");
        }
    }
    free(counts);
    return status;
}

core_status ds_dataset_check(const ds_dataset *dataset, const char *where)
{
    if (largest_label(&dataset->train) == 0 && largest_label(&dataset->test) == 0) {
        return core_fail_about(CORE_BAD_FILE, where, ": all labels are 0; a classifier needs two or more classes");
    }
    CORE_TRY(check_part(dataset, &dataset->train, "training", where));
    return check_part(dataset, &dataset->test, "test", where);
}

/* Checks that the examples still have the digest that import recorded. */
static core_status check_record(const ds_official *official, const ds_record *record, const char *path,
                                ds_dataset *dataset)
{
    if (strcmp(record->sha256, dataset->stored_sha256) != 0) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": its examples have SHA-256 %s, expected %s as imported: the files have changed; "
                               "import or fetch %s again",
                               dataset->stored_sha256, record->sha256, official->name);
    }
    dataset->verified = record->verified;
    return CORE_OK;
}

/* Writes the folder of an official data set. CORE_BAD_FILE: it is not there. */
static core_status find_stored(const ds_official *official, const char *data_dir, char path[CORE_PATH_BYTES])
{
    char folder[CORE_PATH_BYTES];
    const char *name = official->name;
    CORE_TRY(ds_data_folder(data_dir, folder));
    CORE_TRY(core_path_write(path, "%s/%s", folder, name));
    if (ds_store_is_folder(path)) {
        return CORE_OK;
    }
    return official->url == NULL
               ? core_fail(
                     CORE_BAD_FILE,
                     "%s is not in the data folder %s: `tailbit data import %s PATH` takes the folder of its files",
                     name, folder, name)
               : core_fail(CORE_BAD_FILE,
                           "%s is not in the data folder %s: `tailbit data fetch %s` downloads it, "
                           "`tailbit data import %s PATH` takes the archive %s",
                           name, folder, name, name, official->archive);
}

static core_status load_stored(const ds_official *official, const char *data_dir, const ds_text_options *text,
                               ds_dataset *out)
{
    char path[CORE_PATH_BYTES];
    CORE_TRY(find_stored(official, data_dir, path));
    ds_record record;
    CORE_TRY(ds_record_read(path, official->name, &record)); /* before load, which may write in the folder */
    CORE_TRY(official->load(official, path, text, out));
    return check_record(official, &record, path, out);
}

bool ds_is_path(const char *name_or_path)
{
    return strchr(name_or_path, '/') != NULL || core_path_ends_in(name_or_path, ".h5") ||
           core_path_ends_in(name_or_path, ".hdf5");
}

bool ds_is_built_in(const char *name_or_path)
{
    return ds_official_find(name_or_path) != NULL || ds_shapes_is_name(name_or_path) ||
           ds_reviews_is_name(name_or_path);
}

const char *ds_verification(const char *name_or_path, bool verified)
{
    return verified ? "verified" : ds_is_built_in(name_or_path) ? "unverified" : NULL;
}

void ds_short_name(const char *name_or_path, char name[DS_NAME_BYTES])
{
    const char *last = core_path_name(name_or_path);
    const bool hidden = ds_is_path(name_or_path) && !ds_is_path(last);
    snprintf(name, DS_NAME_BYTES, "%s%.*s", hidden ? "./" : "", DS_NAME_BYTES - 3, last);
}

core_status ds_find(const char *name, const char *data_dir)
{
    const ds_official *official = ds_official_find(name);
    char names[DS_OFFICIAL_NAMES_BYTES], ending[CORE_MEANT_BYTES], path[CORE_PATH_BYTES] = "";
    if (ds_picture_is_stored(name, data_dir)) {
        return CORE_OK;
    }
    if (official != NULL) {
        return find_stored(official, data_dir, path);
    }
    if (ds_is_path(name) || ds_is_built_in(name)) {
        return ds_is_path(name) ? ds_user_find(name) : CORE_OK;
    }
    CORE_TRY(ds_data_folder(data_dir, path));
    return core_fail(CORE_BAD_USAGE,
                     "no data set \"%s\": expected %s, shapes, reviews, pictures that were imported into %s "
                     "(--data-dir DIR: another folder), or the path of an HDF5 file (FILE.h5)%s",
                     name, ds_official_names(", ", names), path, ds_official_did_you_mean(name, ending));
}

void ds_changing_file(const char *name_or_path, const char *data_dir, char path[CORE_PATH_BYTES])
{
    char folder[CORE_PATH_BYTES], place[CORE_PATH_BYTES];
    const bool is_there = ds_is_path(name_or_path)
                              ? core_path_write(path, "%s", name_or_path) == CORE_OK
                              : ds_data_folder(data_dir, folder) == CORE_OK &&
                                    core_path_write(place, "%s/%s", folder, name_or_path) == CORE_OK &&
                                    ds_record_path(place, path) == CORE_OK;
    if (!is_there) {
        path[0] = '\0';
    }
}

static core_status load(const char *name, const char *data_dir, const ds_view *view, ds_dataset *out)
{
    const ds_official *official = ds_official_find(name);
    if (ds_picture_is_stored(name, data_dir)) {
        return ds_picture_load(name, data_dir, out);
    }
    if (official != NULL) {
        return load_stored(official, data_dir, &view->text, out);
    }
    if (ds_is_path(name)) {
        return ds_user_load(name, out);
    }
    if (ds_shapes_is_name(name)) {
        return ds_shapes_load(name, out);
    }
    return ds_reviews_is_name(name) ? ds_reviews_load(name, &view->text, out) : ds_find(name, data_dir);
}

core_status ds_load(const char *name_or_path, const char *data_dir, const ds_view *view, ds_dataset *out)
{
    static const ds_view defaults = {.text = {.vocabulary = DS_VOCABULARY_DEFAULT, .max_length = DS_LENGTH_DEFAULT}};
    ds_dataset loaded = {0};
    view = view != NULL ? view : &defaults;
    core_status status = load(name_or_path, data_dir, view, &loaded);
    if (status == CORE_OK && loaded.kind == DS_IMAGES) {
        status = ds_dataset_set_view(&loaded, view);
    }
    if (status != CORE_OK) {
        ds_destroy(&loaded);
        return status;
    }
    *out = loaded;
    return CORE_OK;
}

const int32_t *ds_sequence(const ds_part *part, int64_t example, int64_t *length)
{
    assert(part->ids != NULL && example >= 0 && example < part->count);
    *length = part->offsets[example + 1] - part->offsets[example];
    return part->ids + part->offsets[example];
}

void ds_destroy(ds_dataset *dataset)
{
    if (dataset->pack != NULL) {
        ds_pack_close(dataset->pack);
    }
    core_arena_free(&dataset->arena);
    memset(dataset, 0, sizeof *dataset);
}

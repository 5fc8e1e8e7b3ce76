#include "datasets/user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/h5.h"

static core_status check_shape(const char *path, const char *name, const core_h5_shape *shape)
{
    if (shape->type != CORE_H5_U8 || shape->rank != 4 || shape->dims[0] < 1 || shape->dims[1] != DS_CHANNELS ||
        shape->dims[2] != DS_HEIGHT || shape->dims[3] != DS_WIDTH) {
        char dims[128] = "";
        size_t used = 0;
        for (int i = 0; i < shape->rank && used < sizeof dims; i++) {
            used += (size_t)snprintf(dims + used, sizeof dims - used, "%s%lld", i > 0 ? ", " : "",
                                     (long long)shape->dims[i]);
        }
        return core_fail(CORE_BAD_FILE, "%s: %s is %s (%s), expected u8 (N, %d, %d, %d)", path, name,
                         core_h5_type_name(shape->type), dims, DS_CHANNELS, DS_HEIGHT, DS_WIDTH);
    }
    return CORE_OK;
}

static core_status look(core_h5 *file, const char *path, const char *name, core_h5_shape *shape)
{
    core_h5_kind kind;
    CORE_TRY(core_h5_look(file, name, &kind, shape));
    if (kind != CORE_H5_DATASET) {
        return core_fail(CORE_BAD_FILE, "%s: no dataset %s, expected images, labels, test_images and test_labels", path,
                         name);
    }
    return CORE_OK;
}

/* Labels of any integer type as 64-bit numbers. The largest u64 are no labels; read, they are negative. */
static core_status read_labels(core_h5 *file, const char *path, const char *name, int64_t count, int64_t *out)
{
    core_h5_shape shape;
    CORE_TRY(look(file, path, name, &shape));
    bool is_integer = shape.type == CORE_H5_U8 || shape.type == CORE_H5_I8 || shape.type == CORE_H5_U16 ||
                      shape.type == CORE_H5_I16 || shape.type == CORE_H5_U32 || shape.type == CORE_H5_I32 ||
                      shape.type == CORE_H5_U64 || shape.type == CORE_H5_I64;
    if (!is_integer || shape.rank != 1) {
        return core_fail(CORE_BAD_FILE, "%s: %s is %s of rank %d, expected integers (N)", path, name,
                         core_h5_type_name(shape.type), shape.rank);
    }
    if (shape.dims[0] != count) {
        return core_fail(CORE_BAD_FILE, "%s: %s has %lld labels, expected %lld, one an image", path, name,
                         (long long)shape.dims[0], (long long)count);
    }
    core_h5_type type = shape.type == CORE_H5_U64 ? CORE_H5_U64 : CORE_H5_I64;
    return core_h5_read(file, name, type, 0, count, out);
}

/* Takes the labels over; raises *classes to the largest + 1. A class needs an example, so that with `most` training
 * examples no label can be `most` or more. */
static core_status take_labels(const char *path, const char *name, const int64_t *labels, int64_t most, ds_part *part,
                               int64_t *classes)
{
    for (int64_t i = 0; i < part->count; i++) {
        if (labels[i] < 0 || labels[i] >= most || labels[i] > INT32_MAX) {
            return core_fail(CORE_BAD_FILE,
                             "%s: %s[%lld] is %lld, expected 0..%lld (every class needs a training example)", path,
                             name, (long long)i, (long long)labels[i], (long long)most - 1);
        }
        part->labels[i] = (int32_t)labels[i];
        *classes = labels[i] >= *classes ? labels[i] + 1 : *classes;
    }
    return CORE_OK;
}

static core_status load_part(core_h5 *file, const char *path, bool test, ds_dataset *out)
{
    ds_part *part = test ? &out->test : &out->train;
    const char *images = test ? "test_images" : "images", *names = test ? "test_labels" : "labels";
    CORE_TRY(core_h5_read(file, images, CORE_H5_U8, 0, part->count, part->images));
    int64_t *labels;
    CORE_TRY(CORE_NEW(part->count, "labels", labels));
    core_status status = read_labels(file, path, names, part->count, labels);
    if (status == CORE_OK) {
        status = take_labels(path, names, labels, out->train.count, part, &out->classes);
    }
    free(labels);
    return status;
}

static core_status load_names(core_h5 *file, ds_dataset *out)
{
    core_h5_kind kind;
    core_h5_shape shape;
    CORE_TRY(core_h5_look(file, "class_names", &kind, &shape));
    if (kind == CORE_H5_NOTHING) {
        return CORE_OK;
    }
    core_h5_value value = {.shape = core_h5_shape1(CORE_H5_TEXT, out->classes)};
    CORE_TRY(core_h5_load(file, "class_names", &out->arena, &value));
    out->class_names = value.data;
    return CORE_OK;
}

/* The file's name without folder and ending. */
static void name_of(const char *path, char *name, size_t bytes)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, bytes, "%s", slash != NULL ? slash + 1 : path);
    char *dot = strrchr(name, '.');
    if (dot != NULL && dot != name && (strcmp(dot, ".h5") == 0 || strcmp(dot, ".hdf5") == 0)) {
        *dot = '\0';
    }
}

static core_status load(core_h5 *file, const char *path, ds_dataset *out)
{
    core_h5_shape train, test;
    char name[256];
    CORE_TRY(look(file, path, "images", &train));
    CORE_TRY(check_shape(path, "images", &train));
    CORE_TRY(look(file, path, "test_images", &test));
    CORE_TRY(check_shape(path, "test_images", &test));
    name_of(path, name, sizeof name);
    CORE_TRY(ds_dataset_alloc(out, name, 2, train.dims[0], test.dims[0]));
    CORE_TRY(load_part(file, path, false, out));
    CORE_TRY(load_part(file, path, true, out));
    CORE_TRY(ds_dataset_check(out, path));
    CORE_TRY(load_names(file, out));
    ds_dataset_normalise_by_train(out);
    return ds_dataset_digest(out);
}

core_status ds_user_load(const char *path, ds_dataset *out)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISDIR(info.st_mode)) {
        return core_fail(CORE_BAD_FILE, "%s: missing or a folder, expected an HDF5 file with images and labels", path);
    }
    core_h5 *file;
    CORE_TRY(core_h5_open(path, &file));
    core_status status = load(file, path, out);
    core_h5_close(file);
    return status;
}

#include "datasets/user.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/h5.h"
#include "core/text.h"

/* "u8 (20, 3, 32, 32)". */
enum { SHAPE_BYTES = 192 };
static const char *describe_shape(const core_h5_shape *shape, char text[SHAPE_BYTES])
{
    const bool foreign = shape->type == CORE_H5_FOREIGN;
    size_t used = (size_t)snprintf(text, SHAPE_BYTES, "%s (",
                                   foreign ? "neither numbers nor text" : core_h5_type_name(shape->type));
    for (int i = 0; i < shape->rank && used < SHAPE_BYTES; i++) {
        used += (size_t)snprintf(text + used, SHAPE_BYTES - used, "%s%" PRId64, i > 0 ? ", " : "", shape->dims[i]);
    }
    if (used < SHAPE_BYTES) {
        snprintf(text + used, SHAPE_BYTES - used, "%s", shape->rank > 0 ? ")" : "one value)");
    }
    return text;
}

/* How images lie in the file: (N, 3, H, W), or gray (N, 1, H, W) or (N, H, W). */
typedef struct {
    int64_t count, planes, height, width;
} image_layout;

/* Advice for images stored in another common layout, as the end of a sentence. */
static const char *hint_for(const core_h5_shape *shape)
{
    const int64_t *dims = shape->dims;
    if (shape->rank == 4 && dims[1] != DS_CHANNELS && (dims[3] == DS_CHANNELS || dims[3] == 1)) {
        return "; move the channels (NumPy: transpose(0, 3, 1, 2))";
    }
    return shape->type < CORE_H5_BOOL && shape->type != CORE_H5_U8
               ? "; pixels are whole numbers from 0 to 255: scale them to that, then NumPy's astype(\"uint8\")"
               : "";
}

/* Finds how images of this shape lie. */
static core_status read_layout(const char *path, const char *name, const core_h5_shape *shape, image_layout *out)
{
    const int64_t *sides = &shape->dims[shape->rank > 2 ? shape->rank - 2 : 0];
    const int64_t planes = shape->rank == 4 ? shape->dims[1] : 1;
    if (shape->type != CORE_H5_U8 || shape->rank < 3 || shape->rank > 4 || shape->dims[0] < 1 ||
        (planes != 1 && planes != DS_CHANNELS) || sides[0] < DS_LEAST_SIDE || sides[1] < DS_LEAST_SIDE ||
        sides[0] > DS_MOST_SIDE || sides[1] > DS_MOST_SIDE) {
        char found[SHAPE_BYTES];
        return core_fail_about(
            CORE_BAD_FILE, path,
            ": %s is %s, expected u8 (N, %d, H, W), or (N, 1, H, W) or (N, H, W) of gray images, N at least 1, H and "
            "W at least %d and at most %d%s",
            name, describe_shape(shape, found), DS_CHANNELS, DS_LEAST_SIDE, DS_MOST_SIDE, hint_for(shape));
    }
    *out = (image_layout){shape->dims[0], planes, sides[0], sides[1]};
    return CORE_OK;
}

#define ALL_DATASETS "images, labels, test_images and test_labels"

/* `expected`: the datasets that the file should have, for the message. */
static core_status look_at_dataset(core_h5 *file, const char *path, const char *name, const char *expected,
                                   core_h5_shape *shape)
{
    core_h5_kind kind;
    CORE_TRY(core_h5_look(file, name, &kind, shape));
    if (kind != CORE_H5_DATASET) {
        return core_fail_about(CORE_BAD_FILE, path, ": no dataset %s, expected %s", name, expected);
    }
    return CORE_OK;
}

/* Advice for labels of another type, as the end of a sentence. */
static const char *hint_for_labels(core_h5_type type)
{
    if (type == CORE_H5_TEXT) {
        return "; NumPy's unique(labels, return_inverse=True)[1] numbers them";
    }
    return type > CORE_H5_I64 && type < CORE_H5_FOREIGN ? "; store them with NumPy's astype(\"int64\")" : "";
}

/* Reads labels of any integer type as 64-bit numbers. u64 values above INT64_MAX are no labels. */
static core_status read_labels(core_h5 *file, const char *path, const char *name, int64_t count, int64_t *out)
{
    core_h5_shape shape;
    CORE_TRY(look_at_dataset(file, path, name, ALL_DATASETS, &shape));
    if (shape.type > CORE_H5_I64 || shape.rank != 1) {
        char found[SHAPE_BYTES];
        return core_fail_about(CORE_BAD_FILE, path,
                               ": %s is %s, expected integers (N), the number of a class for each image%s", name,
                               describe_shape(&shape, found), hint_for_labels(shape.type));
    }
    if (shape.dims[0] != count) {
        return core_fail_about(CORE_BAD_FILE, path, ": %s has %s, expected %" PRId64 ", one per image", name,
                               CORE_COUNT(shape.dims[0], "label"), count);
    }
    const bool large = shape.type == CORE_H5_U64;
    CORE_TRY(core_h5_read(file, name, large ? CORE_H5_U64 : CORE_H5_I64, 0, count, out));
    for (int64_t i = 0; i < count && large; i++) {
        if (out[i] < 0) {
            return core_fail_about(CORE_BAD_FILE, path,
                                   ": %s[%" PRId64 "] is %" PRIu64 ", expected the number of a class", name, i,
                                   (uint64_t)out[i]);
        }
    }
    return CORE_OK;
}

/* Copies the labels to the part; raises *classes to the largest + 1. A class needs an example, so that with `most`
 * training examples no label can be `most` or more. */
static core_status take_labels(const char *path, const char *name, const int64_t *labels, int64_t most, ds_part *part,
                               int64_t *classes)
{
    for (int64_t i = 0; i < part->count; i++) {
        if (labels[i] < 0 || labels[i] >= most || labels[i] > INT32_MAX) {
            return core_fail_about(CORE_BAD_FILE, path,
                                   ": %s[%lld] is %lld, expected 0..%lld (every class needs a training example)", name,
                                   (long long)i, (long long)labels[i], (long long)most - 1);
        }
        part->labels[i] = (int32_t)labels[i];
        *classes = labels[i] >= *classes ? labels[i] + 1 : *classes;
    }
    return CORE_OK;
}

static int32_t least_label(const ds_part *part)
{
    int32_t least = part->labels[0];
    for (int64_t i = 1; i < part->count; i++) {
        least = part->labels[i] < least ? part->labels[i] : least;
    }
    return least;
}

/* Labels that begin at 1 in both parts, as other tools write them, leave class 0 empty. */
static core_status check_first_class(const char *path, const ds_dataset *data)
{
    const int32_t train = least_label(&data->train), test = least_label(&data->test),
                  least = train < test ? train : test;
    return least == 0 ? CORE_OK
                      : core_fail_about(CORE_BAD_FILE, path,
                                        ": labels begin at %" PRId32 " and end at %" PRId64 ", expected 0 to %" PRId64
                                        ": subtract %" PRId32 " from labels and test_labels",
                                        least, data->classes - 1, data->classes - 1 - least, least);
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

static core_status find_repeated(const ds_dataset *data, core_names *sorted, core_arena *arena, const char **repeated)
{
    for (int64_t k = 0; k < data->classes; k++) {
        CORE_TRY(core_names_add(sorted, data->class_names[k], arena));
    }
    core_names_sort(sorted, 0);
    *repeated = sorted->names[0][0] == '\0' ? sorted->names[0] : core_names_twice(sorted);
    return CORE_OK;
}

/* A name stands for its class in tables and figures. */
static core_status check_names(const char *path, const ds_dataset *data)
{
    core_arena arena = {0};
    core_names sorted = {0};
    const char *repeated = NULL;
    core_status status = find_repeated(data, &sorted, &arena, &repeated);
    if (status == CORE_OK && repeated != NULL) {
        int64_t k = data->classes - 1;
        while (strcmp(data->class_names[k], repeated) != 0) {
            k--;
        }
        const bool is_empty = repeated[0] == '\0';
        status = core_fail_about(CORE_BAD_FILE, path,
                                 ": class_names[%" PRId64 "] is %s%s%s, expected another name for every class", k,
                                 is_empty ? "empty" : "'", repeated, is_empty ? "" : "', as one before");
    }
    core_arena_free(&arena);
    return status;
}

static core_status load_names(core_h5 *file, const char *path, ds_dataset *out)
{
    core_h5_kind kind;
    core_h5_shape shape;
    CORE_TRY(core_h5_look(file, "class_names", &kind, &shape));
    if (kind == CORE_H5_NOTHING) {
        return CORE_OK;
    }
    if (kind != CORE_H5_DATASET || shape.type != CORE_H5_TEXT || shape.rank != 1 || shape.dims[0] != out->classes) {
        char found[SHAPE_BYTES];
        return core_fail_about(
            CORE_BAD_FILE, path,
            ": class_names is %s, expected text (%" PRId64 "), a name for each class from 0 to %" PRId64,
            kind == CORE_H5_DATASET ? describe_shape(&shape, found) : "a group", out->classes, out->classes - 1);
    }
    core_h5_value value = {.shape = shape};
    CORE_TRY(core_h5_load(file, "class_names", &out->arena, &value));
    out->class_names = value.data;
    for (int64_t k = 0; k < out->classes; k++) { /* names stand in run files, whose text is UTF-8 */
        const char *shown;
        CORE_TRY(core_text_escaped(out->class_names[k], CORE_TEXT_BYTES, &out->arena, &shown));
        CORE_TRY(core_arena_strdup(&out->arena, shown, &out->class_names[k]));
    }
    return check_names(path, out);
}

/* Both parts lie alike: a network takes images of one size. */
static core_status read_layouts(core_h5 *file, const char *path, image_layout *train, image_layout *test)
{
    core_h5_shape shapes[2];
    CORE_TRY(look_at_dataset(file, path, "images", ALL_DATASETS, &shapes[0]));
    CORE_TRY(read_layout(path, "images", &shapes[0], train));
    CORE_TRY(look_at_dataset(file, path, "test_images", ALL_DATASETS, &shapes[1]));
    CORE_TRY(read_layout(path, "test_images", &shapes[1], test));
    if (test->planes != train->planes || test->height != train->height || test->width != train->width) {
        char first[SHAPE_BYTES], second[SHAPE_BYTES];
        return core_fail_about(CORE_BAD_FILE, path,
                               ": images is %s and test_images is %s, expected one size, both in colours or both gray",
                               describe_shape(&shapes[0], first), describe_shape(&shapes[1], second));
    }
    return CORE_OK;
}

static core_status load_file(core_h5 *file, const char *path, ds_dataset *out)
{
    image_layout train = {0}, test = {0};
    char name[DS_NAME_BYTES];
    CORE_TRY(read_layouts(file, path, &train, &test));
    ds_short_name(path, name);
    const ds_extent extent = {name, 2, train.planes, train.height, train.width, train.count, test.count};
    CORE_TRY(ds_dataset_alloc(out, &extent));
    CORE_TRY(load_part(file, path, false, out));
    CORE_TRY(load_part(file, path, true, out));
    CORE_TRY(check_first_class(path, out));
    CORE_TRY(ds_dataset_check(out, path));
    CORE_TRY(load_names(file, path, out));
    ds_dataset_normalise_by_train(out);
    return ds_dataset_digest(out);
}

/* Labels of a network's K classes, of which some may have no example. */
static core_status load_test_labels(core_h5 *file, const char *path, ds_dataset *out)
{
    ds_part *part = &out->test;
    int64_t *labels;
    CORE_TRY(CORE_ARENA_NEW(&out->arena, part->count, "labels", labels));
    CORE_TRY(read_labels(file, path, "test_labels", part->count, labels));
    for (int64_t i = 0; i < part->count; i++) {
        if (labels[i] < 0 || labels[i] >= out->classes) {
            return core_fail_about(CORE_BAD_FILE, path,
                                   ": test_labels[%" PRId64 "] is %" PRId64 ", expected 0..%" PRId64
                                   ", the classes of the network",
                                   i, labels[i], out->classes - 1);
        }
        part->labels[i] = (int32_t)labels[i];
    }
    return CORE_OK;
}

static core_status load_test(core_h5 *file, const char *path, int64_t classes, ds_dataset *out, bool *labelled)
{
    core_h5_shape shape;
    core_h5_kind kind;
    image_layout layout = {0};
    char name[DS_NAME_BYTES];
    CORE_TRY(look_at_dataset(file, path, "test_images", "test_images, and test_labels if they are known", &shape));
    CORE_TRY(read_layout(path, "test_images", &shape, &layout));
    ds_short_name(path, name);
    const ds_extent extent = {name, classes, layout.planes, layout.height, layout.width, 0, layout.count};
    CORE_TRY(ds_dataset_alloc(out, &extent));
    CORE_TRY(core_h5_read(file, "test_images", CORE_H5_U8, 0, layout.count, out->test.images));
    CORE_TRY(core_h5_look(file, "test_labels", &kind, &shape));
    *labelled = kind != CORE_H5_NOTHING;
    CORE_TRY(*labelled ? load_test_labels(file, path, out) : CORE_OK);
    return load_names(file, path, out);
}

core_status ds_user_find(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": %s, expected an HDF5 file with images and labels; --data PATH says where it lies",
                               errno == ENOENT || errno == ENOTDIR ? "missing" : strerror(errno));
    }
    return S_ISDIR(info.st_mode)
               ? core_fail_about(CORE_BAD_FILE, path,
                                 ": is a folder, expected an HDF5 file with images and labels; `tailbit data import "
                                 "folder` packs a folder of pictures")
               : CORE_OK;
}

core_status ds_user_load_test(const char *path, int64_t classes, ds_dataset *out, bool *labelled)
{
    core_h5 *file;
    CORE_TRY(ds_user_find(path));
    CORE_TRY(core_h5_open(path, &file));
    core_status status = load_test(file, path, classes, out, labelled);
    core_h5_close(file);
    return status;
}

core_status ds_user_load(const char *path, ds_dataset *out)
{
    core_h5 *file;
    CORE_TRY(ds_user_find(path));
    CORE_TRY(core_h5_open(path, &file));
    core_status status = load_file(file, path, out);
    core_h5_close(file);
    return status;
}

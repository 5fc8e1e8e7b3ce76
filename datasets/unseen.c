#include "datasets/unseen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "datasets/class_names.h"
#include "datasets/user.h"

static const char *kind_words(ds_kind kind) { return kind == DS_TEXT ? "text" : "images"; }

static core_status check_kind(const char *name, const ds_taken *taken, ds_kind kind)
{
    return kind == taken->kind
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, name, ": holds %s, expected %s, on which the network was trained",
                                 kind_words(kind), kind_words(taken->kind));
}

/* A name stands for its class; where either side has none, the number of classes must do. */
static core_status check_classes(const char *name, const ds_taken *taken, const ds_dataset *data)
{
    const char *const *names = (const char *const *)data->class_names;
    if (data->classes != taken->classes) {
        return core_fail_about(CORE_BAD_FILE, name, ": has %s, expected %" PRId64 " as the network",
                               CORE_COUNT(data->classes, "class"), taken->classes);
    }
    names = names != NULL ? names : ds_class_names(data->name, data->classes);
    for (int64_t k = 0; names != NULL && taken->class_names != NULL && k < data->classes; k++) {
        if (strcmp(names[k], taken->class_names[k]) != 0) {
            return core_fail_about(CORE_BAD_FILE, name, ": class %" PRId64 " is %s, expected %s as in the network", k,
                                   names[k], taken->class_names[k]);
        }
    }
    return CORE_OK;
}

/* Whether the three planes of a test image differ. Those of pictures in files are not looked at. */
static bool has_colours(const ds_dataset *data)
{
    const size_t plane = (size_t)(data->height * data->width);
    for (int64_t i = 0; i < data->test.count && data->planes > 1 && data->pack == NULL; i++) {
        const uint8_t *image = data->test.images + i * ds_image_bytes(data);
        if (memcmp(image, image + plane, plane) != 0 || memcmp(image, image + 2 * plane, plane) != 0) {
            return true;
        }
    }
    return false;
}

/* A gray image in three equal planes is the same to a network as its one plane. */
static core_status check_colours(const char *name, const ds_taken *taken, const ds_dataset *data)
{
    const bool is_gray = taken->planes == 1;
    const bool fits = is_gray ? !has_colours(data) : taken->planes == 0 || data->planes > 1;
    return fits ? CORE_OK
                : core_fail_about(CORE_BAD_FILE, name,
                                  ": holds %s images, expected %s ones, on which the network was trained",
                                  is_gray ? "coloured" : "gray", is_gray ? "gray" : "coloured");
}

/* Without resizing a network takes images of its own size alone. */
static core_status see_images(const char *name, const ds_taken *taken, ds_dataset *data)
{
    char size[64] = "several sizes";
    if (data->height > 0) {
        snprintf(size, sizeof size, "%" PRId64 " x %" PRId64 " pixels", data->height, data->width);
    }
    if (ds_view_padding(&taken->view) > 0 && (data->height != taken->height || data->width != taken->width)) {
        return core_fail_about(CORE_BAD_FILE, name,
                               ": holds images of %s, expected %" PRId64 " x %" PRId64
                               ", on which the network was trained",
                               size, taken->height, taken->width);
    }
    CORE_TRY(check_colours(name, taken, data));
    ds_dataset_normalise(data, taken->mean, taken->std);
    return ds_dataset_set_view(data, &taken->view);
}

static core_status load_file(const char *path, const ds_taken *taken, ds_dataset *out, bool *labelled)
{
    CORE_TRY(ds_user_find(path));
    return taken->kind == DS_IMAGES
               ? ds_user_load_test(path, taken->classes, out, labelled)
               : core_fail_about(CORE_BAD_FILE, path,
                                 ": from a file only images are read, expected text, on which the network was trained: "
                                 "imdb, reviews or reviews:TRAIN:TEST");
}

static core_status load(const char *name, const char *data_dir, const ds_taken *taken, ds_dataset *out, bool *labelled)
{
    *labelled = true;
    CORE_TRY(ds_is_path(name) ? load_file(name, taken, out, labelled)
                              : ds_load(name, data_dir, &(ds_view){.text = taken->view.text}, out));
    CORE_TRY(check_kind(name, taken, out->kind));
    CORE_TRY(check_classes(name, taken, out));
    return out->kind == DS_IMAGES ? see_images(name, taken, out) : CORE_OK;
}

core_status ds_load_unseen(const char *name_or_path, const char *data_dir, const ds_taken *taken, ds_dataset *out,
                           bool *labelled)
{
    ds_dataset loaded = {0};
    bool known = false;
    const core_status status = load(name_or_path, data_dir, taken, &loaded, &known);
    if (status != CORE_OK) {
        ds_destroy(&loaded);
        return status;
    }
    *out = loaded;
    *labelled = known;
    return CORE_OK;
}

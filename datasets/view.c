#include "datasets/view.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const char *const ds_crop_names[] = {"pad4", "pad8", "resize", "random-resized", NULL};

enum { PAD8_FROM = 64, RESIZE_FROM = 256 };

ds_crop ds_crop_parse(const char *name)
{
    for (int c = 0; ds_crop_names[c] != NULL; c++) {
        if (strcmp(ds_crop_names[c], name) == 0) {
            return (ds_crop)(DS_CROP_PAD4 + c);
        }
    }
    return DS_CROP_AUTO;
}

const char *ds_crop_name(ds_crop crop) { return crop == DS_CROP_AUTO ? "auto" : ds_crop_names[crop - DS_CROP_PAD4]; }

static ds_crop choose_crop(const ds_view *wanted, int64_t height, int64_t width)
{
    const int64_t shorter = height < width ? height : width;
    if (wanted->crop != DS_CROP_AUTO) {
        return wanted->crop;
    }
    if (wanted->side > 0 || wanted->short_side > 0 || shorter == 0 || shorter >= RESIZE_FROM) {
        return DS_CROP_RESIZE;
    }
    return shorter >= PAD8_FROM ? DS_CROP_PAD8 : DS_CROP_PAD4;
}

/* Padded images are seen at their own size. */
static core_status check_padding(ds_crop crop, int64_t height, int64_t width)
{
    if (height == 0) {
        return core_fail(CORE_BAD_USAGE,
                         "--crop %s wants pictures of one size, and these have several; expected resize or "
                         "random-resized",
                         ds_crop_name(crop));
    }
    return height >= DS_LEAST_SIDE && width >= DS_LEAST_SIDE
               ? CORE_OK
               : core_fail(CORE_BAD_USAGE,
                           "images of %" PRId64 " x %" PRId64
                           " pixels, expected at least %d a side; --image-size N resizes them",
                           height, width, DS_LEAST_SIDE);
}

core_status ds_view_settle(const ds_view *wanted, int64_t height, int64_t width, ds_view *out, int64_t seen[2])
{
    ds_view view = *wanted;
    view.crop = choose_crop(wanted, height, width);
    view.usual = choose_crop(&(ds_view){0}, height, width);
    if (ds_view_padding(&view) > 0) {
        CORE_TRY(check_padding(view.crop, height, width));
        view.side = view.short_side = 0;
        *out = view;
        seen[0] = height;
        seen[1] = width;
        return CORE_OK;
    }
    view.side = view.side > 0 ? view.side : DS_IMAGE_SIZE_DEFAULT;
    view.short_side = view.short_side > 0 ? view.short_side : view.side * 8 / 7;
    if (view.short_side < view.side) {
        return core_fail(CORE_BAD_USAGE,
                         "--short-side %" PRId64 " is below the %" PRId64
                         " pixels that the network sees; expected at least as many, or a smaller --image-size",
                         view.short_side, view.side);
    }
    *out = view;
    seen[0] = seen[1] = view.side;
    return CORE_OK;
}

#include "datasets/view.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

const char *const ds_crop_names[] = {"auto", "pad4", "pad8", "resize", "random-resized", NULL};

enum { PAD8_FROM = 64 };

static ds_crop choose_crop(const ds_view *wanted, int64_t height, int64_t width)
{
    const int64_t shorter = height < width ? height : width;
    if (wanted->crop != DS_CROP_AUTO) {
        return wanted->crop;
    }
    return wanted->side > 0 || wanted->short_side > 0 || shorter == 0 ? DS_CROP_RESIZE
           : shorter >= PAD8_FROM                                     ? DS_CROP_PAD8
                                                                      : DS_CROP_PAD4;
}

core_status ds_view_settle(const ds_view *wanted, int64_t height, int64_t width, ds_view *out, int64_t seen[2])
{
    ds_view view = *wanted;
    view.crop = choose_crop(wanted, height, width);
    if (ds_view_padding(&view) > 0) {
        if (height == 0) {
            return core_fail(CORE_BAD_USAGE,
                             "--crop %s wants pictures of one size, and these have several; expected resize or "
                             "random-resized",
                             ds_crop_names[view.crop]);
        }
        *out = view;
        seen[0] = height;
        seen[1] = width;
        return CORE_OK;
    }
    if (view.side > 0 && view.side < DS_LEAST_SIDE) {
        return core_fail(CORE_BAD_USAGE, "--image-size %" PRId64 ", expected at least %d pixels", view.side,
                         DS_LEAST_SIDE);
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

#include "datasets/loader.h"

#include <stdlib.h>
#include <string.h>

#include "datasets/pack.h"
#include "pictures/resize.h"

/* One thread's memory. */
typedef struct {
    ds_pack_reader pack;
    pic_picture part, resized;
    pic_resize_scratch scratch;
} reader;

struct ds_loader {
    const ds_dataset *dataset;
    int threads;
    reader *readers; /* (threads) */
};

core_status ds_loader_create(const ds_dataset *dataset, int threads, ds_loader **out)
{
    ds_loader *loader;
    CORE_TRY(CORE_NEW(1, "a loader", loader));
    const core_status status = CORE_NEW(threads, "readers of pictures", loader->readers);
    if (status != CORE_OK) {
        free(loader);
        return status;
    }
    loader->dataset = dataset;
    loader->threads = threads;
    *out = loader;
    return CORE_OK;
}

void ds_loader_destroy(ds_loader *loader)
{
    for (int t = 0; loader != NULL && t < loader->threads; t++) {
        reader *r = &loader->readers[t];
        ds_pack_reader_free(&r->pack);
        pic_picture_free(&r->part);
        pic_picture_free(&r->resized);
        pic_resize_scratch_free(&r->scratch);
    }
    if (loader != NULL) {
        free(loader->readers);
        free(loader);
    }
}

const ds_dataset *ds_loader_dataset(const ds_loader *loader) { return loader->dataset; }

void ds_loader_expect(const ds_loader *loader, int64_t index)
{
    if (loader->dataset->pack != NULL) {
        ds_pack_expect(loader->dataset->pack, loader->dataset->train.first_picture + index);
    }
}

static ds_image image_of_picture(const pic_picture *picture)
{
    return (ds_image){picture->pixels, picture->height, picture->width, 1, DS_CHANNELS};
}

static core_status get_image(const ds_dataset *dataset, reader *r, const ds_part *part, int64_t index, ds_image *out)
{
    if (dataset->pack == NULL) {
        *out = ds_image_of(dataset, part, index);
        return CORE_OK;
    }
    CORE_TRY(ds_pack_read(dataset->pack, part->first_picture + index, &r->pack));
    *out = image_of_picture(&r->pack.picture);
    return CORE_OK;
}

/* Copies a region of an image into a picture, which pic_resize takes. */
static core_status copy_region(const ds_image *image, const ds_region *region, pic_picture *out)
{
    CORE_TRY(pic_picture_shape(out, region->height, region->width));
    uint8_t *to = out->pixels;
    for (int64_t y = region->top; y < region->top + region->height; y++) {
        const uint8_t *from = image->pixels + (y * image->width + region->left) * image->pixel_step;
        if (image->pixel_step == DS_CHANNELS) {
            memcpy(to, from, (size_t)(region->width * DS_CHANNELS));
            to += region->width * DS_CHANNELS;
            continue;
        }
        for (int64_t x = 0; x < region->width; x++, from += image->pixel_step) {
            for (int64_t c = 0; c < DS_CHANNELS; c++) {
                *to++ = from[c * image->plane_step];
            }
        }
    }
    return CORE_OK;
}

/* Half of what is left over, half to even, as torchvision's CenterCrop rounds. */
static int64_t middle(int64_t over) { return over / 2 + (over % 4 == 3); }

/* Resizes the image so that its shorter side has short_side pixels; the longer one is rounded down, as in torchvision. Of the
 * result only the square that `draw` draws (NULL: in the middle) is computed: the whole of a long strip may be larger than
 * any picture. The window is all of that square, and mirrored where the draw says so. */
static core_status resize_part(const ds_dataset *dataset, reader *r, const ds_draw *draw, ds_image *image,
                               ds_window *window)
{
    const int64_t side = dataset->view.side, shorter = dataset->view.short_side;
    const bool is_high = image->height > image->width;
    const int64_t height = is_high ? shorter * image->height / image->width : shorter;
    const int64_t width = is_high ? shorter : shorter * image->width / image->height;
    const ds_window at = draw != NULL ? ds_window_draw(draw, height - side, width - side)
                                      : (ds_window){middle(height - side), middle(width - side), false};
    const pic_window part = {at.top, at.left, side, side};
    const pic_picture *from = &r->pack.picture;
    if (dataset->pack == NULL) {
        CORE_TRY(copy_region(image, &(ds_region){0, 0, image->height, image->width}, &r->part));
        from = &r->part;
    }
    CORE_TRY(pic_resize(from, NULL, height, width, &part, &r->scratch, &r->resized));
    *image = image_of_picture(&r->resized);
    *window = (ds_window){0, 0, at.flip};
    return CORE_OK;
}

core_status ds_loader_augment(ds_loader *loader, int thread, int64_t index, const ds_draw *draw, float *out)
{
    const ds_dataset *dataset = loader->dataset;
    const int64_t side = dataset->view.side, padding = ds_view_padding(&dataset->view);
    reader *r = &loader->readers[thread];
    ds_image image;
    ds_window window;
    CORE_TRY(get_image(dataset, r, &dataset->train, index, &image));
    if (dataset->view.crop == DS_CROP_RESIZE) {
        CORE_TRY(resize_part(dataset, r, draw, &image, &window));
        ds_window_write(dataset, &image, &window, out);
        return CORE_OK;
    }
    if (dataset->view.crop == DS_CROP_RANDOM_RESIZED) {
        const ds_region region = ds_region_draw(draw, image.height, image.width);
        CORE_TRY(copy_region(&image, &region, &r->part));
        CORE_TRY(pic_resize(&r->part, NULL, side, side, NULL, &r->scratch, &r->resized));
        image = image_of_picture(&r->resized);
    }
    const int64_t rows = image.height + 2 * padding - dataset->seen_height;
    const int64_t columns = image.width + 2 * padding - dataset->seen_width;
    window = ds_window_draw(draw, rows, columns);
    window.top -= padding;
    window.left -= padding;
    ds_window_write(dataset, &image, &window, out);
    return CORE_OK;
}

core_status ds_loader_plain(ds_loader *loader, int thread, const ds_part *part, int64_t index, float *out)
{
    const ds_dataset *dataset = loader->dataset;
    reader *r = &loader->readers[thread];
    ds_image image;
    ds_window window = {0, 0, false};
    CORE_TRY(get_image(dataset, r, part, index, &image));
    if (ds_view_padding(&dataset->view) == 0) {
        CORE_TRY(resize_part(dataset, r, NULL, &image, &window));
    }
    ds_window_write(dataset, &image, &window, out);
    return CORE_OK;
}

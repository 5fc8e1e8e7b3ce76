#include "datasets/augment.h"

#include <math.h>

#include "core/maths.h"
#include "core/rng.h"

ds_image ds_image_of(const ds_dataset *dataset, const ds_part *part, int64_t index)
{
    const int64_t plane = dataset->height * dataset->width;
    return (ds_image){.pixels = part->images + index * ds_image_bytes(dataset),
                      .height = dataset->height,
                      .width = dataset->width,
                      .plane_step = dataset->planes == 1 ? 0 : plane, /* a gray plane is seen three times */
                      .pixel_step = 1};
}

static core_rng_block draw_words(const ds_draw *draw, int64_t index)
{
    const core_rng_key key = {draw->seed, CORE_RNG_AUGMENT};
    return core_rng_draw(key, (core_rng_counter){.epoch = draw->epoch, .position = draw->position, .index = index});
}

/* Multiply-high: each of 0..n-1 comes from 2^32 / n of the 2^32 words, to within one. */
static int64_t below(uint32_t word, int64_t n) { return (int64_t)(((uint64_t)word * (uint64_t)n) >> 32); }

ds_window ds_window_draw(const ds_draw *draw, int64_t rows, int64_t columns)
{
    const core_rng_block block = draw_words(draw, 0);
    return (ds_window){.top = below(block.word[0], rows + 1),
                       .left = below(block.word[1], columns + 1),
                       .flip = block.word[2] >> 31 != 0};
}

static double between(uint32_t word, double low, double high) { return low + (double)word * 0x1p-32 * (high - low); }

enum { TRIES = 10 };
static const double AREA_LEAST = 0.08, AREA_MOST = 1.0, ASPECT_LEAST = 3.0 / 4.0, ASPECT_MOST = 4.0 / 3.0;

/* The middle of an image, cut where it is longer than an aspect allows. Half to even, as Python rounds. */
static ds_region middle_region(int64_t height, int64_t width)
{
    const double aspect = (double)width / (double)height;
    ds_region region = {0, 0, height, width};
    if (aspect < ASPECT_LEAST) {
        region.height = (int64_t)rint((double)width / ASPECT_LEAST);
    } else if (aspect > ASPECT_MOST) {
        region.width = (int64_t)rint((double)height * ASPECT_MOST);
    }
    region.top = (height - region.height) / 2;
    region.left = (width - region.width) / 2;
    return region;
}

ds_region ds_region_draw(const ds_draw *draw, int64_t height, int64_t width)
{
    const double low = core_log(ASPECT_LEAST), high = core_log(ASPECT_MOST);
    for (int t = 0; t < TRIES; t++) {
        const core_rng_block block = draw_words(draw, 1 + t);
        const double area = (double)(height * width) * between(block.word[0], AREA_LEAST, AREA_MOST);
        const double aspect = core_exp(between(block.word[1], low, high));
        const int64_t w = (int64_t)rint(sqrt(area * aspect)), h = (int64_t)rint(sqrt(area / aspect));
        if (0 < w && w <= width && 0 < h && h <= height) {
            return (ds_region){below(block.word[2], height - h + 1), below(block.word[3], width - w + 1), h, w};
        }
    }
    return middle_region(height, width);
}

/* A part of one row of an image: out[x] shows the row's pixel x + left, black outside of it. */
typedef struct {
    const uint8_t *pixels;
    int64_t width, step, left;
    const float *table; /* (256) */
} row;

static void write_row(const row *from, int64_t count, float *out)
{
    const int64_t first = from->left < 0 ? -from->left : 0, past = from->width - from->left;
    const int64_t begin = first < count ? first : count, end = past < begin ? begin : past < count ? past : count;
    int64_t x = 0;
    for (; x < begin; x++) {
        out[x] = from->table[0];
    }
    for (const uint8_t *pixel = from->pixels + (x + from->left) * from->step; x < end; x++, pixel += from->step) {
        out[x] = from->table[*pixel];
    }
    for (; x < count; x++) {
        out[x] = from->table[0];
    }
}

static void mirror_row(int64_t width, float *values)
{
    for (int64_t x = 0; x < width / 2; x++) {
        const float left = values[x];
        values[x] = values[width - 1 - x];
        values[width - 1 - x] = left;
    }
}

void ds_window_write(const ds_dataset *dataset, const ds_image *image, const ds_window *window, float *out)
{
    const int64_t height = dataset->seen_height, width = dataset->seen_width;
    for (int64_t c = 0; c < DS_CHANNELS; c++) {
        row from = {NULL, 0, image->pixel_step, window->left, dataset->normalised[c]};
        for (int64_t y = 0; y < height; y++, out += width) {
            const int64_t at = y + window->top;
            const bool is_inside = at >= 0 && at < image->height;
            from.width = is_inside ? image->width : 0;
            from.pixels = image->pixels + c * image->plane_step + (is_inside ? at : 0) * image->width * from.step;
            write_row(&from, width, out);
            if (window->flip) {
                mirror_row(width, out);
            }
        }
    }
}

/* datasets/augment.h - from bytes to the network's input: a part of an image, mirrored or not, normalised, in one pass.
 *
 * Source   The LDAM paper's recipes (datasets/view.h): a random crop, horizontal flip with probability 1/2, then
 *          (v / 255 - mean) / std. Padding is black before normalisation.
 *          RandomResizedCrop as in torchvision: ten tries of an area of 8 to 100 % and an aspect of 3/4 to 4/3, uniform
 *          in its logarithm; where none fits, the middle, cut to an aspect of 3/4 to 4/3.
 * Random   (seed, epoch, position in the epoch's order) decide, not the image: an image that is drawn twice in an epoch
 *          is augmented twice. Philox words of index 0: top, left, flip; of index 1 + t: area, aspect, top and left of
 *          try t. A word w stands for (w n) >> 32 in 0..n-1, to within one, or for w / 2^32.
 * Threads  pure, no allocation: called from compute threads.
 */
#ifndef DATASETS_AUGMENT_H
#define DATASETS_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "datasets/dataset.h"

/* An image as it lies in memory: channel c of the pixel in row y and column x is
 * pixels[c * plane_step + (y * width + x) * pixel_step]. */
typedef struct {
    const uint8_t *pixels;
    int64_t height, width, plane_step, pixel_step;
} ds_image;

/* Image `index` of a part of a data set that keeps its images in memory. */
ds_image ds_image_of(const ds_dataset *dataset, const ds_part *part, int64_t index);

/* Which draw: 0 <= epoch < 2^32, position >= 0. */
typedef struct {
    uint64_t seed;
    int64_t epoch, position;
} ds_draw;

/* A part of an image: where it begins, which may be outside, and whether it is mirrored. */
typedef struct {
    int64_t top, left;
    bool flip;
} ds_window;

/* Draws one of (rows + 1) (columns + 1) places, top in 0..rows and left in 0..columns, and the flip. */
ds_window ds_window_draw(const ds_draw *draw, int64_t rows, int64_t columns);

/* A part of an image that is to be resized. */
typedef struct {
    int64_t top, left, height, width;
} ds_region;

/* Draws RandomResizedCrop's part of an image. */
ds_region ds_region_draw(const ds_draw *draw, int64_t height, int64_t width);

/* Writes the window of seen_height x seen_width, normalised: out (3, H, W). Outside the image it is black. */
void ds_window_write(const ds_dataset *dataset, const ds_image *image, const ds_window *window, float *out);

#endif

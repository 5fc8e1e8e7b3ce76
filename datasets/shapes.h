/* datasets/shapes.h - `shapes`: ten classes of drawn figures, hard enough to tell methods apart, with no file.
 *
 * Every image is a pure function of (part, index), drawn with Philox and integer arithmetic: the same bytes on every
 * machine. The train and test parts are drawn alike, balanced, classes in turn (label = index mod 10).
 * Name     "shapes": the default sizes; "shapes:TRAIN:TEST": that many images a class; "shapes:TRAIN:TEST:SIDE": images
 *          of SIDE x SIDE pixels instead of 32 x 32, the same scenes at another scale. A smaller set is a prefix of a
 *          larger one.
 */
#ifndef DATASETS_SHAPES_H
#define DATASETS_SHAPES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "datasets/dataset.h"

enum { DS_SHAPES_CLASSES = 10, DS_SHAPES_MAX_PER_CLASS = 100000, DS_SHAPES_MAX_SIDE = 512 };

/* Whether `name` is "shapes" or begins with "shapes:". */
bool ds_shapes_is_name(const char *name);

/* Draws the data set into a zeroed one. CORE_BAD_USAGE: another name than above, TRAIN and TEST outside 1..100000, SIDE
 * outside 8..512. CORE_MACHINE: memory. */
core_status ds_shapes_load(const char *name, ds_dataset *out) CORE_MUST_USE;

typedef struct {
    bool test; /* the part */
    int64_t index;
    int32_t label;
    int side;
} ds_shapes_picture;

/* Writes an image (3, side, side); `pixels` is scratch of as many numbers. */
void ds_shapes_draw(const ds_shapes_picture *picture, int *pixels, uint8_t *image);

#endif

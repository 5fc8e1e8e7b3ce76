/* datasets/shapes.h - `shapes`: ten classes of drawn figures, hard enough to tell methods apart, with no file.
 *
 * Every image is a pure function of (part, index), drawn with Philox and integer arithmetic: the same bytes on every
 * machine. The train and test parts are drawn alike, balanced, classes in turn (label = index mod 10).
 * Name     "shapes": the default sizes; "shapes:TRAIN:TEST": that many images a class. A smaller set is a prefix of a
 *          larger one.
 */
#ifndef DATASETS_SHAPES_H
#define DATASETS_SHAPES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "datasets/dataset.h"

enum { DS_SHAPES_CLASSES = 10, DS_SHAPES_MAX_PER_CLASS = 100000 };

/* Whether `name` is "shapes" or begins with "shapes:". */
bool ds_shapes_is_name(const char *name);

/* Draws the data set into a zeroed one. CORE_BAD_USAGE: a name that is not "shapes" or "shapes:TRAIN:TEST" with both in
 * 1..100000. */
core_status ds_shapes_load(const char *name, ds_dataset *out) CORE_MUST_USE;

/* Writes image `index` of the training (test false) or test part, of class `label`, (3, 32, 32). */
void ds_shapes_draw(bool test, int64_t index, int32_t label, uint8_t *image);

#endif

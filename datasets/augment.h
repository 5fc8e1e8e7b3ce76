/* datasets/augment.h - from bytes to the network's input: augmentation and normalisation in one pass.
 *
 * Source   The LDAM paper's recipe for CIFAR: pad 4 (black before normalisation), random crop of the image's own size,
 *          horizontal flip with probability 1/2, then (v / 255 - mean) / std.
 * Random   (seed, epoch, position in the epoch's order) decide the crop and the flip, not the image: an image that is
 *          drawn twice in an epoch is augmented twice. 0 <= epoch < 2^32, position >= 0.
 * Threads  pure, no allocation: called from compute threads.
 */
#ifndef DATASETS_AUGMENT_H
#define DATASETS_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "datasets/dataset.h"

enum { DS_PADDING = 4 };

/* Where the crop begins in the padded image, and whether it is mirrored after it. */
typedef struct {
    int top, left; /* 0..2 * DS_PADDING; DS_PADDING is the image itself */
    bool flip;
} ds_augmentation;

ds_augmentation ds_augment_draw(uint64_t seed, int64_t epoch, int64_t position);

/* Writes training image `index`, augmented and normalised: out (3, H, W). */
void ds_augment_train(const ds_dataset *dataset, int64_t index, uint64_t seed, int64_t epoch, int64_t position,
                      float *out);

/* Writes image `index` of `part`, a part of `dataset`, normalised only: out (3, H, W). */
void ds_normalise(const ds_dataset *dataset, const ds_part *part, int64_t index, float *out);

#endif

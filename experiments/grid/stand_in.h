/* experiments/grid/stand_in.h - noise in the place of a data set that is not here, for predictions alone.
 *
 * Sizes    as the sets were published: CIFAR, Tiny ImageNet, iNaturalist 2018. A network takes as long for noise as for
 *          pictures; what is left out is decoding them, a few per cent at most (docs/speed-details.md).
 */
#ifndef EXPERIMENTS_GRID_STAND_IN_H
#define EXPERIMENTS_GRID_STAND_IN_H

#include "datasets/dataset.h"
#include "experiments/training/split.h"

typedef struct {
    xp_recipe recipe;              /* the cell's, for ERM, which needs no class to have an example */
    ds_dataset data;               /* a batch of noise; owned */
    xp_split split;                /* of it */
    int64_t train, held_out, test; /* examples that the cell would have */
    int64_t absent_bytes;          /* of images that a training would have in memory, beside those of `data` */
} xp_stand_in;

/* Whether a cell's data have a stand-in and are not in the data folder. */
bool xp_stand_in_is_wanted(const xp_split_recipe *recipe);

/* Makes it; the arena owns the split, ds_destroy frees the data. CORE_BAD_USAGE: a class would be empty, or the view does not
 * fit. CORE_MACHINE: memory. */
core_status xp_stand_in_make(const xp_recipe *recipe, core_arena *arena, xp_stand_in *out) CORE_MUST_USE;

#endif

/* experiments/split.h - the training examples of a run: which, how many of each class, and their digest. */
#ifndef EXPERIMENTS_SPLIT_H
#define EXPERIMENTS_SPLIT_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "experiments/recipe.h"

typedef struct {
    int64_t K, n;
    int64_t *counts;  /* (K), sum n */
    int64_t *index;   /* (n) positions in the training part, subset order */
    int32_t *labels;  /* (n) */
    char sha256[65];  /* of index */
    core_arena arena; /* private */
} xp_split;

/* Picks the examples of `recipe` from the training part of `data`. The largest class of the profile has as many
 * examples as the smallest class of the data, so that every profile can be filled; with `whole` everything is taken as
 * it is. CORE_BAD_USAGE: a class would be empty. Owned by the caller: xp_split_free. */
core_status xp_split_draw(const xp_split_recipe *recipe, const ds_dataset *data, xp_split *out) CORE_MUST_USE;
void xp_split_free(xp_split *split);

#endif

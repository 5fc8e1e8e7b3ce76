/* experiments/training/split.h - the training examples of a run: which, how many of each class, and their digest.
 *
 * Validation  A share F > 0 of the subset is held out, class by class: of the n_k examples of class k,
 *             v_k = min(n_k - 1, max(1, floor(F n_k + 1/2))), in doubles, so that every class keeps an example to train
 *             on, and a class with two or more has one held out. Which: the first v_k of the random order of the
 *             class's examples that core_rng_permutation gives for (split seed, CORE_RNG_SPLIT, epoch k). Both parts
 *             stay in subset order. Counts, margins and weights are then those of the examples that train.
 */
#ifndef EXPERIMENTS_TRAINING_SPLIT_H
#define EXPERIMENTS_TRAINING_SPLIT_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "recipes/recipe.h"

typedef struct {
    int64_t K, n;
    int64_t *counts;            /* (K), sum n */
    int64_t *index;             /* (n) positions in the training part, subset order */
    int32_t *labels;            /* (n) */
    char sha256[65];            /* of index */
    int64_t validation_n;       /* 0: nothing is held out */
    int64_t *validation_index;  /* (validation_n) positions in the training part, subset order */
    int32_t *validation_labels; /* (validation_n) */
} xp_split;

/* Loads the data of `recipe` (ds_load), which must have the digest that its data_sha256 asks for. Owned by the caller:
 * ds_destroy. CORE_BAD_FILE: the digest differs. */
core_status xp_split_load(const xp_split_recipe *recipe, ds_dataset *out) CORE_MUST_USE;

/* Picks the examples of `recipe` from the training part of `data`, in the arena. The largest class of the profile has
 * as many examples as the smallest class of the data, so that every profile can be filled; with `whole` all examples
 * are taken. CORE_BAD_USAGE: a class would be empty. */
core_status xp_split_draw(const xp_split_recipe *recipe, const ds_dataset *data, core_arena *arena,
                          xp_split *out) CORE_MUST_USE;

#endif

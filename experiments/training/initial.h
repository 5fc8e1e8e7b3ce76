/* experiments/training/initial.h - what a network begins with in place of drawn values: the tensors of --init, word vectors.
 *
 * Names    PyTorch's, as nn/model.h has them; the classifier may be called fc, as torchvision's is. "module." before a
 *          name (DataParallel) and "state/" (an archive of `tailbit export`) are left out, and so are an archive's other
 *          arrays, num_batches_tracked and the optimiser's buffers, which begin as zeros.
 */
#ifndef EXPERIMENTS_TRAINING_INITIAL_H
#define EXPERIMENTS_TRAINING_INITIAL_H

#include "core/status.h"
#include "datasets/dataset.h"
#include "nn/model.h"
#include "recipes/recipe.h"

/* Sets the digests of the recipe's files of initial values. A run that has begun needs them no more: where one is gone, and
 * the run file at recipe->out was last started with the same option, or the option is its digest, that digest counts.
 * CORE_BAD_FILE: a file cannot be read. CORE_BAD_USAGE: a digest stands in the place of a file. */
core_status xp_initial_identify(xp_recipe *recipe) CORE_MUST_USE;

/* Puts the values of those files in a new network. CORE_BAD_FILE, naming file and tensor: it is damaged or no such file; a
 * tensor is missing, unknown, of another shape or no number; no word is known. The network is then of no use. */
core_status xp_initial_take(const xp_recipe *recipe, const ds_dataset *data, nn_model *model) CORE_MUST_USE;

#endif

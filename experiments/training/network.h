/* experiments/training/network.h - the network of a recipe for a data set, and its tensors from a run file. */
#ifndef EXPERIMENTS_TRAINING_NETWORK_H
#define EXPERIMENTS_TRAINING_NETWORK_H

#include "core/status.h"
#include "datasets/dataset.h"
#include "experiments/training/split.h"
#include "nn/model.h"
#include "recipes/recipe.h"
#include "results/runs/run_file.h"

/* Builds the network with its drawn values (experiments/training/initial.h has others). Owned by the caller:
 * nn_model_destroy. split: what it will be trained on, whose features a run keeps in memory; NULL: it is only applied. Fails as
 * nn_resnet_create and nn_bilstm_create; CORE_MACHINE: a ResNet will not fit into the memory that is available, with what
 * would help. */
core_status xp_network_create(const xp_recipe *recipe, const ds_dataset *data, const xp_split *split,
                              nn_model **out) CORE_MUST_USE;

/* Finds the array `name` of `count` elements of `type` in the state of the run file `path`. CORE_BAD_FILE: it is
 * missing. */
core_status xp_network_find(const res_state *state, const char *path, const char *name, core_h5_type type,
                            int64_t count, const res_array **out) CORE_MUST_USE;

/* Puts every tensor of that state into the network. Errors as xp_network_find. */
core_status xp_network_restore(const res_state *state, const char *path, nn_model *model) CORE_MUST_USE;

#endif

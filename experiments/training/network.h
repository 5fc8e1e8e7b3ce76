/* experiments/training/network.h - the network of a recipe for a data set. */
#ifndef EXPERIMENTS_TRAINING_NETWORK_H
#define EXPERIMENTS_TRAINING_NETWORK_H

#include "core/status.h"
#include "datasets/dataset.h"
#include "nn/model.h"
#include "recipes/recipe.h"

/* Builds it with its initial values; word vectors of --glove are not among them. Owned by the caller: nn_model_destroy.
 * Fails as nn_resnet_create and nn_bilstm_create. */
core_status xp_network_create(const xp_recipe *recipe, const ds_dataset *data, nn_model **out) CORE_MUST_USE;

#endif

#include "experiments/training/network.h"

static core_status create_resnet(const xp_recipe *recipe, const ds_dataset *data, nn_model **out)
{
    nn_resnet_config config = {.depth = recipe->depth,
                               .classes = data->classes,
                               .head = recipe->method->head,
                               .batch = recipe->batch,
                               .shard = recipe->shard,
                               .groups = recipe->groups,
                               .threads = recipe->threads,
                               .seed = recipe->seed};
    return nn_resnet_create(&config, out);
}

static core_status create_bilstm(const xp_recipe *recipe, const ds_dataset *data, nn_model **out)
{
    nn_bilstm_config config = {.vocabulary = data->vocabulary,
                               .embedding = recipe->embedding,
                               .hidden = recipe->hidden,
                               .layers = 2,
                               .classes = data->classes,
                               .head = recipe->method->head,
                               .dropout = recipe->dropout,
                               .batch = recipe->batch,
                               .shard = recipe->shard,
                               .groups = recipe->groups,
                               .threads = recipe->threads,
                               .seed = recipe->seed};
    return nn_bilstm_create(&config, out);
}

core_status xp_network_create(const xp_recipe *recipe, const ds_dataset *data, nn_model **out)
{
    return recipe->text ? create_bilstm(recipe, data, out) : create_resnet(recipe, data, out);
}

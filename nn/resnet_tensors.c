#include <math.h>
#include <stdio.h>

#include "core/rng.h"
#include "nn/resnet.h"

/* Adds a vector of batch norm, one number a channel. */
static core_status add_vector(nn_resnet *model, int layer, const char *field, nn_tensor_kind kind, float *values)
{
    const int64_t channels = model->layers[layer].extent.channels;
    char norm[NN_LAYER_NAME_BYTES], name[NN_LAYER_NAME_BYTES + 16];
    nn_resnet_plan_name(&model->plan, layer, NN_PART_NORM, norm);
    snprintf(name, sizeof name, "%s%s", norm, field);
    return nn_parameters_add(&model->base.parameters, name, kind,
                             (nn_tensor_place){values, NULL, 1, channels, channels});
}

static core_status add_layer_parameters(nn_resnet *model, int index)
{
    nn_parameters *p = &model->base.parameters;
    const nn_resnet_layer *layer = &model->layers[index];
    char conv[NN_LAYER_NAME_BYTES], name[NN_LAYER_NAME_BYTES + 16];
    nn_resnet_plan_name(&model->plan, index, NN_PART_CONV, conv);
    snprintf(name, sizeof name, "%s.weight", conv);
    float *gamma = p->values + layer->gamma;
    CORE_TRY(nn_parameters_add(p, name, NN_TENSOR_PARAMETER,
                               (nn_tensor_place){p->values + layer->weight, layer->conv, 0, 0, 0}));
    CORE_TRY(add_vector(model, index, ".weight", NN_TENSOR_PARAMETER, gamma));
    return add_vector(model, index, ".bias", NN_TENSOR_PARAMETER, gamma + layer->extent.channels);
}

core_status nn_resnet_list_tensors(nn_resnet *model)
{
    for (int i = 0; i < model->plan.layer_count; i++) {
        CORE_TRY(add_layer_parameters(model, i));
    }
    CORE_TRY(nn_model_add_head(&model->base));
    for (int i = 0; i < model->plan.layer_count; i++) {
        nn_norm_layer norm = nn_resnet_norm(model, i);
        CORE_TRY(add_vector(model, i, ".running_mean", NN_TENSOR_STATISTIC, norm.running_mean));
        CORE_TRY(add_vector(model, i, ".running_var", NN_TENSOR_STATISTIC, norm.running_var));
    }
    return nn_parameters_add_buffers(&model->base.parameters);
}

/* Kaiming normal (gain sqrt 2) for convolutions, over the fan in as the released code of the CIFAR networks, over the
 * fan out as torchvision's networks with projections; batch norm 1 and 0, which follow each other. */
void nn_resnet_draw(const nn_model *base, int64_t tensor, float *plain)
{
    const bool out = ((const nn_resnet *)base)->config.shape.projects;
    const nn_tensor_info *info = &base->parameters.tensors[tensor];
    const bool is_bias = tensor > 0 && info[-1].rank == 1;
    double scale = sqrt(2.0 / ((double)info->count / (double)info->shape[out ? 1 : 0]));
    for (int64_t i = 0; i < info->count; i++) {
        double drawn = core_rng_normal((core_rng_key){base->seed, CORE_RNG_INIT}, (core_rng_counter){0, i, tensor});
        plain[i] = info->rank > 1 ? (float)(scale * drawn) : is_bias ? 0.0F : 1.0F;
    }
}

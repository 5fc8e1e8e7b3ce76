#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "nn/resnet.h"

/* Where a tensor lives: flat in an array of the model, or, for weights of convolutions, in oneDNN's layout there. */
typedef struct nn_tensor_place {
    float *values;
    nn_conv *conv; /* NULL: plain already */
} nn_tensor_place;

static core_status add_tensor(nn_resnet *model, const nn_tensor_info *info, const char *suffix, nn_tensor_place place)
{
    char name[96];
    snprintf(name, sizeof name, "%s%s", info->name, suffix);
    char *kept;
    CORE_TRY(core_arena_strdup(&model->arena, name, &kept));
    nn_tensor_info *added = &model->base.tensors[model->base.tensor_count];
    *added = *info;
    added->name = kept;
    added->count = 1;
    for (int d = 0; d < info->rank; d++) {
        added->count *= info->shape[d];
    }
    model->places[model->base.tensor_count++] = place;
    return CORE_OK;
}

/* "conv1" and "bn1" for the stem; "layer2.0.conv1" and so on for the blocks. */
static void layer_name(const nn_resnet *model, int layer, const char *part, char *name, size_t bytes)
{
    if (layer == 0) {
        snprintf(name, bytes, "%s1", part);
        return;
    }
    int per_stage = model->block_count / 3, block = (layer - 1) / 2;
    snprintf(name, bytes, "layer%d.%d.%s%d", block / per_stage + 1, block % per_stage, part, 2 - layer % 2);
}

static core_status add_layer_parameters(nn_resnet *model, int index)
{
    const nn_resnet_layer *layer = &model->layers[index];
    char conv[64], norm[64];
    layer_name(model, index, "conv", conv, sizeof conv);
    layer_name(model, index, "bn", norm, sizeof norm);
    int64_t out = layer->extent.channels, in = index == 0 ? 3 : out;
    if (index % 2 == 1) {
        in = nn_resnet_input(model, (index - 1) / 2)->extent.channels;
    }
    nn_tensor_info weight = {conv, NN_TENSOR_PARAMETER, 4, {out, in, 3, 3}, 0};
    nn_tensor_info vector = {norm, NN_TENSOR_PARAMETER, 1, {out}, 0};
    float *gamma = model->values + layer->gamma;
    CORE_TRY(add_tensor(model, &weight, ".weight", (nn_tensor_place){model->values + layer->weight, layer->conv}));
    CORE_TRY(add_tensor(model, &vector, ".weight", (nn_tensor_place){gamma, NULL}));
    return add_tensor(model, &vector, ".bias", (nn_tensor_place){gamma + out, NULL});
}

static core_status add_head(nn_resnet *model)
{
    int64_t K = model->head.classes, D = model->head.features;
    nn_tensor_info weight = {"linear", NN_TENSOR_PARAMETER, 2, {K, D}, 0},
                   bias = {"linear", NN_TENSOR_PARAMETER, 1, {K}, 0};
    CORE_TRY(add_tensor(model, &weight, ".weight", (nn_tensor_place){model->values + model->head_weight, NULL}));
    if (model->head.kind == NN_HEAD_COSINE) {
        return CORE_OK;
    }
    return add_tensor(model, &bias, ".bias", (nn_tensor_place){model->values + model->head_bias, NULL});
}

static core_status add_layer_statistics(nn_resnet *model, int index)
{
    int64_t channels = model->layers[index].extent.channels;
    char norm[64];
    layer_name(model, index, "bn", norm, sizeof norm);
    nn_tensor_info vector = {norm, NN_TENSOR_STATISTIC, 1, {channels}, 0};
    nn_norm_layer layer = nn_resnet_norm(model, index);
    CORE_TRY(add_tensor(model, &vector, ".running_mean", (nn_tensor_place){layer.running_mean, NULL}));
    return add_tensor(model, &vector, ".running_var", (nn_tensor_place){layer.running_var, NULL});
}

core_status nn_resnet_list_tensors(nn_resnet *model)
{
    int64_t most = 8 * (int64_t)model->layer_count + 4;
    CORE_TRY(CORE_ARENA_NEW(&model->arena, most, "the tensor list", model->base.tensors));
    CORE_TRY(CORE_ARENA_NEW(&model->arena, most, "the tensor list", model->places));
    for (int i = 0; i < model->layer_count; i++) {
        CORE_TRY(add_layer_parameters(model, i));
    }
    CORE_TRY(add_head(model));
    int64_t parameters = model->base.tensor_count;
    for (int i = 0; i < model->layer_count; i++) {
        CORE_TRY(add_layer_statistics(model, i));
    }
    for (int64_t t = 0; t < parameters; t++) {
        nn_tensor_info info = model->base.tensors[t];
        info.kind = NN_TENSOR_OPTIMISER;
        nn_tensor_place place = {model->momentum + (model->places[t].values - model->values), model->places[t].conv};
        CORE_TRY(add_tensor(model, &info, ".momentum", place));
    }
    return CORE_OK;
}

core_status nn_resnet_get_tensor(const nn_model *base, int64_t index, float *plain)
{
    const nn_resnet *model = (const nn_resnet *)base;
    const nn_tensor_place *place = &model->places[index];
    if (place->conv != NULL) {
        return nn_conv_to_plain(place->conv, place->values, plain);
    }
    memcpy(plain, place->values, sizeof *plain * (size_t)model->base.tensors[index].count);
    return CORE_OK;
}

core_status nn_resnet_set_tensor(nn_model *base, int64_t index, const float *plain)
{
    nn_resnet *model = (nn_resnet *)base;
    const nn_tensor_place *place = &model->places[index];
    if (place->conv != NULL) {
        return nn_conv_from_plain(place->conv, plain, place->values);
    }
    memcpy(place->values, plain, sizeof *plain * (size_t)model->base.tensors[index].count);
    return CORE_OK;
}

/* Kaiming normal (fan in, gain sqrt 2) for convolutions; batch norm 1 and 0. */
static void draw_parameter(const nn_resnet *model, int64_t tensor, float *plain)
{
    const nn_tensor_info *info = &model->base.tensors[tensor];
    uint64_t seed = model->config.seed;
    bool bias = strstr(info->name, ".bias") != NULL;
    if (strncmp(info->name, "linear", 6) == 0) {
        (bias ? nn_head_draw_bias : nn_head_draw_weight)(&model->head, seed, tensor, plain);
        return;
    }
    double scale = sqrt(2.0 / ((double)info->count / (double)info->shape[0])), ones = bias ? 0.0 : 1.0;
    for (int64_t i = 0; i < info->count; i++) {
        double drawn = core_rng_normal((core_rng_key){seed, CORE_RNG_INIT}, (core_rng_counter){0, i, tensor});
        plain[i] = (float)(info->rank > 1 ? scale * drawn : ones);
    }
}

core_status nn_resnet_initialise(nn_resnet *model)
{
    core_arena room = {0};
    float *plain;
    int64_t largest = 64 * 64 * 9 > model->head.classes * model->head.features
                          ? 64 * 64 * 9
                          : model->head.classes * model->head.features;
    core_status status = CORE_ARENA_NEW(&room, largest, "initial values", plain);
    for (int64_t t = 0; t < model->base.tensor_count && status == CORE_OK; t++) {
        if (model->base.tensors[t].kind == NN_TENSOR_PARAMETER) {
            draw_parameter(model, t, plain);
            status = nn_resnet_set_tensor(&model->base, t, plain);
        }
    }
    core_arena_free(&room);
    for (int i = 0; i < model->layer_count; i++) {
        nn_norm_layer layer = nn_resnet_norm(model, i);
        for (int64_t c = 0; c < layer.channels; c++) {
            layer.running_var[c] = 1.0F;
        }
    }
    return status;
}

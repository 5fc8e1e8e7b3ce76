#include <stdlib.h>

#include "nn/context.h"
#include "nn/onednn.h"
#include "nn/resnet.h"

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

static core_status check_config(const nn_resnet_config *c)
{
    if (c->depth < 8 || (c->depth - 2) % 6 != 0) {
        return core_fail(CORE_BAD_USAGE, "a CIFAR ResNet has 6n + 2 layers (8, 14, 20, 32, 44, 56, 110), not %d",
                         c->depth);
    }
    if (c->classes < 2 || c->shard < 1 || c->batch < c->shard || c->groups < 1 || c->threads < 1) {
        return core_fail(CORE_BAD_USAGE,
                         "a network needs 2 or more classes, a shard of 1 or more examples, a batch of at "
                         "least one shard, 1 or more gradient groups and 1 or more threads");
    }
    return CORE_OK;
}

/* The convolution of this shape, made at its first use. */
static core_status shared_conv(nn_resnet *model, nn_conv_shape shape, nn_conv_shape *made, nn_conv **out)
{
    for (int i = 0; i < model->conv_count; i++) {
        if (made[i].in_channels == shape.in_channels && made[i].out_channels == shape.out_channels) {
            *out = model->convs[i];
            return CORE_OK;
        }
    }
    CORE_TRY(nn_conv_create(&shape, model->config.threads, &model->convs[model->conv_count]));
    made[model->conv_count] = shape;
    *out = model->convs[model->conv_count++];
    return CORE_OK;
}

static nn_conv_shape layer_shape(const nn_resnet *model, int index)
{
    int per_stage = model->block_count / 3, block = (index - 1) / 2, stage = index == 0 ? 0 : block / per_stage;
    bool widens = index > 0 && index % 2 == 1 && block % per_stage == 0 && stage > 0;
    int64_t channels = (int64_t)16 << stage, size = (int64_t)32 >> stage;
    return (nn_conv_shape){.shard = model->config.shard,
                           .in_channels = index == 0 ? 3
                                          : widens   ? channels / 2
                                                     : channels,
                           .out_channels = channels,
                           .in_size = widens ? size * 2 : size,
                           .stride = widens ? 2 : 1,
                           .from_images = index == 0};
}

static core_status build_layers(nn_resnet *model)
{
    nn_conv_shape made[NN_RESNET_SHAPES];
    int64_t weights = 0, backward = 0, norms = 0;
    CORE_TRY(CORE_ARENA_NEW(&model->arena, model->layer_count, "layers", model->layers));
    for (int i = 0; i < model->layer_count; i++) {
        nn_resnet_layer *layer = &model->layers[i];
        nn_conv_shape shape = layer_shape(model, i);
        CORE_TRY(shared_conv(model, shape, made, &layer->conv));
        int64_t size = shape.in_size / shape.stride;
        layer->extent = (nn_extent){0, shape.shard, shape.out_channels, size, size, nn_channel_block()};
        layer->shard_floats = shape.shard * shape.out_channels * size * size;
        layer->weight = weights;
        layer->backward_weight = i == 0 ? -1 : backward;
        layer->gamma = layer->statistic = norms;
        weights += nn_conv_weight_count(layer->conv);
        backward += nn_conv_backward_weight_count(layer->conv);
        norms += 2 * shape.out_channels;
    }
    model->head_weight = weights;
    model->head_bias = weights + model->head.classes * model->head.features;
    model->reduced_count = model->head_bias + round_up(model->head.classes, 16);
    model->norm_count = norms;
    for (int i = 0; i < model->layer_count; i++) {
        model->layers[i].gamma += model->reduced_count;
    }
    return CORE_ARENA_NEW(&model->arena, backward, "weights for backward", model->backward_weights);
}

static core_status allocate_values(nn_resnet *model)
{
    core_arena *arena = &model->arena;
    int64_t count = model->reduced_count + model->norm_count;
    int64_t groups = (model->shards + model->group_shards - 1) / model->group_shards;
    CORE_TRY(CORE_ARENA_NEW(arena, count, "weights", model->values));
    CORE_TRY(CORE_ARENA_NEW(arena, count, "momentum", model->momentum));
    CORE_TRY(CORE_ARENA_NEW(arena, groups * model->reduced_count, "weight gradients", model->gradients));
    CORE_TRY(CORE_ARENA_NEW(arena, model->norm_count, "batch-norm gradients", model->norm_gradients));
    CORE_TRY(CORE_ARENA_NEW(arena, model->norm_count, "batch-norm statistics", model->statistics));
    model->head_state.weight = model->values + model->head_weight;
    model->head_state.bias = model->values + model->head_bias;
    if (model->head.kind == NN_HEAD_COSINE) {
        CORE_TRY(CORE_ARENA_NEW(arena, model->head.classes * model->head.features, "class directions",
                                model->head_state.direction));
        CORE_TRY(CORE_ARENA_NEW(arena, model->head.classes, "class norms", model->head_state.norm));
    }
    return CORE_OK;
}

static int64_t largest_shard(const nn_resnet *model) { return model->layers[0].shard_floats; }

static core_status allocate_activations(nn_resnet *model)
{
    core_arena *arena = &model->arena;
    int64_t shards = model->shards;
    CORE_TRY(CORE_ARENA_NEW(arena, shards * model->config.shard * NN_IMAGE_FLOATS, "images", model->input));
    for (int i = 0; i < model->layer_count; i++) {
        CORE_TRY(CORE_ARENA_NEW(arena, shards * model->layers[i].shard_floats, "activations", model->layers[i].x));
    }
    CORE_TRY(CORE_ARENA_NEW(arena, model->block_count, "joins", model->joins));
    for (int b = 0; b < model->block_count; b++) {
        CORE_TRY(CORE_ARENA_NEW(arena, shards * nn_resnet_input(model, b)->shard_floats, "joins", model->joins[b]));
    }
    CORE_TRY(CORE_ARENA_NEW(arena, shards * largest_shard(model), "gradients", model->djoin));
    CORE_TRY(CORE_ARENA_NEW(arena, shards * largest_shard(model), "gradients", model->dinner));
    CORE_TRY(CORE_ARENA_NEW(arena, shards, "batch-norm sums", model->sums[0]));
    return CORE_ARENA_NEW(arena, shards, "batch-norm sums", model->sums[1]);
}

static core_status allocate_workspace(nn_resnet *model, nn_workspace *w)
{
    core_arena *arena = &model->arena;
    int64_t shard = model->config.shard, weights = 0, scratch = 0;
    for (int i = 0; i < model->conv_count; i++) {
        weights = larger(weights, nn_conv_weight_count(model->convs[i]));
        scratch = larger(scratch, nn_conv_scratch_bytes(model->convs[i]));
    }
    for (int i = 0; i < 4; i++) {
        CORE_TRY(CORE_ARENA_NEW(arena, largest_shard(model), "a work space", w->buffer[i]));
    }
    CORE_TRY(CORE_ARENA_NEW(arena, shard * NN_IMAGE_FLOATS, "a work space", w->images));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * model->head.features, "a work space", w->features));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * model->head.features, "a work space", w->dfeatures));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * model->head.classes, "a work space", w->logits));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * model->head.classes, "a work space", w->dlogits));
    CORE_TRY(CORE_ARENA_NEW(arena, weights, "a work space", w->dweights));
    CORE_TRY(CORE_ARENA_NEW(arena, model->layer_count, "a work space", w->norms));
    CORE_TRY(CORE_ARENA_NEW(arena, model->shards, "a work space", w->combination));
    return core_arena_calloc(arena, 1, (size_t)scratch, "oneDNN's scratch", &w->scratch);
}

static core_status build(nn_resnet *model)
{
    CORE_TRY(build_layers(model));
    CORE_TRY(allocate_values(model));
    CORE_TRY(allocate_activations(model));
    CORE_TRY(CORE_ARENA_NEW(&model->arena, model->config.threads, "work spaces", model->workspaces));
    CORE_TRY(CORE_ARENA_NEW(&model->arena, model->config.threads, "the shards' queue", model->lanes));
    for (int t = 0; t < model->config.threads; t++) {
        CORE_TRY(allocate_workspace(model, &model->workspaces[t]));
    }
    CORE_TRY(nn_resnet_list_tensors(model));
    return nn_resnet_initialise(model);
}

static int64_t layer_flop(const nn_resnet *model, int index)
{
    nn_conv_shape shape = layer_shape(model, index);
    int64_t out_size = shape.in_size / shape.stride;
    return 2 * shape.in_channels * shape.out_channels * 9 * out_size * out_size;
}

static void destroy(nn_model *base)
{
    nn_resnet *model = (nn_resnet *)base;
    for (int i = 0; i < model->conv_count; i++) {
        nn_conv_destroy(model->convs[i]);
    }
    core_arena_free(&model->arena);
    free(model);
}

static void describe(nn_resnet *model)
{
    static const nn_model_class functions = {destroy, nn_resnet_get_tensor, nn_resnet_set_tensor, nn_resnet_train_step,
                                             nn_resnet_evaluate};
    int64_t flop = 2 * model->head.classes * model->head.features;
    for (int i = 0; i < model->layer_count; i++) {
        flop += layer_flop(model, i);
    }
    model->base = (nn_model){.functions = &functions,
                             .optimiser = NN_SGD,
                             .feature_count = model->head.features,
                             .class_count = model->head.classes,
                             .evaluate_flop = flop,
                             .train_flop = 3 * flop - layer_flop(model, 0)};
}

core_status nn_resnet_create(const nn_resnet_config *config, nn_model **out)
{
    CORE_TRY(check_config(config));
    nn_resnet *model;
    CORE_TRY(CORE_NEW(1, "a network", model));
    model->config = *config;
    model->kernels = nn_kernels_get();
    model->head = (nn_head){config->head, NN_RESNET_FEATURES, config->classes};
    model->layer_count = config->depth - 1;
    model->block_count = (config->depth - 2) / 2;
    model->shards = (config->batch + config->shard - 1) / config->shard;
    model->group_shards = (model->shards + config->groups - 1) / config->groups;
    describe(model);
    core_status status = build(model);
    if (status != CORE_OK) {
        nn_model_destroy(&model->base);
        return status;
    }
    *out = &model->base;
    return CORE_OK;
}

nn_norm_layer nn_resnet_norm(nn_resnet *model, int index)
{
    const nn_resnet_layer *layer = &model->layers[index];
    int64_t channels = layer->extent.channels;
    return (nn_norm_layer){.channels = channels,
                           .gamma = model->values + layer->gamma,
                           .beta = model->values + layer->gamma + channels,
                           .running_mean = model->statistics + layer->statistic,
                           .running_var = model->statistics + layer->statistic + channels};
}

void nn_resnet_join(const nn_resnet *model, const nn_norm *norms, int block, int64_t images, const float *x,
                    const float *previous, float *room, float *r)
{
    const nn_norm *norm = &norms[2 * block];
    nn_extent e = model->layers[2 * block].extent;
    e.images = images;
    if (block == 0) {
        model->kernels->norm_relu(&e, x, norm->scale, norm->shift, r);
        return;
    }
    const float *shortcut = previous;
    if (nn_resnet_widens(model, block - 1)) {
        model->kernels->shortcut(&nn_resnet_input(model, block - 1)->extent, previous, room);
        shortcut = room;
    }
    model->kernels->norm_add_relu(&e, x, norm->scale, norm->shift, shortcut, r);
}

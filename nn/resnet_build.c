#include "nn/context.h"
#include "nn/onednn.h"
#include "nn/resnet.h"

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static core_status check_config(const nn_resnet_config *c)
{
    if (c->height < NN_IMAGE_LEAST || c->width < NN_IMAGE_LEAST) {
        return core_fail(CORE_BAD_USAGE, "images of %lld x %lld pixels, expected at least %d x %d",
                         (long long)c->height, (long long)c->width, NN_IMAGE_LEAST, NN_IMAGE_LEAST);
    }
    if (c->norm_group < 0 || c->norm_group > c->batch || (c->shard > 0 && c->norm_group % c->shard != 0)) {
        return core_fail(CORE_BAD_USAGE,
                         "batch norm over groups of %lld, expected a multiple of the shard, %lld, at most the "
                         "batch, %lld; or 0, the whole batch",
                         (long long)c->norm_group, (long long)c->shard, (long long)c->batch);
    }
    return CORE_OK;
}

static bool is_same_shape(const nn_conv_shape *a, const nn_conv_shape *b)
{
    return a->in_channels == b->in_channels && a->out_channels == b->out_channels && a->in.height == b->in.height &&
           a->in.width == b->in.width && a->kernel == b->kernel && a->stride == b->stride &&
           a->from_images == b->from_images;
}

/* The convolution of a layer's shape, made at its first use. */
static core_status share_conv(nn_resnet *model, int index)
{
    const nn_resnet_conv *l = &model->plan.layers[index];
    const nn_conv_shape shape = {model->config.shard, l->in, l->out, l->in_plane, l->kernel, l->stride, index == 0};
    nn_conv **to = &model->layers[index].conv;
    for (int i = 0; i < model->conv_count; i++) {
        if (is_same_shape(&shape, nn_conv_get_shape(model->convs[i]))) {
            *to = model->convs[i];
            return CORE_OK;
        }
    }
    CORE_TRY(nn_conv_create(&shape, model->config.threads, to));
    model->convs[model->conv_count++] = *to;
    return CORE_OK;
}

/* A projection's gradient follows that of the first layer of its block, which has the same stage. */
static void place_gradients(nn_resnet *model)
{
    for (int b = 0; b < model->plan.block_count; b++) {
        const nn_resnet_block *block = &model->plan.blocks[b];
        for (int l = block->first; l < nn_resnet_block_end(block); l++) {
            const int64_t own = nn_conv_weight_count(model->layers[l].conv);
            if (l > block->last) {
                model->layers[l].gradient = nn_conv_weight_count(model->layers[block->first].conv);
            }
            model->gradient_floats = larger(model->gradient_floats, model->layers[l].gradient + own);
        }
    }
}

/* Lays out weights, gammas and betas, and allocates them. */
static core_status build_layers(nn_resnet *model)
{
    core_arena *arena = &model->base.arena;
    const int count = model->plan.layer_count;
    int64_t weights = 0, backward = 0, norms = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, count, "layers", model->layers));
    CORE_TRY(CORE_ARENA_NEW(arena, count, "layers", model->convs));
    for (int i = 0; i < count; i++) {
        nn_resnet_layer *layer = &model->layers[i];
        const nn_resnet_conv *plan = &model->plan.layers[i];
        CORE_TRY(share_conv(model, i));
        layer->extent = (nn_extent){
            0, model->config.shard, plan->out, plan->out_plane.height, plan->out_plane.width, nn_channel_block()};
        layer->shard_floats = model->config.shard * plan->out * nn_plane_pixels(plan->out_plane);
        model->largest_shard = larger(model->largest_shard, layer->shard_floats);
        if (i < model->plan.blocks[plan->block].last) {
            model->largest_inner = larger(model->largest_inner, layer->shard_floats);
        }
        model->most_channels = larger(model->most_channels, plan->out);
        layer->weight = weights;
        layer->backward_weight = backward;
        layer->gamma = layer->statistic = norms;
        weights += nn_conv_weight_count(layer->conv);
        backward += nn_conv_backward_weight_count(layer->conv);
        norms += 2 * plan->out;
    }
    place_gradients(model);
    model->norm_count = norms;
    CORE_TRY(nn_model_allocate(&model->base, weights, norms, 5 * (int64_t)count + 2, 0));
    for (int i = 0; i < count; i++) {
        model->layers[i].gamma += model->base.parameters.reduced;
        nn_model_add_cut(&model->base, nn_resnet_cut(model, i));
    }
    nn_model_add_cut(&model->base, nn_model_head_weights(&model->base));
    nn_model_add_cut(&model->base, nn_model_head_biases(&model->base));
    model->base.uncut = (core_range){model->base.parameters.reduced, model->base.parameters.count};
    const nn_resnet_config *c = &model->config;
    model->norm_shards = c->norm_group > 0 ? c->norm_group / c->shard : model->base.shards;
    CORE_TRY(CORE_ARENA_NEW(arena, nn_resnet_norm_groups(model, model->base.shards) * norms, "batch-norm gradients",
                            model->norm_gradients));
    CORE_TRY(CORE_ARENA_NEW(arena, norms, "batch-norm statistics", model->statistics));
    return CORE_ARENA_NEW(arena, backward, "weights for backward", model->backward_weights);
}

/* Whether a layer's x lies in the place that all blocks share: those at the ends of blocks, of the last layer and of the
 * projection, with `recompute`. */
static bool shares_x(const nn_resnet *model, int layer)
{
    return model->config.recompute && layer >= model->plan.blocks[model->plan.layers[layer].block].last;
}

static core_status allocate_shared_x(nn_resnet *model, int64_t *stride, float **place)
{
    int64_t behind = 0;
    for (int i = 0; i < model->plan.layer_count; i++) {
        behind = shares_x(model, i) ? behind + model->layers[i].shard_floats : 0;
        *stride = larger(*stride, behind);
    }
    return CORE_ARENA_NEW(&model->base.arena, model->base.shards * *stride, "activations", *place);
}

static core_status allocate_x(nn_resnet *model)
{
    int64_t stride = 0;
    float *place = NULL;
    if (model->config.recompute) {
        CORE_TRY(allocate_shared_x(model, &stride, &place));
    }
    for (int i = 0; i < model->plan.layer_count; i++) {
        nn_resnet_layer *layer = &model->layers[i];
        if (shares_x(model, i)) {
            const bool begins = i == model->plan.blocks[model->plan.layers[i].block].last;
            layer->x_stride = stride;
            layer->x = begins ? place : layer[-1].x + layer[-1].shard_floats;
        } else {
            layer->x_stride = layer->shard_floats;
            CORE_TRY(
                CORE_ARENA_NEW(&model->base.arena, model->base.shards * layer->shard_floats, "activations", layer->x));
        }
    }
    return CORE_OK;
}

static core_status allocate_activations(nn_resnet *model)
{
    core_arena *arena = &model->base.arena;
    const int64_t shards = model->base.shards;
    const int stored = model->plan.block_count - 1;
    CORE_TRY(CORE_ARENA_NEW(arena, shards * model->input_floats, "images", model->input));
    CORE_TRY(allocate_x(model));
    CORE_TRY(CORE_ARENA_NEW(arena, stored, "activations", model->outputs));
    for (int b = 0; b < stored; b++) {
        CORE_TRY(CORE_ARENA_NEW(arena, shards * nn_resnet_output_floats(model, b), "activations", model->outputs[b]));
    }
    const int64_t groups = nn_model_group_count(&model->base, shards), examples = shards * model->config.shard;
    model->base.ranks.node_doubles = 2 * shards * (1 + 2 * model->most_channels);
    const nn_head *head = &model->base.head;
    for (int i = 0; i < 2; i++) {
        CORE_TRY(CORE_ARENA_NEW(arena, groups * model->gradient_floats, "weight gradients", model->gradients[i]));
    }
    CORE_TRY(CORE_ARENA_NEW(arena, examples * head->features, "features", model->features));
    CORE_TRY(CORE_ARENA_NEW(arena, examples * head->classes, "logits", model->logits));
    CORE_TRY(CORE_ARENA_NEW(arena, examples * head->classes, "logits", model->dlogits));
    CORE_TRY(CORE_ARENA_NEW(arena, examples, "norms", model->norms));
    CORE_TRY(CORE_ARENA_NEW(arena, shards * model->largest_shard, "gradients", model->doutput));
    CORE_TRY(CORE_ARENA_NEW(arena, shards * model->largest_inner, "gradients", model->dinner));
    for (int i = 0; i < 4; i++) {
        CORE_TRY(nn_norm_create_sums(arena, shards, model->most_channels, &model->sums[i / 2][i % 2]));
    }
    return CORE_OK;
}

static core_status allocate_norms(nn_resnet *model, nn_workspace *w)
{
    core_arena *arena = &model->base.arena;
    const int layers = model->plan.layer_count;
    const int64_t norms = nn_resnet_norm_groups(model, model->base.shards) * layers;
    CORE_TRY(CORE_ARENA_NEW(arena, norms, "a work space", w->layer_norms));
    for (int64_t i = 0; i < norms; i++) {
        CORE_TRY(nn_norm_create(arena, model->plan.layers[i % layers].out, nn_channel_block(), &w->layer_norms[i]));
    }
    CORE_TRY(nn_norm_create_lanes(arena, model->most_channels, nn_channel_block(), &w->lanes));
    return nn_norm_create_sums(arena, model->base.shards, NN_NORM_TILE, &w->combination);
}

static core_status allocate_workspace(nn_resnet *model, nn_workspace *w)
{
    core_arena *arena = &model->base.arena;
    const int64_t shard = model->config.shard, D = model->base.head.features, K = model->base.head.classes;
    int64_t weights = 0, scratch = 0;
    for (int i = 0; i < model->conv_count; i++) {
        weights = larger(weights, nn_conv_weight_count(model->convs[i]));
        scratch = larger(scratch, nn_conv_scratch_bytes(model->convs[i]));
    }
    for (int i = 0; i < 4; i++) {
        CORE_TRY(CORE_ARENA_NEW(arena, model->largest_shard, "a work space", w->buffer[i]));
    }
    CORE_TRY(CORE_ARENA_NEW(arena, model->input_floats, "a work space", w->images));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * D, "a work space", w->features));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * D, "a work space", w->dfeatures));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * K, "a work space", w->logits));
    CORE_TRY(CORE_ARENA_NEW(arena, shard, "a work space", w->norms));
    CORE_TRY(CORE_ARENA_NEW(arena, nn_model_group_count(&model->base, model->base.shards) * NN_HEAD_COLUMNS,
                            "a work space", w->dhead));
    CORE_TRY(CORE_ARENA_NEW(arena, weights, "a work space", w->dweights));
    CORE_TRY(allocate_norms(model, w));
    return core_arena_calloc(arena, 1, (size_t)scratch, "oneDNN's scratch", &w->scratch);
}

/* A variance starts as 1. */
static void initialise_statistics(nn_resnet *model)
{
    for (int i = 0; i < model->plan.layer_count; i++) {
        nn_norm_layer norm = nn_resnet_norm(model, i);
        for (int64_t c = 0; c < norm.channels; c++) {
            norm.running_var[c] = 1.0F;
        }
    }
}

static void count_operations(nn_resnet *model)
{
    int64_t flop = 2 * model->base.head.classes * model->base.head.features, stem = 0;
    for (int i = 0; i < model->plan.layer_count; i++) {
        const nn_resnet_conv *l = &model->plan.layers[i];
        const int64_t layer = 2 * l->in * l->out * l->kernel * l->kernel * nn_plane_pixels(l->out_plane);
        stem = i == 0 ? layer : stem;
        flop += layer;
    }
    model->base.evaluate_flop = flop;
    model->base.train_flop = 3 * flop - stem;
}

static core_status build(nn_model *base, const void *config)
{
    nn_resnet *model = (nn_resnet *)base;
    core_arena *arena = &base->arena;
    model->config = *(const nn_resnet_config *)config;
    model->kernels = nn_kernels_get();
    model->max_pool = nn_max_pool_get();
    const nn_resnet_config *c = &model->config;
    CORE_TRY(nn_resnet_plan_make(&c->shape, (nn_plane){c->height, c->width}, arena, &model->plan));
    model->image_floats = NN_IMAGE_CHANNELS * c->height * c->width;
    model->input_floats = (c->shard * model->image_floats + 15) / 16 * 16;
    model->base.head.features = model->plan.blocks[model->plan.block_count - 1].out;
    CORE_TRY(build_layers(model));
    CORE_TRY(allocate_activations(model));
    CORE_TRY(CORE_ARENA_NEW(arena, model->config.threads, "work spaces", model->workspaces));
    CORE_TRY(CORE_ARENA_NEW(arena, model->config.threads, "the shards' queue", model->lanes));
    for (int t = 0; t < model->config.threads; t++) {
        CORE_TRY(allocate_workspace(model, &model->workspaces[t]));
    }
    CORE_TRY(nn_resnet_list_tensors(model));
    initialise_statistics(model);
    count_operations(model);
    return nn_model_initialise(&model->base);
}

static void destroy_convs(nn_model *base)
{
    nn_resnet *model = (nn_resnet *)base;
    for (int i = 0; i < model->conv_count; i++) {
        nn_conv_destroy(model->convs[i]);
    }
}

core_status nn_resnet_create(const nn_resnet_config *config, nn_model **out)
{
    static const nn_model_class functions = {
        sizeof(nn_resnet), build, destroy_convs, nn_resnet_draw, nn_resnet_train_step, nn_resnet_evaluate};
    const nn_model_common common = {.head = {.kind = config->head, .classes = config->classes},
                                    .batch = config->batch,
                                    .shard = config->shard,
                                    .groups = config->groups,
                                    .threads = config->threads,
                                    .seed = config->seed,
                                    .optimiser = NN_SGD};
    CORE_TRY(check_config(config));
    return nn_model_create(&functions, &common, config, out);
}

nn_norm_layer nn_resnet_norm(nn_resnet *model, int index)
{
    const nn_resnet_layer *layer = &model->layers[index];
    const int64_t channels = layer->extent.channels;
    float *values = model->base.parameters.values;
    return (nn_norm_layer){.channels = channels,
                           .gamma = values + layer->gamma,
                           .beta = values + layer->gamma + channels,
                           .running_mean = model->statistics + layer->statistic,
                           .running_var = model->statistics + layer->statistic + channels};
}

void nn_resnet_write_output(const nn_resnet *model, const nn_norm *norms, int block, int64_t images,
                            const nn_resnet_end *end, float *scratch, float *r)
{
    const nn_resnet_block *plan = &model->plan.blocks[block];
    const nn_kernels *kernels = model->kernels;
    const nn_norm *norm = &norms[plan->last];
    nn_extent e = model->layers[plan->last].extent;
    e.images = images;
    if (plan->shortcut == NN_SHORTCUT_NONE) {
        kernels->norm_relu(&e, end->x, norm->scale, norm->shift, plan->pools ? scratch : r);
        if (plan->pools) {
            model->max_pool->forward(&e, scratch, r);
        }
        return;
    }
    if (nn_resnet_projects(plan)) {
        const nn_norm *other = &norms[nn_resnet_projection(plan)];
        kernels->norm_add_norm_relu(&e, &(nn_norm_input){end->x, norm->scale, norm->shift},
                                    &(nn_norm_input){end->projection, other->scale, other->shift}, r);
        return;
    }
    const float *shortcut = end->previous;
    if (plan->shortcut == NN_SHORTCUT_PAD) {
        const nn_extent before = nn_resnet_output_extent(model, block - 1, images);
        kernels->shortcut(&before, end->previous, scratch);
        shortcut = scratch;
    }
    kernels->norm_add_relu(&e, end->x, norm->scale, norm->shift, shortcut, r);
}

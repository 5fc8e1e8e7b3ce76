#include "nn/resnet_plan.h"

#include <stdio.h>

core_status nn_resnet_shape_cifar(int depth, nn_resnet_shape *out)
{
    if (depth < 8 || (depth - 2) % 6 != 0) {
        return core_fail(CORE_BAD_USAGE, "a CIFAR ResNet has 6n + 2 layers (8, 14, 20, 32, 44, 56, 110), not %d",
                         depth);
    }
    const int n = (depth - 2) / 6;
    *out = (nn_resnet_shape){.stem = 3, .width = 16, .stages = 3, .blocks = {n, n, n}};
    return CORE_OK;
}

nn_resnet_shape nn_resnet_shape_18(int stem)
{
    return (nn_resnet_shape){.projects = true, .stem = stem, .width = 64, .stages = 4, .blocks = {2, 2, 2, 2}};
}

nn_resnet_shape nn_resnet_shape_50(int stem, bool v1)
{
    return (nn_resnet_shape){
        .bottleneck = true, .v1 = v1, .projects = true, .stem = stem, .width = 64, .stages = 4, .blocks = {3, 4, 6, 3}};
}

/* One layer of a block: its kernel, stride and channels. */
typedef struct {
    int64_t kernel, stride, in, out;
} step;

static void add_layer(nn_resnet_plan *plan, nn_plane in, int number, const step *s)
{
    plan->layers[plan->layer_count++] = (nn_resnet_conv){.kernel = s->kernel,
                                                         .stride = s->stride,
                                                         .in = s->in,
                                                         .out = s->out,
                                                         .in_plane = in,
                                                         .out_plane = nn_plane_behind(in, s->stride),
                                                         .block = plan->block_count,
                                                         .number = number};
}

/* Appends a block whose main path is the `count` steps. */
static void add_block(nn_resnet_plan *plan, nn_resnet_block block, const step *steps, int count, nn_plane images)
{
    const nn_plane in = plan->block_count == 0 ? images : plan->blocks[plan->block_count - 1].out_plane;
    nn_plane plane = in;
    block.first = plan->layer_count;
    block.last = block.first + count - 1;
    for (int i = 0; i < count; i++) {
        add_layer(plan, plane, i + 1, &steps[i]);
        plane = plan->layers[block.first + i].out_plane;
    }
    if (block.shortcut == NN_SHORTCUT_PROJECTION) {
        add_layer(plan, in, 0, &(step){1, block.stride, block.in, block.out});
    }
    block.out_plane = block.pools ? nn_plane_behind(plane, NN_POOL_STRIDE) : plane;
    plan->blocks[plan->block_count++] = block;
}

static void add_stem(nn_resnet_plan *plan, const nn_resnet_shape *shape, nn_plane images)
{
    const bool pools = shape->stem == 7;
    const step conv = {shape->stem, pools ? 2 : 1, NN_IMAGE_CHANNELS, shape->width};
    const nn_resnet_block block = {
        .kind = NN_BLOCK_STEM, .stride = conv.stride, .in = conv.in, .out = conv.out, .pools = pools};
    add_block(plan, block, &conv, 1, images);
}

/* Appends block `index` of a stage; both count from 0. */
static void add_inner_block(nn_resnet_plan *plan, const nn_resnet_shape *shape, int stage, int index)
{
    const int64_t width = shape->width << stage, in = plan->blocks[plan->block_count - 1].out;
    const int64_t out = shape->bottleneck ? 4 * width : width, stride = stage > 0 && index == 0 ? 2 : 1;
    const bool keeps = stride == 1 && in == out;
    const step basic[] = {{3, stride, in, out}, {3, 1, out, out}};
    const step bottleneck[] = {
        {1, shape->v1 ? stride : 1, in, width}, {3, shape->v1 ? 1 : stride, width, width}, {1, 1, width, out}};
    nn_resnet_block block = {.kind = shape->bottleneck ? NN_BLOCK_BOTTLENECK : NN_BLOCK_BASIC,
                             .stride = stride,
                             .in = in,
                             .out = out,
                             .shortcut = keeps             ? NN_SHORTCUT_IDENTITY
                                         : shape->projects ? NN_SHORTCUT_PROJECTION
                                                           : NN_SHORTCUT_PAD};
    snprintf(block.prefix, sizeof block.prefix, "layer%d.%d.", stage + 1, index);
    add_block(plan, block, shape->bottleneck ? bottleneck : basic, shape->bottleneck ? 3 : 2, (nn_plane){0, 0});
}

static bool is_shape(const nn_resnet_shape *s)
{
    bool good = s->stages >= 1 && s->stages <= NN_RESNET_STAGES && s->width >= 16 && s->width % 16 == 0 &&
                (s->stem == 3 || s->stem == 7) && (s->projects || !s->bottleneck);
    for (int stage = 0; good && stage < s->stages; stage++) {
        good = s->blocks[stage] >= 1 && s->blocks[stage] <= NN_RESNET_BLOCKS;
    }
    return good;
}

core_status nn_resnet_plan_make(const nn_resnet_shape *shape, nn_plane images, core_arena *arena, nn_resnet_plan *out)
{
    if (!is_shape(shape)) {
        return core_fail(
            CORE_BAD_USAGE,
            "a ResNet has 1 to %d stages of 1 to %d blocks, a width that is a multiple of 16, a stem of 3x3 "
            "or 7x7, and projections where it has bottlenecks",
            NN_RESNET_STAGES, NN_RESNET_BLOCKS);
    }
    int blocks = 1;
    for (int stage = 0; stage < shape->stages; stage++) {
        blocks += shape->blocks[stage];
    }
    nn_resnet_plan plan = {0};
    CORE_TRY(CORE_ARENA_NEW(arena, blocks, "a network's plan", plan.blocks));
    CORE_TRY(CORE_ARENA_NEW(arena, 4 * blocks, "a network's plan", plan.layers));
    add_stem(&plan, shape, images);
    for (int stage = 0; stage < shape->stages; stage++) {
        for (int index = 0; index < shape->blocks[stage]; index++) {
            add_inner_block(&plan, shape, stage, index);
        }
    }
    *out = plan;
    return CORE_OK;
}

void nn_resnet_plan_name(const nn_resnet_plan *plan, int layer, nn_layer_part part, char name[NN_LAYER_NAME_BYTES])
{
    const nn_resnet_conv *l = &plan->layers[layer];
    const char *prefix = plan->blocks[l->block].prefix;
    if (l->number == 0) {
        snprintf(name, NN_LAYER_NAME_BYTES, "%sdownsample.%d", prefix, part == NN_PART_CONV ? 0 : 1);
    } else {
        snprintf(name, NN_LAYER_NAME_BYTES, "%s%s%d", prefix, part == NN_PART_CONV ? "conv" : "bn", l->number);
    }
}

#include "nn/resnet_plan.h"

#include <stdbool.h>
#include <stdio.h>

/* Appends a block and its layers behind those of the block before; the first block reads `images`. */
static void add_block(nn_resnet_plan *plan, const nn_resnet_block *block, nn_plane images)
{
    const int layers = block->kind == NN_BLOCK_STEM ? 1 : 2, index = plan->block_count++;
    nn_resnet_block *added = &plan->blocks[index];
    *added = *block;
    added->first = plan->layer_count;
    added->end = added->first + layers;
    for (int number = 1; number <= layers; number++) {
        const nn_plane in = plan->layer_count == 0 ? images : plan->layers[plan->layer_count - 1].out_plane;
        const int64_t stride = number == 1 ? block->stride : 1;
        plan->layers[plan->layer_count++] = (nn_resnet_conv){.kernel = block->kernel,
                                                             .stride = stride,
                                                             .in = number == 1 ? block->in : block->out,
                                                             .out = block->out,
                                                             .in_plane = in,
                                                             .out_plane = nn_plane_behind(in, stride),
                                                             .block = index,
                                                             .number = number};
    }
}

core_status nn_resnet_plan_cifar(nn_plane images, int n, int64_t width, core_arena *arena, nn_resnet_plan *out)
{
    nn_resnet_plan plan = {0};
    CORE_TRY(CORE_ARENA_NEW(arena, 1 + NN_RESNET_STAGES * n, "a network's plan", plan.blocks));
    CORE_TRY(CORE_ARENA_NEW(arena, 1 + 2 * NN_RESNET_STAGES * n, "a network's plan", plan.layers));
    nn_resnet_block block = {NN_BLOCK_STEM, 3, 1, NN_IMAGE_CHANNELS, width, NN_SHORTCUT_NONE, "", 0, 0};
    add_block(&plan, &block, images);
    for (int b = 0; b < NN_RESNET_STAGES * n; b++) {
        const bool widens = b >= n && b % n == 0;
        block.kind = NN_BLOCK_BASIC;
        block.in = block.out;
        block.out = widens ? 2 * block.in : block.in;
        block.stride = widens ? 2 : 1;
        block.shortcut = widens ? NN_SHORTCUT_PAD : NN_SHORTCUT_IDENTITY;
        snprintf(block.prefix, sizeof block.prefix, "layer%d.%d.", b / n + 1, b % n);
        add_block(&plan, &block, images);
    }
    *out = plan;
    return CORE_OK;
}

void nn_resnet_plan_name(const nn_resnet_plan *plan, int layer, const char *part, char name[NN_LAYER_NAME_BYTES])
{
    const nn_resnet_conv *l = &plan->layers[layer];
    snprintf(name, NN_LAYER_NAME_BYTES, "%s%s%d", plan->blocks[l->block].prefix, part, l->number);
}

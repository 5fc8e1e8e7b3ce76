/* nn/resnet_plan.h - a ResNet as data: its blocks and their layers, which build, train, evaluate, name and export it.
 *
 * Source   He et al. 2016; nn_resnet_shape in nn/model.h says which networks.
 * Maths    A layer is a convolution (padding kernel / 2, no bias) and the batch norm behind it: x_l = conv(input),
 *          z_l = bn(x_l). Inside a block the next layer's input is relu(z_l). The block's output is
 *          r_b = relu(z_last + shortcut(r_b-1)); the first layer of block b reads r_b-1, that of block 0 the images.
 *          A projection is a layer of the block too, which reads r_b-1: shortcut(r_b-1) = z_projection. A stem that pools
 *          has r_0 = maxpool(relu(z)), 3x3 of stride 2. features = the mean over the pixels of the last block's r.
 */
#ifndef NN_RESNET_PLAN_H
#define NN_RESNET_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "nn/conv.h"
#include "nn/model.h"

enum { NN_IMAGE_CHANNELS = 3, NN_POOL_STRIDE = 2 };

typedef enum {
    NN_BLOCK_STEM,      /* one layer */
    NN_BLOCK_BASIC,     /* two layers of 3x3, the first with the stride and the change of channels */
    NN_BLOCK_BOTTLENECK /* 1x1, 3x3, 1x1; the first two have a quarter of the block's output channels */
} nn_block_kind;

typedef enum {
    NN_SHORTCUT_NONE,      /* r = relu(z) */
    NN_SHORTCUT_IDENTITY,  /* + the block's input */
    NN_SHORTCUT_PAD,       /* option A: + every second pixel of it, zeros before and behind its channels */
    NN_SHORTCUT_PROJECTION /* + a layer of its own, 1x1 with the block's stride */
} nn_shortcut;

typedef struct {
    nn_block_kind kind;
    int64_t stride, in, out; /* in, out: channels */
    nn_shortcut shortcut;
    bool pools;         /* a max-pool is its end */
    char prefix[32];    /* of its tensors' names: "layer1.0."; the stem's "" */
    int first, last;    /* its layers on the main path; the next one is the projection, if it has one */
    nn_plane out_plane; /* of its output */
} nn_resnet_block;

typedef struct {
    int64_t kernel, stride, in, out;
    nn_plane in_plane, out_plane;
    int block;
    int number; /* in its names, from 1: conv1, bn1; 0: the projection */
} nn_resnet_conv;

typedef struct {
    nn_resnet_block *blocks; /* (block_count); 0 is the stem */
    nn_resnet_conv *layers;  /* (layer_count), block by block */
    int block_count, layer_count;
} nn_resnet_plan;

/* The plan of a network for images of a plane; the arena owns its arrays. CORE_BAD_USAGE: a field out of range.
 * CORE_MACHINE: memory. */
core_status nn_resnet_plan_make(const nn_resnet_shape *shape, nn_plane images, core_arena *arena,
                                nn_resnet_plan *out) CORE_MUST_USE;

/* The projection of a block, which has one. */
static inline int nn_resnet_projection(const nn_resnet_block *block) { return block->last + 1; }

/* The layer with which a block ends, its projection included. */
static inline int nn_resnet_block_end(const nn_resnet_block *block)
{
    return block->last + (block->shortcut == NN_SHORTCUT_PROJECTION ? 2 : 1);
}

/* Writes the name of a part of a layer: "layer1.0.conv2", "bn1"; a projection's: "layer2.0.downsample.0", ".1". */
typedef enum { NN_PART_CONV, NN_PART_NORM } nn_layer_part;
enum { NN_LAYER_NAME_BYTES = 48 };
void nn_resnet_plan_name(const nn_resnet_plan *plan, int layer, nn_layer_part part, char name[NN_LAYER_NAME_BYTES]);

#endif

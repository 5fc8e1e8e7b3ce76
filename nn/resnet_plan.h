/* nn/resnet_plan.h - a ResNet as data: its blocks and their layers, which build, train, evaluate, name and export it.
 *
 * Source   He et al. 2016, the CIFAR family of 6n + 2 layers: a stem, then three stages of n basic blocks with 16, 32
 *          and 64 channels; each stage but the first begins with stride 2; option-A shortcuts.
 * Maths    A layer is a convolution (padding kernel / 2, no bias) and the batch norm behind it: x_l = conv(input),
 *          z_l = bn(x_l). Inside a block the next layer's input is relu(z_l). The block's output is
 *          r_b = relu(z_last + shortcut(r_b-1)); the first layer of block b reads r_b-1, that of block 0 the images.
 *          features = the mean over the pixels of the last block's r.
 */
#ifndef NN_RESNET_PLAN_H
#define NN_RESNET_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "nn/conv.h"

enum { NN_IMAGE_CHANNELS = 3, NN_RESNET_STAGES = 3, NN_RESNET_WIDTH = 16 };

typedef enum {
    NN_BLOCK_STEM, /* one layer */
    NN_BLOCK_BASIC /* two layers of one kernel, the first with the stride and the change of channels */
} nn_block_kind;

typedef enum {
    NN_SHORTCUT_NONE,     /* r = relu(z) */
    NN_SHORTCUT_IDENTITY, /* + the block's input */
    NN_SHORTCUT_PAD       /* option A: + every second pixel of it, zeros before and behind its channels */
} nn_shortcut;

typedef struct {
    nn_block_kind kind;
    int64_t kernel, stride, in, out; /* in, out: channels */
    nn_shortcut shortcut;
    char prefix[32]; /* of its tensors' names: "layer1.0."; the stem's "" */
    int first, end;  /* its layers */
} nn_resnet_block;

typedef struct {
    int64_t kernel, stride, in, out;
    nn_plane in_plane, out_plane;
    int block;
    int number; /* in its names, from 1: conv1, bn1 */
} nn_resnet_conv;

typedef struct {
    nn_resnet_block *blocks; /* (block_count); 0 is the stem */
    nn_resnet_conv *layers;  /* (layer_count), block by block */
    int block_count, layer_count;
} nn_resnet_plan;

/* The plan of the CIFAR family for images of a plane, with n >= 1 blocks a stage and `width` channels in the first; the
 * arena owns its arrays. CORE_MACHINE: memory. */
core_status nn_resnet_plan_cifar(nn_plane images, int n, int64_t width, core_arena *arena,
                                 nn_resnet_plan *out) CORE_MUST_USE;

/* Writes a layer's name of `part`, "conv" or "bn": "layer1.0.conv2"; the stem's: "conv1". */
enum { NN_LAYER_NAME_BYTES = 48 };
void nn_resnet_plan_name(const nn_resnet_plan *plan, int layer, const char *part, char name[NN_LAYER_NAME_BYTES]);

#endif

/* nn/resnet.h - the inside of a ResNet for CIFAR, shared by the rooms that build, train and evaluate it.
 *
 * Network  x_0 = conv(images), r_0 = relu(bn(x_0)); block b: x_1 = conv(r_b), y = relu(bn(x_1)), x_2 = conv(y),
 *          r_{b+1} = relu(bn(x_2) + shortcut(r_b)); features = mean over pixels of the last r.
 * Layers   0 is the stem; block b has layers 2b + 1 and 2b + 2.
 * Stored   Of a training step only the x of every layer and the r of every block are kept; y and the last r are
 *          computed again from x in the pass that needs them, which reads x anyway.
 */
#ifndef NN_RESNET_H
#define NN_RESNET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/queue.h"
#include "nn/batch_norm.h"
#include "nn/conv.h"
#include "nn/head.h"
#include "nn/kernels.h"
#include "nn/model_internal.h"

enum { NN_IMAGE_FLOATS = 3 * 32 * 32, NN_RESNET_SHAPES = 6, NN_RESNET_FEATURES = 64 };

typedef struct {
    nn_conv *conv;           /* borrowed from the model: layers of one shape share it */
    nn_extent extent;        /* of the output; images is set per shard */
    int64_t shard_floats;    /* of the output of one padded shard */
    int64_t weight, gamma;   /* offsets in values; beta follows gamma */
    int64_t backward_weight; /* offset in backward_weights; -1: the stem */
    int64_t statistic;       /* offset of the running mean in statistics; the variance follows */
    float *x;                /* (shards, shard_floats): outputs of the convolution */
} nn_resnet_layer;

/* What one thread works in. */
typedef struct {
    float *buffer[4];            /* each of the largest shard's size */
    float *images;               /* (shard, 3, 32, 32): evaluation's input */
    float *features, *dfeatures; /* (shard, D) */
    float *logits, *dlogits;     /* (shard, K) */
    float *dweights;             /* one layer's */
    nn_norm *norms;              /* (layers) */
    nn_norm_sums *combination;   /* (shards) */
    void *scratch;               /* oneDNN's */
} nn_workspace;

typedef struct {
    nn_model base;
    nn_resnet_config config;
    core_arena arena; /* owns every array below */
    const nn_kernels *kernels;
    nn_head head;
    nn_head_state head_state;
    int layer_count, block_count;
    nn_resnet_layer *layers;
    nn_conv *convs[NN_RESNET_SHAPES]; /* owned */
    int conv_count;
    int64_t shards, group_shards; /* of the largest mini-batch; shards a group */
    /* Trained values in one array: convolutions, head weight, head bias (their gradients are sums over shards:
     * reduced_count), then every gamma and beta (norm_count; their gradients come out of batch norm's sums). */
    int64_t reduced_count, norm_count, head_weight, head_bias;
    float *values, *momentum;
    float *gradients;      /* (groups, reduced_count) */
    float *norm_gradients; /* (norm_count) */
    float *statistics;     /* running means and variances */
    float *backward_weights;
    float *input;             /* (shards, shard, 3, 32, 32) */
    float **joins;            /* (blocks): r of the block's input, (shards, ...) */
    float *djoin, *dinner;    /* gradients at a join and inside a block, (shards, largest shard) */
    nn_norm_sums *sums[2];    /* (shards): two, since the next stage writes while others still read */
    nn_workspace *workspaces; /* (threads) */
    core_queue_lane *lanes;   /* (threads) */
    struct nn_tensor_place *places;
} nn_resnet;

/* Which layer a block reads its input's extent from. */
static inline const nn_resnet_layer *nn_resnet_input(const nn_resnet *model, int block)
{
    return &model->layers[2 * block];
}

static inline bool nn_resnet_widens(const nn_resnet *model, int block)
{
    return model->layers[2 * block + 1].extent.channels != nn_resnet_input(model, block)->extent.channels;
}

nn_norm_layer nn_resnet_norm(nn_resnet *model, int layer);

/* r = relu(bn(x) + shortcut(previous r)) of the input of `block`, or of the features for block = block_count.
 * `previous` is r of the block before (unused for block 0); `room` takes a widened shortcut. */
void nn_resnet_join(const nn_resnet *model, const nn_norm *norms, int block, int64_t images, const float *x,
                    const float *previous, float *room, float *r);

/* Names and access: fills tensors and places. */
core_status nn_resnet_list_tensors(nn_resnet *model) CORE_MUST_USE;

/* Initial values from config.seed. */
core_status nn_resnet_initialise(nn_resnet *model) CORE_MUST_USE;

/* nn/model.h's functions for a ResNet. */
core_status nn_resnet_get_tensor(const nn_model *base, int64_t index, float *plain) CORE_MUST_USE;
core_status nn_resnet_set_tensor(nn_model *base, int64_t index, const float *plain) CORE_MUST_USE;
core_status nn_resnet_train_step(nn_model *base, int64_t count, const nn_train_feed *feed,
                                 const nn_update *update) CORE_MUST_USE;
core_status nn_resnet_evaluate(nn_model *base, int64_t count, const nn_eval_feed *feed) CORE_MUST_USE;

#endif

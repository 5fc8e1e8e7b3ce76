/* nn/resnet.h - the inside of a ResNet, shared by the rooms that build, train and evaluate it.
 *
 * Network  nn/resnet_plan.h: blocks and layers are numbered as there.
 * Updates  A layer's weights are updated in the stage behind the one that has summed their gradients, so that the sums of
 *          all groups are there for the layers of two stages only. The head's gradient is summed in pieces of rows, from
 *          the features and dlogits of the mini-batch.
 * Stored   A training step keeps the x of every layer, and the r of every block but the last. The inputs of layers
 *          inside a block, and the last r, are computed again from x by the pass that needs them, which reads x anyway.
 *          With `recompute` the blocks share one place for the x at their ends, of the last layer and of the projection,
 *          which are the widest: the backward pass of a block ends with those of the block before it, computed again.
 */
#ifndef NN_RESNET_H
#define NN_RESNET_H

#include <stdint.h>
#include <string.h>

#include "core/queue.h"
#include "nn/batch_norm.h"
#include "nn/conv.h"
#include "nn/kernels.h"
#include "nn/max_pool.h"
#include "nn/model_internal.h"
#include "nn/resnet_plan.h"

/* A layer of the plan, built. */
typedef struct {
    nn_conv *conv;           /* borrowed from the model: layers of one shape share it */
    nn_extent extent;        /* of the output; images is set per shard */
    int64_t shard_floats;    /* of the output of one padded shard */
    int64_t weight, gamma;   /* offsets in values; beta follows gamma */
    int64_t backward_weight; /* offset in backward_weights; the stem has none */
    int64_t gradient;        /* offset in a group's gradients of a stage */
    int64_t statistic;       /* offset of the running mean in statistics; the variance follows */
    float *x;                /* outputs of the convolution, that of shard i at x + i * x_stride */
    int64_t x_stride;
} nn_resnet_layer;

enum { NN_HEAD_COLUMNS = 128 }; /* of a row of the head's weights, whose gradient is summed at once */

/* The work space of one thread. */
typedef struct {
    float *buffer[4];            /* each of the largest shard's size */
    float *images;               /* (shard, 3, H, W): evaluation's input */
    float *features, *dfeatures; /* (shard, D); features: evaluation's */
    float *logits;               /* (shard, K), evaluation's */
    float *norms;                /* (shard), evaluation's: of a cosine head's features */
    float *dweights;             /* one layer's */
    float *dhead;                /* (groups, NN_HEAD_COLUMNS): a piece of the head's gradient */
    nn_norm *layer_norms;        /* (groups of batch norm, layers); evaluation's: the first */
    nn_norm_lanes lanes;         /* of the widest layer */
    nn_norm_sums *combination;   /* (shards, NN_NORM_TILE) */
    void *scratch;               /* oneDNN's */
} nn_workspace;

typedef struct {
    nn_model base;
    nn_resnet_config config;
    nn_resnet_plan plan;
    const nn_kernels *kernels;
    const nn_max_pool *max_pool;
    nn_resnet_layer *layers; /* (plan.layer_count) */
    nn_conv **convs;         /* (conv_count), owned */
    int conv_count;
    /* The values that are not reduced are every gamma and beta: their gradients come out of batch norm's sums. */
    int64_t norm_count;
    int64_t norm_shards;   /* of a group of batch norm */
    float *norm_gradients; /* (groups of batch norm, norm_count) */
    /* (groups, gradient_floats) of a stage's layers, twice, because the next stage updates the weights of this one. */
    float *gradients[2];
    int64_t gradient_floats;
    float *features, *logits, *dlogits, *norms; /* the head's, of the mini-batch: (examples, D), K, K, 1 */
    float *statistics;                          /* running means and variances */
    float *backward_weights;
    int64_t largest_shard;   /* floats of the largest layer's shard */
    int64_t largest_inner;   /* of the largest one that does not end its block */
    int64_t most_channels;   /* of the widest layer */
    int64_t image_floats;    /* of an image */
    int64_t input_floats;    /* of a shard of images, rounded up to whole vectors */
    float *input;            /* (shards, input_floats) */
    float **outputs;         /* (plan.block_count - 1): r of the block, (shards, ...) */
    float *doutput, *dinner; /* gradients of a block's output, (shards, largest_shard), and inside it, largest_inner */
    /* (shards) of a stage's layer and of the projection beside it, twice, because a thread may write the next stage's
     * while others still read. */
    nn_norm_sums *sums[2][2];
    nn_workspace *workspaces; /* (threads) */
    core_queue_lane *lanes;   /* (threads) */
} nn_resnet;

/* The groups of batch norm that `shards` shards of a mini-batch fill. */
static inline int64_t nn_resnet_norm_groups(const nn_resnet *model, int64_t shards)
{
    return (shards + model->norm_shards - 1) / model->norm_shards;
}

/* The extent of the output of a block. */
static inline nn_extent nn_resnet_output_extent(const nn_resnet *model, int block, int64_t images)
{
    const nn_resnet_block *b = &model->plan.blocks[block];
    return (nn_extent){
        images, model->config.shard, b->out, b->out_plane.height, b->out_plane.width, model->layers[0].extent.block};
}

/* The floats of it. */
static inline int64_t nn_resnet_output_floats(const nn_resnet *model, int block)
{
    const nn_resnet_block *b = &model->plan.blocks[block];
    return model->config.shard * b->out * nn_plane_pixels(b->out_plane);
}

static inline bool nn_resnet_projects(const nn_resnet_block *block)
{
    return block->shortcut == NN_SHORTCUT_PROJECTION;
}

/* Zeros behind the first `images` images of a shard's input. */
static inline void nn_resnet_clear_padding(const nn_resnet *model, int64_t images, float *input)
{
    const int64_t used = images * model->image_floats;
    memset(input + used, 0, sizeof *input * (size_t)(model->input_floats - used));
}

nn_norm_layer nn_resnet_norm(nn_resnet *model, int layer);

/* How ranks cut a layer's weights. */
static inline nn_cut nn_resnet_cut(const nn_resnet *model, int layer)
{
    return (nn_cut){model->layers[layer].weight, 16, nn_conv_weight_count(model->layers[layer].conv) / 16};
}

/* The inputs of a block's end, of one shard. */
typedef struct {
    const float *x;          /* of its last layer */
    const float *projection; /* x of its projection, if it has one */
    const float *previous;   /* r of the block before; unused by block 0 */
} nn_resnet_end;

/* Writes r, a block's output, of a shard with `images` images. `scratch` (largest_shard) is overwritten. */
void nn_resnet_write_output(const nn_resnet *model, const nn_norm *norms, int block, int64_t images,
                            const nn_resnet_end *end, float *scratch, float *r);

/* Names and access: fills the parameters' list of tensors. */
core_status nn_resnet_list_tensors(nn_resnet *model) CORE_MUST_USE;

/* nn_model_class's functions for a ResNet. */
void nn_resnet_draw(const nn_model *base, int64_t tensor, float *plain);
core_status nn_resnet_train_step(nn_model *base, int64_t count, const nn_train_feed *feed,
                                 const nn_update *update) CORE_MUST_USE;
core_status nn_resnet_evaluate(nn_model *base, int64_t count, const nn_eval_feed *feed) CORE_MUST_USE;

#endif

/* nn/model.h - a network that trains by shards: what the harness sees of it.
 *
 * Source   He et al. 2016 (ResNet for CIFAR, option-A shortcuts); the LDAM paper's released code for initial values.
 * Shards   A mini-batch of up to `batch` examples is cut into shards of `shard` examples, the last one padded. Every
 *          result is a pure function of (configuration, tensors, inputs): never of the number of threads.
 * Threads  A model belongs to one caller at a time. Its feed's functions are called from inside a parallel region, by
 *          several threads at once for disjoint ranges: they must not fail, print, or allocate.
 */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <stdint.h>

#include "core/status.h"

typedef enum {
    NN_HEAD_LINEAR, /* logits = W f + b */
    NN_HEAD_COSINE  /* logits = (W / |W|) (f / |f|), class vectors and features clamped at norm 1e-12, no bias */
} nn_head_kind;

typedef struct {
    int depth;       /* 6n + 2: 8, 14, 20, 32, 44, 56, 110 */
    int64_t classes; /* K >= 2 */
    nn_head_kind head;
    int64_t batch;  /* largest mini-batch, >= shard */
    int64_t shard;  /* examples a shard, >= 1 */
    int64_t groups; /* weight gradients: groups of shards, >= 1; part of the arithmetic */
    int threads;    /* >= 1; not part of the arithmetic */
    uint64_t seed;  /* initial values: kaiming-normal convolutions, head as in the released code */
} nn_resnet_config;

typedef struct nn_model nn_model;

/* Builds a ResNet for 3x32x32 images with its initial values. Owned by the caller: nn_model_destroy.
 * CORE_BAD_USAGE: a depth that is not 6n+2, or another field out of range. CORE_MACHINE: memory. */
core_status nn_resnet_create(const nn_resnet_config *config, nn_model **out) CORE_MUST_USE;
void nn_model_destroy(nn_model *model);

/* Every tensor that a run's future depends on, in a fixed order: parameters (trained), batch-norm statistics, and the
 * optimiser's buffers, one a parameter. */
typedef enum { NN_TENSOR_PARAMETER, NN_TENSOR_STATISTIC, NN_TENSOR_OPTIMISER } nn_tensor_kind;

typedef struct {
    const char *name; /* PyTorch's name in the released code: "layer1.0.conv1.weight"; optimiser: + ".momentum" */
    nn_tensor_kind kind;
    int rank;
    int64_t shape[4];
    int64_t count; /* elements */
} nn_tensor_info;

int64_t nn_model_tensor_count(const nn_model *model);
nn_tensor_info nn_model_tensor(const nn_model *model, int64_t index);

/* Copies tensor `index` out of or into the model in its plain row-major layout, `count` floats. */
core_status nn_model_get_tensor(const nn_model *model, int64_t index, float *plain) CORE_MUST_USE;
core_status nn_model_set_tensor(nn_model *model, int64_t index, const float *plain) CORE_MUST_USE;

int64_t nn_model_feature_count(const nn_model *model); /* D, the last-but-one layer: 64 */
int64_t nn_model_class_count(const nn_model *model);   /* K */

/* Floating-point operations (a multiply-add is two) that an example costs in convolutions and head. */
int64_t nn_model_evaluate_flop(const nn_model *model);
int64_t nn_model_train_flop(const nn_model *model); /* forward and both backwards; the stem has no backward by data */

/* Where a training step gets its examples and its loss. `first` and `count` are positions in the mini-batch. */
typedef struct {
    void *context;
    /* Writes images (count, 3, 32, 32), normalised. */
    void (*load)(void *context, int64_t first, int64_t count, float *images);
    /* From logits (count, K) writes dlogits (count, K), the gradient of the batch's loss. Called once an example. */
    void (*loss)(void *context, int64_t first, int64_t count, const float *logits, float *dlogits);
} nn_train_feed;

/* One step of SGD: buf = momentum buf + g + weight_decay w; w -= lr buf, for every parameter, batch norm included.
 * The first step of a new model has buf = g + weight_decay w, which zero buffers give. */
typedef struct {
    float lr, momentum, weight_decay;
} nn_sgd;

/* Forward in training mode, loss, backward and SGD on a mini-batch of 1 <= count <= batch examples. */
core_status nn_model_train_step(nn_model *model, int64_t count, const nn_train_feed *feed,
                                const nn_sgd *sgd) CORE_MUST_USE;

/* Where an evaluation gets its examples and leaves its results, for `first`..`first + count` of all examples. */
typedef struct {
    void *context;
    void (*load)(void *context, int64_t first, int64_t count, float *images);
    /* Takes features (count, D) and logits (count, K), both before the scale s. */
    void (*receive)(void *context, int64_t first, int64_t count, const float *features, const float *logits);
} nn_eval_feed;

/* Runs `count` >= 1 examples in evaluation mode (running statistics), in shards of the model's size. */
core_status nn_model_evaluate(nn_model *model, int64_t count, const nn_eval_feed *feed) CORE_MUST_USE;

#endif

/* nn/model.h - a network that trains by shards: its interface to the rooms outside nn/.
 *
 * Source   He et al. 2016 (ResNets for CIFAR and for ImageNet); the LDAM paper's released code, and torchvision's for
 *          the networks with projections, for initial values.
 *          The two-layer bidirectional LSTM of the paper's IMDB experiment, as PyTorch builds it (nn/bilstm.h).
 * Shards   A mini-batch of up to `batch` examples is cut into shards of `shard` examples. Every result is a pure
 *          function of (configuration, tensors, inputs): never of the number of threads.
 * Ranks    A model that has joined (nn_model_join) is shared by all ranks of core/comm.h. Every rank has it, and all call
 *          train_step, evaluate, spread and collect together: each computes its own shards, and then all have the same
 *          tensors, but for the optimiser's buffers.
 * Threads  A model belongs to one caller at a time. Its feed's functions are called from inside a parallel region, by
 *          several threads at once for disjoint ranges: they must not print, and only `load` may fail or allocate.
 */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

typedef enum {
    NN_HEAD_LINEAR, /* logits = W f + b */
    NN_HEAD_COSINE  /* logits = (W / |W|) (f / |f|), class vectors and features clamped at norm 1e-12, no bias */
} nn_head_kind;

enum { NN_IMAGE_LEAST = 8, NN_RESNET_STAGES = 4, NN_RESNET_BLOCKS = 64 };

/* What a ResNet is made of. Stage s has blocks[s] blocks of width << s channels, four times as many outside bottlenecks;
 * each stage but the first begins with stride 2. */
typedef struct {
    bool bottleneck; /* blocks of 1x1, 3x3 and 1x1 convolutions; else basic ones, of two of 3x3 */
    bool v1;       /* a bottleneck's stride is on its first 1x1 (He et al. 2016), not on the 3x3 (v1.5, torchvision) */
    bool projects; /* a shortcut that changes shape is a 1x1 convolution with batch norm; else option A */
    int stem;      /* its kernel: 3, with stride 1; or 7, with stride 2 and a max-pool of 3x3 and stride 2 behind it */
    int64_t width; /* channels of the first stage, a multiple of 16 */
    int stages;    /* 1 to NN_RESNET_STAGES */
    int blocks[NN_RESNET_STAGES];
} nn_resnet_shape;

/* The CIFAR family: 6n + 2 layers, width 16, 3x3, option A. CORE_BAD_USAGE: another depth. */
core_status nn_resnet_shape_cifar(int depth, nn_resnet_shape *out) CORE_MUST_USE;

/* torchvision's resnet18 and resnet50, with the stem's kernel. */
nn_resnet_shape nn_resnet_shape_18(int stem);
nn_resnet_shape nn_resnet_shape_50(int stem, bool v1);

typedef struct {
    nn_resnet_shape shape;
    int64_t height, width; /* of an image, each at least NN_IMAGE_LEAST */
    int64_t classes;       /* K >= 2 */
    nn_head_kind head;
    int64_t batch;  /* largest mini-batch, >= shard */
    int64_t shard;  /* examples a shard, >= 1 */
    int64_t groups; /* weight gradients: groups of shards, >= 1; part of the arithmetic */
    /* Examples over which batch norm takes its statistics: a multiple of shard, at most batch; the last ones of a
     * mini-batch may be fewer. 0: the whole mini-batch. The running statistics follow the first ones alone, as under
     * PyTorch's DataParallel; the gradients of gamma and beta are sums over all. */
    int64_t norm_group;
    bool recompute; /* keeps less of the forward pass and computes it again in the backward one: the same bits */
    int threads;    /* >= 1; not part of the arithmetic */
    uint64_t seed;  /* initial values: kaiming-normal convolutions (docs/numerics.md), head as in the released code */
} nn_resnet_config;

/* Token ids of a text model; the vocabulary's words follow. */
enum { NN_TOKEN_PADDING = 0, NN_TOKEN_UNKNOWN = 1 };

typedef struct {
    int64_t vocabulary; /* V >= 2 token ids, the two above among them */
    int64_t embedding;  /* E >= 1, the width of a word vector */
    int64_t hidden;     /* H a direction; a multiple of 16 */
    int layers;         /* >= 1; the paper's network has 2 */
    int64_t classes;    /* K >= 2 */
    nn_head_kind head;
    double dropout; /* p in [0, 1), in multiples of 2^-16: of word vectors, between layers, before the head */
    int64_t batch;  /* as above */
    int64_t shard;  /* sequences a shard */
    int64_t groups; /* as above */
    int threads;    /* as above */
    uint64_t seed;  /* initial values, and what dropout drops */
} nn_bilstm_config;

typedef struct nn_model nn_model;

/* Builds a ResNet for images with its initial values. Owned by the caller: nn_model_destroy.
 * CORE_BAD_USAGE: a field out of range. CORE_MACHINE: memory. */
core_status nn_resnet_create(const nn_resnet_config *config, nn_model **out) CORE_MUST_USE;

/* What that will take, computed from the configuration alone, whose shard and groups are at least 1; without oneDNN's scratch,
 * which is a few MiB a thread. Only after nn_start. CORE_BAD_USAGE: a shape that is none. CORE_MACHINE: memory. */
typedef struct {
    int64_t bytes;         /* all of it */
    int64_t example_bytes; /* of it, for each example of a mini-batch */
    int64_t tensor_bytes;  /* of all tensors, once */
    int64_t features;      /* D */
} nn_memory;
core_status nn_resnet_memory(const nn_resnet_config *config, nn_memory *out) CORE_MUST_USE;

/* Builds a biLSTM for sequences of token ids: likewise. Word vectors start as N(0, 1), the padding's as zeros;
 * the LSTM as U(-1/sqrt H, 1/sqrt H); the head as the ResNet's. */
core_status nn_bilstm_create(const nn_bilstm_config *config, nn_model **out) CORE_MUST_USE;

void nn_model_destroy(nn_model *model);

/* Every tensor that the rest of a run depends on, in a fixed order: parameters (trained), batch-norm statistics, and
 * the optimiser's buffers: one per parameter under SGD, two under Adam. */
typedef enum { NN_TENSOR_PARAMETER, NN_TENSOR_STATISTIC, NN_TENSOR_OPTIMISER } nn_tensor_kind;

typedef struct {
    /* PyTorch's: "layer1.0.conv1.weight", "lstm.weight_ih_l0_reverse"; optimiser: + ".momentum", ".exp_avg",
     * ".exp_avg_sq". */
    const char *name;
    nn_tensor_kind kind;
    int rank;
    int64_t shape[4];
    int64_t count; /* elements */
} nn_tensor_info;

int64_t nn_model_tensor_count(const nn_model *model);
nn_tensor_info nn_model_tensor(const nn_model *model, int64_t index);

/* Copies tensor `index` out of or into the model in its plain row-major layout, `count` floats. CORE_MACHINE: memory, or oneDNN
 * refused. */
core_status nn_model_get_tensor(const nn_model *model, int64_t index, float *plain) CORE_MUST_USE;
core_status nn_model_set_tensor(nn_model *model, int64_t index, const float *plain) CORE_MUST_USE;

int64_t nn_model_bytes(const nn_model *model);         /* what a ResNet holds, without oneDNN's own */
int64_t nn_model_feature_count(const nn_model *model); /* D, the last-but-one layer: 64, 512, 2048; 2 H */
int64_t nn_model_class_count(const nn_model *model);   /* K */

/* Groups of shards in a mini-batch of `count` examples: as many threads can work. */
int64_t nn_model_groups(const nn_model *model, int64_t count);

/* Floating-point operations (a multiply-add is two) of an image in convolutions and head, or of a token in the layers
 * of the LSTM. */
int64_t nn_model_evaluate_flop(const nn_model *model);
int64_t nn_model_train_flop(const nn_model *model); /* forward and both backwards; an image has no gradient */

/* Token ids of one sequence; length >= 1, every id in [0, V). Borrowed until the step or evaluation is over. */
typedef struct {
    const int32_t *tokens;
    int64_t length;
} nn_sequence;

/* Where a training step gets its examples and its loss. `first` and `count` are positions in the mini-batch. */
typedef struct {
    void *context;
    /* Image models: writes images (count, 3, height, width), normalised. `thread`, below the model's number of threads,
     * calls it, and no other call of that thread is under way. Its failure is the step's. */
    core_status (*load)(void *context, int thread, int64_t first, int64_t count, float *images);
    /* Text models: the sequence at a position. Called by one thread, before the others start. */
    nn_sequence (*sequence)(void *context, int64_t position);
    /* From logits (count, K) writes dlogits (count, K), the gradient of the batch's loss. Called once an example. */
    void (*loss)(void *context, int64_t first, int64_t count, const float *logits, float *dlogits);
} nn_train_feed;

typedef enum {
    NN_SGD, /* buf = momentum buf + g + weight_decay w; w -= lr buf. A new model's zero buffers give PyTorch's first
             * step. */
    NN_ADAM /* Kingma & Ba 2015 as torch.optim.Adam: g += weight_decay w; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2)
             * g^2; w -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + epsilon), t = step + 1 */
} nn_optimiser;

/* What a step does with the gradient g of every parameter, batch norm included. */
typedef struct {
    nn_optimiser kind;
    double lr, weight_decay;
    double momentum;              /* NN_SGD */
    double beta1, beta2, epsilon; /* NN_ADAM; PyTorch's defaults are 0.9, 0.999, 1e-8 */
    int64_t step;                 /* of the whole run, from 0: Adam's t, and what dropout drops; in [0, 2^32) */
} nn_update;

/* The optimiser that the model has buffers for: SGD for a ResNet, Adam for a biLSTM. */
nn_optimiser nn_model_optimiser(const nn_model *model);

/* Forward in training mode, loss, backward and update on a mini-batch of 1 <= count <= batch examples; `update` is of
 * the model's kind. CORE_MACHINE: memory; of several ranks it ends all, the others wait for this one. Where the feed fails, its
 * failure, and the tensors are then undefined. */
core_status nn_model_train_step(nn_model *model, int64_t count, const nn_train_feed *feed,
                                const nn_update *update) CORE_MUST_USE;

/* Shares the model's work with the other ranks, which have made the same model, from now on. CORE_MACHINE: memory. */
core_status nn_model_join(nn_model *model) CORE_MUST_USE;

/* Gives all ranks the tensors of rank 0; of the optimiser's buffers each rank gets those of the values that it updates. */
void nn_model_spread(nn_model *model);

/* Gives rank 0 the optimiser's buffers of all. */
void nn_model_collect(nn_model *model);

/* Where an evaluation gets its examples and leaves its results, for `first`..`first + count` of all examples. */
typedef struct {
    void *context;
    /* Image models: as nn_train_feed. */
    core_status (*load)(void *context, int thread, int64_t first, int64_t count, float *images);
    nn_sequence (*sequence)(void *context, int64_t position); /* text models */
    /* Takes features (count, D) and logits (count, K), both before the scale s. */
    void (*receive)(void *context, int64_t first, int64_t count, const float *features, const float *logits);
} nn_eval_feed;

/* Runs `count` >= 1 examples in evaluation mode (running statistics, no dropout), in shards of the model's size; the
 * feed of one of several ranks loads and receives its own of them. Errors as nn_model_train_step. */
core_status nn_model_evaluate(nn_model *model, int64_t count, const nn_eval_feed *feed) CORE_MUST_USE;

#endif

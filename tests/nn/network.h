/* tests/nn/network.h - networks with weights, images and labels from formulas, as in nn_network.py. */
#ifndef TESTS_NN_NETWORK_H
#define TESTS_NN_NETWORK_H

#include "nn/model.h"
#include "tests/nn/support.h"

enum { CLASSES = 10, FEATURES = 64, MOST_FEATURES = 2048, MOST_EXAMPLES = 128 };

/* A CIFAR ResNet for images of 32x32, shard 4, 10 classes, 16 groups, 2 threads. */
nn_resnet_config small_config(int depth, nn_head_kind head, int64_t batch);

/* The networks of nn_network.py by name: "8", "32", "18-3x3", "50-7x7-v1"; and "tiny", which has everything that they
 * have in five blocks: a 7x7 stem, max-pool, bottlenecks, projections of both strides. */
nn_resnet_shape named_shape(const char *name);

/* A network whose parameters and statistics come from the formula; nn_model_destroy. */
nn_model *make_network(const nn_resnet_config *config);

/* What a step is fed with, and the logits that its loss saw. */
typedef struct {
    const nn_resnet_config *config;
    int64_t count; /* examples of the mini-batch; room behind them is up to a full shard */
    uint32_t step; /* from 1 */
    bool garbage;  /* leaves large numbers in the room of a short last shard */
    float logits[MOST_EXAMPLES * CLASSES];
} batch_feed;

/* One step of SGD with nn_network.py's rates on the images and labels of feed->step. */
void train_step(nn_model *model, batch_feed *feed);

/* Steps 1..steps on mini-batches of `count`. */
void train_steps(nn_model *model, const nn_resnet_config *config, int64_t count, uint32_t steps);

/* Features (count, D) and logits (count, 10) of nn_network.py's images for evaluation; count <= MOST_EXAMPLES. */
typedef struct {
    const nn_resnet_config *config;
    int64_t D;
    float features[MOST_EXAMPLES * MOST_FEATURES], logits[MOST_EXAMPLES * CLASSES];
} evaluated;

void evaluate(nn_model *model, const nn_resnet_config *config, int64_t count, evaluated *out);

/* Floats of an image. */
int64_t image_floats(const nn_resnet_config *config);

/* A new array with tensor `index`, plain; free with free(). */
float *tensor_values(const nn_model *model, int64_t index);

/* XXH3-64 of all tensors, as hexadecimal text. */
void tensors_digest(const nn_model *model, char text[17]);

#endif

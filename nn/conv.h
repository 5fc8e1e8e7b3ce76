/* nn/conv.h - convolution of one shard, padding kernel / 2, without bias, on oneDNN primitives, nn/conv3x3.h or nn/conv1x1.h.
 *
 * Layout   Activations: plain nchw where the input is images (`from_images`), else blocked (nn/kernels.h).
 *          Weights lie in the layout that our own kernels or oneDNN's forward pass prefer, and so do their gradients. The
 *          backward pass by data may prefer another layout, into which the weights are copied once a step.
 * Threads  One nn_conv serves every layer of its shape and every thread of a team; `thread` picks the memory objects.
 */
#ifndef NN_CONV_H
#define NN_CONV_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

/* The pixels of an image. */
typedef struct {
    int64_t height, width;
} nn_plane;

/* The plane behind a stride: every `stride`-th pixel, the first among them. */
static inline nn_plane nn_plane_behind(nn_plane in, int64_t stride)
{
    return (nn_plane){(in.height + stride - 1) / stride, (in.width + stride - 1) / stride};
}

static inline int64_t nn_plane_pixels(nn_plane plane) { return plane.height * plane.width; }

typedef struct {
    int64_t shard; /* images */
    int64_t in_channels, out_channels;
    nn_plane in;      /* of the input */
    int64_t kernel;   /* odd: 1, 3 or 7 pixels a side */
    int64_t stride;   /* 1 or 2 */
    bool from_images; /* the input is plain nchw and needs no gradient */
} nn_conv_shape;

typedef struct nn_conv nn_conv;

/* Owned by the caller: nn_conv_destroy. Needs nn_start. CORE_MACHINE: oneDNN refused, or memory. */
core_status nn_conv_create(const nn_conv_shape *shape, int threads, nn_conv **out) CORE_MUST_USE;
void nn_conv_destroy(nn_conv *conv);

/* Floats of the plain weights. */
static inline int64_t nn_conv_plain_count(const nn_conv_shape *s)
{
    return s->out_channels * s->in_channels * s->kernel * s->kernel;
}

/* What it was created for. */
const nn_conv_shape *nn_conv_get_shape(const nn_conv *conv);

/* Floats that weights (and their gradients) take in the forward layout, a multiple of 16, and in backward's. */
int64_t nn_conv_weight_count(const nn_conv *conv);
int64_t nn_conv_backward_weight_count(const nn_conv *conv);

/* Bytes of scratch that each call below needs, 64-byte aligned, one scratch a thread. */
int64_t nn_conv_scratch_bytes(const nn_conv *conv);

/* One thread's view of a call. */
typedef struct {
    int thread;
    void *scratch;
} nn_worker;

/* dst (shard, out, H', W') = src * weights. */
core_status nn_conv_forward(nn_conv *conv, nn_worker at, const float *src, const float *weights,
                            float *dst) CORE_MUST_USE;

/* dsrc = ddst * weights transposed; weights in backward's layout. */
core_status nn_conv_backward_data(nn_conv *conv, nn_worker at, const float *ddst, const float *weights,
                                  float *dsrc) CORE_MUST_USE;

/* dweights = the gradient summed over the shard; overwrites. */
core_status nn_conv_backward_weights(nn_conv *conv, nn_worker at, const float *src, const float *ddst,
                                     float *dweights) CORE_MUST_USE;

/* Copies weights from the forward layout into backward's. */
core_status nn_conv_to_backward(nn_conv *conv, nn_worker at, const float *weights, float *backward) CORE_MUST_USE;

/* Copies between the forward layout and plain (out, in, kernel, kernel). Single-threaded callers only. */
core_status nn_conv_from_plain(nn_conv *conv, const float *plain, float *weights) CORE_MUST_USE;
core_status nn_conv_to_plain(nn_conv *conv, const float *weights, float *plain) CORE_MUST_USE;

#endif

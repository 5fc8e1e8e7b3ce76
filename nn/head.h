/* nn/head.h - the last layer: linear, or cosine for the margin losses.
 *
 * Source   The LDAM paper's released code (Linear and NormedLinear); PyTorch's normalize clamps a norm at 1e-12.
 * Maths    linear: z_k = w_k . f + b_k
 *          cosine: z_k = w^_k . f^,  v^ = v / max(|v|, 1e-12)
 *          dv = (dv^ - v^ (v^ . dv^)) / |v|; a clamped norm is a constant: dv = dv^ / 1e-12
 * Shapes   f (n, D), W (K, D), b (K), z (n, K), row-major; D a multiple of 16.
 * Bits     A dot product has 16 partial sums, folded in a tree. Pure functions, no allocation, any thread.
 */
#ifndef NN_HEAD_H
#define NN_HEAD_H

#include <stdint.h>

#include "nn/model.h"

#define NN_HEAD_WEIGHT "linear.weight" /* the tensors' names, in every network */
#define NN_HEAD_BIAS   "linear.bias"

typedef struct {
    nn_head_kind kind;
    int64_t features; /* D */
    int64_t classes;  /* K */
} nn_head;

/* The head's weights as its passes want them, made once a step by nn_head_prepare; borrowed arrays. */
typedef struct {
    const float *weight; /* (K, D) */
    const float *bias;   /* (K); linear only */
    float *direction;    /* (K, D); cosine only: class vectors at norm 1 */
    float *norm;         /* (K); cosine only: clamped norms */
} nn_head_state;

/* Cosine: fills direction and norm of rows [begin, end) from weight. Linear: nothing. */
void nn_head_prepare(const nn_head *head, nn_head_state *state, int64_t begin, int64_t end);

/* Writes logits (n, K) and, of a cosine head, norms (n), the clamped ones of the features. */
void nn_head_forward(const nn_head *head, const nn_head_state *state, int64_t n, const float *features, float *logits,
                     float *norms);

/* What the backward pass reads: features (n, D), dlogits (n, K), and of a cosine head nn_head_forward's logits (n, K) and
 * norms (n). */
typedef struct {
    int64_t n;
    const float *features, *logits, *norms, *dlogits;
} nn_head_batch;

/* Writes dfeatures (n, D). */
void nn_head_backward_features(const nn_head *head, const nn_head_state *state, const nn_head_batch *batch,
                               float *dfeatures);

/* Adds to dweight, columns [begin, end) of class k's row, example by example. So a network may have the gradient of many
 * classes in pieces, without an array for each of its sums. */
void nn_head_add_weight_gradient(const nn_head *head, const nn_head_state *state, const nn_head_batch *batch, int64_t k,
                                 int64_t begin, int64_t end, float *dweight);

/* Linear: adds to dbias, of classes [begin, end). Cosine: nothing. */
void nn_head_add_bias_gradient(const nn_head *head, const nn_head_batch *batch, int64_t begin, int64_t end,
                               float *dbias);

/* All of it: adds to dweight (K, D) and dbias (K; linear only), writes dfeatures (n, D). */
typedef struct {
    float *dweight, *dbias, *dfeatures;
} nn_head_gradient;

void nn_head_backward(const nn_head *head, const nn_head_state *state, const nn_head_batch *batch,
                      const nn_head_gradient *out);

/* Initial values as in the released code, tensor number `tensor` of a model with this seed: weight (K, D) kaiming
 * normal for the linear head, uniform at norm 1 for the cosine head; bias (K) uniform in +-1/sqrt(D). */
void nn_head_draw_weight(const nn_head *head, uint64_t seed, int64_t tensor, float *weight);
void nn_head_draw_bias(const nn_head *head, uint64_t seed, int64_t tensor, float *bias);

#endif

/* nn/bilstm.h - the inside of a biLSTM for text, shared by the rooms that build, train and evaluate it.
 *
 * Network  x_1 = drop(vectors of the tokens); y_l = the layer's outputs of x_l; x_l+1 = drop(y_l); features = the last
 *          forward and the last backward output of the top layer, each at the sequence's own end; logits =
 *          head(drop(features)). Dropout only in training.
 * Shards   A mini-batch is ordered longest first, ties by position, and cut into shards of `shard` sequences, which then stand
 *          by turns: the longest, the shortest, the next longest, ... So any range of them, a rank's, has its share of the work.
 *          A thread runs a group of shards forward and backward on its own: they share nothing but the sums of gradients.
 * Rows     The shards' rows (nn/lstm.h) one after another are the rows of the batch.
 */
#ifndef NN_BILSTM_H
#define NN_BILSTM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "nn/lstm.h"
#include "nn/model_internal.h"

/* A mini-batch in the order of its shards. */
typedef struct {
    nn_sequence sequence;
    int64_t position; /* in the mini-batch, as the feed counts */
} nn_bilstm_item;

/* Arrays are owned, and kept from batch to batch, because first touch costs page faults. */
typedef struct {
    int64_t count, shards;
    nn_bilstm_item *items; /* (count), by shards; within a shard longest first */
    int64_t *first_row;    /* (shards + 1): of the batch's rows */
    int64_t *first_start;  /* (shards + 1): where the shard's nn_ragged begins in starts */
    int64_t *starts;
    int64_t *token_first; /* (V + 1): token k's rows are token_rows[token_first[k]..token_first[k + 1]] */
    int64_t *token_rows;  /* rows of the batch, by token, then by sequence, then by time */
    int64_t *token_next;  /* private, like what follows */
    nn_bilstm_item *by_length;
    int64_t item_capacity, row_capacity;
    core_arena by_items, by_rows;
} nn_bilstm_batch;

/* Where a batch gets its sequences, how many make a shard, and V. */
typedef struct {
    void *context;
    nn_sequence (*sequence)(void *context, int64_t position);
    int64_t shard, vocabulary;
} nn_bilstm_source;

/* Fetches `count` sequences, orders them and cuts the shards; with `tokens` also lists the rows of every token.
 * Replaces the previous contents of the batch. CORE_MACHINE: memory. */
core_status nn_bilstm_batch_fill(nn_bilstm_batch *batch, const nn_bilstm_source *source, int64_t count,
                                 bool tokens) CORE_MUST_USE;
void nn_bilstm_batch_free(nn_bilstm_batch *batch);

/* The k-th longest of a range of shards (or of groups of them). */
int64_t nn_bilstm_longest(core_range shards, int64_t k);

/* Offsets of the weights of one direction of a layer, in the model's values and in a group's gradients. */
typedef struct {
    int64_t input, recurrent; /* (4 H, I), (4 H, H) */
    int64_t bias[2];          /* (4 H) each: PyTorch's bias_ih and bias_hh */
} nn_bilstm_offsets;

typedef struct {
    nn_lstm lstm; /* its packed weights are owned by the model */
    nn_bilstm_offsets at[2];
} nn_bilstm_layer;

/* The work space of one thread. */
typedef struct {
    int64_t capacity;                      /* rows */
    float *block;                          /* all rows, owned */
    nn_lstm_rows *rows;                    /* (layers), in block */
    float *dy;                             /* (rows, 2 H), in block */
    float *features, *dropped, *dfeatures; /* (shard, 2 H) */
    float *logits, *dlogits;               /* (shard, K) */
    float *norms;                          /* (shard) */
    float *dvector;                        /* (word vector) */
    float *scratch;                        /* nn_lstm's */
} nn_bilstm_space;

typedef struct {
    nn_model base;
    nn_bilstm_config config;
    const nn_lstm_kernels *kernels;
    int64_t width;           /* of a word vector: E rounded up to 16, zeros at its end */
    nn_bilstm_layer *layers; /* (config.layers) */
    nn_bilstm_batch batch;
    int64_t dvector_capacity; /* rows */
    float *dvectors;          /* (rows of the batch, width), nn_row(width) apart: d loss / d word vector; owned */
    nn_bilstm_space *spaces;  /* (threads) */
} nn_bilstm;

/* The values that are not reduced: the word vectors (V, width). */
static inline float *nn_bilstm_vectors(const nn_bilstm *model)
{
    return model->base.parameters.values + model->base.parameters.reduced;
}

/* How ranks cut them. */
static inline nn_cut nn_bilstm_vector_cut(const nn_bilstm *model)
{
    return (nn_cut){model->base.parameters.reduced, model->width, model->config.vocabulary};
}

/* Names and access: fills the parameters' list of tensors. */
core_status nn_bilstm_list_tensors(nn_bilstm *model) CORE_MUST_USE;

/* Allocates for the batch: the work spaces of `threads` threads and, if `trains`, dvectors. CORE_MACHINE: memory. */
core_status nn_bilstm_reserve(nn_bilstm *model, int threads, bool trains) CORE_MUST_USE;

/* A shard of the batch, and the work space of the thread that runs it. */
typedef struct {
    const nn_bilstm *model;
    nn_bilstm_space *space;
    nn_dropout dropout; /* threshold 0 in evaluation */
    const nn_bilstm_item *items;
    int64_t count;
    nn_ragged ragged;
    float *dvectors; /* the shard's rows of the model's dvectors; not used in evaluation */
} nn_bilstm_shard;

nn_bilstm_shard nn_bilstm_shard_of(const nn_bilstm *model, int64_t shard, nn_bilstm_space *space, nn_dropout dropout);

/* Runs the layers forward and fills the space's features. */
void nn_bilstm_shard_forward(const nn_bilstm_shard *shard);

/* Runs the layers backward, from the space's dfeatures to dvectors. Writes the gradients of the weights to the group's
 * `gradients` if `first`, else adds to them. */
void nn_bilstm_shard_backward(const nn_bilstm_shard *shard, float *gradients, bool first);

/* nn_model_class's functions for a biLSTM. */
void nn_bilstm_draw(const nn_model *base, int64_t tensor, float *plain);
core_status nn_bilstm_train_step(nn_model *base, int64_t count, const nn_train_feed *feed,
                                 const nn_update *update) CORE_MUST_USE;
core_status nn_bilstm_evaluate(nn_model *base, int64_t count, const nn_eval_feed *feed) CORE_MUST_USE;

#endif

/* nn/model_internal.h - the common part of every network of nn/, on which the functions of nn/model.h work. */
#ifndef NN_MODEL_INTERNAL_H
#define NN_MODEL_INTERNAL_H

#include <stdbool.h>

#include "core/memory.h"
#include "core/team.h"
#include "nn/head.h"
#include "nn/model.h"
#include "nn/parameters.h"
#include "nn/ranks.h"

/* The functions that each network has for itself; nn/model.h has the contracts of train_step and evaluate. */
typedef struct {
    size_t bytes; /* of the network's struct */

    /* Builds the rest of a model whose common part is set, from its own configuration. CORE_MACHINE: memory. */
    core_status (*build)(nn_model *model, const void *config);
    void (*destroy)(nn_model *model); /* frees what the arena does not own; also called after a build that failed */

    /* Writes the initial values of a parameter that is not the head's, plain. */
    void (*draw)(const nn_model *model, int64_t tensor, float *plain);
    core_status (*train_step)(nn_model *model, int64_t count, const nn_train_feed *feed, const nn_update *update);
    core_status (*evaluate)(nn_model *model, int64_t count, const nn_eval_feed *feed);
} nn_model_class;

/* The configuration that all networks share; nn/model.h has its units. */
typedef struct {
    nn_head head;
    int64_t batch, shard, groups;
    int threads;
    uint64_t seed;
    nn_optimiser optimiser;
} nn_model_common;

/* The first member of a network's own struct. */
struct nn_model {
    const nn_model_class *functions;
    core_arena arena; /* owns the network's arrays, except those whose comment says otherwise */
    uint64_t seed;
    nn_head head;
    nn_head_state head_state;
    int64_t head_weight, head_bias; /* offsets in the values */
    int64_t shard;                  /* examples */
    int64_t shards, group_shards;   /* of the largest mini-batch; of a group */
    int64_t evaluate_flop, train_flop;
    nn_ranks ranks;
    nn_cut *cuts; /* (cut_count): the values that ranks update for each other */
    int64_t cut_count, cut_capacity;
    bool is_collected; /* rank 0 has all buffers of the optimiser */
    core_range uncut;  /* the values that every rank updates itself */
    nn_parameters parameters;
};

/* Makes a network. CORE_BAD_USAGE: a field out of range. CORE_MACHINE: memory, or oneDNN refused. */
core_status nn_model_create(const nn_model_class *functions, const nn_model_common *common, const void *config,
                            nn_model **out) CORE_MUST_USE;

/* Lays out the values: `reduced` of the network, then the head, then `others` that are not reduced. Allocates the
 * arrays of the parameters and of the head, with gradients for `groups` groups. `tensors`: the largest number of tensors,
 * without the optimiser's. */
core_status nn_model_allocate(nn_model *model, int64_t reduced, int64_t others, int64_t tensors,
                              int64_t groups) CORE_MUST_USE;

/* Cuts values for the ranks, behind nn_model_allocate. */
void nn_model_add_cut(nn_model *model, nn_cut cut);

/* The head's weights, by class, and its biases. */
nn_cut nn_model_head_weights(const nn_model *model);
nn_cut nn_model_head_biases(const nn_model *model);

/* Appends the head's parameters. */
core_status nn_model_add_head(nn_model *model) CORE_MUST_USE;

/* Draws every parameter from the seed. */
core_status nn_model_initialise(nn_model *model) CORE_MUST_USE;

/* How many groups `shards` shards of a mini-batch fill, and which of the shards are a group's. */
static inline int64_t nn_model_group_count(const nn_model *model, int64_t shards)
{
    return (shards + model->group_shards - 1) / model->group_shards;
}

/* Part `index` of `count` shards in parts of `size`, of which the last may be smaller. */
static inline core_range nn_shard_part(int64_t size, int64_t index, int64_t count)
{
    const int64_t begin = index * size, end = begin + size;
    return (core_range){begin, end < count ? end : count};
}

static inline core_range nn_model_group(const nn_model *model, int64_t group, int64_t shards)
{
    return nn_shard_part(model->group_shards, group, shards);
}

/* The gradients of the head in a group, which are set to zero for the first shard of the group. */
nn_head_gradient nn_model_head_gradient(const nn_model *model, int64_t group, bool first, float *dfeatures);

#endif

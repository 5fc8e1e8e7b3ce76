/* nn/resnet_step.h - a training step of a ResNet, shared by the rooms of its passes and of its updates.
 *
 * Stage    A pass of the team over the groups of shards. It ends with the only barrier that a layer needs, because batch
 *          norm sums over all shards. Inside a group the order is fixed.
 */
#ifndef NN_RESNET_STEP_H
#define NN_RESNET_STEP_H

#include "core/team.h"
#include "core/tree.h"
#include "nn/optimiser.h"
#include "nn/resnet.h"

/* What all members of the team share. */
typedef struct {
    nn_resnet *model;
    int64_t count, shards; /* of this mini-batch */
    const nn_train_feed *feed;
    nn_optimiser_step optimiser;
} nn_resnet_step;

typedef struct {
    const nn_resnet_step *step;
    nn_workspace *space;
    nn_worker worker;
    int threads;
    int64_t stage;
    core_status status; /* the first failure; later stages still meet their barriers */
} nn_resnet_member;

static inline const nn_resnet_block *nn_resnet_block_of(const nn_resnet *model, int layer)
{
    return &model->plan.blocks[model->plan.layers[layer].block];
}

/* The head's part of the mini-batch: `n` examples from `first` on. */
static inline nn_head_batch nn_resnet_head_batch(const nn_resnet *model, int64_t first, int64_t n)
{
    const nn_head *head = &model->base.head;
    return (nn_head_batch){n, model->features + first * head->features, model->logits + first * head->classes,
                           model->norms + first, model->dlogits + first * head->classes};
}

/* Calls `visit` for the layers whose weights have the stage of `layer`: itself, and the projection where it begins its block.
 * layer -1: none. */
static inline void nn_resnet_visit_stage(nn_resnet_member *m, int layer, void (*visit)(nn_resnet_member *m, int layer))
{
    if (layer >= 0) {
        const nn_resnet_block *block = nn_resnet_block_of(m->step->model, layer);
        visit(m, layer);
        if (layer == block->first && nn_resnet_projects(block)) {
            visit(m, nn_resnet_projection(block));
        }
    }
}

/* What a stage leaves for all ranks. */
typedef struct {
    int norm; /* the layer whose sums of batch norm it wrote, and those of the projection beside it; -1 */
    core_tree_combine_fn how;    /* combines them */
    bool norm_projects;          /* a projection wrote sums too */
    int gradient;                /* the layer whose gradients it summed; -1 */
    int updated;                 /* the layer whose weights were updated before it; -1 */
    bool has_loss, updated_head; /* it ran the head; the head's weights were updated before it */
} nn_resnet_crossing;

/* Exchanges it between ranks; afterwards the sums of a group of batch norm are whole in its first shard. Every member of the
 * team calls it, behind the stage's barrier; with one rank it does nothing. */
void nn_resnet_cross(nn_resnet_member *m, const nn_resnet_crossing *crossing);

/* The sums that the stage before has written, of a layer. */
static inline nn_norm_sums *nn_resnet_sums(const nn_resnet_member *m, int64_t stage, int layer)
{
    const nn_resnet *model = m->step->model;
    return model->sums[stage % 2][model->plan.layers[layer].number == 0 ? 1 : 0];
}

/* The sums of a layer's gradients of the stage before. */
static inline nn_gradient_sums nn_resnet_gradient_sums(const nn_resnet_member *m, int layer)
{
    const nn_resnet *model = m->step->model;
    return (nn_gradient_sums){model->gradients[(m->stage + 1) % 2] + model->layers[layer].gradient,
                              model->gradient_floats, nn_model_group_count(&model->base, m->step->shards),
                              &model->base.ranks};
}

/* The shards of a group of batch norm. */
static inline core_range nn_resnet_norm_group(const nn_resnet_member *m, int64_t group)
{
    return nn_shard_part(m->step->model->norm_shards, group, m->step->shards);
}

/* Updates, each in this thread's part, the weights whose gradients the stage before has summed: of the layer of that
 * stage (-1: none) and the projection beside it; of the head, behind the loss; of every batch norm, behind the last layer. No pass
 * that follows reads those weights of the forward pass any more: the backward pass has copies. */
void nn_resnet_update_stage(nn_resnet_member *m, int layer);
void nn_resnet_update_head(nn_resnet_member *m);
void nn_resnet_update_norms(nn_resnet_member *m);

#endif

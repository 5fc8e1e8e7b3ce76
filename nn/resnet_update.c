#include <string.h>

#include "nn/resnet_step.h"

static void update_layer(nn_resnet_member *m, int layer)
{
    const nn_resnet_step *s = m->step;
    nn_resnet *model = s->model;
    const nn_resnet_layer *l = &model->layers[layer];
    const core_range values = {l->weight, l->weight + nn_conv_weight_count(l->conv)};
    const nn_gradient_sums sums = nn_resnet_gradient_sums(m, layer);
    nn_optimiser_reduce_and_update(&s->optimiser, &model->base.parameters, values, &sums, m->worker.thread, m->threads);
}

void nn_resnet_update_stage(nn_resnet_member *m, int layer) { nn_resnet_visit_stage(m, layer, update_layer); }

/* Sums a piece of the head's gradient, `width` values, over the groups, each from zero, and updates the values at `value`.
 * k >= 0: columns from `begin` on of class k's row; else the biases from `begin` on. */
static void update_head_piece(nn_resnet_member *m, int64_t value, int64_t width, int64_t k, int64_t begin)
{
    const nn_resnet_step *s = m->step;
    const nn_resnet *model = s->model;
    const nn_model *base = &model->base;
    const int64_t groups = nn_model_group_count(base, s->shards), shard = model->config.shard;
    float *sums = m->space->dhead;
    memset(sums, 0, sizeof *sums * (size_t)(groups * NN_HEAD_COLUMNS));
    for (int64_t g = 0; g < groups; g++) {
        const core_range shards = nn_model_group(base, g, s->shards);
        const int64_t first = shards.begin * shard, end = shards.end * shard < s->count ? shards.end * shard : s->count;
        const nn_head_batch batch = nn_resnet_head_batch(model, first, end - first);
        if (k >= 0) {
            nn_head_add_weight_gradient(&base->head, &base->head_state, &batch, k, begin, begin + width,
                                        sums + g * NN_HEAD_COLUMNS);
        } else {
            const int64_t left = base->head.classes - begin;
            nn_head_add_bias_gradient(&base->head, &batch, begin, begin + (left < width ? left : width),
                                      sums + g * NN_HEAD_COLUMNS);
        }
    }
    s->optimiser.kernels->reduce(width, sums, groups, NN_HEAD_COLUMNS);
    nn_optimiser_update(&s->optimiser, &base->parameters, (core_range){value, value + width}, sums);
}

/* A thread has some classes, and takes the same columns of all of them in turn: of the features those stay in its cache. */
void nn_resnet_update_head(nn_resnet_member *m)
{
    const nn_model *base = &m->step->model->base;
    const int64_t D = base->head.features, K = base->head.classes;
    const core_range rows = nn_ranks_range(&base->ranks, K, m->worker.thread, m->threads);
    const core_range lines = nn_ranks_range(&base->ranks, (K + 15) / 16, m->worker.thread, m->threads);
    for (int64_t begin = 0; begin < D; begin += NN_HEAD_COLUMNS) {
        const int64_t width = D - begin < NN_HEAD_COLUMNS ? D - begin : NN_HEAD_COLUMNS;
        for (int64_t k = rows.begin; k < rows.end; k++) {
            update_head_piece(m, base->head_weight + k * D + begin, width, k, begin);
        }
    }
    for (int64_t line = lines.begin; line < lines.end; line++) {
        update_head_piece(m, base->head_bias + 16 * line, 16, -1, 16 * line);
    }
}

void nn_resnet_update_norms(nn_resnet_member *m)
{
    const nn_resnet_step *s = m->step;
    const nn_resnet *model = s->model;
    const nn_parameters *p = &model->base.parameters;
    const nn_gradient_sums sums = {model->norm_gradients, model->norm_count, nn_resnet_norm_groups(model, s->shards),
                                   NULL};
    if (m->worker.thread == 0) {
        nn_optimiser_reduce_and_update(&s->optimiser, p, (core_range){p->reduced, p->count}, &sums, 0, 1);
    }
}

#include <string.h>

#include "core/queue.h"
#include "core/team.h"
#include "nn/resnet.h"

/* In evaluation mode nothing crosses shards: a shard goes through the whole network while it is in cache. */
typedef struct {
    nn_resnet *model;
    int64_t count, shards;
    const nn_eval_feed *feed;
} evaluation;

static core_status forward_blocks(nn_resnet *model, nn_workspace *w, nn_worker worker, int64_t images)
{
    float *r = w->buffer[2], *next = w->buffer[3], *x = w->buffer[0];
    for (int b = 0; b < model->block_count; b++) {
        const nn_resnet_layer *first = &model->layers[2 * b + 1], *second = &model->layers[2 * b + 2];
        nn_resnet_join(model, w->norms, b, images, x, next, w->buffer[1], r);
        CORE_TRY(nn_conv_forward(first->conv, worker, r, model->values + first->weight, x));
        const nn_norm *norm = &w->norms[2 * b + 1];
        model->kernels->norm_relu(&first->extent, x, norm->scale, norm->shift, w->buffer[1]);
        CORE_TRY(nn_conv_forward(second->conv, worker, w->buffer[1], model->values + second->weight, x));
        float *swap = r;
        r = next;
        next = swap;
    }
    nn_resnet_join(model, w->norms, model->block_count, images, x, next, w->buffer[1], r);
    nn_extent e = model->layers[model->layer_count - 1].extent;
    e.images = images;
    model->kernels->pool(&e, r, w->features);
    return CORE_OK;
}

static core_status evaluate_shard(const evaluation *v, nn_workspace *w, nn_worker worker, int64_t shard)
{
    nn_resnet *model = v->model;
    int64_t size = model->config.shard, first = shard * size;
    int64_t images = v->count - first < size ? v->count - first : size;
    v->feed->load(v->feed->context, first, images, w->images);
    memset(w->images + images * NN_IMAGE_FLOATS, 0, sizeof(float) * (size_t)((size - images) * NN_IMAGE_FLOATS));
    const nn_resnet_layer *stem = &model->layers[0];
    CORE_TRY(nn_conv_forward(stem->conv, worker, w->images, model->values + stem->weight, w->buffer[0]));
    CORE_TRY(forward_blocks(model, w, worker, images));
    nn_head_forward(&model->head, &model->head_state, images, w->features, w->logits);
    v->feed->receive(v->feed->context, first, images, w->features, w->logits);
    return CORE_OK;
}

static core_status evaluate_member(void *context, int thread, int threads)
{
    const evaluation *v = context;
    nn_resnet *model = v->model;
    nn_workspace *w = &model->workspaces[thread];
    for (int i = 0; i < model->layer_count; i++) {
        nn_norm_layer norm = nn_resnet_norm(model, i);
        nn_norm_evaluate(&norm, model->layers[i].extent.block, &w->norms[i]);
    }
    core_range rows = core_team_range(model->head.classes, thread, threads);
    nn_head_prepare(&model->head, &model->head_state, rows.begin, rows.end);
    core_team_barrier();
    int64_t shard;
    while ((shard = core_queue_take(model->lanes, 0, v->shards, thread, threads)) >= 0) {
        CORE_TRY(evaluate_shard(v, w, (nn_worker){thread, w->scratch}, shard));
    }
    return CORE_OK;
}

core_status nn_resnet_evaluate(nn_model *base, int64_t count, const nn_eval_feed *feed)
{
    nn_resnet *model = (nn_resnet *)base;
    int64_t shard = model->config.shard;
    evaluation v = {model, count, (count + shard - 1) / shard, feed};
    memset(model->lanes, 0, sizeof *model->lanes * (size_t)model->config.threads);
    return core_team_run(model->config.threads, evaluate_member, &v);
}

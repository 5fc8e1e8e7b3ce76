#include <string.h>

#include "core/queue.h"
#include "core/team.h"
#include "nn/resnet.h"

/* In evaluation mode nothing crosses shards: a shard goes through the whole network while it is in cache. */
typedef struct {
    nn_resnet *model;
    int64_t count;
    core_range shards; /* that this rank evaluates */
    const nn_eval_feed *feed;
} evaluation;

/* Runs the main path of a block from `input` to x, its last layer's; y is overwritten. */
static core_status run_path(nn_resnet *model, nn_workspace *w, nn_worker worker, const nn_resnet_block *block,
                            const float *input, float *x, float *y)
{
    const float *values = model->base.parameters.values;
    for (int l = block->first; l <= block->last; l++) {
        const nn_resnet_layer *layer = &model->layers[l];
        if (l > block->first) {
            model->kernels->norm_relu(&layer[-1].extent, x, w->layer_norms[l - 1].scale, w->layer_norms[l - 1].shift,
                                      y);
            input = y;
        }
        CORE_TRY(nn_conv_forward(layer->conv, worker, input, values + layer->weight, x));
    }
    return CORE_OK;
}

/* Runs the blocks, from the work space's images to its features. */
static core_status run_blocks(nn_resnet *model, nn_workspace *w, nn_worker worker, int64_t images)
{
    const int blocks = model->plan.block_count;
    float *x = w->buffer[0], *y = w->buffer[1], *previous = w->buffer[2], *r = w->buffer[3];
    for (int b = 0; b < blocks; b++) {
        const nn_resnet_block *block = &model->plan.blocks[b];
        const nn_resnet_end end = {x, y, previous};
        CORE_TRY(run_path(model, w, worker, block, b == 0 ? w->images : previous, x, y));
        if (nn_resnet_projects(block)) {
            const nn_resnet_layer *projection = &model->layers[nn_resnet_projection(block)];
            CORE_TRY(nn_conv_forward(projection->conv, worker, previous,
                                     model->base.parameters.values + projection->weight, y));
        }
        nn_resnet_write_output(model, w->layer_norms, b, images, &end, y, r);
        float *swap = r;
        r = previous;
        previous = swap;
    }
    nn_extent e = nn_resnet_output_extent(model, blocks - 1, images);
    model->kernels->pool(&e, previous, w->features);
    return CORE_OK;
}

static core_status evaluate_shard(const evaluation *v, nn_workspace *w, nn_worker worker, int64_t shard)
{
    nn_resnet *model = v->model;
    int64_t size = model->config.shard, first = shard * size;
    int64_t images = v->count - first < size ? v->count - first : size;
    CORE_TRY(v->feed->load(v->feed->context, worker.thread, first, images, w->images));
    nn_resnet_clear_padding(model, images, w->images);
    CORE_TRY(run_blocks(model, w, worker, images));
    nn_head_forward(&model->base.head, &model->base.head_state, images, w->features, w->logits, w->norms);
    v->feed->receive(v->feed->context, first, images, w->features, w->logits);
    return CORE_OK;
}

static core_status evaluate_member(void *context, int thread, int threads)
{
    const evaluation *v = context;
    nn_resnet *model = v->model;
    nn_workspace *w = &model->workspaces[thread];
    for (int i = 0; i < model->plan.layer_count; i++) {
        nn_norm_layer norm = nn_resnet_norm(model, i);
        nn_norm_evaluate(&norm, model->layers[i].extent.block, &w->layer_norms[i]);
    }
    core_range rows = core_team_range(model->base.head.classes, thread, threads);
    nn_head_prepare(&model->base.head, &model->base.head_state, rows.begin, rows.end);
    core_team_barrier();
    int64_t shard;
    while ((shard = core_queue_take(model->lanes, 0, v->shards.end - v->shards.begin, thread, threads)) >= 0) {
        CORE_TRY(evaluate_shard(v, w, (nn_worker){thread, w->scratch}, v->shards.begin + shard));
    }
    return CORE_OK;
}

core_status nn_resnet_evaluate(nn_model *base, int64_t count, const nn_eval_feed *feed)
{
    nn_resnet *model = (nn_resnet *)base;
    int64_t shard = model->config.shard;
    evaluation v = {model, count, core_team_range((count + shard - 1) / shard, base->ranks.rank, base->ranks.count),
                    feed};
    memset(model->lanes, 0, sizeof *model->lanes * (size_t)model->config.threads);
    return core_team_run(model->config.threads, evaluate_member, &v);
}

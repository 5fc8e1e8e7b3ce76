#include <assert.h>
#include <string.h>

#include "core/queue.h"
#include "core/team.h"
#include "nn/optimiser.h"
#include "nn/resnet.h"

/* One step, shared by all members of the team. A stage is a pass of the team over the groups of shards. It ends with
 * the only barrier that a layer needs, because batch norm sums over all shards. Inside a group the order is fixed. */
typedef struct {
    nn_resnet *model;
    int64_t count, shards; /* of this mini-batch */
    const nn_train_feed *feed;
    nn_optimiser_step optimiser;
} step;

typedef struct {
    const step *step;
    nn_workspace *space;
    nn_worker worker;
    int threads;
    int64_t stage;
    core_status status; /* the first failure; later stages still meet their barriers */
} member;

typedef core_status (*shard_pass)(member *m, int64_t shard, int layer);

static int64_t images_of(const step *s, int64_t shard)
{
    int64_t size = s->model->config.shard, left = s->count - shard * size;
    return left < size ? left : size;
}

static nn_extent extent_of(const member *m, int layer, int64_t shard)
{
    nn_extent e = m->step->model->layers[layer].extent;
    e.images = images_of(m->step, shard);
    return e;
}

static float *x_of(const nn_resnet *model, int layer, int64_t shard)
{
    return model->layers[layer].x + shard * model->layers[layer].shard_floats;
}

static float *input_of(const nn_resnet *model, int64_t shard) { return model->input + shard * model->input_floats; }

static float *output_of(const nn_resnet *model, int block, int64_t shard)
{
    return model->outputs[block] + shard * nn_resnet_last(model, block)->shard_floats;
}

static const nn_resnet_block *block_of(const nn_resnet *model, int layer)
{
    return &model->plan.blocks[model->plan.layers[layer].block];
}

/* The sums that this stage writes; the next one combines them while it writes the others. */
static nn_norm_sums *written_sums(const member *m) { return m->step->model->sums[m->stage % 2]; }
static nn_norm_sums *combined_sums(const member *m) { return m->step->model->sums[(m->stage + 1) % 2]; }

static void run_stage(member *m, shard_pass pass, int layer)
{
    const step *s = m->step;
    core_queue_lane *lanes = s->model->lanes;
    int64_t groups = nn_model_group_count(&s->model->base, s->shards), group;
    while ((group = core_queue_take(lanes, m->stage, groups, m->worker.thread, m->threads)) >= 0) {
        core_range shards = nn_model_group(&s->model->base, group, s->shards);
        for (int64_t shard = shards.begin; shard < shards.end && m->status == CORE_OK; shard++) {
            m->status = pass(m, shard, layer);
        }
    }
    core_queue_rearm(lanes, m->stage, m->worker.thread);
    m->stage++;
    core_team_barrier();
}

/* Each thread combines the sums itself, which costs less than a second barrier; only thread 0 updates the running
 * statistics. */
static void finish_forward(member *m, int layer)
{
    nn_resnet *model = m->step->model;
    nn_norm_layer norm = nn_resnet_norm(model, layer);
    nn_norm_forward(&norm, model->layers[layer].extent.block, m->step->shards, combined_sums(m), m->space->combination,
                    m->worker.thread == 0, &m->space->norms[layer]);
}

static void finish_backward(member *m, int layer)
{
    nn_resnet *model = m->step->model;
    nn_norm_layer norm = nn_resnet_norm(model, layer);
    float *dgamma = model->norm_gradients + (model->layers[layer].gamma - model->base.parameters.reduced);
    bool first = m->worker.thread == 0;
    nn_norm_backward(&norm, model->layers[layer].extent.block, m->step->shards, combined_sums(m), m->space->combination,
                     &m->space->norms[layer], first ? dgamma : NULL, first ? dgamma + norm.channels : NULL);
}

static core_status load_images(member *m, int64_t shard, float *input)
{
    const step *s = m->step;
    int64_t size = s->model->config.shard, images = images_of(s, shard);
    CORE_TRY(s->feed->load(s->feed->context, m->worker.thread, shard * size, images, input));
    nn_resnet_clear_padding(s->model, images, input);
    return CORE_OK;
}

/* Writes r, the output of a block. */
static void write_output(member *m, int64_t shard, int block, float *r)
{
    const nn_resnet *model = m->step->model;
    const float *previous = block > 0 ? output_of(model, block - 1, shard) : NULL;
    nn_resnet_write_output(model, m->space->norms, block, images_of(m->step, shard),
                           x_of(model, model->plan.blocks[block].end - 1, shard), previous, m->space->buffer[1], r);
}

/* Writes y = relu(bn(x)) of a layer inside a block. */
static void write_inner(member *m, int64_t shard, int layer, float *y)
{
    nn_extent e = extent_of(m, layer, shard);
    const nn_norm *norm = &m->space->norms[layer];
    m->step->model->kernels->norm_relu(&e, x_of(m->step->model, layer, shard), norm->scale, norm->shift, y);
}

/* Makes the input of a layer: the images, the output of the block before, which is kept, or the output of the layer
 * before, which is not kept. */
static core_status make_layer_input(member *m, int64_t shard, int layer, const float **out)
{
    const nn_resnet *model = m->step->model;
    float *input = m->space->buffer[0];
    if (layer == 0) {
        input = input_of(model, shard);
        CORE_TRY(load_images(m, shard, input));
    } else if (layer == block_of(model, layer)->first) {
        const int block = model->plan.layers[layer].block - 1;
        input = output_of(model, block, shard);
        write_output(m, shard, block, input);
    } else {
        write_inner(m, shard, layer - 1, input);
    }
    *out = input;
    return CORE_OK;
}

static core_status forward_layer(member *m, int64_t shard, int layer)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    float *x = x_of(model, layer, shard);
    const float *src;
    CORE_TRY(make_layer_input(m, shard, layer, &src));
    CORE_TRY(nn_conv_forward(l->conv, m->worker, src, model->base.parameters.values + l->weight, x));
    nn_extent e = extent_of(m, layer, shard);
    nn_norm_measure(model->kernels, &e, x, &written_sums(m)[shard]);
    return CORE_OK;
}

/* Pools the last block's output r, then runs the head, the loss and the head's backward pass, to dfeatures. */
static void run_head(member *m, int64_t shard, const nn_extent *e, const float *r)
{
    const step *s = m->step;
    nn_model *base = &s->model->base;
    nn_workspace *w = m->space;
    const bool first = shard % base->group_shards == 0;
    s->model->kernels->pool(e, r, w->features);
    nn_head_forward(&base->head, &base->head_state, e->images, w->features, w->logits);
    s->feed->loss(s->feed->context, shard * s->model->config.shard, e->images, w->logits, w->dlogits);
    nn_head_gradient out = nn_model_head_gradient(base, shard / base->group_shards, first, w->dfeatures);
    nn_head_backward(&base->head, &base->head_state, e->images, w->features, w->dlogits, &out);
}

/* Masks d, the gradient by y = relu(z) of a layer, and takes its sums for the layer's batch norm. With `branch` the
 * gradient is d + branch. */
static void backward_relu(member *m, int64_t shard, int layer, const float *y, const float *branch, float *d)
{
    const nn_kernels *kernels = m->step->model->kernels;
    const nn_extent e = extent_of(m, layer, shard);
    const float *x = x_of(m->step->model, layer, shard), *mean = m->space->norms[layer].mean;
    double sums[NN_NORM_MAX_LANES], products[NN_NORM_MAX_LANES];
    if (branch != NULL) {
        kernels->join_backward(&e, y, branch, d, x, mean, sums, products);
    } else {
        kernels->relu_backward(&e, y, d, x, mean, sums, products);
    }
    nn_norm_fold(&e, sums, products, &written_sums(m)[shard]);
}

/* Ends the forward pass and begins the backward one: the last output, features, loss, and the last layer's sums. */
static core_status run_loss(member *m, int64_t shard, int layer)
{
    nn_resnet *model = m->step->model;
    nn_extent e = extent_of(m, layer, shard);
    float *r = m->space->buffer[0], *d = model->doutput + shard * model->largest_shard;
    write_output(m, shard, model->plan.layers[layer].block, r);
    run_head(m, shard, &e, r);
    model->kernels->pool_backward(&e, m->space->dfeatures, d);
    backward_relu(m, shard, layer, r, NULL, d);
    return CORE_OK;
}

static void backward_norm(member *m, int64_t shard, int layer, const float *dy, float *dx)
{
    const nn_norm *norm = &m->space->norms[layer];
    nn_extent e = extent_of(m, layer, shard);
    nn_norm_gradient g = {norm->scale, norm->slope, norm->offset};
    m->step->model->kernels->norm_backward(&e, &g, dy, x_of(m->step->model, layer, shard), dx);
}

/* Adds a shard's gradient of a layer's weights to the group's sum; the group's first shard writes it. */
static core_status add_weight_gradient(member *m, int64_t shard, int layer, const float *src, const float *dx)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    const int64_t group_shards = model->base.group_shards;
    float *sum = nn_parameters_gradient(&model->base.parameters, shard / group_shards, l->weight);
    if (shard % group_shards == 0) {
        return nn_conv_backward_weights(l->conv, m->worker, src, dx, sum);
    }
    CORE_TRY(nn_conv_backward_weights(l->conv, m->worker, src, dx, m->space->dweights));
    model->kernels->accumulate(nn_conv_weight_count(l->conv), m->space->dweights, sum);
    return CORE_OK;
}

/* Turns d, the gradient by a block's output, into the gradient by z of the block before: the sum over both paths, the
 * layers (`branch`, consumed) and the shortcut, then through the relu. */
static void backward_shortcut(member *m, int64_t shard, int block, float *branch, float *d)
{
    nn_resnet *model = m->step->model;
    const int before = model->plan.blocks[block].first - 1;
    const float *r = output_of(model, block - 1, shard);
    if (model->plan.blocks[block].shortcut == NN_SHORTCUT_PAD) {
        nn_extent e = extent_of(m, before, shard);
        model->kernels->shortcut_backward(&e, d, branch);
        memcpy(d, branch, sizeof *d * (size_t)model->layers[before].shard_floats);
        branch = NULL;
    }
    backward_relu(m, shard, before, r, branch, d);
}

static core_status backward_layer(member *m, int64_t shard, int layer)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    const nn_resnet_block *block = block_of(model, layer);
    const int64_t place = shard * model->largest_shard;
    const bool begins_block = layer == block->first, ends_block = layer == block->end - 1;
    float *doutput = model->doutput + place, *dinner = model->dinner + place;
    float *dx = m->space->buffer[0], *y = m->space->buffer[1], *branch = m->space->buffer[1];
    backward_norm(m, shard, layer, ends_block ? doutput : dinner, dx);
    if (layer == 0) {
        return add_weight_gradient(m, shard, layer, input_of(model, shard), dx);
    }
    const float *weights = model->backward_weights + l->backward_weight;
    if (begins_block) {
        const int index = model->plan.layers[layer].block;
        CORE_TRY(add_weight_gradient(m, shard, layer, output_of(model, index - 1, shard), dx));
        CORE_TRY(nn_conv_backward_data(l->conv, m->worker, dx, weights, branch));
        backward_shortcut(m, shard, index, branch, doutput);
    } else {
        write_inner(m, shard, layer - 1, y);
        CORE_TRY(add_weight_gradient(m, shard, layer, y, dx));
        CORE_TRY(nn_conv_backward_data(l->conv, m->worker, dx, weights, dinner));
        backward_relu(m, shard, layer - 1, y, NULL, dinner);
    }
    return CORE_OK;
}

/* Copies the weights into the layouts that this step reads. The first barrier of the forward pass lies between this
 * and every pass that reads them. */
static void prepare_weights(member *m)
{
    nn_resnet *model = m->step->model;
    core_range layers = core_team_range(model->plan.layer_count - 1, m->worker.thread, m->threads);
    for (int64_t i = layers.begin + 1; i < layers.end + 1 && m->status == CORE_OK; i++) {
        const nn_resnet_layer *l = &model->layers[i];
        m->status = nn_conv_to_backward(l->conv, m->worker, model->base.parameters.values + l->weight,
                                        model->backward_weights + l->backward_weight);
    }
    core_range rows = core_team_range(model->base.head.classes, m->worker.thread, m->threads);
    nn_head_prepare(&model->base.head, &model->base.head_state, rows.begin, rows.end);
}

static void update_values(member *m)
{
    const step *s = m->step;
    const nn_parameters *p = &s->model->base.parameters;
    nn_optimiser_reduce_and_update(&s->optimiser, p, nn_model_group_count(&s->model->base, s->shards), m->worker.thread,
                                   m->threads);
    if (m->worker.thread == 0) {
        nn_optimiser_update(&s->optimiser, p, (core_range){p->reduced, p->count}, s->model->norm_gradients);
    }
}

/* A layer's batch norm needs the sums of all shards, so that every pass over a layer is a stage. */
static core_status run_member(void *context, int thread, int threads)
{
    const step *s = context;
    nn_workspace *space = &s->model->workspaces[thread];
    const int layers = s->model->plan.layer_count;
    member m = {.step = s, .space = space, .worker = {thread, space->scratch}, .threads = threads};
    prepare_weights(&m);
    for (int l = 0; l < layers; l++) {
        run_stage(&m, forward_layer, l);
        finish_forward(&m, l);
    }
    run_stage(&m, run_loss, layers - 1);
    for (int l = layers - 1; l >= 0; l--) {
        finish_backward(&m, l);
        run_stage(&m, backward_layer, l);
    }
    if (m.status == CORE_OK) {
        update_values(&m);
    }
    return m.status;
}

core_status nn_resnet_train_step(nn_model *base, int64_t count, const nn_train_feed *feed, const nn_update *update)
{
    nn_resnet *model = (nn_resnet *)base;
    assert(count <= model->config.batch);
    int64_t shard = model->config.shard;
    step s = {model, count, (count + shard - 1) / shard, feed, nn_optimiser_begin(update)};
    memset(model->lanes, 0, sizeof *model->lanes * (size_t)model->config.threads);
    return core_team_run(model->config.threads, run_member, &s);
}

#include <assert.h>
#include <string.h>

#include "core/queue.h"
#include "core/team.h"
#include "nn/resnet.h"

/* One step, seen by one member of the team. A stage is a pass of the team over the groups of shards, ended by the only
 * barrier that a layer needs: batch norm's sums cross shards. Inside a group the order is fixed. */
typedef struct {
    nn_resnet *model;
    int64_t count, shards; /* of this mini-batch */
    const nn_train_feed *feed;
    const nn_update *update;
} step;

typedef struct {
    const step *step;
    nn_workspace *space;
    nn_worker worker;
    int threads;
    int64_t stage;
    core_status status; /* the first failure; later stages still meet their barriers */
} member;

typedef core_status (*shard_pass)(member *m, int64_t shard, int index);

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

static float *join_of(const nn_resnet *model, int block, int64_t shard)
{
    return model->joins[block] + shard * nn_resnet_input(model, block)->shard_floats;
}

/* The sums that this stage writes; the next one combines them while it writes the others. */
static nn_norm_sums *written_sums(const member *m) { return m->step->model->sums[m->stage % 2]; }
static nn_norm_sums *combined_sums(const member *m) { return m->step->model->sums[(m->stage + 1) % 2]; }

static void run_group(member *m, int64_t group, shard_pass pass, int index)
{
    const nn_resnet *model = m->step->model;
    int64_t end = (group + 1) * model->group_shards;
    end = end < m->step->shards ? end : m->step->shards;
    for (int64_t shard = group * model->group_shards; shard < end && m->status == CORE_OK; shard++) {
        m->status = pass(m, shard, index);
    }
}

static int64_t group_count(const step *s) { return (s->shards + s->model->group_shards - 1) / s->model->group_shards; }

static void run_stage(member *m, shard_pass pass, int index)
{
    core_queue_lane *lanes = m->step->model->lanes;
    int64_t groups = group_count(m->step), group;
    while ((group = core_queue_take(lanes, m->stage, groups, m->worker.thread, m->threads)) >= 0) {
        run_group(m, group, pass, index);
    }
    core_queue_rearm(lanes, m->stage, m->worker.thread);
    m->stage++;
    core_team_barrier();
}

/* Each thread combines for itself, which costs less than a second barrier; thread 0 keeps what outlives the step. */
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
    float *dgamma = model->norm_gradients + (model->layers[layer].gamma - model->reduced_count);
    bool first = m->worker.thread == 0;
    nn_norm_backward(&norm, model->layers[layer].extent.block, m->step->shards, combined_sums(m), m->space->combination,
                     &m->space->norms[layer], first ? dgamma : NULL, first ? dgamma + norm.channels : NULL);
}

static core_status convolve(member *m, int64_t shard, int layer, const float *src)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    float *x = x_of(model, layer, shard);
    CORE_TRY(nn_conv_forward(l->conv, m->worker, src, model->values + l->weight, x));
    nn_extent e = extent_of(m, layer, shard);
    nn_norm_measure(model->kernels, &e, x, &written_sums(m)[shard]);
    return CORE_OK;
}

static core_status forward_stem(member *m, int64_t shard, int index)
{
    const step *s = m->step;
    int64_t size = s->model->config.shard, images = images_of(s, shard);
    float *input = s->model->input + shard * size * NN_IMAGE_FLOATS;
    s->feed->load(s->feed->context, shard * size, images, input);
    memset(input + images * NN_IMAGE_FLOATS, 0, sizeof *input * (size_t)((size - images) * NN_IMAGE_FLOATS));
    return convolve(m, shard, index, input);
}

static const float *join(member *m, int64_t shard, int block, float *r)
{
    const nn_resnet *model = m->step->model;
    const float *previous = block > 0 ? join_of(model, block - 1, shard) : NULL;
    nn_resnet_join(model, m->space->norms, block, images_of(m->step, shard), x_of(model, 2 * block, shard), previous,
                   m->space->buffer[1], r);
    return r;
}

static core_status forward_first(member *m, int64_t shard, int block)
{
    return convolve(m, shard, 2 * block + 1, join(m, shard, block, join_of(m->step->model, block, shard)));
}

/* y = relu(bn(x)) of a block's inner layer, in a work space. */
static const float *inner(member *m, int64_t shard, int block, float *y)
{
    int layer = 2 * block + 1;
    nn_extent e = extent_of(m, layer, shard);
    const nn_norm *norm = &m->space->norms[layer];
    m->step->model->kernels->norm_relu(&e, x_of(m->step->model, layer, shard), norm->scale, norm->shift, y);
    return y;
}

static core_status forward_second(member *m, int64_t shard, int block)
{
    return convolve(m, shard, 2 * block + 2, inner(m, shard, block, m->space->buffer[0]));
}

static void run_head(member *m, int64_t shard, const nn_extent *e, const float *r)
{
    const step *s = m->step;
    nn_resnet *model = s->model;
    nn_workspace *w = m->space;
    float *gradients = model->gradients + shard / model->group_shards * model->reduced_count;
    float *dweight = gradients + model->head_weight;
    if (shard % model->group_shards == 0) {
        memset(dweight, 0, sizeof *dweight * (size_t)(model->reduced_count - model->head_weight));
    }
    model->kernels->pool(e, r, w->features);
    nn_head_forward(&model->head, &model->head_state, e->images, w->features, w->logits);
    s->feed->loss(s->feed->context, shard * model->config.shard, e->images, w->logits, w->dlogits);
    nn_head_gradient out = {dweight, gradients + model->head_bias, w->dfeatures};
    nn_head_backward(&model->head, &model->head_state, e->images, w->features, w->dlogits, &out);
}

/* Ends the forward pass and begins the backward one: last join, features, loss, and the last layer's sums. */
static core_status turn(member *m, int64_t shard, int block)
{
    nn_resnet *model = m->step->model;
    int layer = 2 * block;
    nn_extent e = extent_of(m, layer, shard);
    const float *r = join(m, shard, block, m->space->buffer[0]);
    run_head(m, shard, &e, r);
    float *d = model->djoin + shard * model->layers[0].shard_floats;
    double sums[NN_NORM_MAX_LANES], products[NN_NORM_MAX_LANES];
    model->kernels->pool_backward(&e, m->space->dfeatures, d);
    model->kernels->relu_backward(&e, r, d, x_of(model, layer, shard), m->space->norms[layer].mean, sums, products);
    nn_norm_fold(&e, sums, products, &written_sums(m)[shard]);
    return CORE_OK;
}

static void norm_backward(member *m, int64_t shard, int layer, const float *dy, float *dx)
{
    const nn_norm *norm = &m->space->norms[layer];
    nn_extent e = extent_of(m, layer, shard);
    nn_norm_gradient g = {norm->scale, norm->slope, norm->offset};
    m->step->model->kernels->norm_backward(&e, &g, dy, x_of(m->step->model, layer, shard), dx);
}

/* Into the group's sum: the first shard writes, later ones add. */
static core_status add_weight_gradient(member *m, int64_t shard, int layer, const float *src, const float *dx)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    float *sum = model->gradients + shard / model->group_shards * model->reduced_count + l->weight;
    if (shard % model->group_shards == 0) {
        return nn_conv_backward_weights(l->conv, m->worker, src, dx, sum);
    }
    CORE_TRY(nn_conv_backward_weights(l->conv, m->worker, src, dx, m->space->dweights));
    model->kernels->accumulate(nn_conv_weight_count(l->conv), m->space->dweights, sum);
    return CORE_OK;
}

static core_status backward_data(member *m, int layer, const float *dx, float *dsrc)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    return nn_conv_backward_data(l->conv, m->worker, dx, model->backward_weights + l->backward_weight, dsrc);
}

static core_status backward_second(member *m, int64_t shard, int block)
{
    nn_resnet *model = m->step->model;
    int layer = 2 * block + 2;
    float *dx = m->space->buffer[0], *dy = model->dinner + shard * model->layers[0].shard_floats;
    norm_backward(m, shard, layer, model->djoin + shard * model->layers[0].shard_floats, dx);
    const float *y = inner(m, shard, block, m->space->buffer[1]);
    CORE_TRY(add_weight_gradient(m, shard, layer, y, dx));
    CORE_TRY(backward_data(m, layer, dx, dy));
    nn_extent e = extent_of(m, layer - 1, shard);
    double sums[NN_NORM_MAX_LANES], products[NN_NORM_MAX_LANES];
    model->kernels->relu_backward(&e, y, dy, x_of(model, layer - 1, shard), m->space->norms[layer - 1].mean, sums,
                                  products);
    nn_norm_fold(&e, sums, products, &written_sums(m)[shard]);
    return CORE_OK;
}

/* Both ways into a block's input meet here: d = (convolution's + shortcut's) where r > 0. */
static void meet(member *m, int64_t shard, int block, float *branch, float *d)
{
    nn_resnet *model = m->step->model;
    int layer = 2 * block;
    nn_extent e = extent_of(m, layer, shard);
    const float *r = join_of(model, block, shard), *x = x_of(model, layer, shard), *mean = m->space->norms[layer].mean;
    double sums[NN_NORM_MAX_LANES], products[NN_NORM_MAX_LANES];
    if (nn_resnet_widens(model, block)) {
        model->kernels->shortcut_backward(&e, d, branch);
        memcpy(d, branch, sizeof *d * (size_t)model->layers[layer].shard_floats);
        model->kernels->relu_backward(&e, r, d, x, mean, sums, products);
    } else {
        model->kernels->join_backward(&e, r, branch, d, x, mean, sums, products);
    }
    nn_norm_fold(&e, sums, products, &written_sums(m)[shard]);
}

static core_status backward_first(member *m, int64_t shard, int block)
{
    nn_resnet *model = m->step->model;
    int layer = 2 * block + 1;
    int64_t place = shard * model->layers[0].shard_floats;
    float *dx = m->space->buffer[0], *branch = m->space->buffer[1];
    norm_backward(m, shard, layer, model->dinner + place, dx);
    CORE_TRY(add_weight_gradient(m, shard, layer, join_of(model, block, shard), dx));
    CORE_TRY(backward_data(m, layer, dx, branch));
    meet(m, shard, block, branch, model->djoin + place);
    return CORE_OK;
}

static core_status backward_stem(member *m, int64_t shard, int index)
{
    nn_resnet *model = m->step->model;
    float *dx = m->space->buffer[0];
    norm_backward(m, shard, index, model->djoin + shard * model->layers[0].shard_floats, dx);
    return add_weight_gradient(m, shard, index, model->input + shard * model->config.shard * NN_IMAGE_FLOATS, dx);
}

/* Weights in the layouts that this step reads: nobody reads them before the forward pass's first barrier. */
static void prepare(member *m)
{
    nn_resnet *model = m->step->model;
    core_range layers = core_team_range(model->layer_count - 1, m->worker.thread, m->threads);
    for (int64_t i = layers.begin + 1; i < layers.end + 1 && m->status == CORE_OK; i++) {
        const nn_resnet_layer *l = &model->layers[i];
        m->status = nn_conv_to_backward(l->conv, m->worker, model->values + l->weight,
                                        model->backward_weights + l->backward_weight);
    }
    core_range rows = core_team_range(model->head.classes, m->worker.thread, m->threads);
    nn_head_prepare(&model->head, &model->head_state, rows.begin, rows.end);
}

static void update(member *m)
{
    nn_resnet *model = m->step->model;
    const nn_update *u = m->step->update;
    const float rates[3] = {(float)u->lr, (float)u->momentum, (float)u->weight_decay};
    core_range mine = core_team_range(model->reduced_count / 16, m->worker.thread, m->threads);
    int64_t begin = mine.begin * 16, count = (mine.end - mine.begin) * 16;
    model->kernels->sgd(count, model->gradients + begin, group_count(m->step), model->reduced_count, rates,
                        model->values + begin, model->momentum + begin);
    if (m->worker.thread == 0) {
        model->kernels->sgd(model->norm_count, model->norm_gradients, 1, 0, rates, model->values + model->reduced_count,
                            model->momentum + model->reduced_count);
    }
}

static void forward(member *m)
{
    int blocks = m->step->model->block_count;
    run_stage(m, forward_stem, 0);
    for (int b = 0; b < blocks; b++) {
        finish_forward(m, 2 * b);
        run_stage(m, forward_first, b);
        finish_forward(m, 2 * b + 1);
        run_stage(m, forward_second, b);
    }
    finish_forward(m, 2 * blocks);
}

static void backward(member *m)
{
    int blocks = m->step->model->block_count;
    run_stage(m, turn, blocks);
    for (int b = blocks - 1; b >= 0; b--) {
        finish_backward(m, 2 * b + 2);
        run_stage(m, backward_second, b);
        finish_backward(m, 2 * b + 1);
        run_stage(m, backward_first, b);
    }
    finish_backward(m, 0);
    run_stage(m, backward_stem, 0);
}

static core_status run_member(void *context, int thread, int threads)
{
    const step *s = context;
    nn_workspace *space = &s->model->workspaces[thread];
    member m = {.step = s, .space = space, .worker = {thread, space->scratch}, .threads = threads};
    prepare(&m);
    forward(&m);
    backward(&m);
    if (m.status == CORE_OK) {
        update(&m);
    }
    return m.status;
}

core_status nn_resnet_train_step(nn_model *base, int64_t count, const nn_train_feed *feed, const nn_update *update)
{
    nn_resnet *model = (nn_resnet *)base;
    assert(count <= model->config.batch);
    int64_t shard = model->config.shard;
    step s = {model, count, (count + shard - 1) / shard, feed, update};
    memset(model->lanes, 0, sizeof *model->lanes * (size_t)model->config.threads);
    return core_team_run(model->config.threads, run_member, &s);
}

#include <assert.h>
#include <string.h>

#include "nn/resnet_step.h"

typedef core_status (*shard_pass)(nn_resnet_member *m, int64_t shard, int layer);

static int64_t images_of(const nn_resnet_step *s, int64_t shard)
{
    int64_t size = s->model->config.shard, left = s->count - shard * size;
    return left < size ? left : size;
}

static nn_extent extent_of(const nn_resnet_member *m, int layer, int64_t shard)
{
    nn_extent e = m->step->model->layers[layer].extent;
    e.images = images_of(m->step, shard);
    return e;
}

static float *x_of(const nn_resnet *model, int layer, int64_t shard)
{
    return model->layers[layer].x + shard * model->layers[layer].x_stride;
}

static float *input_of(const nn_resnet *model, int64_t shard) { return model->input + shard * model->input_floats; }

static float *output_of(const nn_resnet *model, int block, int64_t shard)
{
    return model->outputs[block] + shard * nn_resnet_output_floats(model, block);
}

static bool is_projection(const nn_resnet *model, int layer) { return model->plan.layers[layer].number == 0; }

static nn_norm_sums *written_sums(const nn_resnet_member *m, int layer) { return nn_resnet_sums(m, m->stage, layer); }
static nn_norm_sums *combined_sums(const nn_resnet_member *m, int layer)
{
    return nn_resnet_sums(m, m->stage + 1, layer);
}

static void run_stage(nn_resnet_member *m, shard_pass pass, int layer)
{
    const nn_resnet_step *s = m->step;
    core_queue_lane *lanes = s->model->lanes;
    const nn_ranks *ranks = &s->model->base.ranks;
    const core_range own = nn_ranks_own(ranks, ranks->groups);
    int64_t group;
    while ((group = core_queue_take(lanes, m->stage, own.end - own.begin, m->worker.thread, m->threads)) >= 0) {
        core_range shards = nn_model_group(&s->model->base, own.begin + group, s->shards);
        for (int64_t shard = shards.begin; shard < shards.end && m->status == CORE_OK; shard++) {
            m->status = pass(m, shard, layer);
        }
    }
    core_queue_rearm(lanes, m->stage, m->worker.thread);
    m->stage++;
    core_team_barrier();
}

/* The norms of every layer, in the group of batch norm that a shard belongs to. */
static nn_norm *norms_of(const nn_resnet_member *m, int64_t shard)
{
    const nn_resnet *model = m->step->model;
    return m->space->layer_norms + shard / model->norm_shards * model->plan.layer_count;
}

/* How many sums of a group of batch norm are to be combined: with several ranks they are whole in the first. */
static int64_t sums_count(const nn_resnet_member *m, core_range shards)
{
    return m->step->model->base.ranks.count > 1 ? 1 : shards.end - shards.begin;
}

/* Each thread combines the sums itself, which costs less than a second barrier; only thread 0 updates the running
 * statistics, from the first group. */
static void combine_forward(nn_resnet_member *m, int layer)
{
    nn_resnet *model = m->step->model;
    const nn_norm_layer norm = nn_resnet_norm(model, layer);
    for (int64_t g = 0; g < nn_resnet_norm_groups(model, m->step->shards); g++) {
        const core_range shards = nn_resnet_norm_group(m, g);
        nn_norm_forward(&norm, model->layers[layer].extent.block, sums_count(m, shards),
                        combined_sums(m, layer) + shards.begin, m->space->combination, g == 0 && m->worker.thread == 0,
                        &norms_of(m, shards.begin)[layer]);
    }
}

static void combine_backward(nn_resnet_member *m, int layer)
{
    nn_resnet *model = m->step->model;
    const nn_norm_layer norm = nn_resnet_norm(model, layer);
    const int64_t place = model->layers[layer].gamma - model->base.parameters.reduced;
    const bool first = m->worker.thread == 0;
    for (int64_t g = 0; g < nn_resnet_norm_groups(model, m->step->shards); g++) {
        const core_range shards = nn_resnet_norm_group(m, g);
        float *dgamma = model->norm_gradients + g * model->norm_count + place;
        nn_norm_backward(&norm, model->layers[layer].extent.block, sums_count(m, shards),
                         combined_sums(m, layer) + shards.begin, m->space->combination,
                         &norms_of(m, shards.begin)[layer], first ? dgamma : NULL,
                         first ? dgamma + norm.channels : NULL);
    }
}

/* The stage of a block's last layer takes the projection's sums too. */
static void finish_backward(nn_resnet_member *m, int layer)
{
    const nn_resnet_block *block = nn_resnet_block_of(m->step->model, layer);
    combine_backward(m, layer);
    if (layer == block->last && nn_resnet_projects(block)) {
        combine_backward(m, nn_resnet_projection(block));
    }
}

static core_status load_images(nn_resnet_member *m, int64_t shard, float *input)
{
    const nn_resnet_step *s = m->step;
    int64_t size = s->model->config.shard, images = images_of(s, shard);
    CORE_TRY(s->feed->load(s->feed->context, m->worker.thread, shard * size, images, input));
    nn_resnet_clear_padding(s->model, images, input);
    return CORE_OK;
}

/* Writes r, the output of a block. */
static void write_output(nn_resnet_member *m, int64_t shard, int index, float *r)
{
    const nn_resnet *model = m->step->model;
    const nn_resnet_block *block = &model->plan.blocks[index];
    const nn_resnet_end end = {.x = x_of(model, block->last, shard),
                               .projection =
                                   nn_resnet_projects(block) ? x_of(model, nn_resnet_projection(block), shard) : NULL,
                               .previous = index > 0 ? output_of(model, index - 1, shard) : NULL};
    nn_resnet_write_output(model, norms_of(m, shard), index, images_of(m->step, shard), &end, m->space->buffer[1], r);
}

/* Writes y = relu(bn(x)) of a layer inside a block. */
static void write_inner(nn_resnet_member *m, int64_t shard, int layer, float *y)
{
    nn_extent e = extent_of(m, layer, shard);
    const nn_norm *norm = &norms_of(m, shard)[layer];
    m->step->model->kernels->norm_relu(&e, x_of(m->step->model, layer, shard), norm->scale, norm->shift, y);
}

/* Makes the input of a layer: the images, the output of the block before, which is kept, or the output of the layer
 * before, which is not kept. */
static core_status make_layer_input(nn_resnet_member *m, int64_t shard, int layer, const float **out)
{
    const nn_resnet *model = m->step->model;
    float *input = m->space->buffer[0];
    if (layer == 0) {
        input = input_of(model, shard);
        CORE_TRY(load_images(m, shard, input));
    } else if (layer == nn_resnet_block_of(model, layer)->first) {
        const int block = model->plan.layers[layer].block - 1;
        input = output_of(model, block, shard);
        write_output(m, shard, block, input);
    } else {
        write_inner(m, shard, layer - 1, input);
    }
    *out = input;
    return CORE_OK;
}

static core_status write_x(nn_resnet_member *m, int64_t shard, int layer, const float *src)
{
    const nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    return nn_conv_forward(l->conv, m->worker, src, model->base.parameters.values + l->weight,
                           x_of(model, layer, shard));
}

/* Convolves, and takes the moments of the output while it is in cache. */
static core_status convolve(nn_resnet_member *m, int64_t shard, int layer, const float *src)
{
    const nn_resnet *model = m->step->model;
    CORE_TRY(write_x(m, shard, layer, src));
    nn_extent e = extent_of(m, layer, shard);
    nn_norm_measure(model->kernels, &e, x_of(model, layer, shard), &m->space->lanes, &written_sums(m, layer)[shard]);
    return CORE_OK;
}

static core_status forward_layer(nn_resnet_member *m, int64_t shard, int layer)
{
    const nn_resnet_block *block = nn_resnet_block_of(m->step->model, layer);
    const float *src;
    CORE_TRY(make_layer_input(m, shard, layer, &src));
    CORE_TRY(convolve(m, shard, layer, src));
    return layer == block->first && nn_resnet_projects(block) ? convolve(m, shard, nn_resnet_projection(block), src)
                                                              : CORE_OK;
}

/* Pools the last block's output r, then runs the head, the loss and the head's backward pass, to dfeatures. */
static void run_head(nn_resnet_member *m, int64_t shard, const nn_extent *e, const float *r)
{
    const nn_resnet_step *s = m->step;
    const nn_resnet *model = s->model;
    const nn_head *head = &model->base.head;
    const int64_t first = shard * model->config.shard;
    float *features = model->features + first * head->features, *logits = model->logits + first * head->classes;
    const nn_head_batch batch = nn_resnet_head_batch(model, first, e->images);
    model->kernels->pool(e, r, features);
    nn_head_forward(head, &model->base.head_state, e->images, features, logits, model->norms + first);
    s->feed->loss(s->feed->context, first, e->images, logits, model->dlogits + first * head->classes);
    nn_head_backward_features(head, &model->base.head_state, &batch, m->space->dfeatures);
}

/* Masks d, the gradient by y = relu(z), and takes its sums for a layer's batch norm, whose z is a term of that z. With
 * `branch` the gradient is d + branch. */
static void backward_relu(nn_resnet_member *m, int64_t shard, int layer, const float *y, const float *branch, float *d)
{
    const nn_kernels *kernels = m->step->model->kernels;
    const nn_norm_lanes *lanes = &m->space->lanes;
    const nn_extent e = extent_of(m, layer, shard);
    const float *x = x_of(m->step->model, layer, shard), *mean = norms_of(m, shard)[layer].mean;
    if (branch != NULL) {
        kernels->join_backward(&e, y, branch, d, x, mean, lanes->sums, lanes->products);
    } else {
        kernels->relu_backward(&e, y, d, x, mean, lanes->sums, lanes->products);
    }
    nn_norm_fold(&e, lanes->sums, lanes->products, &written_sums(m, layer)[shard]);
}

/* The same at a block's end, where both batch norms of a projecting block take their sums; r is the block's output. */
static void backward_end(nn_resnet_member *m, int64_t shard, const nn_resnet_block *block, const float *r,
                         const float *branch, float *d)
{
    backward_relu(m, shard, block->last, r, branch, d);
    if (nn_resnet_projects(block)) {
        backward_relu(m, shard, nn_resnet_projection(block), r, NULL, d);
    }
}

/* The same through the stem's max-pool: d is the gradient by its output, then by z. */
static void backward_pool(nn_resnet_member *m, int64_t shard, const nn_resnet_block *stem, const float *branch,
                          float *d)
{
    const nn_resnet *model = m->step->model;
    const nn_extent e = extent_of(m, stem->last, shard);
    float *y = m->space->buffer[0], *sum = m->space->buffer[2];
    write_inner(m, shard, stem->last, y);
    memcpy(sum, d, sizeof *sum * (size_t)nn_resnet_output_floats(model, 0));
    if (branch != NULL) {
        model->kernels->accumulate(nn_resnet_output_floats(model, 0), branch, sum);
    }
    model->max_pool->backward(&e, y, sum, d);
    backward_relu(m, shard, stem->last, y, NULL, d);
}

/* Ends the forward pass and begins the backward one: the last output, features, loss, and the last layer's sums. */
static core_status run_loss(nn_resnet_member *m, int64_t shard, int layer)
{
    nn_resnet *model = m->step->model;
    nn_extent e = extent_of(m, layer, shard);
    float *r = m->space->buffer[0], *d = model->doutput + shard * model->largest_shard;
    write_output(m, shard, model->plan.layers[layer].block, r);
    run_head(m, shard, &e, r);
    model->kernels->pool_backward(&e, m->space->dfeatures, d);
    backward_end(m, shard, nn_resnet_block_of(model, layer), r, NULL, d);
    return CORE_OK;
}

static void backward_norm(nn_resnet_member *m, int64_t shard, int layer, const float *dy, float *dx)
{
    const nn_norm *norm = &norms_of(m, shard)[layer];
    nn_extent e = extent_of(m, layer, shard);
    nn_norm_gradient g = {norm->scale, norm->slope, norm->offset};
    m->step->model->kernels->norm_backward(&e, &g, dy, x_of(m->step->model, layer, shard), dx);
}

/* Adds a shard's gradient of a layer's weights to the group's sum; the group's first shard writes it. */
static core_status add_weight_gradient(nn_resnet_member *m, int64_t shard, int layer, const float *src, const float *dx)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    const int64_t group_shards = model->base.group_shards, group = shard / group_shards;
    float *sum = model->gradients[m->stage % 2] + group * model->gradient_floats + l->gradient;
    if (shard % group_shards == 0) {
        return nn_conv_backward_weights(l->conv, m->worker, src, dx, sum);
    }
    CORE_TRY(nn_conv_backward_weights(l->conv, m->worker, src, dx, m->space->dweights));
    model->kernels->accumulate(nn_conv_weight_count(l->conv), m->space->dweights, sum);
    return CORE_OK;
}

/* Runs the projection of a block backward: d, the gradient by its output, becomes the part of the gradient by its input
 * that came this way. */
static core_status backward_projection(nn_resnet_member *m, int64_t shard, const nn_resnet_block *block,
                                       const float *input, float *d)
{
    nn_resnet *model = m->step->model;
    const int layer = nn_resnet_projection(block);
    const nn_resnet_layer *l = &model->layers[layer];
    float *dx = m->space->buffer[0];
    backward_norm(m, shard, layer, d, dx);
    CORE_TRY(add_weight_gradient(m, shard, layer, input, dx));
    return nn_conv_backward_data(l->conv, m->worker, dx, model->backward_weights + l->backward_weight, d);
}

/* Writes the x at the end of a block once more, where the blocks behind it have overwritten it. The weights are still those
 * of the forward pass: a layer's are updated behind the stage of its gradient, which is to come. */
static core_status restore_block(nn_resnet_member *m, int64_t shard, int index)
{
    const nn_resnet *model = m->step->model;
    const nn_resnet_block *block = &model->plan.blocks[index];
    const float *src = index > 0 ? output_of(model, index - 1, shard) : input_of(model, shard);
    float *y = m->space->buffer[2];
    if (nn_resnet_projects(block)) {
        CORE_TRY(write_x(m, shard, nn_resnet_projection(block), src));
    }
    if (block->last > block->first) {
        write_inner(m, shard, block->last - 1, y);
        src = y;
    }
    return write_x(m, shard, block->last, src);
}

/* Turns d, the gradient by a block's output, into the gradient by z of the block before: the sum over both paths, the
 * layers (`branch`, consumed) and the shortcut, then through the relu. */
static core_status backward_shortcut(nn_resnet_member *m, int64_t shard, int index, float *branch, float *d)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_block *block = &model->plan.blocks[index], *before = block - 1;
    const float *r = output_of(model, index - 1, shard);
    if (nn_resnet_projects(block)) {
        CORE_TRY(backward_projection(m, shard, block, r, d));
    } else if (block->shortcut == NN_SHORTCUT_PAD) {
        const nn_extent e = nn_resnet_output_extent(model, index - 1, images_of(m->step, shard));
        model->kernels->shortcut_backward(&e, d, branch);
        memcpy(d, branch, sizeof *d * (size_t)nn_resnet_output_floats(model, index - 1));
        branch = NULL;
    }
    if (model->config.recompute) {
        CORE_TRY(restore_block(m, shard, index - 1));
    }
    if (before->pools) {
        backward_pool(m, shard, before, branch, d);
    } else {
        backward_end(m, shard, before, r, branch, d);
    }
    return CORE_OK;
}

static core_status backward_layer(nn_resnet_member *m, int64_t shard, int layer)
{
    nn_resnet *model = m->step->model;
    const nn_resnet_layer *l = &model->layers[layer];
    const nn_resnet_block *block = nn_resnet_block_of(model, layer);
    const bool begins_block = layer == block->first, ends_block = layer == block->last;
    float *doutput = model->doutput + shard * model->largest_shard,
          *dinner = model->dinner + shard * model->largest_inner;
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
        CORE_TRY(backward_shortcut(m, shard, index, branch, doutput));
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
static void prepare_weights(nn_resnet_member *m)
{
    nn_resnet *model = m->step->model;
    for (int i = 1 + m->worker.thread; i < model->plan.layer_count && m->status == CORE_OK; i += m->threads) {
        const nn_resnet_layer *l = &model->layers[i];
        m->status = nn_conv_to_backward(l->conv, m->worker, model->base.parameters.values + l->weight,
                                        model->backward_weights + l->backward_weight);
    }
    core_range rows = core_team_range(model->base.head.classes, m->worker.thread, m->threads);
    nn_head_prepare(&model->base.head, &model->base.head_state, rows.begin, rows.end);
}

/* The layer whose batch norm takes its sums from the backward pass of a layer; -1: none is left. */
static int layer_before(const nn_resnet *model, int layer)
{
    const nn_resnet_block *block = nn_resnet_block_of(model, layer);
    return layer > block->first ? layer - 1 : layer > 0 ? (block - 1)->last : -1;
}

static void cross_forward(nn_resnet_member *m, int layer)
{
    const nn_resnet_block *block = nn_resnet_block_of(m->step->model, layer);
    const nn_resnet_crossing crossing = {.norm = layer,
                                         .norm_projects = layer == block->first && nn_resnet_projects(block),
                                         .how = nn_norm_combine_moments,
                                         .gradient = -1,
                                         .updated = -1};
    nn_resnet_cross(m, &crossing);
}

/* norm: the layer with new sums; gradient: with new gradients, -1 behind the loss; updated: with new weights, -1 where they
 * are the head's. */
static void cross_backward(nn_resnet_member *m, int norm, int gradient, int updated)
{
    const nn_resnet_block *block = nn_resnet_block_of(m->step->model, norm >= 0 ? norm : 0);
    const nn_resnet_crossing crossing = {.norm = norm,
                                         .norm_projects = norm == block->last && nn_resnet_projects(block),
                                         .how = nn_norm_combine_sums,
                                         .gradient = gradient,
                                         .updated = updated,
                                         .has_loss = gradient < 0,
                                         .updated_head = gradient >= 0 && updated < 0};
    nn_resnet_cross(m, &crossing);
}

static void cross_end(nn_resnet_member *m)
{
    const nn_resnet_crossing crossing = {.norm = -1, .gradient = -1, .updated = 0};
    nn_resnet_cross(m, &crossing);
}

/* A layer's batch norm needs the sums of all shards, so that every pass over a layer is a stage. Projections have no
 * stage of their own. */
static core_status run_member(void *context, int thread, int threads)
{
    const nn_resnet_step *s = context;
    nn_resnet *model = s->model;
    nn_workspace *space = &model->workspaces[thread];
    const int blocks = model->plan.block_count, last = model->plan.blocks[blocks - 1].last;
    nn_resnet_member m = {.step = s, .space = space, .worker = {thread, space->scratch}, .threads = threads};
    prepare_weights(&m);
    for (int l = 0; l <= last; l++) {
        if (!is_projection(model, l)) {
            run_stage(&m, forward_layer, l);
            cross_forward(&m, l);
            nn_resnet_visit_stage(&m, l, combine_forward);
        }
    }
    run_stage(&m, run_loss, last);
    cross_backward(&m, last, -1, -1);
    nn_resnet_update_head(&m);
    for (int l = last, before = -1; l >= 0; l--) {
        if (!is_projection(model, l)) {
            finish_backward(&m, l);
            nn_resnet_update_stage(&m, before);
            run_stage(&m, backward_layer, l);
            cross_backward(&m, layer_before(model, l), l, before);
            before = l;
        }
    }
    nn_resnet_update_stage(&m, 0);
    nn_resnet_update_norms(&m);
    cross_end(&m);
    return m.status;
}

core_status nn_resnet_train_step(nn_model *base, int64_t count, const nn_train_feed *feed, const nn_update *update)
{
    nn_resnet *model = (nn_resnet *)base;
    assert(count <= model->config.batch);
    int64_t shard = model->config.shard;
    nn_resnet_step s = {model, count, (count + shard - 1) / shard, feed, nn_optimiser_begin(update)};
    nn_ranks_divide(&base->ranks, s.shards, base->group_shards);
    memset(model->lanes, 0, sizeof *model->lanes * (size_t)model->config.threads);
    return core_team_run(model->config.threads, run_member, &s);
}

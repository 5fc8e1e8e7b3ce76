#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/queue.h"
#include "core/team.h"
#include "nn/bilstm.h"
#include "nn/optimiser.h"

/* A step, or an evaluation, as the members of the team see it. */
typedef struct {
    nn_bilstm *model;
    const nn_train_feed *train;
    const nn_eval_feed *evaluate;
    nn_dropout dropout;
    nn_optimiser_step optimiser;
    int64_t groups;  /* that this batch fills */
    core_range part; /* of them, or of an evaluation's shards: this rank's */

    /* Tasks are taken in order: the longest come first and the last ones are short, so that members end at about the
     * same time. */
    core_queue_lane work;    /* groups, or shards of an evaluation */
    core_queue_lane vectors; /* blocks of word vectors that are updated */
} pass;

static void pack_direction(const nn_bilstm *model, const nn_bilstm_layer *layer, int direction, core_range panels,
                           bool back)
{
    int64_t H = layer->lstm.hidden, I = layer->lstm.inputs;
    const nn_lstm_weights *to = &layer->lstm.weights[direction];
    const nn_bilstm_offsets *at = &layer->at[direction];
    const nn_gemm *gemm = model->kernels->gemm;
    const float *values = model->base.parameters.values;
    const float *input = values + at->input, *recurrent = values + at->recurrent;
    int64_t begin = panels.begin * gemm->panel, end = panels.end * gemm->panel;
    gemm->pack_transposed(I, 4 * H, begin, end, input, I, to->input);
    gemm->pack_transposed(H, 4 * H, begin, end, recurrent, H, to->recurrent);
    for (int64_t k = begin; k < end; k++) {
        to->bias[k] = values[at->bias[0] + k] + values[at->bias[1] + k];
        if (back) {
            gemm->pack_row(4 * H, I, k, input + k * I, to->input_back);
            gemm->pack_row(4 * H, H, k, recurrent + k * H, to->recurrent_back);
        }
    }
}

/* Packs the weights for this pass; no member reads them before the barrier. */
static void prepare_weights(nn_bilstm *model, int thread, int threads, bool back)
{
    core_range panels = core_team_range(4 * model->config.hidden / model->kernels->gemm->panel, thread, threads);
    for (int l = 0; l < model->config.layers; l++) {
        for (int d = 0; d < 2; d++) {
            pack_direction(model, &model->layers[l], d, panels, back);
        }
    }
    core_range classes = core_team_range(model->base.head.classes, thread, threads);
    nn_head_prepare(&model->base.head, &model->base.head_state, classes.begin, classes.end);
    core_team_barrier();
}

/* Runs the head, the loss and the head's backward pass. Sequences are in the shard's order, not in the batch's. */
static void run_head(const pass *p, const nn_bilstm_shard *s, int64_t group, bool first)
{
    const nn_bilstm *model = p->model;
    nn_bilstm_space *w = s->space;
    int64_t D = model->base.head.features, K = model->base.head.classes;
    int head = model->config.layers;
    for (int64_t i = 0; i < s->count; i++) {
        model->kernels->drop(&p->dropout, head, s->items[i].position, 0, D, w->features + i * D, w->dropped + i * D);
    }
    nn_head_forward(&model->base.head, &model->base.head_state, s->count, w->dropped, w->logits, w->norms);
    for (int64_t i = 0; i < s->count; i++) {
        p->train->loss(p->train->context, s->items[i].position, 1, w->logits + i * K, w->dlogits + i * K);
    }
    nn_head_gradient out = nn_model_head_gradient(&model->base, group, first, w->dfeatures);
    const nn_head_batch batch = {s->count, w->dropped, w->logits, w->norms, w->dlogits};
    nn_head_backward(&model->base.head, &model->base.head_state, &batch, &out);
    for (int64_t i = 0; i < s->count; i++) {
        model->kernels->drop(&p->dropout, head, s->items[i].position, 0, D, w->dfeatures + i * D, w->dfeatures + i * D);
    }
}

/* Both of PyTorch's biases have the same gradient. */
static void copy_bias_gradients(const nn_bilstm *model, float *gradients)
{
    for (int l = 0; l < model->config.layers; l++) {
        for (int d = 0; d < 2; d++) {
            const int64_t *bias = model->layers[l].at[d].bias;
            memcpy(gradients + bias[1], gradients + bias[0], sizeof(float) * (size_t)(4 * model->config.hidden));
        }
    }
}

static void run_group(const pass *p, int64_t group, nn_bilstm_space *space)
{
    nn_bilstm *model = p->model;
    float *gradients = nn_parameters_gradient(&model->base.parameters, group, 0);
    const core_range shards = nn_model_group(&model->base, group, model->batch.shards);
    for (int64_t shard = shards.begin; shard < shards.end; shard++) {
        const bool first = shard == shards.begin;
        nn_bilstm_shard s = nn_bilstm_shard_of(model, shard, space, p->dropout);
        nn_bilstm_shard_forward(&s);
        run_head(p, &s, group, first);
        nn_bilstm_shard_backward(&s, gradients, first);
    }
    copy_bias_gradients(model, gradients);
}

/* A word vector's gradient is the sum over its rows in the batch's order; most word vectors have no row. */
static void update_vector(const pass *p, int64_t token, float *gradient)
{
    const nn_bilstm *model = p->model;
    const nn_bilstm_batch *batch = &model->batch;
    int64_t width = model->width, at = model->base.parameters.reduced + token * width;
    memset(gradient, 0, sizeof *gradient * (size_t)width);
    for (int64_t i = batch->token_first[token]; i < batch->token_first[token + 1] && token != NN_TOKEN_PADDING; i++) {
        const float *row = model->dvectors + batch->token_rows[i] * nn_row(width);
        model->kernels->sum_rows(1, width, row, 0, gradient, gradient);
    }
    nn_optimiser_update(&p->optimiser, &model->base.parameters, (core_range){at, at + width}, gradient);
}

static nn_gradient_sums sums_of(const pass *p)
{
    const nn_model *base = &p->model->base;
    return (nn_gradient_sums){base->parameters.gradients, base->parameters.reduced, p->groups, &base->ranks};
}

static void update_values(pass *p, nn_bilstm_space *space, int thread, int threads)
{
    enum { TOKENS = 256 };
    const nn_bilstm *model = p->model;
    const nn_ranks *ranks = &model->base.ranks;
    const core_range words = core_team_range(model->config.vocabulary, ranks->rank, ranks->count);
    int64_t block;
    const nn_parameters *all = &model->base.parameters;
    const nn_gradient_sums sums = sums_of(p);
    nn_optimiser_reduce_and_update(&p->optimiser, all, (core_range){0, all->reduced}, &sums, thread, threads);
    while ((block = core_queue_take_in_order(&p->vectors, (words.end - words.begin + TOKENS - 1) / TOKENS)) >= 0) {
        const int64_t begin = words.begin + block * TOKENS;
        for (int64_t k = begin; k < begin + TOKENS && k < words.end; k++) {
            update_vector(p, k, space->dvector);
        }
    }
}

/* Every rank needs the nodes of the values that it updates, and the gradients of all the batch's rows, because a word may
 * stand in any text. */
static void add_gradients(pass *p)
{
    const nn_bilstm *model = p->model;
    nn_ranks *ranks = &p->model->base.ranks;
    const nn_gradient_sums sums = sums_of(p);
    nn_gradient_add_parts(ranks, model->base.parameters.reduced, &sums);
    for (int r = 0; r <= ranks->count; r++) {
        ranks->rows[r] = model->batch.first_row[ranks->shards[r]];
    }
    core_comm_share(&ranks->parts, model->dvectors, nn_row(model->width) * (int64_t)sizeof(float), ranks->rows);
}

static void add_values(pass *p)
{
    nn_model *base = &p->model->base;
    for (int64_t c = 0; c < base->cut_count; c++) {
        nn_ranks_move_cut(&base->ranks, base->cuts[c], base->parameters.values, core_comm_share);
    }
}

/* Exchanges what `add` adds between ranks. Every member of the team calls it; with one rank it does nothing. */
static void cross(pass *p, int thread, void (*add)(pass *p))
{
    nn_ranks *ranks = &p->model->base.ranks;
    if (ranks->count > 1) {
        core_team_barrier();
        if (thread == 0) {
            add(p);
            core_comm_exchange(&ranks->parts);
        }
        core_team_barrier();
    }
}

static core_status train_member(void *context, int thread, int threads)
{
    pass *p = context;
    nn_bilstm_space *space = &p->model->spaces[thread];
    int64_t group;
    prepare_weights(p->model, thread, threads, true);
    const int64_t groups = p->part.end - p->part.begin;
    while (thread < groups && (group = core_queue_take_in_order(&p->work, groups)) >= 0) {
        run_group(p, nn_bilstm_longest(p->part, group), space);
    }
    core_team_barrier();
    const nn_gradient_sums sums = sums_of(p);
    nn_gradient_combine_own(&p->optimiser, p->model->base.parameters.reduced, &sums, thread, threads);
    cross(p, thread, add_gradients);
    update_values(p, space, thread, threads);
    cross(p, thread, add_values);
    return CORE_OK;
}

/* Rounds p to a multiple of 2^-16; the scale is 1 / (1 - p) of the rounded p. */
static nn_dropout dropout_of(const nn_bilstm_config *config, int64_t step)
{
    double dropped = floor(config->dropout * 0x1p16 + 0.5);
    return (nn_dropout){.seed = config->seed,
                        .step = (uint32_t)step,
                        .threshold = (uint32_t)dropped,
                        .scale = (float)(0x1p16 / (0x1p16 - dropped))};
}

static int member_count(const nn_bilstm *model, int64_t tasks)
{
    return tasks < model->config.threads ? (int)tasks : model->config.threads;
}

core_status nn_bilstm_train_step(nn_model *base, int64_t count, const nn_train_feed *feed, const nn_update *update)
{
    nn_bilstm *model = (nn_bilstm *)base;
    assert(count <= model->config.batch && update->step >= 0 && update->step <= UINT32_MAX);
    nn_bilstm_source source = {feed->context, feed->sequence, model->config.shard, model->config.vocabulary};
    CORE_TRY(nn_bilstm_batch_fill(&model->batch, &source, count, true));
    pass p = {.model = model,
              .train = feed,
              .dropout = dropout_of(&model->config, update->step),
              .optimiser = nn_optimiser_begin(update),
              .groups = nn_model_group_count(&model->base, model->batch.shards)};
    nn_ranks_divide(&base->ranks, model->batch.shards, base->group_shards);
    p.part = nn_ranks_own(&base->ranks, base->ranks.groups);
    CORE_TRY(nn_bilstm_reserve(model, member_count(model, p.part.end - p.part.begin), true));
    return core_team_run(model->config.threads, train_member, &p);
}

static core_status evaluate_member(void *context, int thread, int threads)
{
    pass *p = context;
    const nn_bilstm *model = p->model;
    nn_bilstm_space *w = &p->model->spaces[thread];
    int64_t D = model->base.head.features, K = model->base.head.classes, shard;
    prepare_weights(p->model, thread, threads, false);
    const int64_t shards = p->part.end - p->part.begin;
    while (thread < shards && (shard = core_queue_take_in_order(&p->work, shards)) >= 0) {
        nn_bilstm_shard s = nn_bilstm_shard_of(model, nn_bilstm_longest(p->part, shard), w, p->dropout);
        nn_bilstm_shard_forward(&s);
        nn_head_forward(&model->base.head, &model->base.head_state, s.count, w->features, w->logits, w->norms);
        for (int64_t i = 0; i < s.count; i++) {
            p->evaluate->receive(p->evaluate->context, s.items[i].position, 1, w->features + i * D, w->logits + i * K);
        }
    }
    return CORE_OK;
}

core_status nn_bilstm_evaluate(nn_model *base, int64_t count, const nn_eval_feed *feed)
{
    nn_bilstm *model = (nn_bilstm *)base;
    nn_bilstm_source source = {feed->context, feed->sequence, model->config.shard, model->config.vocabulary};
    CORE_TRY(nn_bilstm_batch_fill(&model->batch, &source, count, false));
    pass p = {.model = model,
              .evaluate = feed,
              .dropout = {.threshold = 0},
              .part = core_team_range(model->batch.shards, base->ranks.rank, base->ranks.count)};
    CORE_TRY(nn_bilstm_reserve(model, member_count(model, p.part.end - p.part.begin), false));
    return core_team_run(model->config.threads, evaluate_member, &p);
}

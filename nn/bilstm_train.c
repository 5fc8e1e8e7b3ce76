#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/maths.h"
#include "core/team.h"
#include "nn/bilstm.h"

/* A step, or an evaluation, as the members of the team see it. */
typedef struct {
    nn_bilstm *model;
    const nn_train_feed *train;
    const nn_eval_feed *evaluate;
    nn_dropout dropout;
    nn_adam_rates rates;
    int64_t groups;          /* that this batch fills */
    _Atomic int64_t taken;   /* groups, or shards of an evaluation */
    _Atomic int64_t vectors; /* blocks of word vectors that are updated */
} pass;

/* The longest come first, so that the last ones to be taken are short: members end at about the same time. */
static int64_t take(_Atomic int64_t *taken, int64_t count)
{
    int64_t i = atomic_fetch_add_explicit(taken, 1, memory_order_relaxed);
    return i < count ? i : -1;
}

static void pack_direction(const nn_bilstm *model, const nn_bilstm_layer *layer, int direction, core_range panels,
                           bool back)
{
    int64_t H = layer->lstm.hidden, I = layer->lstm.inputs;
    const nn_lstm_weights *to = &layer->lstm.weights[direction];
    const nn_bilstm_offsets *at = &layer->at[direction];
    const float *input = model->values + at->input, *recurrent = model->values + at->recurrent;
    int64_t begin = panels.begin * NN_PANEL, end = panels.end * NN_PANEL;
    nn_pack_transposed(I, 4 * H, begin, end, input, I, to->input);
    nn_pack_transposed(H, 4 * H, begin, end, recurrent, H, to->recurrent);
    for (int64_t k = begin; k < end; k++) {
        to->bias[k] = model->values[at->bias[0] + k] + model->values[at->bias[1] + k];
        if (back) {
            nn_pack_row(4 * H, I, k, input + k * I, to->input_back);
            nn_pack_row(4 * H, H, k, recurrent + k * H, to->recurrent_back);
        }
    }
}

/* Weights as this pass reads them; nobody reads before the barrier. */
static void prepare(nn_bilstm *model, int thread, int threads, bool back)
{
    core_range panels = core_team_range(4 * model->config.hidden / NN_PANEL, thread, threads);
    for (int l = 0; l < model->config.layers; l++) {
        for (int d = 0; d < 2; d++) {
            pack_direction(model, &model->layers[l], d, panels, back);
        }
    }
    core_range classes = core_team_range(model->head.classes, thread, threads);
    nn_head_prepare(&model->head, &model->head_state, classes.begin, classes.end);
    core_team_barrier();
}

/* Head, loss and back to the features; sequences in the shard's order, which is not the batch's. */
static void turn(const pass *p, const nn_bilstm_shard *s, float *gradients)
{
    const nn_bilstm *model = p->model;
    nn_bilstm_space *w = s->space;
    int64_t D = model->head.features, K = model->head.classes;
    int head = model->config.layers;
    for (int64_t i = 0; i < s->count; i++) {
        model->kernels->drop(&p->dropout, head, s->items[i].position, 0, D, w->features + i * D, w->dropped + i * D);
    }
    nn_head_forward(&model->head, &model->head_state, s->count, w->dropped, w->logits);
    for (int64_t i = 0; i < s->count; i++) {
        p->train->loss(p->train->context, s->items[i].position, 1, w->logits + i * K, w->dlogits + i * K);
    }
    nn_head_gradient out = {gradients + model->head_weight, gradients + model->head_bias, w->dfeatures};
    nn_head_backward(&model->head, &model->head_state, s->count, w->dropped, w->dlogits, &out);
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
    float *gradients = model->gradients + group * model->reduced_count;
    int64_t first = group * model->group_shards, end = first + model->group_shards;
    end = end < model->batch.shards ? end : model->batch.shards;
    memset(gradients + model->head_weight, 0, sizeof(float) * (size_t)(model->reduced_count - model->head_weight));
    for (int64_t shard = first; shard < end; shard++) {
        nn_bilstm_shard s = nn_bilstm_shard_of(model, shard, space, p->dropout);
        nn_bilstm_shard_forward(&s);
        turn(p, &s, gradients);
        nn_bilstm_shard_backward(&s, gradients, shard == first);
    }
    copy_bias_gradients(model, gradients);
}

/* A word vector's gradient is the sum over its rows in the batch's order; most have none. */
static void update_vector(const pass *p, int64_t token, float *gradient)
{
    const nn_bilstm *model = p->model;
    const nn_bilstm_batch *batch = &model->batch;
    int64_t width = model->width, at = model->reduced_count + token * width;
    memset(gradient, 0, sizeof *gradient * (size_t)width);
    for (int64_t i = batch->token_first[token]; i < batch->token_first[token + 1] && token != NN_TOKEN_PADDING; i++) {
        const float *row = model->dvectors + batch->token_rows[i] * nn_row(width);
        model->kernels->sum_rows(1, width, row, 0, gradient, gradient);
    }
    model->kernels->adam(width, gradient, 1, 0, &p->rates, model->values + at, model->moments + at,
                         model->squares + at);
}

static void update(pass *p, nn_bilstm_space *space, int thread, int threads)
{
    enum { TOKENS = 256 };
    nn_bilstm *model = p->model;
    core_range mine = core_team_range(model->reduced_count / 16, thread, threads);
    int64_t begin = mine.begin * 16, count = (mine.end - mine.begin) * 16, block;
    model->kernels->adam(count, model->gradients + begin, p->groups, model->reduced_count, &p->rates,
                         model->values + begin, model->moments + begin, model->squares + begin);
    while ((block = take(&p->vectors, (model->config.vocabulary + TOKENS - 1) / TOKENS)) >= 0) {
        for (int64_t k = block * TOKENS; k < (block + 1) * TOKENS && k < model->config.vocabulary; k++) {
            update_vector(p, k, space->dvector);
        }
    }
}

static core_status train_member(void *context, int thread, int threads)
{
    pass *p = context;
    nn_bilstm_space *space = &p->model->spaces[thread];
    int64_t group;
    prepare(p->model, thread, threads, true);
    while (thread < p->groups && (group = take(&p->taken, p->groups)) >= 0) {
        run_group(p, group, space);
    }
    core_team_barrier();
    update(p, space, thread, threads);
    return CORE_OK;
}

static nn_adam_rates rates_of(const nn_update *u)
{
    double t = (double)u->step + 1.0;
    return (nn_adam_rates){.weight_decay = (float)u->weight_decay,
                           .toward = (float)(1.0 - u->beta1),
                           .keep = (float)u->beta2,
                           .share = (float)(1.0 - u->beta2),
                           .root = (float)sqrt(1.0 - core_pow(u->beta2, t)),
                           .epsilon = (float)u->epsilon,
                           .step = (float)(u->lr / (1.0 - core_pow(u->beta1, t)))};
}

/* p becomes a multiple of 2^-16, and the factor is the inverse of what then stays. */
static nn_dropout dropout_of(const nn_bilstm_config *config, int64_t step)
{
    double dropped = floor(config->dropout * 0x1p16 + 0.5);
    return (nn_dropout){.seed = config->seed,
                        .step = (uint32_t)step,
                        .threshold = (uint32_t)dropped,
                        .scale = (float)(0x1p16 / (0x1p16 - dropped))};
}

static int members(const nn_bilstm *model, int64_t tasks)
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
              .rates = rates_of(update),
              .groups = (model->batch.shards + model->group_shards - 1) / model->group_shards};
    CORE_TRY(nn_bilstm_reserve(model, members(model, p.groups), true));
    return core_team_run(model->config.threads, train_member, &p);
}

static core_status evaluate_member(void *context, int thread, int threads)
{
    pass *p = context;
    const nn_bilstm *model = p->model;
    nn_bilstm_space *w = &p->model->spaces[thread];
    int64_t D = model->head.features, K = model->head.classes, shard;
    prepare(p->model, thread, threads, false);
    while (thread < model->batch.shards && (shard = take(&p->taken, model->batch.shards)) >= 0) {
        nn_bilstm_shard s = nn_bilstm_shard_of(model, shard, w, p->dropout);
        nn_bilstm_shard_forward(&s);
        nn_head_forward(&model->head, &model->head_state, s.count, w->features, w->logits);
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
    CORE_TRY(nn_bilstm_reserve(model, members(model, model->batch.shards), false));
    pass p = {.model = model, .evaluate = feed, .dropout = {.threshold = 0}};
    return core_team_run(model->config.threads, evaluate_member, &p);
}

#include <inttypes.h>
#include <stdlib.h>

#include "nn/bilstm.h"
#include "nn/context.h"

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

static core_status check_sizes(const nn_bilstm_config *c)
{
    if (c->vocabulary < 2 || c->embedding < 1 || c->layers < 1) {
        return core_fail(CORE_BAD_USAGE,
                         "a text network needs a vocabulary of 2 or more (padding and unknown words are "
                         "two), word vectors of width 1 or more and 1 or more layers");
    }
    if (c->hidden < 16 || c->hidden % 16 != 0) {
        return core_fail(CORE_BAD_USAGE, "hidden units come in multiples of 16, not %" PRId64, c->hidden);
    }
    if (!(c->dropout >= 0.0 && c->dropout < 1.0 - 0x1p-17)) { /* from there on, p rounds to 1 in units of 2^-16 */
        return core_fail(CORE_BAD_USAGE, "dropout %.9g, expected at least 0 and less than 1 - 2^-17", c->dropout);
    }
    return CORE_OK;
}

/* Offsets of the trained values, and memory for the weights as the passes read them. */
static core_status build_layer(nn_bilstm *model, int index, int64_t *offset)
{
    int64_t H = model->config.hidden;
    nn_bilstm_layer *layer = &model->layers[index];
    layer->lstm = (nn_lstm){.kernels = model->kernels, .inputs = index == 0 ? model->width : 2 * H, .hidden = H};
    int64_t input = 4 * H * layer->lstm.inputs, recurrent = 4 * H * H;
    for (int d = 0; d < 2; d++) {
        nn_lstm_weights *w = &layer->lstm.weights[d];
        layer->at[d] = (nn_bilstm_offsets){
            *offset, *offset + input, {*offset + input + recurrent, *offset + input + recurrent + 4 * H}};
        *offset += input + recurrent + 8 * H;
        CORE_TRY(CORE_ARENA_NEW(&model->base.arena, input, "packed weights", w->input));
        CORE_TRY(CORE_ARENA_NEW(&model->base.arena, input, "packed weights", w->input_back));
        CORE_TRY(CORE_ARENA_NEW(&model->base.arena, recurrent, "packed weights", w->recurrent));
        CORE_TRY(CORE_ARENA_NEW(&model->base.arena, recurrent, "packed weights", w->recurrent_back));
        CORE_TRY(CORE_ARENA_NEW(&model->base.arena, 4 * H, "packed weights", w->bias));
    }
    return CORE_OK;
}

static core_status build_layers(nn_bilstm *model)
{
    int64_t offset = 0;
    CORE_TRY(CORE_ARENA_NEW(&model->base.arena, model->config.layers, "layers", model->layers));
    for (int l = 0; l < model->config.layers; l++) {
        CORE_TRY(build_layer(model, l, &offset));
    }
    CORE_TRY(nn_model_allocate(&model->base, offset, model->config.vocabulary * model->width,
                               8 * (int64_t)model->config.layers + 3,
                               nn_model_group_count(&model->base, model->base.shards)));
    nn_model_add_cut(&model->base, (nn_cut){0, 16, model->base.parameters.reduced / 16});
    nn_model_add_cut(&model->base, nn_bilstm_vector_cut(model));
    return CORE_OK;
}

static core_status allocate_space(nn_bilstm *model, nn_bilstm_space *space)
{
    core_arena *arena = &model->base.arena;
    int64_t shard = model->config.shard, D = model->base.head.features, K = model->base.head.classes;
    int64_t scratch = nn_lstm_scratch(shard, larger(model->width, D), model->config.hidden);
    CORE_TRY(CORE_ARENA_NEW(arena, model->config.layers, "a work space", space->rows));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * D, "a work space", space->features));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * D, "a work space", space->dropped));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * D, "a work space", space->dfeatures));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * K, "a work space", space->logits));
    CORE_TRY(CORE_ARENA_NEW(arena, shard * K, "a work space", space->dlogits));
    CORE_TRY(CORE_ARENA_NEW(arena, shard, "a work space", space->norms));
    CORE_TRY(CORE_ARENA_NEW(arena, model->width, "a work space", space->dvector));
    return CORE_ARENA_NEW(arena, scratch, "a work space", space->scratch);
}

static void count_operations(nn_bilstm *model)
{
    int64_t H = model->config.hidden, flop = 0;
    for (int l = 0; l < model->config.layers; l++) {
        flop += 2 * 2 * 4 * H * ((l == 0 ? model->config.embedding : 2 * H) + H);
    }
    model->base.evaluate_flop = flop;
    model->base.train_flop = 3 * flop;
}

static core_status build(nn_model *base, const void *config)
{
    nn_bilstm *model = (nn_bilstm *)base;
    model->config = *(const nn_bilstm_config *)config;
    model->kernels = nn_lstm_kernels_get();
    model->width = round_up(model->config.embedding, 16);
    CORE_TRY(build_layers(model));
    CORE_TRY(CORE_ARENA_NEW(&model->base.arena, model->config.threads, "work spaces", model->spaces));
    for (int t = 0; t < model->config.threads; t++) {
        CORE_TRY(allocate_space(model, &model->spaces[t]));
    }
    CORE_TRY(nn_bilstm_list_tensors(model));
    count_operations(model);
    return nn_model_initialise(&model->base);
}

static void destroy_spaces(nn_model *base)
{
    nn_bilstm *model = (nn_bilstm *)base;
    for (int t = 0; model->spaces != NULL && t < model->config.threads; t++) {
        free(model->spaces[t].block);
    }
    free(model->dvectors);
    nn_bilstm_batch_free(&model->batch);
}

core_status nn_bilstm_create(const nn_bilstm_config *config, nn_model **out)
{
    static const nn_model_class functions = {
        sizeof(nn_bilstm), build, destroy_spaces, nn_bilstm_draw, nn_bilstm_train_step, nn_bilstm_evaluate};
    const nn_model_common common = {.head = {config->head, 2 * config->hidden, config->classes},
                                    .batch = config->batch,
                                    .shard = config->shard,
                                    .groups = config->groups,
                                    .threads = config->threads,
                                    .seed = config->seed,
                                    .optimiser = NN_ADAM};
    CORE_TRY(check_sizes(config));
    return nn_model_create(&functions, &common, config, out);
}

/* Allocates one block for dy and the rows of every layer. The old contents go: each pass writes the rows it reads. */
static core_status grow_space(const nn_bilstm *model, int64_t rows, nn_bilstm_space *space)
{
    int64_t H = model->config.hidden, layers = model->config.layers;
    int64_t between = 2 * nn_row(4 * H) + 2 * nn_row(H) + nn_row(2 * H);
    int64_t a_row = nn_row(model->width) + (layers - 1) * nn_row(2 * H) + layers * between + nn_row(2 * H);
    free(space->block);
    space->block = NULL;
    space->capacity = 0;
    CORE_TRY(CORE_NEW(rows * a_row, "the activations of a shard", space->block));
    space->capacity = rows;
    float *next = space->block;
    for (int l = 0; l < layers; l++) {
        nn_lstm_rows *r = &space->rows[l];
        float **const arrays[] = {&r->x, &r->gates[0], &r->gates[1], &r->cells[0], &r->cells[1], &r->y};
        const int64_t strides[] = {l == 0 ? nn_row(model->width) : nn_row(2 * H),
                                   nn_row(4 * H),
                                   nn_row(4 * H),
                                   nn_row(H),
                                   nn_row(H),
                                   nn_row(2 * H)};
        for (int a = 0; a < 6; a++) {
            *arrays[a] = next;
            next += rows * strides[a];
        }
    }
    space->dy = next;
    return CORE_OK;
}

/* With an eighth to spare, because first touch costs page faults. */
core_status nn_bilstm_reserve(nn_bilstm *model, int threads, bool trains)
{
    const nn_bilstm_batch *batch = &model->batch;
    int64_t most = 0, total = batch->first_row[batch->shards];
    for (int64_t s = 0; s < batch->shards; s++) {
        most = larger(most, batch->first_row[s + 1] - batch->first_row[s]);
    }
    for (int t = 0; t < threads; t++) {
        if (model->spaces[t].capacity < most) {
            CORE_TRY(grow_space(model, most + most / 8, &model->spaces[t]));
        }
    }
    if (!trains || model->dvector_capacity >= total) {
        return CORE_OK;
    }
    free(model->dvectors);
    model->dvectors = NULL;
    model->dvector_capacity = 0;
    total += total / 8;
    CORE_TRY(CORE_NEW(total * nn_row(model->width), "the gradients of word vectors", model->dvectors));
    model->dvector_capacity = total;
    return CORE_OK;
}

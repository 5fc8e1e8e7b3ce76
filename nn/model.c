#include "nn/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nn/model_internal.h"

void nn_model_destroy(nn_model *model)
{
    if (model != NULL) {
        model->functions->destroy(model);
        core_comm_free(&model->ranks.parts);
        core_arena_free(&model->arena);
        free(model);
    }
}

int64_t nn_model_tensor_count(const nn_model *model) { return model->parameters.tensor_count; }
nn_tensor_info nn_model_tensor(const nn_model *model, int64_t index) { return model->parameters.tensors[index]; }
int64_t nn_model_bytes(const nn_model *model) { return (int64_t)core_arena_bytes(&model->arena); }
int64_t nn_model_feature_count(const nn_model *model) { return model->head.features; }
int64_t nn_model_class_count(const nn_model *model) { return model->head.classes; }
int64_t nn_model_groups(const nn_model *model, int64_t count)
{
    return nn_model_group_count(model, (count + model->shard - 1) / model->shard);
}

int64_t nn_model_evaluate_flop(const nn_model *model) { return model->evaluate_flop; }
int64_t nn_model_train_flop(const nn_model *model) { return model->train_flop; }
nn_optimiser nn_model_optimiser(const nn_model *model) { return model->parameters.optimiser; }

core_status nn_model_get_tensor(const nn_model *model, int64_t index, float *plain)
{
    return nn_parameters_get(&model->parameters, index, plain);
}

core_status nn_model_set_tensor(nn_model *model, int64_t index, const float *plain)
{
    return nn_parameters_set(&model->parameters, index, plain);
}

core_status nn_model_train_step(nn_model *model, int64_t count, const nn_train_feed *feed, const nn_update *update)
{
    assert(count >= 1 && update->kind == model->parameters.optimiser);
    model->is_collected = false;
    const core_status status = model->functions->train_step(model, count, feed, update);
    if (status == CORE_MACHINE &&
        model->ranks.count > 1) { /* a team that did not begin: the others wait for its exchanges */
        core_comm_abort(status);
    }
    return status;
}

core_status nn_model_evaluate(nn_model *model, int64_t count, const nn_eval_feed *feed)
{
    assert(count >= 1);
    return model->functions->evaluate(model, count, feed);
}

/* ---- ranks ------------------------------------------------------------------------------------------------------------- */

void nn_model_add_cut(nn_model *model, nn_cut cut)
{
    assert(model->cut_count < model->cut_capacity);
    model->cuts[model->cut_count++] = cut;
}

nn_cut nn_model_head_weights(const nn_model *model)
{
    return (nn_cut){model->head_weight, model->head.features, model->head.classes};
}

nn_cut nn_model_head_biases(const nn_model *model)
{
    return (nn_cut){model->head_bias, 16, (model->head.classes + 15) / 16};
}

core_status nn_model_join(nn_model *model)
{
    return nn_ranks_create(&model->arena, core_comm_rank(), core_comm_count(), &model->ranks);
}

void nn_model_spread(nn_model *model)
{
    const nn_parameters *p = &model->parameters;
    nn_ranks *ranks = &model->ranks;
    const int64_t uncut = (model->uncut.end - model->uncut.begin) * (int64_t)sizeof(float);
    core_comm_spread(&ranks->parts, p->values, p->count * (int64_t)sizeof(float));
    for (int64_t t = 0; t < p->tensor_count; t++) {
        if (p->tensors[t].kind == NN_TENSOR_STATISTIC) {
            core_comm_spread(&ranks->parts, p->places[t].values, p->tensors[t].count * (int64_t)sizeof(float));
        }
    }
    for (int b = 0; b < NN_OPTIMISER_BUFFERS && p->buffers[b] != NULL; b++) {
        core_comm_spread(&ranks->parts, p->buffers[b] + model->uncut.begin, uncut);
        for (int64_t c = 0; c < model->cut_count; c++) {
            nn_ranks_move_cut(ranks, model->cuts[c], p->buffers[b], core_comm_deal);
        }
    }
    core_comm_exchange(&ranks->parts);
}

void nn_model_collect(nn_model *model)
{
    const nn_parameters *p = &model->parameters;
    for (int b = 0; b < NN_OPTIMISER_BUFFERS && p->buffers[b] != NULL && !model->is_collected; b++) {
        for (int64_t c = 0; c < model->cut_count; c++) {
            nn_ranks_move_cut(&model->ranks, model->cuts[c], p->buffers[b], core_comm_collect);
        }
    }
    core_comm_exchange(&model->ranks.parts);
    model->is_collected = true;
}

core_status nn_model_create(const nn_model_class *functions, const nn_model_common *c, const void *config,
                            nn_model **out)
{
    nn_model *model = NULL;
    if (c->head.classes < 2 || c->shard < 1 || c->batch < c->shard || c->groups < 1 || c->threads < 1) {
        return core_fail(CORE_BAD_USAGE,
                         "a network needs 2 or more classes, a shard of 1 or more examples, a batch of at "
                         "least one shard, 1 or more gradient groups and 1 or more threads");
    }
    CORE_TRY(core_calloc(1, functions->bytes, "a network", (void **)&model));
    model->functions = functions;
    model->seed = c->seed;
    model->head = c->head;
    model->shard = c->shard;
    model->shards = (c->batch + c->shard - 1) / c->shard;
    model->group_shards = (model->shards + c->groups - 1) / c->groups;
    model->parameters.arena = &model->arena;
    model->parameters.optimiser = c->optimiser;
    core_status status = functions->build(model, config);
    if (status != CORE_OK) {
        nn_model_destroy(model);
        return status;
    }
    *out = model;
    return CORE_OK;
}

core_status nn_model_allocate(nn_model *model, int64_t reduced, int64_t others, int64_t tensors, int64_t groups)
{
    nn_parameters *p = &model->parameters;
    const int64_t K = model->head.classes, weights = K * model->head.features;
    model->head_weight = reduced;
    model->head_bias = reduced + weights;
    p->reduced = model->head_bias + (K + 15) / 16 * 16;
    p->count = p->reduced + others;
    CORE_TRY(nn_parameters_allocate(p, groups, tensors));
    CORE_TRY(CORE_ARENA_NEW(&model->arena, tensors, "the ranks' cuts", model->cuts));
    model->cut_capacity = tensors;
    CORE_TRY(nn_ranks_create(&model->arena, 0, 1, &model->ranks));
    model->head_state.weight = p->values + model->head_weight;
    model->head_state.bias = p->values + model->head_bias;
    if (model->head.kind == NN_HEAD_COSINE) {
        CORE_TRY(CORE_ARENA_NEW(&model->arena, weights, "class directions", model->head_state.direction));
        CORE_TRY(CORE_ARENA_NEW(&model->arena, K, "class norms", model->head_state.norm));
    }
    return CORE_OK;
}

core_status nn_model_add_head(nn_model *model)
{
    nn_parameters *p = &model->parameters;
    const int64_t K = model->head.classes, D = model->head.features;
    nn_tensor_place weight = {p->values + model->head_weight, NULL, K, D, D};
    nn_tensor_place bias = {p->values + model->head_bias, NULL, 1, K, K};
    CORE_TRY(nn_parameters_add(p, NN_HEAD_WEIGHT, NN_TENSOR_PARAMETER, weight));
    return model->head.kind == NN_HEAD_COSINE ? CORE_OK : nn_parameters_add(p, NN_HEAD_BIAS, NN_TENSOR_PARAMETER, bias);
}

static void draw_tensor(const nn_model *model, int64_t tensor, float *plain)
{
    const float *values = model->parameters.places[tensor].values;
    if (values == model->head_state.weight) {
        nn_head_draw_weight(&model->head, model->seed, tensor, plain);
    } else if (values == model->head_state.bias) {
        nn_head_draw_bias(&model->head, model->seed, tensor, plain);
    } else {
        model->functions->draw(model, tensor, plain);
    }
}

core_status nn_model_initialise(nn_model *model)
{
    nn_parameters *p = &model->parameters;
    core_status status = CORE_OK;
    for (int64_t t = 0; t < p->tensor_count && status == CORE_OK; t++) {
        if (p->tensors[t].kind == NN_TENSOR_PARAMETER) {
            float *plain;
            CORE_TRY(CORE_NEW(p->tensors[t].count, "initial values", plain));
            draw_tensor(model, t, plain);
            status = nn_parameters_set(p, t, plain);
            free(plain);
        }
    }
    return status;
}

nn_head_gradient nn_model_head_gradient(const nn_model *model, int64_t group, bool first, float *dfeatures)
{
    float *dweight = nn_parameters_gradient(&model->parameters, group, model->head_weight);
    if (first) {
        memset(dweight, 0, sizeof *dweight * (size_t)(model->parameters.reduced - model->head_weight));
    }
    return (nn_head_gradient){dweight, dweight + (model->head_bias - model->head_weight), dfeatures};
}

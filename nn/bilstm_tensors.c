#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "nn/bilstm.h"

/* Where a tensor stands: `rows` rows of `width` floats, `stride` apart. */
typedef struct nn_bilstm_place {
    float *values;
    int64_t rows, width, stride;
} nn_bilstm_place;

static core_status add(nn_bilstm *model, const char *name, nn_tensor_kind kind, nn_bilstm_place place)
{
    char *kept;
    CORE_TRY(core_arena_strdup(&model->arena, name, &kept));
    nn_tensor_info *info = &model->base.tensors[model->base.tensor_count];
    *info = (nn_tensor_info){.name = kept, .kind = kind, .count = place.rows * place.width};
    if (place.rows > 1) {
        info->shape[info->rank++] = place.rows;
    }
    info->shape[info->rank++] = place.width;
    model->places[model->base.tensor_count++] = place;
    return CORE_OK;
}

static core_status add_direction(nn_bilstm *model, int layer, int direction)
{
    const nn_bilstm_layer *l = &model->layers[layer];
    int64_t H = model->config.hidden, inputs = layer == 0 ? model->config.embedding : 2 * H;
    float *values = model->values;
    const struct {
        const char *part;
        nn_bilstm_place place;
    } parts[] = {
        {"weight_ih", {values + l->at[direction].input, 4 * H, inputs, l->lstm.inputs}},
        {"weight_hh", {values + l->at[direction].recurrent, 4 * H, H, H}},
        {"bias_ih", {values + l->at[direction].bias[0], 1, 4 * H, 4 * H}},
        {"bias_hh", {values + l->at[direction].bias[1], 1, 4 * H, 4 * H}},
    };
    for (int p = 0; p < 4; p++) {
        char name[64];
        snprintf(name, sizeof name, "lstm.%s_l%d%s", parts[p].part, layer, direction == 0 ? "" : "_reverse");
        CORE_TRY(add(model, name, NN_TENSOR_PARAMETER, parts[p].place));
    }
    return CORE_OK;
}

static core_status add_head(nn_bilstm *model)
{
    int64_t K = model->head.classes, D = model->head.features;
    nn_bilstm_place weight = {model->values + model->head_weight, K, D, D};
    nn_bilstm_place bias = {model->values + model->head_bias, 1, K, K};
    CORE_TRY(add(model, NN_HEAD_WEIGHT, NN_TENSOR_PARAMETER, weight));
    return model->head.kind == NN_HEAD_COSINE ? CORE_OK : add(model, "linear.bias", NN_TENSOR_PARAMETER, bias);
}

static core_status add_moments(nn_bilstm *model)
{
    int64_t parameters = model->base.tensor_count;
    for (int64_t t = 0; t < parameters; t++) {
        nn_bilstm_place first = model->places[t], second = first;
        first.values = model->moments + (first.values - model->values);
        second.values = model->squares + (second.values - model->values);
        char name[96];
        snprintf(name, sizeof name, "%s.exp_avg", model->base.tensors[t].name);
        CORE_TRY(add(model, name, NN_TENSOR_OPTIMISER, first));
        snprintf(name, sizeof name, "%s.exp_avg_sq", model->base.tensors[t].name);
        CORE_TRY(add(model, name, NN_TENSOR_OPTIMISER, second));
    }
    return CORE_OK;
}

core_status nn_bilstm_list_tensors(nn_bilstm *model)
{
    int64_t most = 3 * (3 + 8 * (int64_t)model->config.layers);
    CORE_TRY(CORE_ARENA_NEW(&model->arena, most, "the tensor list", model->base.tensors));
    CORE_TRY(CORE_ARENA_NEW(&model->arena, most, "the tensor list", model->places));
    nn_bilstm_place vectors = {nn_bilstm_vectors(model), model->config.vocabulary, model->config.embedding,
                               model->width};
    CORE_TRY(add(model, "embedding.weight", NN_TENSOR_PARAMETER, vectors));
    for (int l = 0; l < model->config.layers; l++) {
        CORE_TRY(add_direction(model, l, 0));
        CORE_TRY(add_direction(model, l, 1));
    }
    CORE_TRY(add_head(model));
    return add_moments(model);
}

core_status nn_bilstm_get_tensor(const nn_model *base, int64_t index, float *plain)
{
    const nn_bilstm_place *place = &((const nn_bilstm *)base)->places[index];
    for (int64_t r = 0; r < place->rows; r++) {
        memcpy(plain + r * place->width, place->values + r * place->stride, sizeof *plain * (size_t)place->width);
    }
    return CORE_OK;
}

core_status nn_bilstm_set_tensor(nn_model *base, int64_t index, const float *plain)
{
    const nn_bilstm_place *place = &((nn_bilstm *)base)->places[index];
    for (int64_t r = 0; r < place->rows; r++) {
        memcpy(place->values + r * place->stride, plain + r * place->width, sizeof *plain * (size_t)place->width);
    }
    return CORE_OK;
}

/* Uniform in +-1/sqrt(H). */
static void draw_lstm(const nn_bilstm *model, int64_t tensor, const nn_bilstm_place *place)
{
    core_rng_key key = {model->config.seed, CORE_RNG_INIT};
    double limit = 1.0 / sqrt((double)model->config.hidden);
    for (int64_t r = 0; r < place->rows; r++) {
        for (int64_t k = 0; k < place->width; k++) {
            core_rng_counter at = {0, r * place->width + k, tensor};
            place->values[r * place->stride + k] = (float)(limit * (2.0 * core_rng_uniform(key, at) - 1.0));
        }
    }
}

static void draw_vectors(const nn_bilstm *model, const nn_bilstm_place *place)
{
    core_rng_key key = {model->config.seed, CORE_RNG_INIT};
    for (int64_t r = 0; r < place->rows; r++) {
        for (int64_t k = 0; k < place->width && r != NN_TOKEN_PADDING; k++) {
            int64_t i = r * place->width + k;
            place->values[r * place->stride + k] = (float)core_rng_normal(key, (core_rng_counter){0, i, 0});
        }
    }
}

void nn_bilstm_initialise(nn_bilstm *model)
{
    draw_vectors(model, &model->places[0]);
    for (int64_t t = 1; t < model->base.tensor_count; t++) {
        nn_bilstm_place *place = &model->places[t];
        if (model->base.tensors[t].kind != NN_TENSOR_PARAMETER) {
            continue;
        }
        if (place->values == model->values + model->head_weight) {
            nn_head_draw_weight(&model->head, model->config.seed, t, place->values);
        } else if (place->values == model->values + model->head_bias) {
            nn_head_draw_bias(&model->head, model->config.seed, t, place->values);
        } else {
            draw_lstm(model, t, place);
        }
    }
}

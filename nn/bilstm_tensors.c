#include <math.h>
#include <stdio.h>

#include "core/rng.h"
#include "nn/bilstm.h"

static core_status add_direction(nn_bilstm *model, int layer, int direction)
{
    const nn_bilstm_layer *l = &model->layers[layer];
    int64_t H = model->config.hidden, inputs = layer == 0 ? model->config.embedding : 2 * H;
    float *values = model->base.parameters.values;
    const struct {
        const char *part;
        nn_tensor_place place;
    } parts[] = {
        {"weight_ih", {values + l->at[direction].input, NULL, 4 * H, inputs, l->lstm.inputs}},
        {"weight_hh", {values + l->at[direction].recurrent, NULL, 4 * H, H, H}},
        {"bias_ih", {values + l->at[direction].bias[0], NULL, 1, 4 * H, 4 * H}},
        {"bias_hh", {values + l->at[direction].bias[1], NULL, 1, 4 * H, 4 * H}},
    };
    for (int p = 0; p < 4; p++) {
        char name[64];
        snprintf(name, sizeof name, "lstm.%s_l%d%s", parts[p].part, layer, direction == 0 ? "" : "_reverse");
        CORE_TRY(nn_parameters_add(&model->base.parameters, name, NN_TENSOR_PARAMETER, parts[p].place));
    }
    return CORE_OK;
}

core_status nn_bilstm_list_tensors(nn_bilstm *model)
{
    nn_parameters *p = &model->base.parameters;
    const nn_tensor_place vectors = {nn_bilstm_vectors(model), NULL, model->config.vocabulary, model->config.embedding,
                                     model->width};
    CORE_TRY(nn_parameters_add(p, "embedding.weight", NN_TENSOR_PARAMETER, vectors));
    for (int l = 0; l < model->config.layers; l++) {
        CORE_TRY(add_direction(model, l, 0));
        CORE_TRY(add_direction(model, l, 1));
    }
    CORE_TRY(nn_model_add_head(&model->base));
    return nn_parameters_add_buffers(p);
}

/* Word vectors, tensor 0: normal, zeros for padding. The LSTM: uniform in +-1/sqrt(H). */
void nn_bilstm_draw(const nn_model *base, int64_t tensor, float *plain)
{
    const nn_bilstm *model = (const nn_bilstm *)base;
    const core_rng_key key = {base->seed, CORE_RNG_INIT};
    const double limit = 1.0 / sqrt((double)model->config.hidden);
    for (int64_t i = 0; i < base->parameters.tensors[tensor].count; i++) {
        const core_rng_counter at = {0, i, tensor};
        if (tensor > 0) {
            plain[i] = (float)(limit * (2.0 * core_rng_uniform(key, at) - 1.0));
        } else {
            const bool padding = i / model->config.embedding == NN_TOKEN_PADDING;
            plain[i] = padding ? 0.0F : (float)core_rng_normal(key, at);
        }
    }
}

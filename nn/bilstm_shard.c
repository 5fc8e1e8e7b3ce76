#include <string.h>

#include "nn/bilstm.h"

nn_bilstm_shard nn_bilstm_shard_of(const nn_bilstm *model, int64_t shard, nn_bilstm_space *space, nn_dropout dropout)
{
    const nn_bilstm_batch *batch = &model->batch;
    int64_t first = shard * model->config.shard, left = batch->count - first;
    int64_t row = batch->first_row[shard] * nn_row(model->width);
    return (nn_bilstm_shard){.model = model,
                             .space = space,
                             .dropout = dropout,
                             .items = batch->items + first,
                             .count = left < model->config.shard ? left : model->config.shard,
                             .ragged = {batch->items[first].sequence.length, batch->starts + batch->first_start[shard]},
                             .dvectors =
                                 batch->first_row[shard + 1] <= model->dvector_capacity ? model->dvectors + row : NULL};
}

/* y = the factors of dropout `layer` times x, in every row; y may be x. */
static void drop_rows(const nn_bilstm_shard *s, int layer, int64_t width, const float *x, float *y)
{
    int64_t stride = nn_row(width);
    for (int64_t i = 0; i < s->count; i++) {
        for (int64_t t = 0; t < s->items[i].sequence.length; t++) {
            int64_t at = (s->ragged.start[t] + i) * stride;
            s->model->kernels->drop(&s->dropout, layer, s->items[i].position, t, width, x + at, y + at);
        }
    }
}

static void look_up_vectors(const nn_bilstm_shard *s, float *x)
{
    int64_t width = s->model->width;
    const float *vectors = nn_bilstm_vectors(s->model);
    for (int64_t i = 0; i < s->count; i++) {
        for (int64_t t = 0; t < s->items[i].sequence.length; t++) {
            float *row = x + (s->ragged.start[t] + i) * nn_row(width);
            s->model->kernels->drop(&s->dropout, 0, s->items[i].position, t, width,
                                    vectors + s->items[i].sequence.tokens[t] * width, row);
        }
    }
}

/* The row of y that holds sequence i's last output in a direction, and the columns of that direction. */
static int64_t last_output(const nn_bilstm_shard *s, int64_t i, int direction)
{
    int64_t t = direction == 0 ? s->items[i].sequence.length - 1 : 0, H = s->model->config.hidden;
    return (s->ragged.start[t] + i) * nn_row(2 * H) + direction * H;
}

void nn_bilstm_shard_forward(const nn_bilstm_shard *s)
{
    const nn_bilstm *model = s->model;
    int64_t H = model->config.hidden;
    int top = model->config.layers - 1;
    const nn_lstm_rows *rows = s->space->rows;
    look_up_vectors(s, rows[0].x);
    for (int l = 0; l <= top; l++) {
        nn_lstm_forward(&model->layers[l].lstm, &s->ragged, &rows[l]);
        if (l < top) {
            drop_rows(s, l + 1, 2 * H, rows[l].y, rows[l + 1].x);
        }
    }
    for (int64_t i = 0; i < s->count; i++) {
        for (int d = 0; d < 2; d++) {
            memcpy(s->space->features + (2 * i + d) * H, rows[top].y + last_output(s, i, d), sizeof(float) * (size_t)H);
        }
    }
}

static void start_backward(const nn_bilstm_shard *s)
{
    int64_t H = s->model->config.hidden;
    memset(s->space->dy, 0, sizeof(float) * (size_t)(s->ragged.start[s->ragged.steps] * nn_row(2 * H)));
    for (int64_t i = 0; i < s->count; i++) {
        for (int d = 0; d < 2; d++) {
            memcpy(s->space->dy + last_output(s, i, d), s->space->dfeatures + (2 * i + d) * H,
                   sizeof(float) * (size_t)H);
        }
    }
}

void nn_bilstm_shard_backward(const nn_bilstm_shard *s, float *gradients, bool first)
{
    const nn_bilstm *model = s->model;
    nn_bilstm_space *space = s->space;
    start_backward(s);
    for (int l = model->config.layers - 1; l >= 0; l--) {
        const nn_bilstm_layer *layer = &model->layers[l];
        nn_lstm_back back = {
            .dy = space->dy, .dx = l == 0 ? s->dvectors : space->dy, .first = first, .scratch = space->scratch};
        for (int d = 0; d < 2; d++) {
            back.gradients[d] = (nn_lstm_gradient){gradients + layer->at[d].input, gradients + layer->at[d].recurrent,
                                                   gradients + layer->at[d].bias[0]};
        }
        nn_lstm_backward(&layer->lstm, &s->ragged, &space->rows[l], &back);
        drop_rows(s, l, layer->lstm.inputs, back.dx, back.dx);
    }
}

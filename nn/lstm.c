#include "nn/lstm.h"

#include <string.h>

/* The gradients by the weights are summed over BLOCK rows before they are added to the total: a block fits into a
 * core's L2 cache, and sums of sums lose fewer digits. */
enum { BLOCK = 128 };

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* The rows of a time step, and the rows of the earlier step that its recurrence reads. */
typedef struct {
    int64_t row, rows;
    int64_t before, carried; /* `carried` rows from `before` on; the other sequences begin at this step */
} step_rows;

static step_rows step_of(const nn_ragged *shard, int direction, int64_t t)
{
    const int64_t *start = shard->start;
    int64_t earlier = direction == 0 ? t - 1 : t + 1;
    step_rows s = {.row = start[t], .rows = start[t + 1] - start[t]};
    if (earlier >= 0 && earlier < shard->steps) {
        s.before = start[earlier];
        s.carried = smaller(s.rows, start[earlier + 1] - start[earlier]);
    }
    return s;
}

static void run_step(const nn_lstm *lstm, const nn_lstm_rows *rows, int direction, const step_rows *s)
{
    int64_t H = lstm->hidden, gates_row = nn_row(4 * H), cells_row = nn_row(H), y_row = nn_row(2 * H);
    float *gates = rows->gates[direction] + s->row * gates_row, *cells = rows->cells[direction];
    float *y = rows->y + direction * H;
    nn_product recurrence = {.m = s->carried,
                             .n = 4 * H,
                             .k = H,
                             .a = y + s->before * y_row,
                             .a_row = y_row,
                             .a_step = 1,
                             .b = lstm->weights[direction].recurrent,
                             .init = gates,
                             .init_row = gates_row,
                             .c = gates,
                             .c_row = gates_row};
    lstm->kernels->gemm->multiply(&recurrence);
    for (int64_t r = 0; r < s->rows; r++) {
        const float *before = r < s->carried ? cells + (s->before + r) * cells_row : NULL;
        lstm->kernels->cell(H, gates + r * gates_row, before, cells + (s->row + r) * cells_row,
                            y + (s->row + r) * y_row);
    }
}

void nn_lstm_forward(const nn_lstm *lstm, const nn_ragged *shard, const nn_lstm_rows *rows)
{
    for (int d = 0; d < 2; d++) {
        nn_product input = {.m = shard->start[shard->steps],
                            .n = 4 * lstm->hidden,
                            .k = lstm->inputs,
                            .a = rows->x,
                            .a_row = nn_row(lstm->inputs),
                            .a_step = 1,
                            .b = lstm->weights[d].input,
                            .init = lstm->weights[d].bias,
                            .c = rows->gates[d],
                            .c_row = nn_row(4 * lstm->hidden)};
        lstm->kernels->gemm->multiply(&input);
        for (int64_t i = 0; i < shard->steps; i++) {
            step_rows s = step_of(shard, d, d == 0 ? i : shard->steps - 1 - i);
            run_step(lstm, rows, d, &s);
        }
    }
}

/* The backward pass of one time step. Adds to the earlier step's rows of dy; dcell becomes the gradient by the earlier
 * step's cell states. */
static void run_step_back(const nn_lstm *lstm, const nn_lstm_rows *rows, int direction, const step_rows *s,
                          const nn_lstm_back *back)
{
    int64_t H = lstm->hidden, gates_row = nn_row(4 * H), cells_row = nn_row(H), y_row = nn_row(2 * H);
    float *gates = rows->gates[direction] + s->row * gates_row, *dy = back->dy + direction * H;
    const float *cells = rows->cells[direction];
    for (int64_t r = 0; r < s->rows; r++) {
        const float *before = r < s->carried ? cells + (s->before + r) * cells_row : NULL;
        lstm->kernels->cell_backward(H, gates + r * gates_row, before, cells + (s->row + r) * cells_row,
                                     dy + (s->row + r) * y_row, back->scratch + r * H);
    }
    nn_product recurrence = {.m = s->carried,
                             .n = H,
                             .k = 4 * H,
                             .a = gates,
                             .a_row = gates_row,
                             .a_step = 1,
                             .b = lstm->weights[direction].recurrent_back,
                             .init = dy + s->before * y_row,
                             .init_row = y_row,
                             .c = dy + s->before * y_row,
                             .c_row = y_row};
    lstm->kernels->gemm->multiply(&recurrence);
}

/* dcell starts as zeros. A sequence that this loop reaches later also finds zeros, because no step before wrote its
 * row. */
static void run_steps_back(const nn_lstm *lstm, const nn_ragged *shard, const nn_lstm_rows *rows, int direction,
                           const nn_lstm_back *back)
{
    memset(back->scratch, 0, sizeof(float) * (size_t)(shard->start[1] * lstm->hidden));
    for (int64_t i = 0; i < shard->steps; i++) {
        step_rows s = step_of(shard, direction, direction == 0 ? shard->steps - 1 - i : i);
        run_step_back(lstm, rows, direction, &s, back);
    }
}

static void differentiate_input(const nn_lstm *lstm, const nn_ragged *shard, const nn_lstm_rows *rows, float *dx)
{
    for (int d = 0; d < 2; d++) {
        nn_product product = {.m = shard->start[shard->steps],
                              .n = lstm->inputs,
                              .k = 4 * lstm->hidden,
                              .a = rows->gates[d],
                              .a_row = nn_row(4 * lstm->hidden),
                              .a_step = 1,
                              .b = lstm->weights[d].input_back,
                              .init = d == 0 ? NULL : dx,
                              .init_row = nn_row(lstm->inputs),
                              .c = dx,
                              .c_row = nn_row(lstm->inputs)};
        lstm->kernels->gemm->multiply(&product);
    }
}

/* Packs the block's inputs, and the outputs that its recurrence has read; returns the time step of the block's last
 * row. */
static int64_t pack_block(const nn_lstm *lstm, const nn_ragged *shard, const nn_lstm_rows *rows, int direction,
                          int64_t t, int64_t row, int64_t count, float *packed)
{
    int64_t I = lstm->inputs, H = lstm->hidden;
    for (int64_t k = 0; k < count; k++) {
        while (shard->start[t + 1] <= row + k) {
            t++;
        }
        step_rows s = step_of(shard, direction, t);
        int64_t r = row + k - s.row;
        const float *before = rows->y + (s.before + r) * nn_row(2 * H) + direction * H;
        lstm->kernels->gemm->pack_row(count, I, k, rows->x + (row + k) * nn_row(I), packed);
        lstm->kernels->gemm->pack_row(count, H, k, r < s.carried ? before : NULL, packed + BLOCK * I);
    }
    return t;
}

/* dW += da^T x, dU += da^T h, db += da over the rows, block by block. */
static void differentiate_weights(const nn_lstm *lstm, const nn_ragged *shard, const nn_lstm_rows *rows, int direction,
                                  const nn_lstm_back *back)
{
    int64_t I = lstm->inputs, H = lstm->hidden, total = shard->start[shard->steps], t = 0;
    const nn_lstm_gradient *to = &back->gradients[direction];
    for (int64_t row = 0; row < total; row += BLOCK) {
        bool first = back->first && row == 0;
        int64_t count = smaller(BLOCK, total - row);
        const float *da = rows->gates[direction] + row * nn_row(4 * H);
        t = pack_block(lstm, shard, rows, direction, t, row, count, back->scratch);
        nn_product product = {.m = 4 * H, .n = I, .k = count, .a = da, .a_row = 1, .a_step = nn_row(4 * H)};
        product.b = back->scratch;
        product.init = first ? NULL : to->input;
        product.c = to->input;
        product.init_row = product.c_row = I;
        lstm->kernels->gemm->multiply(&product);
        product.n = H;
        product.b = back->scratch + BLOCK * I;
        product.init = first ? NULL : to->recurrent;
        product.c = to->recurrent;
        product.init_row = product.c_row = H;
        lstm->kernels->gemm->multiply(&product);
        lstm->kernels->sum_rows(count, 4 * H, da, nn_row(4 * H), first ? NULL : to->bias, to->bias);
    }
}

void nn_lstm_backward(const nn_lstm *lstm, const nn_ragged *shard, const nn_lstm_rows *rows, const nn_lstm_back *back)
{
    for (int d = 0; d < 2; d++) {
        run_steps_back(lstm, shard, rows, d, back);
    }
    differentiate_input(lstm, shard, rows, back->dx);
    for (int d = 0; d < 2; d++) {
        differentiate_weights(lstm, shard, rows, d, back);
    }
}

int64_t nn_lstm_scratch(int64_t sequences, int64_t inputs, int64_t hidden)
{
    int64_t cells = sequences * hidden, packed = BLOCK * (inputs + hidden);
    return cells > packed ? cells : packed;
}

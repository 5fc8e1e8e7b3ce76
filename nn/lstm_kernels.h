/* nn/lstm_kernels.h - what a biLSTM computes, in the build for the instruction set.
 *
 * Source   Hochreiter & Schmidhuber 1997 with forget gates, as torch.nn.LSTM.
 * Layout   Rows of floats, 64-byte aligned, lengths multiples of 16.
 * Bits     Fixed lanes; the x86-64-v3 and v4 builds give the same bits.
 */
#ifndef NN_LSTM_KERNELS_H
#define NN_LSTM_KERNELS_H

#include <stdint.h>

#include "nn/context.h"
#include "nn/gemm.h"
#include "nn/level.h"

/* What dropout multiplies with: `threshold` / 2^16 is the probability of 0. */
typedef struct {
    uint64_t seed;
    uint32_t step;      /* of the run */
    uint32_t threshold; /* 0: dropout is off */
    float scale;        /* of what stays */
} nn_dropout;

typedef struct nn_lstm_kernels {
    nn_gemm_fn *multiply;

    /* One time step of one sequence. gates (4 H), in the order i, f, g, o: in, what their nonlinearities are applied
     * to; out, their values. before: the cell state of the step before (H), NULL: zeros.
     * cell (H) = f before + i g; output (H) = o tanh(cell). */
    void (*cell)(int64_t H, float *gates, const float *before, float *cell, float *output);

    /* Its gradient. gates: in, the values; out, the gradient by what they were before their nonlinearities. doutput
     * (H): by the output. dcell (H): in, what the following step hands back; out, what the step before gets. */
    void (*cell_backward)(int64_t H, float *gates, const float *before, const float *cell, const float *doutput,
                          float *dcell);

    /* sums (n) = init + the sum of x's rows in order; init may be sums, NULL: zeros. */
    void (*sum_rows)(int64_t rows, int64_t n, const float *x, int64_t x_row, const float *init, float *sums);

    /* y (width) = dropout's factors times x; y may be x. The factor of element j is 0 where 16 bits of Philox are below
     * the threshold: bits (j % 2) of word (j % 8) / 2 at counter (epoch step, position layer << 32 | position, index
     * t width / 8 + j / 8); else scale. */
    void (*drop)(const nn_dropout *dropout, int layer, int64_t position, int64_t t, int64_t width, const float *x,
                 float *y);
} nn_lstm_kernels;

/* Both builds, and the one for the pinned instruction set, which there is after nn_start. v4 must not be called on a CPU
 * without AVX-512. */
extern const nn_lstm_kernels nn_lstm_kernels_v3, nn_lstm_kernels_v4;
static inline const nn_lstm_kernels *nn_lstm_kernels_get(void) { return NN_LEVEL_PINNED(nn_lstm_kernels); }

#endif

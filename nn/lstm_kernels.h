/* nn/lstm_kernels.h - the kernels of a biLSTM, in the build for the instruction set.
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

/* The factors of dropout: 0 with probability `threshold` / 2^16, else `scale`. */
typedef struct {
    uint64_t seed;
    uint32_t step;      /* of the run */
    uint32_t threshold; /* 0: dropout is off */
    float scale;        /* of the elements that stay */
} nn_dropout;

typedef struct nn_lstm_kernels {
    const nn_gemm *gemm;

    /* One time step of one sequence. gates (4 H), in the order i, f, g, o: in, the pre-activations; out, the gates.
     * before (H): the cell state of the step before; NULL: zeros.
     * cell (H) = f before + i g; output (H) = o tanh(cell). */
    void (*cell)(int64_t H, float *gates, const float *before, float *cell, float *output);

    /* The backward pass of `cell`. gates: in, the gates; out, the gradient by the pre-activations. doutput (H): the
     * gradient by the output. dcell (H): in, the gradient by this cell state from the following step; out, the
     * gradient by `before`. */
    void (*cell_backward)(int64_t H, float *gates, const float *before, const float *cell, const float *doutput,
                          float *dcell);

    /* sums (n) = init + the sum of x's rows in order; init may be sums, NULL: zeros. */
    void (*sum_rows)(int64_t rows, int64_t n, const float *x, int64_t x_row, const float *init, float *sums);

    /* y (width) = dropout's factors times x; y may be x. The factor of element j is 0 where a 16-bit number of Philox
     * is below the threshold, else scale. The number is half j % 2 (0: low) of word (j % 8) / 2 at the counter
     * epoch = step, position = layer << 32 | position, index = t width / 8 + j / 8. */
    void (*drop)(const nn_dropout *dropout, int layer, int64_t position, int64_t t, int64_t width, const float *x,
                 float *y);
} nn_lstm_kernels;

/* Both builds, and the one for the instruction set that nn_start has pinned. v4 must not be called on a CPU without
 * AVX-512. */
extern const nn_lstm_kernels nn_lstm_kernels_v3, nn_lstm_kernels_v4;
static inline const nn_lstm_kernels *nn_lstm_kernels_get(void) { return NN_LEVEL_PINNED(nn_lstm_kernels); }

#endif

/* nn/lstm.h - one bidirectional LSTM layer over the sequences of a shard, each with its own length.
 *
 * Source   torch.nn.LSTM over a packed sequence.
 * Maths    a_t = b + W x_t + U h_t-1;  (i, f, g, o) = (sigma, sigma, tanh, sigma) of a_t's quarters
 *          c_t = f c_t-1 + i g;  h_t = o tanh(c_t);  the second direction runs from each sequence's own end to its
 *          beginning, t + 1 in place of t - 1.
 * Layout   Sequences stand longest first, and time step t has a row for each that is longer than t: nothing is padded.
 *          Rows of n floats lie nn_row(n) apart (nn/gemm.h), 64-byte aligned.
 * Bits     Results depend on the shard's rows alone; forward, a sequence's results on that sequence alone. No
 *          allocation, any thread.
 */
#ifndef NN_LSTM_H
#define NN_LSTM_H

#include <stdbool.h>
#include <stdint.h>

#include "nn/lstm_kernels.h"

/* The rows of a shard: step t has the rows start[t]..start[t + 1], of the sequences 0, 1, ... in this order. */
typedef struct {
    int64_t steps;
    const int64_t *start; /* (steps + 1), start[0] = 0; no step has more rows than the step before */
} nn_ragged;

/* Weights of one direction as the passes read them; PyTorch's are W (4 H, I), U (4 H, H) and two biases. */
typedef struct {
    float *input, *recurrent;           /* W and U transposed, packed: (I, 4 H), (H, 4 H) */
    float *input_back, *recurrent_back; /* W and U, packed: (4 H, I), (4 H, H) */
    float *bias;                        /* (4 H), the sum of both */
} nn_lstm_weights;

typedef struct {
    const nn_lstm_kernels *kernels;
    int64_t inputs; /* I, a multiple of 16 */
    int64_t hidden; /* H, a multiple of 16 */
    nn_lstm_weights weights[2];
} nn_lstm;

/* The arrays that the passes of a shard read and write. */
typedef struct {
    float *x;        /* (rows, I), the input */
    float *gates[2]; /* (rows, 4 H): i, f, g, o; after backward, the gradient by a */
    float *cells[2]; /* (rows, H): c */
    float *y;        /* (rows, 2 H): h of both directions, the output */
} nn_lstm_rows;

/* Writes gates, cells and y from x. */
void nn_lstm_forward(const nn_lstm *lstm, const nn_ragged *shard, const nn_lstm_rows *rows);

/* Where the gradients of a direction's weights are summed; rows of `input` and `recurrent` without gaps. */
typedef struct {
    float *input;     /* (4 H, I) */
    float *recurrent; /* (4 H, H) */
    float *bias;      /* (4 H), the gradient by each of the two biases */
} nn_lstm_gradient;

typedef struct {
    float *dy;                     /* (rows, 2 H), the gradient by y; consumed */
    float *dx;                     /* (rows, I), written: the gradient by x; may be dy where nn_row(I) = nn_row(2 H) */
    nn_lstm_gradient gradients[2]; /* added to; written where `first` */
    bool first;
    float *scratch; /* nn_lstm_scratch floats */
} nn_lstm_back;

/* The backward pass over the rows that nn_lstm_forward wrote; it overwrites their gates. */
void nn_lstm_backward(const nn_lstm *lstm, const nn_ragged *shard, const nn_lstm_rows *rows, const nn_lstm_back *back);

/* Floats of scratch that nn_lstm_backward needs for a shard of `sequences` sequences. */
int64_t nn_lstm_scratch(int64_t sequences, int64_t inputs, int64_t hidden);

#endif

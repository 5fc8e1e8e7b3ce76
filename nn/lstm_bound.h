/* nn/lstm_bound.h - the speed of oneDNN's own LSTM, with which `tailbit bench` compares the speed of the biLSTM.
 *
 * No network uses it: for f32 training oneDNN has only its reference LSTM, which calls sgemm at every time step.
 */
#ifndef NN_LSTM_BOUND_H
#define NN_LSTM_BOUND_H

#include <stdint.h>

#include "core/status.h"

typedef struct {
    int64_t steps, sequences; /* of a shard, all of one length */
    int64_t inputs, hidden;   /* of one direction of a layer */
    int threads;              /* each runs one shard, all at once */
} nn_lstm_bound_case;

/* Writes the seconds that a thread takes for forward in training mode and backward, the best of a few runs. Kernels
 * alone: weights have the layouts that oneDNN prefers. Only after nn_start. CORE_MACHINE: memory, or oneDNN refused. */
core_status nn_lstm_bound(const nn_lstm_bound_case *measured, double *seconds) CORE_MUST_USE;

#endif

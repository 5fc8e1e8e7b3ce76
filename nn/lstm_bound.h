/* nn/lstm_bound.h - how fast oneDNN's own LSTM is: what the biLSTM's speed is held against (`tailbit bench`).
 *
 * Nothing trains on it: f32 training is its reference implementation, which multiplies with sgemm at every time step.
 */
#ifndef NN_LSTM_BOUND_H
#define NN_LSTM_BOUND_H

#include <stdint.h>

#include "core/status.h"

typedef struct {
    int64_t steps, sequences; /* of a shard, all of one length */
    int64_t inputs, hidden;   /* of one direction of a layer */
    int threads;              /* that run one each, at once */
} nn_lstm_bound_case;

/* Writes the seconds that forward in training mode and backward take a thread, the best of a few runs. Kernels alone:
 * weights are in the layouts that oneDNN likes best. Only after nn_start. CORE_MACHINE: memory, or oneDNN refused. */
core_status nn_lstm_bound(const nn_lstm_bound_case *measured, double *seconds) CORE_MUST_USE;

#endif

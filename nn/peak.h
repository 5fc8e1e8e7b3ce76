/* nn/peak.h - how many multiply-adds a core can do at most: what speeds are held against (`tailbit bench`).
 *
 * Nothing trains on it. Two loops of different kinds, so that one can be held against the other.
 * Chains   As many sums side by side as the registers hold: 14 of 16 with AVX2, 28 of 32 with AVX-512. At least 8 hide
 *          the latency of 4 cycles on two ports.
 * Honest   Every lane of every chain begins with a number of the caller's and ends in `out`, so that no compiler can
 *          compute one lane for another, or leave one out. tests/nn/peak.py counts the instructions of the built loops.
 */
#ifndef NN_PEAK_H
#define NN_PEAK_H

#include <stdint.h>

/* Floating-point operations of a round, of either loop and build: 28 vectors of 16 lanes, a multiply-add each. */
enum { NN_PEAK_FLOATS = 28 * 16, NN_MULTIPLY_ADD_FLOP = 2 * NN_PEAK_FLOATS };

/* What NN_PEAK_ROUNDS rounds read lies in a core's first cache, 14 KiB of it; a power of 2. */
enum { NN_PEAK_ROUNDS = 8 };

typedef struct nn_peak {
    /* On registers alone. x (NN_PEAK_ROUNDS, NN_PEAK_FLOATS): the first row is what chains begin with. out
     * (NN_PEAK_FLOATS): their ends; what they do not reach stays. 64-byte aligned. */
    void (*multiply_add)(int64_t rounds, const float *x, float *out);

    /* The same, but one operand of every multiply-add is read: round r reads row r mod NN_PEAK_ROUNDS. */
    void (*multiply_add_loads)(int64_t rounds, const float *x, float *out);
} nn_peak;

/* Both builds; nn/context.h has the one for the pinned instruction set. v4 must not be called on a CPU without AVX-512. */
extern const nn_peak nn_peak_v3, nn_peak_v4;

#endif

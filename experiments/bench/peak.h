/* experiments/bench/peak.h - how many multiply-adds a core can do at most: what speeds are held against (`tailbit bench`).
 *
 * Nothing trains on it. Two loops of different kinds, so that one can be held against the other.
 * Chains   As many sums side by side as the registers hold: 14 of 16 with AVX2, 28 of 32 with AVX-512. At least 8 hide
 *          the latency of 4 cycles on two ports.
 * Honest   Every lane of every chain begins with a number of the caller's and ends in `out`, so that no compiler can
 *          compute one lane for another, or leave one out. tests/experiments/bench/peak.py counts the instructions of the
 *          built loops.
 */
#ifndef EXPERIMENTS_BENCH_PEAK_H
#define EXPERIMENTS_BENCH_PEAK_H

#include <stdint.h>

#include "nn/context.h"
#include "nn/level.h"

/* Floating-point operations of a round, of either loop and build: 28 vectors of 16 lanes, a multiply-add each. */
enum { XP_PEAK_FLOATS = 28 * 16, XP_MULTIPLY_ADD_FLOP = 2 * XP_PEAK_FLOATS };

/* What XP_PEAK_ROUNDS rounds read lies in a core's first cache, 14 KiB of it; a power of 2. */
enum { XP_PEAK_ROUNDS = 8 };

typedef struct xp_peak {
    /* On registers alone. x (XP_PEAK_ROUNDS, XP_PEAK_FLOATS): the first row is what chains begin with. out
     * (XP_PEAK_FLOATS): their ends; what they do not reach stays. 64-byte aligned. */
    void (*multiply_add)(int64_t rounds, const float *x, float *out);

    /* The same, but one operand of every multiply-add is read: round r reads row r mod XP_PEAK_ROUNDS. */
    void (*multiply_add_loads)(int64_t rounds, const float *x, float *out);
} xp_peak;

/* Both builds. v4 must not be called on a CPU without AVX-512. */
extern const xp_peak xp_peak_v3, xp_peak_v4;

/* The one for the pinned instruction set. Only after nn_start. */
static inline const xp_peak *xp_peak_get(void) { return NN_LEVEL_PINNED(xp_peak); }

#endif

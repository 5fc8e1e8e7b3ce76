/* experiments/bench/peak.h - the peak rate of multiply-adds of a core, with which `tailbit bench` compares speeds.
 *
 * Training does not use it. The two loops are of different kinds, so that each is a check of the other.
 * Chains   As many independent sums as the registers hold: 14 of 16 with AVX2, 28 of 32 with AVX-512. At least 8 hide
 *          the latency of 4 cycles on two ports.
 * Honest   Every lane of every chain begins with a number from the caller and ends in `out`, so that no compiler can
 *          compute one lane for another, or leave one out. tests/experiments/bench/peak.py counts the instructions of
 *          the built loops.
 */
#ifndef EXPERIMENTS_BENCH_PEAK_H
#define EXPERIMENTS_BENCH_PEAK_H

#include <stdint.h>

#include "nn/context.h"
#include "nn/level.h"

/* Floating-point operations of a round, of either loop and build: 28 vectors of 16 lanes, a multiply-add each. */
enum { XP_PEAK_FLOATS = 28 * 16, XP_MULTIPLY_ADD_FLOP = 2 * XP_PEAK_FLOATS };

/* Rows of x, a power of 2: 14 KiB, which fits into a core's L1 cache. */
enum { XP_PEAK_ROUNDS = 8 };

typedef struct xp_peak {
    /* On registers alone. x (XP_PEAK_ROUNDS, XP_PEAK_FLOATS): chains begin with the first row. out (XP_PEAK_FLOATS):
     * the chains' results; if the chains have fewer floats, the rest is unchanged. 64-byte aligned. */
    void (*multiply_add)(int64_t rounds, const float *x, float *out);

    /* The same, but one operand of every multiply-add is read: round r reads row r mod XP_PEAK_ROUNDS. */
    void (*multiply_add_loads)(int64_t rounds, const float *x, float *out);
} xp_peak;

/* Both builds. v4 must not be called on a CPU without AVX-512. */
extern const xp_peak xp_peak_v3, xp_peak_v4;

/* The one for the pinned instruction set. Only after nn_start. */
static inline const xp_peak *xp_peak_get(void) { return NN_LEVEL_PINNED(xp_peak); }

#endif

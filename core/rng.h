/* core/rng.h - randomness without state: every draw is a pure function of (seed, purpose, epoch, position, index).
 *
 * Source   Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011: Philox4x32-10 (Random123).
 *          Normal by inversion: Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988).
 * Layout   Philox key = seed (64 bits); counter words = index, position (low 32 bits), epoch,
 *          purpose << 24 | retry << 16 | position >> 32. Frozen: results depend on it.
 *
 * Two draws at the same (key, counter) use the same random bits, also with different distributions: give each draw its
 * own index. A draw never touches the bits of another index, also when it has to reject.
 */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include <stdint.h>

/* What a draw is for, so that two uses of one seed never share bits. Numbers are frozen; new ones go to the end. */
typedef enum {
    CORE_RNG_INIT = 1, /* initial weights */
    CORE_RNG_ORDER,    /* the order of the examples in an epoch */
    CORE_RNG_AUGMENT,  /* crops and flips */
    CORE_RNG_SHAPES,   /* the procedural images */
    CORE_RNG_SAMPLER,  /* which examples a re-sampled epoch draws */
    CORE_RNG_DROPOUT,
    CORE_RNG_SPLIT, /* subsets, except those drawn as NumPy does */
    CORE_RNG_REVIEWS,
    CORE_RNG_PROBE,
    CORE_RNG_TEST,      /* inputs of tests and benchmarks */
    CORE_RNG_BUCKETS,   /* the order of the mini-batches of an epoch that is sorted by length */
    CORE_RNG_TEST_ORDER /* the class order of a known test set */
} core_rng_purpose;

typedef struct {
    uint64_t seed;
    core_rng_purpose purpose;
} core_rng_key;

typedef struct {
    int64_t epoch;    /* or step; in [0, 2^32) */
    int64_t position; /* of the example in the epoch's order, or of the weight in its tensor; in [0, 2^48) */
    int64_t index;    /* of the draw at that position; in [0, 2^32) */
} core_rng_counter;

typedef struct {
    uint32_t word[4];
} core_rng_block;

/* Philox4x32-10 itself, for its known answers. */
core_rng_block core_rng_philox(const uint32_t counter[4], const uint32_t key[2]);

/* 128 random bits. */
core_rng_block core_rng_draw(core_rng_key key, core_rng_counter counter);

/* Uniform on the multiples of 2^-53 in [0, 1). */
double core_rng_uniform(core_rng_key key, core_rng_counter counter);

/* Uniform on 0..n-1, n >= 1, without bias. */
int64_t core_rng_below(core_rng_key key, core_rng_counter counter, int64_t n);

/* Standard normal; |result| < 8.3. */
double core_rng_normal(core_rng_key key, core_rng_counter counter);

/* The standard normal quantile of p in (0, 1), relative error about 1e-15; -inf at 0, +inf at 1, NaN outside. */
double core_rng_normal_quantile(double p);

/* Writes to out (n) a random order of 0..n-1 (Fisher-Yates); uses index 0 of positions 1..n-1 of the epoch. */
void core_rng_permutation(core_rng_key key, int64_t epoch, int64_t n, int64_t *out);

#endif

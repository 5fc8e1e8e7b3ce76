/* core/mt19937.h - NumPy's legacy RandomState, the part that drawing the paper's subset needs.
 *
 * Source   Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8 (1998): MT19937 with init_genrand;
 *          NumPy's RandomState.seed(int) and RandomState.shuffle, whose streams NumPy has frozen.
 *
 * Only for what must equal NumPy; everything else draws from core/rng.h.
 */
#ifndef CORE_MT19937_H
#define CORE_MT19937_H

#include <stdint.h>

enum { CORE_MT19937_WORDS = 624 };

/* A generator, in the caller's memory; set by core_mt19937_seed. */
typedef struct {
    uint32_t state[CORE_MT19937_WORDS];
    int next; /* index of the next word to return; CORE_MT19937_WORDS: twist first */
} core_mt19937;

/* As np.random.seed(seed). */
void core_mt19937_seed(core_mt19937 *mt, uint32_t seed);

/* The next 32 bits. */
uint32_t core_mt19937_next(core_mt19937 *mt);

/* Uniform on 0..max, both included: NumPy's masked rejection (random_interval). */
uint64_t core_mt19937_interval(core_mt19937 *mt, uint64_t max);

/* As np.random.shuffle(values) for a one-dimensional int64 array of n >= 0 elements. */
void core_mt19937_shuffle(core_mt19937 *mt, int64_t n, int64_t *values);

#endif

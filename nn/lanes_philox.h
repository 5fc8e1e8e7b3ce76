/* nn/lanes_philox.h - Philox4x32-10 (core/rng.h) for sixteen counters at once.
 *
 * A lane holds one counter's word. The last shuffle works within the 128-bit quarters of a register; lane 4 l + q
 * therefore starts from index + 4 q + l, and the blocks come out in the order of their indices.
 */
#ifndef NN_LANES_PHILOX_H
#define NN_LANES_PHILOX_H

#include <immintrin.h>
#include <stdint.h>

enum { LANES_PHILOX_BLOCKS = 16, LANES_PHILOX_BITS = 8 * LANES_PHILOX_BLOCKS };

#if defined(__AVX512F__)

enum { WORDS = 16 };

typedef __m512i words;

static inline words words_load(const uint32_t *p) { return _mm512_loadu_si512(p); }
static inline void words_store(void *p, words x) { _mm512_storeu_si512(p, x); }
static inline words words_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
static inline words words_add(words a, words b) { return _mm512_add_epi32(a, b); }
static inline words words_xor(words a, words b) { return _mm512_xor_si512(a, b); }
static inline words words_pairs(words a, words b, int high)
{
    return high ? _mm512_unpackhi_epi32(a, b) : _mm512_unpacklo_epi32(a, b);
}
static inline words words_quads(words a, words b, int high)
{
    return high ? _mm512_unpackhi_epi64(a, b) : _mm512_unpacklo_epi64(a, b);
}

/* High and low words of x times m. */
static inline void words_multiply(words x, words m, words *high, words *low)
{
    words even = _mm512_mul_epu32(x, m), odd = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), m);
    *high = _mm512_mask_mov_epi32(_mm512_srli_epi64(even, 32), 0xAAAA, odd);
    *low = _mm512_mask_mov_epi32(even, 0xAAAA, _mm512_slli_epi64(odd, 32));
}

#else

enum { WORDS = 8 };

typedef __m256i words;

static inline words words_load(const uint32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline void words_store(void *p, words x) { _mm256_storeu_si256((__m256i *)p, x); }
static inline words words_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
static inline words words_add(words a, words b) { return _mm256_add_epi32(a, b); }
static inline words words_xor(words a, words b) { return _mm256_xor_si256(a, b); }
static inline words words_pairs(words a, words b, int high)
{
    return high ? _mm256_unpackhi_epi32(a, b) : _mm256_unpacklo_epi32(a, b);
}
static inline words words_quads(words a, words b, int high)
{
    return high ? _mm256_unpackhi_epi64(a, b) : _mm256_unpacklo_epi64(a, b);
}
static inline void words_multiply(words x, words m, words *high, words *low)
{
    words even = _mm256_mul_epu32(x, m), odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), m);
    *high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
    *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}

#endif

/* The ten rounds: x, the counters' words, become the results. */
static inline void words_philox(words x[4], const uint32_t key[2])
{
    words k0 = words_set(key[0]), k1 = words_set(key[1]);
    for (int round = 0; round < 10; round++) {
        words high0, low0, high2, low2;
        words_multiply(x[0], words_set(0xD2511F53U), &high0, &low0);
        words_multiply(x[2], words_set(0xCD9E8D57U), &high2, &low2);
        x[0] = words_xor(words_xor(high2, x[1]), k0);
        x[2] = words_xor(words_xor(high0, x[3]), k1);
        x[1] = low2;
        x[3] = low0;
        k0 = words_add(k0, words_set(0x9E3779B9U));
        k1 = words_add(k1, words_set(0xBB67AE85U));
    }
}

/* Writes the results for the counters (index, counter[1], counter[2], counter[3]), (index + 1, ...), and so on: eight
 * halves of words a block, word 0 first, low half first. */
static inline void lanes_philox(uint32_t index, const uint32_t counter[4], const uint32_t key[2],
                                uint16_t bits[LANES_PHILOX_BITS])
{
    static const uint32_t places[LANES_PHILOX_BLOCKS] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
    for (int begin = 0; begin < LANES_PHILOX_BLOCKS; begin += WORDS) {
        words x[4] = {words_add(words_set(index), words_load(places + begin)), words_set(counter[1]),
                      words_set(counter[2]), words_set(counter[3])};
        words_philox(x, key);
        for (int q = 0; q < 4; q++) {
            words quads = words_quads(words_pairs(x[0], x[1], q / 2), words_pairs(x[2], x[3], q / 2), q % 2);
            words_store(bits + 32 * q + 2 * begin, quads);
        }
    }
}

#endif

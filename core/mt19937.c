#include "core/mt19937.h"

enum { N = CORE_MT19937_WORDS, M = 397 };

void core_mt19937_seed(core_mt19937 *mt, uint32_t seed)
{
    mt->state[0] = seed;
    for (uint32_t i = 1; i < N; i++) {
        uint32_t before = mt->state[i - 1];
        mt->state[i] = 1812433253u * (before ^ before >> 30) + i;
    }
    mt->next = N;
}

static void twist(core_mt19937 *mt)
{
    uint32_t *s = mt->state;
    for (int i = 0; i < N; i++) {
        uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % N] & 0x7fffffffu);
        s[i] = s[(i + M) % N] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    mt->next = 0;
}

uint32_t core_mt19937_next(core_mt19937 *mt)
{
    if (mt->next == N) {
        twist(mt);
    }
    uint32_t y = mt->state[mt->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

uint64_t core_mt19937_interval(core_mt19937 *mt, uint64_t max)
{
    uint64_t mask = max, value;
    for (int shift = 1; shift < 64; shift *= 2) {
        mask |= mask >> shift;
    }
    if (max == 0) {
        return 0; /* NumPy too draws no random bits for max = 0 */
    }
    do {
        value = core_mt19937_next(mt);
        if (max > UINT32_MAX) { /* NumPy's 64 bits: the first word is the high one */
            value = value << 32 | core_mt19937_next(mt);
        }
        value &= mask;
    } while (value > max);
    return value;
}

void core_mt19937_shuffle(core_mt19937 *mt, int64_t n, int64_t *values)
{
    for (int64_t i = n - 1; i >= 1; i--) {
        int64_t j = (int64_t)core_mt19937_interval(mt, (uint64_t)i);
        int64_t swap = values[i];
        values[i] = values[j];
        values[j] = swap;
    }
}

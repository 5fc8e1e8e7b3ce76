/* Built twice (meson.build). The test finds the loops in the program by their names. */
#include "experiments/bench/peak.h"

#include "nn/lanes.h"
#include "nn/level.h"

enum { VECTORS = XP_PEAK_FLOATS / LANES, CHAINS = LANES_REGISTERS == 1 ? VECTORS : VECTORS / 4 };

static inline void load_chains(const float *x, lanes chain[CHAINS])
{
    for (int c = 0; c < CHAINS; c++) {
        chain[c] = lanes_load(x + c * LANES);
    }
}

static inline void store_chains(const lanes chain[CHAINS], float *out)
{
    for (int c = 0; c < CHAINS; c++) {
        lanes_store(out + c * LANES, chain[c]);
    }
}

void NN_LEVEL_NAME(xp_multiply_add)(int64_t rounds, const float *x, float *out);
void NN_LEVEL_NAME(xp_multiply_add)(int64_t rounds, const float *x, float *out)
{
    lanes chain[CHAINS], factor = lanes_set(0.9999999F), term = lanes_set(1e-7F);
    load_chains(x, chain);
#pragma GCC unroll 1
    for (int64_t r = 0; r < rounds; r++) {
#pragma GCC unroll 28
        for (int v = 0; v < VECTORS; v++) {
            chain[v % CHAINS] = lanes_fma(chain[v % CHAINS], factor, term);
        }
    }
    store_chains(chain, out);
}

void NN_LEVEL_NAME(xp_multiply_add_loads)(int64_t rounds, const float *x, float *out);
void NN_LEVEL_NAME(xp_multiply_add_loads)(int64_t rounds, const float *x, float *out)
{
    lanes chain[CHAINS], factor = lanes_set(1e-7F);
    load_chains(x, chain);
#pragma GCC unroll 1
    for (int64_t r = 0; r < rounds; r++) {
        const float *row = x + r % XP_PEAK_ROUNDS * XP_PEAK_FLOATS;
#pragma GCC unroll 28
        for (int v = 0; v < VECTORS; v++) {
            chain[v % CHAINS] = lanes_fma(lanes_load(row + v * LANES), factor, chain[v % CHAINS]);
        }
    }
    store_chains(chain, out);
}

const xp_peak NN_LEVEL_NAME(xp_peak) = {
    .multiply_add = NN_LEVEL_NAME(xp_multiply_add),
    .multiply_add_loads = NN_LEVEL_NAME(xp_multiply_add_loads),
};

#include "core/rng.h"

#include <assert.h>
#include <math.h>

#include <Random123/philox.h>

#include "core/maths.h"

core_rng_block core_rng_philox(const uint32_t counter[4], const uint32_t key[2])
{
    philox4x32_ctr_t c = {{counter[0], counter[1], counter[2], counter[3]}};
    philox4x32_key_t k = {{key[0], key[1]}};
    philox4x32_ctr_t r = philox4x32_R(10, c, k);
    return (core_rng_block){{r.v[0], r.v[1], r.v[2], r.v[3]}};
}

/* Draws after a rejected one differ in `retry`, so that they use no bits of another index. */
static core_rng_block draw(core_rng_key key, core_rng_counter counter, uint32_t retry)
{
    assert(counter.epoch >= 0 && counter.epoch <= UINT32_MAX);
    assert(counter.position >= 0 && counter.position < (int64_t)1 << 48);
    assert(counter.index >= 0 && counter.index <= UINT32_MAX);
    assert((uint32_t)key.purpose < 256 && retry < 256);
    uint32_t word[4] = {(uint32_t)counter.index, (uint32_t)counter.position, (uint32_t)counter.epoch,
                        (uint32_t)key.purpose << 24 | retry << 16 | (uint32_t)(counter.position >> 32)};
    uint32_t seed[2] = {(uint32_t)key.seed, (uint32_t)(key.seed >> 32)};
    return core_rng_philox(word, seed);
}

core_rng_block core_rng_draw(core_rng_key key, core_rng_counter counter) { return draw(key, counter, 0); }

static uint64_t bits64(core_rng_block block, int half)
{
    return (uint64_t)block.word[2 * half + 1] << 32 | block.word[2 * half];
}

double core_rng_uniform(core_rng_key key, core_rng_counter counter)
{
    return (double)(bits64(draw(key, counter, 0), 0) >> 11) * 0x1p-53;
}

int64_t core_rng_below(core_rng_key key, core_rng_counter counter, int64_t n)
{
    assert(n >= 1);
    /* Lemire's multiplication: the high half of bits * n is uniform once the low halves below 2^64 mod n are refused.
     */
    uint64_t range = (uint64_t)n, refused = (0 - range) % range;
    for (uint32_t retry = 0;; retry++) {
        core_rng_block block = draw(key, counter, retry);
        for (int half = 0; half < 2; half++) {
            unsigned __int128 product = (unsigned __int128)bits64(block, half) * range;
            if ((uint64_t)product >= refused) {
                return (int64_t)(product >> 64);
            }
        }
    }
}

static double polynomial(const double coefficient[8], double x)
{
    double sum = coefficient[7];
    for (int i = 6; i >= 0; i--) {
        sum = sum * x + coefficient[i];
    }
    return sum;
}

/* AS 241, PPND16: three rational approximations, numerators and denominators lowest power first. */
static const double CENTRE[2][8] = {
    {3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
     4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3},
    {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3, 2.1213794301586595867e+4,
     3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3}};
static const double MIDDLE[2][8] = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
static const double TAIL[2][8] = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};

double core_rng_normal_quantile(double p)
{
    if (!(p > 0 && p < 1)) {
        return p == 0 ? -HUGE_VAL : p == 1 ? HUGE_VAL : (double)NAN;
    }
    double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(CENTRE[0], r) / polynomial(CENTRE[1], r);
    }
    double r = sqrt(-core_log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? polynomial(MIDDLE[0], r - 1.6) / polynomial(MIDDLE[1], r - 1.6)
                      : polynomial(TAIL[0], r - 5) / polynomial(TAIL[1], r - 5);
    return q < 0 ? -z : z;
}

double core_rng_normal(core_rng_key key, core_rng_counter counter)
{
    /* The middles of 2^52 equal intervals: symmetric, exact in double, and never 0 or 1. */
    uint64_t interval = bits64(draw(key, counter, 0), 0) >> 12;
    return core_rng_normal_quantile(((double)interval + 0.5) * 0x1p-52);
}

void core_rng_permutation(core_rng_key key, int64_t epoch, int64_t n, int64_t *out)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = i;
    }
    for (int64_t i = n - 1; i >= 1; i--) {
        int64_t j = core_rng_below(key, (core_rng_counter){.epoch = epoch, .position = i}, i + 1);
        int64_t swap = out[i];
        out[i] = out[j];
        out[j] = swap;
    }
}

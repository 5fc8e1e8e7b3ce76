#include "core/maths.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/pair.h"

/* ln 2 in two parts: the high one has 42 bits, so that its product with an exponent is exact. */
static const double LN2_HI = 0x1.62e42fefa38p-1, LN2_LO = 0x1.ef35793c7673p-45, LOG2_E = 0x1.71547652b82fep+0;

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k for -1022 <= k <= 1023. */
static double power_of_two(int k) { return from_bits((uint64_t)(k + 1023) << 52); }

/* artanh(s)/s - 1 - s^2/3 = s^4 (1/5 + s^2/7 + ...), of q = s^2 <= 0.0295; below 2^-12, so plain double will do. */
static double artanh_tail(double q)
{
    double sum = 1.0 / 27;
    for (int odd = 25; odd >= 5; odd -= 2) {
        sum = sum * q + 1.0 / odd;
    }
    return q * q * sum;
}

/* log(hi + lo) to about 64 bits, for a positive, finite, normal hi; lo = 0 where hi >= 2^1000. */
static core_pair log_pair(double hi, double lo)
{
    const uint64_t sqrt_half = 0x3fe6a09e667f3bcd;
    uint64_t bits = bits_of(hi);
    int k = (int)((int64_t)(bits - sqrt_half) >> 52);
    double m = from_bits(bits - ((uint64_t)(int64_t)k << 52)); /* in [sqrt 1/2, sqrt 2) */
    double m_lo = lo == 0 ? 0 : lo * power_of_two(-k);

    core_pair num = core_pair_sum(m - 1, m_lo), den = core_pair_sum(m, 1);
    den.lo += m_lo;
    core_pair s = {num.hi / den.hi, 0};
    core_pair back = core_pair_exact_product(s.hi, den.hi);
    s.lo = (((num.hi - back.hi) - back.lo) + num.lo - s.hi * den.lo) / den.hi;

    const core_pair third = {0x1.5555555555555p-2, 0x1.5555555555555p-56};
    core_pair q = core_pair_product(s, s), series = core_pair_product(q, third);
    double tail = artanh_tail(q.hi);
    series = core_pair_sum(series.hi, tail + series.lo);
    core_pair two_s = {2 * s.hi, 2 * s.lo}, rest = core_pair_product(two_s, series);
    core_pair log_m = core_pair_fast_sum(two_s.hi, rest.hi);
    log_m.lo += rest.lo + two_s.lo;

    core_pair sum = core_pair_sum(k * LN2_HI, log_m.hi);
    return core_pair_fast_sum(sum.hi, sum.lo + (log_m.lo + k * LN2_LO));
}

/* e^r - 1 - r for |r| <= 0.3466: the first term left out, r^14/14!, is below 2^-57. */
static double exp_tail(double r)
{
    static const double inverse_factorial[] = {1.0 / 2,        1.0 / 6,         1.0 / 24,         1.0 / 120,
                                               1.0 / 720,      1.0 / 5040,      1.0 / 40320.,     1.0 / 362880.,
                                               1.0 / 3628800., 1.0 / 39916800., 1.0 / 479001600., 1.0 / 6227020800.};
    double sum = inverse_factorial[11];
    for (int i = 10; i >= 0; i--) {
        sum = sum * r + inverse_factorial[i];
    }
    return r * r * sum;
}

static double exp_pair(double hi, double lo)
{
    if (hi > 710) {
        return HUGE_VAL;
    }
    if (hi < -746) {
        return 0;
    }
    const double to_integer = 0x1.8p52; /* adding and subtracting it rounds to an integer */
    double k_real = (hi * LOG2_E + to_integer) - to_integer;
    int k = (int)k_real;
    core_pair r = core_pair_sum(hi - k_real * LN2_HI, lo - k_real * LN2_LO); /* the first difference is exact */
    core_pair y = core_pair_fast_sum(1, r.hi);
    double value = y.hi + (y.lo + (exp_tail(r.hi) + (r.lo + r.lo * r.hi)));
    if (k >= -1021 && k <= 1023) {
        return value * power_of_two(k);
    }
    return value * power_of_two(k / 2) * power_of_two(k - k / 2); /* two factors: 2^k alone may overflow or underflow */
}

double core_exp(double x) { return x == x ? exp_pair(x, 0) : x; }

double core_log(double x)
{
    if (!(x > 0)) {
        return x == 0 ? -HUGE_VAL : (double)NAN;
    }
    if (x == HUGE_VAL) {
        return x;
    }
    if (x >= 0x1p-1022) {
        return log_pair(x, 0).hi;
    }
    core_pair scaled = log_pair(x * 0x1p54, 0);
    return (scaled.hi - 54 * LN2_HI) + (scaled.lo - 54 * LN2_LO);
}

double core_log1p(double x)
{
    if (x >= 0x1p60 || x != x || x <= -1) {
        return x == -1 ? -HUGE_VAL : core_log(x);
    }
    if (x > -0x1p-54 && x < 0x1p-54) {
        return x; /* log(1 + x) = x - x^2/2 + ...; keeps -0 and subnormals */
    }
    core_pair one_plus = core_pair_sum(1, x);
    return log_pair(one_plus.hi, one_plus.lo).hi;
}

double core_pow(double x, double y)
{
    if (y == 0 || x == 1) {
        return 1;
    }
    if (x != x || y != y || x < 0) {
        return (double)NAN;
    }
    if (x == 0 || x == HUGE_VAL) {
        return (x == 0) == (y > 0) ? 0 : HUGE_VAL;
    }
    if (y > 0x1p64 || y < -0x1p64) { /* |log x| >= 2^-53 */
        return (x > 1) == (y > 0) ? HUGE_VAL : 0;
    }
    bool subnormal = x < 0x1p-1022;
    core_pair log_x = log_pair(subnormal ? x * 0x1p54 : x, 0);
    if (subnormal) {
        log_x = core_pair_sum(log_x.hi - 54 * LN2_HI, log_x.lo - 54 * LN2_LO);
    }
    core_pair power = core_pair_product(log_x, (core_pair){y, 0});
    return exp_pair(power.hi, power.lo);
}

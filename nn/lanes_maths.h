/* nn/lanes_maths.h - exponentials of sixteen lanes, with the same bits at every vector width.
 *
 * Maths    e^x = 2^k (1 + p(r)), k = round(x / ln 2), r = x - k ln 2, p(r) = e^r - 1 by Taylor's series to r^7/7!.
 *          sigma(x) = 1 / (1 + e^-x);  tanh(x) = q / (q + 2), q = e^2x - 1 = 2^k p + (2^k - 1), accurate for small x.
 * Errors   Largest measured against double (tests/nn/test_lstm_kernels.c): sigma 1.6e-7 and tanh 3e-7 of the value.
 */
#ifndef NN_LANES_MATHS_H
#define NN_LANES_MATHS_H

#include "nn/lanes.h"

/* power = 2^k and p, for |x| <= 87. */
typedef struct {
    lanes power, p;
} lanes_exponential;

static inline lanes_exponential lanes_exp_parts(lanes x)
{
    const float to_integer = 0x1.8p23F; /* adding and subtracting it rounds to an integer */
    const float series[] = {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 1.0F / 2};
    lanes shifted = lanes_fma(x, lanes_set(0x1.715476p+0F), lanes_set(to_integer));
    lanes k = lanes_sub(shifted, lanes_set(to_integer));
    lanes r = lanes_fma(k, lanes_set(-0x1.62e430p-1F), x); /* ln 2 in two parts */
    r = lanes_fma(k, lanes_set(0x1.05c610p-29F), r);
    lanes sum = lanes_set(1.0F / 5040);
    for (int i = 0; i < 5; i++) {
        sum = lanes_fma(sum, r, lanes_set(series[i]));
    }
    return (lanes_exponential){lanes_power_of_two(k), lanes_fma(lanes_mul(r, r), sum, r)};
}

/* Saturates beyond 87; NaN gives NaN. */
static inline lanes lanes_sigmoid(lanes x)
{
    lanes one = lanes_set(1);
    lanes_exponential e = lanes_exp_parts(lanes_within(lanes_sub(lanes_set(0), x), 87));
    return lanes_div(one, lanes_add(one, lanes_fma(e.power, e.p, e.power)));
}

/* Saturates beyond 15, where the value rounds to 1; NaN gives NaN. */
static inline lanes lanes_tanh(lanes x)
{
    lanes_exponential e = lanes_exp_parts(lanes_within(lanes_add(x, x), 30));
    lanes q = lanes_fma(e.power, e.p, lanes_sub(e.power, lanes_set(1)));
    return lanes_div(q, lanes_add(q, lanes_set(2)));
}

#endif

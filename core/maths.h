/* core/maths.h - the exponentials and logarithms of results: the same bits on every machine and with every libm.
 *
 * Maths    exp: x = k ln 2 + r, |r| <= ln 2 / 2, Taylor's series of e^r to r^13, times 2^k.
 *          log: x = 2^k m, m in [sqrt 1/2, sqrt 2), log m = 2 artanh((m - 1)/(m + 1)) in double-double arithmetic.
 *          pow: exp(y log x), the product in double-double.
 * Errors   Largest measured against long double, in units in the last place: exp 0.64 (0.75 where the result is
 *          subnormal), log and log1p 0.501, pow 0.62. The test holds them and freezes the bits.
 *
 * Only + - * /, comparisons and bit operations, all exact in IEEE 754: no call to libm (the compiler's sqrt is exact
 * too and may be used by anyone). Rounding mode: to nearest.
 */
#ifndef CORE_MATHS_H
#define CORE_MATHS_H

#include <stdint.h>

/* e^x. inf above 709.78, 0 below -745.2; NaN at NaN. Below -708.4 subnormal, in a team (core/team.h) 0. */
double core_exp(double x);

/* Natural logarithm. -inf at 0, NaN below 0, inf at inf, NaN at NaN. Subnormal arguments are right, in a team they are 0. */
double core_log(double x);

/* log(1 + x), accurate for small x too. -inf at -1, NaN below, inf at inf. */
double core_log1p(double x);

/* x^y for x >= 0. x^0 and 1^y are 1; 0^y is 0 for y > 0 and inf for y < 0; NaN for x < 0 and for NaNs otherwise.
 * For a fourth root sqrt(sqrt(x)) is as good and faster. */
double core_pow(double x, double y);

#endif

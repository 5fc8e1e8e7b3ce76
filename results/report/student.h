/* results/report/student.h - the quantile of Student's t, for confidence intervals of a mean.
 *
 * Source   Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4: A(t | v) for whole v.
 * Maths    with theta = atan(t / sqrt(v)), s = sin theta, c = cos theta:
 *          v odd:  A = 2/pi (theta + s (c + 2/3 c^3 + 2*4/(3*5) c^5 + ... to c^(v-2)))
 *          v even: A = s (1 + 1/2 c^2 + 1*3/(2*4) c^4 + ... to c^(v-2))
 *          Only +, -, *, / and square roots are computed, so that no libm decides a bit.
 */
#ifndef RESULTS_REPORT_STUDENT_H
#define RESULTS_REPORT_STUDENT_H

#include <stdint.h>

/* The t for which P(|T| < t) = probability in [0, 0.9999], T of Student's distribution with `freedom` >= 1 degrees of
 * freedom. Nearer to 1 the rounding of the probability costs digits of t. */
double res_student_t(int64_t freedom, double probability);

#endif

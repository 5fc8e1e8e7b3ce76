#include "results/report/student.h"

#include <math.h>

static const double two_over_pi = 0.63661977236758134308;

/* x >= 0. Half the angle has the tangent x / (1 + sqrt(1 + x^2)); the series is for angles below 1/100. */
static double arc_tangent(double x)
{
    double factor = 1.0;
    for (; x > 0.01; factor *= 2.0) {
        x /= 1.0 + sqrt(1.0 + x * x);
    }
    const double y = x * x;
    return factor * x * (1.0 - y * (1.0 / 3.0 - y * (1.0 / 5.0 - y * (1.0 / 7.0 - y / 9.0))));
}

/* P(|T| < t), A(t | v) above. */
static double probability_within(double t, int64_t freedom)
{
    const double v = (double)freedom, cosine2 = v / (v + t * t), sine = t / sqrt(v + t * t);
    const int64_t odd = freedom % 2;
    double sum = 0.0, term = odd == 1 ? sqrt(cosine2) : 1.0;
    for (int64_t power = odd; power <= freedom - 2; power += 2) {
        sum += term;
        term *= cosine2 * (double)(power + 1) / (double)(power + 2);
    }
    return odd == 1 ? two_over_pi * (arc_tangent(t / sqrt(v)) + sine * sum) : sine * sum;
}

double res_student_t(int64_t freedom, double probability)
{
    double low = 0.0, high = 1.0;
    while (probability_within(high, freedom) < probability) {
        high *= 2.0;
    }
    for (;;) { /* until no double lies between the two */
        const double middle = low + (high - low) / 2.0;
        if (middle <= low || middle >= high) {
            return high;
        }
        if (probability_within(middle, freedom) < probability) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

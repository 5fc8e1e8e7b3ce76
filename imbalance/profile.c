#include "imbalance/profile.h"

#include <math.h>
#include <string.h>

#include "core/maths.h"
#include "core/pair.h"
#include "core/text.h"

static const char *const KIND_NAMES[] = {[IMB_LONG_TAILED] = "long-tailed", [IMB_STEP] = "step"};

core_status imb_profile_parse(const char *name, imb_profile_kind *kind)
{
    for (int k = IMB_LONG_TAILED; k <= IMB_STEP; k++) {
        if (strcmp(name, KIND_NAMES[k]) == 0) {
            *kind = (imb_profile_kind)k;
            return CORE_OK;
        }
    }
    return core_fail(CORE_BAD_USAGE, "unknown imbalance \"%s\"; expected long-tailed or step", name);
}

const char *imb_profile_name(imb_profile_kind kind) { return KIND_NAMES[kind]; }

static core_pair add(core_pair a, core_pair b)
{
    core_pair s = core_pair_sum(a.hi, b.hi);
    return core_pair_fast_sum(s.hi, s.lo + (a.lo + b.lo));
}

static core_pair divide(core_pair a, core_pair b)
{
    double first = a.hi / b.hi;
    core_pair rest = add(a, core_pair_product((core_pair){-first, 0.0}, b));
    double second = rest.hi / b.hi;
    rest = add(rest, core_pair_product((core_pair){-second, 0.0}, b));
    return add(core_pair_fast_sum(first, second), (core_pair){rest.hi / b.hi, 0.0});
}

/* log x for finite x > 0, to about 2^-100: x = 2^k m with m in [sqrt 1/2, sqrt 2), log m = 2 artanh((m-1)/(m+1)). */
static core_pair log_pair(double x)
{
    static const core_pair LN2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
    enum { TERMS = 22 }; /* (0.1716^2)^22 < 2^-111 */
    int k;
    double m = frexp(x, &k);
    if (m < 0x1.6a09e667f3bcdp-1) {
        m *= 2.0;
        k--;
    }
    core_pair s = divide((core_pair){m - 1.0, 0.0}, core_pair_sum(m, 1.0));
    core_pair square = core_pair_product(s, s);
    core_pair series = {0.0, 0.0};
    for (int i = TERMS; i >= 0; i--) {
        series = add(core_pair_product(series, square), divide((core_pair){1.0, 0.0}, (core_pair){2.0 * i + 1.0, 0.0}));
    }
    series = core_pair_product(series, s);
    return add(core_pair_product((core_pair){k, 0.0}, LN2), (core_pair){2.0 * series.hi, 2.0 * series.lo});
}

/* The double nearest to x^y, for 0 < x <= 1 and 0 <= y <= 1. Where n_max x^y is a whole number (rho = 1000, K = 4), the
 * last bit of the power decides whether truncation keeps one example more, and a pow with an error of one unit in the
 * last place may give either. One Newton step in the logarithm, whose error is 2^-100, corrects the first
 * approximation. */
static double power_nearest(double x, double y)
{
    double p = core_pow(x, y);
    core_pair wanted = core_pair_product(log_pair(x), (core_pair){y, 0.0});
    core_pair got = log_pair(p);
    double relative = add(wanted, (core_pair){-got.hi, -got.lo}).hi;
    return p + p * relative;
}

static core_status check_profile(const imb_profile *profile, int64_t n_max, int64_t K)
{
    if (K < 2) {
        return core_fail(CORE_BAD_USAGE, "an imbalance needs at least 2 classes, got %lld", (long long)K);
    }
    if (n_max < 1 || n_max > (INT64_C(1) << 53)) {
        return core_fail(CORE_BAD_USAGE, "the largest class has %s; expected at least 1 and at most 2^53",
                         CORE_COUNT(n_max, "example"));
    }
    if (!(profile->rho >= 1.0) || isinf(profile->rho)) {
        return core_fail(CORE_BAD_USAGE, "rho is %g; expected a finite number of at least 1", profile->rho);
    }
    if (profile->kind == IMB_STEP && !(profile->mu > 0.0 && profile->mu < 1.0)) {
        return core_fail(CORE_BAD_USAGE, "mu is %g; expected a number between 0 and 1, both excluded", profile->mu);
    }
    return CORE_OK;
}

/* T = round(mu K), half to even, kept within 1..K-1. */
static int64_t tail_classes(double mu, int64_t K)
{
    double exact = mu * (double)K;
    int64_t T = (int64_t)exact;
    double rest = exact - (double)T;
    if (rest > 0.5 || (rest == 0.5 && T % 2 == 1)) {
        T++;
    }
    return T < 1 ? 1 : T > K - 1 ? K - 1 : T;
}

static int64_t class_count(const imb_profile *profile, int64_t n_max, int64_t K, int64_t j)
{
    double factor = 1.0 / profile->rho;
    if (profile->kind == IMB_STEP) {
        return j < K - tail_classes(profile->mu, K) ? n_max : (int64_t)((double)n_max * factor);
    }
    return (int64_t)((double)n_max * power_nearest(factor, (double)j / (double)(K - 1)));
}

core_status imb_profile_counts(const imb_profile *profile, int64_t n_max, int64_t K, int64_t *counts)
{
    CORE_TRY(check_profile(profile, n_max, K));
    /* The last class is the smallest; it is checked before anything is written, so that a failure leaves counts
     * unchanged. */
    if (class_count(profile, n_max, K, K - 1) < 1) {
        int64_t j = 0;
        while (class_count(profile, n_max, K, j) >= 1) {
            j++;
        }
        return core_fail(CORE_BAD_USAGE,
                         "class %lld would be empty: %s imbalance with rho %g of at most %s in %s; "
                         "expected at least one example in every class",
                         (long long)j, imb_profile_name(profile->kind), profile->rho, CORE_COUNT(n_max, "example"),
                         CORE_COUNT(K, "class"));
    }
    for (int64_t j = 0; j < K; j++) {
        counts[j] = class_count(profile, n_max, K, j);
    }
    return CORE_OK;
}

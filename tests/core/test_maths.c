/* Errors are measured against long double (64-bit significands), in units in the last place of the double result. */
#include "core/maths.h"

#include <math.h>

#include "core/hash.h"
#include "core/rng.h"
#include "tests/support.h"

enum { DRAWS = 200000 };

static double uniform(int64_t i, int64_t index, double low, double high)
{
    core_rng_key key = {2385, CORE_RNG_TEST};
    return low + (high - low) * core_rng_uniform(key, (core_rng_counter){.position = i, .index = index});
}

/* A positive double with every exponent as likely as any other, subnormals included. */
static double any_positive(int64_t i, int64_t index)
{
    return ldexp(uniform(i, index, 1, 2), (int)uniform(i, index + 1, -1074, 1024));
}

static double ulps(double got, long double exact)
{
    double nearest = (double)exact;
    if (got == nearest) {
        return fabsl((long double)got - exact) == 0 ? 0 : 0.5; /* correctly rounded */
    }
    long double unit = (long double)nextafter(fabs(nearest), HUGE_VAL) - (long double)fabs(nearest);
    return (double)(fabsl((long double)got - exact) / unit);
}

static void expect_below(double worst, double limit, const char *what)
{
    ck_assert_msg(worst < limit, "%s: %.4f ulp, expected below %.2f", what, worst, limit);
    if (getenv("TAILBIT_TEST_VERBOSE") != NULL) {
        printf("%s: %.4f ulp\n", what, worst);
    }
}

START_TEST(test_exp_against_long_double)
{
    double worst = 0;
    for (int64_t i = 0; i < DRAWS; i++) {
        double wide = uniform(i, 0, -708, 709.7), narrow = uniform(i, 1, -1.1, 1.1);
        worst = larger_error(worst, ulps(core_exp(wide), expl((long double)wide)));
        worst = larger_error(worst, ulps(core_exp(narrow), expl((long double)narrow)));
    }
    expect_below(worst, 0.70, "exp");
}
END_TEST

START_TEST(test_exp_subnormal_results)
{
    double worst = 0;
    for (int64_t i = 0; i < DRAWS / 10; i++) {
        double x = uniform(i, 0, -745.1, -708);
        worst = larger_error(worst, ulps(core_exp(x), expl((long double)x)));
    }
    expect_below(worst, 0.85, "exp to subnormals"); /* rounded twice */
}
END_TEST

START_TEST(test_log_against_long_double)
{
    double worst = 0;
    for (int64_t i = 0; i < DRAWS; i++) {
        double wide = any_positive(i, 0), narrow = uniform(i, 2, 0.5, 2.2);
        double near_one = 1 + ldexp(uniform(i, 3, -1, 1), -(int)(i % 50));
        worst = larger_error(worst, ulps(core_log(wide), logl((long double)wide)));
        worst = larger_error(worst, ulps(core_log(narrow), logl((long double)narrow)));
        worst = larger_error(worst, near_one > 0 ? ulps(core_log(near_one), logl((long double)near_one)) : 0);
    }
    expect_below(worst, 0.51, "log");
}
END_TEST

START_TEST(test_log1p_against_long_double)
{
    double worst = 0;
    for (int64_t i = 0; i < DRAWS; i++) {
        double tiny = ldexp(uniform(i, 0, -1, 1), -(int)(i % 1070)), wide = any_positive(i, 1);
        worst = larger_error(worst, tiny > -1 ? ulps(core_log1p(tiny), log1pl((long double)tiny)) : 0);
        worst = larger_error(worst, ulps(core_log1p(wide), log1pl((long double)wide)));
    }
    expect_below(worst, 0.51, "log1p");
}
END_TEST

START_TEST(test_pow_against_long_double)
{
    double worst = 0;
    for (int64_t i = 0; i < DRAWS; i++) {
        double base = any_positive(i, 0), reach = fmin(fabs(700 / log(base)), 1e300);
        double y = uniform(i, 2, -reach, reach), x = uniform(i, 3, 0.9, 1.1), z = uniform(i, 4, -6000, 6000);
        worst = larger_error(worst, ulps(core_pow(base, y), powl((long double)base, (long double)y)));
        worst = larger_error(worst, ulps(core_pow(x, z), powl((long double)x, (long double)z)));
    }
    expect_below(worst, 0.75, "pow");
}
END_TEST

START_TEST(test_pow_of_whole_numbers_is_exact)
{
    for (int base = 1; base <= 100; base++) {
        double product = 1;
        for (int n = 0; n <= 7; n++, product *= base) { /* 100^7 < 2^53 */
            ck_assert_double_eq(core_pow(base, n), product);
        }
    }
}
END_TEST

START_TEST(test_limits_of_exp)
{
    ck_assert_double_eq(core_exp(0.0), 1);
    ck_assert_double_eq(core_exp(-0.0), 1);
    ck_assert_double_eq(core_exp(1), 0x1.5bf0a8b145769p+1);
    ck_assert_double_eq(core_exp(0x1p-1074), 1);
    ck_assert(isfinite(core_exp(709.78271289338397)) && isinf(core_exp(709.7827128933841)));
    ck_assert_double_eq(core_exp(-745.13321910194110), 0x1p-1074);
    ck_assert_double_eq(core_exp(-745.13321910194122), 0);
    ck_assert(isinf(core_exp(HUGE_VAL)) && core_exp(-HUGE_VAL) == 0 && isnan(core_exp((double)NAN)));
    ck_assert(isinf(core_exp(1e300)) && core_exp(-1e300) == 0);
}
END_TEST

START_TEST(test_limits_of_log)
{
    ck_assert(core_log(1) == 0 && !signbit(core_log(1)));
    ck_assert(core_log(0.0) == -HUGE_VAL && core_log(-0.0) == -HUGE_VAL);
    ck_assert(isnan(core_log(-1e-300)) && isnan(core_log(-HUGE_VAL)) && isnan(core_log((double)NAN)));
    ck_assert_double_eq(core_log(HUGE_VAL), HUGE_VAL);
    ck_assert_double_eq(core_log(0x1p-1074), -0x1.74385446d71c3p+9);
    ck_assert_double_eq(core_log(0x1.fffffffffffffp+1023), 0x1.62e42fefa39efp+9);
    ck_assert_double_eq(core_log1p(-1), -HUGE_VAL);
    ck_assert(isnan(core_log1p(-1.5)) && isnan(core_log1p((double)NAN)));
    ck_assert(core_log1p(HUGE_VAL) == HUGE_VAL && core_log1p(0x1p-1074) == 0x1p-1074);
    ck_assert(core_log1p(-0.0) == 0 && signbit(core_log1p(-0.0)));
}
END_TEST

START_TEST(test_limits_of_pow)
{
    const double special[] = {0,
                              0x1p-1074,
                              1e-300,
                              0.5,
                              0x1.fffffffffffffp-1,
                              1,
                              0x1.0000000000001p+0,
                              2.5,
                              1e300,
                              HUGE_VAL,
                              (double)NAN,
                              -1e300,
                              -HUGE_VAL,
                              -1,
                              -0.5,
                              1e25,
                              -1e25,
                              -0x1p-1074};
    for (int i = 0; i < LENGTH(special); i++) {
        for (int j = 0; j < LENGTH(special); j++) {
            double x = special[i], y = special[j], got = core_pow(x, y), wanted = pow(x, y);
            if (x < 0 && y != 0) {
                wanted = (double)NAN;
            }
            ck_assert_msg(isnan(wanted) ? isnan(got) : fabs(got - wanted) <= 1e-15 * fabs(wanted) || got == wanted,
                          "pow(%a, %a) = %a, expected %a", x, y, got, wanted);
        }
    }
}
END_TEST

/* The digest was made with gcc 14 and with clang 19, each with AVX-512 and without; a compiler, a flag or a change that
 * moves one bit of one result moves it. */
START_TEST(test_bits_are_frozen)
{
    core_hash *hash;
    char hex[CORE_HASH_HEX_MAX];
    EXPECT_OK(core_hash_create(CORE_HASH_XXH3_64, &hash));
    for (int64_t i = 0; i < 20000; i++) {
        double x = any_positive(i, 0), y = uniform(i, 2, -750, 715), z = uniform(i, 3, -9.3, 8.1);
        double out[] = {core_exp(y), core_exp(z), core_log(x), core_log1p(z * z), core_pow(x, z / 9)};
        core_hash_update(hash, out, sizeof out);
    }
    core_hash_digest digest = core_hash_finish(hash);
    core_hash_destroy(hash);
    ck_assert_str_eq(core_hash_hex(&digest, hex), "2298027b40381c5f");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/maths");
    ADD_CASE(suite, "oracle", test_exp_against_long_double, test_exp_subnormal_results, test_log_against_long_double,
             test_log1p_against_long_double, test_pow_against_long_double, test_pow_of_whole_numbers_is_exact);
    ADD_CASE(suite, "limits", test_limits_of_exp, test_limits_of_log, test_limits_of_pow);
    ADD_CASE(suite, "determinism", test_bits_are_frozen);
    return run_suite(suite);
}

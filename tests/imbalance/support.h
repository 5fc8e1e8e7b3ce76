/* tests/imbalance/support.h - what the tests of this folder share: inputs from formulas, and running a suite. */
#ifndef TESTS_IMBALANCE_SUPPORT_H
#define TESTS_IMBALANCE_SUPPORT_H

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/status.h"

/* Numbers in [-1/2, 1/2), as noise() in tests/golden/imb_losses.py. */
static inline double noise(int64_t i, int64_t salt)
{
    uint64_t mixed = (uint64_t)i * 2654435761u + (uint64_t)salt * 40503u + (uint64_t)(i * i % 8191) * 524287u;
    return (double)(mixed % (UINT64_C(1) << 32)) / 4294967296.0 - 0.5;
}

/* A status with its message when it is not the wanted one. */
#define EXPECT_STATUS(expr, wanted)                                                                                    \
    do {                                                                                                               \
        core_status got_ = (expr);                                                                                     \
        ck_assert_msg(got_ == (wanted), "status %d, expected %d: %s", (int)got_, (int)(wanted), core_error_message()); \
    } while (0)

/* `expr` fails with `wanted` and a sentence that holds `word`. */
#define EXPECT_FAILURE(expr, wanted, word)                                                                             \
    do {                                                                                                               \
        EXPECT_STATUS(expr, wanted);                                                                                   \
        ck_assert_msg(strstr(core_error_message(), (word)) != NULL, "no \"%s\" in: %s", (word), core_error_message()); \
    } while (0)

#define EXPECT_OK(expr) EXPECT_STATUS(expr, CORE_OK)

static inline void add_case(Suite *suite, const char *name, const TTest *const *tests, int count)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 120.0);
    for (int i = 0; i < count; i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
}

/* ADD_CASE(suite, "oracle", test_a, test_b, ...) */
#define ADD_CASE(suite, name, ...)                                                                                     \
    add_case((suite), (name), (const TTest *const[]){__VA_ARGS__},                                                     \
             (int)(sizeof((const TTest *const[]){__VA_ARGS__}) / sizeof(const TTest *)))

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif

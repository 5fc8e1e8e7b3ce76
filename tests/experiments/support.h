/* tests/experiments/support.h - what the tests of this folder share: expectations, options from words, running a suite.
 */
#ifndef TESTS_EXPERIMENTS_SUPPORT_H
#define TESTS_EXPERIMENTS_SUPPORT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/status.h"
#include "experiments/options.h"

/* A status with its message when it is not the wanted one. */
#define EXPECT_STATUS(expr, wanted)                                                                                    \
    do {                                                                                                               \
        core_status got_ = (expr);                                                                                     \
        ck_assert_msg(got_ == (wanted), "status %d, expected %d: %s", (int)got_, (int)(wanted), core_error_message()); \
    } while (0)

#define EXPECT_WORD(word)                                                                                              \
    ck_assert_msg(strstr(core_error_message(), (word)) != NULL, "no \"%s\" in: %s", (word), core_error_message())

/* `expr` fails with `wanted` and a sentence that holds `word`. */
#define EXPECT_FAILURE(expr, wanted, word)                                                                             \
    do {                                                                                                               \
        EXPECT_STATUS(expr, wanted);                                                                                   \
        EXPECT_WORD(word);                                                                                             \
    } while (0)

#define EXPECT_OK(expr) EXPECT_STATUS(expr, CORE_OK)

/* PARSE(&options, XP_VERB_TRAIN, "--rho", "10"): xp_options_parse of those words. */
#define PARSE(out, verb, ...)                                                                                          \
    xp_options_parse((verb), (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)),                 \
                     (const char *const[]){__VA_ARGS__}, (out))

static inline void add_case(Suite *suite, const char *name, const TTest *const *tests, int count)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 600.0);
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

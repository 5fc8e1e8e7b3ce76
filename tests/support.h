/* tests/support.h - what the tests of every folder share: statuses, suites, folders that go away. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <check.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/status.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

/* A status, with its sentence when it is not the wanted one. */
#define EXPECT_STATUS(expr, wanted)                                                                                    \
    do {                                                                                                               \
        core_status got_ = (expr);                                                                                     \
        ck_assert_msg(got_ == (wanted), "status %d, expected %d: %s", (int)got_, (int)(wanted), core_error_message()); \
    } while (0)

#define EXPECT_OK(expr) EXPECT_STATUS(expr, CORE_OK)

/* `expr` fails with `wanted` and a sentence that holds `word`. */
#define EXPECT_FAILURE(expr, wanted, word)                                                                             \
    do {                                                                                                               \
        EXPECT_STATUS(expr, wanted);                                                                                   \
        ck_assert_msg(strstr(core_error_message(), (word)) != NULL, "no \"%s\" in: %s", (word), core_error_message()); \
    } while (0)

/* The larger of two errors; NaN where one is NaN, which no limit lets pass, while fmax forgets it. */
static inline double larger_error(double a, double b) { return a >= b || a != a ? a : b; }

/* Seconds that a test of ADD_CASE has where cases have processes of their own (below), else meson's timeout ends the program;
 * a folder may ask for more. */
#ifndef CASE_SECONDS
#define CASE_SECONDS 60.0
#endif

static inline void add_case(Suite *suite, const char *name, const TTest *const *tests, int count)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, CASE_SECONDS);
    for (int i = 0; i < count; i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
}

/* ADD_CASE(suite, "oracle", test_a, test_b, ...) */
#define ADD_CASE(suite, name, ...)                                                                                     \
    add_case((suite), (name), (const TTest *const[]){__VA_ARGS__}, LENGTH(((const TTest *const[]){__VA_ARGS__})))

/* A suite's cases share one process: a fork for each, as check would have it, takes some hundredths of a second, and with
 * sanitizers, which look for leaks at its end, a tenth. A suite whose cases leave something in their process defines
 * OWN_PROCESSES before it includes this file. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
#ifndef OWN_PROCESSES
    srunner_set_fork_status(runner, CK_NOFORK);
#endif
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Tests that not every machine can run are a test of meson's own (NAME-need), which gives the program `need` as its
 * argument. True: it was given, and such tests run, nothing else. Where the machine is not able, that ends the program
 * as skipped, which meson counts. */
static inline bool asked_for(int argc, char **argv, const char *need, bool able)
{
    if (argc < 2 || strcmp(argv[1], need) != 0) {
        return false;
    }
    if (!able) {
        printf("skipped: this machine has no %s\n", need);
        exit(77);
    }
    return true;
}

/* Whether `works` says yes, in a process of its own, so that nothing of it stays. */
static inline bool works_in_child(bool (*works)(void))
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(works() ? 0 : 1);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* A fresh folder; `path` has room for 64 bytes. */
static inline char *make_test_folder(char *path)
{
    strcpy(path, "/tmp/tailbit-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(path));
    return path;
}

static inline int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info, (void)type, (void)walk;
    return remove(path);
}

static inline void remove_test_folder(const char *path)
{
    ck_assert_int_eq(nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* AddressSanitizer keeps freed memory, and its leak check wants a process of its own at the end. */
#ifdef __SANITIZE_ADDRESS__
enum { UNDER_ASAN = 1 };
#else
enum { UNDER_ASAN = 0 };
#endif

#endif

/* The shard runner: who owns what, who fails first, and one OpenMP thread inside. */
#define OWN_PROCESSES /* A case takes threads away. */
#include <immintrin.h>
#include <omp.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/team.h"
#include "tests/support.h"

START_TEST(test_ranges_cover_everything_once_and_evenly)
{
    for (int threads = 1; threads <= 9; threads++) {
        for (int64_t count = 0; count <= 40; count++) {
            int64_t next = 0;
            for (int t = 0; t < threads; t++) {
                core_range r = core_team_range(count, t, threads);
                ck_assert_int_eq(r.begin, next);
                ck_assert_int_ge(r.end - r.begin, count / threads);
                ck_assert_int_le(r.end - r.begin, count / threads + 1);
                next = r.end;
            }
            ck_assert_int_eq(next, count);
        }
    }
}
END_TEST

typedef struct {
    int inner[8], threads[8];
} seen;

static core_status look(void *context, int thread, int threads)
{
    seen *s = context;
    s->inner[thread] = omp_get_max_threads();
    s->threads[thread] = threads;
    return CORE_OK;
}

START_TEST(test_members_have_one_openmp_thread_each)
{
    for (int threads = 1; threads <= 8; threads++) {
        seen s = {0};
        EXPECT_OK(core_team_run(threads, look, &s));
        for (int t = 0; t < threads; t++) {
            ck_assert_int_eq(s.inner[t], 1);
            ck_assert_int_eq(s.threads[t], threads);
        }
    }
}
END_TEST

/* Here and not elsewhere: the compiler cannot compute it, nor move it past a change of the arithmetic. */
static float multiply(float a, float b)
{
    const volatile float x = a;
    const volatile float product = x * b;
    return product;
}

static core_status multiply_in_team(void *context, int thread, int threads)
{
    float(*products)[3] = context;
    (void)threads;
    products[thread][0] = multiply(0x1p-127F, 0x1p100F);
    products[thread][1] = multiply(0x1p-100F, 0x1p-27F);
    products[thread][2] = multiply(0x1.000002p0F, 0x1.000002p0F);
    return CORE_OK;
}

/* Subnormal operands and results are zero, and it rounds to nearest; what calls the team keeps its own arithmetic. */
START_TEST(test_a_team_has_its_own_arithmetic)
{
    const unsigned callers = _mm_getcsr();
    for (int threads = 1; threads <= 3; threads++) {
        float products[3][3] = {{1, 1}, {1, 1}, {1, 1}};
        _mm_setcsr(callers | _MM_ROUND_UP);
        EXPECT_OK(core_team_run(threads, multiply_in_team, products));
        const float rounded_up = multiply(0x1.000002p0F, 0x1.000002p0F);
        _mm_setcsr(callers);
        for (int t = 0; t < threads; t++) {
            ck_assert(products[t][0] == 0 && products[t][1] == 0 && products[t][2] == 0x1.000004p0F);
        }
        ck_assert(rounded_up == 0x1.000006p0F);
        ck_assert(multiply(0x1p-127F, 0x1p100F) == 0x1p-27F && multiply(0x1p-100F, 0x1p-27F) == 0x1p-127F);
    }
}
END_TEST

static core_status fail_some(void *context, int thread, int threads)
{
    (void)context, (void)threads;
    core_status status = thread >= 2 ? core_fail(CORE_MACHINE, "member %d", thread) : CORE_OK;
    core_team_barrier();
    return status;
}

enum { STAGES = 300, MOST = 8 };
static int64_t arrived[MOST]; /* at how many stages each member was */

/* A member sleeps in some stages, as one does whose CPU has other work, so that the others wait spinning and asleep. */
static core_status pass_stages(void *context, int thread, int threads)
{
    _Atomic int *wrong = context;
    for (int64_t s = 0; s < STAGES; s++) {
        if (s % 10 == 0 && s / 10 % threads == thread) {
            usleep(2000);
        }
        arrived[thread] = s + 1;
        core_team_barrier();
        for (int t = 0; t < threads; t++) {
            *wrong += arrived[t] != s + 1;
        }
        core_team_barrier();
    }
    return CORE_OK;
}

START_TEST(test_no_member_passes_a_barrier_alone)
{
    static const int sizes[] = {1, 2, 3, MOST};
    for (int i = 0; i < LENGTH(sizes); i++) {
        _Atomic int wrong = 0;
        memset(arrived, 0, sizeof arrived);
        core_team_barrier(); /* outside a team: of this thread alone */
        EXPECT_OK(core_team_run(sizes[i], pass_stages, &wrong));
        ck_assert_int_eq(wrong, 0);
    }
}
END_TEST

START_TEST(test_lowest_failing_member_is_reported)
{
    EXPECT_FAILURE(core_team_run(5, fail_some, NULL), CORE_MACHINE, "member 2");
    EXPECT_OK(core_team_run(2, fail_some, NULL));
}
END_TEST

START_TEST(test_a_team_takes_what_the_system_gives)
{
    seen s = {0};
    const struct rlimit two = {.rlim_cur = 2, .rlim_max = 2};
    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &two), 0);
    const bool alone = geteuid() == 0 && setuid(61234) == 0; /* a user with no other process; root has no such limit */
    const int size = core_team_size(4);
    ck_assert_int_ge(size, 1);
    ck_assert_int_le(size, alone ? 2 : 4);
    EXPECT_OK(core_team_run(4, look, &s));
    for (int t = 0; t < 4; t++) {
        ck_assert_int_eq(s.threads[t], t < size ? size : 0);
    }
}
END_TEST

static core_status fail_at_length(void *context, int thread, int threads)
{
    (void)thread, (void)threads;
    return core_fail(CORE_MACHINE, "%s and its end", (const char *)context);
}

START_TEST(test_a_long_message_is_whole)
{
    char path[900];
    memset(path, 'a', sizeof path);
    path[sizeof path - 1] = '\0';
    EXPECT_FAILURE(core_team_run(2, fail_at_length, path), CORE_MACHINE, "a and its end");
}
END_TEST

START_TEST(test_default_threads_stay_within_the_affinity)
{
    int threads = core_team_default_threads();
    ck_assert_int_ge(threads, 1);
    ck_assert_int_le(threads, omp_get_num_procs());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/team");
    ADD_CASE(suite, "oracle", test_ranges_cover_everything_once_and_evenly, test_members_have_one_openmp_thread_each,
             test_default_threads_stay_within_the_affinity, test_a_team_has_its_own_arithmetic);
    if (!UNDER_ASAN) {
        ADD_CASE(suite, "limits", test_a_team_takes_what_the_system_gives);
    }
    ADD_CASE(suite, "errors", test_a_long_message_is_whole, test_lowest_failing_member_is_reported);
    ADD_CASE(suite, "barrier", test_no_member_passes_a_barrier_alone);
    return run_suite(suite);
}

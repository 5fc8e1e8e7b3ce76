/* Every shard of a stage is taken once, whoever takes it, and first by its owner. */
#include <stdlib.h>

#include "core/memory.h"
#include "core/queue.h"
#include "core/team.h"
#include "tests/support.h"

enum { STAGES = 50, MOST = 37, THREADS = 8 };

typedef struct {
    core_queue_lane lanes[THREADS];
    int64_t count;
    _Atomic int taken[STAGES][MOST];
} shared;

static core_status take_all(void *context, int thread, int threads)
{
    shared *s = context;
    for (int64_t stage = 0; stage < STAGES; stage++) {
        int64_t i;
        while ((i = core_queue_take(s->lanes, stage, s->count, thread, threads)) >= 0) {
            ck_assert(i < s->count);
            atomic_fetch_add(&s->taken[stage][i], 1);
        }
        core_queue_rearm(s->lanes, stage, thread);
        core_team_barrier();
    }
    return CORE_OK;
}

START_TEST(test_each_index_is_taken_once_in_every_stage)
{
    static const int64_t counts[] = {0, 1, 2, 7, MOST};
    for (int threads = 1; threads <= THREADS; threads++) {
        shared *s;
        EXPECT_OK(CORE_NEW(1, "a test", s));
        s->count = counts[_i];
        EXPECT_OK(core_team_run(threads, take_all, s));
        for (int stage = 0; stage < STAGES; stage++) {
            for (int64_t i = 0; i < MOST; i++) {
                ck_assert_int_eq(s->taken[stage][i], i < s->count ? 1 : 0);
            }
        }
        free(s);
    }
}
END_TEST

/* Alone, a member of three takes its own part first, in the stage's direction, then the others'. */
START_TEST(test_own_part_comes_first_and_stages_turn_round)
{
    static const int64_t even[] = {4, 5, 6, 7, 8, 9, 0, 1, 2, 3}, odd[] = {6, 5, 4, 9, 8, 7, 3, 2, 1, 0};
    core_queue_lane lanes[3] = {0};
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(core_queue_take(lanes, 0, 10, 1, 3), even[i]);
    }
    ck_assert_int_eq(core_queue_take(lanes, 0, 10, 1, 3), -1);
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(core_queue_take(lanes, 1, 10, 1, 3), odd[i]);
    }
    ck_assert_int_eq(core_queue_take(lanes, 1, 10, 0, 3), -1);
}
END_TEST

/* One lane for all: in order, whoever asks, and each once. */
static core_status take_in_order(void *context, int thread, int threads)
{
    shared *s = context;
    int64_t i, before = -1;
    (void)thread, (void)threads;
    while ((i = core_queue_take_in_order(&s->lanes[0], s->count)) >= 0) {
        ck_assert(i > before);
        atomic_fetch_add(&s->taken[0][i], 1);
        before = i;
    }
    return CORE_OK;
}

START_TEST(test_one_lane_hands_out_in_order)
{
    for (int threads = 1; threads <= THREADS; threads++) {
        shared *s;
        EXPECT_OK(CORE_NEW(1, "a test", s));
        s->count = MOST;
        EXPECT_OK(core_team_run(threads, take_in_order, s));
        for (int64_t i = 0; i < MOST; i++) {
            ck_assert_int_eq(s->taken[0][i], 1);
        }
        free(s);
    }
    core_queue_lane lane = {0};
    for (int64_t i = 0; i < 4; i++) {
        ck_assert_int_eq(core_queue_take_in_order(&lane, 4), i);
    }
    ck_assert_int_eq(core_queue_take_in_order(&lane, 4), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/queue");
    TCase *limits = tcase_create("limits");
    tcase_add_loop_test(limits, test_each_index_is_taken_once_in_every_stage, 0, 5);
    suite_add_tcase(suite, limits);
    ADD_CASE(suite, "oracle", test_own_part_comes_first_and_stages_turn_round, test_one_lane_hands_out_in_order);
    return run_suite(suite);
}

#include "core/queue.h"

#include "core/team.h"

int64_t core_queue_take(core_queue_lane *lanes, int64_t stage, int64_t count, int thread, int threads)
{
    for (int k = 0; k < threads; k++) {
        int owner = (thread + k) % threads;
        core_range part = core_team_range(count, owner, threads);
        _Atomic int64_t *taken = &lanes[owner].taken[stage % 2];
        if (atomic_load_explicit(taken, memory_order_relaxed) >= part.end - part.begin) {
            continue;
        }
        int64_t i = atomic_fetch_add_explicit(taken, 1, memory_order_relaxed);
        if (i < part.end - part.begin) {
            return stage % 2 == 0 ? part.begin + i : part.end - 1 - i;
        }
    }
    return -1;
}

int64_t core_queue_take_in_order(core_queue_lane *lane, int64_t count) { return core_queue_take(lane, 0, count, 0, 1); }

/* Resets the slot of the next stage: its last readers were in the previous stage, which all members have left. */
void core_queue_rearm(core_queue_lane *lanes, int64_t stage, int thread)
{
    atomic_store_explicit(&lanes[thread].taken[(stage + 1) % 2], 0, memory_order_relaxed);
}

/* core/queue.h - hands the shards of a stage to the members of a team.
 *
 * A member first takes its own contiguous part, whose data are still in its cache, then shards of the others: on a
 * shared machine, a core that another process takes for a moment would otherwise delay the whole team at the next
 * barrier. Which member computes a shard never changes a result (core/team.h). Stages alternate direction: each begins
 * where the last one ended, where the cache is warm.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include <stdatomic.h>
#include <stdint.h>

/* One lane a member, on its own cache line; zero-initialised before the first stage. */
typedef struct {
    _Alignas(64) _Atomic int64_t taken[2]; /* shards taken in this stage and in the next */
} core_queue_lane;

/* The next of 0..count-1 for member `thread` in stage `stage` (0, 1, ...), or -1 when all are taken. */
int64_t core_queue_take(core_queue_lane *lanes, int64_t stage, int64_t count, int thread, int threads);

/* The next of 0..count-1 from one lane that all members share: in order, whichever member asks. For work sorted by
 * size, the largest first. No core_queue_rearm. */
int64_t core_queue_take_in_order(core_queue_lane *lane, int64_t count);

/* Every member calls it once a stage, after its last take and before the barrier that ends the stage. */
void core_queue_rearm(core_queue_lane *lanes, int64_t stage, int thread);

#endif

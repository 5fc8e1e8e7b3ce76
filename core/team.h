/* core/team.h - the shard runner: a team of threads inside one parallel region.
 *
 * The number of shards, never the number of threads, shapes the arithmetic: work is cut into shards, a thread owns a
 * contiguous range of them, and what crosses shards is combined in a fixed tree (core/tree.h).
 * The region begins with omp_set_num_threads(1), without which oneDNN kernels may fork their own teams, spin for
 * ever, or change bits with OMP_NUM_THREADS. In it arithmetic rounds to nearest and has subnormal
 * numbers as zero, as operands and as results, whatever the caller has.
 */
#ifndef CORE_TEAM_H
#define CORE_TEAM_H

#include <stdint.h>

#include "core/status.h"

/* A contiguous range [begin, end). */
typedef struct {
    int64_t begin, end;
} core_range;

/* One member's work. A failing member must still meet every barrier that the others meet. */
typedef core_status (*core_team_work)(void *context, int thread, int threads);

/* How many threads a team of `wanted` >= 1 will have: fewer where the system refuses more threads (ulimit -u, ulimit
 * -v, a cgroup's pids.max), which is tested once. OpenMP's environment variables have no effect. Not inside a team. */
int core_team_size(int wanted);

/* Runs `work` on every member of a team of core_team_size(threads) and waits for all; `work` is told that size. Reports
 * the failure of the member with the lowest index, its message included. */
core_status core_team_run(int threads, core_team_work work, void *context) CORE_MUST_USE;

/* Waits until every member of the team is here. */
void core_team_barrier(void);

/* The part of 0..count-1 that member `thread` owns: as even as can be, the earlier members one more. */
core_range core_team_range(int64_t count, int thread, int threads);

/* CPUs that this process may use: the affinity mask, lowered to the quota of its control groups (core/quota.h); at least
 * 1. Found at the first call. */
int core_team_default_threads(void);

#endif

#include "core/team.h"

#include <assert.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

typedef struct {
    core_status status;
    char message[256];
} member_result;

static void keep(member_result *result, core_status status)
{
    result->status = status;
    if (status != CORE_OK) {
        snprintf(result->message, sizeof result->message, "%s", core_error_message());
    }
}

core_status core_team_run(int threads, core_team_work work, void *context)
{
    assert(threads >= 1);
    member_result *results;
    CORE_TRY(CORE_NEW(threads, "the team's results", results));
    int team = 0;
#pragma omp parallel num_threads(threads) default(none) shared(threads, work, context, results, team)
    {
        omp_set_num_threads(1);
        int thread = omp_get_thread_num();
        if (thread == 0) {
            team = omp_get_num_threads();
        }
        if (omp_get_num_threads() == threads) {
            keep(&results[thread], work(context, thread, threads));
        }
    }
    core_status status = CORE_OK;
    if (team != threads) {
        status = core_fail(CORE_MACHINE,
                           "OpenMP gave %d threads where %d were asked for; lower --threads or raise OMP_THREAD_LIMIT",
                           team, threads);
    }
    for (int t = 0; t < threads && status == CORE_OK; t++) {
        if (results[t].status != CORE_OK) {
            status = core_fail(results[t].status, "%s", results[t].message);
        }
    }
    free(results);
    return status;
}

void core_team_barrier(void)
{
#pragma omp barrier
}

core_range core_team_range(int64_t count, int thread, int threads)
{
    int64_t base = count / threads, extra = count % threads;
    int64_t begin = thread * base + (thread < extra ? thread : extra);
    return (core_range){begin, begin + base + (thread < extra ? 1 : 0)};
}

/* cgroup v2: "max 100000" or "150000 100000" (quota and period in microseconds). 0: no quota. */
static int quota_cpus(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "r");
    if (file == NULL) {
        return 0;
    }
    long quota = 0, period = 0;
    int fields = fscanf(file, "%ld %ld", &quota, &period);
    fclose(file);
    if (fields != 2 || quota <= 0 || period <= 0) {
        return 0;
    }
    return (int)((quota + period - 1) / period);
}

int core_team_default_threads(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    int cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    int quota = quota_cpus();
    if (quota > 0 && quota < cpus) {
        cpus = quota;
    }
    return cpus > 0 ? cpus : 1;
}

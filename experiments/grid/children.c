#include "experiments/grid/children.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "core/memory.h"
#include "core/process.h"

core_status xp_cpus_create(int count, bool bind, xp_cpus *out)
{
    cpu_set_t mask;
    xp_cpus cpus = {.count = count, .bind = bind};
    CORE_TRY(CORE_NEW(count, "the CPUs", cpus.items));
    bool known = sched_getaffinity(0, sizeof mask, &mask) == 0;
    for (int i = 0, cpu = 0; i < count; i++, cpu++) {
        while (known && cpu < CPU_SETSIZE && !CPU_ISSET((size_t)cpu, &mask)) {
            cpu++;
        }
        cpus.items[i].number = known && cpu < CPU_SETSIZE ? cpu : -1;
        cpus.bind = cpus.bind && cpus.items[i].number >= 0; /* more threads than CPUs: binding would only slow them */
    }
    *out = cpus;
    return CORE_OK;
}

void xp_cpus_free(xp_cpus *cpus)
{
    free(cpus->items);
    *cpus = (xp_cpus){0};
}

int xp_cpus_idle(const xp_cpus *cpus)
{
    int idle = 0;
    for (int i = 0; i < cpus->count; i++) {
        idle += cpus->items[i].owner == 0;
    }
    return idle;
}

/* Marks `count` idle CPUs as taken, with the owner -1 until the child's id is known, and puts them into the mask. */
static void choose_cpus(xp_cpus *cpus, int count, cpu_set_t *mask)
{
    CPU_ZERO(mask);
    for (int i = 0, chosen = 0; i < cpus->count && chosen < count; i++) {
        if (cpus->items[i].owner == 0) {
            cpus->items[i].owner = -1;
            chosen++;
            if (cpus->items[i].number >= 0) {
                CPU_SET((size_t)cpus->items[i].number, mask);
            }
        }
    }
}

core_status xp_child_start(xp_cpus *cpus, int count, const char *const *words, const char *log, core_file_lock *lock,
                           pid_t *out)
{
    cpu_set_t mask;
    char descriptor[16];
    pid_t pid = 0;
    const core_process process = {.what = "a job",
                                  .program = core_process_self(),
                                  .words = words,
                                  .log = log,
                                  .cpus = cpus->bind ? &mask : NULL,
                                  .inherited = core_file_lock_descriptor(lock)};
    choose_cpus(cpus, count, &mask);
    snprintf(descriptor, sizeof descriptor, "%d", process.inherited);
    setenv(CORE_FILE_LOCK_FD, descriptor, 1);
    const core_status status = core_process_start(&process, &pid);
    unsetenv(CORE_FILE_LOCK_FD);
    for (int i = 0; i < cpus->count; i++) {
        cpus->items[i].owner = cpus->items[i].owner != -1 ? cpus->items[i].owner : pid;
    }
    if (status == CORE_OK) {
        *out = pid;
    }
    return status;
}

bool xp_child_ended(xp_cpus *cpus, pid_t pid, int *status)
{
    if (waitpid(pid, status, WNOHANG) != pid) {
        return false;
    }
    for (int i = 0; i < cpus->count; i++) {
        cpus->items[i].owner = cpus->items[i].owner == pid ? 0 : cpus->items[i].owner;
    }
    return true;
}

/* experiments/grid/children.h - trainings as child processes: starts them on CPUs of their own and waits for them. */
#ifndef EXPERIMENTS_GRID_CHILDREN_H
#define EXPERIMENTS_GRID_CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/file.h"
#include "core/status.h"

typedef struct {
    int number;  /* the kernel's; -1: not known, and then no child is bound */
    pid_t owner; /* the child that has it; 0: idle */
} xp_cpu;

/* The CPUs that children share. */
typedef struct {
    int count;     /* CPUs in all */
    bool bind;     /* whether children are bound to theirs */
    xp_cpu *items; /* (count) */
} xp_cpus;

/* The first `count` CPUs that this process may use. Freed with xp_cpus_free. */
core_status xp_cpus_create(int count, bool bind, xp_cpus *out) CORE_MUST_USE;
void xp_cpus_free(xp_cpus *cpus);

/* How many are idle. */
int xp_cpus_idle(const xp_cpus *cpus);

/* Starts this program (core/process.h) on `count` idle CPUs. words: its command line, NULL-terminated, the program's
 * name first. Its output is appended to `log`. lock: of its run file; the child holds it too, until it ends.
 * CORE_MACHINE: no process or no log. */
core_status xp_child_start(xp_cpus *cpus, int count, const char *const *words, const char *log, core_file_lock *lock,
                           pid_t *out) CORE_MUST_USE;

/* Whether the child has ended; then *status is as waitpid leaves it, and its CPUs are idle. */
bool xp_child_ended(xp_cpus *cpus, pid_t pid, int *status);

#endif

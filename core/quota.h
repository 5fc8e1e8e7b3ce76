/* core/quota.h - how many CPUs and how much memory the control groups of this process allow it.
 *
 * Source   Linux, Documentation/admin-guide/cgroup-v2.rst (cpu.max: "QUOTA PERIOD" in microseconds, "max": none) and
 *          scheduler/sched-bwc.rst (version 1: cpu.cfs_quota_us, -1: none, and cpu.cfs_period_us); proc(5): cgroup,
 *          mountinfo.
 */
#ifndef CORE_QUOTA_H
#define CORE_QUOTA_H

#include <stdint.h>

/* The least quota, rounded up to whole CPUs, of the process's own group and of the groups above it, in versions 1 and
 * 2, as far as they are visible; 0: none. `root` is a prefix of every path that is read: "" except in tests. */
int core_quota_cpus(const char *root);

/* The bytes that this computer's processes may still take together: what it has available, or less where one of those groups
 * allows less; 0: not known. */
int64_t core_quota_memory(const char *root);

/* The bytes that this process alone may still map, touched or not (ulimit -v less all that it has mapped); 0: no limit. */
int64_t core_quota_address_space(void);

/* The bytes that this process has in memory: now ("VmRSS") or at its highest ("VmHWM"); 0: not known. Source: proc(5), status. */
int64_t core_quota_held(const char *field);

#endif

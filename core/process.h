/* core/process.h - programs as child processes: started, waited for, and how they ended. */
#ifndef CORE_PROCESS_H
#define CORE_PROCESS_H

#include <sched.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/status.h"

typedef struct {
    const char *what;         /* what the program does, for messages: "a cell" */
    const char *program;      /* its path */
    const char *const *words; /* NULL-terminated, its name first */
    const char *log;          /* file to which its output is appended */
    const char *folder;       /* where it runs; NULL: here */
    const cpu_set_t *cpus;    /* its CPU affinity; NULL: that of this process */
    int inherited;            /* a descriptor that stays open in it; 0: none */
} core_process;

/* The path by which this program starts itself: /proc/self/exe, which holds even where the file was replaced meanwhile. Where
 * that is the loader, called by a launcher (release/launcher.c), the launcher's, which is argv[0]. */
const char *core_process_self(void);

/* Starts the program. Its standard input is empty. Its signals have the system's default actions (core/signals.h); what this
 * process ignores, such as SIGHUP under nohup, it ignores, too. The kernel sends it SIGTERM when this process dies. CORE_MACHINE: no process or no log;
 * CORE_BAD_USAGE: the path of the log leads through a file. */
core_status core_process_start(const core_process *process, pid_t *out) CORE_MUST_USE;

/* Waits for its end; *status is as waitpid leaves it. */
core_status core_process_wait(pid_t pid, int *status) CORE_MUST_USE;

/* Writes how a child ended, by the `status` of core_process_wait, to text (bytes): "exit code 4", "killed by signal 9
 * (...)". Returns text. */
const char *core_process_end_text(int status, char *text, size_t bytes);

#endif

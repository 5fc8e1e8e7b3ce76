#include "experiments/grid/children.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/memory.h"

core_status xp_cpus_create(int count, bool bind, xp_cpus *out)
{
    cpu_set_t mask;
    xp_cpus cpus = {.count = count, .bind = bind};
    CORE_TRY(CORE_NEW(count, "the CPUs", cpus.number));
    core_status status = CORE_NEW(count, "the CPUs", cpus.owner);
    if (status != CORE_OK) {
        free(cpus.number);
        return status;
    }
    bool known = sched_getaffinity(0, sizeof mask, &mask) == 0;
    for (int i = 0, cpu = 0; i < count; i++, cpu++) {
        while (known && cpu < CPU_SETSIZE && !CPU_ISSET((size_t)cpu, &mask)) {
            cpu++;
        }
        cpus.number[i] = known && cpu < CPU_SETSIZE ? cpu : -1;
        cpus.bind = cpus.bind && cpus.number[i] >= 0; /* --threads above the CPUs: then binding would only hurt */
    }
    *out = cpus;
    return CORE_OK;
}

void xp_cpus_free(xp_cpus *cpus)
{
    free(cpus->number);
    free(cpus->owner);
    *cpus = (xp_cpus){0};
}

int xp_cpus_idle(const xp_cpus *cpus)
{
    int idle = 0;
    for (int i = 0; i < cpus->count; i++) {
        idle += cpus->owner[i] == 0;
    }
    return idle;
}

/* In the child: nothing here may allocate or print, and it ends in the program or in _exit. */
static void become(const xp_cpus *cpus, const cpu_set_t *mask, char *const *words, int log, int lock, pid_t parent)
{
    int empty = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent || empty < 0 || dup2(empty, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0 || fcntl(lock, F_SETFD, 0) != 0) {
        _exit(CORE_MACHINE);
    }
    if (cpus->bind && sched_setaffinity(0, sizeof *mask, mask) != 0) {
        _exit(CORE_MACHINE);
    }
    execv("/proc/self/exe", words);
    _exit(CORE_MACHINE);
}

enum { MAX_WORDS = 32 };

/* execv wants words that it promises not to write to. */
static void copy_words(const char *const *words, char *out[MAX_WORDS])
{
    const char *list[MAX_WORDS] = {"tailbit"};
    for (int i = 0; words[i] != NULL && i + 2 < MAX_WORDS; i++) {
        list[i + 1] = words[i];
    }
    memcpy(out, list, sizeof list);
}

/* Gives `count` idle CPUs the owner -1 and puts them into the mask. */
static void choose_cpus(xp_cpus *cpus, int count, cpu_set_t *mask)
{
    CPU_ZERO(mask);
    for (int i = 0, chosen = 0; i < cpus->count && chosen < count; i++) {
        if (cpus->owner[i] == 0) {
            cpus->owner[i] = -1;
            chosen++;
            if (cpus->number[i] >= 0) {
                CPU_SET((size_t)cpus->number[i], mask);
            }
        }
    }
}

core_status xp_child_start(xp_cpus *cpus, int count, const xp_child *child, pid_t *out)
{
    cpu_set_t mask;
    char *list[MAX_WORDS], lock[16];
    choose_cpus(cpus, count, &mask);
    copy_words(child->words, list);
    snprintf(lock, sizeof lock, "%d", core_file_lock_descriptor(child->lock));
    int file = open(child->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666), error = errno;
    pid_t parent = getpid(), pid = -1;
    if (file >= 0) {
        setenv(CORE_FILE_LOCK_FD, lock, 1); /* before fork, after which nothing may allocate */
        pid = fork();
        error = errno;
        if (pid == 0) {
            become(cpus, &mask, list, file, core_file_lock_descriptor(child->lock), parent);
        }
        unsetenv(CORE_FILE_LOCK_FD);
        close(file);
    }
    for (int i = 0; i < cpus->count; i++) {
        cpus->owner[i] = cpus->owner[i] != -1 ? cpus->owner[i] : pid > 0 ? pid : 0;
    }
    if (pid < 0) {
        return core_fail(CORE_MACHINE, "%s: %s", file < 0 ? child->log : "a process for a cell", strerror(error));
    }
    *out = pid;
    return CORE_OK;
}

bool xp_child_ended(xp_cpus *cpus, pid_t pid, int *status)
{
    if (waitpid(pid, status, WNOHANG) != pid) {
        return false;
    }
    for (int i = 0; i < cpus->count; i++) {
        cpus->owner[i] = cpus->owner[i] == pid ? 0 : cpus->owner[i];
    }
    return true;
}

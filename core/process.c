#include "core/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/signals.h"

/* The kernel has loaded a loader beside a program (AT_BASE), or the loader as the program. */
const char *core_process_self(void) { return getauxval(AT_BASE) != 0 ? "/proc/self/exe" : program_invocation_name; }

/* Writes "tailbit: cannot start PROGRAM in FOLDER: WHY" without allocating; where that fails too, the exit code is all
 * there is. */
static void tell(int log, const core_process *process, const char *why)
{
    const bool has_folder = process->folder != NULL;
    const char *const parts[] = {"tailbit: cannot start ",
                                 process->program,
                                 has_folder ? " in " : "",
                                 has_folder ? process->folder : "",
                                 ": ",
                                 why != NULL ? why : "unknown error",
                                 "\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (write(log, parts[i], strlen(parts[i])) < 0) {
            return;
        }
    }
}

/* Runs in the child after fork: nothing here may allocate or print. It ends in exec of the program, or in _exit. */
static void become(const core_process *process, int log, pid_t parent)
{
    const int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) { /* who would read the log? */
        _exit(CORE_MACHINE);
    }
    if (empty >= 0 && dup2(empty, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 &&
        dup2(log, STDERR_FILENO) >= 0 && (process->inherited == 0 || fcntl(process->inherited, F_SETFD, 0) == 0) &&
        (process->cpus == NULL || sched_setaffinity(0, sizeof *process->cpus, process->cpus) == 0) &&
        (process->folder == NULL || chdir(process->folder) == 0)) {
        core_signals_end();
        execv(process->program, (char *const *)(uintptr_t)process->words); /* it promises not to write to them */
    }
    tell(log, process, strerrordesc_np(errno));
    _exit(CORE_MACHINE);
}

core_status core_process_start(const core_process *process, pid_t *out)
{
    const int log = open(process->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0) {
        return core_file_fail("open the log", process->log, errno);
    }
    const pid_t parent = getpid(), pid = fork();
    const int error = errno;
    if (pid == 0) {
        become(process, log, parent);
    }
    close(log);
    if (pid < 0) {
        return core_fail(CORE_MACHINE, "cannot start a process for %s: %s; fewer at once may work", process->what,
                         strerror(error));
    }
    *out = pid;
    return CORE_OK;
}

core_status core_process_wait(pid_t pid, int *status)
{
    while (waitpid(pid, status, 0) < 0) {
        if (errno != EINTR) {
            return core_fail(CORE_MACHINE, "waiting for process %d: %s", (int)pid, strerror(errno));
        }
    }
    return CORE_OK;
}

const char *core_process_end_text(int status, char *text, size_t bytes)
{
    if (WIFSIGNALED(status)) {
        snprintf(text, bytes, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    } else {
        snprintf(text, bytes, "exit code %d", WEXITSTATUS(status));
    }
    return text;
}

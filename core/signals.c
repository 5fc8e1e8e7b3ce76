#include "core/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

const core_signal core_signals[] = {
    {SIGINT, "SIGINT", CORE_STOPS_IF_HEARD, "a terminal's Ctrl-C; LSF"},
    {SIGHUP, "SIGHUP", CORE_STOPS_IF_HEARD, "a terminal or an ssh connection that goes away"},
    {SIGTERM, "SIGTERM", CORE_STOPS, "`kill`, `timeout`, Slurm, PBS, a machine that shuts down"},
    {SIGUSR1, "SIGUSR1", CORE_STOPS, "Slurm's `--signal`, Grid Engine"},
    {SIGUSR2, "SIGUSR2", CORE_STOPS, "submitit, LSF, Grid Engine"},
    {SIGXCPU, "SIGXCPU", CORE_STOPS, "a limit on CPU time: `ulimit -t`, PBS, Grid Engine"},
    {SIGALRM, "SIGALRM", CORE_STOPS, "a timer that was set before tailbit was started"},
    {SIGVTALRM, "SIGVTALRM", CORE_STOPS, "likewise, in CPU time of the program"},
    {SIGPROF, "SIGPROF", CORE_STOPS, "likewise, in CPU time"},
    {SIGPWR, "SIGPWR", CORE_STOPS, "a power supply that fails"},
    {SIGPIPE, "SIGPIPE", CORE_SURVIVED, "a pipe whose reader has gone, as with `head`"},
    {SIGXFSZ, "SIGXFSZ", CORE_SURVIVED, "a limit on the size of files: `ulimit -f`"},
    {SIGQUIT, "SIGQUIT", CORE_SYSTEM, "a terminal's Ctrl-\\\\: ends at once, without a check-point, like SIGKILL"},
    {SIGKILL, "SIGKILL", CORE_SYSTEM, "`kill -9`, want of memory, a limit that was passed"},
    {SIGTSTP, "SIGTSTP", CORE_SYSTEM, "a terminal's Ctrl-Z: pauses, locks stay held"},
    {SIGSTOP, "SIGSTOP", CORE_SYSTEM, "a scheduler that suspends: pauses, locks stay held"},
    {SIGTTIN, "SIGTTIN", CORE_SYSTEM, "a terminal; tailbit never reads from it"},
    {SIGTTOU, "SIGTTOU", CORE_SYSTEM, "a terminal with `stty tostop`: pauses"},
    {SIGCONT, "SIGCONT", CORE_SYSTEM, "`fg`, `bg`, a scheduler: continues"},
    {SIGWINCH, "SIGWINCH", CORE_SYSTEM, "a terminal of another size: nothing"},
    {SIGCHLD, "SIGCHLD", CORE_SYSTEM, "a job or gnuplot has ended; also if it was ignored before"},
    {0, NULL, CORE_SYSTEM, NULL},
};

const char *const core_signal_answer_texts[CORE_SIGNAL_ANSWERS] = {
    [CORE_STOPS] = "stops",
    [CORE_STOPS_IF_HEARD] = "stops, unless ignored at the start",
    [CORE_SURVIVED] = "continues",
    [CORE_SYSTEM] = "the system's answer",
};

static volatile sig_atomic_t signal_that_came;

static void remember(int signal)
{
    if (signal_that_came == 0) {
        signal_that_came = signal;
    }
}

static void survive(void (*answer)(int))
{
    for (const core_signal *s = core_signals; s->number != 0; s++) {
        if (s->answer == CORE_SURVIVED) {
            signal(s->number, answer);
        }
    }
}

void core_signals_begin(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) {
            _exit(4); /* no /dev/null, and perhaps no stream to report it on */
        }
    }
    signal(SIGCHLD, SIG_DFL); /* if the parent set it to ignored, waitpid would lose the status of our children */
    survive(SIG_IGN);
}

void core_signals_end(void) { survive(SIG_DFL); }

/* Lowers the soft CPU limit: a tenth of the time, at most a minute, stays for the last step and the check-point. */
static void leave_time_for_a_check_point(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_max != RLIM_INFINITY && limit.rlim_cur == limit.rlim_max &&
        limit.rlim_max > 1) {
        const rlim_t kept = limit.rlim_max / 10 < 1 ? 1 : limit.rlim_max / 10 > 60 ? 60 : limit.rlim_max / 10;
        limit.rlim_cur = limit.rlim_max - kept;
        setrlimit(RLIMIT_CPU, &limit);
    }
}

void core_stop_listen(void)
{
    struct sigaction action = {.sa_handler = remember, .sa_flags = SA_RESTART}, before;
    sigset_t heard;
    sigemptyset(&action.sa_mask);
    sigemptyset(&heard);
    for (const core_signal *s = core_signals; s->number != 0; s++) {
        const bool ignored = s->answer == CORE_STOPS_IF_HEARD && sigaction(s->number, NULL, &before) == 0 &&
                             before.sa_handler == SIG_IGN;
        if (core_stop_asks(s->number) && !ignored) {
            sigaction(s->number, &action, NULL);
            sigaddset(&heard, s->number);
        }
    }
    sigprocmask(SIG_UNBLOCK, &heard, NULL); /* a parent that reads signals itself leaves them blocked */
    leave_time_for_a_check_point();
}

bool core_stop_wanted(void) { return signal_that_came != 0; }

static const core_signal *find(int number)
{
    const core_signal *s = core_signals;
    while (s->number != 0 && s->number != number) {
        s++;
    }
    return s;
}

bool core_stop_asks(int number)
{
    const core_signal *s = find(number);
    return s->number != 0 && (s->answer == CORE_STOPS || s->answer == CORE_STOPS_IF_HEARD);
}

int core_stop_signal(void) { return signal_that_came; }

const char *core_stop_signal_name(void) { return find(signal_that_came)->name; }

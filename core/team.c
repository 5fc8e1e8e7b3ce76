#include "core/team.h"

#include <assert.h>
#include <immintrin.h>
#include <limits.h>
#include <linux/futex.h>
#include <omp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/quota.h"
#include "core/text.h"

typedef struct {
    core_status status;
    char message[CORE_MESSAGE_BYTES];
} member_result;

/* ---- what OpenMP's variables and the limits could do ---------------------------------------------------------------- */

/* Stack of each thread; of the main thread too, where the limit allows it. Our code needs less than a tenth. */
enum { STACK_BYTES = 4 << 20 };

#define BEFORE_EVERYTHING __attribute__((no_sanitize("address", "undefined", "thread"), no_instrument_function))

BEFORE_EVERYTHING static bool begins_with(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

/* Takes OpenMP's variables out of the environment before libgomp reads them, which is before main: a small OMP_STACKSIZE
 * would end a run by SIGSEGV, OMP_THREAD_LIMIT or GOMP_CPU_AFFINITY leave it no threads or one CPU. OMP_TOOL* stay, and
 * GOMP_SPINCOUNT, how long an idle thread spins.
 * Calls no function of a library, because no library is initialised yet. */
BEFORE_EVERYTHING static void forget_openmp(int count, char **words, char **environment)
{
    (void)count, (void)words;
    char **kept = environment;
    for (char **at = environment; *at != NULL; at++) {
        const bool openmp = begins_with(*at, "OMP_") || begins_with(*at, "GOMP_") || begins_with(*at, "KMP_");
        if (!openmp || begins_with(*at, "OMP_TOOL") || begins_with(*at, "GOMP_SPINCOUNT=")) {
            *kept++ = *at;
        }
    }
    *kept = NULL;
}

__attribute__((section(".preinit_array"), used)) static void (*before_libraries)(int, char **, char **) = forget_openmp;

/* Runs before main. The first thread's stack may grow as far as the limit in force when it grows, so with a small
 * `ulimit -s` every path of the program has room from its first call. */
__attribute__((constructor)) static void raise_stack(void)
{
    struct rlimit stack;
    if (getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur < STACK_BYTES) {
        stack.rlim_cur = stack.rlim_max < STACK_BYTES ? stack.rlim_max : STACK_BYTES;
        setrlimit(RLIMIT_STACK, &stack);
    }
}

static bool is_starting; /* true while libgomp starts the threads of a team */

/* Runs at exit. libgomp calls exit with its own code where it cannot start a thread, although core_team_size could
 * start it a moment before. This adds our message and sets our exit code. */
static void end_as_machine(void)
{
    if (is_starting) {
        fputs(
            "tailbit: the system starts no more threads (ulimit -u, ulimit -v); run the same command again, with fewer "
            "--threads\n",
            stderr);
        _exit(CORE_MACHINE);
    }
}

static void set_up_openmp(void)
{
    static bool done;
    if (!done) {
        done = true;
        pthread_attr_t attributes;
        if (pthread_attr_init(&attributes) == 0) { /* the default is `ulimit -s`, too small or too large */
            if (pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0) {
                pthread_setattr_default_np(&attributes);
            }
            pthread_attr_destroy(&attributes);
        }
        atexit(end_as_machine);
        omp_set_dynamic(0);
        omp_set_max_active_levels(1);
    }
}

/* A thread that stays until the gate opens. */
static void *wait_at(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* How many more threads than this one can exist at once, at most `wanted`; found by starting them. */
static int try_threads(int wanted)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *threads = calloc((size_t)wanted, sizeof *threads);
    int count = 0;
    pthread_mutex_lock(&gate);
    while (threads != NULL && count < wanted && pthread_create(&threads[count], NULL, wait_at, &gate) == 0) {
        count++;
    }
    pthread_mutex_unlock(&gate);
    for (int t = 0; t < count; t++) {
        pthread_join(threads[t], NULL);
    }
    free(threads);
    return count;
}

int core_team_size(int wanted)
{
    static int had = 1, most = INT_MAX; /* the largest count that could start, and the limit found */
    set_up_openmp();
    if (wanted > had && wanted <= most) {
        had = 1 + try_threads(wanted - 1);
        most = had < wanted ? had : most;
    }
    return wanted < most ? wanted : most;
}

/* ---- the team -------------------------------------------------------------------------------------------------------- */

/* Where the members meet. libgomp's own barrier spins for milliseconds before it sleeps: on CPUs that other work shares, a
 * member that waits so keeps the one that it waits for from its CPU (docs/performance.md). */
static struct {
    int members, spins; /* 1 member outside a team */
    _Atomic uint32_t arrived, phase, sleepers;
} gate = {.members = 1};

/* Spins last some tenths of a millisecond: longer than what threads with CPUs of their own wait, shorter than a time slice. */
static void set_gate(int members)
{
    gate.members = members;
    gate.spins = members > core_team_default_threads() ? 100 : 10000;
}

static void sleep_in(uint32_t phase)
{
    atomic_fetch_add(&gate.sleepers, 1); /* before the kernel looks at the phase: the last member cannot miss it */
    while (atomic_load(&gate.phase) == phase) {
        syscall(SYS_futex, &gate.phase, FUTEX_WAIT_PRIVATE, phase, NULL, NULL, 0);
    }
    atomic_fetch_sub(&gate.sleepers, 1);
}

void core_team_barrier(void)
{
    const uint32_t phase = atomic_load(&gate.phase);
    if (atomic_fetch_add(&gate.arrived, 1) + 1 == (uint32_t)gate.members) {
        atomic_store(&gate.arrived, 0);
        atomic_store(&gate.phase, phase + 1);
        if (atomic_load(&gate.sleepers) > 0) {
            syscall(SYS_futex, &gate.phase, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
        }
        return;
    }
    for (int spins = 0; spins < gate.spins; spins++) {
        if (atomic_load_explicit(&gate.phase, memory_order_acquire) != phase) {
            return;
        }
        __builtin_ia32_pause();
    }
    sleep_in(phase);
}

static void keep_result(member_result *result, core_status status)
{
    result->status = status;
    if (status != CORE_OK) {
        snprintf(result->message, sizeof result->message, "%s", core_error_message());
    }
}

/* Rounds to nearest, raises nothing, and has subnormal numbers as zero, as operands and as results: whatever the caller has. A
 * gradient that goes back through 256 words gets so small, and then an Intel core needs a hundred cycles for a product
 * (docs/performance.md). */
static void set_arithmetic(void) { _mm_setcsr(_MM_MASK_MASK | _MM_FLUSH_ZERO_ON | 0x0040 /* operands */); }

core_status core_team_run(int threads, core_team_work work, void *context)
{
    assert(threads >= 1);
    member_result *results;
    threads = core_team_size(threads);
    CORE_TRY(CORE_NEW(threads, "the team's results", results));
    int team = 0;
    set_gate(threads);
    is_starting = true;
#pragma omp parallel num_threads(threads) default(none) shared(threads, work, context, results, team, is_starting)
    {
        omp_set_num_threads(1);
        const unsigned callers = _mm_getcsr();
        set_arithmetic();
        int thread = omp_get_thread_num();
        if (thread == 0) {
            is_starting = false;
            team = omp_get_num_threads();
        }
        if (omp_get_num_threads() == threads) {
            keep_result(&results[thread], work(context, thread, threads));
            core_team_barrier(); /* libgomp's at the region's end is then short */
        }
        _mm_setcsr(callers);
    }
    gate.members = 1;
    core_status status = CORE_OK;
    if (team != threads) {
        status = core_fail(CORE_MACHINE,
                           "OpenMP gave %s of %d that were asked for; run the same command again, "
                           "with fewer --threads",
                           CORE_COUNT(team, "thread"), threads);
    }
    for (int t = 0; t < threads && status == CORE_OK; t++) {
        if (results[t].status != CORE_OK) {
            status = core_fail(results[t].status, "%s", results[t].message);
        }
    }
    free(results);
    return status;
}

core_range core_team_range(int64_t count, int thread, int threads)
{
    int64_t base = count / threads, extra = count % threads;
    int64_t begin = thread * base + (thread < extra ? thread : extra);
    return (core_range){begin, begin + base + (thread < extra ? 1 : 0)};
}

static int count_cpus(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    /* sched_getaffinity fails where the machine has more CPUs than cpu_set_t holds. */
    long cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
    int quota = core_quota_cpus("");
    if (quota > 0 && quota < cpus) {
        cpus = quota;
    }
    return cpus > 0 ? (int)cpus : 1;
}

int core_team_default_threads(void)
{
    static int found;
    found = found > 0 ? found : count_cpus(); /* kept, since a report asks for it once per run */
    return found;
}

/* Suite core/process: a child has the folder, the log, the descriptor and the CPUs that it was given, and how it ends is told. */
#include "core/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/signals.h"
#include "tests/support.h"

/* Runs a script of the shell; returns what it printed, to be freed. */
static char *run_script(core_process process, const char *script, int *status)
{
    char log[] = "/tmp/tailbit-process-XXXXXX", *said = NULL;
    const int file = mkstemp(log);
    pid_t pid = 0;
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, "before\n", 7), 7);
    close(file);
    const char *const words[] = {"sh", "-c", script, NULL};
    process.what = "a test";
    process.program = "/bin/sh";
    process.words = words;
    process.log = log;
    EXPECT_OK(core_process_start(&process, &pid));
    EXPECT_OK(core_process_wait(pid, status));
    EXPECT_OK(core_file_read(log, &said, NULL));
    unlink(log);
    return said;
}

/* Runs a script in a folder, and expects what its log then holds and how it ends. */
static void expect_in_folder(const char *folder, const char *script, const char *log, const char *how)
{
    int status = -1;
    char end[64], *said = run_script((core_process){.folder = folder}, script, &status);
    ck_assert_str_eq(said, log);
    ck_assert_str_eq(core_process_end_text(status, end, sizeof end), how);
    free(said);
}

START_TEST(test_child_runs_where_it_is_told)
{
    expect_in_folder("/", "pwd; cat; echo mistake >&2; exit 3", "before\n/\nmistake\n", "exit code 3");
}
END_TEST

START_TEST(test_child_that_cannot_start_says_why_in_its_log)
{
    expect_in_folder("/nowhere", "pwd",
                     "before\ntailbit: cannot start /bin/sh in /nowhere: No such file or directory\n", "exit code 4");
}
END_TEST

START_TEST(test_child_inherits_one_descriptor)
{
    int status = -1;
    const int kept = open("/dev/null", O_RDONLY | O_CLOEXEC), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
    char script[64];
    snprintf(script, sizeof script, "for f in %d %d; do test -e /proc/$$/fd/$f; echo $?; done", kept, closed);
    char *said = run_script((core_process){.inherited = kept}, script, &status);
    ck_assert_str_eq(said, "before\n0\n1\n");
    free(said);
}
END_TEST

START_TEST(test_child_runs_on_its_cpu)
{
    cpu_set_t all, one;
    int status = -1, cpu = 0;
    ck_assert_int_eq(sched_getaffinity(0, sizeof all, &all), 0);
    while (!CPU_ISSET((size_t)cpu, &all)) {
        cpu++;
    }
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "before\nCpus_allowed_list:\t%d\n", cpu);
    char *said = run_script((core_process){.cpus = &one}, "grep Cpus_allowed_list /proc/self/status", &status);
    ck_assert_str_eq(said, wanted);
    free(said);
}
END_TEST

/* Signals that this program survives kill a child that is another. */
START_TEST(test_child_has_the_systems_answers_to_signals)
{
    int status = -1;
    char end[64];
    core_signals_begin();
    free(run_script((core_process){.what = NULL}, "kill -PIPE $$", &status));
    ck_assert_str_eq(core_process_end_text(status, end, sizeof end), "killed by signal 13 (Broken pipe)");
}
END_TEST

START_TEST(test_no_log_or_no_program)
{
    const char *const words[] = {"nobody", NULL};
    core_process process = {.what = "a test", .program = "/nowhere/nobody", .words = words, .log = "/nowhere/log"};
    pid_t pid = 7;
    int status = -1;
    EXPECT_FAILURE(core_process_start(&process, &pid), CORE_MACHINE, "cannot open the log /nowhere/log");
    ck_assert_int_eq(pid, 7);
    process.log = "/dev/null";
    EXPECT_OK(core_process_start(&process, &pid));
    EXPECT_OK(core_process_wait(pid, &status));
    ck_assert_int_eq(WEXITSTATUS(status), CORE_MACHINE);
    EXPECT_FAILURE(core_process_wait(pid, &status), CORE_MACHINE, "waiting for process");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/process");
    ADD_CASE(suite, "child", test_child_runs_where_it_is_told, test_child_that_cannot_start_says_why_in_its_log,
             test_child_inherits_one_descriptor, test_child_runs_on_its_cpu,
             test_child_has_the_systems_answers_to_signals);
    ADD_CASE(suite, "errors", test_no_log_or_no_program);
    return run_suite(suite);
}

/* What a terminal, a scheduler, a limit or a pipe does to the program: the table of core/signals.h, seen from outside.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/file.h"
#include "core/signals.h"
#include "tests/end_to_end/program.h"
#include "tests/recipes/support.h"

static program_result result;

#define RUN(out, epochs, ...)                                                                                          \
    "train", "--data", "shapes:20:5", "--rho", "5", "--model", "resnet8", "--batch", "19", "--method", "ERM",          \
        "--epochs", epochs, "--out", out, ##__VA_ARGS__

/* Starts a run that would take minutes, and waits for its first check-point. */
static pid_t start_long_run(void (*prepare)(void))
{
    const char *const words[] = {RUN("run.h5", "4000", "--save-every", "1step"), NULL};
    pid_t pid = program_start_after(prepare, words);
    program_wait_for_file("run.h5");
    return pid;
}

static void run_after(void (*prepare)(void), const char *const *words)
{
    program_wait(program_start_after(prepare, words), &result);
}
#define RUN_AFTER(prepare, ...) run_after((prepare), (const char *const[]){__VA_ARGS__, NULL})

START_TEST(test_docs_have_the_table)
{
    char *docs, row[256];
    EXPECT_OK(core_file_read(TAILBIT_DOCS "/reliability.md", &docs, NULL));
    for (const core_signal *s = core_signals; s->number != 0; s++) {
        snprintf(row, sizeof row, "| %s | %s | %s |\n", s->name, s->from, core_signal_answer_texts[s->answer]);
        ck_assert_msg(strstr(docs, row) != NULL, "docs/reliability.md lacks %s", row);
    }
    free(docs);
}
END_TEST

START_TEST(test_each_signal_that_stops_writes_and_ends_with_75)
{
    for (const core_signal *s = core_signals; s->number != 0; s++) {
        if (core_stop_asks(s->number)) {
            pid_t pid = start_long_run(NULL);
            ck_assert_int_eq(kill(pid, s->number), 0);
            program_wait(pid, &result);
            EXPECT_EXIT(&result, 75, s->name);
            EXPECT_EXIT(&result, 75, "the same command resumes run.h5");
            PROGRAM_RUN(&result, "info", "run.h5");
            EXPECT_EXIT(&result, 0, NULL);
            unlink("run.h5");
        }
    }
}
END_TEST

static void ignore_all(void)
{
    for (const core_signal *s = core_signals; s->number != 0; s++) {
        signal(s->number, SIG_IGN);
    }
}

/* As nohup and a shell's `&` start programs; what a scheduler sends is heard all the same. */
START_TEST(test_ignored_at_the_start)
{
    pid_t pid = start_long_run(ignore_all);
    ck_assert_int_eq(kill(pid, SIGHUP), 0);
    ck_assert_int_eq(kill(pid, SIGINT), 0);
    usleep(300000);
    ck_assert_int_eq(kill(pid, SIGUSR1), 0);
    program_wait(pid, &result);
    EXPECT_EXIT(&result, 75, "stopped by SIGUSR1");
}
END_TEST

static void block_all(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

/* As a parent that reads its signals by signalfd starts programs: the mask stays after exec. */
START_TEST(test_blocked_at_the_start)
{
    pid_t pid = start_long_run(block_all);
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    program_wait(pid, &result);
    EXPECT_EXIT(&result, 75, "stopped by SIGTERM");
}
END_TEST

static void cut_output(void)
{
    int ends[2];
    if (pipe(ends) != 0 || dup2(ends[1], STDOUT_FILENO) < 0) {
        _exit(97);
    }
    close(ends[0]);
    close(ends[1]);
}

static void full_output(void)
{
    int full = open("/dev/full", O_WRONLY);
    if (full < 0 || dup2(full, STDOUT_FILENO) < 0) {
        _exit(97);
    }
}

static void no_output(void) { close(STDOUT_FILENO); }

static void no_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        close(fd);
    }
}

START_TEST(test_training_needs_no_reader)
{
    static void (*const outputs[])(void) = {cut_output, full_output, no_output, no_streams};
    static const char *const said[] = {NULL, "its files are", "its files are", NULL};
    PROGRAM_RUN(&result, RUN("whole.h5", "2"));
    for (int i = 0; i < 4; i++) {
        RUN_AFTER(outputs[i], RUN("run.h5", "2"));
        EXPECT_EXIT(&result, 0, said[i]);
        ck_assert_msg(said[i] != NULL || result.err[0] == '\0', "%s", result.err);
        program_compare("run.h5", "whole.h5", 0);
        unlink("run.h5");
    }
}
END_TEST

START_TEST(test_what_prints_ends_quietly_without_a_reader_and_says_a_full_disk)
{
    static const char *const verbs[][6] = {{"grid", "table2", "--slurm"},
                                           {"data", "list"},
                                           {"train", "--help"},
                                           {"methods"},
                                           {"help"},
                                           {"info"},
                                           {"info", "run.h5"},
                                           {"table", "run.h5"},
                                           {"status", "."},
                                           {"split", "--data", "shapes:20:5", "--rho", "5"}};
    PROGRAM_RUN(&result, RUN("run.h5", "1"));
    EXPECT_EXIT(&result, 0, NULL);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        RUN_AFTER(cut_output, verbs[i][0], verbs[i][1], verbs[i][2], verbs[i][3], verbs[i][4]);
        ck_assert_msg(result.code == 0 && result.err[0] == '\0', "%s: %d %s", verbs[i][0], result.code, result.err);
        RUN_AFTER(full_output, verbs[i][0], verbs[i][1], verbs[i][2], verbs[i][3], verbs[i][4]);
        EXPECT_EXIT(&result, 4, "standard output: No space left on device; what ");
    }
}
END_TEST

static void limit_files(void)
{
    const struct rlimit limit = {.rlim_cur = 4000, .rlim_max = 4000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        _exit(97);
    }
}

static int count_entries(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    for (const struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL; entry = readdir(folder)) {
        count +=
            entry->d_name[0] != '.' && strncmp(entry->d_name, "out.", 4) != 0 && strncmp(entry->d_name, "err.", 4) != 0;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return count;
}

START_TEST(test_limit_on_file_sizes_is_a_full_disk_that_leaves_nothing)
{
    static const char grid[] = "axes:\n  method: [ERM]\ndata: shapes:20:5\nrho: 5\nmodel: resnet8\nepochs: 2\n";
    static const char *const verbs[][5] = {{"export", "run.h5", "--npz"},
                                           {"export", "run.h5", "--onnx"},
                                           {"export", "run.h5", "--csv"},
                                           {"probe", "run.h5"},
                                           {"report", "."}};
    RUN_AFTER(limit_files, RUN("run.h5", "2"));
    EXPECT_EXIT(&result, 4, "run.h5: the disk, a quota or a size limit is full; free some space");
    ck_assert_int_eq(count_entries("."), 0);
    PROGRAM_RUN(&result, RUN("run.h5", "5"));
    EXPECT_EXIT(&result, 0, NULL);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        RUN_AFTER(limit_files, verbs[i][0], verbs[i][1], verbs[i][2]);
        EXPECT_EXIT(&result, 4, "the disk, a quota or a size limit is full");
        ck_assert_int_eq(count_entries("."), 1); /* the run; its lock is gone */
    }
    /* An older export stays whole. */
    PROGRAM_RUN(&result, "export", "run.h5", "--csv", "--out", "old");
    PROGRAM_RUN(&result, "export", "run.h5", "--csv", "--out", "csv");
    PROGRAM_RUN(&result, RUN("other.h5", "5", "--seed", "1"));
    RUN_AFTER(limit_files, "export", "other.h5", "--csv", "--out", "csv");
    EXPECT_EXIT(&result, 4, "the disk, a quota or a size limit is full");
    ck_assert_int_eq(system("diff -r old csv"), 0);
    EXPECT_OK(core_file_write("grid.yaml", &core_file_any, grid, strlen(grid)));
    RUN_AFTER(limit_files, "grid", "grid.yaml", "--out", "runs");
    EXPECT_EXIT(&result, 4, "1 failed");
    ck_assert_msg(strstr(result.out, "the disk, a quota or a size limit is full") != NULL, "%s", result.out);
    ck_assert_int_eq(count_entries("runs"), 3); /* .yaml, .log, .failed */
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs");
    EXPECT_EXIT(&result, 0, NULL);
}
END_TEST

static void set_openmp(void)
{
    static const char *const variables[][2] = {{"OMP_DYNAMIC", "true"},   {"OMP_NESTED", "true"},
                                               {"OMP_NUM_THREADS", "3"},  {"OMP_MAX_ACTIVE_LEVELS", "0"},
                                               {"OMP_THREAD_LIMIT", "1"}, {"OMP_WAIT_POLICY", "passive"},
                                               {"OMP_STACKSIZE", "16K"},  {"GOMP_CPU_AFFINITY", "0"}};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        setenv(variables[i][0], variables[i][1], 1);
    }
}

static void set_small_stack(void)
{
    static char long_value[32768]; /* the environment lies on the stack: half of it is full before main */
    const struct rlimit small = {.rlim_cur = 65536, .rlim_max = RLIM_INFINITY};
    memset(long_value, 'x', sizeof long_value - 1);
    setenv("TAILBIT_TEST_LONG", long_value, 1);
    setenv("OMP_STACKSIZE", "1000G", 1);
    if (setrlimit(RLIMIT_STACK, &small) != 0) {
        _exit(97);
    }
}

START_TEST(test_openmp_variables_and_stacks_change_nothing)
{
    PROGRAM_RUN(&result, RUN("whole.h5", "2"));
    EXPECT_EXIT(&result, 0, NULL);
    RUN_AFTER(set_openmp, RUN("run.h5", "2", "--threads", "4"));
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, " 4 threads\n") != NULL, "%s", result.out);
    program_compare("run.h5", "whole.h5", 0);
    RUN_AFTER(set_small_stack, RUN("stack.h5", "2", "--threads", "4"));
    EXPECT_EXIT(&result, 0, NULL);
    program_compare("stack.h5", "whole.h5", 0);
}
END_TEST

static void limit_time(void)
{
    const struct rlimit limit = {.rlim_cur = 5, .rlim_max = 5}; /* seconds, of all threads: a slow start takes one */
    if (setrlimit(RLIMIT_CPU, &limit) != 0) {
        _exit(97);
    }
}

START_TEST(test_limit_on_cpu_time_leaves_time_for_a_check_point)
{
    pid_t pid = start_long_run(limit_time);
    program_wait(pid, &result);
    EXPECT_EXIT(&result, 75, "stopped by SIGXCPU");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/signals");
    TCase *tcase = tcase_create("calls");
    tcase_set_timeout(tcase, 300);
    tcase_add_checked_fixture(tcase, program_enter_folder, program_leave_folder);
    tcase_add_test(tcase, test_docs_have_the_table);
    tcase_add_test(tcase, test_each_signal_that_stops_writes_and_ends_with_75);
    tcase_add_test(tcase, test_ignored_at_the_start);
    tcase_add_test(tcase, test_blocked_at_the_start);
    tcase_add_test(tcase, test_training_needs_no_reader);
    tcase_add_test(tcase, test_what_prints_ends_quietly_without_a_reader_and_says_a_full_disk);
    tcase_add_test(tcase, test_limit_on_file_sizes_is_a_full_disk_that_leaves_nothing);
    tcase_add_test(tcase, test_openmp_variables_and_stacks_change_nothing);
    tcase_add_test(tcase, test_limit_on_cpu_time_leaves_time_for_a_check_point);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

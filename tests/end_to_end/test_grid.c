/* `tailbit grid` and `tailbit status` from outside: interrupted, doubled, failing, and the same bits whatever happens.
 */
#include "tests/end_to_end/program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "tests/recipes/support.h"

static program_result result, other;

static const char *const methods[] = {"ERM", "LDAM-DRW", "HG-DRS"};
enum { METHODS = 3, CELLS = 6 };

static const char grid_text[] = "axes:\n"
                                "  seed: [0, 1]\n"
                                "  method: [ERM, LDAM-DRW, HG-DRS]\n"
                                "data: shapes:20:5\n"
                                "rho: 10\n"
                                "model: resnet8\n"
                                "batch: 16\n"
                                "epochs: 4\n";

static void write_text(const char *path, const char *text)
{
    EXPECT_OK(core_file_write(path, &core_file_any, text, strlen(text)));
}

static void cell_path(const char *folder, int i, const char *end, char path[256])
{
    snprintf(path, 256, "%s/shapes-20-5-long-tailed-10-%s-seed%d%s", folder, methods[i % METHODS], i / METHODS, end);
}

static int count_words(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        n++;
    }
    return n;
}

/* A finished grid in `folder`. */
static void make_grid(const char *folder)
{
    write_text("grid.yaml", grid_text);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", folder, "--threads", "1");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_int_eq(count_words(result.out, "] done "), CELLS);
}

static void expect_same_bits(const char *a, const char *b)
{
    for (int i = 0; i < CELLS; i++) {
        char left[256], right[256];
        cell_path(a, i, ".h5", left);
        cell_path(b, i, ".h5", right);
        program_compare(left, right, 0);
    }
}

START_TEST(test_jobs_and_threads_change_no_bit)
{
    make_grid("one");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "two", "--jobs", "2", "--threads", "2");
    EXPECT_EXIT(&result, 0, NULL);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "three", "--jobs", "2", "--threads", "5");
    EXPECT_EXIT(&result, 0, NULL);
    expect_same_bits("one", "two");
    expect_same_bits("one", "three");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "one");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "one: 6 jobs done (0 now)") != NULL, "%s", result.out);
    ck_assert_int_eq(count_words(result.out, "] start "), 0);
}
END_TEST

START_TEST(test_cpus_are_cut_among_cells_that_start_at_once)
{
    write_text("grid.yaml", grid_text);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--jobs", "2", "--threads", "5", "--method", "ERM");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "ERM-seed0: 3 CPUs\n") != NULL, "%s", result.out);
    ck_assert_msg(strstr(result.out, "ERM-seed1: 2 CPUs\n") != NULL, "%s", result.out);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--jobs", "2", "--threads", "5", "--method", "HG-DRS",
                "--seeds", "0");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "HG-DRS-seed0: 5 CPUs\n") != NULL, "%s", result.out);
}
END_TEST

START_TEST(test_killed_grid_goes_on_with_the_same_bits)
{
    static const char *const words[] = {"grid",   "grid.yaml", "--out",        "killed", "--threads", "2",
                                        "--jobs", "2",         "--save-every", "1step",  NULL};
    make_grid("whole");
    for (int i = 0; i < CELLS; i += 2) {
        char path[256];
        pid_t pid = program_start(words);
        cell_path("killed", i, ".h5", path);
        program_wait_for_file(path);
        usleep((useconds_t)(1000 * ((i * 37 + 11) % 90)));
        kill(pid, SIGKILL);
        program_wait(pid, &result);
        ck_assert(result.signal == SIGKILL || result.code == 0); /* on a loaded machine the last one may be done */
    }
    program_run(words, &result); /* at once: the cells may still be writing their check-points */
    EXPECT_EXIT(&result, 0, NULL);
    expect_same_bits("whole", "killed");
}
END_TEST

START_TEST(test_signal_reaches_the_cells_and_ends_with_75)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGUSR1};
    static const char *const names[] = {"stopped by SIGINT", "stopped by SIGTERM", "stopped by SIGUSR1"};
    static const char *const words[] = {"grid", "grid.yaml", "--out", "stopped",      "--threads", "2", "--epochs",
                                        "40",   "--jobs",    "2",     "--save-every", "1step",     NULL};
    write_text("grid.yaml", grid_text);
    pid_t pid = program_start(words);
    program_wait_for_file("stopped/shapes-20-5-long-tailed-10-ERM-seed0.h5");
    program_wait_for_file("stopped/shapes-20-5-long-tailed-10-LDAM-DRW-seed0.h5");
    ck_assert_int_eq(kill(pid, numbers[_i]), 0);
    program_wait(pid, &result);
    EXPECT_EXIT(&result, 75, names[_i]);
    ck_assert_int_eq(count_words(result.out, "] stopped "), 2);
    PROGRAM_RUN(&result, "status", "stopped");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "6 jobs: 2 unfinished, 4 waiting\n") != NULL, "%s", result.out);
}
END_TEST

START_TEST(test_two_grids_share_the_cells)
{
    static const char *const words[] = {"grid", "grid.yaml", "--out", "shared", "--threads", "1", NULL};
    make_grid("alone");
    pid_t first = program_start(words), second = program_start(words);
    program_wait(first, &result);
    program_wait(second, &other);
    EXPECT_EXIT(&result, 0, NULL);
    EXPECT_EXIT(&other, 0, NULL);
    for (int i = 0; i < CELLS; i++) {
        char path[256], *log;
        cell_path("shared", i, ".log", path);
        EXPECT_OK(core_file_read(path, &log, NULL));
        ck_assert_msg(count_words(log, "epoch 1/4 ") == 1, "%s: %s", path, log);
        free(log);
    }
    ck_assert_int_eq(count_words(result.out, "] start ") + count_words(other.out, "] start "), CELLS);
    ck_assert_int_eq(count_words(result.out, "] failed ") + count_words(other.out, "] failed "), 0);
    expect_same_bits("alone", "shared");
}
END_TEST

/* While a cell of the one is at work, whatever the load, the other takes the next. */
START_TEST(test_second_grid_takes_the_next_cell)
{
    static const char *const words[] = {"grid", "grid.yaml", "--out", "shared",       "--epochs", "40000", "--only",
                                        "ERM",  "--threads", "1",     "--save-every", "1step",    NULL};
    char first_cell[256], second_cell[256];
    write_text("grid.yaml", grid_text);
    cell_path("shared", 0, ".h5", first_cell);
    cell_path("shared", METHODS, ".h5", second_cell);
    pid_t first = program_start(words);
    program_wait_for_file(first_cell);
    pid_t second = program_start(words);
    program_wait_for_file(second_cell);
    ck_assert_int_eq(kill(first, SIGTERM), 0);
    ck_assert_int_eq(kill(second, SIGTERM), 0);
    program_wait(first, &result);
    program_wait(second, &other);
    EXPECT_EXIT(&result, 75, NULL);
    EXPECT_EXIT(&other, 75, NULL);
    ck_assert_int_eq(count_words(result.out, "] start "), 1);
    ck_assert_int_eq(count_words(other.out, "] start "), 1);
}
END_TEST

START_TEST(test_failed_cell_does_not_stop_the_others)
{
    write_text("broken.h5", "no HDF5 file");
    write_text("grid.yaml", "axes:\n  data: [./broken.h5, shapes:20:5]\n  method: [ERM, Focal]\n"
                            "rho: 10\nmodel: resnet8\nepochs: 2\n");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--threads", "1");
    EXPECT_EXIT(&result, 1, "2 of 4 jobs done (2 now), 2 failed");
    ck_assert_msg(strstr(result.out, "failed broken-long-tailed-10-ERM-seed0: exit code 3: ") != NULL, "%s",
                  result.out);
    PROGRAM_RUN(&result, "status", "runs");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "4 jobs: 2 done, 2 failed\n") != NULL, "%s", result.out);
    ck_assert_msg(strstr(result.out, "exit code 3: ") != NULL, "%s", result.out);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--threads", "1", "--dry-run");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "it failed: exit code 3: ") != NULL, "%s", result.out);
    ck_assert_msg(strstr(result.out, "2 jobs without a prediction: ") != NULL, "%s", result.out);
}
END_TEST

START_TEST(test_other_configuration_is_named_and_left_alone)
{
    struct stat before, after;
    char path[256];
    make_grid("runs");
    cell_path("runs", 0, ".h5", path);
    ck_assert_int_eq(stat(path, &before), 0);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--epochs", "5", "--threads", "1");
    EXPECT_EXIT(&result, 1, "0 of 6 jobs done (0 now), 0 failed, 6 with another configuration");
    ck_assert_int_eq(count_words(result.out, "epochs 4 there, 5 here"), CELLS);
    ck_assert_int_eq(
        count_words(result.out, "changed jobs of runs, which stay as they are: 6; others to run: 0; --out "), 1);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert(before.st_ino == after.st_ino);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--lr", "0.2", "--dry-run", "--only", "ERM");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_int_eq(count_words(result.out, "lr 0.1 there, 0.2 here"), 2);
    ck_assert_int_eq(count_words(result.out, "which stay as they are: 2; others to run: 0; --out ANOTHER_FOLDER"), 1);
    ck_assert_msg(strstr(result.out, "2 jobs, 0 to run: 0.000 core-hours") != NULL, "%s", result.out);
}
END_TEST

START_TEST(test_damaged_and_foreign_files_are_named_and_the_rest_goes_on)
{
    char path[256];
    struct stat whole;
    make_grid("runs");
    cell_path("runs", 1, ".h5", path);
    ck_assert_int_eq(stat(path, &whole), 0);
    ck_assert_int_eq(truncate(path, whole.st_size / 2), 0);
    cell_path("runs", 2, ".h5", path);
    write_text(path, "no run file at all\n");
    cell_path("runs", 3, ".h5", path);
    ck_assert_int_eq(unlink(path), 0);
    write_text("runs/notes.txt", "remember the milk\n");
    write_text("runs/list.yaml", "milk: 2\n");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--threads", "1");
    EXPECT_EXIT(&result, 1, "4 of 6 jobs done (1 now), 0 failed, 2 with another configuration or unreadable");
    ck_assert_int_eq(count_words(result.out, "] unreadable "), 2);
    PROGRAM_RUN(&result, "status", "runs");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "6 jobs: 4 done, 2 unreadable\nno job's: list.yaml, notes.txt\n") != NULL, "%s",
                  result.out);
    cell_path("runs", 1, ".h5", path);
    ck_assert_int_eq(stat(path, &whole), 0); /* nothing is deleted */
}
END_TEST

START_TEST(test_status_shows_a_running_cell)
{
    static const char *const words[] = {"grid",    "grid.yaml", "--out", "runs",         "--epochs", "4000", "--only",
                                        "ERM & 0", "--threads", "1",     "--save-every", "1step",    NULL};
    write_text("grid.yaml", grid_text);
    pid_t pid = program_start(words);
    bool seen = false;
    for (int i = 0; i < 600 && !seen; i++) {
        usleep(100000);
        PROGRAM_RUN(&result, "status", "runs");
        seen = strstr(result.out, ", in ") != NULL;
    }
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    ck_assert_msg(seen && strstr(result.out, "running") != NULL && strstr(result.out, "/4000") != NULL, "%s",
                  result.out);
    ck_assert_msg(strstr(result.out, "1 job: 1 running\n") != NULL, "%s", result.out);
    program_wait(pid, &result);
    EXPECT_EXIT(&result, 75, "stopped by SIGTERM");
}
END_TEST

START_TEST(test_status_without_locks_knows_no_running_cell)
{
    static const char *const words[] = {"grid",    "grid.yaml", "--out", "runs",         "--epochs", "40", "--only",
                                        "ERM & 0", "--threads", "1",     "--save-every", "1step",    NULL};
    write_text("grid.yaml", grid_text);
    pid_t pid = program_start(words);
    program_wait_for_file("runs/shapes-20-5-long-tailed-10-ERM-seed0.h5");
    ck_assert_int_eq(kill(pid, SIGTERM), 0);
    program_wait(pid, &result);
    setenv("TAILBIT_TEST_LOCK_ERROR", "37", 1); /* ENOLCK */
    PROGRAM_RUN(&result, "status", "runs");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "1 job: 1 unknown\n") != NULL, "%s", result.out);
    program_run(words, &result);
    EXPECT_EXIT(&result, 4, "its file system has no locks");
    unsetenv("TAILBIT_TEST_LOCK_ERROR");
}
END_TEST

START_TEST(test_bad_words_are_refused_before_anything_runs)
{
    write_text("grid.yaml", grid_text);
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--only", "ERM & seed=7");
    EXPECT_EXIT(&result, 2, "filter 'ERM & seed=7': none of the 6 jobs of grid passes it");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--only", "ERM & Focal");
    EXPECT_EXIT(&result, 2, "no axis has the value 'Focal' at column 7");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--jobs", "0");
    EXPECT_EXIT(&result, 2, "--jobs");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--seeds", "0-2,1");
    EXPECT_EXIT(&result, 2, "--seeds has the value 1 twice");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--part", "3/2");
    EXPECT_EXIT(&result, 2, "--part 3/2: expected I/N");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--part", "1/7");
    EXPECT_EXIT(&result, 2, "--part 1/7: only 6 jobs to deal");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--part", "2/3", "--slurm");
    EXPECT_EXIT(&result, 2, "expected --part 1/3");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--slurm", "--dry-run");
    EXPECT_EXIT(&result, 2, "got --slurm and --dry-run");
    PROGRAM_RUN(&result, "grid", "grid.yaml", "--out", "runs", "--slurm", "--recompute=false", "--dry-run=false");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_ptr_null(strstr(result.out, "--recompute"));
    ck_assert_ptr_null(strstr(result.out, "--dry-run"));
    ck_assert_int_ne(access("runs", F_OK), 0);
    PROGRAM_RUN(&result, "grid", "table7");
    EXPECT_EXIT(&result, 2, "no grid 'table7'");
    PROGRAM_RUN(&result, "status", "nowhere");
    EXPECT_EXIT(&result, 3, "nowhere: No such file or directory");
    ck_assert_int_eq(mkdir("empty", 0777), 0);
    PROGRAM_RUN(&result, "status", "empty");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "0 jobs\n") != NULL, "%s", result.out);
}
END_TEST

/* The whole of Table 2 at a tiny budget: both profiles, both ratios, every method. */
START_TEST(test_table_2_in_small_has_the_same_bits_twice)
{
#define SMALL(folder, jobs, threads)                                                                                   \
    "grid", "table2", "--data", "shapes:100:4", "--model", "resnet8", "--epochs", "2", "--eval-every", "2", "--seeds", \
        "0", "--out", folder, "--jobs", jobs, "--threads", threads
    PROGRAM_RUN(&result, SMALL("a", "2", "2"));
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_int_eq(count_words(result.out, "] done "), 40);
    PROGRAM_RUN(&result, SMALL("b", "1", "3"));
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_int_eq(count_words(result.out, "] done "), 40);
    program_compare("a", "b", 0);
}
END_TEST

/* Whole grids: minutes of training. */
static void add_training(Suite *suite)
{
    TCase *tcase = tcase_create("training");
    tcase_set_timeout(tcase, 1200);
    tcase_add_checked_fixture(tcase, program_enter_folder, program_leave_folder);
    tcase_add_test(tcase, test_jobs_and_threads_change_no_bit);
    tcase_add_test(tcase, test_killed_grid_goes_on_with_the_same_bits);
    tcase_add_test(tcase, test_two_grids_share_the_cells);
    tcase_add_test(tcase, test_table_2_in_small_has_the_same_bits_twice);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("experiments/grid/grid");
    TCase *tcase = tcase_create("harness");
    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, program_enter_folder, program_leave_folder);
    tcase_add_test(tcase, test_bad_words_are_refused_before_anything_runs);
    tcase_add_test(tcase, test_cpus_are_cut_among_cells_that_start_at_once);
    tcase_add_test(tcase, test_failed_cell_does_not_stop_the_others);
    tcase_add_test(tcase, test_other_configuration_is_named_and_left_alone);
    tcase_add_test(tcase, test_damaged_and_foreign_files_are_named_and_the_rest_goes_on);
    tcase_add_test(tcase, test_status_shows_a_running_cell);
    tcase_add_test(tcase, test_status_without_locks_knows_no_running_cell);
    tcase_add_test(tcase, test_second_grid_takes_the_next_cell);
    tcase_add_loop_test(tcase, test_signal_reaches_the_cells_and_ends_with_75, 0, 3);
    suite_add_tcase(suite, tcase);
    add_training(suite);
    return run_suite(suite);
}

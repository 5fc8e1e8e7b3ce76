/* What the machine does to a run, from outside: disks, locks. */
#include "tests/end_to_end/program.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/recipes/support.h"

static program_result result;

START_TEST(test_read_only_folder)
{
    ck_assert_int_eq(mkdir("closed", 0777), 0);
    if (geteuid() != 0) {
        ck_assert_int_eq(chmod("closed", 0555), 0);
    } else {
        ck_assert(program_private_mounts());
        ck_assert_int_eq(mount("tailbit", "closed", "tmpfs", MS_RDONLY, "size=64k"), 0);
    }
    PROGRAM_RUN(&result, TINY, "ERM", "--out", "closed/run.h5");
    EXPECT_EXIT(&result, 4, "closed");
    umount("closed");
}
END_TEST

START_TEST(test_full_disk_leaves_the_last_whole_file)
{
    ck_assert_int_eq(mkdir("small", 0777), 0);
    ck_assert(program_private_mounts());
    ck_assert_int_eq(mount("tailbit", "small", "tmpfs", 0, "size=4m"), 0);
    PROGRAM_RUN(&result, TINY, "ERM", "--out", "small/run.h5");
    EXPECT_EXIT(&result, 0, NULL);
    int filler = open("small/filler", O_CREAT | O_WRONLY, 0666);
    ck_assert_int_ge(filler, 0);
    static char block[4096];
    while (write(filler, block, sizeof block) > 0) {
    }
    close(filler);
    PROGRAM_RUN(&result, TINY, "LDAM", "--out", "small/other.h5");
    EXPECT_EXIT(&result, 4, "small/other.h5");
    ck_assert_int_ne(access("small/other.h5", F_OK), 0);
    unlink("small/filler");
    PROGRAM_RUN(&result, TINY, "LDAM", "--out", "small/other.h5");
    EXPECT_EXIT(&result, 0, NULL);
    umount("small");
}
END_TEST

START_TEST(test_two_processes_on_one_run_file)
{
    const char *const words[] = {TINY, "ERM", "--out", "run.h5", NULL};
    const char *const longer[] = {"train",   "--data",   "shapes:20:5", "--rho",   "5",  "--model",
                                  "resnet8", "--epochs", "2000",        "--batch", "16", "--method",
                                  "ERM",     "--out",    "run.h5",      NULL};
    pid_t first = program_start(longer);
    program_wait_for_file("run.h5");
    program_run(words, &result);
    EXPECT_EXIT(&result, 4, "run.h5");
    ck_assert_int_eq(kill(first, SIGTERM), 0);
    program_wait(first, &result);
    EXPECT_EXIT(&result, 75, "run.h5");
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("experiments/machine");
    TCase *calls = tcase_create("calls");
    tcase_add_checked_fixture(calls, program_enter_folder, program_leave_folder);
    tcase_set_timeout(calls, 300);
    suite_add_tcase(suite, calls);
    if (asked_for(argc, argv, "mounts", works_in_child(program_private_mounts))) {
        tcase_add_test(calls, test_read_only_folder);
        tcase_add_test(calls, test_full_disk_leaves_the_last_whole_file);
        return run_suite(suite);
    }
    if (geteuid() != 0) { /* whom a mode binds */
        tcase_add_test(calls, test_read_only_folder);
    }
    tcase_add_test(calls, test_two_processes_on_one_run_file);
    return run_suite(suite);
}

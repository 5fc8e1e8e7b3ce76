/* The locks of core/file.h. */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support.h"

static char folder[64], path[128];

static void set_up(void) { snprintf(path, sizeof path, "%s/run.h5", make_test_folder(folder)); }
static void tear_down(void) { remove_test_folder(folder); }

START_TEST(test_lock_keeps_out_this_process_too)
{
    core_file_lock *lock, *second = NULL;
    char name[160], pid[32];
    snprintf(name, sizeof name, "%s.lock", path);
    snprintf(pid, sizeof pid, "process %ld on ", (long)getpid());
    EXPECT_OK(core_file_lock_take(path, &lock));
    EXPECT_FAILURE(core_file_lock_take(path, &second), CORE_MACHINE, pid);
    EXPECT_FAILURE(core_file_lock_take(path, &second), CORE_MACHINE, name);
    ck_assert_ptr_null(second);
    core_file_lock_release(lock);
    core_file_lock_release(NULL);
    ck_assert_int_eq(access(name, F_OK), 0); /* the lock file stays */
    EXPECT_OK(core_file_lock_take(path, &lock));
    core_file_lock_release(lock);
}
END_TEST

/* A process that opened the lock file before its holder removed it must not lock the file that has no name any more. */
START_TEST(test_removed_lock_is_made_anew)
{
    core_file_lock *lock, *second = NULL, *third = NULL;
    char name[160], text[16];
    snprintf(name, sizeof name, "%s.lock", path);
    EXPECT_OK(core_file_lock_take(path, &lock));
    const int early = open(name, O_RDWR | O_CLOEXEC);
    core_file_lock_remove(lock);
    core_file_lock_remove(NULL);
    ck_assert_int_ne(access(name, F_OK), 0);
    /* A handed-down descriptor of the removed file is no lock of the new one. */
    snprintf(text, sizeof text, "%d", early);
    setenv(CORE_FILE_LOCK_FD, text, 1);
    EXPECT_OK(core_file_lock_take(path, &second));
    unsetenv(CORE_FILE_LOCK_FD);
    ck_assert_int_eq(access(name, F_OK), 0);
    EXPECT_OK(core_file_lock_try(path, false, &third));
    ck_assert_ptr_null(third);
    core_file_lock_remove(second);
    close(early);
}
END_TEST

/* Two processes that take and remove one lock over and over: never do both hold it. */
START_TEST(test_lock_that_is_removed_keeps_others_out)
{
    int *holders = mmap(NULL, sizeof *holders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(holders, MAP_FAILED);
    const pid_t child = fork();
    for (int i = 0; i < 300; i++) {
        core_file_lock *lock = NULL;
        if (core_file_lock_try(path, false, &lock) != CORE_OK) {
            fprintf(stderr, "%s\n", core_error_message());
            _exit(2);
        }
        if (lock != NULL && __atomic_fetch_add(holders, 1, __ATOMIC_SEQ_CST) != 0) {
            _exit(3);
        }
        if (lock != NULL) {
            __atomic_fetch_sub(holders, 1, __ATOMIC_SEQ_CST);
            core_file_lock_remove(lock);
        }
    }
    if (child == 0) {
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    munmap(holders, sizeof *holders);
}
END_TEST

/* Classic fcntl locks would be lost when the file is read and closed. */
START_TEST(test_lock_survives_another_descriptor)
{
    core_file_lock *lock, *second;
    char name[160], *text;
    snprintf(name, sizeof name, "%s.lock", path);
    EXPECT_OK(core_file_lock_take(path, &lock));
    EXPECT_OK(core_file_read(name, &text, NULL));
    free(text);
    EXPECT_STATUS(core_file_lock_take(path, &second), CORE_MACHINE);
    core_file_lock_release(lock);
}
END_TEST

START_TEST(test_lock_of_a_killed_holder_is_free)
{
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        core_file_lock *lock;
        char ok = core_file_lock_take(path, &lock) == CORE_OK;
        if (write(ready[1], &ok, 1) == 1) {
            pause();
        }
        _exit(1);
    }
    char ok = 0, pid[32];
    core_file_lock *lock;
    ck_assert_int_eq(read(ready[0], &ok, 1), 1);
    ck_assert_int_eq(ok, 1);
    snprintf(pid, sizeof pid, "process %ld on ", (long)child);
    EXPECT_FAILURE(core_file_lock_take(path, &lock), CORE_MACHINE, pid);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    EXPECT_OK(core_file_lock_take(path, &lock));
    core_file_lock_release(lock);
}
END_TEST

START_TEST(test_one_lock_behind_two_names)
{
    core_file_lock *lock, *second;
    char link[160];
    snprintf(link, sizeof link, "%s/link", folder);
    EXPECT_OK(core_file_write(path, &core_file_any, "x", 1));
    ck_assert_int_eq(symlink(path, link), 0);
    EXPECT_OK(core_file_lock_take(path, &lock));
    EXPECT_FAILURE(core_file_lock_take(link, &second), CORE_MACHINE, "in use");
    core_file_lock_release(lock);
}
END_TEST

START_TEST(test_lock_in_a_missing_or_read_only_folder)
{
    char file[160];
    core_file_lock *lock = NULL;
    snprintf(file, sizeof file, "%s/none/run.h5", folder);
    EXPECT_FAILURE(core_file_lock_take(file, &lock), CORE_MACHINE, "its folder does not exist");
    ck_assert_int_eq(chmod(folder, 0555), 0);
    uid_t user = geteuid();
    if (user == 0) { /* root may write anywhere */
        ck_assert_int_eq(seteuid(65534), 0);
    }
    EXPECT_FAILURE(core_file_lock_take(path, &lock), CORE_MACHINE, "no permission");
    ck_assert_int_eq(seteuid(user), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_ptr_null(lock);
}
END_TEST

START_TEST(test_looking_names_the_holder_and_takes_nothing)
{
    core_file_lock *lock;
    char holder[192], self[64];
    ck_assert_int_eq(core_file_lock_look(path, holder, sizeof holder), CORE_LOCK_FREE);
    ck_assert_str_eq(holder, "");
    EXPECT_OK(core_file_lock_take(path, &lock));
    ck_assert_int_eq(core_file_lock_look(path, holder, sizeof holder), CORE_LOCK_HELD);
    snprintf(self, sizeof self, "process %d on ", (int)getpid());
    ck_assert_msg(strncmp(holder, self, strlen(self)) == 0, "%s", holder);
    core_file_lock_release(lock);
    ck_assert_int_eq(core_file_lock_look(path, holder, sizeof holder), CORE_LOCK_FREE);
    ck_assert_str_eq(holder, "");
    EXPECT_OK(core_file_lock_take(path, &lock));
    core_file_lock_release(lock);
}
END_TEST

START_TEST(test_trying_tells_held_from_broken)
{
    core_file_lock *lock, *second = NULL;
    EXPECT_OK(core_file_lock_try(path, false, &lock));
    ck_assert_ptr_nonnull(lock);
    EXPECT_OK(core_file_lock_try(path, false, &second));
    ck_assert_ptr_null(second);
    core_file_lock_release(lock);
}
END_TEST

/* As NFS without lockd and Lustre without flock answer. */
START_TEST(test_file_system_without_locks)
{
    static const int errors[] = {ENOLCK, ENOSYS, EOPNOTSUPP};
    for (int i = 0; i < 3; i++) {
        core_file_lock *lock = NULL;
        char number[16], about[192];
        snprintf(number, sizeof number, "%d", errors[i]);
        setenv("TAILBIT_TEST_LOCK_ERROR", number, 1);
        EXPECT_FAILURE(core_file_lock_take(path, &lock), CORE_MACHINE, "its file system has no locks");
        EXPECT_FAILURE(core_file_lock_try(path, false, &lock), CORE_MACHINE, "write to a disk that has them");
        ck_assert_int_eq(core_file_lock_look(path, about, sizeof about), CORE_LOCK_UNKNOWN);
        ck_assert_ptr_nonnull(strstr(about, "has no locks"));
        EXPECT_OK(core_file_lock_try(path, true, &lock));
        ck_assert_ptr_nonnull(lock);
        core_file_lock_remove(lock);
        unsetenv("TAILBIT_TEST_LOCK_ERROR");
    }
}
END_TEST

static const char *const others[] = {"process the data\n", "process 7 on node3 was slow\n", "notes\n"};

START_TEST(test_file_of_a_user_is_left)
{
    char name[160], *text;
    core_file_lock *lock;
    snprintf(name, sizeof name, "%s.lock", path);
    EXPECT_OK(core_file_write(name, &core_file_any, others[_i], strlen(others[_i])));
    EXPECT_FAILURE(core_file_lock_take(path, &lock), CORE_BAD_USAGE, "is no tailbit lock file");
    EXPECT_OK(core_file_read(name, &text, NULL));
    ck_assert_str_eq(text, others[_i]);
    free(text);
}
END_TEST

START_TEST(test_lock_is_handed_on)
{
    core_file_lock *lock, *child, *third = NULL;
    char number[16];
    EXPECT_OK(core_file_lock_take(path, &lock));
    const int copy = dup(core_file_lock_descriptor(lock)); /* what a child inherits */
    snprintf(number, sizeof number, "%d", copy);
    setenv(CORE_FILE_LOCK_FD, number, 1);
    EXPECT_OK(core_file_lock_take(path, &child));
    ck_assert_ptr_null(getenv(CORE_FILE_LOCK_FD));
    ck_assert_int_eq(core_file_lock_descriptor(child), copy);
    core_file_lock_release(lock);
    EXPECT_FAILURE(core_file_lock_take(path, &third), CORE_MACHINE, "in use");
    core_file_lock_release(child);
    EXPECT_OK(core_file_lock_take(path, &lock));
    setenv(CORE_FILE_LOCK_FD, "1", 1); /* no lock's */
    EXPECT_FAILURE(core_file_lock_take(path, &third), CORE_MACHINE, "in use");
    core_file_lock_release(lock);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/file_lock");
    TCase *tcase = tcase_create("locks");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_lock_keeps_out_this_process_too);
    tcase_add_test(tcase, test_removed_lock_is_made_anew);
    tcase_add_test(tcase, test_lock_that_is_removed_keeps_others_out);
    tcase_add_test(tcase, test_lock_survives_another_descriptor);
    tcase_add_test(tcase, test_lock_of_a_killed_holder_is_free);
    tcase_add_test(tcase, test_one_lock_behind_two_names);
    tcase_add_test(tcase, test_looking_names_the_holder_and_takes_nothing);
    tcase_add_test(tcase, test_lock_in_a_missing_or_read_only_folder);
    tcase_add_test(tcase, test_trying_tells_held_from_broken);
    tcase_add_test(tcase, test_file_system_without_locks);
    tcase_add_loop_test(tcase, test_file_of_a_user_is_left, 0, LENGTH(others));
    tcase_add_test(tcase, test_lock_is_handed_on);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

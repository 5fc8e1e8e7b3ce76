#include "core/file.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support.h"

static char folder[64], path[128];

static void set_up(void) { snprintf(path, sizeof path, "%s/run.h5", make_test_folder(folder)); }
static void tear_down(void) { remove_test_folder(folder); }

static void expect_content(const char *file, const char *wanted)
{
    char *data;
    size_t bytes;
    EXPECT_OK(core_file_read(file, &data, &bytes));
    ck_assert_uint_eq(bytes, strlen(wanted));
    ck_assert_str_eq(data, wanted);
    free(data);
}

static int count_entries(const char *in)
{
    int count = 0;
    DIR *dir = opendir(in);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

START_TEST(test_write_makes_and_replaces)
{
    EXPECT_OK(core_file_write(path, &core_file_any, "first", 5));
    expect_content(path, "first");
    EXPECT_OK(core_file_write(path, &core_file_any, "the second", 10));
    expect_content(path, "the second");
    EXPECT_OK(core_file_write(path, &core_file_any, NULL, 0));
    expect_content(path, "");
    ck_assert_int_eq(count_entries(folder), 1);
}
END_TEST

START_TEST(test_replacing_keeps_the_mode)
{
    struct stat info;
    EXPECT_OK(core_file_write(path, &core_file_any, "first", 5));
    ck_assert_int_eq(chmod(path, 0640), 0);
    EXPECT_OK(core_file_write(path, &core_file_any, "second", 6));
    ck_assert(stat(path, &info) == 0 && (info.st_mode & 0777) == 0640);
    expect_content(path, "second");
}
END_TEST

START_TEST(test_write_in_the_working_folder)
{
    ck_assert_int_eq(chdir(folder), 0);
    EXPECT_OK(core_file_write("run.h5", &core_file_any, "2.385", 5));
    expect_content(path, "2.385");
}
END_TEST

/* Any library may write under the temporary's name; nothing shows before commit. */
START_TEST(test_steps_show_nothing_before_commit)
{
    core_file_replacement *replacement;
    EXPECT_OK(core_file_write(path, &core_file_any, "old", 3));
    EXPECT_OK(core_file_begin(path, &core_file_any, &replacement));
    FILE *file = fopen(core_file_temporary(replacement), "w");
    fputs("new", file);
    fclose(file);
    expect_content(path, "old");
    EXPECT_OK(core_file_commit(replacement));
    expect_content(path, "new");
    ck_assert_int_eq(count_entries(folder), 1);
}
END_TEST

START_TEST(test_abandon_leaves_the_old_file)
{
    core_file_replacement *replacement;
    EXPECT_OK(core_file_write(path, &core_file_any, "old", 3));
    EXPECT_OK(core_file_begin(path, &core_file_any, &replacement));
    ck_assert_int_eq(count_entries(folder), 2);
    core_file_abandon(replacement);
    core_file_abandon(NULL);
    expect_content(path, "old");
    ck_assert_int_eq(count_entries(folder), 1);
}
END_TEST

/* The temporary is a file of its own, whatever link has its name. */
START_TEST(test_link_in_the_temporary_s_place_is_not_followed)
{
    char user[128], name[512];
    core_file_replacement *replacement;
    snprintf(user, sizeof user, "%s/user", folder);
    EXPECT_OK(core_file_write(user, &core_file_any, "words", 5));
    EXPECT_OK(core_file_begin(path, &core_file_any, &replacement));
    snprintf(name, sizeof name, "%s", core_file_temporary(replacement));
    core_file_abandon(replacement);
    ck_assert_int_eq(symlink(user, name), 0);
    EXPECT_OK(core_file_write(path, &core_file_any, "new", 3));
    expect_content(path, "new");
    expect_content(user, "words");
}
END_TEST

START_TEST(test_link_stays_a_link)
{
    char link[128];
    struct stat info;
    snprintf(link, sizeof link, "%s/link", folder);
    EXPECT_OK(core_file_write(path, &core_file_any, "old", 3));
    ck_assert_int_eq(symlink(path, link), 0);
    EXPECT_OK(core_file_write(link, &core_file_any, "new", 3));
    expect_content(path, "new");
    ck_assert(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
}
END_TEST

/* A process number that nothing has: that of a child that has been waited for. */
static pid_t dead_process(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    waitpid(child, NULL, 0);
    return child;
}

/* Half a file PATH`before`.tmp.`host`.`number``behind`; host NULL: this one. */
static void plant(const char *before, const char *host, long number, const char *behind)
{
    char own[65] = "", name[320];
    gethostname(own, sizeof own - 1);
    snprintf(name, sizeof name, "%s%s.tmp.%s.%ld%s", path, before, host != NULL ? host : own, number, behind);
    FILE *file = fopen(name, "w");
    fputs("half a fi", file);
    fclose(file);
}

START_TEST(test_begin_removes_what_the_dead_left)
{
    plant("", NULL, (long)dead_process(), "");
    plant("", NULL, (long)getpid(), ""); /* of an earlier process with our number */
    EXPECT_OK(core_file_write(path, &core_file_any, "whole", 5));
    ck_assert_int_eq(count_entries(folder), 1);
}
END_TEST

START_TEST(test_begin_keeps_what_is_not_its_own)
{
    plant("", NULL, (long)getppid(), ""); /* alive */
    plant("", NULL, (long)dead_process(), "x");
    plant("2", NULL, (long)dead_process(), "");
    plant("", "another host", (long)dead_process(), "");
    EXPECT_OK(core_file_write(path, &core_file_any, "whole", 5));
    ck_assert_int_eq(count_entries(folder), 5);
}
END_TEST

enum { BIG = 5 << 20 };

/* The status of a child that replaces `path` by BIG bytes of `letter` and dies after call `n`. */
static int write_and_die(int n, char letter)
{
    pid_t child = fork();
    if (child == 0) {
        static char data[BIG];
        char limit[16];
        memset(data, letter, BIG);
        snprintf(limit, sizeof limit, "%d", n);
        setenv("TAILBIT_TEST_ABORT_AFTER", limit, 1);
        _exit(core_file_write(path, &core_file_any, data, BIG) == CORE_OK ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

/* The letter that fills the file, 0 if it is not BIG times the same. */
static char letter_of(const char *file)
{
    char *data;
    size_t bytes;
    EXPECT_OK(core_file_read(file, &data, &bytes));
    bool whole = bytes == BIG && memcmp(data, data + 1, BIG - 1) == 0;
    char letter = whole ? data[0] : '\0';
    free(data);
    return letter;
}

START_TEST(test_death_after_any_call_leaves_a_whole_file)
{
    ck_assert_int_eq(write_and_die(1000, 'a'), 0);
    int n = 1, replaced = 0;
    for (;; n++) {
        char old = letter_of(path), letter = old == 'a' ? 'b' : 'a';
        int status = write_and_die(n, letter);
        char now = letter_of(path);
        ck_assert_msg(now == old || now == letter, "a broken file after call %d", n);
        replaced += now == letter;
        if (WIFEXITED(status)) {
            ck_assert_int_eq(WEXITSTATUS(status), 0);
            break;
        }
        ck_assert_int_eq(WTERMSIG(status), SIGKILL);
        ck_assert_msg(now == (replaced > 0 ? letter : old), "call %d undid the rename", n);
    }
    /* begin: unlink of the last one's temporary, open, close; write: open, 5 pieces, close; commit: open, fsync, close,
     * rename, open, fsync, close. The temporary is gone once its writer was killed after the rename, so the last rounds
     * have one call less. */
    ck_assert_int_eq(n, 17);
    ck_assert_int_eq(replaced, 4);
    EXPECT_OK(core_file_write(path, &core_file_any, "end", 3));
    ck_assert_int_eq(count_entries(folder), 1);
}
END_TEST

START_TEST(test_missing_folder)
{
    char file[160];
    core_file_replacement *untouched = NULL;
    snprintf(file, sizeof file, "%s/none/run.h5", folder);
    EXPECT_FAILURE(core_file_write(file, &core_file_any, "x", 1), CORE_MACHINE, "its folder does not exist");
    EXPECT_FAILURE(core_file_begin(file, &core_file_any, &untouched), CORE_MACHINE, file);
    ck_assert_ptr_null(untouched);
}
END_TEST

START_TEST(test_read_only_folder)
{
    EXPECT_OK(core_file_write(path, &core_file_any, "old", 3));
    ck_assert_int_eq(chmod(folder, 0555), 0);
    uid_t user = geteuid();
    if (user == 0) { /* root may write anywhere */
        ck_assert_int_eq(seteuid(65534), 0);
    }
    EXPECT_FAILURE(core_file_write(path, &core_file_any, "x", 1), CORE_MACHINE, "no permission");
    ck_assert_int_eq(seteuid(user), 0);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    expect_content(path, "old");
    ck_assert_int_eq(count_entries(folder), 1);
}
END_TEST

START_TEST(test_size_limit_reads_as_a_full_disk)
{
    static char data[100000];
    EXPECT_OK(core_file_write(path, &core_file_any, "old", 3));
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096}), 0);
    EXPECT_FAILURE(core_file_write(path, &core_file_any, data, sizeof data), CORE_MACHINE, "is full");
    expect_content(path, "old");
    ck_assert_int_eq(count_entries(folder), 1);
}
END_TEST

/* Gives this process mounts of its own, invisible outside. */
static bool have_private_mounts(void)
{
    /* Whichever holds the test's folder; in a chroot "/" may be no mount. */
    return unshare(CLONE_NEWNS) == 0 && (mount(NULL, "/tmp", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
                                         mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

/* A file system of 64 KiB of our own, where the machine lets us have one. */
START_TEST(test_full_disk)
{
    static char data[200000];
    char file[128], small[128];
    ck_assert(have_private_mounts());
    snprintf(small, sizeof small, "%s/small", folder);
    ck_assert_int_eq(mkdir(small, 0777), 0);
    ck_assert_int_eq(mount("tailbit", small, "tmpfs", 0, "size=64k"), 0);
    snprintf(file, sizeof file, "%s/small/run.h5", folder);
    EXPECT_OK(core_file_write(file, &core_file_any, "old", 3));
    EXPECT_FAILURE(core_file_write(file, &core_file_any, data, sizeof data), CORE_MACHINE, "is full");
    expect_content(file, "old");
    ck_assert_int_eq(count_entries(small), 1);
    ck_assert_int_eq(umount(small), 0);
}
END_TEST

START_TEST(test_not_a_file)
{
    EXPECT_FAILURE(core_file_write("/dev/null", &core_file_any, "x", 1), CORE_BAD_USAGE,
                   "/dev/null is not a regular file");
    EXPECT_FAILURE(core_file_write(folder, &core_file_any, "x", 1), CORE_BAD_USAGE, "not a regular file");
    EXPECT_FAILURE(core_file_write("runs/", &core_file_any, "x", 1), CORE_BAD_USAGE, "not a regular file");
    struct stat info;
    ck_assert(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
}
END_TEST

START_TEST(test_commit_without_its_temporary)
{
    core_file_replacement *replacement;
    EXPECT_OK(core_file_write(path, &core_file_any, "old", 3));
    EXPECT_OK(core_file_begin(path, &core_file_any, &replacement));
    ck_assert_int_eq(unlink(core_file_temporary(replacement)), 0);
    EXPECT_FAILURE(core_file_commit(replacement), CORE_MACHINE, "was removed");
    expect_content(path, "old");
}
END_TEST

START_TEST(test_read_errors)
{
    char *data = NULL;
    size_t bytes = 7;
    EXPECT_FAILURE(core_file_read(path, &data, &bytes), CORE_BAD_FILE, path);
    EXPECT_FAILURE(core_file_read(folder, &data, &bytes), CORE_BAD_FILE, "not a regular file");
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    EXPECT_FAILURE(core_file_read(path, &data, &bytes), CORE_BAD_FILE, "not a regular file");
    ck_assert(data == NULL && bytes == 7);
}
END_TEST

START_TEST(test_folders_are_made)
{
    char deep[160], file[192];
    struct stat info;
    snprintf(deep, sizeof deep, "%s/a//b/c/", folder);
    snprintf(file, sizeof file, "%s/d/e/run.h5", folder);
    EXPECT_OK(core_file_make_folders(deep));
    EXPECT_OK(core_file_make_folders(deep));
    ck_assert(stat(deep, &info) == 0 && S_ISDIR(info.st_mode));
    EXPECT_OK(core_file_make_parent(file));
    EXPECT_OK(core_file_write(file, &core_file_any, "x", 1));
    EXPECT_OK(core_file_make_parent("run.h5"));
    EXPECT_OK(core_file_make_parent("/run.h5"));
    EXPECT_FAILURE(core_file_make_folders(file), CORE_BAD_USAGE, file);
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("core/file");
    TCase *tcase = tcase_create("files");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 60);
    const TTest *const tests[] = {test_write_makes_and_replaces,
                                  test_replacing_keeps_the_mode,
                                  test_write_in_the_working_folder,
                                  test_steps_show_nothing_before_commit,
                                  test_abandon_leaves_the_old_file,
                                  test_link_in_the_temporary_s_place_is_not_followed,
                                  test_link_stays_a_link,
                                  test_begin_removes_what_the_dead_left,
                                  test_begin_keeps_what_is_not_its_own,
                                  test_death_after_any_call_leaves_a_whole_file,
                                  test_missing_folder,
                                  test_read_only_folder,
                                  test_size_limit_reads_as_a_full_disk,
                                  test_not_a_file,
                                  test_commit_without_its_temporary,
                                  test_read_errors,
                                  test_folders_are_made};
    if (asked_for(argc, argv, "mounts", works_in_child(have_private_mounts))) {
        tcase_add_test(tcase, test_full_disk);
        suite_add_tcase(suite, tcase);
        return run_suite(suite);
    }
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

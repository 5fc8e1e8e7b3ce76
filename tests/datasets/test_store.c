#include "datasets/store.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/datasets/support.h"

static char folder[64];

static void make_folder(void) { make_test_folder(folder); }

static void remove_folder(void) { remove_test_folder(folder); }

static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static ds_record some_record(bool verified)
{
    ds_record record = {.verified = verified, .source = "archive.tar"};
    memcpy(record.sha256, digest, sizeof digest);
    return record;
}

START_TEST(test_record_is_read_as_it_was_written)
{
    ds_record written = some_record(_i == 1), got;
    EXPECT_OK(ds_record_write(folder, "cifar10", &written));
    EXPECT_OK(ds_record_read(folder, "cifar10", &got));
    ck_assert_int_eq(got.verified, _i == 1);
    ck_assert_str_eq(got.sha256, digest);
    ck_assert_str_eq(got.source, "archive.tar");
}
END_TEST

START_TEST(test_record_of_a_name_with_line_ends_stays_a_record)
{
    ds_record written = some_record(false), got;
    strcpy(written.source, "a\nverified: yes");
    EXPECT_OK(ds_record_write(folder, "cifar10", &written));
    EXPECT_OK(ds_record_read(folder, "cifar10", &got));
    ck_assert(!got.verified);
    ck_assert_str_eq(got.source, "a?verified: yes");
}
END_TEST

static const char *const damaged[][2] = {
    {"", "not the record of cifar10"},
    {"name: cifar100\nverified: no\n", "not the record of cifar10"},
    {"name: cifar10\nverified: maybe\n", "verified: yes"},
    {"name: cifar10\nsha256: 00\n", "verified: yes"},
    {"name: cifar10\nverified: yes\n", "64 hexadecimal"},
    {"name: cifar10\nverified: yes\nsha256: 0123\n", "64 hexadecimal"},
    {"name: cifar10\nverified: yes\nsha256: "
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0\n",
     "64 hexadecimal"},
    {"name: cifar10\nverified: yes\nsha256: "
     "g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
     "64 hexadecimal"},
};

START_TEST(test_damaged_record_is_an_error_and_changes_nothing)
{
    char path[PATH_BYTES];
    ds_record got = some_record(true);
    write_text(path_of(path, "%s/tailbit-record", folder), damaged[_i][0]);
    EXPECT_FAILURE(ds_record_read(folder, "cifar10", &got), CORE_BAD_FILE, damaged[_i][1]);
    ck_assert_str_eq(got.source, "archive.tar");
}
END_TEST

START_TEST(test_missing_or_huge_record_is_an_error)
{
    char path[PATH_BYTES];
    ds_record got;
    EXPECT_FAILURE(ds_record_read(folder, "cifar10", &got), CORE_BAD_FILE, "no record of an import");
    write_text(path_of(path, "%s/tailbit-record", folder), "name: cifar10\n");
    ck_assert_int_eq(truncate(path, INT64_C(1) << 40), 0);
    EXPECT_FAILURE(ds_record_read(folder, "cifar10", &got), CORE_BAD_FILE, "no record of an import");
}
END_TEST

static const ds_official *cifar10(void) { return ds_official_find("cifar10"); }

static core_status try_change(const char *word)
{
    char path[PATH_BYTES];
    const ds_record record = some_record(true);
    ds_store_change change = {0};
    core_status status = ds_store_begin(folder, cifar10(), &change);
    if (status == CORE_OK) {
        write_text(path_of(path, "%s/test_batch.bin", change.temporary), word);
        status = ds_record_write(change.temporary, "cifar10", &record);
    }
    if (status == CORE_OK) {
        status = ds_store_publish(&change);
    }
    ds_store_end(&change);
    return status;
}

/* The data folder holds this data set and the lock, and nothing else. */
static void expect_place(const char *word)
{
    shell("cd %s && test \"$(find . -type f | sort | tr '\\n' ' ')\" = './cifar10.lock ./cifar10/tailbit-record "
          "./cifar10/test_batch.bin ' && test \"$(cat cifar10/test_batch.bin)\" = '%s'",
          folder, word);
}

START_TEST(test_published_folder_replaces_the_older_one)
{
    EXPECT_OK(try_change("first"));
    expect_place("first");
    EXPECT_OK(try_change("second"));
    expect_place("second");
}
END_TEST

START_TEST(test_a_place_that_is_a_link_stays_one)
{
    shell("mkdir %s/disk && ln -s disk/big %s/cifar10 && mkdir %s/disk/big", folder, folder, folder);
    EXPECT_OK(try_change("first"));
    EXPECT_OK(try_change("second"));
    shell("cd %s && test -L cifar10 && test \"$(cat disk/big/test_batch.bin)\" = second && ls disk | sort | tr '\\n' ' "
          "' | "
          "grep -qx 'big big.lock '",
          folder);
}
END_TEST

START_TEST(test_unpublished_change_leaves_the_older_one_and_no_trace)
{
    char path[PATH_BYTES];
    EXPECT_OK(try_change("first"));
    ds_store_change change = {0};
    EXPECT_OK(ds_store_begin(folder, cifar10(), &change));
    write_text(path_of(path, "%s/data_batch_1.bin", change.temporary), "half");
    ds_store_end(&change);
    expect_place("first");
}
END_TEST

/* Ends a change behind each of its system calls in turn; the next one finds its way, and one of the two is whole. */
START_TEST(test_what_a_killed_change_left_is_removed)
{
    int status = 0, killed = 0;
    EXPECT_OK(try_change("next"));
    for (int call = 1; call == 1 || WIFSIGNALED(status); call++) {
        pid_t pid = fork();
        if (pid == 0) {
            char count[16];
            snprintf(count, sizeof count, "%d", call);
            setenv("TAILBIT_TEST_ABORT_AFTER", count, 1);
            _exit(try_change("new") == CORE_OK ? 0 : 1);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        killed += WIFSIGNALED(status);
        shell("grep -qx 'next\\|new' %s/cifar10/test_batch.bin", folder);
        EXPECT_OK(try_change("next"));
        expect_place("next");
    }
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    ck_assert_int_ge(killed, 15);
}
END_TEST

/* Where two folders cannot be exchanged, a kill between the two renames leaves the old one aside. */
START_TEST(test_what_was_put_aside_comes_back)
{
    ds_store_change change = {0};
    EXPECT_OK(try_change("old"));
    shell("cd %s && mv cifar10 cifar10.tailbit-old", folder);
    EXPECT_OK(ds_store_begin(folder, cifar10(), &change));
    ds_store_end(&change);
    expect_place("old");
    shell("cd %s && cp -r cifar10 cifar10.tailbit-old", folder);
    EXPECT_OK(try_change("new"));
    expect_place("new");
}
END_TEST

/* Every name but two, and the sum of every file. */
#define LIST                                                                                                           \
    "(find . ! -name before ! -name cifar10.lock -printf '%%P %%y %%l\\n'; find ./cifar10* -type f ! -name "           \
    "cifar10.lock -exec "                                                                                              \
    "cksum {} +) | sort"

static const char *const users[] = {
    "mkdir cifar10 && echo words > cifar10/test_batch.bin",
    "mkdir cifar10 && printf 'name: cifar100\\n' > cifar10/tailbit-record",
    "mkdir -p cifar10/mine",
    "echo words > cifar10",
    "ln -s nowhere cifar10",
    "mkdir cifar10.tmp && echo words > cifar10.tmp/notes.txt",
    "mkdir cifar10.tmp && echo words > cifar10.tmp/data_batch_1.bin",
    "mkdir elsewhere && ln -s elsewhere cifar10.tmp",
    "echo words > cifar10.tmp",
    "mkdir cifar10.tailbit-old && echo words > cifar10.tailbit-old/notes.txt",
    "echo 'process the data' > cifar10.lock",
};

START_TEST(test_what_a_user_put_there_is_named_and_stays)
{
    shell("cd %s && %s && " LIST " > before", folder, users[_i]);
    ds_store_change change = {0};
    EXPECT_FAILURE(ds_store_begin(folder, cifar10(), &change), CORE_BAD_USAGE, "move it away");
    ck_assert_ptr_nonnull(strstr(core_error_message(), "/cifar10"));
    ds_store_end(&change);
    shell("cd %s && " LIST " | cmp - before", folder);
    shell("cd %s && test %d -eq 1 || grep -qx 'process the data' cifar10.lock", folder, _i < LENGTH(users) - 1);
}
END_TEST

/* What came between begin and publish stays too. */
START_TEST(test_what_a_user_put_there_meanwhile_stays)
{
    ds_store_change change = {0};
    EXPECT_OK(ds_store_begin(folder, cifar10(), &change));
    shell("mkdir %s/cifar10 && echo words > %s/cifar10/notes.txt", folder, folder);
    EXPECT_FAILURE(ds_store_publish(&change), CORE_BAD_USAGE, "holds notes.txt");
    ds_store_end(&change);
    shell("grep -qx words %s/cifar10/notes.txt && test ! -e %s/cifar10.tmp", folder, folder);
}
END_TEST

START_TEST(test_two_changes_at_once_are_refused)
{
    ds_store_change first = {0}, second = {0};
    EXPECT_OK(ds_store_begin(folder, cifar10(), &first));
    EXPECT_STATUS(ds_store_begin(folder, cifar10(), &second), CORE_MACHINE);
    ds_store_end(&second);
    ck_assert(exists(first.temporary));
    EXPECT_OK(ds_store_begin(folder, ds_official_find("cifar100"), &second));
    ds_store_end(&second);
    ds_store_end(&first);
}
END_TEST

START_TEST(test_data_folder_is_made_where_missing)
{
    char path[PATH_BYTES], deep[PATH_BYTES];
    ds_store_change change = {0};
    EXPECT_OK(ds_store_begin(path_of(deep, "%s/a/b", folder), cifar10(), &change));
    ck_assert(exists(path_of(path, "%s/a/b/cifar10.tmp", folder)));
    ds_store_end(&change);
}
END_TEST

START_TEST(test_data_folder_that_is_a_file_is_an_error)
{
    char path[PATH_BYTES];
    ds_store_change change = {0};
    write_text(path_of(path, "%s/file", folder), "x");
    EXPECT_FAILURE(ds_store_begin(path, cifar10(), &change), CORE_BAD_USAGE, "file");
    ds_store_end(&change);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/store");
    TCase *tcase = tcase_create("store");
    tcase_set_timeout(tcase, 60.0);
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_loop_test(tcase, test_record_is_read_as_it_was_written, 0, 2);
    tcase_add_test(tcase, test_record_of_a_name_with_line_ends_stays_a_record);
    tcase_add_loop_test(tcase, test_damaged_record_is_an_error_and_changes_nothing, 0, LENGTH(damaged));
    tcase_add_test(tcase, test_missing_or_huge_record_is_an_error);
    tcase_add_test(tcase, test_published_folder_replaces_the_older_one);
    tcase_add_test(tcase, test_unpublished_change_leaves_the_older_one_and_no_trace);
    tcase_add_test(tcase, test_a_place_that_is_a_link_stays_one);
    tcase_add_test(tcase, test_what_a_killed_change_left_is_removed);
    tcase_add_test(tcase, test_what_was_put_aside_comes_back);
    tcase_add_loop_test(tcase, test_what_a_user_put_there_is_named_and_stays, 0, LENGTH(users));
    tcase_add_test(tcase, test_what_a_user_put_there_meanwhile_stays);
    tcase_add_test(tcase, test_two_changes_at_once_are_refused);
    tcase_add_test(tcase, test_data_folder_is_made_where_missing);
    tcase_add_test(tcase, test_data_folder_that_is_a_file_is_an_error);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

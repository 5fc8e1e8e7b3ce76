#include "datasets/store.h"

#include <sys/stat.h>

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

static void change_to(const char *word)
{
    char path[PATH_BYTES];
    ds_store_change change = {0};
    EXPECT_OK(ds_store_begin(folder, "cifar10", &change));
    write_text(path_of(path, "%s/%s", change.temporary, word), word);
    EXPECT_OK(ds_store_publish(&change));
    ds_store_end(&change);
}

START_TEST(test_published_folder_replaces_the_older_one)
{
    char path[PATH_BYTES];
    change_to("first");
    ck_assert(exists(path_of(path, "%s/cifar10/first", folder)));
    change_to("second");
    ck_assert(exists(path_of(path, "%s/cifar10/second", folder)));
    ck_assert(!exists(path_of(path, "%s/cifar10/first", folder)));
    ck_assert(!exists(path_of(path, "%s/cifar10.tmp", folder)));
}
END_TEST

START_TEST(test_unpublished_change_leaves_the_older_one_and_no_trace)
{
    char path[PATH_BYTES];
    change_to("first");
    ds_store_change change = {0};
    EXPECT_OK(ds_store_begin(folder, "cifar10", &change));
    write_text(path_of(path, "%s/half", change.temporary), "half");
    ds_store_end(&change);
    ck_assert(exists(path_of(path, "%s/cifar10/first", folder)));
    ck_assert(!exists(path_of(path, "%s/cifar10.tmp", folder)));
}
END_TEST

START_TEST(test_what_a_killed_change_left_is_removed)
{
    char path[PATH_BYTES];
    ck_assert_int_eq(mkdir(path_of(path, "%s/cifar10.tmp", folder), 0777), 0);
    write_text(path_of(path, "%s/cifar10.tmp/half", folder), "half");
    change_to("whole");
    ck_assert(exists(path_of(path, "%s/cifar10/whole", folder)));
    ck_assert(!exists(path_of(path, "%s/cifar10/half", folder)));
}
END_TEST

START_TEST(test_two_changes_at_once_are_refused)
{
    ds_store_change first = {0}, second = {0};
    EXPECT_OK(ds_store_begin(folder, "cifar10", &first));
    EXPECT_STATUS(ds_store_begin(folder, "cifar10", &second), CORE_MACHINE);
    ds_store_end(&second);
    ck_assert(exists(first.temporary));
    EXPECT_OK(ds_store_begin(folder, "cifar100", &second));
    ds_store_end(&second);
    ds_store_end(&first);
}
END_TEST

START_TEST(test_data_folder_is_made_where_missing)
{
    char path[PATH_BYTES], deep[PATH_BYTES];
    ds_store_change change = {0};
    EXPECT_OK(ds_store_begin(path_of(deep, "%s/a/b", folder), "cifar10", &change));
    ck_assert(exists(path_of(path, "%s/a/b/cifar10.tmp", folder)));
    ds_store_end(&change);
}
END_TEST

START_TEST(test_data_folder_that_is_a_file_is_an_error)
{
    char path[PATH_BYTES];
    ds_store_change change = {0};
    write_text(path_of(path, "%s/file", folder), "x");
    EXPECT_FAILURE(ds_store_begin(path, "cifar10", &change), CORE_MACHINE, "file");
    ds_store_end(&change);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/store");
    TCase *tcase = tcase_create("store");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_loop_test(tcase, test_record_is_read_as_it_was_written, 0, 2);
    tcase_add_test(tcase, test_record_of_a_name_with_line_ends_stays_a_record);
    tcase_add_loop_test(tcase, test_damaged_record_is_an_error_and_changes_nothing, 0, LENGTH(damaged));
    tcase_add_test(tcase, test_missing_or_huge_record_is_an_error);
    tcase_add_test(tcase, test_published_folder_replaces_the_older_one);
    tcase_add_test(tcase, test_unpublished_change_leaves_the_older_one_and_no_trace);
    tcase_add_test(tcase, test_what_a_killed_change_left_is_removed);
    tcase_add_test(tcase, test_two_changes_at_once_are_refused);
    tcase_add_test(tcase, test_data_folder_is_made_where_missing);
    tcase_add_test(tcase, test_data_folder_that_is_a_file_is_an_error);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

#include "core/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "tests/support.h"

static char folder[64], path[128], other[128];

static void set_up(void)
{
    snprintf(path, sizeof path, "%s/a.npz", make_test_folder(folder));
    snprintf(other, sizeof other, "%s/b.npz", folder);
}
static void tear_down(void) { remove_test_folder(folder); }

static const char *const names[] = {"epochs/lr.npy", "empty.npy", "caf\xc3\xa9.npy"};
static const char *const texts[] = {"two and a half", "", "2.385"};

/* The three members; each in two pieces. */
static void write_archive(const char *to)
{
    core_zip *zip;
    EXPECT_OK(core_zip_create(to, &core_file_any, &zip));
    for (int i = 0; i < LENGTH(names); i++) {
        const size_t bytes = strlen(texts[i]);
        EXPECT_OK(core_zip_begin(zip, names[i], (int64_t)bytes));
        EXPECT_OK(core_zip_write(zip, texts[i], bytes / 2));
        EXPECT_OK(core_zip_write(zip, texts[i] + bytes / 2, bytes - bytes / 2));
    }
    EXPECT_OK(core_zip_commit(zip));
}

START_TEST(test_members_come_out_as_they_went_in)
{
    write_archive(path);
    ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8")); /* libarchive's reader wants to say the name in the user's */
    struct archive *reader = archive_read_new();
    struct archive_entry *entry;
    ck_assert_int_eq(archive_read_support_format_zip(reader), ARCHIVE_OK);
    ck_assert_int_eq(archive_read_open_filename(reader, path, 512), ARCHIVE_OK);
    for (int i = 0; i < LENGTH(names); i++) {
        char data[64] = "";
        ck_assert_int_eq(archive_read_next_header(reader, &entry), ARCHIVE_OK);
        ck_assert_str_eq(archive_entry_pathname_utf8(entry), names[i]);
        ck_assert_int_eq(archive_read_data(reader, data, sizeof data), (int)strlen(texts[i]));
        ck_assert_str_eq(data, texts[i]);
    }
    ck_assert_int_eq(archive_read_next_header(reader, &entry), ARCHIVE_EOF);
    archive_read_free(reader);
}
END_TEST

/* Two hours of another time zone, another user, a second later. */
START_TEST(test_the_same_members_give_the_same_bytes)
{
    char *a, *b;
    size_t bytes_a, bytes_b;
    setenv("TZ", "UTC-9", 1);
    tzset();
    write_archive(path);
    sleep(1);
    setenv("TZ", "UTC+9", 1);
    tzset();
    ck_assert_int_eq(chmod(folder, 0777), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(seteuid(65534), 0);
    }
    write_archive(other);
    ck_assert(getuid() != 0 || seteuid(0) == 0);
    EXPECT_OK(core_file_read(path, &a, &bytes_a));
    EXPECT_OK(core_file_read(other, &b, &bytes_b));
    ck_assert_uint_eq(bytes_a, bytes_b);
    ck_assert_mem_eq(a, b, bytes_a);
    free(a);
    free(b);
}
END_TEST

START_TEST(test_abandoned_archive_leaves_the_old_one)
{
    core_zip *zip;
    EXPECT_OK(core_file_write(path, &core_file_any, "old", 3));
    EXPECT_OK(core_zip_create(path, &core_file_any, &zip));
    EXPECT_OK(core_zip_begin(zip, "a", 10));
    EXPECT_OK(core_zip_write(zip, "half", 4));
    core_zip_abandon(zip);
    core_zip_abandon(NULL);
    char *data;
    EXPECT_OK(core_file_read(path, &data, NULL));
    ck_assert_str_eq(data, "old");
    free(data);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0); /* and nothing beside it */
    make_test_folder(folder);
}
END_TEST

START_TEST(test_size_limit_reads_as_a_full_disk)
{
    static char data[100000];
    core_zip *zip;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096}), 0);
    EXPECT_OK(core_zip_create(path, &core_file_any, &zip));
    core_status status = core_zip_begin(zip, "a", sizeof data);
    status = status == CORE_OK ? core_zip_write(zip, data, sizeof data) : status;
    if (status == CORE_OK) {
        status = core_zip_commit(zip);
    } else {
        core_zip_abandon(zip);
    }
    EXPECT_FAILURE(status, CORE_MACHINE, "is full");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(test_missing_folder)
{
    core_zip *zip = NULL;
    char nowhere[160];
    snprintf(nowhere, sizeof nowhere, "%s/none/a.npz", folder);
    EXPECT_FAILURE(core_zip_create(nowhere, &core_file_any, &zip), CORE_MACHINE, "its folder does not exist");
    ck_assert_ptr_null(zip);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/zip");
    TCase *tcase = tcase_create("archives");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    const TTest *const tests[] = {test_members_come_out_as_they_went_in, test_the_same_members_give_the_same_bytes,
                                  test_abandoned_archive_leaves_the_old_one, test_size_limit_reads_as_a_full_disk,
                                  test_missing_folder};
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

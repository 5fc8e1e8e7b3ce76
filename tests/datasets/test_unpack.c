#include "datasets/unpack.h"

#include <sys/stat.h>

#include "tests/datasets/support.h"

static char folder[64], archive[PATH_BYTES], into[PATH_BYTES];

/* FOLDER/in/data/ with two files that are wanted and one that is not. */
static void make_folder(void)
{
    make_test_folder(folder);
    path_of(archive, "%s/archive.tar", folder);
    ck_assert_int_eq(mkdir(path_of(into, "%s/into", folder), 0777), 0);
    shell("mkdir -p %s/in/data && cd %s/in/data && printf hello > a.bin && printf 'x\\ny\\n' > names.txt && "
          "printf more > other.bin",
          folder, folder);
}

static void remove_folder(void) { remove_test_folder(folder); }

static const ds_unpack_want wants[] = {{"a.bin", 5}, {"names.txt", -10}};

static core_status unpack(void) { return ds_unpack(archive, wants, LENGTH(wants), into); }

static const char *const compressions[] = {"", "--gzip", "--xz"};

START_TEST(test_wanted_files_come_out_of_any_compression)
{
    char path[PATH_BYTES], text[16] = "";
    shell("cd %s/in && tar %s -cf %s data", folder, compressions[_i], archive);
    EXPECT_OK(unpack());
    FILE *file = fopen(path_of(path, "%s/a.bin", into), "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(text, 1, sizeof text, file), 5);
    fclose(file);
    ck_assert_str_eq(text, "hello");
    ck_assert(exists(path_of(path, "%s/names.txt", into)));
    ck_assert(!exists(path_of(path, "%s/other.bin", into)));
    ck_assert(!exists(path_of(path, "%s/data", into)));
}
END_TEST

START_TEST(test_entry_that_climbs_out_lands_inside)
{
    char path[PATH_BYTES];
    shell("cd %s/in/data && tar -P -cf %s --transform 's,^,../../,' a.bin names.txt", folder, archive);
    EXPECT_OK(unpack());
    ck_assert(exists(path_of(path, "%s/a.bin", into)));
    ck_assert(!exists(path_of(path, "%s/a.bin", folder)));
}
END_TEST

START_TEST(test_missing_file_is_named)
{
    shell("cd %s/in/data && tar -cf %s names.txt other.bin", folder, archive);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "a.bin is not in it");
}
END_TEST

START_TEST(test_file_that_is_there_twice_is_an_error)
{
    shell("cd %s/in && mkdir two && cp data/a.bin two && tar -cf %s data two", folder, archive);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "a.bin is in it twice");
}
END_TEST

START_TEST(test_file_of_another_size_is_named_with_both_sizes)
{
    shell("cd %s/in && printf longer > data/a.bin && tar -cf %s data", folder, archive);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "a.bin in it has 6 bytes, expected 5");
    shell("cd %s/in && printf hello > data/a.bin && printf 01234567890 > data/names.txt && tar -cf %s data", folder,
          archive);
    shell("rm -f %s/*", into);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "names.txt in it has 11 bytes, expected at most 10");
}
END_TEST

START_TEST(test_link_in_the_place_of_a_file_is_an_error)
{
    char path[PATH_BYTES];
    shell("cd %s/in/data && rm a.bin && ln -s /etc/passwd a.bin && tar -cf %s a.bin names.txt", folder, archive);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "a.bin in it is not a regular file");
    shell("cd %s/in/data && rm a.bin && printf hello > a.bin && ln a.bin b.bin && tar -cf %s b.bin a.bin names.txt",
          folder, archive);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "a.bin in it is not a regular file");
    ck_assert(!exists(path_of(path, "%s/a.bin", into)));
}
END_TEST

START_TEST(test_truncated_archive_is_an_error)
{
    shell("cd %s/in && head -c 100000 /dev/urandom > data/other.bin && tar -czf whole data/names.txt data/other.bin "
          "data/a.bin && head -c 50000 whole > %s",
          folder, archive);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "archive.tar: damaged, truncated");
}
END_TEST

/* What a visitor has been shown: "path=contents;" one after the other. */
static char shown[256];

static bool want_at_most_five(void *context, const char *path, ds_unpack_want *out)
{
    (void)context;
    *out = (ds_unpack_want){path, -5};
    return strstr(path, ".bin") != NULL;
}

static core_status show(void *context, const char *path, const char *data, int64_t bytes)
{
    size_t used = strlen(shown);
    snprintf(shown + used, sizeof shown - used, "%s=%.*s;", path, (int)bytes, data);
    return strstr(path, "stop") != NULL ? core_fail(CORE_BAD_FILE, "stopped by %s", (char *)context) : CORE_OK;
}

/* A changed byte that unpacks as well as the right one: only the checksum shows it. */
START_TEST(test_changed_contents_are_an_error)
{
    shell("cd %s/in && tar -cf - data | gzip > %s && printf 'zzzz' | dd of=%s bs=1 conv=notrunc status=none "
          "seek=$(($(stat -c %%s %s) - 8))",
          folder, archive, archive, archive);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "archive.tar: damaged, truncated or changed");
    shell("cd %s/in && python3 -c \"import zipfile; zipfile.ZipFile('%s', 'w').write('data/a.bin')\" && "
          "sed -i s/hello/jello/ %s",
          folder, archive, archive);
    const ds_unpack_visitor visitor = {.zip = true, .wants = want_at_most_five, .take = show};
    shown[0] = '\0';
    EXPECT_FAILURE(ds_unpack_each(archive, &visitor), CORE_BAD_FILE, "archive.tar: damaged");
    ck_assert_str_eq(shown, "");
    shell("sed -i s/jello/hello/ %s", archive);
    EXPECT_OK(ds_unpack_each(archive, &visitor));
    ck_assert_str_eq(shown, "data/a.bin=hello;");
}
END_TEST

START_TEST(test_file_that_is_no_archive_is_an_error)
{
    write_text(archive, "<html>404</html>");
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "archive.tar: damaged, truncated or no tar archive");
    write_text(archive, "");
    EXPECT_STATUS(unpack(), CORE_BAD_FILE);
    ck_assert_int_eq(unlink(archive), 0);
    EXPECT_STATUS(unpack(), CORE_BAD_FILE);
}
END_TEST

START_TEST(test_full_disk_is_the_machines_fault)
{
    shell("cd %s/in && tar -cf %s data", folder, archive);
    limit_file_size(3);
    core_status status = unpack();
    unlimit_file_size();
    EXPECT_FAILURE(status, CORE_MACHINE, "/into/");
}
END_TEST

START_TEST(test_file_that_is_in_the_way_is_not_overwritten)
{
    char path[PATH_BYTES];
    shell("cd %s/in && tar -cf %s data", folder, archive);
    write_text(path_of(path, "%s/victim", folder), "mine");
    ck_assert_int_eq(symlink("../victim", path_of(path, "%s/a.bin", into)), 0);
    EXPECT_STATUS(unpack(), CORE_MACHINE);
    shell("grep -qx mine %s/victim", folder);
}
END_TEST

static core_status visit(void)
{
    static char name[] = "the visitor";
    ds_unpack_visitor visitor = {.context = name, .wants = want_at_most_five, .take = show};
    shown[0] = '\0';
    return ds_unpack_each(archive, &visitor);
}

START_TEST(test_visitor_sees_wanted_files_in_order)
{
    shell("cd %s/in && : > data/empty.bin && tar -cf %s data/other.bin data/names.txt data/a.bin data/empty.bin",
          folder, archive);
    EXPECT_OK(visit());
    ck_assert_str_eq(shown, "data/other.bin=more;data/a.bin=hello;data/empty.bin=;");
}
END_TEST

START_TEST(test_visitor_is_not_shown_what_is_too_large_or_no_file)
{
    shell("cd %s/in && printf longer > data/a.bin && tar -cf %s data/other.bin data/a.bin", folder, archive);
    EXPECT_FAILURE(visit(), CORE_BAD_FILE, "data/a.bin in it has 6 bytes, expected at most 5");
    ck_assert_str_eq(shown, "data/other.bin=more;");
    shell("cd %s/in && ln -s /etc/passwd link.bin && tar -cf %s link.bin", folder, archive);
    EXPECT_FAILURE(visit(), CORE_BAD_FILE, "link.bin in it is not a regular file");
    shell("cd %s/in && head -c 100000 /dev/urandom > x && tar -cf - x data | head -c 50000 > %s", folder, archive);
    EXPECT_FAILURE(visit(), CORE_BAD_FILE, "archive.tar: damaged, truncated");
}
END_TEST

/* A terabyte of zeros would be skipped for hours. */
START_TEST(test_archive_that_unpacks_to_far_more_than_its_size_is_refused)
{
    shell("cd %s/in && truncate -s 1T zeros && { tar -cf - data zeros 2>&- | head -c 20000 > %s; true; }", folder,
          archive);
    EXPECT_FAILURE(unpack(), CORE_BAD_FILE, "archive.tar: unpacks to more than 100 times its size");
    EXPECT_FAILURE(visit(), CORE_BAD_FILE, "archive.tar: unpacks to more than 100 times its size");
}
END_TEST

START_TEST(test_visitors_failure_ends_the_walk)
{
    shell("cd %s/in/data && mv a.bin stop.bin && tar -cf %s stop.bin other.bin", folder, archive);
    EXPECT_FAILURE(visit(), CORE_BAD_FILE, "stopped by the visitor");
    ck_assert_str_eq(shown, "stop.bin=hello;");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/unpack");
    TCase *tcase = tcase_create("unpack");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_loop_test(tcase, test_wanted_files_come_out_of_any_compression, 0, LENGTH(compressions));
    tcase_add_test(tcase, test_entry_that_climbs_out_lands_inside);
    tcase_add_test(tcase, test_missing_file_is_named);
    tcase_add_test(tcase, test_file_that_is_there_twice_is_an_error);
    tcase_add_test(tcase, test_file_of_another_size_is_named_with_both_sizes);
    tcase_add_test(tcase, test_link_in_the_place_of_a_file_is_an_error);
    tcase_add_test(tcase, test_truncated_archive_is_an_error);
    tcase_add_test(tcase, test_file_that_is_no_archive_is_an_error);
    tcase_add_test(tcase, test_full_disk_is_the_machines_fault);
    tcase_add_test(tcase, test_file_that_is_in_the_way_is_not_overwritten);
    tcase_add_test(tcase, test_changed_contents_are_an_error);
    tcase_add_test(tcase, test_visitor_sees_wanted_files_in_order);
    tcase_add_test(tcase, test_visitor_is_not_shown_what_is_too_large_or_no_file);
    tcase_add_test(tcase, test_archive_that_unpacks_to_far_more_than_its_size_is_refused);
    tcase_add_test(tcase, test_visitors_failure_ends_the_walk);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

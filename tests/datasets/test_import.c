#include "datasets/import.h"

#include <sys/stat.h>

#include "tests/datasets/support.h"

static char base[64]; /* made once: in/ with a look-alike of CIFAR-10, in.tar with in/ */
static char in[PATH_BYTES], archive[PATH_BYTES], data[PATH_BYTES];

static void make_base(void)
{
    make_test_folder(base);
    path_of(archive, "%s/in.tar", base);
    ck_assert_int_eq(mkdir(path_of(in, "%s/in", base), 0777), 0);
    write_look_alike(ds_cifar_find("cifar10"), in);
    shell("cd %s && tar -cf in.tar in", base);
}

static void remove_base(void) { remove_test_folder(base); }

static void name_data(void) { path_of(data, "%s/data", base); }

static void remove_data(void) { shell("rm -rf %s", data); }

static void expect_no_data(void)
{
    char path[PATH_BYTES];
    ck_assert(!exists(path_of(path, "%s/cifar10", data)));
    ck_assert(!exists(path_of(path, "%s/cifar10.tmp", data)));
}

static void expect_imported(const char *from)
{
    ds_data_report report;
    char place[PATH_BYTES];
    EXPECT_OK(ds_data_import("cifar10", from, data, true, &report));
    ck_assert(!report.verified);
    ck_assert(!report.already_present);
    ck_assert_int_eq(report.train_count, 50000);
    ck_assert_int_eq(report.test_count, 10000);
    ck_assert_int_eq(report.classes, 10);
    ck_assert_str_eq(report.where, path_of(place, "%s/cifar10", data));
    ds_dataset dataset;
    EXPECT_OK(ds_load("cifar10", data, NULL, &dataset));
    ck_assert(!dataset.verified);
    ck_assert_str_eq(dataset.sha256, report.sha256);
    ds_destroy(&dataset);
    EXPECT_OK(ds_data_verify("cifar10", data, &report));
    ck_assert_str_eq(report.where, place);
}

START_TEST(test_folder_imports_unverified) { expect_imported(in); }
END_TEST

START_TEST(test_archive_imports_unverified) { expect_imported(archive); }
END_TEST

START_TEST(test_imported_data_set_imports_onto_itself)
{
    char place[PATH_BYTES];
    expect_imported(archive);
    expect_imported(path_of(place, "%s/cifar10", data));
}
END_TEST

/* Before the archive is read: nothing of its MD5. */
START_TEST(test_folder_of_a_user_is_named_and_stays)
{
    shell("mkdir -p %s/cifar10 && echo words > %s/cifar10/notes.txt", data, data);
    EXPECT_FAILURE(
        ds_data_import("cifar10", archive, data, false, NULL), CORE_BAD_USAGE,
        "/cifar10 is a folder that holds notes.txt, where tailbit would put a data set; it is left as it is");
    EXPECT_STATUS(ds_data_import("cifar10", in, data, true, NULL), CORE_BAD_USAGE);
    shell("grep -qx words %s/cifar10/notes.txt && rm -r %s/cifar10", data, data);
    EXPECT_OK(ds_data_import("cifar10", in, data, true, NULL));
    shell("echo words > %s/cifar10/notes.txt", data);
    EXPECT_FAILURE(ds_data_import("cifar10", in, data, true, NULL), CORE_BAD_USAGE, "holds notes.txt");
    shell("grep -qx words %s/cifar10/notes.txt && test -s %s/cifar10/test_batch.bin", data, data);
}
END_TEST

START_TEST(test_archive_with_another_md5_is_refused)
{
    EXPECT_FAILURE(ds_data_import("cifar10", archive, data, false, NULL), CORE_BAD_FILE,
                   "expected c32a1d4ab5d03f1284b67883e8d87530");
    ck_assert_ptr_nonnull(strstr(core_error_message(), "in.tar: its MD5 is "));
    ck_assert_ptr_nonnull(strstr(core_error_message(), "--unverified"));
    expect_no_data();
}
END_TEST

START_TEST(test_folder_without_unverified_is_refused)
{
    EXPECT_FAILURE(ds_data_import("cifar10", in, data, false, NULL), CORE_BAD_USAGE, "--unverified");
    expect_no_data();
}
END_TEST

START_TEST(test_names_without_a_file_are_refused)
{
    EXPECT_FAILURE(ds_data_import("shapes", in, data, true, NULL), CORE_BAD_USAGE,
                   "cifar10, cifar100, imdb, tiny_imagenet or inaturalist");
    EXPECT_FAILURE(ds_data_import("cifar10", "/nowhere", data, true, NULL), CORE_BAD_FILE, "/nowhere");
    EXPECT_FAILURE(ds_data_import("cifar10", "/dev/null", data, true, NULL), CORE_BAD_FILE, "/dev/null");
    EXPECT_FAILURE(ds_data_import("cifar100", archive, data, true, NULL), CORE_BAD_FILE, "train.bin is not in it");
    expect_no_data();
}
END_TEST

/* Bad contents of the right sizes: the message names what was imported, not the copy that is gone. */
START_TEST(test_bad_contents_are_refused_and_what_was_there_stays)
{
    char bad[PATH_BYTES], path[PATH_BYTES];
    ds_data_report before, after;
    EXPECT_OK(ds_data_import("cifar10", in, data, true, &before));
    ck_assert_int_eq(mkdir(path_of(bad, "%s/data/bad", base), 0777), 0);
    link_look_alike(ds_cifar_find("cifar10"), in, bad);
    unlink_copy(path_of(path, "%s/data_batch_5.bin", bad));
    poke(path, 3073 * 9999, 77);
    EXPECT_FAILURE(ds_data_import("cifar10", bad, data, true, NULL), CORE_BAD_FILE,
                   "data_batch_5.bin: label 77 in record 9999, expected 0..9");
    ck_assert_ptr_nonnull(strstr(core_error_message(), bad));
    ck_assert_ptr_null(strstr(core_error_message(), ".tmp"));
    ck_assert_int_eq(truncate(path, 30729999), 0);
    EXPECT_FAILURE(ds_data_import("cifar10", bad, data, true, NULL), CORE_BAD_FILE,
                   "data_batch_5.bin: 30729999 bytes, expected 30730000");
    ck_assert_int_eq(unlink(path), 0);
    EXPECT_FAILURE(ds_data_import("cifar10", bad, data, true, NULL), CORE_BAD_FILE, "data_batch_5.bin: missing");
    EXPECT_OK(ds_data_verify("cifar10", data, &after));
    ck_assert_str_eq(after.sha256, before.sha256);
    ck_assert(!exists(path_of(path, "%s/cifar10.tmp", data)));
}
END_TEST

START_TEST(test_one_flipped_bit_is_found)
{
    char path[PATH_BYTES];
    ds_dataset dataset;
    EXPECT_OK(ds_data_import("cifar10", in, data, true, NULL));
    path_of(path, "%s/cifar10/data_batch_1.bin", data);
    poke(path, 3073 * 5 + 100, look_alike_pixel(0, 5, 99) ^ 1);
    EXPECT_FAILURE(ds_data_verify("cifar10", data, NULL), CORE_BAD_FILE, "the files have changed");
    EXPECT_FAILURE(ds_load("cifar10", data, NULL, &dataset), CORE_BAD_FILE, "SHA-256");
    poke(path, 3073 * 5 + 100, look_alike_pixel(0, 5, 99));
    EXPECT_OK(ds_data_verify("cifar10", data, NULL));
}
END_TEST

START_TEST(test_folder_without_a_record_does_not_load)
{
    char path[PATH_BYTES];
    ds_dataset dataset;
    EXPECT_OK(ds_data_import("cifar10", in, data, true, NULL));
    ck_assert_int_eq(unlink(path_of(path, "%s/cifar10/tailbit-record", data)), 0);
    EXPECT_FAILURE(ds_load("cifar10", data, NULL, &dataset), CORE_BAD_FILE, "tailbit-record: no record of an import");
}
END_TEST

START_TEST(test_full_disk_leaves_nothing_behind)
{
    const char *const sources[] = {archive, in};
    for (int i = 0; i < 2; i++) {
        limit_file_size(10000000);
        core_status status = ds_data_import("cifar10", sources[i], data, true, NULL);
        unlimit_file_size();
        EXPECT_FAILURE(status, CORE_MACHINE, "data_batch_");
        expect_no_data();
    }
}
END_TEST

START_TEST(test_list_tells_what_is_there)
{
    ds_data_inventory inventory;
    char place[PATH_BYTES];
    EXPECT_OK(ds_data_list(data, &inventory));
    ck_assert_int_eq(inventory.count, 7);
    ck_assert_str_eq(inventory.folder, data);
    ck_assert_str_eq(inventory.entries[0].name, "cifar10");
    ck_assert_ptr_null(inventory.entries[0].where);
    ck_assert_str_eq(inventory.entries[1].get, "tailbit data fetch cifar100");
    ck_assert_str_eq(inventory.entries[2].name, "imdb");
    ck_assert_str_eq(inventory.entries[3].get, "tailbit data fetch tiny_imagenet");
    ck_assert_str_eq(inventory.entries[4].get, "tailbit data import inaturalist PATH");
    ck_assert_str_eq(inventory.entries[5].where, "built in");
    ck_assert_str_eq(inventory.entries[6].name, "reviews");
    ds_data_inventory_destroy(&inventory);

    ds_data_report report;
    EXPECT_OK(ds_data_import("cifar10", in, data, true, &report));
    EXPECT_OK(ds_data_list(data, &inventory));
    ck_assert_str_eq(inventory.entries[0].where, path_of(place, "%s/cifar10", data));
    ck_assert_str_eq(inventory.entries[0].sha256, report.sha256);
    ck_assert(!inventory.entries[0].verified);
    ck_assert_ptr_null(inventory.entries[0].get);
    ck_assert_ptr_null(inventory.entries[0].trouble);
    ds_data_inventory_destroy(&inventory);

    write_text(path_of(place, "%s/cifar10/tailbit-record", data), "nonsense");
    EXPECT_OK(ds_data_list(data, &inventory));
    ck_assert_ptr_nonnull(strstr(inventory.entries[0].trouble, "tailbit-record"));
    ds_data_inventory_destroy(&inventory);
}
END_TEST

START_TEST(test_verify_draws_what_is_built_in)
{
    ds_data_report report;
    EXPECT_OK(ds_data_verify("shapes:2:1", data, &report));
    ck_assert(report.verified);
    ck_assert_str_eq(report.where, "built in");
    ck_assert_int_eq(report.train_count, 20);
    EXPECT_FAILURE(ds_data_verify("cifar100", data, &report), CORE_BAD_FILE, "tailbit data fetch cifar100");
}
END_TEST

START_TEST(test_md5_is_checked_whole)
{
    char path[PATH_BYTES];
    ck_assert_int_eq(mkdir(data, 0777), 0);
    write_text(path_of(path, "%s/hello", data), "hello\n");
    EXPECT_OK(ds_import_check_md5(path, "b1946ac92492d2347c6235b4d2611184"));
    EXPECT_FAILURE(ds_import_check_md5(path, "b1946ac92492d2347c6235b4d2611185"), CORE_BAD_FILE,
                   "b1946ac92492d2347c6235b4d2611184");
    EXPECT_STATUS(ds_import_check_md5("/nowhere", "b1946ac92492d2347c6235b4d2611185"), CORE_BAD_FILE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/import");
    const TTest *const tests[] = {test_folder_imports_unverified,
                                  test_archive_imports_unverified,
                                  test_imported_data_set_imports_onto_itself,
                                  test_folder_of_a_user_is_named_and_stays,
                                  test_archive_with_another_md5_is_refused,
                                  test_folder_without_unverified_is_refused,
                                  test_names_without_a_file_are_refused,
                                  test_bad_contents_are_refused_and_what_was_there_stays,
                                  test_one_flipped_bit_is_found,
                                  test_folder_without_a_record_does_not_load,
                                  test_full_disk_leaves_nothing_behind,
                                  test_list_tells_what_is_there,
                                  test_verify_draws_what_is_built_in,
                                  test_md5_is_checked_whole};
    TCase *tcase = tcase_create("import");
    tcase_set_timeout(tcase, 180.0);
    tcase_add_unchecked_fixture(tcase, make_base, remove_base);
    tcase_add_checked_fixture(tcase, name_data, remove_data);
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

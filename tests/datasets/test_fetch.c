#include "datasets/fetch.h"

#include <sys/stat.h>

#include "core/hash.h"
#include "datasets/download.h"
#include "tests/datasets/picture_support.h"
#include "tests/datasets/server.h"

static char base[64]; /* made once: in.tar.gz, a look-alike of CIFAR-10's archive */
static char archive[PATH_BYTES], data[PATH_BYTES], part[PATH_BYTES], url[PATH_BYTES];
static char md5[CORE_HASH_HEX_MAX];

static void make_base(void)
{
    char in[PATH_BYTES];
    core_hash_digest digest;
    make_test_folder(base);
    path_of(archive, "%s/in.tar.gz", base);
    ck_assert_int_eq(mkdir(path_of(in, "%s/in", base), 0777), 0);
    write_look_alike(ds_cifar_find("cifar10"), in);
    shell("cd %s && tar -cf - in | gzip -1 > in.tar.gz && rm -r in", base);
    EXPECT_OK(core_hash_file(CORE_HASH_MD5, archive, &digest));
    core_hash_hex(&digest, md5);
}

static void remove_base(void) { remove_test_folder(base); }

static void name_data(void)
{
    path_of(data, "%s/data", base);
    path_of(part, "%s/data/cifar-10-binary.tar.gz.part/cifar-10-binary.tar.gz", base);
    path_of(url, "file://%s", archive);
}

/* The folder of a part, as a broken fetch leaves it. */
static void make_part_folder(void)
{
    shell("mkdir -p $(dirname %s) && printf 'archive: cifar-10-binary.tar.gz\\n' > $(dirname %s)/tailbit-download",
          part, part);
}

static void remove_data(void) { shell("rm -rf %s %s.log", data, archive); }

static core_status fetch(const char *expected_md5, ds_data_report *report)
{
    ds_fetch_options options = {.url = url, .md5 = expected_md5};
    return ds_data_fetch("cifar10", data, &options, report);
}

static void expect_fetched(void)
{
    ds_data_report report;
    EXPECT_OK(fetch(md5, &report));
    ck_assert(report.verified);
    ck_assert(!report.already_present);
    ck_assert_int_eq(report.train_count, 50000);
    shell("test ! -e $(dirname %s)", part);
}

START_TEST(test_fetched_data_set_is_verified_and_not_fetched_again)
{
    ds_data_report report;
    ds_dataset dataset;
    expect_fetched();
    EXPECT_OK(ds_load("cifar10", data, NULL, &dataset));
    ck_assert(dataset.verified);
    ds_destroy(&dataset);
    path_of(url, "file:///nowhere");
    EXPECT_OK(fetch(md5, &report));
    ck_assert(report.already_present);
    ck_assert(report.verified);
}
END_TEST

START_TEST(test_unverified_or_damaged_data_set_is_fetched_anew)
{
    char path[PATH_BYTES];
    EXPECT_OK(ds_data_import("cifar10", archive, data, true, NULL));
    expect_fetched();
    poke(path_of(path, "%s/cifar10/test_batch.bin", data), 50, look_alike_pixel(5, 0, 49) ^ 128);
    expect_fetched();
}
END_TEST

START_TEST(test_broken_download_is_continued)
{
    ds_data_report report;
    loopback server = start_server(archive, "--break-after", "20000", NULL);
    path_of(url, "http://127.0.0.1:%d/cifar-10-binary.tar.gz", server.port);
    EXPECT_FAILURE(fetch(md5, &report), CORE_MACHINE, "the same command continues");
    ck_assert(exists(part));
    expect_fetched();
    end_server(server);
    shell("printf 'whole\\nbytes=20000-\\n' | cmp - %s.log", archive);
}
END_TEST

START_TEST(test_part_of_another_file_is_begun_anew)
{
    loopback server = start_server(archive, NULL, NULL, NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    make_part_folder();
    shell("head -c 1000 /dev/zero > %s", part);
    expect_fetched();
    end_server(server);
    shell("printf 'bytes=1000-\\nwhole\\n' | cmp - %s.log", archive);
}
END_TEST

START_TEST(test_part_longer_than_the_archive_is_begun_anew)
{
    loopback server = start_server(archive, NULL, NULL, NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    make_part_folder();
    shell("cat %s %s > %s", archive, archive, part);
    expect_fetched();
    end_server(server);
}
END_TEST

START_TEST(test_server_that_cannot_continue_is_begun_anew)
{
    loopback server = start_server(archive, "--no-range", NULL, NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    make_part_folder();
    shell("head -c 1000 %s > %s", archive, part);
    expect_fetched();
    end_server(server);
}
END_TEST

START_TEST(test_wrong_archive_is_removed_and_named)
{
    char place[PATH_BYTES];
    EXPECT_FAILURE(fetch(NULL, NULL), CORE_BAD_FILE, "expected c32a1d4ab5d03f1284b67883e8d87530");
    ck_assert_ptr_nonnull(strstr(core_error_message(), url));
    ck_assert(!exists(part));
    ck_assert(!exists(path_of(place, "%s/cifar10", data)));
    ck_assert(!exists(path_of(place, "%s/cifar10.tmp", data)));
}
END_TEST

START_TEST(test_full_disk_keeps_the_part)
{
    limit_file_size(10000);
    core_status status = fetch(md5, NULL);
    unlimit_file_size();
    EXPECT_FAILURE(status, CORE_MACHINE, "cifar-10-binary.tar.gz.part");
    shell("head -c 10000 %s | cmp - %s", archive, part);
}
END_TEST

static const char *const users[] = {
    "echo words > cifar-10-binary.tar.gz.part",
    "mkdir cifar-10-binary.tar.gz.part && echo words > cifar-10-binary.tar.gz.part/cifar-10-binary.tar.gz",
    "echo words > elsewhere && ln -s elsewhere cifar-10-binary.tar.gz.part",
    "mkdir cifar10 && echo words > cifar10/test_batch.bin",
    "mkdir cifar10.tmp && echo words > cifar10.tmp/test_batch.bin",
};

/* Nobody is asked for the archive, and whatever holds "words" still does. */
START_TEST(test_what_a_user_put_there_is_named_and_stays)
{
    loopback server = start_server(archive, NULL, NULL, NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    shell("mkdir %s && cd %s && %s", data, data, users[_i]);
    EXPECT_FAILURE(fetch(md5, NULL), CORE_BAD_USAGE, "move it away");
    ck_assert_ptr_nonnull(strstr(core_error_message(), _i < 3 ? "cifar-10-binary.tar.gz.part" : "/cifar10"));
    end_server(server);
    shell("cd %s && grep -rqx words . && test ! -s %s.log", data, archive);
}
END_TEST

START_TEST(test_names_without_an_address_are_refused)
{
    EXPECT_FAILURE(ds_data_fetch("shapes", data, NULL, NULL), CORE_BAD_USAGE,
                   "cifar10, cifar100, imdb, tiny_imagenet or inaturalist");
    EXPECT_FAILURE(ds_data_fetch("inaturalist", data, NULL, NULL), CORE_BAD_USAGE, "takes their folder");
    ck_assert_ptr_nonnull(strstr(core_error_message(), "from https://github.com/visipedia/inat_comp"));
    EXPECT_FAILURE(ds_data_fetch("imagenet", data, NULL, NULL), CORE_BAD_USAGE, "\"imagenet\"");
}
END_TEST

/* ---- Tiny ImageNet: an archive of pictures ------------------------------------------------------------------------ */

static char tiny_folder[64], zip[PATH_BYTES], zip_part[PATH_BYTES], zip_md5[CORE_HASH_HEX_MAX];

static void setup_tiny(void)
{
    core_hash_digest digest;
    make_test_folder(tiny_folder);
    write_tiny(tiny_folder);
    path_of(zip, "%s/tiny.zip", tiny_folder);
    path_of(data, "%s/data", tiny_folder);
    path_of(zip_part, "%s/tiny-imagenet-200.zip.part/tiny-imagenet-200.zip", data);
    EXPECT_OK(core_hash_file(CORE_HASH_MD5, zip, &digest));
    core_hash_hex(&digest, zip_md5);
}

static void teardown_tiny(void) { remove_test_folder(tiny_folder); }

static core_status fetch_tiny(const char *expected_md5, const char *order, ds_data_report *report)
{
    const ds_fetch_options options = {.url = url, .md5 = expected_md5, .pictures = {.class_order = order}};
    return ds_data_fetch("tiny_imagenet", data, &options, report);
}

START_TEST(test_pictures_are_fetched_and_continued)
{
    ds_data_report report;
    loopback server = start_server(zip, "--break-after", "5000", NULL);
    path_of(url, "http://127.0.0.1:%d/tiny-imagenet-200.zip", server.port);
    EXPECT_FAILURE(fetch_tiny(zip_md5, NULL, &report), CORE_MACHINE, "the same command continues");
    EXPECT_OK(fetch_tiny(zip_md5, NULL, &report));
    ck_assert(report.verified);
    ck_assert_int_eq(report.train_count, 6);
    ck_assert_int_eq(report.serious, 2);
    EXPECT_OK(fetch_tiny(zip_md5, NULL, &report));
    ck_assert(report.already_present);
    EXPECT_OK(fetch_tiny(zip_md5, "wnids", &report)); /* another order is another data set */
    ck_assert(!report.already_present);
    ck_assert_str_eq(report.class_order, "wnids");
    end_server(server);
    shell("printf 'whole\nbytes=5000-\nwhole\n' | cmp - %s.log && test ! -e $(dirname %s)", zip, zip_part);
}
END_TEST

/* Through a proxy, which is the local server: the official address of Tiny ImageNet is http. */
START_TEST(test_pictures_come_from_their_official_address)
{
    char proxy[64];
    const ds_fetch_options options = {.md5 = zip_md5};
    loopback server = start_server(zip, NULL, NULL, NULL);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", server.port);
    setenv("http_proxy", proxy, 1);
    setenv("no_proxy", "", 1);
    EXPECT_OK(ds_data_fetch("tiny_imagenet", data, &options, NULL));
    end_server(server);
}
END_TEST

START_TEST(test_pictures_of_another_md5_are_refused)
{
    char place[PATH_BYTES];
    path_of(url, "file://%s", zip);
    EXPECT_FAILURE(fetch_tiny(NULL, NULL, NULL), CORE_BAD_FILE, "expected 90528d7ca1a48142e341f4ef8d21d0de");
    ck_assert(!exists(zip_part));
    ck_assert(!exists(path_of(place, "%s/tiny_imagenet", data)));
}
END_TEST

/* Nobody is asked for an archive that came whole before the import was stopped. */
START_TEST(test_whole_part_is_imported_without_its_server)
{
    ds_data_report report;
    path_of(url, "file:///nowhere");
    shell("mkdir -p $(dirname %s) && printf 'archive: tiny-imagenet-200.zip\n' > $(dirname %s)/tailbit-download && "
          "cp %s %s",
          zip_part, zip_part, zip, zip_part);
    EXPECT_OK(fetch_tiny(zip_md5, NULL, &report));
    ck_assert_int_eq(report.test_count, 2);
}
END_TEST

int main(void)
{
    if (!ds_download_available()) {
        puts("skipped: this build has no libcurl");
        return 77;
    }
    Suite *suite = suite_create("datasets/fetch");
    const TTest *const tests[] = {test_fetched_data_set_is_verified_and_not_fetched_again,
                                  test_unverified_or_damaged_data_set_is_fetched_anew,
                                  test_broken_download_is_continued,
                                  test_part_of_another_file_is_begun_anew,
                                  test_part_longer_than_the_archive_is_begun_anew,
                                  test_server_that_cannot_continue_is_begun_anew,
                                  test_wrong_archive_is_removed_and_named,
                                  test_full_disk_keeps_the_part,
                                  test_names_without_an_address_are_refused};
    TCase *tcase = tcase_create("fetch");
    tcase_set_timeout(tcase, 180.0);
    tcase_add_unchecked_fixture(tcase, make_base, remove_base);
    tcase_add_checked_fixture(tcase, name_data, remove_data);
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    tcase_add_loop_test(tcase, test_what_a_user_put_there_is_named_and_stays, 0, LENGTH(users));
    suite_add_tcase(suite, tcase);
    const TTest *const tiny_tests[] = {
        test_pictures_are_fetched_and_continued, test_pictures_come_from_their_official_address,
        test_pictures_of_another_md5_are_refused, test_whole_part_is_imported_without_its_server};
    add_with_fixture(suite, setup_tiny, teardown_tiny, tiny_tests, LENGTH(tiny_tests));
    return run_suite(suite);
}

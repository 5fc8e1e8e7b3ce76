#include "datasets/download.h"

#include "tests/datasets/server.h"

static char folder[64], source[PATH_BYTES], part[PATH_BYTES], url[PATH_BYTES];

static void make_folder(void)
{
    make_test_folder(folder);
    path_of(source, "%s/source", folder);
    path_of(part, "%s/file.part", folder);
    shell("head -c 300000 /dev/urandom > %s", source);
}

static void remove_folder(void) { remove_test_folder(folder); }

static core_status download(bool *cannot_continue)
{
    ds_download job = {.url = url, .part = part};
    return ds_download_run(&job, cannot_continue);
}

static void expect_whole(void) { shell("cmp %s %s", source, part); }

START_TEST(test_a_file_address_is_copied)
{
    bool cannot_continue;
    path_of(url, "file://%s", source);
    EXPECT_OK(download(&cannot_continue));
    expect_whole();
}
END_TEST

START_TEST(test_an_http_address_is_copied)
{
    bool cannot_continue;
    loopback server = start_server(source, NULL, NULL, NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    EXPECT_OK(download(&cannot_continue));
    end_server(server);
    expect_whole();
}
END_TEST

START_TEST(test_a_broken_download_is_continued_where_it_ended)
{
    bool cannot_continue;
    loopback server = start_server(source, "--break-after", "100000", NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    EXPECT_FAILURE(download(&cannot_continue), CORE_MACHINE, "the same command continues");
    ck_assert_ptr_nonnull(strstr(core_error_message(), "100000 bytes"));
    ck_assert(!cannot_continue);
    EXPECT_OK(download(&cannot_continue));
    end_server(server);
    expect_whole();
    shell("printf 'whole\\nbytes=100000-\\n' | cmp - %s.log", source);
}
END_TEST

START_TEST(test_a_complete_part_stays_as_it_is)
{
    bool cannot_continue;
    loopback server = start_server(source, NULL, NULL, NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    shell("cp %s %s", source, part);
    EXPECT_OK(download(&cannot_continue));
    end_server(server);
    expect_whole();
}
END_TEST

START_TEST(test_a_server_that_cannot_continue_is_told_apart)
{
    bool cannot_continue;
    loopback server = start_server(source, "--no-range", NULL, NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    shell("head -c 1000 %s > %s", source, part);
    EXPECT_STATUS(download(&cannot_continue), CORE_MACHINE);
    end_server(server);
    ck_assert(cannot_continue);
    shell("head -c 1000 %s | cmp - %s", source, part);
}
END_TEST

START_TEST(test_a_missing_page_is_an_error_and_leaves_no_page_in_the_part)
{
    bool cannot_continue;
    loopback server = start_server(source, "--status", "404", NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    EXPECT_FAILURE(download(&cannot_continue), CORE_MACHINE, "404");
    end_server(server);
    ck_assert(!cannot_continue);
    shell("test ! -s %s", part);
}
END_TEST

START_TEST(test_certificates_come_from_the_file_that_the_environment_names)
{
    bool cannot_continue;
    loopback server = start_server(source, NULL, NULL, NULL);
    path_of(url, "https://127.0.0.1:%d/x", server.port);
    setenv("SSL_CERT_FILE", "/nowhere/certificates.crt", 1);
    EXPECT_FAILURE(download(&cannot_continue), CORE_MACHINE, "/nowhere/certificates.crt");
    unsetenv("SSL_CERT_FILE");
    end_server(server);
}
END_TEST

START_TEST(test_nobody_at_the_address_is_an_error)
{
    bool cannot_continue;
    loopback server = start_server(source, NULL, NULL, NULL);
    end_server(server); /* its port is free again */
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    EXPECT_FAILURE(download(&cannot_continue), CORE_MACHINE, "cannot download http://127.0.0.1");
}
END_TEST

START_TEST(test_official_addresses_are_https_only)
{
    bool cannot_continue;
    ds_download job = {.url = url, .https_only = true, .part = part};
    path_of(url, "file://%s", source);
    EXPECT_FAILURE(ds_download_run(&job, &cannot_continue), CORE_MACHINE, "file");
    path_of(url, "http://127.0.0.1:1/x");
    EXPECT_FAILURE(ds_download_run(&job, &cannot_continue), CORE_MACHINE, "rotocol");
    shell("test ! -s %s", part);
}
END_TEST

START_TEST(test_a_redirect_leads_to_https_only)
{
    bool cannot_continue;
    char target[PATH_BYTES];
    loopback server = start_server(source, "--redirect", path_of(target, "file://%s", source), NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    EXPECT_STATUS(download(&cannot_continue), CORE_MACHINE);
    end_server(server);
    shell("test ! -s %s", part);
}
END_TEST

START_TEST(test_a_full_disk_is_said_and_the_part_kept)
{
    bool cannot_continue;
    path_of(url, "file://%s", source);
    limit_file_size(200000);
    core_status status = download(&cannot_continue);
    unlimit_file_size();
    EXPECT_FAILURE(status, CORE_MACHINE, "free some space");
    ck_assert_ptr_nonnull(strstr(core_error_message(), part));
    ck_assert(!cannot_continue);
    shell("head -c 200000 %s | cmp - %s", source, part);
}
END_TEST

START_TEST(test_a_folder_that_is_not_there_is_an_error)
{
    bool cannot_continue;
    path_of(url, "file://%s", source);
    path_of(part, "%s/none/file.part", folder);
    EXPECT_FAILURE(download(&cannot_continue), CORE_MACHINE, "none/file.part");
}
END_TEST

static void note_progress(void *context, int64_t done_bytes, int64_t total_bytes)
{
    int64_t *last = context;
    ck_assert_int_ge(done_bytes, last[0]);
    last[0] = done_bytes;
    last[1] = total_bytes;
}

START_TEST(test_progress_counts_what_was_there_before)
{
    bool cannot_continue;
    int64_t last[2] = {0, 0};
    loopback server = start_server(source, NULL, NULL, NULL);
    path_of(url, "http://127.0.0.1:%d/x", server.port);
    shell("head -c 1000 %s > %s", source, part);
    ds_download job = {.url = url, .part = part, .progress = note_progress, .context = last};
    EXPECT_OK(ds_download_run(&job, &cannot_continue));
    end_server(server);
    ck_assert_int_eq(last[0], 300000);
    ck_assert_int_eq(last[1], 300000);
}
END_TEST

int main(void)
{
    if (!ds_download_available()) {
        puts("skipped: this build has no libcurl");
        return 77;
    }
    Suite *suite = suite_create("datasets/download");
    const TTest *const tests[] = {test_a_file_address_is_copied,
                                  test_an_http_address_is_copied,
                                  test_a_broken_download_is_continued_where_it_ended,
                                  test_a_complete_part_stays_as_it_is,
                                  test_a_server_that_cannot_continue_is_told_apart,
                                  test_a_missing_page_is_an_error_and_leaves_no_page_in_the_part,
                                  test_certificates_come_from_the_file_that_the_environment_names,
                                  test_nobody_at_the_address_is_an_error,
                                  test_official_addresses_are_https_only,
                                  test_a_redirect_leads_to_https_only,
                                  test_a_full_disk_is_said_and_the_part_kept,
                                  test_a_folder_that_is_not_there_is_an_error,
                                  test_progress_counts_what_was_there_before};
    TCase *tcase = tcase_create("download");
    tcase_set_timeout(tcase, 60.0);
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

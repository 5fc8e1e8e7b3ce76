#include "core/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support.h"

static char folder[64], place[128];

static void make_base(void)
{
    make_test_folder(folder);
    snprintf(place, sizeof place, "%s/place", folder);
}

static void remove_base(void) { remove_test_folder(folder); }

/* Runs a shell command in the test's folder. */
static void shell(const char *words)
{
    char command[1024];
    snprintf(command, sizeof command, "cd %s && %s", folder, words);
    ck_assert_msg(system(command) == 0, "failed: %s", command);
}

static bool holds(const char *name, const void *context) { return strcmp(name, (const char *)context) == 0; }

static const core_folder_kind kind = {.purpose = "a test",
                                      .instead = "another name",
                                      .mark = "mark",
                                      .starts = "made by: test\n",
                                      .holds = holds,
                                      .context = "data.bin"};

/* Every name, and the sum of every file. */
#define LIST   "(find . ! -name before -printf '%P %y %l\\n'; find . -type f ! -name before -exec cksum {} +) | sort"
#define MARKED "mkdir place && echo 'made by: test' > place/mark && "
static const char *const others[][2] = {
    {"echo words > place", "/place is a file"},
    {"mkfifo place", "/place is no folder"},
    {"ln -s . place", "/place is a link"},
    {"ln -s nowhere place", "/place is a link"},
    {"mkdir place && echo words > place/data.bin", "in which no mark says"},
    {"mkdir place && echo words > place/mark", "in which no mark says"},
    {"mkdir place && : > place/mark && : > place/data.bin", "in which no mark says"},
    {"mkdir place && ln -s ../own place/mark && echo 'made by: test' > own", "a folder that holds mark"},
    {MARKED "echo words > place/notes.txt", "a folder that holds notes.txt"},
    {MARKED "echo words > place/notes.tmp.host.1", "a folder that holds notes.tmp.host.1"},
    {MARKED "mkdir place/data.bin", "a folder that holds data.bin"},
    {MARKED "ln -s ../own place/data.bin && echo words > own", "a folder that holds data.bin"},
};

START_TEST(test_what_tailbit_did_not_make_is_named_and_stays)
{
    shell(others[_i][0]);
    shell("find . ! -name before -printf '%P %y %s %l\\n' | sort > before");
    EXPECT_FAILURE(core_folder_may_replace(place, &kind), CORE_BAD_USAGE, others[_i][1]);
    ck_assert_ptr_nonnull(strstr(core_error_message(), "move it away, or give another name"));
    EXPECT_FAILURE(core_folder_make(place, &kind), CORE_BAD_USAGE, others[_i][1]);
    EXPECT_FAILURE(core_folder_remove(place, &kind), CORE_BAD_USAGE, others[_i][1]);
    core_folder_discard(place, &kind);
    shell("find . ! -name before -printf '%P %y %s %l\\n' | sort | cmp - before");
}
END_TEST

static const char *const own[] = {
    ":",
    "mkdir place",
    "mkdir place && : > place/mark",
    "mkdir place && echo 'made by: test' > place/mark",
    MARKED "echo 'more' >> place/mark && echo words > place/data.bin && echo half > place/data.bin.tmp.host.7",
};

START_TEST(test_what_tailbit_made_goes_on_and_is_removed)
{
    shell(own[_i]);
    EXPECT_OK(core_folder_may_replace(place, &kind));
    EXPECT_OK(core_folder_make(place, &kind));
    shell("head -n 1 place/mark | grep -qx 'made by: test'");
    EXPECT_OK(core_folder_make(place, &kind));
    shell("test ! -e place/data.bin || grep -qx words place/data.bin");
    EXPECT_OK(core_folder_remove(place, &kind));
    shell("test ! -e place");
    EXPECT_OK(core_folder_remove(place, &kind));
}
END_TEST

START_TEST(test_a_folder_that_cannot_be_written_is_the_machine_s)
{
    char deep[192];
    snprintf(deep, sizeof deep, "%s/none/place", folder);
    EXPECT_FAILURE(core_folder_make(deep, &kind), CORE_MACHINE, "none/place");
}
END_TEST

START_TEST(test_discard_leaves_the_message)
{
    shell("echo words > place");
    EXPECT_STATUS(core_fail(CORE_BAD_FILE, "the reason"), CORE_BAD_FILE);
    core_folder_discard(place, &kind);
    ck_assert_str_eq(core_error_message(), "the reason");
}
END_TEST

START_TEST(test_names_in_a_folder_are_sorted)
{
    core_arena arena = {0};
    core_names names = {0};
    shell("mkdir place && touch place/b place/.a 'place/c d' && mkdir place/a");
    EXPECT_OK(core_folder_names(place, "a test", &names, &arena));
    static const char *const sorted[] = {".a", "a", "b", "c d"};
    ck_assert_int_eq(names.count, LENGTH(sorted));
    for (int i = 0; i < LENGTH(sorted); i++) {
        ck_assert_str_eq(names.names[i], sorted[i]);
    }
    shell("touch file");
    snprintf(place, sizeof place, "%s/file", folder);
    EXPECT_FAILURE(core_folder_names(place, "a test", &names, &arena), CORE_BAD_FILE, "expected a test");
    core_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/folder");
    TCase *tcase = tcase_create("folder");
    tcase_add_checked_fixture(tcase, make_base, remove_base);
    tcase_add_loop_test(tcase, test_what_tailbit_did_not_make_is_named_and_stays, 0, LENGTH(others));
    tcase_add_loop_test(tcase, test_what_tailbit_made_goes_on_and_is_removed, 0, LENGTH(own));
    tcase_add_test(tcase, test_a_folder_that_cannot_be_written_is_the_machine_s);
    tcase_add_test(tcase, test_names_in_a_folder_are_sorted);
    tcase_add_test(tcase, test_discard_leaves_the_message);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

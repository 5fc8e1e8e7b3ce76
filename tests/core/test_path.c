/* core/path: what ends in what, and names in folders. */
#include "core/path.h"

#include "tests/support.h"

static core_arena arena;

static void teardown(void) { core_arena_free(&arena); }

START_TEST(test_an_end_is_no_whole_path)
{
    ck_assert(core_path_ends_in("runs/a.h5", ".h5"));
    ck_assert(!core_path_ends_in(".h5", ".h5"));
    ck_assert(!core_path_ends_in("h5", ".h5"));
    ck_assert(!core_path_ends_in("a.h5.lock", ".h5"));
}
END_TEST

START_TEST(test_a_stem_is_what_stands_before_the_end)
{
    ck_assert_uint_eq(core_path_stem_bytes("runs/a.h5", ".h5"), 6);
    ck_assert_uint_eq(core_path_stem_bytes("runs/a", ".h5"), 6);
    ck_assert_uint_eq(core_path_stem_bytes(".h5", ".h5"), 3);
}
END_TEST

START_TEST(test_a_name_in_a_folder_has_one_slash_more)
{
    char *path;
    EXPECT_OK(core_path_join("runs/table2", "cifar10-step", ".h5", &arena, &path));
    ck_assert_str_eq(path, "runs/table2/cifar10-step.h5");
    EXPECT_OK(core_path_join("", "a", "", &arena, &path));
    ck_assert_str_eq(path, "/a");
}
END_TEST

START_TEST(test_names_are_sorted_from_where_it_is_asked)
{
    static const char *const sorted[] = {"z", "a", "a.h5", "b"};
    char name[] = "b";
    core_names names = {0};
    EXPECT_OK(core_names_add(&names, "z", &arena));
    EXPECT_OK(core_names_add(&names, name, &arena));
    name[0] = 'x'; /* it was copied */
    EXPECT_OK(core_names_add(&names, "a.h5", &arena));
    EXPECT_OK(core_names_add(&names, "a", &arena));
    core_names_sort(&names, 1);
    ck_assert_int_eq(names.count, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(names.names[i], sorted[i]);
    }
    core_names_sort(&(core_names){0}, 0);
}
END_TEST

START_TEST(test_sorted_names_are_found)
{
    const core_names names = {.count = 4, .names = (const char *[]){"a", "c", "c", "d"}}, none = {0};
    ck_assert_int_eq(core_names_find(&names, "a"), 0);
    ck_assert_int_eq(core_names_find(&names, "d"), 3);
    ck_assert_int_eq(core_names_find(&names, "b"), -1);
    ck_assert_int_eq(core_names_find(&none, "a"), -1);
    ck_assert_str_eq(core_names_twice(&names), "c");
    ck_assert_ptr_null(core_names_twice(&(core_names){.count = 2, .names = names.names + 2}));
    ck_assert_ptr_null(core_names_twice(&none));
}
END_TEST

START_TEST(test_a_merge_tells_who_has_a_name)
{
    const core_names a = {.count = 3, .names = (const char *[]){"a", "c", "d"}};
    const core_names b = {.count = 2, .names = (const char *[]){"b", "c"}};
    static const struct {
        const char *name;
        bool in_a, in_b;
    } expected[] = {{"a", true, false}, {"b", false, true}, {"c", true, true}, {"d", true, false}};
    core_names_merge m = {.a = &a, .b = &b};
    for (int i = 0; i < LENGTH(expected); i++) {
        ck_assert(core_names_next(&m));
        ck_assert_str_eq(m.name, expected[i].name);
        ck_assert(m.in_a == expected[i].in_a && m.in_b == expected[i].in_b);
    }
    ck_assert(!core_names_next(&m));
}
END_TEST

START_TEST(test_name_and_folder_are_the_parts_of_a_path)
{
    static const char *const parts[][3] = {
        {"runs/a.h5", "runs", "a.h5"}, {"a", ".", "a"}, {"/a", "/", "a"}, {"x/y/", "x/y", ""}};
    char folder[CORE_PATH_BYTES];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        EXPECT_OK(core_path_folder(parts[i][0], folder));
        ck_assert_str_eq(folder, parts[i][1]);
        ck_assert_str_eq(core_path_name(parts[i][0]), parts[i][2]);
    }
}
END_TEST

START_TEST(test_path_that_linux_cannot_open_is_refused)
{
    static char long_path[CORE_PATH_BYTES + 1];
    char path[CORE_PATH_BYTES];
    memset(long_path, 'a', CORE_PATH_BYTES);
    EXPECT_FAILURE(core_path_write(path, "%s", long_path), CORE_BAD_USAGE, "has 4096 bytes, expected fewer than 4096");
    EXPECT_OK(core_path_write(path, "%s", long_path + 1));
    ck_assert_str_eq(path, long_path + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/path");
    TCase *path = tcase_create("path");
    tcase_add_checked_fixture(path, NULL, teardown);
    suite_add_tcase(suite, path);
    tcase_add_test(path, test_an_end_is_no_whole_path);
    tcase_add_test(path, test_a_stem_is_what_stands_before_the_end);
    tcase_add_test(path, test_a_name_in_a_folder_has_one_slash_more);
    tcase_add_test(path, test_names_are_sorted_from_where_it_is_asked);
    tcase_add_test(path, test_sorted_names_are_found);
    tcase_add_test(path, test_a_merge_tells_who_has_a_name);
    tcase_add_test(path, test_name_and_folder_are_the_parts_of_a_path);
    tcase_add_test(path, test_path_that_linux_cannot_open_is_refused);
    return run_suite(suite);
}

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

int main(void)
{
    Suite *suite = suite_create("core/path");
    TCase *path = tcase_create("path");
    tcase_add_checked_fixture(path, NULL, teardown);
    suite_add_tcase(suite, path);
    tcase_add_test(path, test_an_end_is_no_whole_path);
    tcase_add_test(path, test_a_stem_is_what_stands_before_the_end);
    tcase_add_test(path, test_a_name_in_a_folder_has_one_slash_more);
    return run_suite(suite);
}

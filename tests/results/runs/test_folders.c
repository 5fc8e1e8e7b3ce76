/* results/runs/folder and results/runs/compare on two folders: pairs by name, a line each. */
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "results/runs/compare.h"
#include "results/runs/folder.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static core_arena arena;
static char folder[64], folder_a[96], folder_b[96];
static char *report;

static void setup(void)
{
    make_test_folder(folder);
    snprintf(folder_a, sizeof folder_a, "%s/A", folder);
    snprintf(folder_b, sizeof folder_b, "%s/B", folder);
}

static void teardown(void)
{
    free(report);
    report = NULL;
    core_arena_free(&arena);
    remove_test_folder(folder);
}

static void save(const char *where, const char *name, const res_run *run)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", where, name);
    EXPECT_OK(core_file_make_parent(path));
    EXPECT_OK(res_run_save(run, path));
}

static void save_both(const char *name, uint64_t seed)
{
    const res_run run = sample_run(&arena, seed);
    save(folder_a, name, &run);
    save(folder_b, name, &run);
}

static core_status compare(void)
{
    free(report);
    report = NULL;
    return res_compare_folders(folder_a, folder_b, &report);
}

#define EXPECT_REPORT(word)                                                                                            \
    ck_assert_msg(report != NULL && strstr(report, (word)) != NULL, "no \"%s\" in:\n%s", (word), report)
#define EXPECT_NO_REPORT_OF(word) ck_assert_msg(strstr(report, (word)) == NULL, "\"%s\" in:\n%s", (word), report)

START_TEST(test_the_same_runs_are_the_same)
{
    save_both("b.h5", 1);
    save_both("table2/a.h5", 2);
    EXPECT_OK(compare());
    EXPECT_REPORT("\nb.h5: the same bits: 3 epochs");
    EXPECT_REPORT("\ntable2/a.h5: the same bits: 3 epochs");
    EXPECT_REPORT("\n2 the same, 0 differ, 0 on one side only, 0 cannot be compared\n");
    EXPECT_NO_REPORT_OF("the first that differs");
}
END_TEST

START_TEST(test_a_pair_that_differs_is_told_and_the_first_in_full)
{
    save_both("a.h5", 1);
    res_run other = sample_run(&arena, 2);
    save(folder_a, "b.h5", &other);
    other.epochs.tensor_digest[1 * SAMPLE_P + 2] ^= 1;
    save(folder_b, "b.h5", &other);
    save(folder_a, "c.h5", &other);
    other.epochs.tensor_digest[0] ^= 1;
    save(folder_b, "c.h5", &other);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("\na.h5: the same bits");
    EXPECT_REPORT("\nb.h5: first epoch that differs: 1, first tensor: momentum/conv1.weight (1 of 3)\n");
    EXPECT_REPORT("\nc.h5: first epoch that differs: 0, first tensor: conv1.weight (1 of 3)\n");
    EXPECT_REPORT("the first that differs:\nA: ");
    EXPECT_REPORT("/epochs/tensor_digest: 1 of 9 differ, first at (1, 2): ");
    EXPECT_NO_REPORT_OF("first at (0, 0): ");
    EXPECT_REPORT("\n1 the same, 2 differ, 0 on one side only, 0 cannot be compared\n");
}
END_TEST

START_TEST(test_names_on_one_side_are_named)
{
    const res_run run = sample_run(&arena, 1);
    save(folder_a, "a.h5", &run);
    save_both("m.h5", 2);
    save(folder_b, "n.h5", &run);
    save(folder_b, "z.h5", &run);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("\na.h5: only in A\n");
    EXPECT_REPORT("\nm.h5: the same bits");
    EXPECT_REPORT("\nn.h5: only in B\n");
    EXPECT_REPORT("\nz.h5: only in B\n");
    EXPECT_REPORT("\n1 the same, 0 differ, 3 on one side only, 0 cannot be compared\n");
}
END_TEST

START_TEST(test_an_unfinished_run_is_told)
{
    const res_run run = sample_run(&arena, 1), part = sample_unfinished(&arena, 1, 2);
    save(folder_a, "a.h5", &run);
    save(folder_b, "a.h5", &part);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("\na.h5: B is unfinished: 2 of 3 epochs\n");
}
END_TEST

START_TEST(test_a_foreign_file_is_named_and_the_others_compared)
{
    char path[160];
    save_both("a.h5", 1);
    save_both("c.h5", 2);
    const char *const both[] = {folder_a, folder_b};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/b.h5", both[i]);
        EXPECT_OK(core_file_write(path, &core_file_any, "foreign", 7));
        snprintf(path, sizeof path, "%s/notes.txt", both[i]);
        EXPECT_OK(core_file_write(path, &core_file_any, &both[i][0], 5));
    }
    EXPECT_FAILURE(compare(), CORE_BAD_FILE, "1 of the files cannot be compared");
    EXPECT_REPORT("b.h5 is not an HDF5 file");
    EXPECT_REPORT("\nc.h5: the same bits");
    EXPECT_REPORT("\n2 the same, 0 differ, 0 on one side only, 1 cannot be compared\n");
    EXPECT_NO_REPORT_OF("notes");
}
END_TEST

START_TEST(test_a_folder_that_is_missing_or_empty_is_an_error)
{
    char untouched[] = "untouched";
    save_both("a.h5", 1);
    char *text = untouched;
    EXPECT_FAILURE(res_compare_folders(folder_a, "/nowhere", &text), CORE_BAD_FILE, "/nowhere");
    char empty[96];
    snprintf(empty, sizeof empty, "%s/empty", folder);
    ck_assert_int_eq(mkdir(empty, 0777), 0);
    EXPECT_FAILURE(res_compare_folders(empty, folder_a, &text), CORE_BAD_FILE, "holds no run file");
    ck_assert_ptr_eq(text, untouched);
}
END_TEST

START_TEST(test_a_folder_lists_run_files_at_any_depth_in_order)
{
    static const char *const names[] = {"b.h5",       "a/z.h5",      "a/deep/er.h5", "a.h5",
                                        ".hidden.h5", "a/x.h5.lock", "x.h5.tmp.7",   "a.at-drop-paper.probe.h5"};
    char path[256], link[256];
    for (int i = 0; i < LENGTH(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder_a, names[i]);
        EXPECT_OK(core_file_make_parent(path));
        EXPECT_OK(core_file_write(path, &core_file_any, "x", 1));
    }
    snprintf(link, sizeof link, "%s/loop", folder_a);
    ck_assert_int_eq(symlink(folder_a, link), 0);
    snprintf(path, sizeof path, "%s/a.h5", folder_a);
    snprintf(link, sizeof link, "%s/c.h5", folder_a);
    ck_assert_int_eq(symlink(path, link), 0);
    snprintf(link, sizeof link, "%s/lost.h5", folder_a);
    ck_assert_int_eq(symlink("nowhere", link), 0);
    snprintf(path, sizeof path, "%s/pipe.h5", folder_a);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    res_folder found;
    EXPECT_OK(res_folder_list(folder_a, &arena, &found));
    static const char *const expected[] = {"a.h5", "a/deep/er.h5", "a/z.h5", "b.h5", "c.h5", "lost.h5"};
    ck_assert_int_eq(found.runs.count, LENGTH(expected));
    for (int i = 0; i < LENGTH(expected); i++) {
        ck_assert_str_eq(found.runs.names[i], expected[i]);
    }
}
END_TEST

START_TEST(test_a_file_is_no_folder)
{
    char path[160];
    save_both("a.h5", 1);
    snprintf(path, sizeof path, "%s/a.h5", folder_a);
    res_folder found = {.gap_count = 7};
    EXPECT_FAILURE(res_folder_list(path, &arena, &found), CORE_BAD_FILE, "a.h5");
    ck_assert_int_eq(found.gap_count, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/folders");
    TCase *all = tcase_create("folders");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 120.0);
    suite_add_tcase(suite, all);
    tcase_add_test(all, test_the_same_runs_are_the_same);
    tcase_add_test(all, test_a_pair_that_differs_is_told_and_the_first_in_full);
    tcase_add_test(all, test_names_on_one_side_are_named);
    tcase_add_test(all, test_an_unfinished_run_is_told);
    tcase_add_test(all, test_a_foreign_file_is_named_and_the_others_compared);
    tcase_add_test(all, test_a_folder_that_is_missing_or_empty_is_an_error);
    tcase_add_test(all, test_a_folder_lists_run_files_at_any_depth_in_order);
    tcase_add_test(all, test_a_file_is_no_folder);
    return run_suite(suite);
}

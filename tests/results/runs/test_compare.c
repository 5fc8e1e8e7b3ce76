/* results/runs/compare: the same is the same, and a difference is told. */
#include "results/runs/compare.h"

#include <hdf5.h>

#include "core/file.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static core_arena arena;
static char folder[64], path_a[96], path_b[96];
static char *report;

static void setup(void)
{
    make_test_folder(folder);
    snprintf(path_a, sizeof path_a, "%s/a.h5", folder);
    snprintf(path_b, sizeof path_b, "%s/b.h5", folder);
}

static void teardown(void)
{
    free(report);
    report = NULL;
    core_arena_free(&arena);
    remove_test_folder(folder);
}

static core_status compare(void)
{
    free(report);
    report = NULL;
    return res_compare(path_a, path_b, &report);
}

#define EXPECT_REPORT(word)                                                                                            \
    ck_assert_msg(report != NULL && strstr(report, (word)) != NULL, "no \"%s\" in:\n%s", (word), report)
#define EXPECT_NO_REPORT_OF(word) ck_assert_msg(strstr(report, (word)) == NULL, "\"%s\" in:\n%s", (word), report)

static void save_both(const res_run *a, const res_run *b)
{
    EXPECT_OK(res_run_save(a, path_a));
    EXPECT_OK(res_run_save(b, path_b));
}

START_TEST(test_the_same_run_is_the_same)
{
    const res_run a = sample_run(&arena, 1), b = sample_run(&arena, 1);
    save_both(&a, &b);
    EXPECT_OK(compare());
    EXPECT_REPORT("the same bits: 3 epochs");
    EXPECT_REPORT(path_b);
}
END_TEST

START_TEST(test_another_machine_and_another_time_are_the_same)
{
    const res_run a = sample_run(&arena, 1);
    res_run b = sample_run(&arena, 1);
    b.creator = "tailbit of tomorrow";
    b.env.count = 1;
    b.timing.seconds[1] *= 2.0;
    b.timing.E = 2;
    save_both(&a, &b);
    EXPECT_OK(compare());
}
END_TEST

START_TEST(test_the_first_epoch_and_tensor_that_differ_are_named)
{
    const res_run a = sample_run(&arena, 1);
    res_run b = sample_run(&arena, 1);
    b.epochs.tensor_digest[1 * SAMPLE_P + 1] ^= 1;
    b.epochs.tensor_digest[1 * SAMPLE_P + 2] ^= 1;
    b.epochs.tensor_digest[2 * SAMPLE_P + 0] ^= 1;
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("first epoch that differs: 1, first tensor: layer1.0.bn1.running_mean (2 of 3)");
    EXPECT_REPORT("/epochs/tensor_digest: 3 of 9 differ, first at (1, 1): ");
    EXPECT_NO_REPORT_OF("other configuration");
}
END_TEST

START_TEST(test_differing_options_are_shown_with_both_values)
{
    const res_run a = sample_run(&arena, 1);
    res_run b = sample_run(&arena, 1);
    res_option items[6];
    memcpy(items, b.config.options.items, 5 * sizeof *items);
    items[1].real = 10.25;
    items[5] = res_option_text("extra", "yes");
    b.config.options = (res_options){.count = 6, .items = items};
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("  rho: 100.5 | 10.25\n");
    EXPECT_REPORT("  extra: (none) | yes\n");
    EXPECT_NO_REPORT_OF("method");
}
END_TEST

START_TEST(test_other_data_are_named)
{
    const res_run a = sample_run(&arena, 1);
    res_run b = sample_run(&arena, 1);
    b.data.sha256 = "another";
    b.data.verified = true;
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("other examples or labels: SHA-256 5e8848");
    EXPECT_REPORT("data verified: no | yes");
}
END_TEST

START_TEST(test_the_machines_of_the_last_starts_explain_a_difference)
{
    const res_run a = sample_run(&arena, 1);
    res_run b = sample_run(&arena, 2);
    res_option items[2] = {res_option_text("cpu", "Itanium"), res_option_text(RES_ENV_SELF_TEST, "fedc")};
    const res_options start = {.count = 2, .items = items};
    b.env = (res_env){.count = 1, .starts = &start};
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("other arithmetic");
    EXPECT_REPORT("  cpu: Intel Xeon | Itanium\n");
    EXPECT_REPORT("  self_test: 0123456789abcdef | fedc\n");
}
END_TEST

START_TEST(test_an_unfinished_run_counts_as_differing_and_its_epochs_are_compared)
{
    const res_run a = sample_run(&arena, 1), b = sample_unfinished(&arena, 1, 2);
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("B is unfinished: 2 of 3 epochs\n");
    EXPECT_REPORT("what both have is the same: 2 epochs");
    EXPECT_NO_REPORT_OF("A is unfinished");
}
END_TEST

/* Of many classes there are quantiles of the groups. */
START_TEST(test_groups_of_an_unfinished_run_are_compared_by_epoch)
{
    double quantiles[SAMPLE_E * 3 * SAMPLE_Q] = {0.5};
    res_run a = sample_run(&arena, 1), b = sample_unfinished(&arena, 1, 2);
    a.margins.groups = b.margins.groups = 3;
    a.margins.group_quantile = b.margins.group_quantile = quantiles;
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("what both have is the same: 2 epochs");
}
END_TEST

START_TEST(test_an_unfinished_run_differs_in_a_common_epoch)
{
    const res_run a = sample_unfinished(&arena, 1, 1);
    res_run b = sample_unfinished(&arena, 1, 2);
    b.margins.class_min[1] += 1.0;
    b.epochs.lr[1] += 1.0;
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("/margins/class_min: 1 of 4 differ, first at (0, 1): ");
    EXPECT_NO_REPORT_OF("/epochs/lr");
    EXPECT_NO_REPORT_OF("/state");
}
END_TEST

START_TEST(test_two_runs_stopped_at_the_same_step_are_compared_to_their_states)
{
    const res_run a = sample_unfinished(&arena, 1, 2), b = sample_unfinished(&arena, 2, 2);
    save_both(&a, &a);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("what both have is the same");
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("/state/conv1.weight: ");
}
END_TEST

START_TEST(test_an_absent_part_and_another_shape_are_named)
{
    const res_run a = sample_run(&arena, 1);
    res_run b = sample_run(&arena, 1);
    b.margins.target = NULL;
    b.split.n--;
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("/margins/target: only in A\n");
    EXPECT_REPORT("/split/train_index: i64 (11) | i64 (10)\n");
}
END_TEST

START_TEST(test_a_long_list_is_cut)
{
    const res_run a = sample_run(&arena, 1), b = sample_run(&arena, 2);
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT(" more\n");
}
END_TEST

START_TEST(test_minus_zero_is_not_zero)
{
    res_run a = sample_run(&arena, 1), b = sample_run(&arena, 1);
    a.epochs.lr[0] = 0.0;
    b.epochs.lr[0] = -0.0;
    save_both(&a, &b);
    EXPECT_STATUS(compare(), CORE_DIFFERS);
    EXPECT_REPORT("/epochs/lr: 1 of 3 differ, first at (0): 0 | -0\n");
}
END_TEST

START_TEST(test_a_damaged_or_foreign_file_cannot_be_compared)
{
    const res_run a = sample_run(&arena, 1);
    save_both(&a, &a);
    char untouched[] = "untouched", *text = untouched;
    EXPECT_FAILURE(res_compare(path_a, folder, &text), CORE_BAD_FILE, folder);
    EXPECT_OK(core_file_write(path_b, &core_file_any, "foreign", 7));
    EXPECT_FAILURE(res_compare(path_a, path_b, &text), CORE_BAD_FILE, path_b);
    EXPECT_FAILURE(res_compare(path_b, path_a, &text), CORE_BAD_FILE, path_b);
    ck_assert_ptr_eq(text, untouched);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}
END_TEST

static TCase *with_fixture(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120.0);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("results/runs/compare");
    TCase *reports = with_fixture(suite, "reports"), *unfinished = with_fixture(suite, "unfinished"),
          *errors = with_fixture(suite, "errors");
    tcase_add_test(reports, test_the_same_run_is_the_same);
    tcase_add_test(reports, test_another_machine_and_another_time_are_the_same);
    tcase_add_test(reports, test_the_first_epoch_and_tensor_that_differ_are_named);
    tcase_add_test(reports, test_differing_options_are_shown_with_both_values);
    tcase_add_test(reports, test_other_data_are_named);
    tcase_add_test(reports, test_the_machines_of_the_last_starts_explain_a_difference);
    tcase_add_test(reports, test_an_absent_part_and_another_shape_are_named);
    tcase_add_test(reports, test_a_long_list_is_cut);
    tcase_add_test(reports, test_minus_zero_is_not_zero);
    tcase_add_test(unfinished, test_an_unfinished_run_counts_as_differing_and_its_epochs_are_compared);
    tcase_add_test(unfinished, test_groups_of_an_unfinished_run_are_compared_by_epoch);
    tcase_add_test(unfinished, test_an_unfinished_run_differs_in_a_common_epoch);
    tcase_add_test(unfinished, test_two_runs_stopped_at_the_same_step_are_compared_to_their_states);
    tcase_add_test(errors, test_a_damaged_or_foreign_file_cannot_be_compared);
    return run_suite(suite);
}

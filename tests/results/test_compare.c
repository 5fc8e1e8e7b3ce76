/* results/compare: the same is the same, and one bit is found, wherever it lies. */
#include "results/compare.h"

#include <hdf5.h>

#include "core/file.h"
#include "core/h5.h"
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

/* Flips one bit of one element, as another tool would, through HDF5. Returns false where there is no element. */
static bool flip_dataset(const char *file_path, const char *name, size_t byte)
{
    const hid_t file = H5Fopen(file_path, H5F_ACC_RDWR, H5P_DEFAULT), set = H5Dopen2(file, name, H5P_DEFAULT);
    const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
    ck_assert(file >= 0 && set >= 0 && type >= 0 && space >= 0);
    const size_t bytes = (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(type);
    if (bytes > 0) {
        unsigned char *data = malloc(bytes);
        ck_assert(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
        data[byte % bytes] ^= 1;
        ck_assert(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
        free(data);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
    ck_assert(H5Fclose(file) >= 0);
    return bytes > 0;
}

static core_h5_names list(const char *file_path)
{
    core_h5 *file;
    core_h5_names names;
    EXPECT_OK(core_h5_open(file_path, &file));
    EXPECT_OK(core_h5_list(file, "", &arena, &names));
    core_h5_close(file);
    return names;
}

static bool is_dataset(const char *file_path, const char *name)
{
    core_h5 *file;
    core_h5_kind kind;
    EXPECT_OK(core_h5_open(file_path, &file));
    EXPECT_OK(core_h5_look(file, name, &kind, NULL));
    core_h5_close(file);
    return kind == CORE_H5_DATASET;
}

static bool is_outside(const char *name) { return strncmp(name, "env", 3) == 0 || strncmp(name, "timing", 6) == 0; }

START_TEST(test_one_flipped_bit_in_any_dataset_is_found_and_named)
{
    const res_run a = sample_run(&arena, 1);
    save_both(&a, &a);
    const core_h5_names names = list(path_a);
    int flipped = 0;
    for (int64_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];
        if (!is_dataset(path_a, name)) {
            continue;
        }
        EXPECT_OK(res_run_save(&a, path_b));
        ck_assert(flip_dataset(path_b, name, 3));
        EXPECT_STATUS(compare(), is_outside(name) ? CORE_OK : CORE_DIFFERS);
        if (!is_outside(name)) {
            char line[128];
            snprintf(line, sizeof line, "\n1 dataset or attribute differs (A | B):\n  /%s: ", name);
            EXPECT_REPORT(line);
            EXPECT_REPORT("B was changed after tailbit wrote it");
            EXPECT_NO_REPORT_OF("A was changed");
            flipped++;
        }
    }
    ck_assert_int_ge(flipped, 40);
}
END_TEST

/* Flips one bit of an attribute's only value, of its first character if it is text. */
static void flip_attribute(const char *object, const char *name)
{
    const hid_t file = H5Fopen(path_b, H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t at = H5Oopen(file, object[0] != '\0' ? object : "/", H5P_DEFAULT);
    const hid_t attribute = H5Aopen(at, name, H5P_DEFAULT);
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    unsigned char value[64];
    ck_assert(file >= 0 && attribute >= 0 && H5Tget_size(type) <= sizeof value);
    ck_assert(H5Aread(attribute, type, value) >= 0);
    if (H5Tis_variable_str(type) > 0) {
        char *text;
        memcpy(&text, value, sizeof text);
        text[0] ^= 1;
    } else {
        value[0] ^= 1;
    }
    ck_assert(H5Awrite(attribute, type, value) >= 0);
    H5Treclaim(type, space, H5P_DEFAULT, value);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    H5Oclose(at);
    ck_assert(H5Fclose(file) >= 0);
}

static core_h5_names list_attributes(const char *object)
{
    core_h5 *file;
    core_h5_names names;
    EXPECT_OK(core_h5_open(path_a, &file));
    EXPECT_OK(core_h5_attributes(file, object, &arena, &names));
    core_h5_close(file);
    return names;
}

/* Flips each attribute of an object of path_b in turn; returns how many. DIMENSION_LIST has no value of its own. */
static int flip_each_attribute(const res_run *run, const char *object)
{
    const core_h5_names names = list_attributes(object);
    int flipped = 0;
    for (int64_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];
        const bool root = object[0] == '\0';
        if (strcmp(name, "DIMENSION_LIST") == 0 ||
            (root && (strcmp(name, "format") == 0 || strcmp(name, "schema") == 0))) {
            continue;
        }
        EXPECT_OK(res_run_save(run, path_b));
        flip_attribute(object, name);
        if (is_outside(object) || (root && strcmp(name, "creator") == 0)) {
            EXPECT_OK(compare());
            continue;
        }
        ck_assert_msg(compare() == CORE_DIFFERS, "a flip of attribute %s of /%s is not found", name, object);
        char line[192];
        snprintf(line, sizeof line, "  /%s attribute %s: ", object, name);
        EXPECT_REPORT(root ? "B was changed after tailbit wrote it" : line);
        flipped++;
    }
    return flipped;
}

START_TEST(test_one_flipped_bit_in_any_attribute_is_found_and_named)
{
    const res_run a = sample_run(&arena, 1);
    save_both(&a, &a);
    const core_h5_names names = list(path_a);
    int flipped = flip_each_attribute(&a, "");
    for (int64_t i = 0; i < names.count; i++) {
        flipped += flip_each_attribute(&a, names.names[i]);
    }
    ck_assert_int_ge(flipped, 90);
}
END_TEST

/* Where the dataset's numbers lie in the file, and how many bytes. */
static haddr_t place_of(const char *name, hsize_t *bytes)
{
    const hid_t file = H5Fopen(path_a, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, name, H5P_DEFAULT);
    haddr_t place = H5Dget_offset(set);
    *bytes = H5Dget_storage_size(set);
    if (place == HADDR_UNDEF) {
        hsize_t offset[H5S_MAX_RANK];
        unsigned mask;
        const hid_t space = H5Dget_space(set);
        ck_assert(H5Dget_chunk_info(set, space, 0, offset, &mask, &place, bytes) >= 0);
        H5Sclose(space);
    }
    H5Dclose(set);
    H5Fclose(file);
    return place;
}

START_TEST(test_one_flipped_bit_of_the_stored_numbers_is_found_and_named)
{
    const res_run a = sample_run(&arena, 1);
    save_both(&a, &a);
    const core_h5_names names = list(path_a);
    char *data;
    size_t bytes;
    EXPECT_OK(core_file_read(path_a, &data, &bytes));
    int damaged = 0;
    for (int64_t i = 0; i < names.count; i++) {
        const char *name = names.names[i];
        if (!is_dataset(path_a, name) || is_outside(name)) {
            continue;
        }
        hsize_t stored;
        char *byte = data + place_of(name, &stored);
        byte += stored * 2 / 3;
        *byte ^= 0x10;
        EXPECT_OK(core_file_write(path_b, data, bytes));
        *byte ^= 0x10;
        const core_status status = compare();
        char named[128];
        snprintf(named, sizeof named, "/%s", name);
        if (status == CORE_DIFFERS) {
            EXPECT_REPORT(named);
        } else {
            ck_assert_int_eq(status, CORE_BAD_FILE);
            ck_assert_msg(strstr(core_error_message(), named) != NULL && strstr(core_error_message(), path_b) != NULL,
                          "%s", core_error_message());
            damaged++;
        }
    }
    ck_assert_int_ge(damaged, 40);
    free(data);
}
END_TEST

/* A flip may hit bytes that hold nothing; then the content is the same. It never crashes and is never a third thing. */
START_TEST(test_a_flip_anywhere_in_the_file_is_same_different_or_damaged)
{
    const res_run a = sample_run(&arena, 1);
    save_both(&a, &a);
    char *data;
    size_t bytes;
    EXPECT_OK(core_file_read(path_a, &data, &bytes));
    int found = 0;
    for (size_t i = 0; i < bytes; i += 499) {
        data[i] ^= (char)(1 << (i % 7));
        EXPECT_OK(core_file_write(path_b, data, bytes));
        data[i] ^= (char)(1 << (i % 7));
        const core_status status = compare();
        ck_assert_msg(status == CORE_OK || status == CORE_DIFFERS || status == CORE_BAD_FILE, "byte %zu: status %d: %s",
                      i, (int)status, core_error_message());
        found += status != CORE_OK;
    }
    ck_assert_int_gt(found, 0);
    free(data);
}
END_TEST

START_TEST(test_a_damaged_or_foreign_file_cannot_be_compared)
{
    const res_run a = sample_run(&arena, 1);
    save_both(&a, &a);
    char untouched[] = "untouched", *text = untouched;
    EXPECT_FAILURE(res_compare(path_a, folder, &text), CORE_BAD_FILE, folder);
    EXPECT_OK(core_file_write(path_b, "foreign", 7));
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
    Suite *suite = suite_create("results/compare");
    TCase *reports = with_fixture(suite, "reports"), *unfinished = with_fixture(suite, "unfinished");
    TCase *bits = with_fixture(suite, "bits"), *errors = with_fixture(suite, "errors");
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
    tcase_add_test(unfinished, test_an_unfinished_run_differs_in_a_common_epoch);
    tcase_add_test(unfinished, test_two_runs_stopped_at_the_same_step_are_compared_to_their_states);
    tcase_add_test(bits, test_one_flipped_bit_in_any_dataset_is_found_and_named);
    tcase_add_test(bits, test_one_flipped_bit_in_any_attribute_is_found_and_named);
    tcase_add_test(bits, test_one_flipped_bit_of_the_stored_numbers_is_found_and_named);
    tcase_add_test(bits, test_a_flip_anywhere_in_the_file_is_same_different_or_damaged);
    tcase_add_test(errors, test_a_damaged_or_foreign_file_cannot_be_compared);
    return run_suite(suite);
}

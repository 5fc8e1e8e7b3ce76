/* results/runs/run_file: what is no run file is refused, and what cannot be written leaves the old file. */
#include "results/runs/run_file.h"

#include <hdf5.h>
#include <unistd.h>

#include "core/file.h"
#include "core/h5.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static core_arena arena;
static char folder[64], path[96], other[96];

static void setup(void)
{
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/run.h5", folder);
    snprintf(other, sizeof other, "%s/other.h5", folder);
}

static void teardown(void)
{
    core_arena_free(&arena);
    remove_test_folder(folder);
}

/* Nothing equals nothing, also where no array stands for it. */
#define SAME(a, b, count) ck_assert((count) == 0 || memcmp((a), (b), (size_t)(count) * sizeof *(a)) == 0)

static void expect_same_epochs(const res_epochs *a, const res_epochs *b)
{
    ck_assert_int_eq(a->planned, b->planned);
    ck_assert_int_eq(a->E, b->E);
    ck_assert_int_eq(a->K, b->K);
    ck_assert_int_eq(a->P, b->P);
    SAME(a->lr, b->lr, a->E);
    SAME(a->train_loss, b->train_loss, a->E);
    SAME(a->train_error, b->train_error, a->E);
    SAME(a->test_error, b->test_error, a->E);
    SAME(a->test_top5_error, b->test_top5_error, a->E);
    SAME(a->test_calibration_error, b->test_calibration_error, a->E);
    SAME(a->train_class_error, b->train_class_error, a->E * a->K);
    SAME(a->test_class_error, b->test_class_error, a->E * a->K);
    SAME(a->tensor_digest, b->tensor_digest, a->E * a->P);
    for (int64_t p = 0; p < a->P; p++) {
        ck_assert_str_eq(a->tensor_name[p], b->tensor_name[p]);
    }
}

static void read_file(const char *name, char **data, size_t *bytes) { EXPECT_OK(core_file_read(name, data, bytes)); }

START_TEST(test_a_missing_file_is_named)
{
    res_run run = {.creator = "untouched"};
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &run), CORE_BAD_FILE, path);
    ck_assert_str_eq(run.creator, "untouched");
}
END_TEST

START_TEST(test_a_file_that_is_no_hdf5_is_refused)
{
    res_run run;
    EXPECT_OK(core_file_write(path, &core_file_any, "not a run", 9));
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &run), CORE_BAD_FILE, "not an HDF5 file");
    EXPECT_OK(core_file_write(path, &core_file_any, "", 0));
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &run), CORE_BAD_FILE, "not an HDF5 file");
    EXPECT_FAILURE(res_run_load(folder, RES_ALL, &arena, &run), CORE_BAD_FILE, folder);
}
END_TEST

START_TEST(test_a_foreign_hdf5_file_is_refused)
{
    core_h5 *file;
    res_run run;
    EXPECT_OK(core_h5_create(path, &file));
    EXPECT_OK(core_h5_save(file, path));
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &run), CORE_BAD_FILE, "no tailbit run file");
    EXPECT_OK(core_h5_set_text(file, "", "format", "somebody's"));
    ck_assert_int_eq(unlink(path), 0); /* a file of another kind is not replaced */
    EXPECT_OK(core_h5_save(file, path));
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &run), CORE_BAD_FILE, "somebody's");
    core_h5_close(file);
}
END_TEST

START_TEST(test_another_schema_is_refused)
{
    core_h5 *file;
    res_run run;
    EXPECT_OK(core_h5_create(path, &file));
    EXPECT_OK(core_h5_set_text(file, "", "format", "tailbit-run"));
    EXPECT_OK(core_h5_set_i64(file, "", "schema", 2));
    EXPECT_OK(core_h5_save(file, path));
    core_h5_close(file);
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &run), CORE_BAD_FILE, "schema 2, expected 1");
}
END_TEST

START_TEST(test_every_truncation_is_refused)
{
    const res_run a = sample_run(&arena, 1);
    EXPECT_OK(res_run_save(&a, path));
    char *data;
    size_t bytes;
    read_file(path, &data, &bytes);
    for (size_t length = 0; length < bytes; length += 1 + bytes / 61) {
        res_run run;
        EXPECT_OK(core_file_write(other, &core_file_any, data, length));
        EXPECT_FAILURE(res_run_load(other, RES_ALL, &arena, &run), CORE_BAD_FILE, other);
    }
    free(data);
}
END_TEST

/* Deletes an object of a run file as another tool would. */
static void delete_object(const char *object)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert(file >= 0 && H5Ldelete(file, object, H5P_DEFAULT) >= 0 && H5Fclose(file) >= 0);
}

START_TEST(test_a_missing_dataset_is_named)
{
    const res_run a = sample_run(&arena, 1);
    res_run b;
    EXPECT_OK(res_run_save(&a, path));
    delete_object("final/confusion");
    EXPECT_FAILURE(res_run_load(path, RES_FINAL, &arena, &b), CORE_BAD_FILE, "/final/confusion");
    EXPECT_OK(res_run_load(path, RES_EPOCHS, &arena, &b));
}
END_TEST

START_TEST(test_a_file_changed_by_another_tool_is_refused_when_read_whole)
{
    const res_run a = sample_run(&arena, 1);
    res_run b;
    EXPECT_OK(res_run_save(&a, path));
    delete_object("margins/target");
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &b), CORE_BAD_FILE, "was changed after tailbit wrote it");
}
END_TEST

START_TEST(test_a_file_that_cannot_be_written_leaves_the_old_one)
{
    const res_run a = sample_run(&arena, 1), b = sample_run(&arena, 2);
    char missing[128];
    snprintf(missing, sizeof missing, "%s/none/run.h5", folder);
    EXPECT_FAILURE(res_run_save(&a, missing), CORE_MACHINE, missing);
    EXPECT_OK(res_run_save(&a, path));
    if (geteuid() != 0) {
        EXPECT_OK(chmod(folder, 0500) == 0 ? CORE_OK : CORE_MACHINE);
        EXPECT_STATUS(res_run_save(&b, path), CORE_MACHINE);
        EXPECT_OK(chmod(folder, 0700) == 0 ? CORE_OK : CORE_MACHINE);
    }
    res_run c;
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &c));
    expect_same_epochs(&a.epochs, &c.epochs);
}
END_TEST

START_TEST(test_no_handle_is_left_open)
{
    const res_run a = sample_run(&arena, 1);
    res_run b;
    EXPECT_OK(res_run_save(&a, path));
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &b));
    delete_object("final/confusion");
    EXPECT_STATUS(res_run_load(path, RES_ALL, &arena, &b), CORE_BAD_FILE);
    EXPECT_STATUS(res_run_load(path, RES_FINAL, &arena, &b), CORE_BAD_FILE);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}
END_TEST

/* A sample run, and where its arrays may be written to. */
static res_run other_run(void)
{
    core_arena_free(&arena);
    return sample_run(&arena, 1);
}

/* Saving it gives a whole file with a right digest, which no part of is read. */
static void expect_refused(const res_run *run, int parts, const char *word)
{
    res_run loaded;
    EXPECT_OK(res_run_save(run, path));
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &loaded), CORE_BAD_FILE, word);
    EXPECT_FAILURE(res_run_load(path, parts, &arena, &loaded), CORE_BAD_FILE, word);
}

/* Gives the run the pairs of many classes, all of them right, in place of logits and confusion matrix. */
static void predict_all_right(res_run *run, int64_t pairs[SAMPLE_K * 3])
{
    res_final *f = &run->final;
    for (int64_t k = 0; k < SAMPLE_K; k++) {
        int64_t count = 0;
        for (int64_t i = 0; i < SAMPLE_TEST; i++) {
            count += f->label[i] == k;
        }
        if (count > 0) {
            memcpy(pairs + 3 * f->pair_count++, (const int64_t[]){k, k, count}, 3 * sizeof *pairs);
        }
    }
    f->dense_K = 0;
    f->pairs = pairs;
}

START_TEST(test_parts_that_do_not_fit_each_other_are_refused)
{
    res_run run = other_run();
    const int64_t counts[SAMPLE_K] = {SAMPLE_TRAIN, 1, -1, 0}, place[SAMPLE_TRAIN] = {-5};
    const int32_t label[SAMPLE_TRAIN] = {0, SAMPLE_K};
    const int64_t confusion[SAMPLE_K * SAMPLE_K] = {SAMPLE_TEST};
    const double errors[SAMPLE_E] = {0.25, 1.5, 0.25};
    run.data.plane = (const int64_t[]){28, -1};
    expect_refused(&run, RES_DATA, "/data/plane has -1, expected 1 to 1048576 pixels");
    run = other_run();
    run.data.planes = (const int64_t[]){3};
    expect_refused(&run, RES_DATA, "/data/planes has 3, expected 1, of gray images");
    run = other_run();
    run.data.std = NULL;
    expect_refused(&run, RES_DATA, "/data has mean or std alone");
    run = other_run();
    run.split.class_counts = counts;
    expect_refused(&run, RES_SPLIT, "/split/class_counts has the sum -1, expected 11");
    run = other_run();
    run.split.train_index = place;
    expect_refused(&run, RES_SPLIT, "/split/train_index has -5, expected at least 0");
    run = other_run();
    run.epochs.planned = SAMPLE_E - 1;
    expect_refused(&run, RES_EPOCHS, "/epochs has as many epochs as 3, expected at most its own plan of 2");
    run = other_run();
    memcpy(run.epochs.test_error, errors, sizeof errors);
    expect_refused(&run, RES_EPOCHS, "/epochs/test_error has 1.5, expected 0 to 1");
    run = other_run();
    sample_hold_out(&run, &arena, 1);
    run.epochs.validation_class_error = NULL;
    expect_refused(&run, RES_EPOCHS, "/epochs has validation_error or validation_class_error alone");
    run = other_run();
    run.timing.E = SAMPLE_E - 1;
    expect_refused(&run, RES_EPOCHS | RES_TIMING, "/timing has epochs: 2, expected 3");
    run = other_run();
    run.margins.label = label;
    expect_refused(&run, RES_MARGINS, "/margins/label has 4, expected classes from 0 to 3");
    run = other_run();
    run.features.train_label = label;
    expect_refused(&run, RES_SPLIT | RES_FEATURES, "/features/train_label has 4, expected classes from 0 to 3");
    run = other_run();
    run.final.label = label;
    expect_refused(&run, RES_FINAL, "/final/label has 4, expected classes from 0 to 3");
    run = other_run();
    run.final.confusion = confusion;
    expect_refused(&run, RES_FINAL, "/final/confusion has a row whose sum is 9");
    run = other_run();
    int64_t pairs[SAMPLE_K * 3];
    predict_all_right(&run, pairs);
    expect_refused(&run, RES_FINAL, "/final has neither logits nor pairs with top_label");
    run = other_run();
    run.final.best.epoch = SAMPLE_E;
    expect_refused(&run, RES_EPOCHS | RES_FINAL, "/final/epoch has 3, expected 0 to 2");
    run = other_run();
    run.final.last.worst_class = SAMPLE_K;
    expect_refused(&run, RES_FINAL, "/final/worst_class has 4, expected -1 to 3");
}
END_TEST

static TCase *with_fixture(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("results/run_file_errors");
    TCase *errors = with_fixture(suite, "errors");
    tcase_add_test(errors, test_a_missing_file_is_named);
    tcase_add_test(errors, test_a_file_that_is_no_hdf5_is_refused);
    tcase_add_test(errors, test_a_foreign_hdf5_file_is_refused);
    tcase_add_test(errors, test_another_schema_is_refused);
    tcase_add_test(errors, test_every_truncation_is_refused);
    tcase_add_test(errors, test_a_missing_dataset_is_named);
    tcase_add_test(errors, test_a_file_changed_by_another_tool_is_refused_when_read_whole);
    tcase_add_test(errors, test_a_file_that_cannot_be_written_leaves_the_old_one);
    tcase_add_test(errors, test_parts_that_do_not_fit_each_other_are_refused);
    tcase_add_test(errors, test_no_handle_is_left_open);
    return run_suite(suite);
}

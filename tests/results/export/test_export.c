/* results/export/export: which files there are and what is refused; that the numbers are right, tests/end_to_end/export.py
 * says. */
#include "results/export/export.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static core_arena arena;
static char folder[64], path[96], out[96];

static void setup(void)
{
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/run.h5", folder);
    snprintf(out, sizeof out, "%s/out", folder);
}

static void teardown(void)
{
    core_arena_free(&arena);
    remove_test_folder(folder);
}

static void expect_same_files(const char *a, const char *b)
{
    char *text_a, *text_b;
    size_t bytes_a, bytes_b;
    EXPECT_OK(core_file_read(a, &text_a, &bytes_a));
    EXPECT_OK(core_file_read(b, &text_b, &bytes_b));
    ck_assert_uint_eq(bytes_a, bytes_b);
    ck_assert_mem_eq(text_a, text_b, bytes_a);
    free(text_a);
    free(text_b);
}

/* Another machine: what compare calls the same run. */
static res_run elsewhere(res_run run)
{
    run.creator = "another version";
    run.env.count = 1;
    run.timing.E = 0;
    run.timing.peak_memory_bytes++;
    return run;
}

START_TEST(test_the_machine_is_not_in_an_archive)
{
    char other[128];
    const res_run a = sample_run(&arena, 1), b = elsewhere(a);
    snprintf(other, sizeof other, "%s/other", folder);
    EXPECT_OK(res_run_save(&a, path));
    EXPECT_OK(res_export_npz(&a, path, out));
    EXPECT_OK(res_run_save(&b, path));
    EXPECT_OK(res_export_npz(&b, path, other));
    expect_same_files(out, other);
}
END_TEST

/* An attribute and a dataset of one name would be one member twice. */
START_TEST(test_archive_of_two_things_of_one_name_is_refused)
{
    res_run run = sample_run(&arena, 1);
    res_array arrays[] = {{"step", core_h5_shape1(CORE_H5_F64, 1), run.epochs.lr}};
    run.state.arrays = arrays;
    run.state.count = 1;
    EXPECT_OK(res_run_save(&run, path));
    EXPECT_FAILURE(res_export_npz(&run, path, out), CORE_BAD_FILE, "/state/step is an attribute and an object");
    ck_assert_int_ne(access(out, F_OK), 0);
}
END_TEST

static bool has_file(const char *name)
{
    char file[160];
    snprintf(file, sizeof file, "%s/%s", out, name);
    return access(file, F_OK) == 0;
}

START_TEST(test_tables_without_results_are_removed)
{
    const res_run finished = sample_run(&arena, 1), unfinished = sample_unfinished(&arena, 1, 2);
    EXPECT_OK(res_export_csv(&finished, path, out));
    static const char *const files[] = {"config.yaml", "classes.csv",     "epochs.csv",   "class_margins.csv",
                                        "margins.csv", "predictions.csv", "confusion.csv"};
    for (int i = 0; i < LENGTH(files); i++) {
        ck_assert(has_file(files[i]));
    }
    EXPECT_OK(res_export_csv(&unfinished, path, out));
    ck_assert(has_file("epochs.csv") && has_file("classes.csv") && has_file("config.yaml"));
    ck_assert(!has_file("predictions.csv") && !has_file("confusion.csv") && !has_file("margins.csv"));
}
END_TEST

/* What a file may say: errors of no class. Nothing stands in their place. */
START_TEST(test_errors_of_no_class_are_no_column)
{
    const res_run sample = sample_run(&arena, 1);
    res_run run = {.creator = sample.creator, .config = sample.config, .data = sample.data, .epochs = sample.epochs};
    char file[128], *text;
    run.epochs.K = 0;
    EXPECT_OK(res_export_csv(&run, path, out));
    snprintf(file, sizeof file, "%s/epochs.csv", out);
    EXPECT_OK(core_file_read(file, &text, NULL));
    ck_assert_ptr_nonnull(strstr(text, ",test_error"));
    ck_assert_ptr_null(strstr(text, "class_error"));
    free(text);
}
END_TEST

START_TEST(test_names_are_quoted_where_they_must_be)
{
    static const char *const names[SAMPLE_K] = {"cat", "dog, wet", "\"ox\"", ""};
    res_run run = sample_run(&arena, 1);
    char file[128], *text;
    run.split.class_name = names;
    EXPECT_OK(res_export_csv(&run, path, out));
    snprintf(file, sizeof file, "%s/classes.csv", out);
    EXPECT_OK(core_file_read(file, &text, NULL));
    ck_assert_ptr_nonnull(strstr(text, "class,class_name,class_count,target,final_class_min,class_error\n0,cat,"));
    ck_assert_ptr_nonnull(strstr(text, "\n1,\"dog, wet\","));
    ck_assert_ptr_nonnull(strstr(text, "\n2,\"\"\"ox\"\"\","));
    ck_assert_ptr_nonnull(strstr(text, "\n3,,"));
    free(text);
    snprintf(file, sizeof file, "%s/confusion.csv", out);
    EXPECT_OK(core_file_read(file, &text, NULL));
    ck_assert_ptr_nonnull(strstr(text, ",predicted_3,class_name\n"));
    ck_assert_ptr_nonnull(strstr(text, ",\"dog, wet\"\n2,"));
    free(text);
}
END_TEST

START_TEST(test_parts_of_other_sizes_are_refused)
{
    for (int i = 0; i < 3; i++) {
        res_run run = sample_run(&arena, 1);
        *(i == 0 ? &run.margins.K : i == 1 ? &run.final.K : &run.margins.n) -= 1;
        EXPECT_FAILURE(res_export_csv(&run, path, out), CORE_BAD_FILE, "not of the same classes and examples");
        ck_assert_int_ne(access(out, F_OK), 0);
    }
}
END_TEST

enum { RESNET = 7 * 5 + 2, MOST = 64 }; /* arrays of a network */

static int add_array(res_array *arrays, int count, const char *prefix, const char *name, core_h5_shape shape)
{
    static const float numbers[64 * 64 * 9] = {0.5F, -2.385F, 1.0F};
    char full[128], *kept = NULL;
    snprintf(full, sizeof full, "%s%s", prefix, name);
    EXPECT_OK(core_arena_strdup(&arena, full, &kept));
    arrays[count] = (res_array){kept, shape, numbers};
    return count + 1;
}

static int add_layer(res_array *arrays, int count, const char *prefix, int number, int64_t in, int64_t channels)
{
    static const char *const fields[] = {"weight", "bias", "running_mean", "running_var"};
    char name[64];
    snprintf(name, sizeof name, "conv%d.weight", number);
    count = add_array(arrays, count, prefix, name,
                      (core_h5_shape){.type = CORE_H5_F32, .rank = 4, .dims = {channels, in, 3, 3}});
    for (int i = 0; i < LENGTH(fields); i++) {
        snprintf(name, sizeof name, "bn%d.%s", number, fields[i]);
        count = add_array(arrays, count, prefix, name, core_h5_shape1(CORE_H5_F32, channels));
    }
    return count;
}

/* ResNet-8 with K = 3. */
static int make_resnet(res_array *arrays)
{
    int count = add_layer(arrays, 0, "", 1, 3, 16);
    for (int stage = 1; stage <= 3; stage++) {
        char prefix[32];
        const int64_t channels = 8 << stage, in = stage == 1 ? 16 : channels / 2;
        snprintf(prefix, sizeof prefix, "layer%d.0.", stage);
        count = add_layer(arrays, count, prefix, 1, in, channels);
        count = add_layer(arrays, count, prefix, 2, channels, channels);
    }
    count = add_array(arrays, count, "linear.", "weight", core_h5_shape2(CORE_H5_F32, 3, 64));
    return add_array(arrays, count, "linear.", "bias", core_h5_shape1(CORE_H5_F32, 3));
}

/* A biLSTM of two layers, with V = 7, E = 5, H = 8 and K = 3. */
static int make_bilstm(res_array *arrays)
{
    int count = add_array(arrays, 0, "", "embedding.weight", core_h5_shape2(CORE_H5_F32, 7, 5));
    for (int direction = 0; direction < 4; direction++) {
        const int64_t inputs = direction < 2 ? 5 : 16;
        const core_h5_shape shapes[] = {core_h5_shape2(CORE_H5_F32, 32, inputs), core_h5_shape2(CORE_H5_F32, 32, 8),
                                        core_h5_shape1(CORE_H5_F32, 32), core_h5_shape1(CORE_H5_F32, 32)};
        static const char *const parts[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
        for (int p = 0; p < LENGTH(parts); p++) {
            char name[64];
            snprintf(name, sizeof name, "%s_l%d%s", parts[p], direction / 2, direction % 2 == 0 ? "" : "_reverse");
            count = add_array(arrays, count, "lstm.", name, shapes[p]);
        }
    }
    count = add_array(arrays, count, "linear.", "weight", core_h5_shape2(CORE_H5_F32, 3, 16));
    return add_array(arrays, count, "linear.", "bias", core_h5_shape1(CORE_H5_F32, 3));
}

static res_run network_run(int (*make)(res_array *arrays), res_array arrays[MOST])
{
    res_run run = sample_run(&arena, 1);
    run.digest = "0123456789abcdef0123456789abcdef";
    run.state = (res_state){.epoch = 3, .count = make(arrays), .arrays = arrays};
    return run;
}

START_TEST(test_the_same_network_gives_the_same_bytes)
{
    char other[128];
    res_array arrays[MOST];
    const res_run a = network_run(make_resnet, arrays), b = elsewhere(a);
    ck_assert_int_eq(a.state.count, RESNET);
    snprintf(other, sizeof other, "%s/other", folder);
    EXPECT_OK(res_export_onnx(&a, path, NULL, out));
    EXPECT_OK(res_export_onnx(&b, path, NULL, other));
    expect_same_files(out, other);
}
END_TEST

/* What is said where the array `name` is missing. */
static const char *missing_sentence(const char *name)
{
    if (strcmp(name, "conv1.weight") == 0 || strcmp(name, "embedding.weight") == 0) {
        return "none that becomes ONNX";
    }
    return name;
}

/* Every tensor has another shape once, another type, and is missing; without a class bias the head is a cosine one. */
static void expect_refusals(int (*make)(res_array *arrays))
{
    res_array arrays[MOST];
    const res_run run = network_run(make, arrays);
    EXPECT_OK(res_export_onnx(&run, path, NULL, out));
    for (int64_t i = 0; i < run.state.count; i++) {
        const res_array kept = arrays[i];
        ck_assert_int_eq(unlink(out), 0);
        arrays[i].shape.dims[kept.shape.rank - 1]++;
        EXPECT_FAILURE(res_export_onnx(&run, path, NULL, out), CORE_BAD_FILE, "its state has another '");
        arrays[i] = kept;
        arrays[i].shape.type = CORE_H5_F64;
        EXPECT_FAILURE(res_export_onnx(&run, path, NULL, out), CORE_BAD_FILE, kept.name);
        arrays[i] = kept;
        arrays[i].name = "else";
        if (strcmp(kept.name, "linear.bias") != 0) {
            EXPECT_FAILURE(res_export_onnx(&run, path, NULL, out), CORE_BAD_FILE, missing_sentence(kept.name));
            ck_assert_int_ne(access(out, F_OK), 0);
        }
        arrays[i] = kept;
        EXPECT_OK(res_export_onnx(&run, path, NULL, out));
    }
}

START_TEST(test_damaged_network_is_refused)
{
    expect_refusals(make_resnet);
    expect_refusals(make_bilstm);
}
END_TEST

START_TEST(test_no_network_is_refused)
{
    res_run run = sample_run(&arena, 1);
    EXPECT_FAILURE(res_export_onnx(&run, path, NULL, out), CORE_BAD_FILE, "has no blocks of a network");
    run.state.count = 1; /* a buffer of the optimiser */
    EXPECT_FAILURE(res_export_onnx(&run, path, NULL, out), CORE_BAD_FILE, "none that becomes ONNX");
    run.state.count = 0;
    EXPECT_FAILURE(res_export_onnx(&run, path, NULL, out), CORE_BAD_FILE, "holds no weights yet");
    ck_assert_int_ne(access(out, F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/export/export");
    TCase *tcase = tcase_create("exports");
    tcase_add_checked_fixture(tcase, setup, teardown);
    const TTest *const tests[] = {test_the_machine_is_not_in_an_archive,
                                  test_archive_of_two_things_of_one_name_is_refused,
                                  test_tables_without_results_are_removed,
                                  test_errors_of_no_class_are_no_column,
                                  test_names_are_quoted_where_they_must_be,
                                  test_parts_of_other_sizes_are_refused,
                                  test_the_same_network_gives_the_same_bytes,
                                  test_damaged_network_is_refused,
                                  test_no_network_is_refused};
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

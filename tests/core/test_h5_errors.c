/* core/h5: files of other writers; what cannot be read or written says why; the same contents give the same bytes. */
#include "core/h5.h"

#include <hdf5.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>

#include "core/file.h"
#include "tests/support.h"

static core_arena arena;
static char folder[64], path[96];
static const core_h5_about plain = {.long_name = "a thing", .units = "1"};

static void setup(void)
{
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/file.h5", folder);
}

static void teardown(void)
{
    core_arena_free(&arena);
    remove_test_folder(folder);
}

static core_h5 *create(void)
{
    core_h5 *file;
    EXPECT_OK(core_h5_create(path, &file));
    return file;
}

/* Saves and closes a file under construction and opens what came of it. */
static core_h5 *reopen(core_h5 *file)
{
    EXPECT_OK(core_h5_save(file, path));
    core_h5_close(file);
    EXPECT_OK(core_h5_open(path, &file));
    return file;
}

static uint64_t noise(uint64_t i)
{
    i = (i + 1) * 0x9E3779B97F4A7C15u;
    return i ^ (i >> 29);
}

START_TEST(test_another_shape_or_type_says_both)
{
    core_h5 *file = create();
    const int32_t numbers[6] = {1, 2, 3, 4, 5, 6};
    const core_h5_shape shape = core_h5_shape2(CORE_H5_I32, 2, 3);
    EXPECT_OK(core_h5_write(file, "a/b", &shape, numbers, &plain));
    file = reopen(file);
    core_h5_value value = {.shape = core_h5_shape2(CORE_H5_F32, -1, 4)};
    EXPECT_FAILURE(core_h5_load(file, "a/b", &arena, &value), CORE_BAD_FILE,
                   "/a/b is i32 (2, 3), expected f32 (any, 4)");
    ck_assert_ptr_null(value.data);
    EXPECT_FAILURE(core_h5_load(file, "a", &arena, &value), CORE_BAD_FILE, "a group is at /a, expected a dataset");
    EXPECT_FAILURE(core_h5_load(file, "a/c", &arena, &value), CORE_BAD_FILE, "there is no /a/c");
    int64_t number = 12;
    EXPECT_FAILURE(core_h5_get_i64(file, "a/b", "units", &number), CORE_BAD_FILE, "expected one i64");
    EXPECT_FAILURE(core_h5_get_i64(file, "a/b", "none", &number), CORE_BAD_FILE, "no attribute none");
    ck_assert_int_eq(number, 12);
    core_h5_close(file);
}
END_TEST

START_TEST(test_missing_and_foreign_files_are_refused)
{
    core_h5 *file = NULL;
    EXPECT_FAILURE(core_h5_open(path, &file), CORE_BAD_FILE, "No such file");
    EXPECT_FAILURE(core_h5_open(folder, &file), CORE_BAD_FILE, "not a file");
    EXPECT_OK(core_file_write(path, &core_file_any, "PK\3\4", 4));
    EXPECT_FAILURE(core_h5_open(path, &file), CORE_BAD_FILE, "not an HDF5 file");
    ck_assert_ptr_null(file);
}
END_TEST

START_TEST(test_a_flipped_bit_in_the_numbers_is_a_wrong_checksum)
{
    core_h5 *file = create();
    double numbers[1000];
    for (uint64_t i = 0; i < 1000; i++) {
        numbers[i] = (double)noise(i);
    }
    const core_h5_shape shape = core_h5_shape1(CORE_H5_F64, 1000);
    EXPECT_OK(core_h5_write(file, "a/b", &shape, numbers, &plain));
    EXPECT_OK(core_h5_save(file, path));
    core_h5_close(file);
    char *data;
    size_t bytes;
    EXPECT_OK(core_file_read(path, &data, &bytes));
    char *place = memmem(data, bytes, &numbers[500], sizeof *numbers);
    ck_assert_ptr_nonnull(place);
    *place ^= 1;
    EXPECT_OK(core_file_write(path, &core_file_any, data, bytes));
    free(data);
    EXPECT_OK(core_h5_open(path, &file));
    EXPECT_FAILURE(core_h5_read(file, "a/b", CORE_H5_F64, 0, 1000, numbers), CORE_BAD_FILE, "checksum");
    EXPECT_FAILURE(core_h5_read(file, "a/b", CORE_H5_F64, 0, 1000, numbers), CORE_BAD_FILE, "/a/b");
    core_h5_close(file);
}
END_TEST

/* What other writers make: variable-length and space-padded texts, big-endian numbers, compounds, halves, holes. */
static void make_others(void)
{
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t two = 2, huge = (hsize_t)1 << 50, many = 1 << 16;
    const hid_t space = H5Screate_simple(1, &two, NULL), vast = H5Screate_simple(1, &huge, NULL);
    const hid_t variable = H5Tcopy(H5T_C_S1), padded = H5Tcopy(H5T_FORTRAN_S1), half = H5Tcopy(H5T_IEEE_F32LE);
    const hid_t pair = H5Tcreate(H5T_COMPOUND, 8), chunks = H5Pcreate(H5P_DATASET_CREATE);
    H5Tset_size(variable, H5T_VARIABLE);
    H5Tset_size(padded, 6);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tinsert(pair, "x", 0, H5T_NATIVE_INT);
    H5Pset_chunk(chunks, 1, &many);
    const char *words[2] = {"one", "three"};
    const int64_t numbers[2] = {-5, 1ll << 40};
    const hid_t a = H5Dcreate2(file, "variable", variable, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t b = H5Dcreate2(file, "padded", padded, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t c = H5Dcreate2(file, "big_endian", H5T_STD_I64BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Dwrite(a, variable, H5S_ALL, H5S_ALL, H5P_DEFAULT, words) >= 0);
    ck_assert(H5Dwrite(b, padded, H5S_ALL, H5S_ALL, H5P_DEFAULT, "ab    c d   ") >= 0);
    ck_assert(H5Dwrite(c, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
    H5Dclose(H5Dcreate2(file, "pair", pair, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "half", half, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "vast", H5T_STD_U8LE, vast, H5P_DEFAULT, chunks, H5P_DEFAULT));
    H5Aclose(H5Acreate2(file, "pair", pair, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Tcommit2(file, "named_type", pair, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t ids[] = {a, b, c, space, vast, variable, padded, half, pair, chunks};
    for (int i = 0; i < LENGTH(ids); i++) {
        H5Idec_ref(ids[i]);
    }
    ck_assert(H5Fclose(file) >= 0);
}

START_TEST(test_what_others_write_is_read)
{
    make_others();
    core_h5 *file;
    EXPECT_OK(core_h5_open(path, &file));
    core_h5_value texts = {.shape = core_h5_shape1(CORE_H5_TEXT, 2)};
    EXPECT_OK(core_h5_load(file, "variable", &arena, &texts));
    ck_assert_str_eq(((char **)texts.data)[1], "three");
    EXPECT_OK(core_h5_load(file, "padded", &arena, &texts));
    ck_assert_str_eq(((char **)texts.data)[0], "ab");
    ck_assert_str_eq(((char **)texts.data)[1], "c d");
    int64_t numbers[2];
    EXPECT_OK(core_h5_read(file, "big_endian", CORE_H5_I64, 0, 2, numbers));
    ck_assert(numbers[0] == -5 && numbers[1] == 1ll << 40);
    core_h5_close(file);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}
END_TEST

START_TEST(test_what_cannot_be_read_says_what_it_is)
{
    make_others();
    core_h5 *file;
    EXPECT_OK(core_h5_open(path, &file));
    core_h5_shape shape;
    core_h5_kind kind;
    EXPECT_OK(core_h5_look(file, "pair", &kind, &shape));
    ck_assert_int_eq(shape.type, CORE_H5_FOREIGN);
    EXPECT_OK(core_h5_look(file, "half", &kind, &shape));
    ck_assert_int_eq(shape.type, CORE_H5_FOREIGN);
    EXPECT_FAILURE(core_h5_look(file, "named_type", &kind, &shape), CORE_BAD_FILE, "neither a group nor a dataset");
    core_h5_value value = {.shape = core_h5_shape1(CORE_H5_U8, -1)};
    EXPECT_FAILURE(core_h5_load(file, "pair", &arena, &value), CORE_BAD_FILE, "is other (2)");
    EXPECT_FAILURE(core_h5_load(file, "vast", &arena, &value), CORE_BAD_FILE,
                   "/vast is cut into more than 1048576 chunks");
    EXPECT_FAILURE(core_h5_get(file, "", "pair", &arena, &value), CORE_BAD_FILE, "neither text nor numbers");
    EXPECT_FAILURE(core_h5_list(file, "half", &arena, &(core_names){0}), CORE_BAD_FILE, "cannot list /half");
    core_h5_close(file);
    ck_assert_int_eq(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}
END_TEST

static void write_sample(core_h5 *file)
{
    float numbers[300];
    for (uint64_t i = 0; i < 300; i++) {
        numbers[i] = (float)(noise(i) >> 40);
    }
    const char *texts[2] = {"a", "bcdef"};
    const core_h5_shape table = core_h5_shape2(CORE_H5_F32, 10, 30), row = core_h5_shape1(CORE_H5_F32, 10);
    const core_h5_shape words = core_h5_shape1(CORE_H5_TEXT, 2);
    core_h5_about about = plain;
    EXPECT_OK(core_h5_write(file, "g/row", &row, numbers, &about));
    EXPECT_OK(core_h5_make_scale(file, "g/row"));
    about.scales[0] = "g/row";
    about.gzip = true;
    EXPECT_OK(core_h5_write(file, "g/table", &table, numbers, &about));
    EXPECT_OK(core_h5_write(file, "g/words", &words, texts, &plain));
    EXPECT_OK(core_h5_set(file, "g", "truth", &(core_h5_value){core_h5_shape0(CORE_H5_BOOL), &(bool){true}}));
    EXPECT_OK(core_h5_set_text(file, "", "text", "some text"));
}

START_TEST(test_the_same_contents_give_the_same_bytes)
{
    char *data[2];
    size_t bytes[2];
    for (int i = 0; i < 2; i++) {
        mallopt(M_PERTURB, i == 0 ? 0x55 : 0xAB); /* what fresh memory holds must not show */
        core_h5 *file = create();
        write_sample(file);
        EXPECT_OK(core_h5_save(file, path));
        core_h5_close(file);
        EXPECT_OK(core_file_read(path, &data[i], &bytes[i]));
    }
    ck_assert_uint_eq(bytes[0], bytes[1]);
    ck_assert_mem_eq(data[0], data[1], bytes[0]);
    free(data[0]);
    free(data[1]);
}
END_TEST

START_TEST(test_a_full_disk_leaves_the_old_file)
{
    EXPECT_OK(core_file_write(path, &core_file_any, "old", 3));
    core_h5 *file = create();
    write_sample(file);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    EXPECT_FAILURE(core_h5_save(file, path), CORE_MACHINE, path);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    char *data;
    EXPECT_OK(core_file_read(path, &data, NULL));
    ck_assert_str_eq(data, "old");
    free(data);
    EXPECT_OK(core_h5_save(file, path));
    core_h5_close(file);
    EXPECT_OK(core_h5_open(path, &file));
    core_h5_close(file);
}
END_TEST

/* A dataset of one chunk that claims to be packed with the filter `number`, as a writer makes it who has that filter; 0 in
 * its place is gzip behind a checksum. */
static void write_packed(hid_t file, const char *name, H5Z_filter_t number)
{
    const hsize_t dims[1] = {8}, offset[1] = {0};
    const char packed[8] = "packed";
    const hid_t space = H5Screate_simple(1, dims, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
    ck_assert(H5Pset_chunk(create, 1, dims) >= 0);
    if (number == 0) {
        ck_assert(H5Pset_fletcher32(create) >= 0 && H5Pset_deflate(create, 6) >= 0);
    } else {
        ck_assert(H5Pset_filter(create, number, H5Z_FLAG_OPTIONAL, 0, NULL) >= 0);
    }
    const hid_t dataset = H5Dcreate2(file, name, H5T_STD_U8LE, space, H5P_DEFAULT, create, H5P_DEFAULT);
    ck_assert(dataset >= 0 && H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset, sizeof packed, packed) >= 0);
    H5Dclose(dataset);
    H5Pclose(create);
    H5Sclose(space);
}

START_TEST(test_what_is_missing_is_not_called_damage)
{
    uint8_t bytes[8];
    core_h5_kind kind;
    core_h5_shape shape;
    const hid_t other = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    write_packed(other, "lzf", 32000);
    write_packed(other, "odd", 511);
    write_packed(other, "summed", 0);
    ck_assert(H5Lcreate_soft("/nowhere", other, "link", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Fclose(other);
    core_h5 *file;
    EXPECT_OK(core_h5_open(path, &file));
    EXPECT_FAILURE(
        core_h5_read(file, "lzf", CORE_H5_U8, 0, 8, bytes), CORE_BAD_FILE,
        "/lzf is packed with the filter lzf (32000), which is not installed here; write it with gzip instead");
    ck_assert_ptr_null(strstr(core_error_message(), "damaged"));
    EXPECT_FAILURE(core_h5_read(file, "odd", CORE_H5_U8, 0, 8, bytes), CORE_BAD_FILE,
                   "the filter without a name (511)");
    EXPECT_FAILURE(core_h5_read(file, "summed", CORE_H5_U8, 0, 8, bytes), CORE_BAD_FILE,
                   "the filter deflate (1), which tailbit does not read in that place");
    EXPECT_FAILURE(core_h5_look(file, "link", &kind, &shape), CORE_BAD_FILE,
                   "/link is a link to something that is not there");
    core_h5_close(file);
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
    Suite *suite = suite_create("core/h5_errors");
    tcase_add_test(with_fixture(suite, "others"), test_what_others_write_is_read);
    TCase *errors = with_fixture(suite, "errors"), *determinism = with_fixture(suite, "determinism");
    tcase_add_test(errors, test_another_shape_or_type_says_both);
    tcase_add_test(errors, test_missing_and_foreign_files_are_refused);
    tcase_add_test(errors, test_a_flipped_bit_in_the_numbers_is_a_wrong_checksum);
    tcase_add_test(errors, test_what_cannot_be_read_says_what_it_is);
    tcase_add_test(errors, test_what_is_missing_is_not_called_damage);
    tcase_add_test(errors, test_a_full_disk_leaves_the_old_file);
    tcase_add_test(determinism, test_the_same_contents_give_the_same_bytes);
    return run_suite(suite);
}

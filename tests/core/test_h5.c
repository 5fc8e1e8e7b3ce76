/* core/h5: what is written is read, and what others write too. */
#include "core/h5.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <math.h>

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

START_TEST(test_numbers_of_every_type_and_rank_come_back)
{
    core_h5 *file = create();
    uint64_t words[120];
    for (uint64_t i = 0; i < 120; i++) {
        words[i] = noise(i);
    }
    char name[32];
    for (int type = CORE_H5_U8; type <= CORE_H5_F64; type++) {
        for (int rank = 0; rank <= 4; rank++) {
            const core_h5_shape shape = {.type = (core_h5_type)type, .rank = rank, .dims = {2, 3, 5, 4}};
            snprintf(name, sizeof name, "rank%d/%s", rank, core_h5_type_name((core_h5_type)type));
            EXPECT_OK(core_h5_write(file, name, &shape, words, &plain));
        }
    }
    file = reopen(file);
    for (int type = CORE_H5_U8; type <= CORE_H5_F64; type++) {
        for (int rank = 0; rank <= 4; rank++) {
            core_h5_value value = {.shape = {.type = (core_h5_type)type, .rank = rank, .dims = {2, 3, -1, -1}}};
            snprintf(name, sizeof name, "rank%d/%s", rank, core_h5_type_name((core_h5_type)type));
            EXPECT_OK(core_h5_load(file, name, &arena, &value));
            const int64_t bytes = core_h5_elements(&value.shape) * core_h5_type_bytes((core_h5_type)type);
            ck_assert_mem_eq(value.data, words, (size_t)bytes);
        }
    }
    core_h5_close(file);
}
END_TEST

/* More than one chunk in each dimension that is cut, with a last one that is not full. */
START_TEST(test_a_big_array_comes_back_whole_and_in_parts)
{
    enum { ROWS = 1031, COLUMNS = 701 };
    float *numbers = malloc(ROWS * COLUMNS * sizeof *numbers), *part = malloc(ROWS * COLUMNS * sizeof *part);
    for (uint64_t i = 0; i < ROWS * COLUMNS; i++) {
        numbers[i] = (float)(noise(i) >> 40) * 0.37f;
    }
    core_h5 *file = create();
    core_h5_about zipped = plain;
    zipped.gzip = true;
    const core_h5_shape shape = core_h5_shape2(CORE_H5_F32, ROWS, COLUMNS);
    EXPECT_OK(core_h5_write(file, "plain", &shape, numbers, &plain));
    EXPECT_OK(core_h5_write(file, "zipped", &shape, numbers, &zipped));
    file = reopen(file);
    const char *names[2] = {"plain", "zipped"};
    for (int n = 0; n < 2; n++) {
        for (int64_t first = 0; first < ROWS; first += 400) {
            const int64_t count = first + 400 < ROWS ? 400 : ROWS - first;
            EXPECT_OK(core_h5_read(file, names[n], CORE_H5_F32, first, count, part));
            ck_assert_mem_eq(part, numbers + first * COLUMNS, (size_t)(count * COLUMNS) * sizeof *part);
        }
        EXPECT_OK(core_h5_read(file, names[n], CORE_H5_F32, ROWS, 0, part));
        EXPECT_FAILURE(core_h5_read(file, names[n], CORE_H5_F32, ROWS - 1, 2, part), CORE_BAD_FILE, "1031 rows");
        EXPECT_FAILURE(core_h5_read(file, names[n], CORE_H5_F32, -1, 2, part), CORE_BAD_FILE, "1031 rows");
    }
    core_h5_close(file);
    free(numbers);
    free(part);
}
END_TEST

START_TEST(test_texts_come_back)
{
    core_h5 *file = create();
    const char *texts[3] = {"layer1.0.conv1.weight", "", "größer"}, *big = "a: 1\nb: ü\n";
    const core_h5_shape three = core_h5_shape1(CORE_H5_TEXT, 3), one = core_h5_shape0(CORE_H5_TEXT);
    EXPECT_OK(core_h5_write(file, "names", &three, texts, &plain));
    EXPECT_OK(core_h5_write(file, "config/yaml", &one, &big, &plain));
    file = reopen(file);
    core_h5_value names = {.shape = core_h5_shape1(CORE_H5_TEXT, -1)}, yaml = {.shape = one};
    EXPECT_OK(core_h5_load(file, "names", &arena, &names));
    EXPECT_OK(core_h5_load(file, "config/yaml", &arena, &yaml));
    for (int i = 0; i < 3; i++) {
        ck_assert_str_eq(((char **)names.data)[i], texts[i]);
    }
    ck_assert_str_eq(*(char **)yaml.data, big);
    core_h5_close(file);
}
END_TEST

START_TEST(test_attributes_come_back)
{
    core_h5 *file = create();
    const double levels[3] = {0.05, 0.5, 0.95};
    const char *words[2] = {"many", "few"};
    EXPECT_OK(core_h5_set_text(file, "", "text", "ä"));
    EXPECT_OK(core_h5_set_text(file, "", "empty", ""));
    EXPECT_OK(core_h5_write_group(file, "a/b"));
    EXPECT_OK(core_h5_set_i64(file, "a/b", "integer", INT64_MIN));
    EXPECT_OK(core_h5_set(file, "a/b", "real", &(core_h5_value){core_h5_shape0(CORE_H5_F64), &(double){-0.0}}));
    EXPECT_OK(core_h5_set(file, "a/b", "yes", &(core_h5_value){core_h5_shape0(CORE_H5_BOOL), &(bool){true}}));
    EXPECT_OK(core_h5_set(file, "a/b", "no", &(core_h5_value){core_h5_shape0(CORE_H5_BOOL), &(bool){false}}));
    double copy[3];
    memcpy(copy, levels, sizeof copy);
    EXPECT_OK(core_h5_set(file, "a", "levels", &(core_h5_value){core_h5_shape1(CORE_H5_F64, 3), copy}));
    EXPECT_OK(core_h5_set(file, "a", "words", &(core_h5_value){core_h5_shape1(CORE_H5_TEXT, 2), words}));
    file = reopen(file);
    const char *text;
    int64_t integer;
    void *one;
    bool there;
    EXPECT_OK(core_h5_get_text(file, "", "text", &arena, &text));
    ck_assert_str_eq(text, "ä");
    EXPECT_OK(core_h5_get_text(file, "", "empty", &arena, &text));
    ck_assert_str_eq(text, "");
    EXPECT_OK(core_h5_get_i64(file, "a/b", "integer", &integer));
    ck_assert_int_eq(integer, INT64_MIN);
    EXPECT_OK(core_h5_get_one(file, "a/b", "real", CORE_H5_F64, &arena, &one));
    ck_assert(*(double *)one == 0.0 && signbit(*(double *)one));
    EXPECT_OK(core_h5_get_one(file, "a/b", "yes", CORE_H5_BOOL, &arena, &one));
    ck_assert(*(bool *)one);
    EXPECT_OK(core_h5_get_one(file, "a/b", "no", CORE_H5_BOOL, &arena, &one));
    ck_assert(!*(bool *)one);
    core_h5_value value;
    EXPECT_OK(core_h5_get(file, "a", "levels", &arena, &value));
    ck_assert_mem_eq(value.data, levels, sizeof levels);
    EXPECT_OK(core_h5_get(file, "a", "words", &arena, &value));
    ck_assert_str_eq(((char **)value.data)[1], "few");
    EXPECT_OK(core_h5_has(file, "a/b", "yes", &there));
    ck_assert(there);
    EXPECT_OK(core_h5_has(file, "a/b", "maybe", &there));
    ck_assert(!there);
    core_h5_close(file);
}
END_TEST

START_TEST(test_dimension_scales_are_attached_where_asked)
{
    core_h5 *file = create();
    const double numbers[6] = {1.5, 2.5, 3.5, 4.5, 5.5, 6.5};
    const core_h5_shape two = core_h5_shape1(CORE_H5_F64, 2), table = core_h5_shape2(CORE_H5_F64, 2, 3);
    core_h5_about about = plain;
    EXPECT_OK(core_h5_write(file, "epochs/epoch", &two, numbers, &about));
    EXPECT_OK(core_h5_make_scale(file, "epochs/epoch"));
    about.scales[0] = "epochs/epoch";
    EXPECT_OK(core_h5_write(file, "epochs/error", &table, numbers, &about));
    file = reopen(file);
    core_names names;
    EXPECT_OK(core_h5_attributes(file, "epochs/error", &arena, &names));
    ck_assert_int_eq(names.count, 2); /* long_name and units: the links are no attributes to us */
    const char *text;
    EXPECT_OK(core_h5_get_text(file, "epochs/epoch", "NAME", &arena, &text));
    ck_assert_str_eq(text, "epoch");
    core_h5_close(file);
    const hid_t id = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t error = H5Dopen2(id, "epochs/error", H5P_DEFAULT), epoch = H5Dopen2(id, "epochs/epoch", H5P_DEFAULT);
    ck_assert(H5DSis_attached(error, epoch, 0) > 0);
    ck_assert_int_eq(H5DSget_num_scales(error, 1), 0);
    H5Dclose(error);
    H5Dclose(epoch);
    H5Fclose(id);
}
END_TEST

START_TEST(test_list_is_sorted_and_whole)
{
    core_h5 *file = create();
    const int64_t one = 1;
    const core_h5_shape shape = core_h5_shape1(CORE_H5_I64, 1);
    const char *made[5] = {"b/z", "b/a", "a", "b-c", "c/d/e"};
    for (int i = 0; i < 5; i++) {
        EXPECT_OK(core_h5_write(file, made[i], &shape, &one, &plain));
    }
    file = reopen(file);
    const char *all[8] = {"a", "b", "b-c", "b/a", "b/z", "c", "c/d", "c/d/e"};
    core_names names;
    EXPECT_OK(core_h5_list(file, "", &arena, &names));
    ck_assert_int_eq(names.count, 8);
    for (int i = 0; i < 8; i++) {
        ck_assert_str_eq(names.names[i], all[i]);
    }
    EXPECT_OK(core_h5_list(file, "b", &arena, &names));
    ck_assert_int_eq(names.count, 2);
    ck_assert_str_eq(names.names[1], "b/z");
    core_h5_close(file);
}
END_TEST

START_TEST(test_look_tells_nothing_group_and_dataset)
{
    core_h5 *file = create();
    const int32_t numbers[6] = {1, 2, 3, 4, 5, 6};
    const core_h5_shape shape = core_h5_shape2(CORE_H5_I32, 2, 3);
    EXPECT_OK(core_h5_write(file, "a/b", &shape, numbers, &plain));
    file = reopen(file);
    core_h5_kind kind;
    core_h5_shape found;
    EXPECT_OK(core_h5_look(file, "a/b", &kind, &found));
    ck_assert(kind == CORE_H5_DATASET && found.type == CORE_H5_I32 && found.rank == 2 && found.dims[1] == 3);
    EXPECT_OK(core_h5_look(file, "a", &kind, NULL));
    ck_assert_int_eq(kind, CORE_H5_GROUP);
    EXPECT_OK(core_h5_look(file, "", &kind, NULL));
    ck_assert_int_eq(kind, CORE_H5_GROUP);
    EXPECT_OK(core_h5_look(file, "x/y/z", &kind, NULL));
    ck_assert_int_eq(kind, CORE_H5_NOTHING);
    core_h5_close(file);
}
END_TEST

START_TEST(test_empty_arrays_come_back)
{
    core_h5 *file = create();
    const core_h5_shape none = core_h5_shape2(CORE_H5_F32, 0, 7), texts = core_h5_shape1(CORE_H5_TEXT, 0);
    EXPECT_OK(core_h5_write(file, "none", &none, NULL, &plain));
    EXPECT_OK(core_h5_write(file, "texts", &texts, NULL, &plain));
    file = reopen(file);
    core_h5_value value = {.shape = core_h5_shape2(CORE_H5_F32, -1, 7)};
    EXPECT_OK(core_h5_load(file, "none", &arena, &value));
    ck_assert_int_eq(value.shape.dims[0], 0);
    value.shape = core_h5_shape1(CORE_H5_TEXT, -1);
    EXPECT_OK(core_h5_load(file, "texts", &arena, &value));
    ck_assert_int_eq(value.shape.dims[0], 0);
    core_h5_close(file);
}
END_TEST

/* Which stored type reads as which: rows stored, columns wanted, in the order of core_h5_type up to bool. */
static const char *const widening[11] = {
    [CORE_H5_U8] = "10111111000",  [CORE_H5_I8] = "01010101000",   [CORE_H5_U16] = "00101111000",
    [CORE_H5_I16] = "00010101000", [CORE_H5_U32] = "00001011000",  [CORE_H5_I32] = "00000101000",
    [CORE_H5_U64] = "00000010000", [CORE_H5_I64] = "00000001000",  [CORE_H5_F32] = "00000000110",
    [CORE_H5_F64] = "00000000010", [CORE_H5_BOOL] = "00000000001",
};

START_TEST(test_only_types_that_hold_every_value_are_converted)
{
    core_h5 *file = create();
    const uint64_t zero = 0;
    for (int type = CORE_H5_U8; type <= CORE_H5_BOOL; type++) {
        const core_h5_shape shape = core_h5_shape1((core_h5_type)type, 1);
        EXPECT_OK(core_h5_write(file, core_h5_type_name((core_h5_type)type), &shape, &zero, &plain));
    }
    file = reopen(file);
    for (int stored = CORE_H5_U8; stored <= CORE_H5_BOOL; stored++) {
        for (int wanted = CORE_H5_U8; wanted <= CORE_H5_BOOL; wanted++) {
            uint64_t out;
            const char *name = core_h5_type_name((core_h5_type)stored);
            EXPECT_STATUS(core_h5_read(file, name, (core_h5_type)wanted, 0, 1, &out),
                          widening[stored][wanted] == '1' ? CORE_OK : CORE_BAD_FILE);
        }
    }
    core_h5_close(file);
}
END_TEST

START_TEST(test_values_survive_widening)
{
    core_h5 *file = create();
    const int8_t small[3] = {-128, 0, 127};
    const float real[2] = {0.1f, -3.25e38f};
    const core_h5_shape three = core_h5_shape1(CORE_H5_I8, 3), two = core_h5_shape1(CORE_H5_F32, 2);
    EXPECT_OK(core_h5_write(file, "small", &three, small, &plain));
    EXPECT_OK(core_h5_write(file, "real", &two, real, &plain));
    file = reopen(file);
    int64_t wide[3];
    double wide_real[2];
    EXPECT_OK(core_h5_read(file, "small", CORE_H5_I64, 0, 3, wide));
    EXPECT_OK(core_h5_read(file, "real", CORE_H5_F64, 0, 2, wide_real));
    ck_assert(wide[0] == -128 && wide[1] == 0 && wide[2] == 127);
    ck_assert(wide_real[0] == (double)0.1f && wide_real[1] == (double)-3.25e38f);
    core_h5_close(file);
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

START_TEST(test_a_file_can_be_read_while_it_is_made)
{
    core_h5 *file = create();
    write_sample(file);
    float first;
    EXPECT_OK(core_h5_read(file, "g/row", CORE_H5_F32, 0, 1, &first));
    ck_assert(first == (float)(noise(0) >> 40));
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
    Suite *suite = suite_create("core/h5");
    TCase *oracle = with_fixture(suite, "oracle"), *limits = with_fixture(suite, "limits");
    tcase_add_test(oracle, test_numbers_of_every_type_and_rank_come_back);
    tcase_add_test(oracle, test_a_big_array_comes_back_whole_and_in_parts);
    tcase_add_test(oracle, test_texts_come_back);
    tcase_add_test(oracle, test_attributes_come_back);
    tcase_add_test(oracle, test_dimension_scales_are_attached_where_asked);
    tcase_add_test(oracle, test_list_is_sorted_and_whole);
    tcase_add_test(oracle, test_look_tells_nothing_group_and_dataset);
    tcase_add_test(oracle, test_values_survive_widening);
    tcase_add_test(oracle, test_a_file_can_be_read_while_it_is_made);
    tcase_add_test(limits, test_empty_arrays_come_back);
    tcase_add_test(limits, test_only_types_that_hold_every_value_are_converted);
    return run_suite(suite);
}

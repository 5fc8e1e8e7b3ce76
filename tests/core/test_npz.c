#include "core/npz.h"

#include <math.h>

#include "core/zip.h"
#include "tests/support.h"

static char folder[64], path[128];

static void set_up(void) { snprintf(path, sizeof path, "%s/a.npz", make_test_folder(folder)); }
static void tear_down(void) { remove_test_folder(folder); }

/* An array as numpy.save writes it; version 1 or 2 of the format. */
static void add_array(core_zip *zip, const char *member, int version, const char *head, const void *data, size_t bytes)
{
    const size_t length = strlen(head), before = version == 1 ? 10 : 12;
    unsigned char magic[12] = {0x93, 'N', 'U', 'M', 'P', 'Y', (unsigned char)version, 0, (unsigned char)length};
    EXPECT_OK(core_zip_begin(zip, member, (int64_t)(before + length + bytes)));
    EXPECT_OK(core_zip_write(zip, magic, before));
    EXPECT_OK(core_zip_write(zip, head, length));
    EXPECT_OK(core_zip_write(zip, data, bytes));
}

/* Writes one array and opens the archive at it. */
static core_status open_array(const char *head, const void *data, size_t bytes, core_npz **npz,
                              const core_npz_array **array)
{
    core_zip *zip;
    EXPECT_OK(core_zip_create(path, &core_file_any, &zip));
    add_array(zip, "layer1.0.weight.npy", 1, head, data, bytes);
    EXPECT_OK(core_zip_commit(zip));
    EXPECT_OK(core_npz_open(path, npz));
    return core_npz_next(*npz, array);
}

START_TEST(test_arrays_come_out_as_they_went_in)
{
    const float single[] = {2.385F, -1e-40F, 0.0F, 7.25F, -0.5F, 3e38F};
    const double wide[] = {0.1, -1e-300};
    const uint16_t half[] = {0x3c01, 0x8001, 0xfbff}; /* 1 + 2^-10, -2^-24, -65504 */
    core_zip *zip;
    core_npz *npz;
    const core_npz_array *array;
    float values[6];
    char text[CORE_NPZ_SHAPE_BYTES];
    EXPECT_OK(core_zip_create(path, &core_file_any, &zip));
    add_array(zip, "a.b.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n", single,
              sizeof single);
    add_array(zip, "c.npy", 2, "{'shape': (2,), 'fortran_order': False, 'descr': '<f8'}\n", wide, sizeof wide);
    add_array(zip, "number.npy", 1, "{'descr': '<i8', 'fortran_order': False, 'shape': (), }\n", wide, 8);
    add_array(zip, "d.npy", 1, "{'descr': '<f2', 'fortran_order': False, 'shape': (3, 1), }\n", half, sizeof half);
    EXPECT_OK(core_zip_commit(zip));
    EXPECT_OK(core_npz_open(path, &npz));
    EXPECT_OK(core_npz_next(npz, &array));
    ck_assert_str_eq(array->name, "a.b");
    ck_assert_str_eq(core_npz_shape(array->rank, array->shape, text), "(2, 3)");
    EXPECT_OK(core_npz_floats(npz, 6, values));
    ck_assert_mem_eq(values, single, sizeof single);
    EXPECT_OK(core_npz_next(npz, &array));
    ck_assert_str_eq(core_npz_shape(array->rank, array->shape, text), "(2,)");
    EXPECT_OK(core_npz_floats(npz, 2, values));
    ck_assert(values[0] == 0.1F && values[1] == 0 && signbit(values[1]));
    EXPECT_OK(core_npz_next(npz, &array)); /* passed over */
    ck_assert_str_eq(core_npz_shape(array->rank, array->shape, text), "()");
    ck_assert_str_eq(array->type, "<i8");
    EXPECT_OK(core_npz_next(npz, &array));
    EXPECT_OK(core_npz_floats(npz, 3, values));
    ck_assert(values[0] == 1 + 0x1p-10F && values[1] == -0x1p-24F && values[2] == -65504);
    EXPECT_OK(core_npz_next(npz, &array));
    ck_assert_ptr_null(array);
    core_npz_close(npz);
}
END_TEST

#define HEAD(type, fortran, shape) "{'descr': " type ", 'fortran_order': " fortran ", 'shape': " shape ", }\n"
static const struct {
    const char *head;
    double first;  /* two numbers of 8 bytes */
    bool is_array; /* else the head is refused already */
    const char *said;
} refusals[] = {
    {HEAD("'<f8'", "False", "(2,)"), (double)NAN, true,
     "a.npz: layer1.0.weight in it has NaN at element 0, expected finite"},
    {HEAD("'<f8'", "False", "(2,)"), (double)-INFINITY, true, "has an infinity at element 0"},
    {HEAD("'<f8'", "False", "(2,)"), 1e39, true, "has a number too large for a float at element 0"},
    {HEAD("'<f8'", "True", "(2,)"), 1, true, "is column-major (fortran_order), expected row-major"},
    {HEAD("'<i8'", "False", "(2,)"), 1, true, "is of type '<i8', expected float32, float64 or float16"},
    {HEAD("'>f8'", "False", "(2,)"), 1, true, "is of type '>f8'"},
    {HEAD("'<f4'", "False", "(2,)"), 1, true, "has more values than its shape"},
    {HEAD("[('x', '<f4')]", "False", "(2,)"), 1, true, "is of type ''"},
    {HEAD("'<f8'", "Perhaps", "(2,)"), 1, false, "layer1.0.weight in it is no .npy array"},
    {HEAD("'<f8'", "False", "(2"), 1, false, "is no .npy array"},
    {HEAD("'<f8'", "False", "(99999999999999999999,)"), 1, false, "is no .npy array"},
    {HEAD("'<f8'", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"), 1, false, "is no .npy array"},
    {"{}", 1, false, "is no .npy array"},
};

START_TEST(test_refusal)
{
    const double data[] = {refusals[_i].first, 2.385};
    core_npz *npz;
    const core_npz_array *array;
    float values[2];
    core_status status = open_array(refusals[_i].head, data, sizeof data, &npz, &array);
    ck_assert_int_eq(status == CORE_OK, refusals[_i].is_array);
    status = status == CORE_OK ? core_npz_floats(npz, 2, values) : status;
    EXPECT_FAILURE(status, CORE_BAD_FILE, refusals[_i].said);
    core_npz_close(npz);
}
END_TEST

/* Reads an archive of one number after a change of its bytes: `bytes` of them cut off, or a bit of the number flipped. */
static core_status read_changed(const char *member, size_t cut, bool flips)
{
    core_zip *zip;
    core_npz *npz = NULL;
    const core_npz_array *array = NULL;
    char *data;
    size_t bytes;
    float value = 2.385F;
    EXPECT_OK(core_zip_create(path, &core_file_any, &zip));
    add_array(zip, member, 1, HEAD("'<f4'", "False", "(1,)"), &value, sizeof value);
    EXPECT_OK(core_zip_commit(zip));
    EXPECT_OK(core_file_read(path, &data, &bytes));
    for (size_t i = 0; flips && i + sizeof value <= bytes; i++) {
        data[i] = (char)(data[i] ^ (memcmp(data + i, &value, sizeof value) == 0));
    }
    EXPECT_OK(core_file_write(path, &core_file_any, data, bytes - cut));
    free(data);
    core_status status = core_npz_open(path, &npz);
    status = status == CORE_OK ? core_npz_next(npz, &array) : status;
    status = status == CORE_OK ? core_npz_floats(npz, 1, &value) : status;
    core_npz_close(npz);
    return status;
}

START_TEST(test_damage)
{
    EXPECT_OK(read_changed("a.npy", 0, false));
    EXPECT_FAILURE(read_changed("a.npy", 30, false), CORE_BAD_FILE, "a.npz: no zip archive, or a truncated one");
    EXPECT_FAILURE(read_changed("a.npy", 0, true), CORE_BAD_FILE, "a.npz: damaged (");
    EXPECT_FAILURE(read_changed("archive/data.pkl", 0, false), CORE_BAD_FILE,
                   "a.npz: archive/data.pkl in it is no .npy array, expected a NumPy archive");
    EXPECT_OK(core_file_write(path, &core_file_any, "no zip", 6));
    core_npz *npz = NULL;
    EXPECT_FAILURE(core_npz_open(path, &npz), CORE_BAD_FILE, "no zip archive");
    EXPECT_FAILURE(core_npz_open(folder, &npz), CORE_BAD_FILE, folder);
    ck_assert_ptr_null(npz);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/npz");
    TCase *tcase = tcase_create("archives");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_arrays_come_out_as_they_went_in);
    tcase_add_test(tcase, test_damage);
    tcase_add_loop_test(tcase, test_refusal, 0, LENGTH(refusals));
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

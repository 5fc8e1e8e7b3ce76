/* core/h5: files that claim more than they store, unpack to more than they claim, or lead elsewhere. */
#include "core/h5.h"

#include <hdf5.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include "tests/support.h"

static core_arena arena;
static char folder[64], path[96];

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

static hid_t create(void) { return H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT); }

/* Bytes /x (count) in chunks of `chunk`; returns the open dataset. */
static hid_t make_bytes(hid_t file, const char *name, hsize_t count, hsize_t chunk, int gzip)
{
    const hid_t space = H5Screate_simple(1, &count, NULL), layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(layout, 1, &chunk);
    if (gzip > 0) {
        H5Pset_deflate(layout, (unsigned)gzip);
    }
    const hid_t set = H5Dcreate2(file, name, H5T_STD_U8LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    H5Pclose(layout);
    H5Sclose(space);
    return set;
}

static core_status load(const char *name)
{
    core_h5 *file;
    core_h5_value value = {.shape = core_h5_shape1(CORE_H5_U8, -1)};
    EXPECT_OK(core_h5_open(path, &file));
    core_status status = core_h5_load(file, name, &arena, &value);
    core_h5_close(file);
    return status;
}

START_TEST(test_a_part_that_was_never_written_is_refused_where_it_is_large)
{
    const uint8_t one = 1;
    const hsize_t start = 0, count = 1;
    const hid_t file = create(), memory = H5Screate_simple(1, &count, NULL);
    const hsize_t sizes[2] = {1 << 24, 1 << 26};
    for (int i = 0; i < 2; i++) {
        const hid_t set = make_bytes(file, i == 0 ? "small" : "large", sizes[i], 1 << 16, 0), space = H5Dget_space(set);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL);
        ck_assert(H5Dwrite(set, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, &one) >= 0);
        H5Sclose(space);
        H5Dclose(set);
    }
    H5Sclose(memory);
    H5Fclose(file);
    EXPECT_OK(load("small"));
    EXPECT_FAILURE(load("large"), CORE_BAD_FILE, "/large claims 67108864 bytes, of which 67043328 were never written");
}
END_TEST

START_TEST(test_many_small_claims_are_one_large_one)
{
    const hid_t set = create();
    for (int i = 0; i < 4; i++) {
        H5Dclose(make_bytes(set, (const char *const[]){"a", "b", "c", "d"}[i], 5 << 20, 1 << 16, 0));
    }
    H5Fclose(set);
    core_h5 *file;
    core_h5_value value = {.shape = core_h5_shape1(CORE_H5_U8, -1)};
    EXPECT_OK(core_h5_open(path, &file));
    for (int i = 0; i < 3; i++) {
        EXPECT_OK(core_h5_load(file, (const char *const[]){"a", "b", "c"}[i], &arena, &value));
    }
    EXPECT_FAILURE(core_h5_load(file, "d", &arena, &value), CORE_BAD_FILE, "were never written");
    core_h5_close(file);
}
END_TEST

/* A chunk whose stream is that of `zeros` zero bytes. */
static void write_zeros(hid_t set, size_t zeros)
{
    const hsize_t origin = 0;
    uLongf bytes = compressBound(zeros);
    unsigned char *plain = calloc(1, zeros), *packed = malloc(bytes);
    ck_assert_int_eq(compress2(packed, &bytes, plain, zeros, 1), Z_OK);
    ck_assert(H5Dwrite_chunk(set, H5P_DEFAULT, 0, &origin, bytes, packed) >= 0);
    H5Dclose(set);
    free(packed);
    free(plain);
}

START_TEST(test_a_chunk_unpacks_to_its_size_and_no_further)
{
    const hid_t file = create();
    write_zeros(make_bytes(file, "right", 40 << 20, 40 << 20, 1), 40 << 20);
    write_zeros(make_bytes(file, "swollen", 1 << 20, 1 << 20, 1), 40 << 20);
    write_zeros(make_bytes(file, "bomb", 1 << 30, 1 << 30, 1), 40 << 20);
    H5Fclose(file);
    EXPECT_OK(load("right")); /* a thousand times its size, but small */
    EXPECT_FAILURE(load("swollen"), CORE_BAD_FILE, "/swollen has a chunk that unpacks to more than its size");
    EXPECT_FAILURE(load("bomb"), CORE_BAD_FILE, "/bomb unpacks to 1073741824 bytes, more than 100 times");
}
END_TEST

START_TEST(test_no_other_file_is_opened)
{
    char fifo[96]; /* whoever opens it waits for ever */
    const hsize_t two = 2;
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(fifo, 0666), 0);
    const hid_t file = create(), space = H5Screate_simple(1, &two, NULL);
    const hid_t virtual = H5Pcreate(H5P_DATASET_CREATE), external = H5Pcreate(H5P_DATASET_CREATE);
    H5Lcreate_external(fifo, "/x", file, "link", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/link", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
    H5Pset_virtual(virtual, space, fifo, "/x", space);
    H5Pset_external(external, fifo, 0, H5F_UNLIMITED);
    H5Dclose(H5Dcreate2(file, "virtual", H5T_STD_U8LE, space, H5P_DEFAULT, virtual, H5P_DEFAULT));
    H5Dclose(H5Dcreate2(file, "external", H5T_STD_U8LE, space, H5P_DEFAULT, external, H5P_DEFAULT));
    H5Pclose(virtual);
    H5Pclose(external);
    H5Sclose(space);
    H5Fclose(file);
    EXPECT_FAILURE(load("link"), CORE_BAD_FILE, "/link leads to another file");
    EXPECT_FAILURE(load("soft"), CORE_BAD_FILE, "/soft leads to another file");
    EXPECT_FAILURE(load("virtual"), CORE_BAD_FILE, "/virtual keeps its numbers in other files");
    EXPECT_FAILURE(load("external"), CORE_BAD_FILE, "/external keeps its numbers in other files");
}
END_TEST

START_TEST(test_groups_too_deep_for_a_stack_are_refused)
{
    hid_t file = create(), group = H5Gopen2(file, "/", H5P_DEFAULT);
    for (int i = 0; i < 20000; i++) {
        const hid_t below = H5Gcreate2(group, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        H5Gclose(group);
        group = below;
    }
    H5Gclose(group);
    H5Fclose(file);
    core_h5 *read;
    core_names names;
    EXPECT_OK(core_h5_open(path, &read));
    EXPECT_FAILURE(core_h5_list(read, "", &arena, &names), CORE_BAD_FILE, "has groups 32 deep");
    core_h5_close(read);
}
END_TEST

/* HDF5 takes some 5 KiB for each chunk of a read. */
START_TEST(test_small_chunks_take_little_memory)
{
    const hsize_t beside[2] = {1, 100000}, small[2] = {1, 1};
    const hid_t file = create(), space = H5Screate_simple(2, beside, NULL), layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Dclose(make_bytes(file, "many", 100000, 1, 0));
    H5Dclose(make_bytes(file, "too_many", 2000000, 1, 0));
    H5Pset_chunk(layout, 2, small);
    H5Dclose(H5Dcreate2(file, "beside", H5T_STD_U8LE, space, H5P_DEFAULT, layout, H5P_DEFAULT));
    H5Pclose(layout);
    H5Sclose(space);
    H5Fclose(file);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    EXPECT_OK(load("many"));
    getrusage(RUSAGE_SELF, &after);
    /* KiB; all chunks at once: 500 MiB */
    ck_assert(UNDER_ASAN || after.ru_maxrss - before.ru_maxrss < 100 << 10);
    EXPECT_FAILURE(load("too_many"), CORE_BAD_FILE, "/too_many is cut into more than 1048576 chunks");
    EXPECT_FAILURE(load("beside"), CORE_BAD_FILE, "or 4096 beside each other");
}
END_TEST

START_TEST(test_short_numbers_do_not_grow_without_end)
{
    const hid_t file = create(), set = make_bytes(file, "x", 8 << 20, 1 << 20, 0);
    uint8_t *numbers = calloc(8 << 20, 1);
    ck_assert(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
    free(numbers);
    H5Dclose(set);
    H5Fclose(file);
    core_h5 *read;
    core_h5_value value = {.shape = core_h5_shape1(CORE_H5_I64, -1)};
    EXPECT_OK(core_h5_open(path, &read));
    EXPECT_FAILURE(core_h5_load(read, "x", &arena, &value), CORE_BAD_FILE,
                   "/x holds 8388608 u8, expected so many as i64");
    core_h5_close(read);
    EXPECT_OK(load("x"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/h5_hostile");
    TCase *limits = tcase_create("limits");
    tcase_add_checked_fixture(limits, setup, teardown);
    tcase_set_timeout(limits, 60.0);
    tcase_add_test(limits, test_a_part_that_was_never_written_is_refused_where_it_is_large);
    tcase_add_test(limits, test_many_small_claims_are_one_large_one);
    tcase_add_test(limits, test_a_chunk_unpacks_to_its_size_and_no_further);
    tcase_add_test(limits, test_no_other_file_is_opened);
    tcase_add_test(limits, test_groups_too_deep_for_a_stack_are_refused);
    tcase_add_test(limits, test_small_chunks_take_little_memory);
    tcase_add_test(limits, test_short_numbers_do_not_grow_without_end);
    suite_add_tcase(suite, limits);
    return run_suite(suite);
}

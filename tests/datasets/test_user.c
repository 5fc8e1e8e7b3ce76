#include "datasets/user.h"

#include "core/h5.h"
#include "tests/datasets/support.h"

enum { TRAIN = 7, TEST = 4 };

static char folder[64], path[PATH_BYTES];
static uint8_t train_images[TRAIN * IMAGE_BYTES], test_images[TEST * IMAGE_BYTES];

/* What a file holds; a NULL pointer leaves its dataset out. */
typedef struct {
    core_h5_shape images, labels, test_images, test_labels, names;
    const void *train_data, *train_labels, *test_data, *test_label_data, *name_data;
} contents;

static const int64_t labels64[TRAIN] = {2, 0, 1, 1, 2, 0, 0}, test_labels64[TEST] = {1, 2, 0, 1};
static const uint8_t labels8[TRAIN] = {2, 0, 1, 1, 2, 0, 0}, test_labels8[TEST] = {1, 2, 0, 1};
static const uint64_t labels_u64[TRAIN] = {2, 0, 1, 1, 2, 0, 0};

static core_h5_shape image_shape(int64_t count)
{
    return (core_h5_shape){CORE_H5_U8, 4, {count, DS_CHANNELS, SIDE, SIDE}};
}

static contents good(void)
{
    return (contents){.images = image_shape(TRAIN),
                      .labels = core_h5_shape1(CORE_H5_I64, TRAIN),
                      .test_images = image_shape(TEST),
                      .test_labels = core_h5_shape1(CORE_H5_I64, TEST),
                      .train_data = train_images,
                      .train_labels = labels64,
                      .test_data = test_images,
                      .test_label_data = test_labels64};
}

static void put(core_h5 *file, const char *name, const core_h5_shape *shape, const void *data)
{
    core_h5_about about = {.long_name = name, .units = "1"};
    if (data != NULL) {
        EXPECT_OK(core_h5_write(file, name, shape, data, &about));
    }
}

static void save(const contents *what)
{
    core_h5 *file;
    EXPECT_OK(core_h5_create(path, &file));
    put(file, "images", &what->images, what->train_data);
    put(file, "labels", &what->labels, what->train_labels);
    put(file, "test_images", &what->test_images, what->test_data);
    put(file, "test_labels", &what->test_labels, what->test_label_data);
    put(file, "class_names", &what->names, what->name_data);
    EXPECT_OK(core_h5_save(file, path));
    core_h5_close(file);
}

static void make_folder(void)
{
    make_test_folder(folder);
    path_of(path, "%s/my set.h5", folder);
    for (int i = 0; i < TRAIN * IMAGE_BYTES; i++) {
        train_images[i] = look_alike_pixel(3, i / IMAGE_BYTES, i % IMAGE_BYTES);
    }
    for (int i = 0; i < TEST * IMAGE_BYTES; i++) {
        test_images[i] = look_alike_pixel(4, i / IMAGE_BYTES, i % IMAGE_BYTES);
    }
}

static void remove_folder(void) { remove_test_folder(folder); }

static void expect_loaded(const contents *what)
{
    ds_dataset dataset;
    save(what);
    EXPECT_OK(ds_load(path, NULL, NULL, &dataset));
    ck_assert_str_eq(dataset.name, "my set.h5");
    ck_assert_int_eq(dataset.classes, 3);
    ck_assert_int_eq(dataset.train.count, TRAIN);
    ck_assert_int_eq(dataset.test.count, TEST);
    ck_assert(!dataset.verified);
    ck_assert_mem_eq(dataset.train.images, train_images, sizeof train_images);
    ck_assert_mem_eq(dataset.test.images, test_images, sizeof test_images);
    for (int i = 0; i < TRAIN; i++) {
        ck_assert_int_eq(dataset.train.labels[i], labels8[i]);
    }
    for (int i = 0; i < TEST; i++) {
        ck_assert_int_eq(dataset.test.labels[i], test_labels8[i]);
    }
    ds_destroy(&dataset);
}

START_TEST(test_file_loads_as_written)
{
    contents what = good();
    expect_loaded(&what);
}
END_TEST

/* (N, 3, 16, 64), (N, 1, 24, 128) and (N, 96, 32) hold as many bytes as CIFAR's images. */
START_TEST(test_images_of_any_size_load)
{
    static const core_h5_shape shapes[] = {
        {CORE_H5_U8, 4, {0, 3, 16, 64}}, {CORE_H5_U8, 4, {0, 1, 24, 128}}, {CORE_H5_U8, 3, {0, 96, 32}}};
    static const int64_t found[][3] = {{3, 16, 64}, {1, 24, 128}, {1, 96, 32}};
    for (int i = 0; i < LENGTH(shapes); i++) {
        contents what = good();
        ds_dataset dataset;
        what.images = what.test_images = shapes[i];
        what.images.dims[0] = TRAIN, what.test_images.dims[0] = TEST;
        expect_loaded(&what);
        EXPECT_OK(ds_load(path, NULL, NULL, &dataset));
        ck_assert_int_eq(dataset.planes, found[i][0]);
        ck_assert_int_eq(dataset.height, found[i][1]);
        ck_assert_int_eq(dataset.width, found[i][2]);
        ds_destroy(&dataset);
    }
}
END_TEST

START_TEST(test_labels_of_other_integer_types_load)
{
    contents what = good();
    what.labels = core_h5_shape1(CORE_H5_U64, TRAIN);
    what.train_labels = labels_u64;
    what.test_labels = core_h5_shape1(CORE_H5_U8, TEST);
    what.test_label_data = test_labels8;
    expect_loaded(&what);
}
END_TEST

START_TEST(test_class_names_are_read)
{
    static const char *const names[] = {"cat", "dog", "é"};
    contents what = good();
    ds_dataset dataset;
    what.names = core_h5_shape1(CORE_H5_TEXT, 3);
    what.name_data = names;
    save(&what);
    EXPECT_OK(ds_load(path, NULL, NULL, &dataset));
    ck_assert_str_eq(dataset.class_names[2], "é");
    ds_destroy(&dataset);
    what.names = core_h5_shape1(CORE_H5_TEXT, 2);
    save(&what);
    EXPECT_FAILURE(ds_load(path, NULL, NULL, &dataset), CORE_BAD_FILE,
                   "class_names is text (2), expected text (3), a name for each class from 0 to 2");
    what.names = core_h5_shape1(CORE_H5_TEXT, 3);
    what.name_data = (const char *const[]){"cat", "dog", "cat"};
    save(&what);
    EXPECT_FAILURE(ds_load(path, NULL, NULL, &dataset), CORE_BAD_FILE, "class_names[2] is 'cat', as one before");
    what.name_data = (const char *const[]){"cat", "", "dog"};
    save(&what);
    EXPECT_FAILURE(ds_load(path, NULL, NULL, &dataset), CORE_BAD_FILE, "class_names[1] is empty, expected another");
}
END_TEST

static void expect_bad(const contents *what, const char *word)
{
    ds_dataset dataset = {.classes = 77};
    save(what);
    EXPECT_FAILURE(ds_load(path, NULL, NULL, &dataset), CORE_BAD_FILE, word);
    ck_assert_msg(strstr(core_error_message(), path) != NULL, "no file in: %s", core_error_message());
    ck_assert_int_eq(dataset.classes, 77);
}

START_TEST(test_missing_datasets_are_named)
{
    contents what = good();
    what.train_data = NULL;
    expect_bad(&what, "no dataset images");
    what = good();
    what.train_labels = NULL;
    expect_bad(&what, "no dataset labels");
    what = good();
    what.test_data = NULL;
    expect_bad(&what, "no dataset test_images");
    what = good();
    what.test_label_data = NULL;
    expect_bad(&what, "no dataset test_labels");
}
END_TEST

START_TEST(test_images_of_another_shape_or_type_are_named)
{
    contents what = good();
    what.images.dims[3] = 16;
    expect_bad(&what, "images is u8 (7, 3, 32, 16) and test_images is u8 (4, 3, 32, 32), expected one size");
    what = good();
    what.images.dims[2] = 7;
    expect_bad(&what,
               "images is u8 (7, 3, 7, 32), expected u8 (N, 3, H, W), or (N, 1, H, W) or (N, H, W) of gray images");
    what = good();
    what.images.dims[1] = 2;
    expect_bad(&what,
               "images is u8 (7, 2, 32, 32), expected u8 (N, 3, H, W), or (N, 1, H, W) or (N, H, W) of gray images");
    what = good();
    what.images = core_h5_shape2(CORE_H5_U8, TRAIN, 3072);
    expect_bad(&what, "images is u8 (7, 3072)");
    what = good();
    what.test_images.type = CORE_H5_I8;
    expect_bad(&what, "test_images is i8");
    what = good();
    what.images.dims[1] = what.images.dims[2] = 32;
    what.images.dims[3] = 3;
    expect_bad(&what, "at most 65536; move the channels");
    what = good();
    what.images = core_h5_shape1(CORE_H5_F64, 3);
    expect_bad(&what, "at most 65536; pixels are whole numbers from 0");
    what = good();
    what.images = core_h5_shape0(CORE_H5_U8);
    expect_bad(&what, "images is u8 (one value)");
    what = good();
    what.images.dims[0] = 0;
    expect_bad(&what, "images is u8 (0, 3, 32, 32)");
}
END_TEST

START_TEST(test_labels_of_another_shape_or_type_are_named)
{
    static const float floats[TRAIN] = {0};
    contents what = good();
    what.labels = core_h5_shape1(CORE_H5_F32, TRAIN);
    what.train_labels = floats;
    expect_bad(
        &what,
        "labels is f32 (7), expected integers (N), the number of a class for each image; store them with NumPy's");
    what = good();
    static const char *const animals[TRAIN] = {"cat", "dog", "cat", "dog", "cat", "dog", "cat"};
    what.labels = core_h5_shape1(CORE_H5_TEXT, TRAIN);
    what.train_labels = animals;
    expect_bad(&what,
               "labels is text (7), expected integers (N), the number of a class for each image; NumPy's unique");
    static const uint64_t enormous[TRAIN] = {UINT64_MAX};
    what.labels = core_h5_shape1(CORE_H5_U64, TRAIN);
    what.train_labels = enormous;
    expect_bad(&what, "labels[0] is 18446744073709551615, expected the number of a class");
    what = good();
    what.labels = core_h5_shape2(CORE_H5_I64, TRAIN, 1);
    expect_bad(&what, "labels is i64 (7, 1), expected integers (N)");
    what = good();
    what.labels.dims[0] = 6;
    expect_bad(&what, "labels has 6 labels, expected 7");
}
END_TEST

START_TEST(test_labels_out_of_range_are_named)
{
    int64_t labels[TRAIN];
    contents what = good();
    what.train_labels = labels;
    memcpy(labels, labels64, sizeof labels);
    labels[5] = -1;
    expect_bad(&what, "labels[5] is -1, expected 0..6");
    labels[5] = INT64_C(1) << 40;
    expect_bad(&what, "labels[5] is 1099511627776, expected 0..6");
    labels[5] = 1000000000;
    expect_bad(&what, "labels[5] is 1000000000, expected 0..6 (every class needs a training example)");
    for (int i = 0; i < TRAIN; i++) {
        labels[i] = labels64[i] + 1;
    }
    expect_bad(&what, "class 0 has no training example");
    int64_t test_labels[TEST];
    what.test_label_data = test_labels;
    for (int i = 0; i < TEST; i++) {
        test_labels[i] = test_labels64[i] + 1;
    }
    expect_bad(&what, "labels begin at 1 and end at 3, expected 0 to 2: subtract 1 from labels and test_labels");
    what.test_label_data = test_labels64;
    memcpy(labels, labels64, sizeof labels);
    labels[5] = 4;
    expect_bad(&what, "class 3 has no training example");
    labels[5] = 3;
    expect_bad(&what, "class 3 has no test example");
}
END_TEST

START_TEST(test_file_that_is_not_hdf5_is_named)
{
    ds_dataset dataset;
    write_text(path, "images");
    EXPECT_FAILURE(ds_load(path, NULL, NULL, &dataset), CORE_BAD_FILE, path);
    EXPECT_FAILURE(ds_load("/tmp/", NULL, NULL, &dataset), CORE_BAD_FILE, "/tmp/");
    EXPECT_FAILURE(ds_load("gone.h5", NULL, NULL, &dataset), CORE_BAD_FILE, "gone.h5: missing, expected");
    EXPECT_FAILURE(ds_load("./", NULL, NULL, &dataset), CORE_BAD_FILE, "./: is a folder, expected");
    EXPECT_FAILURE(ds_load("/dev/null/own.h5", NULL, NULL, &dataset), CORE_BAD_FILE, "own.h5: missing, expected");
    EXPECT_FAILURE(ds_load("gone.h5", NULL, NULL, &dataset), CORE_BAD_FILE, "--data PATH says where it lies");
    contents what = good();
    save(&what);
    ck_assert_int_eq(truncate(path, 9000), 0);
    EXPECT_FAILURE(ds_load(path, NULL, NULL, &dataset), CORE_BAD_FILE, path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/user");
    const TTest *const tests[] = {test_file_loads_as_written,
                                  test_images_of_any_size_load,
                                  test_labels_of_other_integer_types_load,
                                  test_class_names_are_read,
                                  test_missing_datasets_are_named,
                                  test_images_of_another_shape_or_type_are_named,
                                  test_labels_of_another_shape_or_type_are_named,
                                  test_labels_out_of_range_are_named,
                                  test_file_that_is_not_hdf5_is_named};
    TCase *tcase = tcase_create("user");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

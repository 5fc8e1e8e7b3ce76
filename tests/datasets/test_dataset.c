#define OWN_PROCESSES /* A case unsets HOME. */
#include "datasets/dataset.h"

#include <math.h>

#include "core/hash.h"
#include "datasets/augment.h"
#include "tests/datasets/support.h"

static ds_dataset make_small(void)
{
    ds_dataset dataset = {0};
    alloc_images(&dataset, 3, 6, 3);
    for (int i = 0; i < 6 * IMAGE_BYTES; i++) {
        dataset.train.images[i] = look_alike_pixel(1, i / IMAGE_BYTES, i % IMAGE_BYTES);
    }
    for (int i = 0; i < 3 * IMAGE_BYTES; i++) {
        dataset.test.images[i] = look_alike_pixel(2, i / IMAGE_BYTES, i % IMAGE_BYTES);
    }
    for (int i = 0; i < 6; i++) {
        dataset.train.labels[i] = i % 3;
    }
    for (int i = 0; i < 3; i++) {
        dataset.test.labels[i] = i;
    }
    return dataset;
}

START_TEST(test_digest_is_that_of_all_bytes_in_order)
{
    ds_dataset dataset = make_small();
    static uint8_t all[9 * IMAGE_BYTES + 9 * 4];
    size_t used = 0;
    const ds_part *const parts[] = {&dataset.train, &dataset.test};
    for (int k = 0; k < 2; k++) {
        memcpy(all + used, parts[k]->images, (size_t)parts[k]->count * IMAGE_BYTES);
        used += (size_t)parts[k]->count * IMAGE_BYTES;
        for (int64_t i = 0; i < parts[k]->count; i++) { /* labels as little-endian bytes */
            all[used] = (uint8_t)parts[k]->labels[i];
            used += 4;
        }
    }
    char hex[CORE_HASH_HEX_MAX];
    core_hash_digest wanted = core_hash_of(CORE_HASH_SHA256, all, used);
    EXPECT_OK(ds_dataset_digest(&dataset));
    ck_assert_str_eq(dataset.sha256, core_hash_hex(&wanted, hex));
    ds_destroy(&dataset);
}
END_TEST

/* The same bytes as images of another size are other data: planes, H and W come first, as little-endian int32. */
START_TEST(test_digest_of_other_sizes_begins_with_the_size)
{
    static const uint8_t size[12] = {1, 0, 0, 0, 12, 0, 0, 0, 0, 1, 0, 0};
    ds_dataset dataset = make_small();
    core_hash *hash;
    char hex[CORE_HASH_HEX_MAX];
    dataset.planes = 1, dataset.height = 12, dataset.width = 256;
    EXPECT_OK(ds_dataset_digest(&dataset));
    EXPECT_OK(core_hash_create(CORE_HASH_SHA256, &hash));
    core_hash_update(hash, size, sizeof size);
    const ds_part *const parts[] = {&dataset.train, &dataset.test};
    for (int k = 0; k < 2; k++) {
        core_hash_update(hash, parts[k]->images, (size_t)parts[k]->count * IMAGE_BYTES);
        core_hash_update(hash, parts[k]->labels, (size_t)parts[k]->count * 4);
    }
    core_hash_digest wanted = core_hash_finish(hash);
    ck_assert_str_eq(dataset.sha256, core_hash_hex(&wanted, hex));
    core_hash_destroy(hash);
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_gray_images_are_seen_three_times)
{
    enum { H = 9, W = 11 };
    ds_dataset dataset = {0};
    const ds_extent extent = {"gray", 2, 1, H, W, 2, 2};
    float out[DS_CHANNELS * H * W];
    EXPECT_OK(ds_dataset_alloc(&dataset, &extent));
    ck_assert_int_eq(ds_image_bytes(&dataset), H * W);
    ck_assert_int_eq(ds_image_floats(&dataset), 3 * H * W);
    for (int i = 0; i < 2 * H * W; i++) {
        dataset.train.images[i] = look_alike_pixel(1, i / 7, i);
    }
    ds_dataset_normalise_by_train(&dataset);
    ck_assert(dataset.mean[0] == dataset.mean[2] && dataset.std[0] == dataset.std[1]);
    const ds_image image = ds_image_of(&dataset, &dataset.train, 1);
    ds_window_write(&dataset, &image, &(ds_window){0, 0, false}, out);
    for (int i = 0; i < 3 * H * W; i++) {
        EXPECT_FLOAT(out[i], dataset.normalised[0][dataset.train.images[H * W + i % (H * W)]]);
    }
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_mean_and_std_equal_two_passes_in_double)
{
    ds_dataset dataset = make_small();
    ds_dataset_normalise_by_train(&dataset);
    for (int c = 0; c < 3; c++) {
        double sum = 0.0, squares = 0.0, count = 6 * 1024.0;
        for (int i = 0; i < 6 * 1024; i++) {
            sum += dataset.train.images[i / 1024 * IMAGE_BYTES + c * 1024 + i % 1024] / 255.0;
        }
        for (int i = 0; i < 6 * 1024; i++) {
            double d = dataset.train.images[i / 1024 * IMAGE_BYTES + c * 1024 + i % 1024] / 255.0 - sum / count;
            squares += d * d;
        }
        ck_assert_double_eq_tol((double)dataset.mean[c], sum / count, 1e-7); /* float's rounding */
        ck_assert_double_eq_tol((double)dataset.std[c], sqrt(squares / count), 1e-7);
        EXPECT_FLOAT(dataset.normalised[c][77], (77.0f / 255.0f - dataset.mean[c]) / dataset.std[c]);
    }
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_constant_channel_gets_std_one)
{
    ds_dataset dataset = make_small();
    for (int i = 0; i < 6; i++) {
        memset(dataset.train.images + i * IMAGE_BYTES + 1024, 201, 1024);
    }
    ds_dataset_normalise_by_train(&dataset);
    EXPECT_FLOAT(dataset.std[1], 1.0f);
    EXPECT_FLOAT(dataset.normalised[1][201], 0.0f);
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_check_finds_labels_out_of_range_and_empty_classes)
{
    ds_dataset dataset = make_small();
    EXPECT_OK(ds_dataset_check(&dataset, "here"));
    dataset.train.labels[4] = 3;
    EXPECT_FAILURE(ds_dataset_check(&dataset, "here"), CORE_BAD_FILE,
                   "here: label 3 of training example 4, expected 0..2");
    dataset.train.labels[4] = -1;
    EXPECT_FAILURE(ds_dataset_check(&dataset, "here"), CORE_BAD_FILE, "label -1 of training example 4");
    dataset.train.labels[4] = 1;
    dataset.test.labels[2] = 0;
    EXPECT_FAILURE(ds_dataset_check(&dataset, "here"), CORE_BAD_FILE, "here: class 2 has no test example");
    ds_destroy(&dataset);
}
END_TEST

static void expect_folder(const char *data_dir, const char *wanted)
{
    char folder[CORE_PATH_BYTES];
    EXPECT_OK(ds_data_folder(data_dir, folder));
    ck_assert_str_eq(folder, wanted);
}

START_TEST(test_data_folder_follows_the_rule)
{
    setenv("TAILBIT_DATA", "/own", 1);
    setenv("XDG_DATA_HOME", "/xdg", 1);
    setenv("HOME", "/home/me", 1);
    expect_folder("/given", "/given");
    expect_folder(NULL, "/own");
    setenv("TAILBIT_DATA", "", 1);
    expect_folder(NULL, "/xdg/tailbit");
    setenv("XDG_DATA_HOME", "relative", 1);
    expect_folder(NULL, "/home/me/.local/share/tailbit");
    unsetenv("XDG_DATA_HOME");
    expect_folder(NULL, "/home/me/.local/share/tailbit");
    unsetenv("HOME");
    char folder[CORE_PATH_BYTES];
    EXPECT_FAILURE(ds_data_folder(NULL, folder), CORE_BAD_USAGE, "--data-dir");
}
END_TEST

START_TEST(test_unknown_name_lists_the_known_ones)
{
    ds_dataset dataset = {.classes = 77};
    EXPECT_FAILURE(ds_load("cifar11", NULL, NULL, &dataset), CORE_BAD_USAGE,
                   "no data set \"cifar11\": expected cifar10");
    ck_assert_int_eq(dataset.classes, 77);
}
END_TEST

START_TEST(test_absent_data_set_says_how_to_get_it)
{
    ds_dataset dataset = {.classes = 77};
    EXPECT_FAILURE(ds_load("cifar100", "/nowhere/at/all", NULL, &dataset), CORE_BAD_FILE,
                   "tailbit data fetch cifar100");
    ck_assert_ptr_nonnull(strstr(core_error_message(), "/nowhere/at/all"));
    ck_assert_int_eq(dataset.classes, 77);
}
END_TEST

START_TEST(test_path_is_a_users_file)
{
    ds_dataset dataset = {0};
    EXPECT_FAILURE(ds_load("./cifar10", NULL, NULL, &dataset), CORE_BAD_FILE, "./cifar10: missing");
    EXPECT_FAILURE(ds_load("my.h5", NULL, NULL, &dataset), CORE_BAD_FILE, "my.h5: missing");
    EXPECT_FAILURE(ds_load("my.hdf5", NULL, NULL, &dataset), CORE_BAD_FILE, "my.hdf5: missing");
}
END_TEST

START_TEST(test_name_of_a_drawn_set_loads)
{
    ds_dataset dataset;
    EXPECT_OK(ds_load("shapes:3:2", NULL, NULL, &dataset));
    ck_assert_int_eq(dataset.train.count, 30);
    ck_assert_int_eq(dataset.height, 32);
    ds_destroy(&dataset);
    ck_assert_ptr_null(dataset.train.images);
    ds_destroy(&dataset);
}
END_TEST

/* What nothing official could verify is neither verified nor unverified. */
START_TEST(test_own_data_have_nothing_to_be_verified_against)
{
    ck_assert_str_eq(ds_verification("cifar10", true), "verified");
    ck_assert_str_eq(ds_verification("cifar10", false), "unverified");
    ck_assert_str_eq(ds_verification("tiny_imagenet", false), "unverified");
    ck_assert_str_eq(ds_verification("shapes:9:9", true), "verified");
    ck_assert_ptr_null(ds_verification("cifar10.h5", false));
    ck_assert_ptr_null(ds_verification("./cifar10", false));
    ck_assert_ptr_null(ds_verification("photos", false));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/dataset");
    ADD_CASE(suite, "oracle", test_digest_is_that_of_all_bytes_in_order,
             test_digest_of_other_sizes_begins_with_the_size, test_gray_images_are_seen_three_times,
             test_mean_and_std_equal_two_passes_in_double, test_constant_channel_gets_std_one);
    ADD_CASE(suite, "names", test_own_data_have_nothing_to_be_verified_against, test_data_folder_follows_the_rule,
             test_path_is_a_users_file, test_name_of_a_drawn_set_loads);
    ADD_CASE(suite, "errors", test_check_finds_labels_out_of_range_and_empty_classes,
             test_unknown_name_lists_the_known_ones, test_absent_data_set_says_how_to_get_it);
    return run_suite(suite);
}

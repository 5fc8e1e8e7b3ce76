#include "datasets/shapes.h"

#include <math.h>

#include "tests/datasets/support.h"

START_TEST(test_labels_take_turns_and_every_class_has_a_name)
{
    ds_dataset dataset = {0};
    EXPECT_OK(ds_shapes_load("shapes:7:4", &dataset));
    ck_assert_int_eq(dataset.train.count, 70);
    ck_assert_int_eq(dataset.test.count, 40);
    ck_assert_int_eq(dataset.classes, 10);
    ck_assert(dataset.verified);
    for (int i = 0; i < 70; i++) {
        ck_assert_int_eq(dataset.train.labels[i], i % 10);
    }
    for (int j = 0; j < 10; j++) {
        ck_assert_str_ne(dataset.class_names[j], "");
    }
    ck_assert_str_eq(dataset.name, "shapes:7:4");
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_default_sizes_have_the_short_name)
{
    ds_dataset dataset = {0}, same = {0};
    char name[64];
    EXPECT_OK(ds_shapes_load("shapes", &dataset));
    ck_assert_str_eq(dataset.name, "shapes");
    snprintf(name, sizeof name, "shapes:%lld:%lld", (long long)dataset.train.count / 10,
             (long long)dataset.test.count / 10);
    EXPECT_OK(ds_shapes_load(name, &same));
    ck_assert_str_eq(same.name, "shapes");
    ck_assert_str_eq(same.sha256, dataset.sha256);
    ds_destroy(&dataset);
    ds_destroy(&same);
}
END_TEST

START_TEST(test_smaller_set_is_a_prefix_of_a_larger_one)
{
    ds_dataset small = {0}, large = {0};
    EXPECT_OK(ds_shapes_load("shapes:3:2", &small));
    EXPECT_OK(ds_shapes_load("shapes:11:5", &large));
    ck_assert_mem_eq(small.train.images, large.train.images, (size_t)small.train.count * IMAGE_BYTES);
    ck_assert_mem_eq(small.test.images, large.test.images, (size_t)small.test.count * IMAGE_BYTES);
    ds_destroy(&small);
    ds_destroy(&large);
}
END_TEST

START_TEST(test_all_images_differ)
{
    ds_dataset dataset = {0};
    EXPECT_OK(ds_shapes_load("shapes:10:10", &dataset));
    for (int64_t i = 0; i < 100; i++) {
        for (int64_t j = 0; j < 100; j++) {
            const uint8_t *image = dataset.train.images + i * IMAGE_BYTES;
            if (i != j) {
                ck_assert_mem_ne(image, dataset.train.images + j * IMAGE_BYTES, IMAGE_BYTES);
            }
            ck_assert_mem_ne(image, dataset.test.images + j * IMAGE_BYTES, IMAGE_BYTES);
        }
    }
    ds_destroy(&dataset);
}
END_TEST

/* The same scene with another class differs where the figure is, and only there. */
START_TEST(test_class_changes_the_figure_and_nothing_else)
{
    uint8_t images[DS_SHAPES_CLASSES][IMAGE_BYTES];
    int pixels[IMAGE_BYTES];
    for (int32_t j = 0; j < DS_SHAPES_CLASSES; j++) {
        ds_shapes_draw(&(ds_shapes_picture){false, 4711, j, SIDE}, pixels, images[j]);
    }
    for (int j = 1; j < DS_SHAPES_CLASSES; j++) {
        int differ = 0;
        for (int p = 0; p < IMAGE_BYTES; p++) {
            differ += images[0][p] != images[j][p];
        }
        ck_assert_int_gt(differ, 0);
        ck_assert_int_lt(differ, IMAGE_BYTES / 2);
        ck_assert_int_eq(images[0][0], images[j][0]); /* corners are background */
        ck_assert_int_eq(images[0][IMAGE_BYTES - 1], images[j][IMAGE_BYTES - 1]);
    }
}
END_TEST

/* Frozen on every machine: results of runs depend on them. */
START_TEST(test_bytes_are_frozen)
{
    ds_dataset dataset = {0};
    EXPECT_OK(ds_shapes_load("shapes:20:5", &dataset));
    ck_assert_str_eq(dataset.sha256, "1142e50f3bfa6ff829ef76c1ba968c431bd2a3f8a137a80265d85aef2fe78937");
    ds_destroy(&dataset);
    EXPECT_OK(ds_shapes_load("shapes:2:1:13", &dataset));
    ck_assert_str_eq(dataset.sha256, "f3d76c02f8821596631c05bfcc7cc3ebf38f1b5f2f6a5bdd418cfdcd9655359a");
    ds_destroy(&dataset);
}
END_TEST

/* Another size is the same scene: averaged over its blocks a large image is near the small one. */
START_TEST(test_other_sizes_are_the_same_scenes)
{
    enum { LARGE = 2 * SIDE, IMAGES = 10 };
    ds_dataset small = {0}, large = {0};
    EXPECT_OK(ds_shapes_load("shapes:1:1:32", &small));
    EXPECT_OK(ds_shapes_load("shapes:1:1:64", &large));
    ck_assert_str_eq(small.name, "shapes:1:1");
    ck_assert_str_eq(large.name, "shapes:1:1:64");
    ck_assert(large.height == LARGE && large.width == LARGE);
    double squares = 0;
    for (int64_t i = 0; i < IMAGES * IMAGE_BYTES; i++) {
        const int64_t plane = i / (SIDE * SIDE), y = i / SIDE % SIDE * 2, x = i % SIDE * 2;
        const uint8_t *block = large.train.images + (plane * LARGE + y) * LARGE + x;
        double difference = (block[0] + block[1] + block[LARGE] + block[LARGE + 1]) / 4.0 - small.train.images[i];
        squares += difference * difference;
    }
    ck_assert_double_lt(sqrt(squares / (IMAGES * IMAGE_BYTES)),
                        15); /* noise alone: 148 / 16 by sqrt(1 + 1/4) is 10.3 */
    ds_destroy(&small);
    ds_destroy(&large);
}
END_TEST

static const char *const bad_names[] = {"shapes:",
                                        "shapes:10",
                                        "shapes:10:",
                                        "shapes::10",
                                        "shapes:0:10",
                                        "shapes:10:0",
                                        "shapes:-1:10",
                                        "shapes:10:10:7",
                                        "shapes:10:10:513",
                                        "shapes:10:10:",
                                        "shapes:10:10:10:10",
                                        "shapes:10:5x:64",
                                        "shapes:10:5::64",
                                        "shapes:10:5:a:64",
                                        "shapes:10:1x",
                                        "shapes:1 0:1",
                                        "shapes:100001:1",
                                        "shapes:1:100001",
                                        "shapes:99999999999999999999999999999999999:1"};

START_TEST(test_bad_sizes_are_usage_errors)
{
    ds_dataset dataset;
    ck_assert(ds_shapes_is_name(bad_names[_i]));
    EXPECT_FAILURE(ds_load(bad_names[_i], NULL, NULL, &dataset), CORE_BAD_USAGE, "shapes:TRAIN:TEST");
}
END_TEST

START_TEST(test_other_names_are_not_shapes)
{
    ck_assert(!ds_shapes_is_name("shape"));
    ck_assert(!ds_shapes_is_name("shapes2"));
    ck_assert(!ds_shapes_is_name(""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/shapes");
    ADD_CASE(suite, "contents", test_labels_take_turns_and_every_class_has_a_name,
             test_default_sizes_have_the_short_name, test_smaller_set_is_a_prefix_of_a_larger_one,
             test_all_images_differ, test_other_sizes_are_the_same_scenes,
             test_class_changes_the_figure_and_nothing_else, test_bytes_are_frozen);
    TCase *tcase = tcase_create("names");
    tcase_add_loop_test(tcase, test_bad_sizes_are_usage_errors, 0, LENGTH(bad_names));
    tcase_add_test(tcase, test_other_names_are_not_shapes);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

/* Which floats come out: crops_oracle.py. */
#include "datasets/loader.h"

#include "tests/datasets/picture_support.h"

static char folder[64], data[PATH_BYTES], place[PATH_BYTES];
static ds_dataset photos;
static ds_loader *loader;
enum { THREADS = 2, SEEN = 24, FLOATS = 3 * SEEN * SEEN };

static void setup(void)
{
    ds_data_report report;
    make_test_folder(folder);
    path_of(data, "%s/data", folder);
    path_of(place, "%s/data/photos", folder);
    write_photos(folder, 4);
    EXPECT_OK(import_photos(folder, (ds_picture_options){0}, &report));
    EXPECT_OK(ds_load("photos", data, &(ds_view){.side = SEEN}, &photos));
    EXPECT_OK(ds_loader_create(&photos, THREADS, &loader));
}

static void teardown(void)
{
    ds_loader_destroy(loader);
    ds_destroy(&photos);
    remove_test_folder(folder);
}

START_TEST(test_a_packed_set_loads)
{
    ck_assert_str_eq(photos.name, "photos");
    ck_assert_str_eq(photos.class_names[1], "dog");
    ck_assert_int_eq(photos.train.count, 8);
    ck_assert_int_eq(photos.test.count, 4);
    ck_assert_int_eq(photos.train.labels[3], 0);
    ck_assert_int_eq(photos.test.labels[2], 1);
    ck_assert_int_eq(photos.height, 0);
    ck_assert_int_eq(photos.view.crop, DS_CROP_RESIZE);
    ck_assert_int_eq(ds_image_floats(&photos), FLOATS);
    ck_assert(!ds_is_built_in("photos") && ds_is_built_in("tiny_imagenet"));
}
END_TEST

/* A picture gives the same floats whatever its thread loaded before. */
START_TEST(test_threads_and_order_change_no_bit)
{
    static float first[8][FLOATS], again[FLOATS];
    for (int64_t i = 0; i < 8; i++) {
        ds_loader_expect(loader, i);
        EXPECT_OK(ds_loader_augment(loader, 0, i, &(ds_draw){1, 2, i}, first[i]));
    }
    for (int64_t i = 7; i >= 0; i--) {
        EXPECT_OK(ds_loader_plain(loader, 1, &photos.test, i % 4, again));
        EXPECT_OK(ds_loader_augment(loader, 1, i, &(ds_draw){1, 2, i}, again));
        ck_assert_mem_eq(again, first[i], sizeof again);
    }
}
END_TEST

/* An image in memory and the same pixels in a file are seen alike, but for mean and std. */
START_TEST(test_images_in_memory_are_resized_alike)
{
    static float in_file[FLOATS], in_memory[FLOATS];
    ds_pack_reader reader = {0};
    ds_dataset memory = {0};
    ds_loader *other;
    EXPECT_OK(ds_pack_read(photos.pack, 5, &reader));
    const pic_picture *picture = &reader.picture;
    const int64_t pixels = picture->height * picture->width;
    const ds_extent extent = {"memory", 2, 3, picture->height, picture->width, 2, 2};
    EXPECT_OK(ds_dataset_alloc(&memory, &extent));
    for (int64_t i = 0; i < 3 * pixels; i++) {
        memory.train.images[3 * pixels + i] = picture->pixels[i % pixels * 3 + i / pixels];
    }
    ds_dataset_normalise(&memory, photos.mean, photos.std);
    EXPECT_OK(ds_loader_create(&memory, 1, &other));
    for (int crop = DS_CROP_RESIZE; crop <= DS_CROP_RANDOM_RESIZED; crop++) {
        const ds_view view = {.crop = (ds_crop)crop, .side = SEEN};
        const ds_draw draw = {8, 3, 77};
        EXPECT_OK(ds_dataset_set_view(&memory, &view));
        EXPECT_OK(ds_dataset_set_view(&photos, &view));
        EXPECT_OK(ds_loader_augment(loader, 0, 5, &draw, in_file));
        EXPECT_OK(ds_loader_augment(other, 0, 1, &draw, in_memory));
        ck_assert_mem_eq(in_file, in_memory, sizeof in_file);
        EXPECT_OK(ds_loader_plain(loader, 0, &photos.train, 5, in_file));
        EXPECT_OK(ds_loader_plain(other, 0, &memory.train, 1, in_memory));
        ck_assert_mem_eq(in_file, in_memory, sizeof in_file);
    }
    ds_loader_destroy(other);
    ds_destroy(&memory);
    ds_pack_reader_free(&reader);
}
END_TEST

START_TEST(test_a_damaged_picture_is_named)
{
    float out[FLOATS];
    char path[CORE_PATH_BYTES];
    const ds_packed_picture *picture = &photos.pack->pictures[8];
    EXPECT_OK(ds_pack_path(place, picture->pack, path));
    poke(path, picture->offset + 9, 0x5a);
    EXPECT_FAILURE(ds_loader_plain(loader, 0, &photos.test, 0, out), CORE_BAD_FILE, picture->path);
    EXPECT_OK(ds_loader_plain(loader, 0, &photos.test, 1, out));
}
END_TEST

/* The packs that were opened stay, whatever happens to the folder. */
START_TEST(test_a_later_import_changes_nothing)
{
    float before[FLOATS], after[FLOATS];
    EXPECT_OK(ds_loader_plain(loader, 0, &photos.test, 3, before));
    shell("rm -r %s", place);
    EXPECT_OK(ds_loader_plain(loader, 0, &photos.test, 3, after));
    ck_assert_mem_eq(before, after, sizeof before);
}
END_TEST

START_TEST(test_a_changed_index_does_not_load)
{
    ds_dataset other;
    shell("cd %s && (sed -n 1,3p index.txt; sed -n 5p index.txt; sed -n 4p index.txt; sed -n '6,$p' index.txt) > other "
          "&& mv other index.txt",
          place);
    EXPECT_FAILURE(ds_load("photos", data, NULL, &other), CORE_BAD_FILE, "it has changed; import it again");
    EXPECT_FAILURE(ds_load("photos", data, &(ds_view){.crop = DS_CROP_PAD4}, &other), CORE_BAD_FILE, "has changed");
}
END_TEST

START_TEST(test_several_sizes_are_not_padded)
{
    ds_dataset other;
    EXPECT_FAILURE(ds_load("photos", data, &(ds_view){.crop = DS_CROP_PAD4}, &other), CORE_BAD_USAGE, "one size");
}
END_TEST

START_TEST(test_a_known_set_that_is_absent_has_its_command)
{
    ds_dataset other;
    EXPECT_FAILURE(ds_load("tiny_imagenet", data, NULL, &other), CORE_BAD_FILE, "tailbit data import tiny_imagenet");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/loader");
    const TTest *const tests[] = {test_a_packed_set_loads,
                                  test_threads_and_order_change_no_bit,
                                  test_images_in_memory_are_resized_alike,
                                  test_a_damaged_picture_is_named,
                                  test_a_later_import_changes_nothing,
                                  test_a_changed_index_does_not_load,
                                  test_several_sizes_are_not_padded,
                                  test_a_known_set_that_is_absent_has_its_command};
    add_with_fixture(suite, setup, teardown, tests, LENGTH(tests));
    return run_suite(suite);
}

#include "datasets/view.h"

#include "tests/datasets/support.h"

/* What is wanted of images of which size, and what a network then sees. */
typedef struct {
    ds_view wanted;
    int64_t height, width;
    ds_crop crop;
    int64_t short_side, seen[2];
} settled;

static const settled SETTLED[] = {
    {{.crop = DS_CROP_AUTO}, 32, 32, DS_CROP_PAD4, 0, {32, 32}},
    {{.crop = DS_CROP_AUTO}, 63, 200, DS_CROP_PAD4, 0, {63, 200}},
    {{.crop = DS_CROP_AUTO}, 64, 65, DS_CROP_PAD8, 0, {64, 65}},
    {{.crop = DS_CROP_AUTO}, 0, 0, DS_CROP_RESIZE, 256, {224, 224}},
    {{.crop = DS_CROP_AUTO}, 255, 900, DS_CROP_PAD8, 0, {255, 900}},
    {{.crop = DS_CROP_AUTO}, 480, 640, DS_CROP_RESIZE, 256, {224, 224}},
    {{.crop = DS_CROP_AUTO, .side = 96}, 32, 32, DS_CROP_RESIZE, 109, {96, 96}},
    {{.crop = DS_CROP_AUTO, .short_side = 300}, 500, 400, DS_CROP_RESIZE, 300, {224, 224}},
    {{.crop = DS_CROP_PAD8}, 32, 28, DS_CROP_PAD8, 0, {32, 28}},
    {{.crop = DS_CROP_RESIZE, .side = 8, .short_side = 8}, 0, 0, DS_CROP_RESIZE, 8, {8, 8}},
    {{.crop = DS_CROP_RANDOM_RESIZED}, 70, 70, DS_CROP_RANDOM_RESIZED, 256, {224, 224}},
};

START_TEST(test_what_is_automatic_is_settled)
{
    const settled *s = &SETTLED[_i];
    ds_view view;
    int64_t seen[2];
    EXPECT_OK(ds_view_settle(&s->wanted, s->height, s->width, &view, seen));
    ck_assert_int_eq(view.crop, s->crop);
    ck_assert_int_eq(view.short_side, s->short_side);
    ck_assert_mem_eq(seen, s->seen, sizeof seen);
}
END_TEST

/* A padded image is seen at its own size, and what "auto" comes to does not follow what was wanted. */
START_TEST(test_sizes_without_effect_are_dropped)
{
    ds_view view;
    int64_t seen[2];
    EXPECT_OK(ds_view_settle(&(ds_view){.crop = DS_CROP_PAD4, .side = 96, .short_side = 100}, 64, 64, &view, seen));
    ck_assert(view.side == 0 && view.short_side == 0 && seen[0] == 64);
    ck_assert_int_eq(view.usual, DS_CROP_PAD8);
    EXPECT_OK(ds_view_settle(&(ds_view){.side = 96}, 32, 32, &view, seen));
    ck_assert_int_eq(view.usual, DS_CROP_PAD4);
}
END_TEST

START_TEST(test_what_does_not_fit_is_refused)
{
    ds_view view = {.crop = DS_CROP_RESIZE};
    int64_t seen[2] = {1, 2};
    EXPECT_FAILURE(ds_view_settle(&(ds_view){.crop = DS_CROP_PAD8}, 0, 0, &view, seen), CORE_BAD_USAGE, "--crop pad8");
    EXPECT_FAILURE(ds_view_settle(&(ds_view){.crop = DS_CROP_AUTO}, 9, 7, &view, seen), CORE_BAD_USAGE, "9 x 7 pixels");
    EXPECT_FAILURE(ds_view_settle(&(ds_view){.side = 64, .short_side = 63}, 32, 32, &view, seen), CORE_BAD_USAGE,
                   "--short-side 63");
    ck_assert_int_eq(view.crop, DS_CROP_RESIZE);
    ck_assert_int_eq(seen[1], 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/view");
    TCase *limits = tcase_create("limits");
    tcase_add_loop_test(limits, test_what_is_automatic_is_settled, 0, LENGTH(SETTLED));
    tcase_add_test(limits, test_sizes_without_effect_are_dropped);
    suite_add_tcase(suite, limits);
    ADD_CASE(suite, "errors", test_what_does_not_fit_is_refused);
    return run_suite(suite);
}

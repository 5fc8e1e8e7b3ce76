/* Against Pillow itself: oracle.py. */
#include "pictures/resize.h"

#include <math.h>

#include "pictures/decode.h"
#include "tests/pictures/drawn.h"
#include "tests/support.h"

static pic_picture from, out, whole;
static pic_resize_scratch scratch;

static void draw_from(int height, int width)
{
    drawn_file file = draw_png(3, 8, height, width, false, 11);
    EXPECT_OK(pic_decode(file.data, file.bytes, &from));
    free(file.data);
}

/* Two pixels 0 and 200 to three: centres 1/3, 1, 5/3 of the source; the middle one takes half of each. */
START_TEST(test_two_pixels_become_three)
{
    EXPECT_OK(pic_picture_shape(&from, 1, 2));
    memcpy(from.pixels, "\x00\x00\x00\xc8\xc8\xc8", 6);
    EXPECT_OK(pic_resize(&from, NULL, 1, 3, NULL, &scratch, &out));
    const int expected[] = {0, 100, 200};
    for (int x = 0; x < 3; x++) {
        ck_assert_int_eq(out.pixels[3 * x + 1], expected[x]);
    }
}
END_TEST

START_TEST(test_own_size_and_integral_box_copy)
{
    draw_from(31, 23);
    EXPECT_OK(pic_resize(&from, NULL, 31, 23, NULL, &scratch, &out));
    ck_assert_mem_eq(out.pixels, from.pixels, 31 * 23 * 3);
    const pic_box box = {5, 9, 16, 29};
    EXPECT_OK(pic_resize(&from, &box, 20, 11, NULL, &scratch, &out));
    for (int y = 0; y < 20; y++) {
        ck_assert_mem_eq(out.pixels + y * 33, from.pixels + ((9 + y) * 23 + 5) * 3, 33);
    }
}
END_TEST

/* Weights that add up to one leave one colour as it is. */
START_TEST(test_one_colour_stays)
{
    EXPECT_OK(pic_picture_shape(&from, 97, 61));
    memset(from.pixels, 253, 97 * 61 * 3);
    const pic_box box = {0.3f, 10.7f, 59.9f, 96.1f};
    EXPECT_OK(pic_resize(&from, &box, 13, 200, NULL, &scratch, &out));
    for (int i = 0; i < 13 * 200 * 3; i++) {
        ck_assert_int_eq(out.pixels[i], 253);
    }
}
END_TEST

/* 5,518,820 weights, all rounded up, add up to 1.3 times 2^22: the sum is cut at 255, as Pillow's. */
START_TEST(test_white_strip_stays_white)
{
    enum { LONG = 5518820 };
    EXPECT_OK(pic_picture_shape(&from, 1, LONG));
    memset(from.pixels, 255, 3 * (size_t)LONG);
    EXPECT_OK(pic_resize(&from, NULL, 1, 1, NULL, &scratch, &out));
    ck_assert_int_eq(out.pixels[0], 255);
    EXPECT_OK(pic_picture_shape(&from, LONG, 1));
    memset(from.pixels, 255, 3 * (size_t)LONG);
    EXPECT_OK(pic_resize(&from, NULL, 1, 1, NULL, &scratch, &out));
    ck_assert_int_eq(out.pixels[2], 255);
}
END_TEST

START_TEST(test_scratch_of_a_larger_picture_changes_nothing)
{
    draw_from(400, 300);
    EXPECT_OK(pic_resize(&from, NULL, 20, 400, NULL, &scratch, &out));
    draw_from(30, 40);
    EXPECT_OK(pic_resize(&from, NULL, 17, 19, NULL, &scratch, &out));
    pic_resize_scratch fresh = {0};
    EXPECT_OK(pic_resize(&from, NULL, 17, 19, NULL, &fresh, &whole));
    ck_assert_mem_eq(out.pixels, whole.pixels, 17 * 19 * 3);
    pic_resize_scratch_free(&fresh);
}
END_TEST

/* A window has the pixels that the whole has there, whichever axis is resized; the whole of a strip would be too large. */
START_TEST(test_window_is_a_part_of_the_whole)
{
    const int64_t sizes[][2] = {{30, 40}, {61, 40}, {30, 17}, {61, 17}};
    draw_from(30, 40);
    for (int i = 0; i < LENGTH(sizes); i++) {
        const pic_window part = {3, 2, 11, 13};
        EXPECT_OK(pic_resize(&from, NULL, sizes[i][0], sizes[i][1], NULL, &scratch, &whole));
        EXPECT_OK(pic_resize(&from, NULL, sizes[i][0], sizes[i][1], &part, &scratch, &out));
        ck_assert_int_eq(out.height, part.height);
        for (int64_t y = 0; y < part.height; y++) {
            const uint8_t *row = whole.pixels + ((part.top + y) * sizes[i][1] + part.left) * 3;
            ck_assert_mem_eq(out.pixels + y * part.width * 3, row, (size_t)part.width * 3);
        }
    }
    draw_from(1, 300);
    const pic_window end = {0, 4681 * 300 - 32, 32, 32};
    EXPECT_OK(pic_resize(&from, NULL, 4681, 4681 * 300, &end, &scratch, &out));
    ck_assert_mem_eq(out.pixels + 31 * 3, from.pixels + 299 * 3, 3);
}
END_TEST

START_TEST(test_boxes_outside_are_refused)
{
    const pic_box boxes[] = {{-0.1f, 0, 4, 4}, {0, 0, 40.1f, 4}, {4, 0, 4, 4}, {0, 5, 4, 4}, {0, 0, 4, NAN}};
    draw_from(30, 40);
    for (int i = 0; i < LENGTH(boxes); i++) {
        EXPECT_FAILURE(pic_resize(&from, &boxes[i], 5, 5, NULL, &scratch, &out), CORE_BAD_USAGE,
                       "no part of a picture");
    }
    EXPECT_FAILURE(pic_resize(&from, NULL, 1 << 20, 1 << 20, NULL, &scratch, &out), CORE_BAD_FILE, "pixels");
    EXPECT_FAILURE(pic_resize(&from, NULL, 0, 3, NULL, &scratch, &out), CORE_BAD_FILE, "pixels");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pictures/resize");
    ADD_CASE(suite, "values", test_two_pixels_become_three, test_own_size_and_integral_box_copy, test_one_colour_stays,
             test_white_strip_stays_white, test_scratch_of_a_larger_picture_changes_nothing,
             test_window_is_a_part_of_the_whole);
    ADD_CASE(suite, "errors", test_boxes_outside_are_refused);
    return run_suite(suite);
}

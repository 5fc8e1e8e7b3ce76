#include "pictures/decode.h"

#include "tests/pictures/drawn.h"
#include "tests/support.h"

static pic_picture picture;

static void expect_broken(const uint8_t *data, size_t bytes, const char *word)
{
    EXPECT_FAILURE(pic_decode(data, bytes, &picture), CORE_BAD_FILE, word);
    ck_assert_int_eq(picture.height, 0);
    ck_assert_int_eq(picture.width, 0);
}

START_TEST(test_first_bytes_decide)
{
    static const uint8_t text[] = "a text file named .jpg";
    expect_broken(text, sizeof text - 1, "neither a JPEG nor a PNG by its first bytes");
    expect_broken(text, 0, "an empty file");
    expect_broken((const uint8_t *)"\xff\xd8\xff", 3, "ends early");
}
END_TEST

START_TEST(test_truncated_file_is_broken_at_any_length)
{
    drawn_file files[] = {draw_jpeg(3, 33, 47, false, 7), draw_jpeg(1, 33, 47, true, 8),
                          draw_png(4, 8, 20, 31, true, 9)};
    for (int f = 0; f < LENGTH(files); f++) {
        EXPECT_OK(pic_decode(files[f].data, files[f].bytes, &picture));
        ck_assert_int_eq(picture.warnings, 0);
        const size_t end =
            f < 2 ? files[f].bytes : files[f].bytes - 12 - 4; /* behind a PNG's pixels stand a CRC and IEND */
        for (size_t bytes = 9; bytes < end; bytes += bytes < 700 ? 1 : 37) {
            expect_broken(files[f].data, bytes, "");
        }
        free(files[f].data);
    }
}
END_TEST

/* In a JPEG's frame header, height and width stand 5 bytes behind the marker ff c0. */
START_TEST(test_20000_by_20000_pixels_are_refused)
{
    drawn_file file = draw_jpeg(3, 16, 16, false, 1);
    size_t at = 0;
    while (file.data[at] != 0xff || file.data[at + 1] != 0xc0) {
        at++;
    }
    memcpy(file.data + at + 5, "\x4e\x20\x4e\x20", 4);
    expect_broken(file.data, file.bytes, "20000 x 20000 pixels");
    free(file.data);
}
END_TEST

START_TEST(test_traits_say_what_the_file_was)
{
    const struct {
        drawn_file file;
        unsigned traits;
    } cases[] = {{draw_jpeg(1, 5, 7, false, 1), PIC_GRAY},
                 {draw_jpeg(3, 5, 7, false, 1), 0},
                 {draw_jpeg(4, 5, 7, true, 1), PIC_CMYK},
                 {draw_png(1, 8, 5, 7, false, 1), PIC_GRAY},
                 {draw_png(2, 8, 5, 7, true, 1), PIC_GRAY | PIC_ALPHA},
                 {draw_png(3, 16, 5, 7, false, 1), 0},
                 {draw_png(4, 8, 5, 7, false, 1), PIC_ALPHA},
                 {draw_png(1, 16, 5, 7, true, 1), PIC_GRAY | PIC_DEEP_GRAY}};
    for (int i = 0; i < LENGTH(cases); i++) {
        EXPECT_OK(pic_decode(cases[i].file.data, cases[i].file.bytes, &picture));
        ck_assert_uint_eq(picture.traits, cases[i].traits);
        ck_assert_int_eq(picture.height, 5);
        ck_assert_int_eq(picture.width, 7);
        free(cases[i].file.data);
    }
}
END_TEST

/* A marker for the end amid the codes: libjpeg warns and goes on, as Pillow does. */
START_TEST(test_damage_that_decodes_counts_as_a_warning)
{
    drawn_file file = draw_jpeg(1, 64, 64, false, 3);
    memcpy(file.data + file.bytes - 400, "\xff\xd9", 2);
    EXPECT_OK(pic_decode(file.data, file.bytes, &picture));
    ck_assert_int_gt(picture.warnings, 0);
    ck_assert_ptr_nonnull(strstr(picture.warning, "Corrupt JPEG data"));
    free(file.data);
    file = draw_jpeg(1, 8, 8, false, 3);
    EXPECT_OK(pic_decode(file.data, file.bytes, &picture));
    ck_assert_int_eq(picture.warnings, 0);
    ck_assert_str_eq(picture.warning, "");
    free(file.data);
}
END_TEST

START_TEST(test_png_keeps_every_byte)
{
    drawn_file file = draw_png(3, 8, 9, 11, true, 77);
    uint64_t state = 77;
    EXPECT_OK(pic_decode(file.data, file.bytes, &picture));
    for (int i = 0; i < 9 * 33; i++) { /* as drawn.c draws rows */
        ck_assert_int_eq(picture.pixels[i], (uint8_t)(3 * (i % 33) + 5 * (i / 33) + (int)draw_number(&state, 48)));
    }
    free(file.data);
}
END_TEST

START_TEST(test_libraries_have_versions)
{
    char text[PIC_LIBRARIES_BYTES];
    ck_assert_ptr_nonnull(strstr(pic_libraries(text), "libjpeg-turbo 2."));
    ck_assert_ptr_nonnull(strstr(text, "libpng 1."));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pictures/decode");
    ADD_CASE(suite, "errors", test_first_bytes_decide, test_truncated_file_is_broken_at_any_length,
             test_20000_by_20000_pixels_are_refused);
    ADD_CASE(suite, "values", test_traits_say_what_the_file_was, test_damage_that_decodes_counts_as_a_warning,
             test_png_keeps_every_byte, test_libraries_have_versions);
    return run_suite(suite);
}

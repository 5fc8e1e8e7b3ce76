#include "datasets/augment.h"

#include "core/rng.h"
#include "tests/datasets/support.h"

enum { IMAGES = 5, PADDING = 4, PLANE = SIDE * SIDE, MOST_SIDE = 41, PADDED = MOST_SIDE + 2 * PADDING };
enum { MOST_FLOATS = DS_CHANNELS * MOST_SIDE * MOST_SIDE };

static ds_dataset dataset;

static void make_images(int64_t planes, int64_t height, int64_t width)
{
    const ds_extent extent = {"noise", 2, planes, height, width, IMAGES, 2};
    EXPECT_OK(ds_dataset_alloc(&dataset, &extent));
    const int64_t image = ds_image_bytes(&dataset);
    for (int64_t i = 0; i < IMAGES * image; i++) {
        core_rng_counter counter = {.position = i};
        dataset.train.images[i] = (uint8_t)core_rng_below((core_rng_key){1, CORE_RNG_TEST}, counter, 256);
    }
    memcpy(dataset.test.images, dataset.train.images + image, 2 * (size_t)image);
    ds_dataset_normalise(&dataset, (const float[]){0.4914f, 0.4822f, 0.4465f},
                         (const float[]){0.2023f, 0.1994f, 0.2010f});
}

static void make_dataset(void) { make_images(DS_CHANNELS, SIDE, SIDE); }
static void destroy_dataset(void) { ds_destroy(&dataset); }

static ds_window draw_crop(uint64_t seed, int64_t epoch, int64_t position)
{
    return ds_window_draw(&(ds_draw){seed, epoch, position}, 2 * PADDING, 2 * PADDING);
}

/* `how` counts from the padded image's corner. */
static void write_crop(const ds_part *part, int64_t index, ds_window how, float *out)
{
    const ds_image image = ds_image_of(&dataset, part, index);
    how.top -= PADDING;
    how.left -= PADDING;
    ds_window_write(&dataset, &image, &how, out);
}

/* What the recipe says, in its own order: pad, crop, mirror, to [0, 1], normalise. */
static void slow_augment(int64_t index, ds_window how, float *out)
{
    const int64_t H = dataset.height, W = dataset.width;
    for (int64_t c = 0; c < DS_CHANNELS; c++) {
        static uint8_t padded[PADDED][PADDED], crop[MOST_SIDE][MOST_SIDE];
        const uint8_t *plane = dataset.train.images + (index * dataset.planes + c % dataset.planes) * H * W;
        memset(padded, 0, sizeof padded);
        for (int64_t y = 0; y < H; y++) {
            memcpy(&padded[y + PADDING][PADDING], plane + y * W, (size_t)W);
        }
        for (int64_t y = 0; y < H; y++) {
            memcpy(crop[y], &padded[y + how.top][how.left], (size_t)W);
        }
        for (int64_t y = 0; y < H; y++) {
            for (int64_t x = 0; x < W; x++) {
                uint8_t v = crop[y][how.flip ? W - 1 - x : x];
                out[(c * H + y) * W + x] = ((float)v / 255.0f - dataset.mean[c]) / dataset.std[c];
            }
        }
    }
}

static void expect_every_crop_and_flip(void)
{
    bool seen[2 * PADDING + 1][2 * PADDING + 1][2] = {0};
    int missing = (2 * PADDING + 1) * (2 * PADDING + 1) * 2;
    float fast[MOST_FLOATS], slow[MOST_FLOATS];
    for (int64_t position = 0; missing > 0; position++) {
        ck_assert_int_lt(position, 20000);
        ds_window how = draw_crop(23, 7, position);
        if (!seen[how.top][how.left][how.flip]) {
            seen[how.top][how.left][how.flip] = true;
            missing--;
            write_crop(&dataset.train, position % IMAGES, draw_crop(23, 7, position), fast);
            slow_augment(position % IMAGES, how, slow);
            ck_assert_mem_eq(fast, slow, sizeof *fast * (size_t)ds_image_floats(&dataset));
        }
    }
}

START_TEST(test_every_crop_and_flip_equals_the_slow_one) { expect_every_crop_and_flip(); }
END_TEST

START_TEST(test_every_crop_and_flip_of_other_sizes)
{
    static const int64_t shapes[][3] = {{3, 13, 9}, {1, 28, 28}, {3, 8, 41}, {1, 41, 8}};
    for (int i = 0; i < LENGTH(shapes); i++) {
        destroy_dataset();
        make_images(shapes[i][0], shapes[i][1], shapes[i][2]);
        expect_every_crop_and_flip();
    }
}
END_TEST

START_TEST(test_test_images_are_normalised_only)
{
    float fast[IMAGE_BYTES], slow[IMAGE_BYTES], part[IMAGE_BYTES];
    write_crop(&dataset.test, 1, (ds_window){PADDING, PADDING, false}, fast);
    slow_augment(2, (ds_window){PADDING, PADDING, false}, slow);
    write_crop(&dataset.train, 2, (ds_window){PADDING, PADDING, false}, part);
    ck_assert_mem_eq(fast, slow, sizeof fast);
    ck_assert_mem_eq(part, slow, sizeof part);
}
END_TEST

START_TEST(test_padding_is_black_before_normalisation)
{
    memset(dataset.train.images, 255, IMAGE_BYTES);
    float out[IMAGE_BYTES];
    int64_t position = 0;
    while (draw_crop(0, 0, position).top != 0) {
        position++;
    }
    write_crop(&dataset.train, 0, draw_crop(0, 0, position), out);
    EXPECT_FLOAT(out[PLANE], (0.0f - 0.4822f) / 0.1994f);
}
END_TEST

START_TEST(test_crops_and_flips_are_uniform)
{
    enum { DRAWS = 90000 };
    int64_t top[9] = {0}, left[9] = {0}, flips = 0;
    for (int64_t position = 0; position < DRAWS; position++) {
        ds_window how = draw_crop(5, 3, position);
        top[how.top]++;
        left[how.left]++;
        flips += how.flip;
    }
    for (int i = 0; i < 9; i++) { /* 10000 expected, standard deviation 94: five of them */
        ck_assert_int_lt(llabs(top[i] - DRAWS / 9), 470);
        ck_assert_int_lt(llabs(left[i] - DRAWS / 9), 470);
    }
    ck_assert_int_lt(llabs(flips - DRAWS / 2), 750); /* standard deviation 150 */
}
END_TEST

static bool same_draw(ds_window a, ds_window b) { return a.top == b.top && a.left == b.left && a.flip == b.flip; }

START_TEST(test_seed_epoch_and_position_each_change_the_draws)
{
    int same[4] = {0};
    for (int64_t i = 0; i < 1000; i++) {
        ds_window draw = draw_crop(11, 2, i);
        same[0] += same_draw(draw, draw_crop(12, 2, i));
        same[1] += same_draw(draw, draw_crop(11, 3, i));
        same[2] += same_draw(draw, draw_crop(11, 2, i + 1000));
        same[3] += same_draw(draw, draw_crop(11, 2, i + (INT64_C(1) << 32)));
    }
    for (int k = 0; k < 4; k++) { /* one in 162 by chance: 6 of 1000 expected */
        ck_assert_int_lt(same[k], 25);
    }
}
END_TEST

START_TEST(test_an_image_drawn_twice_is_augmented_twice)
{
    float first[IMAGE_BYTES], second[IMAGE_BYTES];
    write_crop(&dataset.train, 3, draw_crop(1, 0, 10), first);
    write_crop(&dataset.train, 3, draw_crop(1, 0, 11), second);
    ck_assert_mem_ne(first, second, sizeof first);
    write_crop(&dataset.train, 3, draw_crop(1, 0, 10), second);
    ck_assert_mem_eq(first, second, sizeof first);
}
END_TEST

/* Frozen: results of runs depend on them. */
START_TEST(test_first_draws_are_frozen)
{
    uint64_t digest = 0;
    for (int64_t i = 0; i < 100; i++) {
        ds_window how = draw_crop(i % 3 == 0 ? UINT64_MAX : 42, i / 10, i);
        digest = digest * 1000003 + (uint64_t)(how.top * 100 + how.left * 10 + how.flip);
    }
    ck_assert_uint_eq(digest, UINT64_C(5060851749810678028));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/augment");
    TCase *tcase = tcase_create("oracle");
    tcase_add_checked_fixture(tcase, make_dataset, destroy_dataset);
    tcase_add_test(tcase, test_every_crop_and_flip_equals_the_slow_one);
    tcase_add_test(tcase, test_every_crop_and_flip_of_other_sizes);
    tcase_add_test(tcase, test_test_images_are_normalised_only);
    tcase_add_test(tcase, test_padding_is_black_before_normalisation);
    tcase_add_test(tcase, test_an_image_drawn_twice_is_augmented_twice);
    suite_add_tcase(suite, tcase);
    ADD_CASE(suite, "randomness", test_crops_and_flips_are_uniform, test_seed_epoch_and_position_each_change_the_draws,
             test_first_draws_are_frozen);
    return run_suite(suite);
}

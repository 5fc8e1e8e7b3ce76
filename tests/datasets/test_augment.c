#include "datasets/augment.h"

#include "core/rng.h"
#include "tests/datasets/support.h"

enum { IMAGES = 5, PLANE = DS_HEIGHT * DS_WIDTH, PADDED = DS_HEIGHT + 2 * DS_PADDING };

static ds_dataset dataset;

static void make_dataset(void)
{
    EXPECT_OK(ds_dataset_alloc(&dataset, "noise", 2, IMAGES, 2));
    for (int64_t i = 0; i < IMAGES * DS_IMAGE_BYTES; i++) {
        core_rng_counter counter = {.position = i};
        dataset.train.images[i] = (uint8_t)core_rng_below((core_rng_key){1, CORE_RNG_TEST}, counter, 256);
    }
    memcpy(dataset.test.images, dataset.train.images + DS_IMAGE_BYTES, 2 * DS_IMAGE_BYTES);
    ds_dataset_normalise(&dataset, (const float[]){0.4914f, 0.4822f, 0.4465f},
                         (const float[]){0.2023f, 0.1994f, 0.2010f});
}

static void destroy_dataset(void) { ds_destroy(&dataset); }

/* What the recipe says, in its own order: pad, crop, mirror, to [0, 1], normalise. */
static void slow_augment(int64_t index, ds_augmentation how, float *out)
{
    for (int c = 0; c < DS_CHANNELS; c++) {
        static uint8_t padded[PADDED][PADDED], crop[DS_HEIGHT][DS_WIDTH];
        memset(padded, 0, sizeof padded);
        for (int y = 0; y < DS_HEIGHT; y++) {
            memcpy(&padded[y + DS_PADDING][DS_PADDING],
                   dataset.train.images + index * DS_IMAGE_BYTES + c * PLANE + y * DS_WIDTH, DS_WIDTH);
        }
        for (int y = 0; y < DS_HEIGHT; y++) {
            memcpy(crop[y], &padded[y + how.top][how.left], DS_WIDTH);
        }
        for (int y = 0; y < DS_HEIGHT; y++) {
            for (int x = 0; x < DS_WIDTH; x++) {
                uint8_t v = crop[y][how.flip ? DS_WIDTH - 1 - x : x];
                out[c * PLANE + y * DS_WIDTH + x] = ((float)v / 255.0f - dataset.mean[c]) / dataset.std[c];
            }
        }
    }
}

START_TEST(test_every_crop_and_flip_equals_the_slow_one)
{
    bool seen[2 * DS_PADDING + 1][2 * DS_PADDING + 1][2] = {0};
    int missing = (2 * DS_PADDING + 1) * (2 * DS_PADDING + 1) * 2;
    float fast[DS_IMAGE_BYTES], slow[DS_IMAGE_BYTES];
    for (int64_t position = 0; missing > 0; position++) {
        ck_assert_int_lt(position, 20000);
        ds_augmentation how = ds_augment_draw(23, 7, position);
        if (!seen[how.top][how.left][how.flip]) {
            seen[how.top][how.left][how.flip] = true;
            missing--;
            ds_augment_train(&dataset, position % IMAGES, 23, 7, position, fast);
            slow_augment(position % IMAGES, how, slow);
            ck_assert_mem_eq(fast, slow, sizeof fast);
        }
    }
}
END_TEST

START_TEST(test_test_images_are_normalised_only)
{
    float fast[DS_IMAGE_BYTES], slow[DS_IMAGE_BYTES], part[DS_IMAGE_BYTES];
    ds_normalise(&dataset, &dataset.test, 1, fast);
    slow_augment(2, (ds_augmentation){DS_PADDING, DS_PADDING, false}, slow);
    ds_normalise(&dataset, &dataset.train, 2, part);
    ck_assert_mem_eq(fast, slow, sizeof fast);
    ck_assert_mem_eq(part, slow, sizeof part);
}
END_TEST

START_TEST(test_padding_is_black_before_normalisation)
{
    memset(dataset.train.images, 255, DS_IMAGE_BYTES);
    float out[DS_IMAGE_BYTES];
    int64_t position = 0;
    while (ds_augment_draw(0, 0, position).top != 0) {
        position++;
    }
    ds_augment_train(&dataset, 0, 0, 0, position, out);
    EXPECT_FLOAT(out[PLANE], (0.0f - 0.4822f) / 0.1994f);
}
END_TEST

START_TEST(test_crops_and_flips_are_uniform)
{
    enum { DRAWS = 90000 };
    int64_t top[9] = {0}, left[9] = {0}, flips = 0;
    for (int64_t position = 0; position < DRAWS; position++) {
        ds_augmentation how = ds_augment_draw(5, 3, position);
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

static bool same_draw(ds_augmentation a, ds_augmentation b)
{
    return a.top == b.top && a.left == b.left && a.flip == b.flip;
}

START_TEST(test_seed_epoch_and_position_each_change_the_draws)
{
    int same[4] = {0};
    for (int64_t i = 0; i < 1000; i++) {
        ds_augmentation draw = ds_augment_draw(11, 2, i);
        same[0] += same_draw(draw, ds_augment_draw(12, 2, i));
        same[1] += same_draw(draw, ds_augment_draw(11, 3, i));
        same[2] += same_draw(draw, ds_augment_draw(11, 2, i + 1000));
        same[3] += same_draw(draw, ds_augment_draw(11, 2, i + (INT64_C(1) << 32)));
    }
    for (int k = 0; k < 4; k++) { /* one in 162 by chance: 6 of 1000 expected */
        ck_assert_int_lt(same[k], 25);
    }
}
END_TEST

START_TEST(test_an_image_drawn_twice_is_augmented_twice)
{
    float first[DS_IMAGE_BYTES], second[DS_IMAGE_BYTES];
    ds_augment_train(&dataset, 3, 1, 0, 10, first);
    ds_augment_train(&dataset, 3, 1, 0, 11, second);
    ck_assert_mem_ne(first, second, sizeof first);
    ds_augment_train(&dataset, 3, 1, 0, 10, second);
    ck_assert_mem_eq(first, second, sizeof first);
}
END_TEST

/* Frozen: results of runs depend on them. */
START_TEST(test_first_draws_are_frozen)
{
    uint64_t digest = 0;
    for (int64_t i = 0; i < 100; i++) {
        ds_augmentation how = ds_augment_draw(i % 3 == 0 ? UINT64_MAX : 42, i / 10, i);
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
    tcase_add_test(tcase, test_test_images_are_normalised_only);
    tcase_add_test(tcase, test_padding_is_black_before_normalisation);
    tcase_add_test(tcase, test_an_image_drawn_twice_is_augmented_twice);
    suite_add_tcase(suite, tcase);
    ADD_CASE(suite, "randomness", test_crops_and_flips_are_uniform, test_seed_epoch_and_position_each_change_the_draws,
             test_first_draws_are_frozen);
    return run_suite(suite);
}

#include "experiments/training/split.h"

#include "tests/recipes/support.h"

/* 5 classes with 9, 7, 8, 9, 6 training examples, classes in turn as long as there are any. */
static const int64_t available[5] = {9, 7, 8, 9, 6};

static core_arena arena; /* of the splits */

static void make_data(ds_dataset *data)
{
    *data = (ds_dataset){0};
    const ds_extent extent = {"made", 5, 3, 32, 32, 39, 5};
    EXPECT_OK(ds_dataset_alloc(data, &extent));
    int64_t at = 0;
    for (int64_t round = 0; round < 9; round++) {
        for (int32_t k = 0; k < 5; k++) {
            if (round < available[k]) {
                data->train.labels[at++] = k;
            }
        }
    }
    ck_assert_int_eq(at, 39);
}

static void drop(ds_dataset *data)
{
    core_arena_free(&arena);
    ds_destroy(data);
}

START_TEST(test_profile_starts_at_the_smallest_class)
{
    ds_dataset data;
    xp_split split;
    make_data(&data);
    xp_split_recipe recipe = {.profile = {.kind = IMB_STEP, .rho = 3, .mu = 0.4}};
    EXPECT_OK(xp_split_draw(&recipe, &data, &arena, &split));
    const int64_t wanted[5] = {6, 6, 6, 2, 2};
    for (int k = 0; k < 5; k++) {
        ck_assert_int_eq(split.counts[k], wanted[k]);
    }
    ck_assert_int_eq(split.n, 22);
    drop(&data);
}
END_TEST

START_TEST(test_labels_belong_to_their_examples_and_none_is_drawn_twice)
{
    ds_dataset data;
    xp_split split;
    bool seen[39] = {false};
    int64_t counts[5] = {0};
    make_data(&data);
    xp_split_recipe recipe = {.profile = {.kind = IMB_LONG_TAILED, .rho = 6}, .split_seed = 3};
    EXPECT_OK(xp_split_draw(&recipe, &data, &arena, &split));
    for (int64_t i = 0; i < split.n; i++) {
        ck_assert(!seen[split.index[i]]);
        seen[split.index[i]] = true;
        ck_assert_int_eq(split.labels[i], data.train.labels[split.index[i]]);
        counts[split.labels[i]]++;
    }
    for (int k = 0; k < 5; k++) {
        ck_assert_int_eq(counts[k], split.counts[k]);
    }
    drop(&data);
}
END_TEST

START_TEST(test_removal_lowers_one_class_and_keeps_the_file_order)
{
    ds_dataset data;
    xp_split split;
    make_data(&data);
    xp_split_recipe recipe = {.removes = true, .removal = {.removed_class = 2, .remove_frac = 0.7, .split_seed = 5}};
    EXPECT_OK(xp_split_draw(&recipe, &data, &arena, &split));
    ck_assert_int_eq(split.n, 39 - 6); /* floor(0.7 8 + 1/2) */
    for (int k = 0; k < 5; k++) {
        ck_assert_int_eq(split.counts[k], k == 2 ? 2 : available[k]);
    }
    for (int64_t i = 0; i < split.n; i++) {
        ck_assert(i == 0 || split.index[i] > split.index[i - 1]);
        ck_assert_int_eq(split.labels[i], data.train.labels[split.index[i]]);
    }
    recipe.removal.removed_class = 5;
    EXPECT_FAILURE(xp_split_draw(&recipe, &data, &arena, &split), CORE_BAD_USAGE, "5");
    drop(&data);
}
END_TEST

START_TEST(test_whole_takes_everything_in_file_order)
{
    ds_dataset data;
    xp_split split;
    make_data(&data);
    EXPECT_OK(xp_split_draw(&(xp_split_recipe){.whole = true}, &data, &arena, &split));
    ck_assert_int_eq(split.n, 39);
    for (int64_t i = 0; i < 39; i++) {
        ck_assert_int_eq(split.index[i], i);
    }
    for (int k = 0; k < 5; k++) {
        ck_assert_int_eq(split.counts[k], available[k]);
    }
    drop(&data);
}
END_TEST

START_TEST(test_empty_class_is_named_and_nothing_is_written)
{
    ds_dataset data;
    xp_split split = {.n = 77};
    make_data(&data);
    xp_split_recipe recipe = {.profile = {.kind = IMB_LONG_TAILED, .rho = 7}};
    EXPECT_FAILURE(xp_split_draw(&recipe, &data, &arena, &split), CORE_BAD_USAGE, "class 4");
    ck_assert_int_eq(split.n, 77);
    drop(&data);
}
END_TEST

/* The rule again: v = min(n - 1, max(1, floor(F n + 1/2))). */
static int64_t wanted_held_out(double frac, int64_t n)
{
    int64_t v = (int64_t)(frac * (double)n + 0.5);
    v = v < 1 ? 1 : v;
    return v > n - 1 ? n - 1 : v;
}

START_TEST(test_held_out_examples_are_a_share_of_every_class)
{
    static const double fracs[] = {0.01, 0.2, 0.35, 0.5, 0.99};
    for (size_t f = 0; f < sizeof fracs / sizeof fracs[0]; f++) {
        ds_dataset data;
        xp_split all, split;
        make_data(&data);
        xp_split_recipe recipe = {.profile = {.kind = IMB_LONG_TAILED, .rho = 6}, .split_seed = 3};
        EXPECT_OK(xp_split_draw(&recipe, &data, &arena, &all));
        recipe.validation_frac = fracs[f];
        EXPECT_OK(xp_split_draw(&recipe, &data, &arena, &split));
        int64_t train = 0, validation = 0, held[5] = {0};
        for (int64_t i = 0; i < all.n; i++) { /* both parts, merged in subset order, are the subset */
            if (train < split.n && split.index[train] == all.index[i]) {
                ck_assert_int_eq(split.labels[train++], all.labels[i]);
            } else {
                ck_assert_int_lt(validation, split.validation_n);
                ck_assert_int_eq(split.validation_index[validation], all.index[i]);
                ck_assert_int_eq(split.validation_labels[validation++], all.labels[i]);
                held[all.labels[i]]++;
            }
        }
        ck_assert_int_eq(train, split.n);
        ck_assert_int_eq(validation, split.validation_n);
        for (int k = 0; k < 5; k++) {
            ck_assert_int_eq(held[k], wanted_held_out(fracs[f], all.counts[k]));
            ck_assert_int_eq(split.counts[k], all.counts[k] - held[k]);
            ck_assert_int_ge(split.counts[k], 1);
        }
        ck_assert_str_ne(split.sha256, all.sha256);
        drop(&data);
    }
}
END_TEST

START_TEST(test_split_seed_decides_which_are_held_out)
{
    ds_dataset data;
    xp_split a, b, c;
    make_data(&data);
    xp_split_recipe recipe = {.whole = true, .split_seed = 3, .validation_frac = 0.4};
    EXPECT_OK(xp_split_draw(&recipe, &data, &arena, &a));
    EXPECT_OK(xp_split_draw(&recipe, &data, &arena, &b));
    recipe.split_seed = 4;
    EXPECT_OK(xp_split_draw(&recipe, &data, &arena, &c));
    ck_assert_str_eq(a.sha256, b.sha256);
    ck_assert_str_ne(a.sha256, c.sha256);
    ck_assert_int_eq(a.validation_n, c.validation_n);
    drop(&data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/training/split");
    ADD_CASE(suite, "oracle", test_profile_starts_at_the_smallest_class,
             test_labels_belong_to_their_examples_and_none_is_drawn_twice, test_whole_takes_everything_in_file_order,
             test_removal_lowers_one_class_and_keeps_the_file_order);
    ADD_CASE(suite, "errors", test_empty_class_is_named_and_nothing_is_written);
    ADD_CASE(suite, "validation", test_held_out_examples_are_a_share_of_every_class,
             test_split_seed_decides_which_are_held_out);
    return run_suite(suite);
}

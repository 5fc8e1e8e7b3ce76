#include "datasets/bucket.h"

#include "core/rng.h"
#include "tests/datasets/support.h"

enum { ELEMENTS = 700, N = 1003, BATCH = 32 };

static int64_t lengths[ELEMENTS]; /* 1..200, most of them short */
static int64_t drawn[N];          /* with repetitions */

static void draw(void)
{
    const core_rng_key key = {3, CORE_RNG_TEST};
    for (int64_t e = 0; e < ELEMENTS; e++) {
        double u = core_rng_uniform(key, (core_rng_counter){.position = e});
        lengths[e] = 1 + (int64_t)(200 * u * u);
    }
    for (int64_t p = 0; p < N; p++) {
        drawn[p] = core_rng_below(key, (core_rng_counter){.epoch = 1, .position = p}, ELEMENTS);
    }
}

static void order_epoch(ds_bucketing how, int64_t n, int64_t *order)
{
    memcpy(order, drawn, (size_t)n * sizeof *order);
    EXPECT_OK(ds_bucket_order(&how, lengths, n, order));
}

static const ds_bucketing usual = {.seed = 7, .epoch = 2, .batch = BATCH, .multiple = 8, .window = 10};

/* Padded steps less true ones, as a share of all, where shards of 8 are padded to their longest by multiples of 8. */
static double padding(const int64_t *order, int64_t n)
{
    int64_t computed = 0, used = 0;
    for (int64_t b = 0; b < n; b += BATCH) {
        int64_t end = b + BATCH < n ? b + BATCH : n;
        for (int64_t s = b; s < end; s += 8) {
            int64_t longest = 0;
            for (int64_t p = s; p < s + 8 && p < end; p++) {
                used += lengths[order[p]];
                longest = lengths[order[p]] > longest ? lengths[order[p]] : longest;
            }
            computed += (longest + 7) / 8 * 8 * (end - s < 8 ? end - s : 8);
        }
    }
    return 1.0 - (double)used / (double)computed;
}

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static const int64_t sizes[] = {0, 1, 31, 32, 33, 320, 321, 640, 1003};

START_TEST(test_order_is_the_same_elements_as_often)
{
    int64_t order[N], before[N], n = sizes[_i];
    order_epoch(usual, n, order);
    memcpy(before, drawn, (size_t)n * sizeof *before);
    qsort(before, (size_t)n, sizeof *before, by_number);
    qsort(order, (size_t)n, sizeof *order, by_number);
    ck_assert_mem_eq(order, before, (size_t)n * sizeof *order);
}
END_TEST

START_TEST(test_batches_are_sorted_and_the_rest_stays_last)
{
    int64_t order[N], place_of[ELEMENTS][2];
    order_epoch(usual, N, order);
    for (int64_t p = 0; p < N; p++) { /* the first and the last place of every element */
        place_of[drawn[p]][1] = p;
        place_of[drawn[N - 1 - p]][0] = N - 1 - p;
    }
    for (int64_t p = 0; p < N; p++) {
        int64_t begin = p / BATCH * BATCH;
        ck_assert(p == begin || (lengths[order[p - 1]] + 7) / 8 <= (lengths[order[p]] + 7) / 8);
        ck_assert(p < N - N % BATCH || place_of[order[p]][1] >= N - N % BATCH);
        ck_assert(p >= N - N % BATCH || place_of[order[p]][0] < N - N % BATCH);
    }
}
END_TEST

/* One whole batch: sorted by multiples, equals as drawn; the two that are left stay last. */
START_TEST(test_small_order_by_hand)
{
    static const int64_t lengths_by_hand[] = {17, 3, 9, 8, 24, 1, 10};
    static const int64_t sorted[] = {3, 1, 2, 0}, rest[] = {5, 4}; /* 3 and 1 are one multiple */
    int64_t order[] = {0, 3, 2, 1, 4, 5};
    ds_bucketing how = {.seed = 1, .batch = 4, .multiple = 8, .window = 100};
    EXPECT_OK(ds_bucket_order(&how, lengths_by_hand, 6, order));
    ck_assert_mem_eq(order, sorted, sizeof sorted);
    ck_assert_mem_eq(order + 4, rest, sizeof rest);
}
END_TEST

/* With windows of one batch a batch, here the first, is one of those drawn. */
START_TEST(test_windows_do_not_mix)
{
    ds_bucketing narrow = usual;
    int64_t order[N];
    int found = 0;
    narrow.window = 1;
    order_epoch(narrow, N, order);
    qsort(order, BATCH, sizeof *order, by_number);
    for (int64_t b = 0; b < N / BATCH; b++) {
        int64_t batch[BATCH];
        memcpy(batch, drawn + b * BATCH, sizeof batch);
        qsort(batch, BATCH, sizeof *batch, by_number);
        found += memcmp(batch, order, sizeof batch) == 0;
    }
    ck_assert_int_eq(found, 1);
}
END_TEST

START_TEST(test_order_is_a_function_of_seed_and_epoch)
{
    int64_t a[N], b[N];
    ds_bucketing other_seed = usual, other_epoch = usual;
    other_seed.seed++;
    other_epoch.epoch++;
    order_epoch(usual, N, a);
    order_epoch(usual, N, b);
    ck_assert_mem_eq(a, b, sizeof a);
    order_epoch(other_seed, N, b);
    ck_assert_mem_ne(a, b, sizeof a);
    order_epoch(other_epoch, N, b);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

START_TEST(test_little_is_padded)
{
    int64_t order[N];
    order_epoch(usual, N, order);
    ck_assert_double_lt(padding(order, N), 0.1); /* of 31 batches of texts with a mean of 68 words */
    ck_assert_double_gt(padding(drawn, N), 0.4);
}
END_TEST

START_TEST(test_evaluation_order_is_by_length_and_stable)
{
    int64_t order[ELEMENTS];
    EXPECT_OK(ds_length_order(lengths, ELEMENTS, order));
    for (int p = 1; p < ELEMENTS; p++) {
        int64_t before = lengths[order[p - 1]], here = lengths[order[p]];
        ck_assert(before < here || (before == here && order[p - 1] < order[p]));
    }
    EXPECT_OK(ds_length_order(lengths, 0, order));
}
END_TEST

START_TEST(test_lengths_are_those_of_the_part)
{
    int64_t offsets[] = {0, 3, 4, 9}, index[] = {2, 0, 2}, out[3];
    int32_t ids[9] = {0};
    ds_part part = {.count = 3, .offsets = offsets, .ids = ids};
    ds_text_lengths(&part, NULL, 3, out);
    ck_assert(out[0] == 3 && out[1] == 1 && out[2] == 5);
    ds_text_lengths(&part, index, 3, out);
    ck_assert(out[0] == 5 && out[1] == 3 && out[2] == 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/bucket");
    TCase *tcase = tcase_create("order");
    tcase_add_checked_fixture(tcase, draw, NULL);
    tcase_add_loop_test(tcase, test_order_is_the_same_elements_as_often, 0, LENGTH(sizes));
    tcase_add_test(tcase, test_batches_are_sorted_and_the_rest_stays_last);
    tcase_add_test(tcase, test_windows_do_not_mix);
    tcase_add_test(tcase, test_small_order_by_hand);
    tcase_add_test(tcase, test_order_is_a_function_of_seed_and_epoch);
    tcase_add_test(tcase, test_little_is_padded);
    tcase_add_test(tcase, test_evaluation_order_is_by_length_and_stable);
    tcase_add_test(tcase, test_lengths_are_those_of_the_part);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

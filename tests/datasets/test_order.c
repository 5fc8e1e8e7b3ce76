#include "datasets/order.h"

#include "tests/datasets/support.h"

enum { COUNT = 12406 };

static int64_t order[COUNT], other[COUNT];

START_TEST(test_order_is_a_permutation)
{
    bool seen[COUNT] = {0};
    ds_epoch_order(3, 17, COUNT, order);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_ge(order[i], 0);
        ck_assert_int_lt(order[i], COUNT);
        ck_assert(!seen[order[i]]);
        seen[order[i]] = true;
    }
}
END_TEST

START_TEST(test_nothing_and_one_have_one_order)
{
    int64_t one[2] = {-5, -5};
    ds_epoch_order(3, 0, 0, one);
    ck_assert_int_eq(one[0], -5);
    ds_epoch_order(3, 0, 1, one);
    ck_assert_int_eq(one[0], 0);
    ck_assert_int_eq(one[1], -5);
}
END_TEST

static int fixed_points(void)
{
    int same = 0;
    for (int i = 0; i < COUNT; i++) {
        same += order[i] == other[i];
    }
    return same;
}

START_TEST(test_seed_and_epoch_change_the_order)
{
    ds_epoch_order(3, 17, COUNT, order);
    ds_epoch_order(3, 18, COUNT, other);
    ck_assert_int_lt(fixed_points(), 8); /* Poisson with mean 1 */
    ds_epoch_order(4, 17, COUNT, other);
    ck_assert_int_lt(fixed_points(), 8);
    ds_epoch_order(3, 17, COUNT, other);
    ck_assert_int_eq(fixed_points(), COUNT);
}
END_TEST

START_TEST(test_all_orders_of_four_come_equally_often)
{
    enum { EPOCHS = 24000 };
    int64_t counts[256] = {0}, four[4], found = 0;
    for (int64_t epoch = 0; epoch < EPOCHS; epoch++) {
        ds_epoch_order(9, epoch, 4, four);
        counts[four[0] * 64 + four[1] * 16 + four[2] * 4 + four[3]]++;
    }
    for (int i = 0; i < 256; i++) {
        if (counts[i] > 0) {
            found++;
            ck_assert_int_lt(llabs(counts[i] - EPOCHS / 24), 160); /* five standard deviations */
        }
    }
    ck_assert_int_eq(found, 24);
}
END_TEST

/* Frozen: results of runs depend on it. */
START_TEST(test_an_order_is_frozen)
{
    uint64_t digest = 0;
    ds_epoch_order(0, 0, COUNT, order);
    for (int i = 0; i < COUNT; i++) {
        digest = digest * 1000003 + (uint64_t)order[i];
    }
    ck_assert_uint_eq(digest, UINT64_C(12587550514555508561));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/order");
    ADD_CASE(suite, "order", test_order_is_a_permutation, test_nothing_and_one_have_one_order,
             test_seed_and_epoch_change_the_order, test_all_orders_of_four_come_equally_often, test_an_order_is_frozen);
    return run_suite(suite);
}

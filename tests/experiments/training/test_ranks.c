/* Rank 0 gets every row that a rank has filled; alone, the program is rank 0 of 1 (tests/end_to_end/ranks.py starts several). */
#include "experiments/training/ranks.h"

#include "tests/ranks.h"

enum { COUNT = 23, FIRST = 100, ROWS = FIRST + COUNT };

static int owner_of(int64_t i) { return (int)(i * i % core_comm_count()); } /* of 3 or more ranks, some have none */

/* Every rank fills its rows of two fields, of 4 and of 16 bytes, and rank 0 gets all; where `places`, backwards. */
static void check_gather(const int64_t *places)
{
    static int32_t small[ROWS];
    static double large[ROWS][2];
    bool own[COUNT];
    memset(small, -1, sizeof small);
    for (int64_t i = 0; i < COUNT; i++) {
        const int64_t place = places != NULL ? places[i] : FIRST + i;
        own[i] = owner_of(i) == core_comm_rank();
        if (own[i]) {
            small[place] = (int32_t)(1000 * core_comm_rank() + i);
            large[place][0] = large[place][1] = (double)i;
        }
    }
    const xp_owned owned = {own, places, FIRST, COUNT};
    const xp_field fields[] = {{small, sizeof *small}, {NULL, 8}, {large, sizeof *large}};
    xp_ranks_gather(&owned, fields, LENGTH(fields));
    for (int64_t i = 0; i < COUNT && xp_is_writer(); i++) {
        const int64_t place = places != NULL ? places[i] : FIRST + i;
        ck_assert_int_eq(small[place], 1000 * owner_of(i) + i);
        ck_assert_double_eq(large[place][1], (double)i);
    }
}

START_TEST(test_rows_in_order) { check_gather(NULL); }
END_TEST

START_TEST(test_rows_in_places)
{
    int64_t places[COUNT];
    for (int64_t i = 0; i < COUNT; i++) {
        places[i] = 2 * (COUNT - 1 - i);
    }
    check_gather(places);
}
END_TEST

int main(void)
{
    begin_ranks();
    Suite *suite = suite_create("experiments/training/ranks");
    ADD_CASE(suite, "gather", test_rows_in_order, test_rows_in_places);
    return run_suite_on_ranks(suite);
}

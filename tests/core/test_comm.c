/* Every rank checks what it receives; alone, the program is rank 0 of 1 (tests/end_to_end/ranks.py starts several). */
#include "core/comm.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/ranks.h"

enum { ROWS = 20, WIDTH = 3 };

/* Rank r has rows 0, 0, 1, 3, 6, ...: the first has none, the last the rest. */
static void make_borders(int64_t *borders)
{
    for (int r = 0; r < core_comm_count(); r++) {
        borders[r] = (int64_t)r * (r - 1) / 2;
    }
    borders[core_comm_count()] = ROWS;
}

static int owner_of(const int64_t *borders, int64_t row)
{
    int owner = 0;
    while (borders[owner + 1] <= row) {
        owner++;
    }
    return owner;
}

/* Rows of rank r's view: what it has, and -1 elsewhere. */
static void fill(int32_t rows[ROWS][WIDTH], const int64_t *borders, bool all)
{
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < WIDTH; k++) {
            rows[i][k] = all || owner_of(borders, i) == core_comm_rank() ? 10 * i + k : -1;
        }
    }
}

/* Moves rows of which this rank has its own, or all; then it has its own, or all. */
static void check_move(core_comm_move *move, bool all_before, bool all_after)
{
    int32_t rows[ROWS][WIDTH];
    int64_t *borders = calloc((size_t)core_comm_count() + 1, sizeof *borders);
    core_comm_parts parts = {0};
    make_borders(borders);
    fill(rows, borders, all_before);
    move(&parts, rows, sizeof rows[0], borders);
    core_comm_exchange(&parts);
    for (int i = 0; i < ROWS; i++) {
        if (all_after || owner_of(borders, i) == core_comm_rank()) {
            ck_assert_int_eq(rows[i][WIDTH - 1], 10 * i + WIDTH - 1);
        } else {
            ck_assert_int_eq(rows[i][0], -1);
        }
    }
    core_comm_free(&parts);
    free(borders);
}

START_TEST(test_rows_arrive)
{
    const bool first = core_comm_rank() == 0;
    check_move(core_comm_share, false, true);
    check_move(core_comm_collect, false, first);
    check_move(core_comm_deal, first, first);
}
END_TEST

START_TEST(test_parts_keep_their_order)
{
    core_comm_parts parts = {0};
    const int next = (core_comm_rank() + 1) % core_comm_count();
    const int before = (core_comm_rank() + core_comm_count() - 1) % core_comm_count();
    int64_t own[2] = {core_comm_rank(), 100 + core_comm_rank()}, other[2] = {-1, -1};
    if (core_comm_count() == 1) {
        return;
    }
    const int64_t sent = core_comm_bytes_sent();
    for (int i = 0; i < 2; i++) {
        core_comm_send(&parts, next, &own[i], sizeof own[i]);
        core_comm_send(&parts, next, NULL, 0);
        core_comm_receive(&parts, before, &other[i], sizeof other[i]);
    }
    core_comm_exchange(&parts);
    ck_assert_int_eq(other[0], before);
    ck_assert_int_eq(other[1], 100 + before);
    ck_assert_int_eq(core_comm_bytes_sent() - sent, sizeof own);
    core_comm_free(&parts);
}
END_TEST

START_TEST(test_rank_0_spreads)
{
    core_comm_parts parts = {0};
    int64_t value = core_comm_rank() == 0 ? 77 : 0;
    core_comm_spread(&parts, &value, sizeof value);
    core_comm_exchange(&parts);
    ck_assert_int_eq(value, 77);
    core_comm_free(&parts);
}
END_TEST

START_TEST(test_wishes)
{
    unsigned wishes = 1U << core_comm_rank();
    ck_assert_int_eq(core_comm_agree(CORE_OK, &wishes), CORE_OK);
    ck_assert_uint_eq(wishes, (1U << core_comm_count()) - 1);
}
END_TEST

START_TEST(test_agreement)
{
    const int last = core_comm_count() - 1;
    core_status own = core_comm_rank() == last ? core_fail(CORE_BAD_FILE, "a broken file") : CORE_OK;
    ck_assert_int_eq(core_comm_agree(own, NULL), CORE_BAD_FILE);
    ck_assert_ptr_nonnull(strstr(core_error_message(), "a broken file"));
}
END_TEST

/* A rank that fails before an inner agreement meets the others there, with its outer one. */
START_TEST(test_agreements_may_be_nested)
{
    EXPECT_OK(core_comm_agree(CORE_OK, NULL)); /* the failures of other tests are over */
    core_status status = core_comm_rank() == core_comm_count() - 1 ? core_fail(CORE_MACHINE, "no memory")
                                                                   : core_comm_agree(CORE_OK, NULL);
    if (core_comm_count() > 1) {
        ck_assert_int_eq(core_comm_agree(status, NULL), CORE_MACHINE);
        ck_assert_ptr_nonnull(strstr(core_error_message(), "no memory"));
        ck_assert_int_eq(core_comm_settle(CORE_MACHINE), CORE_MACHINE);
    }
}
END_TEST

START_TEST(test_what_is_the_same)
{
    const int rank = core_comm_rank(), last = core_comm_count() - 1;
    char lines[64];
    ck_assert_int_eq(core_comm_same(rank == 0 ? "kind\tone\nage\t2\n" : "age\t2\nkind\tone\n"), CORE_OK);
    snprintf(lines, sizeof lines, "age\t2\nkind\t%s\n", rank == last ? "another" : "one");
    if (last > 0) {
        ck_assert_int_eq(core_comm_same(lines), CORE_BAD_USAGE);
        ck_assert_ptr_nonnull(strstr(core_error_message(), "kind is another here, one on rank 0 ("));
    }
}
END_TEST

/* An option that only one side has is compared with nothing, not with the next one. */
START_TEST(test_a_line_of_one_side_is_named)
{
    const char *const with = "age\t2\nsize\t8\nkind\tone\n", *const without = "age\t2\nkind\tone\n";
    for (int on_0 = 0; on_0 < 2 && core_comm_count() > 1; on_0++) {
        ck_assert_int_eq(core_comm_same((core_comm_rank() == 0) == (on_0 == 1) ? with : without), CORE_BAD_USAGE);
        ck_assert_ptr_nonnull(strstr(core_error_message(), on_0 == 1 ? "size is not given here, 8 on rank 0 ("
                                                                     : "size is 8 here, not given on rank 0 ("));
    }
}
END_TEST

START_TEST(test_places)
{
    ck_assert_int_ge(core_comm_neighbours(true), 1);
    ck_assert_int_le(core_comm_neighbours(true), core_comm_neighbours(false));
    if (core_comm_count() > 1) {
        char wanted[300], host[128] = "";
        ck_assert_int_eq(gethostname(host, sizeof host - 1), 0);
        ck_assert_str_eq(core_comm_host(), host);
        snprintf(wanted, sizeof wanted, "first x 1, later x %d", core_comm_count() - 1);
        char *list = core_comm_list(core_comm_rank() == 0 ? "first" : "later");
        ck_assert_str_eq(list, wanted);
        free(list);
    } else {
        ck_assert_str_eq(core_comm_library(), "none");
    }
}
END_TEST

int main(void)
{
    begin_ranks();
    Suite *suite = suite_create("core/comm");
    ADD_CASE(suite, "bytes", test_rows_arrive, test_parts_keep_their_order, test_rank_0_spreads);
    ADD_CASE(suite, "places", test_places);
    ADD_CASE(suite, "agreement", test_wishes, test_agreement, test_what_is_the_same, test_a_line_of_one_side_is_named,
             test_agreements_may_be_nested);
    return run_suite_on_ranks(suite);
}

/* How ranks divide a mini-batch and rows; what they send each other is in tests/end_to_end/ranks.py. */
#include "nn/ranks.h"

#include "tests/support.h"

enum { MOST = 9 };

static core_arena arena;

static nn_ranks created(int rank, int count)
{
    nn_ranks ranks = {.node_doubles = 8};
    EXPECT_OK(nn_ranks_create(&arena, rank, count, &ranks));
    ck_assert_int_eq(ranks.node_doubles, 8);
    ck_assert_int_eq(ranks.rank, rank);
    return ranks;
}

/* Borders that begin at 0, end at `end`, and give no rank more than one more than another; a rank behind the last has none. */
static void check_even(const int64_t *borders, int count, int64_t end)
{
    ck_assert_int_eq(borders[0], 0);
    ck_assert_int_eq(borders[count], end);
    for (int r = 0; r < count; r++) {
        const int64_t own = borders[r + 1] - borders[r];
        ck_assert_int_ge(own, end / count);
        ck_assert_int_le(own, (end + count - 1) / count);
    }
}

START_TEST(test_groups_are_divided_evenly_and_whole)
{
    for (int count = 1; count <= MOST; count++) {
        nn_ranks ranks = created(count - 1, count);
        for (int64_t shards = 0; shards <= 40; shards++) {
            for (int64_t group = 1; group <= 7; group++) {
                nn_ranks_divide(&ranks, shards, group);
                check_even(ranks.groups, count, (shards + group - 1) / group);
                for (int r = 0; r <= count; r++) { /* whole groups, but for the last group of the mini-batch */
                    const int64_t whole = ranks.groups[r] * group;
                    ck_assert_int_eq(ranks.shards[r], whole < shards ? whole : shards);
                }
            }
        }
    }
}
END_TEST

START_TEST(test_threads_of_all_ranks_have_every_row_once)
{
    for (int count = 1; count <= MOST; count++) {
        for (int threads = 1; threads <= 3; threads++) {
            int64_t next = 0;
            for (int r = 0; r < count; r++) {
                const nn_ranks ranks = created(r, count);
                for (int t = 0; t < threads; t++) {
                    const core_range range = nn_ranks_range(&ranks, 20, t, threads);
                    ck_assert_int_eq(range.begin, next);
                    ck_assert_int_ge(range.end, range.begin);
                    next = range.end;
                }
            }
            ck_assert_int_eq(next, 20);
        }
    }
}
END_TEST

static struct {
    core_comm_parts *parts;
    void *data;
    int64_t row_bytes, borders[MOST + 1];
    int count;
} moved;

static void keep(core_comm_parts *parts, void *data, int64_t row_bytes, const int64_t *borders)
{
    moved.parts = parts;
    moved.data = data;
    moved.row_bytes = row_bytes;
    memcpy(moved.borders, borders, sizeof *borders * (size_t)(moved.count + 1));
}

START_TEST(test_a_cut_moves_its_rows)
{
    float values[100];
    moved.count = 4;
    nn_ranks ranks = created(1, moved.count);
    nn_ranks_move_cut(&ranks, (nn_cut){.offset = 10, .width = 3, .rows = 18}, values, keep);
    ck_assert_ptr_eq(moved.parts, &ranks.parts);
    ck_assert_ptr_eq(moved.data, values + 10);
    ck_assert_int_eq(moved.row_bytes, 12);
    check_even(moved.borders, moved.count, 18);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn/ranks");
    ADD_CASE(suite, "division", test_groups_are_divided_evenly_and_whole,
             test_threads_of_all_ranks_have_every_row_once);
    ADD_CASE(suite, "cuts", test_a_cut_moves_its_rows);
    const int failed = run_suite(suite);
    core_arena_free(&arena);
    return failed;
}

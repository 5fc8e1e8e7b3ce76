/* The order of a mini-batch of texts: every text once, shards longest and shortest by turns, and what threads take first. */
#include "nn/bilstm.h"

#include "tests/support.h"

enum { MOST = 130, SHARD = 4, VOCABULARY = 7 };

static int32_t tokens[MOST + 1];

/* Text i has 1 + (37 i mod 101) words: drawn from all over, many of them once. */
static nn_sequence text_at(void *context, int64_t position)
{
    (void)context;
    return (nn_sequence){tokens, 1 + 37 * position % 101};
}

static nn_bilstm_batch batch_of(int64_t count)
{
    nn_bilstm_batch batch = {0};
    const nn_bilstm_source source = {NULL, text_at, SHARD, VOCABULARY};
    EXPECT_OK(nn_bilstm_batch_fill(&batch, &source, count, true));
    ck_assert_int_eq(batch.count, count);
    ck_assert_int_eq(batch.shards, (count + SHARD - 1) / SHARD);
    return batch;
}

static int64_t words_of(const nn_bilstm_batch *batch, int64_t shard)
{
    return batch->first_row[shard + 1] - batch->first_row[shard];
}

START_TEST(test_every_text_once_and_longest_first_in_its_shard)
{
    for (int64_t count = 1; count <= MOST; count++) {
        nn_bilstm_batch batch = batch_of(count);
        bool seen[MOST] = {false};
        for (int64_t i = 0; i < count; i++) {
            const nn_bilstm_item *item = &batch.items[i];
            ck_assert(!seen[item->position]);
            seen[item->position] = true;
            ck_assert_int_eq(item->sequence.length, text_at(NULL, item->position).length);
            ck_assert(i % SHARD == 0 || item[-1].sequence.length >= item->sequence.length);
        }
        nn_bilstm_batch_free(&batch);
    }
}
END_TEST

START_TEST(test_every_range_is_taken_once)
{
    enum { SHARDS = 20 };
    for (int64_t begin = 0; begin < SHARDS; begin++) {
        for (int64_t end = begin; end <= SHARDS; end++) {
            bool taken[SHARDS] = {false};
            for (int64_t k = 0; k < end - begin; k++) {
                const int64_t shard = nn_bilstm_longest((core_range){begin, end}, k);
                ck_assert(shard >= begin && shard < end && !taken[shard]);
                taken[shard] = true;
            }
        }
    }
}
END_TEST

START_TEST(test_the_longest_of_a_range_come_first)
{
    nn_bilstm_batch batch = batch_of(MOST / SHARD * SHARD);
    for (int64_t begin = 0; begin < batch.shards; begin++) {
        for (int64_t k = 1; k < batch.shards - begin; k++) {
            const core_range range = {begin, batch.shards};
            ck_assert_int_le(words_of(&batch, nn_bilstm_longest(range, k)),
                             words_of(&batch, nn_bilstm_longest(range, k - 1)));
        }
    }
    nn_bilstm_batch_free(&batch);
}
END_TEST

/* Ranks have contiguous shards: none has much more than another. */
START_TEST(test_halves_and_quarters_have_as_many_words)
{
    nn_bilstm_batch batch = batch_of(128);
    for (int ranks = 2; ranks <= 4; ranks *= 2) {
        const int64_t shards = batch.shards / ranks, fair = batch.first_row[batch.shards] / ranks;
        for (int64_t r = 0; r < ranks; r++) {
            const int64_t words = batch.first_row[(r + 1) * shards] - batch.first_row[r * shards];
            ck_assert_int_le(100 * words, 103 * fair);
        }
    }
    nn_bilstm_batch_free(&batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nn/bilstm_batch");
    ADD_CASE(suite, "order", test_every_text_once_and_longest_first_in_its_shard, test_every_range_is_taken_once,
             test_the_longest_of_a_range_come_first, test_halves_and_quarters_have_as_many_words);
    return run_suite(suite);
}

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "nn/bilstm.h"

static int longest_first(const void *a, const void *b)
{
    const nn_bilstm_item *x = a, *y = b;
    if (x->sequence.length != y->sequence.length) {
        return x->sequence.length > y->sequence.length ? -1 : 1;
    }
    return x->position < y->position ? -1 : 1;
}

/* The arrays whose size depends on the number of sequences, and with them the two that depend on V. */
static core_status reserve_items(nn_bilstm_batch *batch, int64_t count, int64_t vocabulary)
{
    static const char *const what = "the order of a batch";
    if (count <= batch->item_capacity) {
        return CORE_OK;
    }
    core_arena_free(&batch->by_items);
    batch->item_capacity = 0;
    CORE_TRY(CORE_ARENA_NEW(&batch->by_items, count, what, batch->items));
    CORE_TRY(CORE_ARENA_NEW(&batch->by_items, count, what, batch->by_length));
    CORE_TRY(CORE_ARENA_NEW(&batch->by_items, count + 1, what, batch->first_row));
    CORE_TRY(CORE_ARENA_NEW(&batch->by_items, count + 1, what, batch->first_start));
    CORE_TRY(CORE_ARENA_NEW(&batch->by_items, vocabulary + 1, what, batch->token_first));
    CORE_TRY(CORE_ARENA_NEW(&batch->by_items, vocabulary + 1, what, batch->token_next));
    batch->item_capacity = count;
    return CORE_OK;
}

/* The arrays whose size depends on the number of rows, with an eighth to spare. `starts` needs steps + 1 entries per
 * shard, which is at most its rows plus its sequences. */
static core_status reserve_rows(nn_bilstm_batch *batch)
{
    int64_t rows = batch->count;
    for (int64_t i = 0; i < batch->count; i++) {
        rows += batch->items[i].sequence.length;
    }
    if (rows <= batch->row_capacity) {
        return CORE_OK;
    }
    core_arena_free(&batch->by_rows);
    batch->row_capacity = 0;
    CORE_TRY(CORE_ARENA_NEW(&batch->by_rows, rows + rows / 8, "the order of a batch", batch->starts));
    CORE_TRY(CORE_ARENA_NEW(&batch->by_rows, rows + rows / 8, "the order of a batch", batch->token_rows));
    batch->row_capacity = rows + rows / 8;
    return CORE_OK;
}

/* start[t + 1] = start[t] + sequences longer than t; returns the number of rows. */
static int64_t fill_starts(const nn_bilstm_item *items, int64_t count, int64_t *start)
{
    int64_t active = count;
    start[0] = 0;
    for (int64_t t = 0; t < items[0].sequence.length; t++) {
        while (items[active - 1].sequence.length <= t) {
            active--;
        }
        start[t + 1] = start[t] + active;
    }
    return start[items[0].sequence.length];
}

static void cut_shards(nn_bilstm_batch *batch, int64_t size)
{
    batch->shards = (batch->count + size - 1) / size;
    for (int64_t s = 0; s < batch->shards; s++) {
        const nn_bilstm_item *items = batch->items + s * size;
        int64_t left = batch->count - s * size, *start = batch->starts + batch->first_start[s];
        batch->first_row[s + 1] = batch->first_row[s] + fill_starts(items, left < size ? left : size, start);
        batch->first_start[s + 1] = batch->first_start[s] + items[0].sequence.length + 1;
    }
}

/* Counting sort of the rows by token: the counts give each token's first place, then every row takes the next place. */
static void list_tokens(nn_bilstm_batch *batch, const nn_bilstm_source *source)
{
    int64_t *first = batch->token_first, *next = batch->token_next;
    memset(first, 0, sizeof *first * (size_t)(source->vocabulary + 1));
    for (int64_t i = 0; i < batch->count; i++) {
        nn_sequence s = batch->items[i].sequence;
        for (int64_t t = 0; t < s.length; t++) {
            first[s.tokens[t] + 1]++;
        }
    }
    for (int64_t k = 0; k < source->vocabulary; k++) {
        first[k + 1] += first[k];
        next[k] = first[k];
    }
    for (int64_t i = 0; i < batch->count; i++) {
        nn_sequence s = batch->items[i].sequence;
        int64_t shard = i / source->shard, row = batch->first_row[shard] + i % source->shard;
        const int64_t *start = batch->starts + batch->first_start[shard];
        for (int64_t t = 0; t < s.length; t++) {
            batch->token_rows[next[s.tokens[t]]++] = row + start[t];
        }
    }
}

static void fetch_sequences(nn_bilstm_batch *batch, const nn_bilstm_source *source)
{
    for (int64_t i = 0; i < batch->count; i++) {
        nn_sequence s = source->sequence(source->context, i);
        assert(s.length >= 1);
        for (int64_t t = 0; t < s.length; t++) {
            assert(s.tokens[t] >= 0 && s.tokens[t] < source->vocabulary);
        }
        batch->by_length[i] = (nn_bilstm_item){s, i};
    }
    qsort(batch->by_length, (size_t)batch->count, sizeof *batch->by_length, longest_first);
}

int64_t nn_bilstm_longest(core_range shards, int64_t k)
{
    const int64_t even = shards.begin + shards.begin % 2, evens = (shards.end - even + 1) / 2;
    const int64_t last_odd = shards.end - 1 - shards.end % 2;
    return k < evens ? even + 2 * k : last_odd - 2 * (k - evens);
}

/* A last shard that is not full stays the last. */
static void deal_shards(nn_bilstm_batch *batch, int64_t size)
{
    const core_range full = {0, batch->count / size};
    for (int64_t i = 0; i < batch->count; i++) {
        const int64_t k = i / size, shard = k < full.end ? nn_bilstm_longest(full, k) : k;
        batch->items[shard * size + i % size] = batch->by_length[i];
    }
}

core_status nn_bilstm_batch_fill(nn_bilstm_batch *batch, const nn_bilstm_source *source, int64_t count, bool tokens)
{
    CORE_TRY(reserve_items(batch, count, source->vocabulary));
    batch->count = count;
    fetch_sequences(batch, source);
    deal_shards(batch, source->shard);
    CORE_TRY(reserve_rows(batch));
    cut_shards(batch, source->shard);
    if (tokens) {
        list_tokens(batch, source);
    }
    return CORE_OK;
}

void nn_bilstm_batch_free(nn_bilstm_batch *batch)
{
    core_arena_free(&batch->by_items);
    core_arena_free(&batch->by_rows);
}

#include <assert.h>
#include <stdlib.h>

#include "nn/bilstm.h"

static int longest_first(const void *a, const void *b)
{
    const nn_bilstm_item *x = a, *y = b;
    if (x->sequence.length != y->sequence.length) {
        return x->sequence.length > y->sequence.length ? -1 : 1;
    }
    return x->position < y->position ? -1 : 1;
}

static core_status fetch(nn_bilstm_batch *batch, const nn_bilstm_source *source)
{
    CORE_TRY(CORE_ARENA_NEW(&batch->arena, batch->count, "the order of a batch", batch->items));
    for (int64_t i = 0; i < batch->count; i++) {
        batch->items[i] = (nn_bilstm_item){source->sequence(source->context, i), i};
        assert(batch->items[i].sequence.length >= 1);
    }
    qsort(batch->items, (size_t)batch->count, sizeof *batch->items, longest_first);
    return CORE_OK;
}

static int64_t shard_end(const nn_bilstm_batch *batch, int64_t shard, int64_t size)
{
    return (shard + 1) * size < batch->count ? (shard + 1) * size : batch->count;
}

/* start[t + 1] = start[t] + sequences longer than t; returns the rows. */
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

static core_status cut(nn_bilstm_batch *batch, int64_t size)
{
    batch->shards = (batch->count + size - 1) / size;
    CORE_TRY(CORE_ARENA_NEW(&batch->arena, batch->shards + 1, "the order of a batch", batch->first_row));
    CORE_TRY(CORE_ARENA_NEW(&batch->arena, batch->shards + 1, "the order of a batch", batch->first_start));
    for (int64_t s = 0; s < batch->shards; s++) {
        batch->first_start[s + 1] = batch->first_start[s] + batch->items[s * size].sequence.length + 1;
    }
    CORE_TRY(CORE_ARENA_NEW(&batch->arena, batch->first_start[batch->shards], "the order of a batch", batch->starts));
    for (int64_t s = 0; s < batch->shards; s++) {
        batch->first_row[s + 1] =
            batch->first_row[s] + fill_starts(batch->items + s * size, shard_end(batch, s, size) - s * size,
                                              batch->starts + batch->first_start[s]);
    }
    return CORE_OK;
}

/* Counting sort: where each token's rows begin, then every row behind its predecessors. */
static core_status list_tokens(nn_bilstm_batch *batch, const nn_bilstm_source *source)
{
    int64_t *next;
    CORE_TRY(CORE_ARENA_NEW(&batch->arena, source->vocabulary + 1, "the tokens of a batch", batch->token_first));
    CORE_TRY(CORE_ARENA_NEW(&batch->arena, source->vocabulary + 1, "the tokens of a batch", next));
    CORE_TRY(
        CORE_ARENA_NEW(&batch->arena, batch->first_row[batch->shards], "the tokens of a batch", batch->token_rows));
    for (int64_t i = 0; i < batch->count; i++) {
        nn_sequence s = batch->items[i].sequence;
        for (int64_t t = 0; t < s.length; t++) {
            assert(s.tokens[t] >= 0 && s.tokens[t] < source->vocabulary);
            batch->token_first[s.tokens[t] + 1]++;
        }
    }
    for (int64_t k = 0; k < source->vocabulary; k++) {
        batch->token_first[k + 1] += batch->token_first[k];
        next[k] = batch->token_first[k];
    }
    for (int64_t i = 0; i < batch->count; i++) {
        nn_sequence s = batch->items[i].sequence;
        int64_t shard = i / source->shard, first = batch->first_row[shard] + i % source->shard;
        const int64_t *start = batch->starts + batch->first_start[shard];
        for (int64_t t = 0; t < s.length; t++) {
            batch->token_rows[next[s.tokens[t]]++] = first + start[t];
        }
    }
    return CORE_OK;
}

core_status nn_bilstm_batch_fill(nn_bilstm_batch *batch, const nn_bilstm_source *source, int64_t count, bool tokens)
{
    nn_bilstm_batch_free(batch);
    batch->count = count;
    CORE_TRY(fetch(batch, source));
    CORE_TRY(cut(batch, source->shard));
    return tokens ? list_tokens(batch, source) : CORE_OK;
}

void nn_bilstm_batch_free(nn_bilstm_batch *batch)
{
    core_arena_free(&batch->arena);
    *batch = (nn_bilstm_batch){0};
}

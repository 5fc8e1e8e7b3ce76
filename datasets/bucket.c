#include "datasets/bucket.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/rng.h"

typedef struct {
    int64_t key, place; /* sorted by key, then by place */
    int64_t element;
} item;

static int by_key(const void *x, const void *y)
{
    const item *a = x, *b = y;
    return a->key != b->key ? (a->key > b->key) - (a->key < b->key) : (a->place > b->place) - (a->place < b->place);
}

/* Sorts every window of the whole batches, and the rest by itself. */
static void sort_windows(const ds_bucketing *bucketing, int64_t n, item *items)
{
    int64_t whole = n - n % bucketing->batch;
    int64_t room = bucketing->window > whole / bucketing->batch ? whole : bucketing->window * bucketing->batch;
    for (int64_t first = 0; first < whole; first += room) {
        int64_t count = whole - first < room ? whole - first : room;
        qsort(items + first, (size_t)count, sizeof *items, by_key);
    }
    qsort(items + whole, (size_t)(n - whole), sizeof *items, by_key);
}

static void place_batches(const ds_bucketing *bucketing, int64_t n, const item *items, const int64_t *batch_order,
                          int64_t *order)
{
    int64_t B = bucketing->batch;
    for (int64_t p = 0; p < n; p++) {
        int64_t b = p / B;
        int64_t from = b < n / B ? batch_order[b] * B + p % B : p;
        order[p] = items[from].element;
    }
}

core_status ds_bucket_order(const ds_bucketing *bucketing, const int64_t *lengths, int64_t n, int64_t *order)
{
    const core_rng_key key = {bucketing->seed, CORE_RNG_BUCKETS};
    item *items;
    int64_t *batch_order;
    CORE_TRY(CORE_NEW(n, "the epoch's order", items));
    core_status status = CORE_NEW(n / bucketing->batch, "the order of the batches", batch_order);
    if (status == CORE_OK) {
        for (int64_t p = 0; p < n; p++) {
            int64_t multiples = (lengths[order[p]] + bucketing->multiple - 1) / bucketing->multiple;
            items[p] = (item){.key = multiples, .place = p, .element = order[p]};
        }
        sort_windows(bucketing, n, items);
        core_rng_permutation(key, bucketing->epoch, n / bucketing->batch, batch_order);
        place_batches(bucketing, n, items, batch_order, order);
        free(batch_order);
    }
    free(items);
    return status;
}

core_status ds_length_order(const int64_t *lengths, int64_t n, int64_t *order)
{
    item *items;
    CORE_TRY(CORE_NEW(n, "an order by length", items));
    for (int64_t p = 0; p < n; p++) {
        items[p] = (item){.key = lengths[p], .place = p, .element = p};
    }
    qsort(items, (size_t)n, sizeof *items, by_key);
    for (int64_t p = 0; p < n; p++) {
        order[p] = items[p].element;
    }
    free(items);
    return CORE_OK;
}

void ds_text_lengths(const ds_part *part, const int64_t *index, int64_t n, int64_t *lengths)
{
    for (int64_t i = 0; i < n; i++) {
        ds_sequence(part, index != NULL ? index[i] : i, &lengths[i]);
    }
}

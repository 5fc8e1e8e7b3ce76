/* datasets/bucket.h - orders that put texts of similar length into one mini-batch: nearly all texts of a shard then
 * have a word at each of its time steps, and the shards of a batch take about the same time.
 *
 * Order    An epoch's list of elements, in the order in which it was drawn (with repetitions where it was re-sampled),
 *          is permuted: 1. the last n mod B elements stay last, sorted like a window: they are the
 *          short batch; 2. every window of `window` whole batches is sorted by ceil(length / multiple), equals in the
 *          order drawn, and cut into batches; 3. the whole batches are put in a random order, a function of (seed,
 *          epoch). Rounding the lengths up to a multiple spreads the copies of one example, which have the same
 *          length, over several batches.
 * Shapes   n positions in the epoch, B examples a batch.
 */
#ifndef DATASETS_BUCKET_H
#define DATASETS_BUCKET_H

#include <stdint.h>

#include "core/status.h"
#include "datasets/dataset.h"

enum { DS_BUCKET_MULTIPLE = 8, DS_BUCKET_WINDOW = 10 }; /* the defaults, measured in docs/text.md */

typedef struct {
    uint64_t seed;
    int64_t epoch;    /* 0 <= epoch < 2^32 */
    int64_t batch;    /* B >= 1 */
    int64_t multiple; /* lengths are rounded up to a multiple of it; >= 1 */
    int64_t window;   /* batches, >= 1 */
} ds_bucketing;

/* Rearranges order (n), elements in the order drawn: position p of the epoch then visits element order[p]. lengths[e]
 * is the length of element e. CORE_MACHINE: memory; order is then as it was. */
core_status ds_bucket_order(const ds_bucketing *bucketing, const int64_t *lengths, int64_t n,
                            int64_t *order) CORE_MUST_USE;

/* For evaluation: writes order (n), the positions 0..n-1 sorted by their lengths (n); equals keep their order.
 * Results are computed in that order and put back by it. CORE_MACHINE: memory. */
core_status ds_length_order(const int64_t *lengths, int64_t n, int64_t *order) CORE_MUST_USE;

/* Writes lengths (n) of the texts index[0..n-1] of a part; index NULL: of its first n. */
void ds_text_lengths(const ds_part *part, const int64_t *index, int64_t n, int64_t *lengths);

#endif

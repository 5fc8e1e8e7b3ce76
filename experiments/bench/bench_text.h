/* experiments/bench/bench_text.h - texts that lie in memory, as long as the reviews of IMDB are.
 *
 * Lengths  Four mini-batches. Their texts' lengths are quantiles of those of IMDB's 25,000 training reviews as this
 *          project cuts and truncates them (256 words). A batch has texts of similar length, as in an epoch of
 *          training; the batches with the longest texts come first.
 * Words    Word 2 + (V - 2) u^4 (0 and 1 are no words) for a uniform u, so that frequent words (small ids) are drawn more often.
 */
#ifndef EXPERIMENTS_BENCH_BENCH_TEXT_H
#define EXPERIMENTS_BENCH_BENCH_TEXT_H

#include <stdint.h>

#include "core/status.h"
#include "nn/model.h"

enum { XP_BENCH_BATCHES = 4, XP_BENCH_VOCABULARY = 25000 };

typedef struct {
    int64_t batch;   /* texts a mini-batch */
    int32_t *tokens; /* a pool in which the texts overlap, owned */
} xp_bench_texts;

/* CORE_MACHINE: memory. */
core_status xp_bench_texts_create(int64_t batch, xp_bench_texts *out) CORE_MUST_USE;
void xp_bench_texts_destroy(xp_bench_texts *texts);

/* Text i of XP_BENCH_BATCHES * batch; those of one batch stand together. */
nn_sequence xp_bench_text(const xp_bench_texts *texts, int64_t i);

/* Words of `count` texts from `first` on. */
int64_t xp_bench_words(const xp_bench_texts *texts, int64_t first, int64_t count);

#endif

#include "experiments/bench/bench_text.h"

#include <stdlib.h>

#include "core/memory.h"
#include "core/rng.h"

enum { POOL = 8192, STARTS = 4096, PARTS = 16 }; /* no text is longer than POOL - STARTS */

/* i sixteenths of the training reviews have at most QUANTILES[i] words; measured with numpy.quantile, "nearest". */
static const int64_t QUANTILES[PARTS + 1] = {11,  83,  119, 137, 147, 158, 171, 186, 203,
                                             225, 252, 256, 256, 256, 256, 256, 256};

core_status xp_bench_texts_create(int64_t batch, xp_bench_texts *out)
{
    int32_t *tokens;
    CORE_TRY(CORE_NEW(POOL, "benchmark texts", tokens));
    for (int64_t i = 0; i < POOL; i++) {
        double u = core_rng_uniform((core_rng_key){0, CORE_RNG_TEST}, (core_rng_counter){0, i, 0});
        tokens[i] = (int32_t)(2.0 + (double)(XP_BENCH_VOCABULARY - 2) * (u * u * u * u));
    }
    *out = (xp_bench_texts){batch, tokens};
    return CORE_OK;
}

void xp_bench_texts_destroy(xp_bench_texts *texts) { free(texts->tokens); }

nn_sequence xp_bench_text(const xp_bench_texts *texts, int64_t i)
{
    int64_t batch = XP_BENCH_BATCHES - 1 - i / texts->batch;
    double place = (double)(batch * texts->batch + i % texts->batch) + 0.5;
    double at = place / (double)(XP_BENCH_BATCHES * texts->batch) * (double)PARTS;
    int64_t part = (int64_t)at;
    double length = (double)QUANTILES[part] + (at - (double)part) * (double)(QUANTILES[part + 1] - QUANTILES[part]);
    return (nn_sequence){texts->tokens + 61 * i % STARTS, (int64_t)(length + 0.5)};
}

int64_t xp_bench_words(const xp_bench_texts *texts, int64_t first, int64_t count)
{
    int64_t words = 0;
    for (int64_t i = first; i < first + count; i++) {
        words += xp_bench_text(texts, i).length;
    }
    return words;
}

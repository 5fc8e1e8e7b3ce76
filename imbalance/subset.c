#include "imbalance/subset.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/mt19937.h"
#include "imbalance/profile.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the digest of a subset is over little-endian integers");

/* Checks that every class can give what is asked of it. begin (K + 1) becomes where each class begins in a list of
 * positions sorted by class. */
static core_status place_classes(const int32_t *labels, int64_t N, int64_t K, const int64_t *counts, int64_t *begin)
{
    CORE_TRY(imb_class_counts(labels, N, K, begin + 1));
    for (int64_t j = 0; j < K; j++) {
        if (counts[j] < 0 || counts[j] > begin[j + 1]) {
            return core_fail(CORE_BAD_USAGE, "class %lld has %lld examples; the imbalance asks for %lld", (long long)j,
                             (long long)begin[j + 1], (long long)counts[j]);
        }
    }
    begin[0] = 0;
    for (int64_t j = 0; j < K; j++) {
        begin[j + 1] += begin[j];
    }
    return CORE_OK;
}

core_status imb_subset_draw(const int32_t *labels, int64_t N, int64_t K, const int64_t *counts, uint32_t split_seed,
                            int64_t *index)
{
    int64_t *begin = NULL, *next = NULL, *position = NULL;
    core_status status = CORE_NEW(K + 1, "the subset's classes", begin);
    if (status == CORE_OK) {
        status = CORE_NEW(K, "the subset's classes", next);
    }
    if (status == CORE_OK) {
        status = CORE_NEW(N, "the subset's examples", position);
    }
    if (status == CORE_OK) {
        status = place_classes(labels, N, K, counts, begin);
    }
    if (status != CORE_OK) {
        goto done;
    }
    memcpy(next, begin, (size_t)K * sizeof *next);
    for (int64_t i = 0; i < N; i++) {
        position[next[labels[i]]++] = i;
    }
    core_mt19937 mt;
    core_mt19937_seed(&mt, split_seed);
    for (int64_t j = 0; j < K; j++) {
        core_mt19937_shuffle(&mt, begin[j + 1] - begin[j], position + begin[j]);
        memcpy(index, position + begin[j], (size_t)counts[j] * sizeof *index);
        index += counts[j];
    }
done:
    free(begin);
    free(next);
    free(position);
    return status;
}

void imb_subset_sha256(const int64_t *index, int64_t n, char hex[65])
{
    core_hash_digest digest = core_hash_of(CORE_HASH_SHA256, index, (size_t)n * sizeof *index);
    core_hash_hex(&digest, hex);
}

#include "imbalance/subset.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/mt19937.h"
#include "core/rng.h"
#include "core/text.h"
#include "imbalance/classes.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the digest of a subset is over little-endian integers");

/* The first epoch number of a removal's permutations; the held-out examples use the numbers below it. */
static const int64_t FIRST_REMOVAL = INT64_C(1) << 31;

/* Checks that every class has at least counts[j] examples. */
static core_status check_counts(const imb_classes *classes, int64_t K, const int64_t *counts)
{
    for (int64_t j = 0; j < K; j++) {
        const int64_t members = classes->begin[j + 1] - classes->begin[j];
        if (counts[j] < 0 || counts[j] > members) {
            return core_fail(CORE_BAD_USAGE, "class %lld has %s; the imbalance asks for %lld", (long long)j,
                             CORE_COUNT(members, "example"), (long long)counts[j]);
        }
    }
    return CORE_OK;
}

core_status imb_subset_draw(const int32_t *labels, int64_t N, int64_t K, const int64_t *counts, uint32_t split_seed,
                            int64_t *index)
{
    core_arena room = {0};
    imb_classes classes;
    core_mt19937 mt;
    core_status status = imb_classes_group(labels, N, K, &room, &classes);
    if (status == CORE_OK) {
        status = check_counts(&classes, K, counts);
    }
    core_mt19937_seed(&mt, split_seed);
    for (int64_t j = 0; j < K && status == CORE_OK; j++) {
        int64_t *member = classes.member + classes.begin[j];
        core_mt19937_shuffle(&mt, classes.begin[j + 1] - classes.begin[j], member);
        memcpy(index, member, (size_t)counts[j] * sizeof *index);
        index += counts[j];
    }
    core_arena_free(&room);
    return status;
}

core_status imb_removal_counts(const imb_removal *removal, int64_t K, int64_t *counts)
{
    int64_t k = removal->removed_class;
    if (k < 0 || k >= K) {
        return core_fail(CORE_BAD_USAGE, "class %lld cannot lose examples; expected a class in 0..%lld", (long long)k,
                         (long long)(K - 1));
    }
    if (!(removal->remove_frac >= 0.0 && removal->remove_frac < 1.0)) {
        return core_fail(CORE_BAD_USAGE, "the fraction to remove is %g; expected at least 0 and below 1",
                         removal->remove_frac);
    }
    int64_t kept = counts[k] - (int64_t)floor(removal->remove_frac * (double)counts[k] + 0.5);
    if (kept < 1) {
        return core_fail(CORE_BAD_USAGE,
                         "class %lld would be empty: %g of its %s removed; expected at least one to stay", (long long)k,
                         removal->remove_frac, CORE_COUNT(counts[k], "example"));
    }
    counts[k] = kept;
    return CORE_OK;
}

/* Checks that counts equals the number of labels in every class but the removed one, where it may be less. Sets
 * *members to the number of labels of the removed class. */
static core_status check_removal(const imb_removal *removal, const int32_t *labels, int64_t N, int64_t K,
                                 const int64_t *counts, int64_t *members)
{
    int64_t *all;
    CORE_TRY(CORE_NEW(K, "the subset's classes", all));
    core_status status = imb_class_counts(labels, N, K, all);
    for (int64_t j = 0; status == CORE_OK && j < K; j++) {
        bool possible = j == removal->removed_class ? counts[j] >= 0 && counts[j] <= all[j] : counts[j] == all[j];
        if (!possible) {
            status = core_fail(CORE_BAD_USAGE, "class %lld has %s; the removal asks for %lld", (long long)j,
                               CORE_COUNT(all[j], "example"), (long long)counts[j]);
        }
    }
    if (status == CORE_OK) {
        *members = all[removal->removed_class];
    }
    free(all);
    return status;
}

core_status imb_subset_remove(const imb_removal *removal, const int32_t *labels, int64_t N, int64_t K,
                              const int64_t *counts, int64_t *index)
{
    const core_rng_key key = {removal->split_seed, CORE_RNG_SPLIT};
    int64_t k = removal->removed_class, members, *order = NULL;
    bool *gone = NULL; /* (members), in file order */
    CORE_TRY(check_removal(removal, labels, N, K, counts, &members));
    core_status status = CORE_NEW(members, "the order of a class", order);
    status = status == CORE_OK ? CORE_NEW(members, "the removed examples", gone) : status;
    if (status == CORE_OK) {
        core_rng_permutation(key, FIRST_REMOVAL + k, members, order);
        for (int64_t i = 0; i < members - counts[k]; i++) {
            gone[order[i]] = true;
        }
        for (int64_t i = 0, place = 0; i < N; i++) {
            if (labels[i] != k || !gone[place++]) {
                *index++ = i;
            }
        }
    }
    free(order);
    free(gone);
    return status;
}

void imb_subset_sha256(const int64_t *index, int64_t n, char hex[65])
{
    core_hash_digest digest = core_hash_of(CORE_HASH_SHA256, index, (size_t)n * sizeof *index);
    core_hash_hex(&digest, hex);
}

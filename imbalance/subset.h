/* imbalance/subset.h - the training subset of a profile: exactly the examples that the released code keeps.
 *
 * Source   Cao et al.'s released code: NumPy's legacy MT19937 seeded once with split_seed; for each class in order, the
 *          positions of that class in file order are shuffled and the first n_j of them kept, in shuffled order.
 * Shapes   N examples in the file, n = sum of n_j in the subset, K classes.
 */
#ifndef IMBALANCE_SUBSET_H
#define IMBALANCE_SUBSET_H

#include <stdint.h>

#include "core/status.h"

/* Writes index (n): positions in the file, class by class. labels (N) in file order; counts (K), what each class keeps.
 * split_seed as NumPy's `seed` takes it; the released code's is 0. index is the caller's, sum of counts long.
 * CORE_BAD_FILE for a label outside [0, K); CORE_BAD_USAGE for a class with fewer examples than its count, which it
 * names; CORE_MACHINE when memory is short. */
core_status imb_subset_draw(const int32_t *labels, int64_t N, int64_t K, const int64_t *counts, uint32_t split_seed,
                            int64_t *index) CORE_MUST_USE;

/* A fraction of one class is removed, and the other classes stay whole, as in the paper's IMDB. */
typedef struct {
    int64_t removed_class; /* in [0, K); IMDB: 0, negative */
    double remove_frac;    /* in [0, 1); the paper's 0.9 */
    uint32_t split_seed;
} imb_removal;

/* Changes counts (K) from what every class has to what it keeps: the removed class loses floor(remove_frac n + 1/2).
 * CORE_BAD_USAGE: a class or a fraction out of range, or a class that would be left empty; counts are then unchanged.
 */
core_status imb_removal_counts(const imb_removal *removal, int64_t K, int64_t *counts) CORE_MUST_USE;

/* Writes index (n = sum of counts): the positions of labels (N) that stay, in file order. Removed are the first members
 * of the class in the order that core_rng_permutation gives for (split_seed, CORE_RNG_SPLIT, epoch 2^31 + class); the
 * members are numbered in file order. counts (K) as imb_removal_counts left them. CORE_BAD_FILE for a label outside
 * [0, K), CORE_BAD_USAGE for counts that do not fit these labels, CORE_MACHINE when memory is short. */
core_status imb_subset_remove(const imb_removal *removal, const int32_t *labels, int64_t N, int64_t K,
                              const int64_t *counts, int64_t *index) CORE_MUST_USE;

/* Writes hex: the SHA-256 of index (n) as 64-bit little-endian integers, as lower-case text. It is what
 * hashlib.sha256(index.astype('<i8').tobytes()).hexdigest() gives. */
void imb_subset_sha256(const int64_t *index, int64_t n, char hex[65]);

#endif

/* imbalance/classes.h - examples by class: how many, which, and a share of each drawn at random.
 *
 * Shapes   n examples with labels (n), K classes.
 */
#ifndef IMBALANCE_CLASSES_H
#define IMBALANCE_CLASSES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/rng.h"
#include "core/status.h"

/* Writes counts (K): how many of labels (n) each class has. CORE_BAD_FILE: a label is not in [0, K); the example is
 * named and counts are unchanged. */
core_status imb_class_counts(const int32_t *labels, int64_t n, int64_t K, int64_t *counts) CORE_MUST_USE;

/* The members of class j are member[begin[j]], ..., member[begin[j + 1] - 1], in the order of the labels. */
typedef struct {
    int64_t *begin;  /* (K + 1) */
    int64_t *member; /* (n) */
} imb_classes;

/* Groups the examples in the arena. CORE_BAD_FILE as imb_class_counts; CORE_MACHINE when memory is short. */
core_status imb_classes_group(const int32_t *labels, int64_t n, int64_t K, core_arena *arena,
                              imb_classes *out) CORE_MUST_USE;

/* frac n_k, the number of examples that a fraction of a class of n_k >= 1 is: rounded half up, at least 1 and then at most
 * n_k - 1, which is 0 of a class with one example. */
int64_t imb_class_share(double frac, int64_t n_k);

/* Makes marked (n) in the arena: true for the first take[j] members of every class j in the order that
 * core_rng_permutation gives for (key, epoch j). take (K) is at most what each class has. Errors as imb_classes_group.
 */
core_status imb_classes_draw(const int32_t *labels, int64_t n, int64_t K, const int64_t *take, core_rng_key key,
                             core_arena *arena, bool **marked) CORE_MUST_USE;

#endif

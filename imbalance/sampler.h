/* imbalance/sampler.h - class-balanced re-sampling: draws with replacement, from a counter-based generator.
 *
 * Source   Cao et al., NeurIPS 2019, Sec. 4 (RS, CB-RS, DRS): an epoch is n draws, P(example i) ~ w_{y_i}.
 * Maths    P(class j) = n_j w_j / sum_k n_k w_k; within a class all examples have the same probability.
 *          Class: the first j with r < C_j, where r is 53 random bits and C_j = floor(2^53 P(class <= j)) an integer,
 *          so that the probability of a class is a whole number of 2^-53. Example: without bias, by rejection.
 *          A draw is a function of (seed, epoch, position) alone, on any thread and in any order of calls.
 * Shapes   n examples in the subset, K classes.
 */
#ifndef IMBALANCE_SAMPLER_H
#define IMBALANCE_SAMPLER_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "imbalance/classes.h"

typedef struct imb_sampler imb_sampler;

/* Makes a sampler in the arena over the examples of a subset, grouped in its order; the arrays of `classes` are
 * borrowed. class_weights (K), finite and >= 0, of one example of each class, are read here and not kept. A class
 * without examples or with weight 0 is never drawn. CORE_BAD_USAGE for bad weights or nothing to draw. */
core_status imb_sampler_create(const imb_classes *classes, int64_t K, const double *class_weights, uint64_t seed,
                               core_arena *arena, imb_sampler **out) CORE_MUST_USE;

/* The position in the subset, 0..n-1, that draw `position` >= 0 of `epoch` >= 0 gives. Thread-safe. */
int64_t imb_sampler_draw(const imb_sampler *sampler, int64_t epoch, int64_t position);

/* Writes order (count): the draws 0..count-1 of an epoch. An epoch has as many draws as the subset has examples. */
void imb_sampler_epoch(const imb_sampler *sampler, int64_t epoch, int64_t count, int64_t *order);

#endif

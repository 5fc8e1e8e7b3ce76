/* experiments/training/objective.h - what a method minimises on a training subset: loss, margins, class weights, order.
 *
 * Source   Cao et al., NeurIPS 2019, Algorithm 1 and Tables 2 and 5.
 */
#ifndef EXPERIMENTS_TRAINING_OBJECTIVE_H
#define EXPERIMENTS_TRAINING_OBJECTIVE_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "experiments/training/split.h"
#include "imbalance/loss.h"
#include "imbalance/sampler.h"
#include "recipes/recipe.h"

/* Borrows the recipe and the split. */
typedef struct {
    const xp_recipe *recipe;
    const xp_split *split;
    imb_loss loss;
    int64_t *test_counts;  /* (K) n'_j of a known test set; NULL: none is known */
    double *margins;       /* (K) Delta_j; NULL: the loss has none */
    double *class_weights; /* (K), used in the epochs that re-weight or re-sample */
    imb_sampler *sampler;  /* NULL: the method never re-samples */
} xp_objective;

/* Makes it in the arena. Fails as imbalance/ does: margins, weights or a loss out of range. */
core_status xp_objective_create(const xp_recipe *recipe, const xp_split *split, core_arena *arena,
                                xp_objective *out) CORE_MUST_USE;

/* Writes order (n): the element of the subset that every position of epoch `epoch` visits. */
void xp_objective_order(const xp_objective *objective, int64_t epoch, int64_t *order);

/* Writes coefficients (count) of a mini-batch with labels (count) in epoch `epoch` and returns the batch's `outer`
 * (imbalance/loss.h). */
double xp_objective_coefficients(const xp_objective *objective, int64_t epoch, const int32_t *labels, int64_t count,
                                 double *coefficients);

#endif

/* experiments/training/training_pass.h - one epoch of training, step by step, and its results for every example.
 *
 * Shapes   n examples a pass, visited by position; batch b covers positions [b B, min((b + 1) B, n)).
 * Text     The objective's order of an epoch is rearranged so that a batch has texts of similar length
 *          (datasets/bucket.h).
 * Ranks    Rank 0 has the results of all examples, another rank those of its own.
 * Bits     What a step leaves depends on (configuration, tensors, epoch, step) alone; the sums over the pass run in a
 *          fixed tree over positions, after the last step.
 */
#ifndef EXPERIMENTS_TRAINING_TRAINING_PASS_H
#define EXPERIMENTS_TRAINING_TRAINING_PASS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "datasets/loader.h"
#include "experiments/training/objective.h"
#include "nn/model.h"

/* Borrows everything; its arrays are all (n) by position and valid below xp_pass_done. */
typedef struct {
    const xp_objective *objective;
    ds_loader *loader;
    nn_model *model;
    int64_t epoch, step; /* steps done of the epoch */
    int64_t steps;       /* of every epoch */
    int64_t *order;      /* element of the subset */
    int64_t *lengths;    /* (n) of every element of the subset, in words; NULL for images */
    int32_t *labels;
    double *losses;       /* what the example added to the loss of its batch */
    int32_t *predictions; /* as trained */
    double *margins;      /* before the scale */
    bool *own;            /* (B) which of the current batch's examples this rank has trained on */
    double *coefficients; /* (B) of the current batch */
    double outer;         /* of the current batch */
    double *scratch;      /* (n) */
} xp_pass;

/* Makes its arrays in the arena. */
core_status xp_pass_create(const xp_objective *objective, ds_loader *loader, nn_model *model, core_arena *arena,
                           xp_pass *out) CORE_MUST_USE;

/* Goes to the beginning of an epoch; `step` steps of it count as done, and the caller restores their values.
 * CORE_MACHINE: memory. */
core_status xp_pass_begin(xp_pass *pass, int64_t epoch, int64_t step) CORE_MUST_USE;

/* Positions that the steps so far have visited. */
int64_t xp_pass_done(const xp_pass *pass);

/* Trains on the next mini-batch; step < steps. CORE_BAD_FILE: a picture is damaged. CORE_DIVERGED: the loss of an
 * example is NaN or infinite. In both cases the step is not counted, and the network has changed. */
core_status xp_pass_step(xp_pass *pass) CORE_MUST_USE;

/* The results of a whole pass. */
typedef struct {
    double loss;         /* mean over the examples of their batches' losses, in nats */
    double error;        /* as trained */
    double *class_error; /* (K), the caller's; NaN for a class that was not drawn */
} xp_pass_result;

/* Sums up a complete pass. CORE_MACHINE: memory. */
core_status xp_pass_finish(const xp_pass *pass, xp_pass_result *out) CORE_MUST_USE;

#endif

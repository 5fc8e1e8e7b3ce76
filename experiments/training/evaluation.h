/* experiments/training/evaluation.h - a network in evaluation mode over a list of examples, without augmentation.
 *
 * Ranks    share the work (core/comm.h), and all call it with their arrays; those of rank 0 are filled.
 * Text     Shards are filled in the order of the examples' lengths (datasets/bucket.h), which is faster; the results
 *          are in the order of the list.
 */
#ifndef EXPERIMENTS_TRAINING_EVALUATION_H
#define EXPERIMENTS_TRAINING_EVALUATION_H

#include <stdint.h>

#include "core/status.h"
#include "datasets/loader.h"
#include "imbalance/outputs.h"
#include "nn/model.h"

/* The examples to evaluate, and the arrays for the results. */
typedef struct {
    ds_loader *loader;
    const ds_part *part;  /* a part of its data set */
    const int64_t *index; /* (n) positions in the part; NULL: all of it in order */
    int64_t n;
    int64_t shard;              /* of the model */
    float *features;            /* (n, D); NULL: not wanted */
    float *logits;              /* (n, K), before the scale; NULL: not wanted */
    const imb_outputs *outputs; /* of n examples; NULL: not wanted */
} xp_evaluation;

/* Fills features, logits and outputs. CORE_STOPPED, without a message, if a signal asked to stop; they are then incomplete.
 * CORE_BAD_FILE: a picture is damaged. CORE_DIVERGED: an output is NaN or infinite. */
core_status xp_evaluate(nn_model *model, const xp_evaluation *evaluation) CORE_MUST_USE;

#endif

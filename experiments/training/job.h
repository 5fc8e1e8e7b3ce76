/* experiments/training/job.h - one run in memory: its configuration, data, network, and its run file as it will be written. */
#ifndef EXPERIMENTS_TRAINING_JOB_H
#define EXPERIMENTS_TRAINING_JOB_H

#include <stdint.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "experiments/training/objective.h"
#include "experiments/training/split.h"
#include "experiments/training/training_pass.h"
#include "nn/context.h"
#include "nn/model.h"
#include "nn/self_test.h"
#include "recipes/options.h"
#include "recipes/recipe.h"
#include "results/runs/run_file.h"

typedef struct {
    xp_recipe recipe;
    int threads_wanted;   /* recipe.threads are those that the system gives */
    core_file_lock *lock; /* of recipe.out */
    ds_dataset data;
    xp_split split;
    char self_test[NN_SELF_TEST_BYTES];

    xp_objective objective;
    nn_model *model;
    xp_pass pass; /* its epoch and step are the run's */

    /* The test examples under the network as it was after `tested_step` steps in all; -1: of none. */
    float *test_logits;   /* (N, K) */
    float *test_features; /* (N, D) */
    int64_t tested_step;
    float *validation_logits; /* (validation_n, K) of the held-out examples, after the last evaluated epoch */

    res_run file;
    res_array *state;    /* (P + XP_RUNNING): every tensor, then the running sums */
    float **tensor_data; /* (P) where the state's tensors lie */
    int64_t tensors;     /* P */
    core_arena arena;    /* split, objective, pass, what `file` points to, and the buffers above */
} xp_job;

enum { XP_RUNNING = 3 };

/* Pins oneDNN, locks the run file (its folder is made), loads the data and draws the subset; after this the recipe has
 * its name. `out` is to be freed with xp_job_close, also after a failure. */
core_status xp_job_open(const xp_options *options, xp_job *out) CORE_MUST_USE;

/* Builds objective, network and pass, for a run that is not finished. */
core_status xp_job_build(xp_job *job) CORE_MUST_USE;

/* Makes test_logits and test_features those of the network as it is. CORE_STOPPED, without a message: a signal came. */
core_status xp_job_evaluate_test(xp_job *job) CORE_MUST_USE;

/* Makes validation_logits those of the network as it is; nothing where no example is held out. CORE_STOPPED as above.
 */
core_status xp_job_evaluate_validation(xp_job *job) CORE_MUST_USE;

void xp_job_close(xp_job *job);

#endif

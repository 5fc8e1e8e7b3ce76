/* experiments/training/job.h - one run in memory: its configuration, data, network, and the content of its run file. */
#ifndef EXPERIMENTS_TRAINING_JOB_H
#define EXPERIMENTS_TRAINING_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "imbalance/outputs.h"
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
    int threads_wanted;   /* as configured; recipe.threads is what the system gives */
    core_file_lock *lock; /* of recipe.out; NULL: not taken (xp_resume_take) */
    bool is_saved_whole;  /* recipe.out is the finished run */
    ds_dataset data;
    ds_loader *loader; /* of data */
    int64_t plane[2];  /* height and width of what the network sees, for the run file */
    xp_split split;
    char self_test[NN_SELF_TEST_BYTES];
    const char *ranks; /* their hosts, CPUs and threads, once they were compared; NULL: one process */

    xp_objective objective;
    nn_model *model;
    xp_pass pass; /* its epoch and step are the run's */

    /* For the test examples, of the network after `tested_step` steps of the run; -1: not evaluated. */
    imb_outputs tested;   /* of N examples */
    float *test_logits;   /* (N, K); NULL for many classes */
    float *test_features; /* (N, D); NULL: not kept (xp_job_keeps_features) */
    int64_t tested_step;
    imb_outputs held_out; /* of validation_n examples, after the last evaluated epoch */

    res_run file;
    res_array *state;    /* (P + XP_RUNNING): every tensor, then the running sums */
    double epoch_s;      /* when the epoch would have begun without the starts before this one (core_progress_now_s) */
    float **tensor_data; /* (P) the data of the state's tensors */
    int64_t tensors;     /* P */
    core_arena arena;    /* split, objective, pass, what `file` points to, and the buffers above */
} xp_job;

enum { XP_RUNNING = 3 };

/* Pins oneDNN, loads the data and draws the subset; after this the recipe has its name. Writes nothing. `out` is to be
 * freed with xp_job_close, also after a failure. */
core_status xp_job_open(const xp_options *options, xp_job *out) CORE_MUST_USE;

/* Whether there are so many classes that the run file keeps no row of K and no features (results/runs/run_file.h). */
static inline bool xp_job_has_many_classes(const xp_job *job) { return job->split.K > RES_DENSE_CLASSES; }

/* Whether features are kept at all, in the run file or beside it. */
static inline bool xp_job_keeps_features(const xp_job *job)
{
    return xp_recipe_keeps_features(&job->recipe, job->split.K);
}

/* Builds objective, network and pass, for a run that is not finished. */
core_status xp_job_build(xp_job *job) CORE_MUST_USE;

/* Fails unless all ranks have the same program, arithmetic, options and data (core_comm_same). */
core_status xp_job_compare(xp_job *job) CORE_MUST_USE;

/* Fills tested, test_logits and test_features from the current network. CORE_STOPPED, without a message: a signal came. */
core_status xp_job_evaluate_test(xp_job *job) CORE_MUST_USE;

/* Fills held_out from the current network; does nothing if no example is held out. CORE_STOPPED as above. */
core_status xp_job_evaluate_validation(xp_job *job) CORE_MUST_USE;

/* Frees everything, and gives the lock up; the lock file of a finished run is removed. */
void xp_job_close(xp_job *job);

#endif

/* experiments/training/apply.h - the network of a finished run on the test part of its own data or of others.
 *
 * Bits     those of the run's last evaluation, on its own test part and any number of threads; on other data those that
 *          the run would have had, with its normalisation, crop and vocabulary (datasets/unseen.h).
 */
#ifndef EXPERIMENTS_TRAINING_APPLY_H
#define EXPERIMENTS_TRAINING_APPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "experiments/training/trained.h"
#include "imbalance/outputs.h"

typedef struct {
    const char *path;     /* of the run file */
    const char *data;     /* as ds_load takes it; NULL: the run's own */
    const char *data_dir; /* likewise */
    int threads;          /* no bit depends on it */
    bool features;        /* whether they are wanted */
    bool labels;          /* whether they are needed */
} xp_apply_request;

/* N examples, K classes, D features. */
typedef struct {
    xp_trained trained;            /* trained.data: the examples */
    bool is_own;                   /* they are known to be the run's own test part */
    const char *const *class_name; /* (K); NULL: not known */
    int64_t N, K, D;
    const int32_t *label; /* (N); NULL: not known */
    imb_outputs outputs;  /* prediction, rank, confidence; of many classes own_logit and the T largest logits */
    float *logits;        /* (N, K); NULL for many classes */
    float *features;      /* (N, D); NULL: not wanted */
} xp_applied;

/* Applies the network of `run` (RES_ALL). Memory belongs to the arena, and `trained` to the caller, also on failure:
 * xp_trained_free. CORE_BAD_FILE: the run is unfinished or diverged, its own data are not those of its training, or the
 * new ones do not fit, or have no labels. CORE_DIVERGED: a logit is no number. Else as loading data and networks fail. */
core_status xp_apply(const xp_apply_request *request, const res_run *run, core_arena *arena,
                     xp_applied *out) CORE_MUST_USE;

#endif

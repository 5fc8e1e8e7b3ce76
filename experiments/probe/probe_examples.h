/* experiments/probe/probe_examples.h - which examples a probe is fitted on and tested on, and their features.
 *
 * Protocol paper: Cao et al., NeurIPS 2019, Figure 6: a classifier fitted on a part of the balanced test set, tested on
 *          the rest. Of the N_k test examples of class k, min(N_k - 1, max(1, floor(frac N_k + 1/2))) are fitted on.
 *          usual: fitted on a balanced part of the whole training set (of every class as many examples as the smallest
 *          class has), tested on the test set. Only with the features of the end, because the run file has no weights
 *          of the drop.
 * Draw     The first of a random order of a class's examples (Philox: seed, CORE_RNG_PROBE, the class).
 */
#ifndef EXPERIMENTS_PROBE_PROBE_EXAMPLES_H
#define EXPERIMENTS_PROBE_PROBE_EXAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/runs/run_file.h"

typedef struct {
    const char *run;      /* path of the run file */
    bool at_end;          /* features of the end, not of the first drop of the learning rate */
    bool usual;           /* protocol usual, not paper */
    double frac;          /* paper: in (0, 1) */
    double C;             /* > 0 */
    int64_t seed;         /* of the draw, >= 0 */
    const char *data;     /* usual: name or path of the data; NULL: what the run's configuration says */
    const char *data_dir; /* usual: as ds_load takes it */
    int threads;          /* no bit depends on it */
} xp_probe_request;

/* Examples of a part of the data. */
typedef struct {
    const char *part; /* "train" or "test" */
    int64_t n;
    int64_t *index;  /* (n) ascending positions in the part */
    int32_t *labels; /* (n) */
    float *features; /* (n, D) */
    int32_t *own;    /* (n) what the network predicts; NULL: not known, because its weights are of another epoch */
} xp_probe_part;

/* Picks the examples of `run` (RES_ALL, read from request->run). Memory belongs to the arena.
 * CORE_BAD_FILE: the run has no such features (yet), is unfinished, does not fit itself or the data, or a class has
 * too few examples. CORE_BAD_USAGE: usual with features of the drop. Else as loading data and networks fail. */
core_status xp_probe_examples(const res_run *run, const xp_probe_request *request, core_arena *arena,
                              xp_probe_part *fit, xp_probe_part *test) CORE_MUST_USE;

/* The set of features that the request names. */
const res_features *xp_probe_features(const res_run *run, const xp_probe_request *request);

#endif

/* results/runs/glance.h - the progress of a run, read from its file without the arrays.
 *
 * A few attributes and one short dataset, so that a thousand files take less than a second.
 */
#ifndef RESULTS_RUNS_GLANCE_H
#define RESULTS_RUNS_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

typedef struct {
    const char *yaml;        /* the configuration as text */
    const char *data_sha256; /* of the data */
    int64_t planned, E;      /* epochs of the configuration, finished epochs */
    bool finished;           /* the final results are there */
    const double *seconds;   /* (E) wall time of each epoch */
    int64_t diverged;        /* the first epoch, from 1, whose loss is no number; 0: none */
    double test_error;       /* of the last epoch that was evaluated; NAN without one */
    double begun_s;          /* wall time so far of the epoch that is not finished; 0: not known */
    bool checked;            /* the checksum is right; false: an older tailbit's file has none, use res_run_verify */
} res_glance;

/* Looks at the run file at `path`; memory belongs to the arena. CORE_BAD_FILE as res_run_load: missing, damaged as far
 * as it is read, foreign, or of another schema; changed as far as it is read. */
core_status res_glance_at(const char *path, core_arena *arena, res_glance *out) CORE_MUST_USE;

/* Seconds an epoch: the mean of the last five of E; 0 without any. */
double res_epoch_s(const double *seconds, int64_t E);

/* Seconds that the epochs from E to `planned` take at that pace. */
double res_left_s(const double *seconds, int64_t E, int64_t planned);

#endif

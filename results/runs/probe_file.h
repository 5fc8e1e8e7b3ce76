/* results/runs/probe_file.h - the probe file: how well simple classifiers work on a run's frozen features. Schema 1,
 * docs/probe.md.
 *
 * Writing: fill a res_probe and call res_probe_save; reading: res_probe_load fills the same struct from an arena.
 * Name     RUN.FEATURES-PROTOCOL.probe.h5 in the folder of RUN.h5, such as x.at-drop-paper.probe.h5. No run file has
 *          such a name.
 * Letters  K classes, D features, n examples that the classifiers are fitted on, N that they are tested on,
 *          M classifiers, T values of tau. Row-major. Errors are fractions in [0, 1].
 */
#ifndef RESULTS_RUNS_PROBE_FILE_H
#define RESULTS_RUNS_PROBE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "results/runs/run_file.h"

enum { RES_PROBE_SCHEMA = 1 };
#define RES_PROBE_END ".probe.h5"

/* The protocol of a probe, and the features that it uses. */
typedef struct {
    const char *features;  /* "at-drop" or "at-end" */
    int64_t epoch;         /* epochs that the network had been trained for */
    const char *protocol;  /* "paper" or "usual" */
    double frac;           /* paper: share of each class of the test set that is fitted on; 0: usual */
    double regularisation; /* C */
    int64_t seed;          /* of the split */
} res_probe_options;

/* The logistic regression of K classes on standardised features: z = W ((x - mean) / deviation) + intercept. */
typedef struct {
    const double *weight;    /* (K, D) */
    const double *intercept; /* (K) */
    const double *mean;      /* (D) of the examples that it is fitted on */
    const double *deviation; /* (D) standard deviation, divisor n; 1 for a constant feature */
    double objective;        /* its value at the end; docs/probe.md defines it */
    double gradient_norm;    /* of the objective at the end */
    int64_t iterations;      /* of L-BFGS */
    bool converged;          /* the norm came below its bound */
} res_probe_logistic;

/* tau-normalised classifiers: the last layer's own, each class vector divided by its norm to the power of tau. */
typedef struct {
    int64_t T;                            /* 0: the run file has no last layer of that epoch */
    const double *tau;                    /* (T) ascending */
    const double *fit_error, *test_error; /* (T) */
    double chosen;                        /* the first with the lowest fit_error */
} res_probe_tau;

typedef struct {
    const char *creator;    /* program and version */
    const char *digest;     /* hex, XXH3-128 of the content as of a run file; set by load, not read by save */
    const char *run_digest; /* of the run file */
    res_config config;      /* of the run: method, data, seed, ... */
    res_data data;
    res_probe_options options;

    int64_t K, D, n, N;
    const char *fit_part, *test_part;      /* "train" or "test": the part of the data that the indices count */
    const int64_t *fit_index, *test_index; /* (n), (N) ascending positions in that part */
    const int32_t *fit_label, *test_label; /* (n), (N) */

    int64_t M;
    const char *const *name;   /* (M) "logistic", "nearest-mean", "tau-normalised", "own": the network's last layer */
    const double *fit_error;   /* (M) */
    const double *error;       /* (M) over all N examples */
    const double *class_error; /* (M, K) */
    const int64_t *confusion;  /* (M, K, K) row: true class, column: predicted; NULL: many classes */

    res_probe_logistic logistic;
    res_probe_tau tau;
} res_probe;

/* Writes the file atomically at `path`; its bytes depend only on *probe. CORE_MACHINE: it cannot be written;
 * CORE_BAD_USAGE: the existing file is no probe file. */
core_status res_probe_save(const res_probe *probe, const char *path) CORE_MUST_USE;

/* Checks, as core_h5_check, that it can be written there. Call it before the work. */
core_status res_probe_check(const char *path) CORE_MUST_USE;

/* Reads a probe file and checks its digest. CORE_BAD_FILE, naming the file and what was expected: missing, damaged,
 * foreign or of another schema. Memory belongs to the arena. */
core_status res_probe_load(const char *path, core_arena *arena, res_probe *out) CORE_MUST_USE;

/* Reads the run and the protocol of a probe without its arrays. It has its own checksum; errors as res_probe_load. */
core_status res_probe_look(const char *path, core_arena *arena, const char **run_digest,
                           res_probe_options *out) CORE_MUST_USE;

/* The row of classifier `name`; -1 if there is none. */
int64_t res_probe_find(const res_probe *probe, const char *name);

/* The default path of the probe of the run file `run`: "RUN.at-drop-paper.probe.h5" in the folder of RUN.h5. at_end: of
 * the features at the end, else at the drop. usual: by the usual protocol, else the paper's. options: what differs from the
 * defaults, "-probe_seed-1"; "" for the probe that grid makes and figures show. */
core_status res_probe_path(const char *run, bool at_end, bool usual, const char *options, core_arena *arena,
                           const char **out) CORE_MUST_USE;

/* Whether the name ends as a probe file's. */
bool res_probe_is_name(const char *name);

#endif

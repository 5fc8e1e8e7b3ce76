/* results/runs/run_file.h - the run file: everything that one training run leaves behind. Schema 1, docs/file-format.md.
 *
 * Writing: fill a res_run and call res_run_save after every epoch and at every check-point; it replaces the
 *          whole file atomically (core/h5.h). The structs are plain: values, and pointers that the caller
 *          keeps alive. A part whose first count or pointer is 0 does not exist yet and is not in the file.
 * Reading: res_run_load fills the same structs from an arena.
 * Letters  E finished epochs, K classes, n training examples of the subset, N test examples, D features,
 *          P tracked tensors, Q quantile levels. Errors are fractions in [0, 1]; NAN where there was no evaluation.
 *          Row-major. Epochs count from 0.
 */
#ifndef RESULTS_RUNS_RUN_FILE_H
#define RESULTS_RUNS_RUN_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/h5.h"
#include "core/memory.h"
#include "core/status.h"
#include "results/runs/option.h"

enum { RES_SCHEMA = 1 };

/* Above so many classes nothing in the file has K x K or N x K numbers: the largest logits and a sparse confusion stand
 * in their place, quantiles by group of classes, class errors and minima as floats, and in place of features the digests of
 * the files that have them (results/runs/features_file.h), or nothing. */
enum { RES_DENSE_CLASSES = 1000, RES_TOP_LOGITS = 10 };

/* The first line of a configuration that export writes: of a run that is there, and of no job. */
#define RES_EXPORTED_CONFIG "# configuration of a run, exported by tailbit\n"

/* The options that change bits, with the defaults resolved. */
typedef struct {
    const char *yaml; /* the configuration as text; never NULL */
    res_options options;
} res_config;

typedef struct {
    const char *name;   /* data set */
    const char *sha256; /* hex, of the decoded examples and labels in order */
    bool verified;      /* the source's checksum was right */
    /* (RES_CHANNELS) of images: the network sees (byte / 255 - mean) / std. NULL: texts, and older files of images. */
    const float *mean, *std;
    const int64_t *planes;          /* (1) 1 of gray images; NULL: coloured ones, texts, and older files */
    const int64_t *plane;           /* (2) height and width of what the network sees; NULL: RES_SIDE both */
    const char *const *class_order; /* (1) "sorted" or "wnids", of Tiny ImageNet; NULL: the classes have one order */
} res_data;

enum { RES_CHANNELS = 3, RES_SIDE = 32 };

/* One start of the program: host, cpu, isa, threads, ranks, paths, library versions, compiler, commit, and under
 * RES_ENV_SELF_TEST the digest of the arithmetic self-test. */
#define RES_ENV_SELF_TEST "self_test"
#define RES_ENV_FOLDER    "folder"    /* the working directory */
#define RES_ENV_DATA_DIR  "data_dir"  /* as given; absent: the usual folder */
#define RES_ENV_DATA_FILE "data_file" /* the whole path of a user's data; older files lack it */
typedef struct {
    int64_t count;
    const res_options *starts; /* (count), the oldest first */
} res_env;

/* Not part of the run's content for compare and the digest. */
typedef struct {
    int64_t E;
    double *seconds;           /* (E) wall time of the epoch */
    double *images_per_s;      /* (E) */
    double begun_s;            /* wall time so far of the epoch that is not finished; NaN: an older file */
    int64_t peak_memory_bytes; /* largest resident size so far */
} res_timing;

typedef struct {
    int64_t K;                       /* 0: absent */
    int64_t n;                       /* sum of class_counts */
    const int64_t *class_counts;     /* (K) */
    const char *const *class_name;   /* (K); NULL: not stored, as for images */
    const int64_t *train_index;      /* (n) positions in the full training set, subset order */
    const char *sha256;              /* hex, of the indices */
    int64_t validation_n;            /* held-out examples; 0: none: their indices and errors are not in the file */
    const int64_t *validation_index; /* (validation_n) as train_index */
} res_split;

/* The subset's digest as a person reads it; "-" where the file has no subset. */
static inline const char *res_split_digest(const res_split *split) { return split->K > 0 ? split->sha256 : "-"; }

typedef struct {
    int64_t planned; /* epochs that the configuration asks for; the run is finished at E == planned */
    int64_t E, K, P;
    double *lr;                     /* (E) learning rate of the epoch's last step */
    double *train_loss;             /* (E) mean over the epoch, as trained, nats */
    double *train_error;            /* (E) as trained */
    double *test_error;             /* (E) */
    double *test_top5_error;        /* (E) */
    double *test_calibration_error; /* (E) expected calibration error of the softmax of the scaled logits */
    double *train_class_error;      /* (E, K) */
    double *test_class_error;       /* (E, K) */
    bool has_validation;            /* examples are held out, and the next two are set */
    double *validation_error;       /* (E) */
    double *validation_class_error; /* (E, K) */
    const char *const *tensor_name; /* (P) every parameter, batch-norm statistic and optimiser buffer */
    uint64_t *tensor_digest;        /* (E, P) XXH3-64 of the bytes at the end of the epoch */
} res_epochs;

/* Margin of an example: its logit less the largest other one, before the scale s. */
typedef struct {
    int64_t E, K, Q;
    int64_t dense_K, groups;       /* K and 0, or for many classes 0 and 3: many, medium, few */
    double *quantile_level;        /* (Q) in [0, 1] */
    double *class_min;             /* (E, K) as trained; NAN for a class that was not drawn */
    double *class_quantile;        /* (E, dense_K, Q) */
    double *group_quantile;        /* (E, groups, Q) */
    int64_t n;                     /* of the final margins; 0 before the end */
    const float *margin;           /* (n) evaluation mode, no augmentation, subset order */
    const double *final_class_min; /* (K) the least final margin of each class, the class margin; NULL before the end */
    const int32_t *label;          /* (n) */
    const double *target;          /* (K) Delta_j; NULL for a loss without margins. Needs K even where E is 0 */
} res_margins;

/* The last-but-one layer in evaluation mode. */
typedef struct {
    int64_t epoch;             /* epochs finished at that time */
    int64_t D;                 /* 0: absent */
    const float *train;        /* (n, D) */
    const float *test;         /* (N, D) */
    const char *const *digest; /* (1) of the file that has them in place of the run file; NULL: none */
} res_features;

typedef struct {
    int64_t n, N;
    const int32_t *train_label; /* (n) */
    const int32_t *test_label;  /* (N) */
    res_features at_drop;       /* before the learning rate first falls (nn_schedule_first_drop) */
    res_features at_end;
} res_feature_sets;

/* The results of one epoch on the test set; NAN for a group without classes, and for values that an older tailbit did
 * not write. */
typedef struct {
    int64_t epoch; /* from 0 */
    double error, balanced_error, many_error, medium_error, few_error;
    double top5_error;
    double worst_class_error;
    int64_t worst_class; /* the first of the classes with that error; -1: not known */
    double geometric_mean_recall;
    double calibration_error;
} res_summary;

typedef struct {
    int64_t N; /* 0: the run is not at its end */
    int64_t K;
    int64_t dense_K;           /* K; 0 for many classes */
    const float *logits;       /* (N, dense_K) after the last epoch, before the scale s */
    const int32_t *label;      /* (N) */
    const int64_t *confusion;  /* (dense_K, dense_K) row: true class, column: predicted */
    const double *class_error; /* (K) */
    /* Many classes; T and pair_count are 0 otherwise. */
    int64_t T;
    const int32_t *top_label; /* (N, T) classes of the largest logits, the largest first, ties by number */
    const float *top_logit;   /* (N, T) */
    const float *own_logit;   /* (N) of the true class */
    const int32_t *rank;      /* (N) of the true class, from 0 */
    int64_t pair_count;
    const int64_t *pairs;   /* (pair_count, 3) true class, predicted class, examples; those that occur, sorted */
    res_summary last, best; /* best: the epoch with the lowest test error, so the test set chooses it */
} res_final;

/* A named array, for the state. */
typedef struct {
    const char *name;    /* "layer1.0.conv1.weight"; '/' makes a group */
    core_h5_shape shape; /* f32 for tensors in plain layout, f64 and integers for running sums */
    const void *data;
} res_array;

/* The state that resume needs. */
typedef struct {
    int64_t epoch;           /* the epoch to continue */
    int64_t step;            /* steps of that epoch already done */
    int64_t count;           /* 0: absent */
    const res_array *arrays; /* (count) in any order; loaded in the order of their names */
} res_state;

typedef struct {
    const char *creator; /* program and version */
    const char *digest;  /* hex, XXH3-128 of the content (docs/file-format.md); set by load, not read by save */
    res_config config;
    res_data data;
    res_env env;
    res_timing timing;
    res_split split;
    res_epochs epochs;
    res_margins margins;
    res_feature_sets features;
    res_final final;
    res_state state;
} res_run;

/* Parts of the file, for reading less than all. */
enum {
    RES_CONFIG = 1 << 0,
    RES_DATA = 1 << 1,
    RES_ENV = 1 << 2,
    RES_TIMING = 1 << 3,
    RES_SPLIT = 1 << 4,
    RES_EPOCHS = 1 << 5,
    RES_MARGINS = 1 << 6,
    RES_FEATURES = 1 << 7,
    RES_FINAL = 1 << 8,
    RES_STATE = 1 << 9,
    RES_ALL = (1 << 10) - 1
};

/* Writes the whole file atomically at `path`. Features are compressed in the file of a finished run only. CORE_MACHINE:
 * it cannot be written; CORE_BAD_USAGE: the existing file is no run file. On failure the existing file is untouched.
 * The bytes depend only on *run. */
core_status res_run_save(const res_run *run, const char *path) CORE_MUST_USE;

/* Checks, as core_h5_check, that it can be written there. Call it before the work. */
core_status res_run_check(const char *path) CORE_MUST_USE;

/* Reads the parts (RES_... or-ed) of a run file; the other parts of *out, and those that the file lacks, are 0.
 * CORE_BAD_FILE, naming the file and what was expected: missing, damaged, changed, foreign or of another schema. Each
 * part is checked by its checksum. Features, state and all parts of older files have none: the digest checks them,
 * except /env, /timing and creator of older files, which nothing checks. Memory belongs to the arena. */
core_status res_run_load(const char *path, int parts, core_arena *arena, res_run *out) CORE_MUST_USE;

/* Checks a run file by its digest; CORE_BAD_FILE as res_run_load. */
core_status res_run_verify(const char *path) CORE_MUST_USE;

/* CORE_BAD_FILE, naming `what` ("/final/label has"), unless labels (n) are in [0, K). */
core_status res_check_labels(const char *path, const char *what, const int32_t *labels, int64_t n,
                             int64_t K) CORE_MUST_USE;

/* Whether every planned epoch and the final results are there (needs RES_EPOCHS | RES_FINAL). */
bool res_run_finished(const res_run *run);

/* Whether the loss of an epoch or a logit at the end is NaN or infinite (needs RES_EPOCHS | RES_FINAL). Writes the
 * reason, "the loss of epoch 3 is no number (NaN)", to why (bytes). Such files are from an older tailbit, whose
 * training did not stop there; no reader may show their errors as a result. */
bool res_run_diverged(const res_run *run, char *why, size_t bytes);

/* Gives epochs, margins and timing new arrays from the arena, of capacity `rows` >= E epochs, and copies their E rows.
 * The caller then fills row E and raises E. K, P and Q must be set. On failure all arrays keep their E rows. */
core_status res_run_reserve(res_run *run, int64_t rows, core_arena *arena) CORE_MUST_USE;

/* The array called `name`, NULL if there is none. */
const res_array *res_state_find(const res_state *state, const char *name);

#endif

/* results/report/collection.h - the finished runs of a folder: what tables, figures and the report are made of.
 *
 * Each file is loaded once; what tables and figures take of it is copied to the collection's arena, and the rest is
 * freed. Files that are no finished run stand beside the runs with the reason.
 */
#ifndef RESULTS_REPORT_COLLECTION_H
#define RESULTS_REPORT_COLLECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"
#include "results/runs/folder.h"
#include "results/runs/metric.h"
#include "results/runs/probe_file.h"
#include "results/runs/run_file.h"

/* Epochs at which figures show margins as trained: a quarter, a half, three quarters of them, all. The lower quantile
 * of a class's margins that stands beside their minimum. */
enum { RES_MARGIN_STAGES = 4 };
#define RES_LOW_QUANTILE 0.05

/* A finished run. */
typedef struct {
    const char *path;   /* its name below the folder */
    const char *digest; /* of the run file */
    const char *method;
    const char *column; /* "cifar10/step/100", "imdb/remove/0.9", "imdb/none" */
    int64_t seed;
    const char *recipe;                 /* the whole configuration but the seed, and the data: equal for runs that may
                                         * be averaged */
    res_options config;                 /* the same as options, complete (recipes/configuration.h) */
    const char *values[XP_BIT_OPTIONS]; /* what recipes/axes.h filters; NULL: the run has no such option */
    const char *data_name, *data_sha256;
    bool verified;         /* the data, as an official or drawn data set */
    const char *deviation; /* what differs from the paper's recipe, in words; "": nothing */
    int64_t distance;      /* in how many options */
    res_options open;      /* what the paper leaves open, and the value here */
    res_scores last, best;
    double validation; /* res_validation_error of last, of the row of a table that tells of it; NAN */
    int64_t place; /* the cell of a table that its row belongs to, and there what the table prints: the same names */
    res_figures figures; /* in the same order for runs of one recipe */

    /* What only figures take: fractions; NAN or NULL: not known. */
    const char *setting; /* the recipe without the method's own options and those that change bits but no recipe */
    res_options common;  /* its options */
    int64_t K, E;
    const int64_t *class_counts;             /* (K) */
    const double *train_error, *test_error;  /* (E) */
    const double *train_class_error;         /* (K) in the last epoch, as trained */
    const double *test_class_error;          /* (K) after the last epoch */
    const double *probe_class_error;         /* (K) of the logistic probe on the features before the drop; NULL */
    const char *probe;                       /* how that was made: "frac 0.5, C 1, seed 0, 160 epochs"; NULL */
    int64_t stage[RES_MARGIN_STAGES];        /* epochs that were finished then */
    const double *stage_minimum, *stage_low; /* (RES_MARGIN_STAGES, K) as trained: least, low quantile */
    const double *final_minimum, *final_low; /* (K) evaluation mode, after the last epoch */
    const double *target;                    /* (K) Delta_j; NULL for a loss without margins */
} res_finished_run;

/* A file of the folder. */
typedef struct {
    const char *name;            /* below the folder */
    const char *path;            /* the folder, and behind it the name */
    const res_finished_run *run; /* NULL: it is none */
    const char *complaint;       /* a sentence about what is left out of it, with its path; NULL: nothing is */
} res_collected_file;

typedef struct {
    const char *folder;
    core_arena *arena;
    bool for_figures;
    int64_t gap_count;
    const res_folder_gap *gaps; /* (gap_count) parts of the folder that could not be looked into */
    int64_t file_count;
    res_collected_file *files; /* (file_count) in the order of their names */
    int64_t run_count;
    res_finished_run *runs; /* (run_count, room for file_count) in the same order */
} res_collection;

/* The parts of a run file that a finished run is made of. */
enum { RES_COLLECTED_PARTS = RES_CONFIG | RES_DATA | RES_SPLIT | RES_EPOCHS | RES_MARGINS | RES_FINAL };

/* Lists the run files below a folder (results/runs/folder.h), or for tables the one that `path` is; no run is loaded yet. Memory
 * belongs to the arena. CORE_BAD_FILE: the folder cannot be read. */
core_status res_collection_list(const char *path, bool for_figures, core_arena *arena,
                                res_collection *out) CORE_MUST_USE;

/* Adds the finished run that `file` holds (RES_COLLECTED_PARTS). CORE_BAD_FILE: its configuration or its parts are none
 * that this tailbit knows. */
core_status res_collection_add(res_collection *collection, res_collected_file *file, const res_run *run) CORE_MUST_USE;

/* Gives the run that was added last its probe for figure6. What another figure6 would need (features at the end, the
 * usual protocol, another number of classes) is not taken. */
core_status res_collection_add_probe(res_collection *collection, const res_probe *probe) CORE_MUST_USE;

/* Keeps the sentence of a CORE_BAD_FILE, which leaves out this file alone, as its complaint; hands on any other status. */
core_status res_collection_leave_out(res_collection *collection, res_collected_file *file,
                                     core_status status) CORE_MUST_USE;

/* Lists, loads and adds every finished run, for figures with the probe that lies beside it; the others have a
 * complaint. Errors as res_collection_list. */
core_status res_collection_load(const char *path, bool for_figures, core_arena *arena,
                                res_collection *out) CORE_MUST_USE;

/* Leaves the runs that pass `only`, a filter (recipes/axes.h); NULL: all. CORE_BAD_USAGE: it is wrong, or no run
 * passes it. */
core_status res_collection_filter(res_collection *collection, const char *only) CORE_MUST_USE;

/* Writes a line for each gap and each complaint. */
void res_collection_complain(const res_collection *collection, FILE *stream);

/* Loads the probe beside a run file, of the features at the end or those at the drop, by the usual protocol or the
 * paper's; *probe_path: where it lies, NULL: there is none. CORE_BAD_FILE: it is damaged, or of other bits. */
core_status res_load_probe_beside(const char *path, const res_run *run, bool at_end, bool usual, core_arena *arena,
                                  const char **probe_path, res_probe *out) CORE_MUST_USE;

#endif

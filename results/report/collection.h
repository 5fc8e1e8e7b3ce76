/* results/report/collection.h - the finished runs of a folder, from which tables, figures and the report are made.
 *
 * Each file is loaded once; what tables and figures need of it is copied to the collection's arena, and the rest is
 * freed. A file that is no finished run stays in the list of files, with the reason.
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

/* Figures show margins as trained after a quarter, a half, three quarters and all of the epochs: the minimum of a class
 * and a lower quantile. */
enum { RES_MARGIN_STAGES = 4 };
#define RES_LOW_QUANTILE 0.05

/* A finished run. */
typedef struct {
    const char *path;   /* its name below the folder */
    const char *digest; /* of the run file */
    const char *method;
    const char *column; /* "cifar10/step/100", "imdb/remove/0.9", "imdb/none" */
    int64_t seed;
    int64_t E;                          /* epochs */
    const char *recipe;                 /* the whole configuration without the seed, and the data; equal for runs that
                                         * may be averaged */
    res_options config;                 /* the same as options, complete (recipes/configuration.h) */
    const char *values[XP_BIT_OPTIONS]; /* the values that recipes/axes.h filters; NULL: the run has no such option */
    const char *data_name, *data_sha256;
    const char *const *class_order; /* (1) and (2), as in res_data (results/runs/run_file.h) */
    const int64_t *plane;
    const char *const *class_name; /* (K); NULL: unknown */
    bool verified;                 /* the data are a verified official data set, or a drawn one */
    const char *deviation;         /* what differs from the paper's recipe, in words; "": nothing */
    int64_t distance;              /* the number of options that differ */
    bool comparable;               /* with the paper's numbers: recipes/deviation.h */
    res_options open;              /* options that the paper leaves open, with the run's values */
    res_scores last, best;
    double validation;   /* res_validation_error of last; in a table only one row of a run has it; NAN: none */
    int64_t place;       /* the cell of a table to which its row belongs */
    res_figures figures; /* what the table prints in the cell; runs of one recipe have the same names in one order */
    const char *setting; /* the recipe without the method's own options and those that change bits but no recipe */
    res_options common;  /* its options */
    const char *setting_of_any_test; /* the setting without the known test set */

    /* Only for figures. Errors are fractions; NAN or NULL: not known. */
    int64_t K;
    const int64_t *class_counts;             /* (K) */
    const double *train_error, *test_error;  /* (E) */
    const double *train_class_error;         /* (K) in the last epoch, as trained */
    const double *test_class_error;          /* (K) after the last epoch */
    const double *probe_class_error;         /* (K) of the logistic probe on the features before the drop; NULL */
    const char *probe;                       /* the probe's protocol: "frac 0.5, C 1, seed 0, 160 epochs"; NULL */
    int64_t stages;                          /* at most RES_MARGIN_STAGES; fewer of fewer epochs */
    int64_t stage[RES_MARGIN_STAGES];        /* (stages) number of finished epochs */
    const double *stage_minimum, *stage_low; /* (stages, K) as trained: least, low quantile */
    const double *final_minimum, *final_low; /* (K) evaluation mode, after the last epoch */
    const double *target;                    /* (K) Delta_j; NULL for a loss without margins */
} res_finished_run;

/* A file of the folder. */
typedef struct {
    const char *name;            /* below the folder */
    const char *path;            /* FOLDER/NAME */
    const res_finished_run *run; /* NULL: the file is no finished run */
    const char *complaint;       /* why it, or a part of it, is left out: a sentence with its path; NULL: nothing is */
} res_collected_file;

typedef struct {
    const char *folder; /* NULL: several, and names are paths */
    core_arena *arena;
    bool for_figures;
    core_names folders; /* as in res_folder; none where `folder` was given as a run file, or of several */
    int64_t gap_count;
    const res_folder_gap *gaps; /* (gap_count) paths below the folder that could not be read */
    int64_t file_count;
    res_collected_file *files; /* (file_count) in the order of their names */
    int64_t unfinished_count;  /* files that are runs, and not finished */
    int64_t run_count;
    res_finished_run *runs; /* (run_count, room for file_count) in the same order */
} res_collection;

/* The parts of a run file that res_collection_add reads. */
enum { RES_COLLECTED_PARTS = RES_CONFIG | RES_DATA | RES_SPLIT | RES_EPOCHS | RES_MARGINS | RES_FINAL | RES_ENV };

/* Lists the run files below a folder (results/runs/folder.h), or, for tables, the one run file `path`. Loads no run
 * yet. Memory belongs to the arena. CORE_BAD_FILE: the folder cannot be read. */
core_status res_collection_list(const char *path, bool for_figures, core_arena *arena,
                                res_collection *out) CORE_MUST_USE;

/* Adds the finished run that `file` holds (RES_COLLECTED_PARTS). CORE_BAD_FILE: this tailbit does not know its
 * configuration or its parts. */
core_status res_collection_add(res_collection *collection, res_collected_file *file, const res_run *run) CORE_MUST_USE;

/* Adds a probe for figure6 to the run that was added last. Ignores a probe that figure6 does not show: of the features
 * at the end, by the usual protocol, or with another number of classes. */
core_status res_collection_add_probe(res_collection *collection, const res_probe *probe) CORE_MUST_USE;

/* Turns the failure CORE_BAD_FILE into the file's complaint: only this file is left out. Returns any other status. */
core_status res_collection_leave_out(res_collection *collection, res_collected_file *file,
                                     core_status status) CORE_MUST_USE;

/* Lists, loads and adds every finished run, for figures with the probe in its folder; the other files get a complaint.
 * Errors as res_collection_list. */
core_status res_collection_load(const char *path, bool for_figures, core_arena *arena,
                                res_collection *out) CORE_MUST_USE;

/* The same for tables, of several folders and run files: a file that several of them lead to is there once, under the
 * first of its paths in their order. Names are paths then, but for one folder. The order of the paths does not matter. */
core_status res_collection_load_several(const char *const *paths, int count, core_arena *arena,
                                        res_collection *out) CORE_MUST_USE;

/* Keeps only the runs that pass the filter `only` (recipes/axes.h); NULL: all. CORE_BAD_USAGE: the filter is wrong, or
 * no run passes it. */
core_status res_collection_filter(res_collection *collection, const char *only) CORE_MUST_USE;

/* CORE_BAD_FILE, with `where`, if the collection holds no finished run but unfinished ones, whose complaints have the
 * commands that go on with them. */
core_status res_collection_check_finished(const res_collection *collection, const char *where) CORE_MUST_USE;

/* Writes a line for each gap and each complaint. */
void res_collection_complain(const res_collection *collection, FILE *stream);

/* Loads the probe beside a run file, of the features at the end or those at the drop, by the usual protocol or the
 * paper's; *probe_path: its path, NULL: there is none. CORE_BAD_FILE: it is damaged, or of a run with other bits. */
core_status res_load_probe_beside(const char *path, const res_run *run, bool at_end, bool usual, core_arena *arena,
                                  const char **probe_path, res_probe *out) CORE_MUST_USE;

#endif

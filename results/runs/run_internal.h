/* results/runs/run_internal.h - what the rooms that write and read the parts of a run file share. Internal to results/. */
#ifndef RESULTS_RUNS_RUN_INTERNAL_H
#define RESULTS_RUNS_RUN_INTERNAL_H

#include <stdio.h>

#include "results/runs/run_file.h"

/* One dataset to write: what it is and where its numbers are. */
typedef struct {
    const char *path, *long_name, *units;
    core_h5_shape shape;
    const void *data;
    const char *scales[2];
} res_column;

#define RES_EPOCH_SCALE "epochs/epoch"
#define RES_CLASS_SCALE "split/class"

core_status res_write_columns(core_h5 *file, const res_column *columns, size_t count, bool gzip) CORE_MUST_USE;
#define RES_WRITE_COLUMNS(file, columns, gzip)                                                                         \
    res_write_columns(file, columns, sizeof(columns) / sizeof *(columns), gzip)

/* 0, 1, 2, ... as the dimension scale at `path`. */
core_status res_write_scale(core_h5 *file, const char *path, const char *long_name, int64_t count) CORE_MUST_USE;

/* The groups config and data, which a probe file has too. */
core_status res_write_config(core_h5 *file, const res_config *config) CORE_MUST_USE;
core_status res_write_data(core_h5 *file, const res_data *data) CORE_MUST_USE;
core_status res_load_config(core_h5 *file, core_arena *arena, res_config *out) CORE_MUST_USE;
core_status res_load_data(core_h5 *file, core_arena *arena, res_data *out) CORE_MUST_USE;

/* The parts of run_save_results.c; what is absent in *run is left out. class_scale: NULL where there is none. */
core_status res_write_margins(core_h5 *file, const res_margins *m, const char *class_scale) CORE_MUST_USE;
core_status res_write_features(core_h5 *file, const res_feature_sets *f, bool gzip) CORE_MUST_USE;
core_status res_write_final(core_h5 *file, const res_final *f, const char *class_scale) CORE_MUST_USE;

/* One dataset that must be there, and the pointer that its elements are handed out by. */
typedef struct {
    const char *path;
    core_h5_shape shape;
    void *out;
} res_wanted;

core_status res_load_all(core_h5 *file, core_arena *arena, const res_wanted *list, size_t count) CORE_MUST_USE;
#define RES_LOAD(file, arena, list) res_load_all(file, arena, list, sizeof(list) / sizeof *(list))

/* res_load_all for one dataset of doubles that an older tailbit did not write: NaN where it is absent. */
core_status res_load_or_nan(core_h5 *file, core_arena *arena, const char *path, int64_t count,
                            double **out) CORE_MUST_USE;

core_status res_is_there(core_h5 *file, const char *path, bool *out) CORE_MUST_USE;

/* The length of dimension d of the dataset at `path`, of which `rank` dimensions are expected. */
core_status res_get_dim(core_h5 *file, const char *path, int rank, int d, int64_t *out) CORE_MUST_USE;

/* CORE_BAD_FILE unless the parts of a loaded run fit each other and every label and count is one. */
core_status res_check_run(const char *path, const res_run *run, int parts) CORE_MUST_USE;

/* CORE_BAD_FILE, naming `what` ("/final/label has"), unless labels (n) are in [0, K), errors (n) in [0, 1] or NaN. */
core_status res_check_labels(const char *path, const char *what, const int32_t *labels, int64_t n,
                             int64_t K) CORE_MUST_USE;
core_status res_check_errors(const char *path, const char *what, const double *errors, int64_t n) CORE_MUST_USE;

/* res_run_load without a look at checksums and digest, for compare, which compares contents whatever they are. */
core_status res_run_load_as_it_is(const char *path, int parts, core_arena *arena, res_run *out) CORE_MUST_USE;

/* Stores the lines that `write` makes of a file that is otherwise whole. */
core_status res_write_checks(core_h5 *file,
                             core_status (*write)(core_h5 *file, core_arena *arena, FILE *lines)) CORE_MUST_USE;

/* Writes the checksums of a file that is whole but for them (results/runs/check.h): those of res_run_load's parts, and that
 * of results/runs/glance.h. */
core_status res_run_write_checks(core_h5 *file, core_arena *arena, FILE *lines) CORE_MUST_USE;
core_status res_glance_write_check(core_h5 *file, core_arena *arena, FILE *lines) CORE_MUST_USE;

/* The parts of run_load_results.c. */
core_status res_load_margins(core_h5 *file, core_arena *arena, res_run *run) CORE_MUST_USE;
core_status res_load_features(core_h5 *file, core_arena *arena, res_run *run) CORE_MUST_USE;
core_status res_load_final(core_h5 *file, core_arena *arena, res_run *run) CORE_MUST_USE;

#endif

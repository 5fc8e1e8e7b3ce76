/* results/runs/run_internal.h - what the rooms that write and read the parts of a run file share. Internal to results/runs. */
#ifndef RESULTS_RUNS_RUN_INTERNAL_H
#define RESULTS_RUNS_RUN_INTERNAL_H

#include <stdio.h>

#include "results/runs/run_file.h"
#include "results/runs/schema.h"

/* The schemas of run file and probe file, NULL-terminated: a test checks that the docs have every array. */
extern const res_schema *const res_run_schemas[];
extern const res_schema *const res_probe_schemas[];
extern const res_schema res_epochs_schema, res_data_schema, res_features_schema;

/* The group config, which a probe file has too. */
core_status res_write_config(core_h5 *file, const res_config *config) CORE_MUST_USE;
core_status res_load_config(core_h5 *file, core_arena *arena, res_config *out) CORE_MUST_USE;

/* CORE_BAD_FILE unless the parts of a loaded run fit together and every label and count is in its range. */
core_status res_check_run(const char *path, const res_run *run, int parts) CORE_MUST_USE;

/* CORE_BAD_FILE, naming `what` ("/final/class_error has"), unless errors (n) are in [0, 1] or NaN. */
core_status res_check_errors(const char *path, const char *what, const double *errors, int64_t n) CORE_MUST_USE;

/* res_run_load without the check of checksums and digest: compare also compares changed files. */
core_status res_run_load_as_it_is(const char *path, int parts, core_arena *arena, res_run *out) CORE_MUST_USE;

/* Stores the checksum lines that `write` makes; the file is otherwise complete. */
core_status res_write_checks(core_h5 *file,
                             core_status (*write)(core_h5 *file, core_arena *arena, FILE *lines)) CORE_MUST_USE;

/* Writes the checksum line of the part that results/runs/glance.h reads; the file is otherwise complete. */
core_status res_glance_write_check(core_h5 *file, core_arena *arena, FILE *lines) CORE_MUST_USE;

#endif

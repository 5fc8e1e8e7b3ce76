/* results/report/table_runs.h - the finished runs of a folder, as a table takes them. */
#ifndef RESULTS_REPORT_TABLE_RUNS_H
#define RESULTS_REPORT_TABLE_RUNS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"
#include "recipes/paper.h"
#include "results/report/table.h"

typedef struct {
    const res_paper_table *paper; /* whose recipe a run is compared with; NULL: no table's, but the same recipe */
    const char *metrics;          /* results/runs/metric.h */
    bool best;
    const xp_options *test; /* --test-order and so on: the test set that top1 is counted for; NULL: as it is */
    FILE *complaints;       /* gets a line for each file that is left out */
} xp_table_query;

typedef struct {
    res_table_run run;        /* its place is still to be set */
    const char *column, *row; /* with a table whose columns are figures: what stands before the '/' of its columns */
    double validation;        /* res_validation_error after the last epoch; NAN: no hold-out */
    const char *values[XP_BIT_OPTIONS]; /* what recipes/axes.h filters; NULL: the run has no such option */
    const char *data_sha256;            /* of the data, which `column` begins with the name of */
    bool verified;                      /* the data, as an official or drawn data set */
} xp_table_run;

/* The metrics that the query's table is made of: its paper's, where those are its columns. */
const char *xp_table_metrics(const xp_table_query *query);

/* Writes the name of column `c` of the query's table for that run. */
enum { XP_COLUMN_BYTES = 4096 };
void xp_table_column(const xp_table_query *query, const char *run_column, int64_t c, char text[XP_COLUMN_BYTES]);

/* The parts of a run file that xp_table_run_of needs. */
enum { XP_TABLE_PARTS = RES_CONFIG | RES_DATA | RES_SPLIT | RES_EPOCHS | RES_MARGINS | RES_FINAL };

/* A finished run as a table takes it, with copies of all that it says; `path` is its name there. CORE_BAD_FILE: its
 * configuration or its parts are none that this tailbit knows. */
core_status xp_table_run_of(const res_run *run, const char *path, const xp_table_query *query, core_arena *arena,
                            xp_table_run *out) CORE_MUST_USE;

/* The same for a table whose columns come in class orders of a known test set: one for every order, of a run that was
 * trained for one of them that one alone, of a run without imbalance or for another test set none. */
enum { XP_TABLE_ROWS = 2 };
core_status xp_table_rows_of(const res_run *run, const char *path, const xp_table_query *query, core_arena *arena,
                             xp_table_run rows[XP_TABLE_ROWS], int64_t *count) CORE_MUST_USE;

/* Loads every finished run below the folder `path` (results/runs/folder.h), in the order of their names, or the run at
 * `path`. What is foreign, damaged, unfinished or of another tailbit is named in `complaints`, and the rest goes on.
 * Memory belongs to the arena. CORE_BAD_FILE: the folder cannot be read. CORE_BAD_USAGE: metrics that are none. */
core_status xp_table_runs_load(const char *path, const xp_table_query *query, core_arena *arena, xp_table_run **out,
                               int64_t *count) CORE_MUST_USE;

#endif

/* results/report/table_rows.h - what a table takes of the finished runs of a folder: a row is a run in one column. */
#ifndef RESULTS_REPORT_TABLE_ROWS_H
#define RESULTS_REPORT_TABLE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"
#include "recipes/paper.h"
#include "results/report/collection.h"

typedef struct {
    const res_paper_table *paper; /* whose recipe a run is compared with; NULL: no table's, but the same recipe */
    const char *metrics;          /* results/runs/metric.h */
    bool best;
    const xp_options *test; /* --test-order and so on: the test set that top1 is counted for; NULL: as it is */
} res_table_query;

/* The metrics that the query's table is made of: its paper's, where those are its columns. */
const char *res_table_metrics(const res_table_query *query);

/* Writes the name of column `c` of the query's table for a run of that column into the arena; with a table whose columns
 * are figures that is what stands before their '/'. CORE_MACHINE: memory. */
core_status res_table_column(const res_table_query *query, const char *run_column, int64_t c, core_arena *arena,
                             const char **out) CORE_MUST_USE;

/* Finished runs with the column, the deviation and the figures that they have in the query's table. */
typedef struct {
    int64_t count;
    res_finished_run *items; /* (count) */
} res_table_rows;

/* Makes the rows of all runs of a folder, in the order of their names. In a table whose columns come in class orders of
 * a known test set a run has a row for each; one that was trained for one of them has that alone. A run that has none
 * has a complaint then (res_collection_complain). Memory belongs to the arena. CORE_BAD_USAGE: metrics that are none. */
core_status res_table_rows_of(const res_table_query *query, res_collection *runs, core_arena *arena,
                              res_table_rows *out) CORE_MUST_USE;

#endif

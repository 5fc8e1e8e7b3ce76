/* results/report/table_rows.h - the rows of a table, from the runs of a folder: a row is a run in one column. */
#ifndef RESULTS_REPORT_TABLE_ROWS_H
#define RESULTS_REPORT_TABLE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"
#include "recipes/paper.h"
#include "results/report/collection.h"
#include "results/report/table_pair.h"

typedef struct {
    const res_paper_table *paper; /* whose recipe a run is compared with; NULL: no table, but the same recipe */
    const char *metrics;          /* results/runs/metric.h */
    bool best;
    double interval;               /* as in res_table */
    const res_table_pair *pair;    /* NULL: no row of differences */
    const res_shot_bounds *bounds; /* of many, medium and few (results/runs/metric.h) */
    const xp_options *test;        /* --test-order and so on: the test set for which top1 is counted; NULL: as it is */
} res_table_query;

/* The metrics of the query's table: those of its paper table where they are its columns, else the query's. */
const char *res_table_metrics(const res_table_query *query);

/* Writes the name of column `c` of the query's table for a run of that column into the arena; where the table's columns
 * are figures, run_column is the part before the '/'. CORE_MACHINE: memory. */
core_status res_table_column(const res_table_query *query, const char *run_column, int64_t c, core_arena *arena,
                             const char **out) CORE_MUST_USE;

/* Finished runs with the column, the deviation and the figures that they have in the query's table. */
typedef struct {
    int64_t count;
    res_finished_run *items; /* (count) */
} res_table_rows;

/* Makes the rows of all runs of the collection, in the order of their names. Where the table has columns for class orders of
 * a known test set, a run has a row for each order; a run that was trained for one order has only that row. A run
 * without a row gets a complaint (res_collection_complain). Memory belongs to the arena. CORE_BAD_USAGE: unknown
 * metrics. */
core_status res_table_rows_of(const res_table_query *query, res_collection *runs, core_arena *arena,
                              res_table_rows *out) CORE_MUST_USE;

#endif

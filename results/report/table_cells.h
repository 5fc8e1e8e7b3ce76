/* results/report/table_cells.h - the cells of a table, and the runs of each. */
#ifndef RESULTS_REPORT_TABLE_CELLS_H
#define RESULTS_REPORT_TABLE_CELLS_H

#include "core/memory.h"
#include "core/status.h"
#include "results/report/table.h"
#include "results/report/table_rows.h"

/* Makes a table with its remarks. Its cells are those of the query's paper table, with or without runs, and further
 * cells of the runs; paper NULL: only cells of the runs. only: a filter (recipes/axes.h); NULL: everything. Memory
 * belongs to the arena, texts of the runs are borrowed. CORE_BAD_USAGE: the filter is wrong or nothing passes it. */
core_status res_table_of_rows(const res_table_query *query, const char *only, const res_table_rows *rows,
                              core_arena *arena, res_table *out) CORE_MUST_USE;

#endif

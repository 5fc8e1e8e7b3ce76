/* results/report/table_cells.h - which cells a table has, and which of them a run belongs to. */
#ifndef RESULTS_REPORT_TABLE_CELLS_H
#define RESULTS_REPORT_TABLE_CELLS_H

#include "core/memory.h"
#include "core/status.h"
#include "results/report/table.h"
#include "results/report/table_rows.h"

/* Makes the table of the query's paper table with or without runs, and of what only runs have (paper NULL: of the runs
 * alone), with what is to be said under it. only: a filter (recipes/axes.h); NULL: everything. Memory belongs to
 * the arena, texts of the runs are borrowed. CORE_BAD_USAGE: the filter is wrong or lets nothing through. */
core_status res_table_of_rows(const res_table_query *query, const char *only, const res_table_rows *rows,
                              core_arena *arena, res_table *out) CORE_MUST_USE;

#endif

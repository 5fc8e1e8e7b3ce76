/* results/report/table_pair.h - the paired difference of two methods: seed by seed, in every column of a table.
 *
 * Maths    d_s = (figure of the first method - figure of the second), both trained with seed s; over the n seeds that
 *          both have: mean, std and confidence interval of d as of any cell (results/report/table.h).
 * Pairs    Both runs of a pair have the same data and the same options but for those of a method (its loss, weights,
 *          switch) and those that are no part of a recipe; the same --split-seed therefore. Else there is no
 *          difference, and a remark says why.
 */
#ifndef RESULTS_REPORT_TABLE_PAIR_H
#define RESULTS_REPORT_TABLE_PAIR_H

#include "core/memory.h"
#include "core/status.h"
#include "results/report/table.h"

typedef struct {
    const char *first, *second; /* names of methods */
} res_table_pair;

/* Reads "LDAM-DRW,ERM". CORE_BAD_USAGE: not two names, or no methods (with the nearest one). */
core_status res_table_pair_parse(const char *text, core_arena *arena, res_table_pair *out) CORE_MUST_USE;

/* Adds the row "LDAM-DRW minus ERM" to every column of a filled table that has a run of one of the two, with a remark
 * where a difference, or a part of its seeds, is missing. Memory belongs to the arena. CORE_BAD_USAGE: no column has a
 * run of one of the two. */
core_status res_table_add_pair(res_table *table, const res_table_pair *pair, core_arena *arena) CORE_MUST_USE;

#endif

/* results/report/table_tuning.h - the options that were tried on held-out training examples, and their errors.
 *
 * Maths    error of a run with --validation-frac: the mean of its class errors on the hold-out after the last epoch,
 *          over the classes with held-out examples. Error of a configuration: the mean over its seeds.
 */
#ifndef RESULTS_REPORT_TABLE_TUNING_H
#define RESULTS_REPORT_TABLE_TUNING_H

#include "core/memory.h"
#include "core/status.h"
#include "results/report/table_rows.h"

/* Writes a sentence for every cell that has runs with a hold-out of more than one configuration: the options that
 * differ, the error of each, and the least. texts has capacity for `count` sentences; *texts_count is their number.
 * Memory belongs to the arena. */
core_status res_table_tuning(const res_finished_run *runs, int64_t count, core_arena *arena, const char **texts,
                             int64_t *texts_count) CORE_MUST_USE;

#endif

/* results/report/table_tuning.h - which options were tried on held-out training examples, and how they did.
 *
 * Maths    of a run with --validation-frac: the mean of the class errors on its hold-out after the last epoch, classes
 *          without held-out examples left out; over the seeds of one configuration their mean.
 */
#ifndef RESULTS_REPORT_TABLE_TUNING_H
#define RESULTS_REPORT_TABLE_TUNING_H

#include "core/memory.h"
#include "core/status.h"
#include "results/report/table_rows.h"

/* A sentence for every cell that has runs with a hold-out of more than one configuration: what differs among them, the
 * error of each, and the least. Writes texts (at most `count`, which the caller has room for) and returns how many in
 * *texts_count. Memory belongs to the arena. */
core_status res_table_tuning(const res_finished_run *runs, int64_t count, core_arena *arena, const char **texts,
                             int64_t *texts_count) CORE_MUST_USE;

#endif

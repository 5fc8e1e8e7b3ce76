/* results/report/report.h - the report of a folder: its runs, and every table and figure that they allow. */
#ifndef RESULTS_REPORT_REPORT_H
#define RESULTS_REPORT_REPORT_H

#include <stdint.h>

#include "core/status.h"
#include "results/runs/metric.h"

/* Writes the report (results/report/page.h) of the run files below `folder` atomically at `path`, with those bounds of many,
 * medium and few (NULL: as in results/runs/metric.h), without the parts `without` (results/report/page.h; NULL: all are
 * there); *shown: the number of runs in it, with unfinished ones. It lists files that are no run files of this tailbit. CORE_BAD_FILE: the folder
 * cannot be read. CORE_MACHINE: memory, or the file cannot be written. */
core_status res_report_of_folder(const char *folder, const res_shot_bounds *bounds, const char *without,
                                 const char *path, int64_t *shown) CORE_MUST_USE;

#endif

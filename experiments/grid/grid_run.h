/* experiments/grid/grid_run.h - runs the cells of a plan as child processes of this program, several at once.
 *
 * CPUs     Cells that start at once share the CPUs of the grid. A cell that starts later takes its share of the idle
 *          CPUs, or all of them if no other cell can start; running cells keep their CPUs. With more than one job a
 *          cell is bound to its CPUs. No bit depends on this.
 * Locks    A cell belongs to the process that holds the lock of its run file. The kernel frees the lock when the
 *          process ends, so that two grid commands on one folder share the work. A cell that another process holds is
 *          looked at again until it is free or done. The grid takes the lock before it starts a child and hands it on,
 *          so that a cell never has two children and its log never two writers. A part of a grid (experiments/grid/part.h)
 *          also works where the file system has no locks.
 * Signals  Those that ask to stop (core/signals.h) are passed to the running cells, which write check-points; a cell
 *          whose grid command dies gets SIGTERM.
 */
#ifndef EXPERIMENTS_GRID_GRID_RUN_H
#define EXPERIMENTS_GRID_GRID_RUN_H

#include <stdio.h>

#include "core/status.h"
#include "experiments/grid/plan.h"

typedef struct {
    const xp_options *options; /* of XP_VERB_GRID: save-every and data-dir go to the cells */
    int threads;               /* CPUs of all cells together */
    int jobs;                  /* cells at once, at most `threads` */
    FILE *lines;               /* one at the start and the end of a cell */
} xp_grid_work;

/* Writes the configuration of every cell that is to run, runs these cells, and returns when all are done or failed.
 * CORE_DIFFERS, with a sentence that counts them: cells failed, have another configuration, or are unreadable.
 * CORE_STOPPED: a signal came. CORE_MACHINE: the folder cannot be written, a process cannot be started, or every failed
 * cell failed with CORE_MACHINE. */
core_status xp_grid_run(xp_plan *plan, const xp_grid_work *work) CORE_MUST_USE;

#endif

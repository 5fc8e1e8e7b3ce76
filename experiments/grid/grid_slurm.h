/* experiments/grid/grid_slurm.h - a job script of Slurm for a grid: an array of tasks that share its cells.
 *
 * Tasks    Each runs the grid command. They share the folder by locks; a plan that is a part gives each task a part instead.
 * Limit    Slurm sends SIGUSR1 before the time limit to the script, which hands it on: the grid writes check-points and ends
 *          with CORE_STOPPED, and the task is put into the queue again.
 */
#ifndef EXPERIMENTS_GRID_GRID_SLURM_H
#define EXPERIMENTS_GRID_GRID_SLURM_H

#include <stdio.h>

#include "core/status.h"
#include "experiments/grid/plan.h"

/* Prints the script for `plan` of the grid command with these options; `threads`: CPUs of a task. CORE_BAD_USAGE: the plan is
 * a part other than 1/N. CORE_MACHINE: this folder or the program has no path. */
core_status xp_grid_slurm(const xp_plan *plan, const xp_options *options, int threads, FILE *stream) CORE_MUST_USE;

#endif

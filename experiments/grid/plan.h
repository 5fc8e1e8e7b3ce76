/* experiments/grid/plan.h - the cells of a grid that a command works on, their states, and why each would run. */
#ifndef EXPERIMENTS_GRID_PLAN_H
#define EXPERIMENTS_GRID_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"
#include "experiments/grid/grid.h"
#include "experiments/grid/part.h"
#include "recipes/cell_files.h"
#include "recipes/identity.h"

typedef struct {
    const xp_cell *cell;
    xp_cell_look look;
    const char *
        changed; /* what differs from the run file's configuration and data, "epochs 200 there, 4 here"; NULL: nothing */
    const char *unknown_data; /* why the data of a cell with a run file could not be compared; NULL: they were */
} xp_planned;

typedef struct {
    const char *folder;
    xp_part part;      /* --part */
    int64_t passed;    /* cells that pass --only */
    int64_t count;     /* those of the part */
    xp_planned *cells; /* (count) in the grid's order */
    core_arena arena;
    xp_identities *identities; /* of the cells' data and word vectors */
} xp_plan;

/* Chooses the cells that pass --only of `options` (none: all) and are in its --part (none: all), and looks at their files in `folder`, which need not
 * exist; data lie in the --data-dir of `options`. Only after nn_start, because the instruction set is part of a
 * configuration. Borrows from grid, options and folder; xp_plan_free. CORE_BAD_USAGE: the filter or
 * the part is wrong, no cell passes the filter, or there are more parts than cells. */
core_status xp_plan_make(const xp_grid *grid, const xp_options *options, const char *folder,
                         xp_plan *out) CORE_MUST_USE;
void xp_plan_free(xp_plan *plan);

/* Looks at one cell again; what it finds lives in the arena. In a part, whose cells no other command has, a cell whose lock is
 * unknown is unfinished or waiting. */
core_status xp_plan_look(const xp_plan *plan, int64_t index, core_arena *arena) CORE_MUST_USE;

/* If there are cells whose data could not be compared with those of their run files, prints a line about them. */
void xp_plan_tell_unknown_data(const xp_plan *plan, FILE *lines);

/* If it is a part, prints a line that says which, and how many cells it has. */
void xp_plan_tell_part(const xp_plan *plan, FILE *lines);

/* If there are changed cells, prints a line about them and about what trains beside them. */
void xp_plan_tell_changed(const xp_plan *plan, FILE *lines);

/* Whether training it would do something: neither done, nor of another configuration, nor held, nor unreadable. */
bool xp_plan_runs(const xp_planned *planned);

/* "waiting", ..., "changed", and the reason in words. */
const char *xp_plan_state(const xp_planned *planned);
const char *xp_plan_why(const xp_planned *planned, char *text, size_t bytes);

#endif

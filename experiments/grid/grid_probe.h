/* experiments/grid/grid_probe.h - the probes of a grid whose file asks for them (`probe: at-drop`). */
#ifndef EXPERIMENTS_GRID_GRID_PROBE_H
#define EXPERIMENTS_GRID_GRID_PROBE_H

#include <stdio.h>

#include "core/status.h"
#include "experiments/grid/plan.h"

typedef struct {
    const char *features; /* "at-drop" or "at-end" */
    int threads;
    FILE *lines; /* one a probe; NULL: none */
} xp_grid_probing;

/* Probes every done cell of the plan with the defaults of `tailbit probe`; the probe file lies next to the run file. A
 * cell is skipped if it has such a probe of that very run. CORE_DIFFERS: a cell could not be probed (named in `lines`).
 * CORE_STOPPED: a signal came. CORE_MACHINE: a file cannot be written. */
core_status xp_grid_probe(xp_plan *plan, const xp_grid_probing *probing) CORE_MUST_USE;

/* How many cells of the plan have such a probe. */
core_status xp_grid_count_probes(const xp_plan *plan, const char *features, int64_t *out) CORE_MUST_USE;

#endif

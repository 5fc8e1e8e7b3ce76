/* experiments/grid/part.h - part I of N of a grid's cells, so that several commands share a folder without locks.
 *
 * Rule     The cells that --only leaves are dealt in the grid's order: part I has those at the places I, I + N, I + 2 N ...,
 *          counted from 1, whatever their states are. So N commands with the same grid, --only and N have each cell once.
 * Mark     The file STEM.yaml of a cell begins with "# part I/N", which `tailbit status` shows.
 */
#ifndef EXPERIMENTS_GRID_PART_H
#define EXPERIMENTS_GRID_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

typedef struct {
    int64_t number, count; /* I and N, from 1; both 0: not a part, everything */
} xp_part;

/* Reads "I/N"; NULL is everything. CORE_BAD_USAGE: not two whole numbers with 1 <= I <= N. */
core_status xp_part_parse(const char *text, xp_part *out) CORE_MUST_USE;

/* Whether the part has the cell at `place`, counted from 0. */
bool xp_part_has(xp_part part, int64_t place);

/* "2/4"; "" for everything. */
enum { XP_PART_BYTES = 48 };
const char *xp_part_text(xp_part part, char text[XP_PART_BYTES]);

/* The text of STEM.yaml, with the mark where it is a part. Lives in the arena, or is `yaml`. */
core_status xp_part_mark(xp_part part, const char *yaml, core_arena *arena, const char **out) CORE_MUST_USE;

#endif

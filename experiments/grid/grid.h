/* experiments/grid/grid.h - a table's cells, declared in one YAML file: axes, the recipe once, and what is left out.
 *
 * File     title: TEXT                  for people
 *          axes:                        options of train that change bits, and their values; the first changes slowest
 *            seed: [0, 1, 2]
 *            method: [ERM, LDAM-DRW]
 *          except: FILTER               cells that the table does not have (recipes/filter.h)
 *          probe: at-drop               `tailbit probe` with these --features, for every cell that is trained
 *          epochs: 200                  any other option of train: the same for every cell
 * Names    those of experiments/grid/tables/ are in the program; anything else is the path of such a file.
 * Flags    An option that was given on the command line wins over the file; on an axis it is then the only value.
 *          --seeds gives the values of the axis seed.
 */
#ifndef EXPERIMENTS_GRID_GRID_H
#define EXPERIMENTS_GRID_GRID_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"

typedef struct {
    const char *stem;   /* "cifar10-long-tailed-100-ERM-seed0"; its files are STEM.h5, STEM.yaml and so on */
    xp_options options; /* as `train --config STEM.yaml` has them: text (XP_BIT_OPTIONS) are the cell's axis values */
} xp_cell;

typedef struct {
    const char *name;  /* "table2", or the file's name without ".yaml" */
    const char *title; /* "" if none */
    const char *probe; /* "at-drop" or "at-end"; NULL: nothing is probed */
    int64_t axis_count;
    const xp_option_id *axes; /* (axis_count) in the order of the file */
    int64_t count;
    xp_cell *cells;   /* (count) in order, exceptions left out, no two with one stem or of one run */
    int64_t twins;    /* cells that were left out: the runs of others, on which a value of an axis has no effect */
    core_arena arena; /* private */
} xp_grid;

/* Loads `name_or_path` with the flags of `options` (of XP_VERB_GRID, or any with only defaults). Every cell's options
 * are resolved once (recipes/recipe.h), so that a wrong option is found before anything runs. Owned by the caller:
 * xp_grid_free. CORE_BAD_FILE: no such file. CORE_BAD_USAGE: no grid of that name, not YAML, an unknown key or
 * axis (with the nearest), an unknown value (with the line), an axis without values or with one twice, an option both
 * axis and recipe, no method or data at all, two cells of one name that are other runs, a cell that cannot be trained
 * (named). */
core_status xp_grid_load(const char *name_or_path, const xp_options *options, xp_grid *out) CORE_MUST_USE;
void xp_grid_free(xp_grid *grid);

/* The options that a cell's file (STEM.yaml) sets, a line each: those that were given, even with the value of train's
 * default. Lives in `arena`. */
core_status xp_cell_yaml(const xp_cell *cell, core_arena *arena, const char **out) CORE_MUST_USE;

#endif

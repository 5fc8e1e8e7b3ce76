/* recipes/again.h - the command that makes a run again. */
#ifndef RECIPES_AGAIN_H
#define RECIPES_AGAIN_H

#include <stdbool.h>

#include "core/memory.h"
#include "core/path.h"
#include "core/status.h"
#include "results/runs/run_file.h"

/* Writes "tailbit train --data cifar10 ... --out NAME" for a run (RES_CONFIG | RES_DATA | RES_ENV): the options whose
 * value train would not derive from the others, and always --method, --seed and --isa. Data in a user's file have the
 * path that they had at the last start, and --data-dir, where it was given then, its whole path. Words are quoted for a shell where needed. Memory belongs to the arena.
 * CORE_BAD_FILE: a configuration that this tailbit does not know. */
core_status xp_command_again(const res_run *run, const char *name, core_arena *arena, const char **out) CORE_MUST_USE;

/* Where a user's data lay at the last start of the run (RES_ENV); NULL: an older tailbit wrote the file, or the data are no
 * user's. */
const char *xp_data_file_of(const res_run *run);

/* Writes the whole path of the --data-dir of the run's last start; false: it had none, or the path is too long. */
bool xp_data_dir_of(const res_run *run, char path[CORE_PATH_BYTES]);

#endif

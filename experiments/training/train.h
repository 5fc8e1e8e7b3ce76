/* experiments/training/train.h - `tailbit train`: one run, from where its file stands to its end. */
#ifndef EXPERIMENTS_TRAINING_TRAIN_H
#define EXPERIMENTS_TRAINING_TRAIN_H

#include <stdio.h>

#include "core/status.h"
#include "recipes/options.h"

/* Trains as the options of XP_VERB_TRAIN say. Writes the run file after every epoch, the line of --log behind it,
 * and a line for people to `lines`; standard error, where it is a terminal, gets a progress bar. CORE_OK: the run is finished, or was before;
 * *out is its file, a text in the options' arena.
 * CORE_STOPPED: a signal came, and the file holds everything so far. CORE_BAD_USAGE, CORE_BAD_FILE, CORE_MACHINE as
 * xp_recipe_resolve, ds_load, xp_resume_take and the file's writing. With several ranks (core/comm.h) all call it; *out is rank 0's. */
core_status xp_train(const xp_options *options, FILE *lines, const char **out) CORE_MUST_USE;

#endif

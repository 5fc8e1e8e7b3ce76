/* recipes/class_names.h - the names of a run's classes. */
#ifndef RECIPES_CLASS_NAMES_H
#define RECIPES_CLASS_NAMES_H

#include "results/runs/run_file.h"

/* The names (K) of the classes of a run (RES_DATA | RES_SPLIT): those in its file, which it has of texts and of a user's
 * images, or those of the data set, where tailbit knows it; NULL: unknown. */
const char *const *xp_class_names(const res_run *run);

#endif

/* results/runs/features_file.h - the features of a run with many classes, in files of their own that its run file names by
 * their digests.
 *
 * Name     RUN.SET-HEX.features.h5 in the folder of RUN.h5: SET is at-drop or at-end, HEX the first 12 digits of the
 *          digest. No run file has such a name. The same features have the same name, so that a file is written again
 *          with the same bytes, or is another file.
 * Layout   Format tailbit-features, schema 1: /config, /data and one set of /features, as in a run file.
 */
#ifndef RESULTS_RUNS_FEATURES_FILE_H
#define RESULTS_RUNS_FEATURES_FILE_H

#include <stdbool.h>

#include "core/h5.h"
#include "core/memory.h"
#include "core/status.h"
#include "results/runs/run_file.h"

enum { RES_FEATURES_SCHEMA = 1 };
#define RES_FEATURES_END ".features.h5"

/* Writes sets->at_end where it is there, else at_drop, atomically beside the run file at `path`, and sets *digest in the
 * arena. `run` gives creator, configuration and data. CORE_MACHINE: it cannot be written. */
core_status res_features_save(const res_run *run, const res_feature_sets *sets, const char *path, core_arena *arena,
                              const char **digest) CORE_MUST_USE;

/* Checks, as core_file_check, that such files can be written beside `path`. Call it before the work. */
core_status res_features_check(const char *path) CORE_MUST_USE;

/* Finds the file of a set: *name is its path, NULL where the run file names none; *there: it is there. */
core_status res_features_find(const char *path, bool at_end, const res_run *run, core_arena *arena, const char **name,
                              bool *there) CORE_MUST_USE;

/* Opens the file of a set, which run->features names, and checks its content. CORE_BAD_FILE: it is missing,
 * damaged, or has other features. */
core_status res_features_open(const char *path, bool at_end, const res_run *run, core_h5 **out) CORE_MUST_USE;

/* Reads that set into run->features (RES_SPLIT and RES_FINAL are loaded); does nothing where the run file names none.
 * Errors as res_features_open. Memory belongs to the arena. */
core_status res_features_fetch(const char *path, bool at_end, core_arena *arena, res_run *run) CORE_MUST_USE;

#endif

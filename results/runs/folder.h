/* results/runs/folder.h - the run files in a folder. */
#ifndef RESULTS_RUNS_FOLDER_H
#define RESULTS_RUNS_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/path.h"
#include "core/status.h"

/* A path below the folder that could not be read. */
typedef struct {
    const char *name; /* below the folder */
    const char *why;  /* "Permission denied" */
} res_folder_gap;

typedef struct {
    core_names runs;    /* below the folder ("table2/a.h5"), sorted by strcmp */
    core_names folders; /* that were listed, each once: "" for the folder itself, "table2", sorted */
    int64_t gap_count;
    res_folder_gap *gaps; /* (gap_count) in the order of their names */
} res_folder;

/* Whether a name is a run file's: it ends in ".h5", but not as that of a probe or of features (results/runs/probe_file.h,
 * features_file.h). */
bool res_folder_is_run(const char *name);

/* Lists the regular files and dangling links with such names, at any depth; names that begin with a dot are skipped. Links to folders are followed; a
 * folder with several names is listed once, under the name without a link where it has one. Memory belongs to
 * the arena. CORE_BAD_FILE: `path` itself cannot be read or is no folder; what cannot be read below it is a gap. */
core_status res_folder_list(const char *path, core_arena *arena, res_folder *out) CORE_MUST_USE;

#endif

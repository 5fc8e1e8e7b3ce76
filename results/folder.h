/* results/folder.h - the run files in a folder. */
#ifndef RESULTS_FOLDER_H
#define RESULTS_FOLDER_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

typedef struct {
    int64_t count;
    char **names; /* (count) below the folder ("table2/a.h5"), sorted by strcmp */
} res_folder;

/* Lists the regular files, and links that lead nowhere, whose names end in ".h5" and not as a probe's
 * (results/probe_file.h), at any depth; links to folders and names that begin with a dot are not followed. Memory
 * belongs to the arena. CORE_BAD_FILE: `path`, or a folder in it, cannot be read or is none. */
core_status res_folder_list(const char *path, core_arena *arena, res_folder *out) CORE_MUST_USE;

#endif

/* core/folder.h - folders that tailbit makes, fills and replaces.
 *
 * tailbit recognises such a folder by a file in it, the mark; all other files in it have known names. A folder that is
 * empty, or holds only an empty mark, was left by a process that died before it wrote the mark. Any other folder
 * belongs to the user: tailbit never replaces or removes it, and writes nothing in it (core/file.h has the same rule
 * for files).
 */
#ifndef CORE_FOLDER_H
#define CORE_FOLDER_H

#include <stdbool.h>

#include "core/path.h"
#include "core/status.h"

typedef struct {
    const char *purpose;                                  /* "a data set", for "is there, where a data set would lie" */
    const char *instead;                                  /* "another --data-dir": what may be given instead */
    const char *mark;                                     /* the name of its mark */
    const char *starts;                                   /* the first line of its mark, with the newline */
    bool (*holds)(const char *name, const void *context); /* whether a file of that name belongs in it, the mark aside;
                                                            temporaries of core/file.h belong where their files do */
    const void *context;
} core_folder_kind;

/* Checks that `path` does not exist or is a folder of that kind. CORE_BAD_USAGE, naming the path and what was found:
 * anything else, also a link to such a folder. CORE_MACHINE: the path cannot be examined. */
core_status core_folder_may_replace(const char *path, const core_folder_kind *kind) CORE_MUST_USE;

/* Makes the folder with its mark; an existing folder of that kind stays as it is. CORE_MACHINE: it cannot be written;
 * CORE_BAD_USAGE as core_folder_may_replace. */
core_status core_folder_make(const char *path, const core_folder_kind *kind) CORE_MUST_USE;

/* Removes a folder of that kind; a missing folder is fine. The mark goes last, so that a folder that a killed process
 * removed only in part is still recognised. CORE_MACHINE: a part of it cannot be removed; CORE_BAD_USAGE as
 * core_folder_may_replace. */
core_status core_folder_remove(const char *path, const core_folder_kind *kind) CORE_MUST_USE;

/* Removes as much of the folder as it can, after another failure; the message of that failure stays. */
void core_folder_discard(const char *path, const core_folder_kind *kind);

/* Adds the names of all entries of a folder, other than "." and "..", and sorts all names. `holds`: what the folder is for, "a
 * folder of 12,500 reviews". CORE_BAD_FILE: it cannot be read, or not to its end. CORE_MACHINE: memory, descriptors. */
core_status core_folder_names(const char *path, const char *holds, core_names *names, core_arena *arena) CORE_MUST_USE;

#endif

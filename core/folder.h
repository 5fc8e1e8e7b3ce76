/* core/folder.h - folders that tailbit makes, fills and replaces.
 *
 * Such a folder is known by a file in it, its mark, and holds files of known names only. One that is empty, or holds
 * nothing but an empty mark, was left before its mark was written. Whatever else lies there is another's: it is never
 * replaced or removed, nor is anything written in it (core/file.h has the same rule for files).
 */
#ifndef CORE_FOLDER_H
#define CORE_FOLDER_H

#include <stdbool.h>

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

/* Whether `path` names nothing or a folder of that kind. CORE_BAD_USAGE, naming it and what was found: anything else, a
 * link to such a folder too. CORE_MACHINE: it cannot be looked at. */
core_status core_folder_may_replace(const char *path, const core_folder_kind *kind) CORE_MUST_USE;

/* Makes the folder with its mark; one of that kind that is there stays as it is. CORE_MACHINE: it cannot be written;
 * CORE_BAD_USAGE as core_folder_may_replace. */
core_status core_folder_make(const char *path, const core_folder_kind *kind) CORE_MUST_USE;

/* Removes a folder of that kind, its mark last, so that what a kill leaves is still known; nothing there is fine.
 * CORE_MACHINE: a part of it cannot be removed; CORE_BAD_USAGE as core_folder_may_replace. */
core_status core_folder_remove(const char *path, const core_folder_kind *kind) CORE_MUST_USE;

/* The same as far as it goes, beside a failure whose message stays. */
void core_folder_discard(const char *path, const core_folder_kind *kind);

#endif

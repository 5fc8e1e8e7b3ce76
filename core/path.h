/* core/path.h - paths as texts: their ends, and names in folders. */
#ifndef CORE_PATH_H
#define CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/memory.h"
#include "core/status.h"

/* Whether `path` ends in `end` (".h5") and is more than that. */
bool core_path_ends_in(const char *path, const char *end);

/* The bytes of `path` before `end`, where it ends so; else all of them. */
size_t core_path_stem_bytes(const char *path, const char *end);

/* "FOLDER/NAMEEND" in the arena. CORE_MACHINE: memory. */
core_status core_path_join(const char *folder, const char *name, const char *end, core_arena *arena,
                           char **out) CORE_MUST_USE;

#endif

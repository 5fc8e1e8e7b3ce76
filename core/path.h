/* core/path.h - paths as texts: their ends, their parts, names in folders, and lists of them. */
#ifndef CORE_PATH_H
#define CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

/* Bytes of the longest path that Linux opens, its NUL counted. */
enum { CORE_PATH_BYTES = 4096 };

/* Writes a path as printf does. CORE_BAD_USAGE: it would be longer than CORE_PATH_BYTES. */
core_status core_path_write(char path[CORE_PATH_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3))) CORE_MUST_USE;

/* The part of `path` behind the last slash; the whole path where it has no slash. */
const char *core_path_name(const char *path);

/* Writes the folder that `path` lies in; "." where it has no slash. CORE_BAD_USAGE as core_path_write. */
core_status core_path_folder(const char *path, char folder[CORE_PATH_BYTES]) CORE_MUST_USE;

/* Whether `path` ends in `end` (".h5") and is more than that. */
bool core_path_ends_in(const char *path, const char *end);

/* The bytes of `path` before `end`, where it ends so; else all of them. */
size_t core_path_stem_bytes(const char *path, const char *end);

/* "FOLDER/NAMEEND" in the arena. CORE_MACHINE: memory. */
core_status core_path_join(const char *folder, const char *name, const char *end, core_arena *arena,
                           char **out) CORE_MUST_USE;

/* A growing list of names. Zero-initialise it; the memory is in an arena. */
typedef struct {
    int64_t count, capacity;
    const char **names; /* (count) */
} core_names;

/* Adds a copy of the name. CORE_MACHINE: memory. */
core_status core_names_add(core_names *names, const char *name, core_arena *arena) CORE_MUST_USE;

/* Sorts the names from `first` on by strcmp. */
void core_names_sort(core_names *names, int64_t first);

/* The index of a name in a sorted list; -1: it is not there. */
int64_t core_names_find(const core_names *names, const char *name);

/* The first name that stands twice in a sorted list; NULL: none does. */
const char *core_names_twice(const core_names *names);

/* Goes through two sorted lists at once. */
typedef struct {
    const core_names *a, *b;
    int64_t at_a, at_b; /* 0 at first */
    const char *name;   /* the next name, and which list has it */
    bool in_a, in_b;
} core_names_merge;

/* Sets the next name; false: both lists are at their end. */
bool core_names_next(core_names_merge *m);

#endif

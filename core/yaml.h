/* core/yaml.h - a flat YAML file of options: one mapping of scalar keys to scalar values, and, where it is asked for,
 * one section whose keys have lists of scalars.
 *
 * Values are kept as text, quotes removed: their owner parses them, as it does on the command line.
 * libcyaml's one door; the schema is made from the list of keys at run time.
 */
#ifndef CORE_YAML_H
#define CORE_YAML_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

typedef struct {
    const char *key;
    const char *value;
    int64_t line; /* of the key, from 1; 0: several keys share a line ({a: 1, b: 2}) */
} core_yaml_pair;

/* Writes "PATH line 7: key" for a message, or "PATH: key" where line is 0; returns where. */
char *core_yaml_where(const char *path, const char *key, int64_t line, char where[512]);

/* The keys that a file may have. */
typedef struct {
    const char *const *names; /* (count) */
    int64_t count;            /* >= 1 */
} core_yaml_keys;

/* Writes to *pairs (*count) the options in the order of `keys`; they live in `arena`. An empty file gives none.
 * CORE_BAD_FILE: the file cannot be read. CORE_BAD_USAGE, naming file, line and key as far as they are known: an
 * unknown key (with the nearest known one), a key twice, a key without value, a value that is a list or a mapping, an
 * alias, a second document, or no YAML at all. */
core_status core_yaml_load(const char *path, core_yaml_keys keys, core_arena *arena, core_yaml_pair **pairs,
                           int64_t *count) CORE_MUST_USE;

/* As core_yaml_load, for text in memory; `name` stands for the file in sentences. */
core_status core_yaml_parse(const char *name, const char *text, core_yaml_keys keys, core_arena *arena,
                            core_yaml_pair **pairs, int64_t *count) CORE_MUST_USE;

/* A key of the section and its values. */
typedef struct {
    const char *key;
    const char *const *values; /* (count) */
    int64_t count;             /* >= 1 */
    int64_t line;              /* of the key, as in core_yaml_pair */
} core_yaml_list;

/* What such a file may have: pairs, and a section of lists. */
typedef struct {
    core_yaml_keys pairs;
    const char *section; /* its key; none of pairs.names */
    core_yaml_keys lists;
} core_yaml_form;

typedef struct {
    core_yaml_pair *pairs; /* (pair_count) in the order of the keys */
    int64_t pair_count;
    core_yaml_list *lists; /* (list_count) in the order of the file */
    int64_t list_count;
} core_yaml_document;

/* As core_yaml_parse for a file with a section of lists (which may be absent). CORE_BAD_USAGE also where a key of the
 * section has no list, an empty one, or one whose entries are no scalars or empty. */
core_status core_yaml_parse_lists(const char *name, const char *text, const core_yaml_form *form, core_arena *arena,
                                  core_yaml_document *out) CORE_MUST_USE;

#endif

/* core/yaml.h - a flat YAML file of options, read and written: one mapping of scalar keys to scalar values, and, where
 * it is asked for, one section whose keys have lists of scalars.
 *
 * Values are kept as text without quotes; the caller parses them as it parses the command line. Any YAML reader (1.1 or
 * 1.2) reads a file written here with the same types and texts.
 * Only this room uses libyaml. Its events carry their place in the file, so that every message names line and column.
 */
#ifndef CORE_YAML_H
#define CORE_YAML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/status.h"

/* A larger file is refused unread: no configuration has this size. */
enum { CORE_YAML_MAX_BYTES = 1 << 20 };

/* A place in a file: line and column count from 1, the column in characters. */
typedef struct {
    int64_t line, column;
} core_yaml_place;

typedef struct {
    const char *key;
    const char *value;
    core_yaml_place place; /* of the value */
} core_yaml_pair;

/* Writes "PATH, line 7, column 3: key" for a message; returns where. */
char *core_yaml_where(const char *path, const char *key, core_yaml_place place, char where[512]);

/* The keys that a file may have. */
typedef struct {
    const char *const *names; /* (count) */
    int64_t count;            /* >= 1 */
    /* (count) How several values of a key are joined into one ("1,2"), for the message about a list. NULL: that key
     * takes one value; a NULL array: every key takes one. */
    const char *const *joined;
    /* The name here of a key that other programs have, for the message; NULL: it has none. May be NULL. */
    const char *(*meant)(const char *key);
    /* What the message says of a key of other programs that has no name here; NULL: nothing. May be NULL. */
    const char *(*advice)(const char *key);
} core_yaml_keys;

/* Reads a file of at most CORE_YAML_MAX_BYTES into the arena. CORE_BAD_FILE: it cannot be read; CORE_BAD_USAGE: it is
 * larger, or holds a zero byte, so that it is no UTF-8 text. */
core_status core_yaml_read(const char *path, core_arena *arena, char **text) CORE_MUST_USE;

/* Writes to *pairs (*count) the options in the order of the file; they live in `arena`. An empty file gives none.
 * CORE_BAD_FILE: the file cannot be read. CORE_BAD_USAGE, naming file, line, column and key: an unknown key (with the
 * nearest known one), a key twice, a key without value (which null and ~ are too), a value that is a list or a mapping,
 * a key that is none of texts, an alias, a tag, a second document, text that is not UTF-8, too much of it, or no YAML
 * at all. A byte order mark and any kind of line end are taken. */
core_status core_yaml_load(const char *path, core_yaml_keys keys, core_arena *arena, core_yaml_pair **pairs,
                           int64_t *count) CORE_MUST_USE;

/* As core_yaml_load, for text in memory; `name` stands for the file in sentences. */
core_status core_yaml_parse(const char *name, const char *text, core_yaml_keys keys, core_arena *arena,
                            core_yaml_pair **pairs, int64_t *count) CORE_MUST_USE;

/* A key of the section and its values. */
typedef struct {
    const char *key;
    const char **values;     /* (count) */
    core_yaml_place *places; /* (count) of the values */
    int64_t count;           /* >= 1 */
    core_yaml_place place;   /* of the key */
} core_yaml_list;

/* What such a file may have: pairs, and a section of lists. */
typedef struct {
    core_yaml_keys pairs;
    const char *section; /* its key; none of pairs.names */
    core_yaml_keys lists;
} core_yaml_form;

typedef struct {
    core_yaml_pair *pairs; /* (pair_count) both in the order of the file */
    int64_t pair_count;
    core_yaml_list *lists; /* (list_count) */
    int64_t list_count;
} core_yaml_document;

/* As core_yaml_parse for a file with a section of lists (which may be absent). CORE_BAD_USAGE also where a key of the
 * section has no list, an empty one, or one whose entries are no scalars or no values. */
core_status core_yaml_parse_lists(const char *name, const char *text, const core_yaml_form *form, core_arena *arena,
                                  core_yaml_document *out) CORE_MUST_USE;

/* Write "key: value\n", the value such that every reader takes it for the text or the number that it is: quoted where
 * it would be a number, a date, a truth or nothing ("007", "1e3", "no", "null"), with escapes where it has control
 * characters. A real has 15 digits where it comes back from them, else 17.
 * core_yaml_write_text: CORE_BAD_USAGE where the value is not UTF-8, which YAML cannot hold; nothing is written then.
 * The caller checks the stream for errors. */
core_status core_yaml_write_text(FILE *stream, const char *key, const char *value) CORE_MUST_USE;
void core_yaml_write_integer(FILE *stream, const char *key, int64_t value);
void core_yaml_write_real(FILE *stream, const char *key, double value);

#endif

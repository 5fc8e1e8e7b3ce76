/* results/runs/option.h - named values: options of a configuration, facts about a machine. */
#ifndef RESULTS_RUNS_OPTION_H
#define RESULTS_RUNS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/h5.h"
#include "core/memory.h"
#include "core/status.h"

typedef struct {
    const char *key;
    core_h5_type type; /* CORE_H5_TEXT, CORE_H5_I64, CORE_H5_F64 or CORE_H5_BOOL */
    union {
        const char *text;
        int64_t integer;
        double real;
        bool truth;
    };
} res_option;

/* Keys are unique; any order. */
typedef struct {
    int64_t count;
    const res_option *items; /* (count) */
} res_options;

res_option res_option_text(const char *key, const char *text);
res_option res_option_integer(const char *key, int64_t integer);
res_option res_option_real(const char *key, double real);

/* The option called `key`, NULL if there is none. */
const res_option *res_options_find(const res_options *options, const char *key);

/* Copies the options, with their keys and texts, into the arena; leaves out the one called `but` (NULL: none). */
core_status res_options_copy(const res_options *options, const char *but, core_arena *arena,
                             res_options *out) CORE_MUST_USE;

/* Writes the value for people into text (bytes, cut if longer); reals round-trip; "(none)" for NULL. Returns text. */
const char *res_option_format(const res_option *option, char *text, size_t bytes);

/* Whether both have the same type and the same bits; NULL equals NULL only. */
bool res_option_same(const res_option *a, const res_option *b);

/* Iterates over the keys whose values differ or that only one of the two has: first the keys of a in its order, then
 * those that only b has. Set *at to 0 before the first call. NULL: no more. */
const char *res_options_next_difference(const res_options *a, const res_options *b, int64_t *at);

/* The first key in the order of their names whose value differs or that only one has; NULL if a and b are the same. */
const char *res_options_first_difference(const res_options *a, const res_options *b);

/* Write and read the options as attributes of the group at `path`. CORE_BAD_FILE: an attribute of another type. */
core_status res_options_write(core_h5 *file, const char *path, const res_options *options) CORE_MUST_USE;
core_status res_options_load(core_h5 *file, const char *path, core_arena *arena, res_options *out) CORE_MUST_USE;

#endif

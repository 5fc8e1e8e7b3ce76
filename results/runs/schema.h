/* results/runs/schema.h - tables of the arrays and attributes of a file, and functions that write, read and grow them.
 * Internal to results/runs.
 *
 * Fields are read in the table's order, on which the checksums depend (results/runs/check.h): put a new field where it
 * changes no checksum of existing files.
 * Shapes are words with one letter per dimension: a letter of `sizes`, or a digit. E and K stand for the dimension
 * scales of epochs and classes where the file has them.
 */
#ifndef RESULTS_RUNS_SCHEMA_H
#define RESULTS_RUNS_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/h5.h"
#include "core/memory.h"
#include "core/status.h"

#define RES_EPOCH_SCALE "epochs/epoch"
#define RES_CLASS_SCALE "split/class"

/* A size, an int64_t of the struct. Read from the first field with that dimension that is there; 0 where none is. */
typedef struct {
    char letter;
    size_t offset;
} res_size;

typedef struct {
    const char *path;      /* "epochs/lr"; for an attribute GROUP/NAME */
    const char *long_name; /* NULL: an attribute, which is one value and has no shape */
    const char *units;
    core_h5_type type;
    const char *shape; /* "EK" */
    size_t offset;     /* offset of the pointer to the elements; for an attribute of the value */
    char needs; /* RES_OPTIONAL, or the letter of a size that is 0 where the field is absent; 0: it is always there */
    bool later; /* added to schema 1 later: where absent it reads as NaN, an integer as -1 */
    bool packs; /* compressed where the caller asks for it */
    bool
        narrows; /* doubles that the file has as floats where there are many classes: its size K is above RES_DENSE_CLASSES */
} res_field;

/* The field is written unless its pointer is NULL, and read where the file has it. */
#define RES_OPTIONAL '?'

/* A row of a table: RES_ARRAY("epochs/lr", "learning rate", "1", F64, "E", res_epochs, lr, .later = true). */
#define RES_ARRAY(where, name, unit, kind, letters, values, member, ...)                                               \
    {.path = (where),                                                                                                  \
     .long_name = (name),                                                                                              \
     .units = (unit),                                                                                                  \
     .type = CORE_H5_##kind,                                                                                           \
     .shape = (letters),                                                                                               \
     .offset = offsetof(values, member),                                                                               \
     __VA_ARGS__}
#define RES_ATTRIBUTE(where, kind, values, member, ...)                                                                \
    {.path = (where), .type = CORE_H5_##kind, .offset = offsetof(values, member), __VA_ARGS__}
#define RES_FIELDS_END {.path = NULL}

typedef struct {
    const res_size *sizes;   /* ends with letter 0 */
    const res_field *fields; /* ends with path NULL */
} res_schema;

/* Writes the fields of the struct `values`. */
core_status res_schema_write(core_h5 *file, const res_schema *schema, const void *values, bool packs) CORE_MUST_USE;

/* Reads sizes and fields into the zeroed struct `values`; absent ones stay 0. Memory belongs to the arena. */
core_status res_schema_load(core_h5 *file, const res_schema *schema, core_arena *arena, void *values) CORE_MUST_USE;

/* Gives the fields whose first dimension is E new arrays of capacity `rows` >= E, and copies their E rows; `optional`:
 * also the optional fields. */
core_status res_schema_reserve(const res_schema *schema, int64_t rows, bool optional, core_arena *arena,
                               void *values) CORE_MUST_USE;

/* CORE_BAD_FILE, naming the file `path`: a value is neither in [0, 1] nor NaN, in a field of doubles whose name ends in
 * "error". */
core_status res_schema_check_errors(const char *path, const res_schema *schema, const void *values) CORE_MUST_USE;

/* Writes one field, whose elements are at `data` and whose sizes are in `values`. */
core_status res_field_write(core_h5 *file, const res_schema *schema, const res_field *field, const void *values,
                            const void *data, bool packs) CORE_MUST_USE;
core_status res_field_load(core_h5 *file, const res_schema *schema, const res_field *field, const void *values,
                           core_arena *arena, void **data) CORE_MUST_USE;

/* Whether there is a group or dataset at `path`. */
core_status res_is_there(core_h5 *file, const char *path, bool *out) CORE_MUST_USE;

/* Writes 0, 1, 2, ... as the dimension scale at `path`. */
core_status res_write_scale(core_h5 *file, const char *path, const char *long_name, int64_t count) CORE_MUST_USE;

#endif

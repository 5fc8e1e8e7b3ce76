/* core/h5.h - the one door to HDF5.
 *
 * Writing  The file is built in memory and saved whole by core_h5_save (atomically: core/file.h), so the
 *          library never meets a full disk and a reader never meets half a file. The same contents give the same bytes:
 *          no object times, default library bounds, the order of the calls fixed by the caller. Numbers go into
 *          Fletcher-32 checked chunks of at most 1 MiB. Missing parent groups of a path are made.
 * Reading  Parts are read on demand. A missing, foreign, truncated or damaged file is CORE_BAD_FILE with the file, the
 *          object and what was expected.
 * Paths    from the root and without a leading '/': "epochs/lr"; "" is the root group.
 * Shapes   row-major; rank 0 is a single value. Memory that reading makes belongs to the caller's arena.
 *
 * Messages name a file by the name that create or open got. Not for use inside parallel regions.
 */
#ifndef CORE_H5_H
#define CORE_H5_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/path.h"
#include "core/status.h"

typedef struct core_h5 core_h5;

/* What an element is. The last three are no numbers. */
typedef enum {
    CORE_H5_U8,
    CORE_H5_I8,
    CORE_H5_U16,
    CORE_H5_I16,
    CORE_H5_U32,
    CORE_H5_I32,
    CORE_H5_U64,
    CORE_H5_I64,
    CORE_H5_F32,
    CORE_H5_F64,
    CORE_H5_BOOL,   /* bool in memory; in the file the enumeration FALSE, TRUE, which h5py shows as bool */
    CORE_H5_TEXT,   /* char *, UTF-8 */
    CORE_H5_FOREIGN /* anything else that HDF5 can hold; cannot be read here */
} core_h5_type;

enum { CORE_H5_MAX_RANK = 8 };

typedef struct {
    core_h5_type type;
    int rank;
    int64_t dims[CORE_H5_MAX_RANK]; /* [0, rank) */
} core_h5_shape;

/* What a dataset or an attribute holds. */
typedef struct {
    core_h5_shape shape;
    void *data; /* elements of shape.type; for CORE_H5_TEXT char *[] */
} core_h5_value;

/* Metadata of a dataset, for people and their tools. */
typedef struct {
    const char *long_name;                /* required: what it is, for an axis or a caption */
    const char *units;                    /* required: "1" for fractions and counts */
    const char *scales[CORE_H5_MAX_RANK]; /* per dimension the path of a dataset made by core_h5_make_scale, or NULL */
    bool gzip;                            /* gzip-4 without shuffle: pays off for sparse features only */
} core_h5_about;

typedef enum { CORE_H5_NOTHING, CORE_H5_GROUP, CORE_H5_DATASET } core_h5_kind;

/* Shapes in one line: core_h5_shape2(CORE_H5_F32, N, K). */
core_h5_shape core_h5_shape0(core_h5_type type);
core_h5_shape core_h5_shape1(core_h5_type type, int64_t dim0);
core_h5_shape core_h5_shape2(core_h5_type type, int64_t dim0, int64_t dim1);
core_h5_shape core_h5_shape3(core_h5_type type, int64_t dim0, int64_t dim1, int64_t dim2);

/* Bytes of an element in memory; 0 for CORE_H5_FOREIGN. */
int64_t core_h5_type_bytes(core_h5_type type);
/* "f32", "text", ... */
const char *core_h5_type_name(core_h5_type type);
/* Product of the dims; 1 for rank 0. */
int64_t core_h5_elements(const core_h5_shape *shape);

/* Begins an empty file in memory. Messages call it `name`. */
core_status core_h5_create(const char *name, core_h5 **out) CORE_MUST_USE;

/* Checks, as core_file_check, that a file whose root attribute "format" has that value can be saved at `path`. It may
 * replace only a file of the same format. CORE_BAD_FILE: a damaged HDF5 file lies there. */
core_status core_h5_check(const char *path, const char *format) CORE_MUST_USE;

/* Writes a file made by core_h5_create whole and atomically at `path`. CORE_MACHINE: the disk or the folder refuses.
 * CORE_BAD_USAGE: the existing file has another root attribute "format", or none. On failure the existing file is
 * untouched. A file without that attribute replaces any file; all kinds of file that tailbit writes have it. */
core_status core_h5_save(core_h5 *file, const char *path) CORE_MUST_USE;

/* Opens a file for reading. CORE_BAD_FILE: it is missing, unreadable, no HDF5 file, or truncated. */
core_status core_h5_open(const char *path, core_h5 **out) CORE_MUST_USE;

/* The name given to create or open. */
const char *core_h5_name(const core_h5 *file);

/* Frees the file and every handle; NULL is allowed. */
void core_h5_close(core_h5 *file);

/* Writes a dataset of numbers, or of texts (data: const char *const[]; stored as fixed-length UTF-8 of the longest).
 * Nothing may be there yet. Dims may be 0. */
core_status core_h5_write(core_h5 *file, const char *path, const core_h5_shape *shape, const void *data,
                          const core_h5_about *about) CORE_MUST_USE;

/* Makes the 1-D dataset at `path` a dimension scale, named by the last part of the path. */
core_status core_h5_make_scale(core_h5 *file, const char *path) CORE_MUST_USE;

/* Makes an empty group. */
core_status core_h5_write_group(core_h5 *file, const char *path) CORE_MUST_USE;

/* Writes an attribute of the group or dataset at `path`, which exists and has no attribute of that name. Texts are
 * variable-length UTF-8, rank 0 or 1; numbers and bool likewise. */
core_status core_h5_set(core_h5 *file, const char *path, const char *name, const core_h5_value *value) CORE_MUST_USE;
core_status core_h5_set_text(core_h5 *file, const char *path, const char *name, const char *text) CORE_MUST_USE;
core_status core_h5_set_i64(core_h5 *file, const char *path, const char *name, int64_t number) CORE_MUST_USE;

/* What is at `path`; CORE_H5_NOTHING is no error. For a dataset *shape (may be NULL) is its stored type and dims. */
core_status core_h5_look(core_h5 *file, const char *path, core_h5_kind *kind, core_h5_shape *shape) CORE_MUST_USE;

/* Reads rows [first, first + count) of the dataset at `path` as elements of `type` into out (count, dims[1..]); rank 0
 * has one row. CORE_BAD_FILE unless every value of the stored type fits in `type` (integer widening, f32 to f64). */
core_status core_h5_read(core_h5 *file, const char *path, core_h5_type type, int64_t first, int64_t count,
                         void *out) CORE_MUST_USE;

/* Reads a whole dataset. *value gives the expected type, rank and dims (-1: any) and receives dims and data.
 * CORE_BAD_FILE: the dataset is absent, or has another type or shape. */
core_status core_h5_load(core_h5 *file, const char *path, core_arena *arena, core_h5_value *value) CORE_MUST_USE;

/* Reads an attribute of any type and shape; CORE_BAD_FILE if absent. */
core_status core_h5_get(core_h5 *file, const char *path, const char *name, core_arena *arena,
                        core_h5_value *out) CORE_MUST_USE;
/* The same for one value of an expected type; *out is the element, or a copy of it. */
core_status core_h5_get_one(core_h5 *file, const char *path, const char *name, core_h5_type type, core_arena *arena,
                            void **out) CORE_MUST_USE;
core_status core_h5_get_text(core_h5 *file, const char *path, const char *name, core_arena *arena,
                             const char **out) CORE_MUST_USE;
core_status core_h5_get_i64(core_h5 *file, const char *path, const char *name, int64_t *out) CORE_MUST_USE;

/* From now on read, load and get also add to `hash` all that they read: path, attribute name, type, dims, elements.
 * NULL ends this. The hash is borrowed until then. */
void core_h5_hash_reads(core_h5 *file, core_hash *hash);

/* Whether the object at `path` has the attribute. */
core_status core_h5_has(core_h5 *file, const char *path, const char *name, bool *out) CORE_MUST_USE;

/* Paths of all objects below the group at `path`, without itself, at any depth; sorted by strcmp. */
core_status core_h5_list(core_h5 *file, const char *path, core_arena *arena, core_names *out) CORE_MUST_USE;

/* Names of the attributes of the object at `path`, sorted by strcmp, without DIMENSION_LIST and REFERENCE_LIST. HDF5
 * links datasets and their scales by these two; they hold file addresses, and damaged ones make HDF5 fill gigabytes. */
core_status core_h5_attributes(core_h5 *file, const char *path, core_arena *arena, core_names *out) CORE_MUST_USE;

#endif

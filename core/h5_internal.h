/* core/h5_internal.h - what the parts of core/h5 share; nobody else includes it. */
#ifndef CORE_H5_INTERNAL_H
#define CORE_H5_INTERNAL_H

#include <hdf5.h>

#include "core/h5.h"

/* What a dataset takes, in bytes. */
typedef struct {
    int64_t claimed;   /* unpacked */
    int64_t unwritten; /* of them, those that the file does not store: HDF5 makes them up */
    int64_t expanded;  /* of the stored ones, those beyond a hundred times of what they take in the file */
    int64_t chunk_rows, band_chunks; /* rows of a chunk, chunks that lie beside each other in them; 0: no chunks */
} core_h5_storage;

struct core_h5 {
    hid_t id;
    hid_t access; /* how objects are opened: never in another file */
    char *name;
    bool writing;
    bool led_elsewhere;     /* an external link was met */
    int64_t bytes;          /* size on disk, when reading */
    core_h5_storage loaded; /* of all that was loaded whole; `claimed` is not counted */
    char looked_at[1024];   /* the dataset that was looked at last; "" none */
    hid_t looked_id;        /* and its handle, for what is read of it next; 0 while writing, when it may change */
    core_h5_shape looked_shape;
    core_h5_storage looked_up; /* what it takes */
    core_hash *reads;          /* what is read is added to it; NULL: nothing is */
};

/* Adds what was read to the file's hash, if it has one. name: of an attribute, "" of a dataset. */
void core_h5_add_read(const core_h5 *file, const char *path, const char *name, const core_h5_shape *shape,
                      const void *data);

/* "/a/b" for people and for HDF5, which wants "/" for the root. */
const char *core_h5_at(const char *path);

/* The sentence for a call of HDF5 that failed `doing` something with the object at `path`, with HDF5's innermost
 * reason: CORE_BAD_FILE when reading, CORE_MACHINE when writing (memory is all it can lack). Call it before anything is
 * closed. */
core_status core_h5_fail(const core_h5 *file, const char *doing, const char *path) CORE_MUST_USE;

/* Closes any kind of handle; a negative one is none. */
void core_h5_drop(hid_t id);

/* A new type, for memory and for the file; drop it. Negative on failure. TEXT is variable-length UTF-8. */
hid_t core_h5_make_type(core_h5_type type);

/* What a stored type is to us. */
core_h5_type core_h5_classify(hid_t type);

/* The shape of what a type and a dataspace describe. */
core_status core_h5_describe(const core_h5 *file, const char *path, hid_t type, hid_t space,
                             core_h5_shape *out) CORE_MUST_USE;

/* HDF5 takes about 5 KiB for each chunk of a read: the most chunks of one, and of a dataset. */
enum { CORE_H5_READ_CHUNKS = 4096, CORE_H5_MAX_CHUNKS = 1 << 20 };

/* Bytes that a file may claim and never have written: HDF5 makes them up. */
enum { CORE_H5_UNWRITTEN_MAX = 16 << 20 };

/* What an open dataset takes (create: its properties). Fails when that cannot be, or is more than a file may claim beside
 * what it stores, so that damage cannot ask for all memory; docs/file-format.md says the bounds. */
core_status core_h5_check_storage(const core_h5 *file, const char *path, hid_t dataset, hid_t create,
                                  const core_h5_shape *shape, core_h5_storage *out) CORE_MUST_USE;

/* Fails unless `more` may be loaded beside what was loaded so far. */
core_status core_h5_check_total(const core_h5 *file, const char *path, const core_h5_storage *more) CORE_MUST_USE;

/* Fails for a dataset whose numbers lie in other files. Before its shape is asked for: that opens them. */
core_status core_h5_check_place(const core_h5 *file, const char *path, hid_t create) CORE_MUST_USE;

/* A handle of the dataset at `path`, of the last look where it is that one; drop it. Negative on failure. */
hid_t core_h5_open_dataset(const core_h5 *file, const char *path);
void core_h5_forget_look(core_h5 *file);

/* Reads the `count` >= 1 texts of an open dataset or attribute into one piece of the arena, without padding. */
core_status core_h5_read_texts(const core_h5 *file, const char *path, hid_t object, int64_t count, core_arena *arena,
                               char **texts) CORE_MUST_USE;

/* The most texts in one dataset: each takes a pointer, however short it is. */
enum { CORE_H5_MAX_TEXTS = 1 << 20 };

#endif

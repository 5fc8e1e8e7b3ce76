/* core/h5_internal.h - what the files of core/h5 share; no other file includes it. */
#ifndef CORE_H5_INTERNAL_H
#define CORE_H5_INTERNAL_H

#include <hdf5.h>

#include "core/h5.h"

/* The size of a dataset, in bytes. */
typedef struct {
    int64_t claimed;                 /* unpacked */
    int64_t unwritten;               /* those of `claimed` that the file does not store: HDF5 returns fill values */
    int64_t expanded;                /* unpacked bytes beyond a hundred times the stored bytes */
    int64_t chunk_rows, band_chunks; /* rows of a chunk, chunks side by side in these rows; 0: no chunks */
} core_h5_storage;

struct core_h5 {
    hid_t id;
    hid_t access; /* link access properties: never open an object of another file */
    char *name;
    bool writing;
    bool led_elsewhere;     /* an external link was met */
    int64_t bytes;          /* size on disk, when reading */
    core_h5_storage loaded; /* sums over all that was loaded whole; `claimed` is not counted */
    char looked_at[1024];   /* path of the dataset that was looked at last; "": none */
    hid_t looked_id;        /* its handle, for the next read; 0 while writing, when the dataset may change */
    core_h5_shape looked_shape;
    core_h5_storage looked_up; /* its size */
    core_hash *reads;          /* reads are added to this hash; NULL: they are not */
};

/* Adds what was read to the file's hash, if it has one. name: the attribute's, "" for a dataset. */
void core_h5_add_read(const core_h5 *file, const char *path, const char *name, const core_h5_shape *shape,
                      const void *data);

/* The path as HDF5 takes it: "/" for the root. */
const char *core_h5_at(const char *path);

/* Fails with the message for a call of HDF5 that could not `doing` ("read", ...) the object at `path`, and with HDF5's
 * innermost reason: CORE_BAD_FILE when reading; CORE_MACHINE when writing, where only memory can be short; no file can be
 * made or opened after that. Call it before anything is closed. */
core_status core_h5_fail(const core_h5 *file, const char *doing, const char *path) CORE_MUST_USE;

/* What data of type CORE_H5_FOREIGN hold, for messages. */
#define CORE_H5_HOLDS_FOREIGN "holds neither text nor numbers that tailbit reads (integers, float32, float64)"

/* Closes any kind of handle; a negative one is none. False: it failed; of a dataset that was written, its last part then. */
bool core_h5_drop(hid_t id);

/* A new type, for memory and for the file; drop it. Negative on failure. TEXT is variable-length UTF-8. */
hid_t core_h5_make_type(core_h5_type type);

/* The core_h5_type that corresponds to a stored type. */
core_h5_type core_h5_classify(hid_t type);

/* The shape that a stored type and a dataspace give. */
core_status core_h5_describe(const core_h5 *file, const char *path, hid_t type, hid_t space,
                             core_h5_shape *out) CORE_MUST_USE;

/* The most chunks of one read and of a dataset: HDF5 allocates about 5 KiB for each chunk of a read. */
enum { CORE_H5_READ_CHUNKS = 4096, CORE_H5_MAX_CHUNKS = 1 << 20 };

/* The most bytes that a file may claim without storing them; HDF5 returns fill values for these. */
enum { CORE_H5_UNWRITTEN_MAX = 16 << 20 };

/* Measures an open dataset (create: its properties). Fails when the size is impossible, or exceeds what the file stores
 * by more than the bounds of docs/file-format.md: a damaged file must not make us allocate all memory. */
core_status core_h5_check_storage(const core_h5 *file, const char *path, hid_t dataset, hid_t create,
                                  const core_h5_shape *shape, core_h5_storage *out) CORE_MUST_USE;

/* Fails where `more`, added to what was loaded so far, exceeds the bounds. */
core_status core_h5_check_total(const core_h5 *file, const char *path, const core_h5_storage *more) CORE_MUST_USE;

/* Fails for a dataset whose numbers lie in other files. Call it before reading the shape, which would open them. */
core_status core_h5_check_place(const core_h5 *file, const char *path, hid_t create) CORE_MUST_USE;

/* A handle of the dataset at `path`; that of the last look where the path is the same. Drop it. Negative on failure. */
hid_t core_h5_open_dataset(const core_h5 *file, const char *path);
void core_h5_forget_look(core_h5 *file);

/* Reads the `count` >= 1 texts of an open dataset or attribute into one block of the arena, without padding. */
core_status core_h5_read_texts(const core_h5 *file, const char *path, hid_t object, int64_t count, core_arena *arena,
                               char **texts) CORE_MUST_USE;

/* The most texts in one dataset: each takes a pointer, however short it is. */
enum { CORE_H5_MAX_TEXTS = 1 << 20 };

#endif

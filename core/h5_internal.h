/* core/h5_internal.h - what the parts of core/h5 share; nobody else includes it. */
#ifndef CORE_H5_INTERNAL_H
#define CORE_H5_INTERNAL_H

#include <hdf5.h>

#include "core/h5.h"

struct core_h5 {
    hid_t id;
    char *name;
    bool writing;
    int64_t bytes; /* size on disk, when reading */
};

/* "/a/b" for people and for HDF5, which wants "/" for the root. */
const char *core_h5_at(const char *path);

/* The sentence for a call of HDF5 that failed `doing` something with the object at `path`, with HDF5's innermost
 * reason: CORE_BAD_FILE when reading, CORE_MACHINE when writing (memory is all it can lack). Call it before anything is
 * closed. */
core_status core_h5_fail(const core_h5 *file, const char *doing, const char *path) CORE_MUST_USE;

/* Closes any kind of handle; a negative one is none. */
void core_h5_drop(hid_t id);

/* The handle to a new or a library type; drop it. Negative on failure. TEXT is variable-length UTF-8. */
hid_t core_h5_memory_type(core_h5_type type);
hid_t core_h5_stored_type(core_h5_type type);

/* What a stored type is to us. */
core_h5_type core_h5_classify(hid_t type);

/* The shape of what a type and a dataspace describe. */
core_status core_h5_describe(const core_h5 *file, const char *path, hid_t type, hid_t space,
                             core_h5_shape *out) CORE_MUST_USE;

/* Fails unless what the shape claims to hold can lie in the file at all, so that damage cannot ask for all memory. */
core_status core_h5_check_size(const core_h5 *file, const char *path, const core_h5_shape *shape) CORE_MUST_USE;

/* Copies `count` fixed-length strings of `width` bytes into the arena, without padding. */
core_status core_h5_copy_fixed(const char *from, int64_t count, size_t width, bool space_padded, core_arena *arena,
                               char **texts) CORE_MUST_USE;

#endif

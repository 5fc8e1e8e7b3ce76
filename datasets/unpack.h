/* datasets/unpack.h - takes named files out of an archive, and nothing else.
 *
 * libarchive reads any compressed tar. Only regular files whose last path component is asked for, and whose size is
 * the expected one, are written, under that last component, into a folder of ours: no entry can name another place,
 * follow a link, or grow without end.
 */
#ifndef DATASETS_UNPACK_H
#define DATASETS_UNPACK_H

#include <stdint.h>

#include "core/status.h"

typedef struct {
    const char *name; /* last path component */
    int64_t bytes;    /* exact size; a negative one: any size up to that many bytes */
} ds_unpack_want;

/* Extracts `count` wanted files of the archive `path` into the existing folder `into`.
 * CORE_BAD_FILE: not an archive, truncated, a wanted file missing, twice there, not a regular file or of another size.
 * CORE_MACHINE: cannot write. Whatever was written before a failure stays; the caller discards the folder. */
core_status ds_unpack(const char *path, const ds_unpack_want *wants, int count, const char *into) CORE_MUST_USE;

#endif

/* datasets/unpack.h - extracts chosen files from an archive.
 *
 * libarchive reads tar, plain or as gzip, bzip2, xz or zstd, and zip. Only regular files whose last path component is asked for,
 * and whose size is the expected one, are written, under that last component, into a folder of ours: no entry can name
 * another place, follow a link, or grow without end. An archive that unpacks to more than 256 MiB plus 100 times its
 * own size is refused: before unpacking where the sizes of its entries show it, else as soon as the limit is passed.
 */
#ifndef DATASETS_UNPACK_H
#define DATASETS_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

typedef struct {
    const char *name; /* for ds_unpack the last component of its path */
    int64_t bytes;    /* exact size; a negative one: any size up to that many bytes */
} ds_unpack_want;

/* Extracts `count` wanted files of the archive `path` into the existing folder `into`.
 * CORE_BAD_FILE: not an archive, truncated, other contents than a checksum in it says, a wanted file missing, twice there, not a regular file or of another size.
 * CORE_MACHINE: cannot write. Files written before a failure stay; the caller discards the folder. */
core_status ds_unpack(const char *path, const ds_unpack_want *wants, int count, const char *into) CORE_MUST_USE;

/* Callbacks for the files of an archive, in its order. `path` is the path in the archive: do not open it. */
typedef struct {
    void *context;
    bool zip; /* the archive is a zip; else a tar, plain or compressed */
    /* Whether a file is wanted. Writes to out its name, for messages and for take, and its size. */
    bool (*wants)(void *context, const char *path, ds_unpack_want *out);
    /* Receives the contents, valid during the call; a failure ends the walk. */
    core_status (*take)(void *context, const char *name, const char *data, int64_t bytes);
} ds_unpack_visitor;

/* Shows every wanted file of the archive `path` to the visitor; nothing is written.
 * CORE_BAD_FILE: not an archive, truncated, a wanted file that is no regular one or of another size; what `take`
 * returned. */
core_status ds_unpack_each(const char *path, const ds_unpack_visitor *visitor) CORE_MUST_USE;

#endif

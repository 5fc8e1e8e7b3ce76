/* datasets/unpack.h - takes files out of an archive, and nothing else.
 *
 * libarchive reads tar, plain or as gzip, bzip2, xz or zstd. Only regular files whose last path component is asked for,
 * and whose size is the expected one, are written, under that last component, into a folder of ours: no entry can name
 * another place, follow a link, or grow without end. An archive that unpacks to more than 256 MiB and 100 times its own
 * size is refused: before that is unpacked where its entries' sizes say so, else once it is met.
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
 * CORE_BAD_FILE: not an archive, truncated, a wanted file missing, twice there, not a regular file or of another size.
 * CORE_MACHINE: cannot write. Whatever was written before a failure stays; the caller discards the folder. */
core_status ds_unpack(const char *path, const ds_unpack_want *wants, int count, const char *into) CORE_MUST_USE;

/* Who is shown the files of an archive, in its order. `path` is that of the entry as the archive has it: not to be
 * opened. */
typedef struct {
    void *context;
    /* Whether a file is wanted, under which name, which is shown and given to take, and of which size. */
    bool (*wants)(void *context, const char *path, ds_unpack_want *out);
    /* Is given the contents, valid during the call; its failure ends the walk. */
    core_status (*take)(void *context, const char *name, const char *data, int64_t bytes);
} ds_unpack_visitor;

/* Shows every wanted file of the archive `path` to the visitor; nothing is written.
 * CORE_BAD_FILE: not an archive, truncated, a wanted file that is no regular one or of another size; what `take`
 * returned. */
core_status ds_unpack_each(const char *path, const ds_unpack_visitor *visitor) CORE_MUST_USE;

#endif

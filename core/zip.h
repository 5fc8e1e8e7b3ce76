/* core/zip.h - writes zip archives of stored (uncompressed) members; the one door to libarchive outside datasets/.
 *
 * The same members give the same bytes: no times, no owners, no compression, whose output libraries may change. The
 * archive is written beside and renamed (core/file.h); one of any size is allowed (zip64 where it is needed).
 */
#ifndef CORE_ZIP_H
#define CORE_ZIP_H

#include <stddef.h>
#include <stdint.h>

#include "core/file.h"
#include "core/status.h"

typedef struct core_zip core_zip;

/* Begins to replace `path` by an archive of that kind. Errors as core_file_begin. */
core_status core_zip_create(const char *path, const core_file_kind *kind, core_zip **out) CORE_MUST_USE;

/* Begins the member `name` of exactly `bytes` bytes; core_zip_write brings them. Names are UTF-8 and used once. */
core_status core_zip_begin(core_zip *zip, const char *name, int64_t bytes) CORE_MUST_USE;
core_status core_zip_write(core_zip *zip, const void *data, size_t bytes) CORE_MUST_USE;

/* Puts the archive in its place and frees `zip` in either case. CORE_MACHINE: what was there is untouched. */
core_status core_zip_commit(core_zip *zip) CORE_MUST_USE;

/* Forgets the archive and frees `zip`; NULL is fine. */
void core_zip_abandon(core_zip *zip);

#endif

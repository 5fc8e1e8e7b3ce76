/* core/zip.h - zip archives, written and read member by member; the one door to libarchive outside datasets/.
 *
 * Writing: members are stored, uncompressed. The same members give the same bytes: no times, no owners, and no compression, since its output may change with
 * the library. The archive replaces a file atomically (core/file.h). Any size is allowed (zip64 where needed).
 * Reading: stored or deflated members. What is not read is not unpacked.
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

/* Begins the member `name` of exactly `bytes` bytes, which core_zip_write writes. Names are UTF-8 and used once. */
core_status core_zip_begin(core_zip *zip, const char *name, int64_t bytes) CORE_MUST_USE;
core_status core_zip_write(core_zip *zip, const void *data, size_t bytes) CORE_MUST_USE;

/* Puts the archive in its place and frees `zip` in either case. CORE_MACHINE: failed; the old file is untouched. */
core_status core_zip_commit(core_zip *zip) CORE_MUST_USE;

/* Forgets the archive and frees `zip`; NULL is fine. */
void core_zip_abandon(core_zip *zip);

typedef struct core_zip_reader core_zip_reader;

/* Opens the archive at `path`, which is borrowed. CORE_BAD_FILE: it cannot be read; no zip archive, or a truncated one. */
core_status core_zip_open(const char *path, core_zip_reader **out) CORE_MUST_USE;

/* Goes on to the next member, at first to the first one, and to its name, which is valid until the next call; NULL: there
 * is no more. CORE_BAD_FILE: damaged. */
core_status core_zip_next(core_zip_reader *zip, const char **name) CORE_MUST_USE;

/* archive_read_next_header of libarchive, for any kind of archive, in a locale whose characters are UTF-8: in the program's
 * own, "C", a path that a zip flags as UTF-8 would be lost where it is no ASCII. */
struct archive;
struct archive_entry;
int core_zip_next_header(struct archive *reader, struct archive_entry **entry);

/* Fails for an entry that then has no name. */
core_status core_zip_fail_nameless(const char *path);

/* Reads the next bytes of that member into data; *got is less than `bytes` only at its end, where its checksum has been
 * compared. CORE_BAD_FILE: damaged. */
core_status core_zip_read(core_zip_reader *zip, void *data, size_t bytes, size_t *got) CORE_MUST_USE;

/* NULL is fine. */
void core_zip_close(core_zip_reader *zip);

#endif

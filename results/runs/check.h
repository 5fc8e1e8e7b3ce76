/* results/runs/check.h - checksums over the parts of a file, so that no reader shows a part that was changed. Internal
 * to results/.
 *
 * The digest covers the whole content, which takes long to read. So the root attribute `check` holds a line for every
 * part that can be read alone: its name and XXH3-128 over all that its reader reads from the file, in the order of
 * reading: path, attribute name, type, dims and elements. A changed value, an added or removed attribute, or a missing
 * dataset changes the checksum. If the code of a reader changes what it reads, the part needs another name.
 * `check` is not part of the content, and does not change its digest.
 */
#ifndef RESULTS_RUNS_CHECK_H
#define RESULTS_RUNS_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "core/h5.h"
#include "core/hash.h"
#include "core/memory.h"
#include "core/status.h"

#define RES_CHECK "check"

/* Reads a part of a file into the struct `part`. All that it reads from the file is hashed; it may add other facts to
 * the hash. */
typedef core_status res_part_reader(core_h5 *file, core_hash *hash, core_arena *arena, void *part);

/* Calls `reader`, and writes the checksum of what it read to hex. */
core_status res_check_read(core_h5 *file, res_part_reader *reader, core_arena *arena, void *part,
                           char hex[CORE_HASH_HEX_MAX]) CORE_MUST_USE;

/* The same, but writes the checksum as the line of the part `name`. */
core_status res_check_write(core_h5 *file, const char *name, res_part_reader *reader, core_arena *arena, void *part,
                            FILE *lines) CORE_MUST_USE;

/* The lines of the file, in the arena; NULL: an older tailbit wrote the file. */
core_status res_check_lines(core_h5 *file, core_arena *arena, const char **out) CORE_MUST_USE;

/* Whether `lines` has a line of the part with that checksum; whether it has any line of the part. */
bool res_check_holds(const char *lines, const char *part, const char *hex);
bool res_check_has(const char *lines, const char *part);

/* Fails with CORE_BAD_FILE: that part of the file was changed. */
core_status res_check_fail(const core_h5 *file, const char *part) CORE_MUST_USE;

#endif

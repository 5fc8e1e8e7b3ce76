/* results/runs/check.h - checksums over what a reader sees of a file, so that no page shows what was changed. Internal to
 * results/.
 *
 * The digest covers the whole content, and reading that takes long. The root attribute `check` holds a line for every part
 * that is read alone: its name and XXH3-128 over everything that its reader brings from the file, in the order of reading:
 * path, name of an attribute, type, extent and elements. Whatever changes what the reader sees changes the line: a value, an
 * attribute more or less, a dataset that is gone. A reader that is made to read other things takes another name.
 * `check` is no part of the content, and neither changes its digest.
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

/* Reads a part of a file into the struct `part`. What it brings from the file is hashed; what it finds out otherwise it may
 * add to the hash. */
typedef core_status res_part_reader(core_h5 *file, core_hash *hash, core_arena *arena, void *part);

/* Reads by `reader`, and writes the checksum of what was read to hex. */
core_status res_check_read(core_h5 *file, res_part_reader *reader, core_arena *arena, void *part,
                           char hex[CORE_HASH_HEX_MAX]) CORE_MUST_USE;

/* Reads so, and writes the line of the part called `name`. */
core_status res_check_write(core_h5 *file, const char *name, res_part_reader *reader, core_arena *arena, void *part,
                            FILE *lines) CORE_MUST_USE;

/* The lines of the file in the arena; NULL: an older tailbit wrote it. */
core_status res_check_lines(core_h5 *file, core_arena *arena, const char **out) CORE_MUST_USE;

/* Whether `lines` has the line of a part so; whether they have any of that name. */
bool res_check_holds(const char *lines, const char *part, const char *hex);
bool res_check_has(const char *lines, const char *part);

/* CORE_BAD_FILE: that part of the file was changed. */
core_status res_check_fail(const core_h5 *file, const char *part) CORE_MUST_USE;

#endif

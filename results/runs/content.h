/* results/runs/content.h - the content of a run file: what its digest covers and compare compares. Internal to results/.
 *
 * Everything but /env, /timing and the root attributes creator, digest and check (results/runs/check.h).
 */
#ifndef RESULTS_RUNS_CONTENT_H
#define RESULTS_RUNS_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/h5.h"
#include "core/hash.h"
#include "core/status.h"

#define RES_FORMAT "tailbit-run"

/* Opens a run file of our schema. CORE_BAD_FILE says what the file is instead. */
core_status res_content_open(const char *path, core_h5 **out) CORE_MUST_USE;

/* The same for both kinds of file: `what` is "run" or "probe", the format is "tailbit-" and `what`. */
core_status res_content_open_as(const char *path, const char *what, int64_t schema, core_h5 **out) CORE_MUST_USE;

/* Whether the object at `path` belongs to the content. */
bool res_content_has_object(const char *path);

/* Whether its attribute `name` is covered by the digest. */
bool res_content_has_attribute(const char *path, const char *name);

/* How many of the `rows` rows of a dataset are read at a time: a few MiB, at least one row. */
typedef struct {
    int64_t rows;
    size_t row_bytes;
} res_slab;
res_slab res_content_slab(const core_h5_shape *shape, int64_t rows);

/* The digest, in hexadecimal, of an open file's content as it is. */
core_status res_content_digest(core_h5 *file, char hex[CORE_HASH_HEX_MAX]) CORE_MUST_USE;

/* Fails with CORE_BAD_FILE unless the stored digest is that of the content. */
core_status res_content_verify(core_h5 *file, const char *path) CORE_MUST_USE;

#endif

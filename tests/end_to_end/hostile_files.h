/* One file of every kind that tailbit reads, for hostile.c. */
#ifndef TESTS_END_TO_END_HOSTILE_FILES_H
#define TESTS_END_TO_END_HOSTILE_FILES_H

#include <stddef.h>

#include "core/status.h"

/* Makes them in the current folder: base.h5, half.h5, base.probe.h5, data.h5, base-reviews.h5, base-tokens.h5, run.yaml,
 * base.txt, base.tar.xz, base.jpg, base.zip, base.json, base-index.txt, and the folders that they are changed in. */
core_status hostile_make_files(void) CORE_MUST_USE;

/* Writes a file, or aborts. */
void hostile_put(const char *path, const char *data, size_t bytes);

#endif

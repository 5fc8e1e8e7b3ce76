/* tests/results/older.h - run files as a tailbit wrote them that had no checksums. */
#ifndef TESTS_RESULTS_OLDER_H
#define TESTS_RESULTS_OLDER_H

#include "core/status.h"

/* Takes the checksums (results/runs/check.h) out of the run file at `path`, and gives it the digest of what it holds now. */
core_status make_older(const char *path) CORE_MUST_USE;

#endif

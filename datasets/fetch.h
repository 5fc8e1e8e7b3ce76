/* datasets/fetch.h - `tailbit data fetch`: downloads a data set from its official address and imports it.
 *
 * The download goes to FOLDER/ARCHIVE.part/ARCHIVE and continues where an interrupted one ended; the folder has a mark,
 * so that a user's file is never taken for a part (core/folder.h). The archive is trusted only by its MD5.
 * https with certificates checked, redirects to https only; Tiny ImageNet's official address is http, and one given by
 * the caller may be http or file.
 */
#ifndef DATASETS_FETCH_H
#define DATASETS_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "datasets/import.h"
#include "datasets/picture_import.h"

typedef struct {
    const char *url; /* a mirror of the archive; NULL: the official address */
    const char *md5; /* 32 hex digits; NULL: the official one */
    /* Called a few times a second with bytes so far and in all (0: unknown); NULL: not called. */
    void (*progress)(void *context, int64_t done_bytes, int64_t total_bytes);
    void *context;
    ds_picture_options pictures; /* how packed pictures are imported; `unverified` has no effect */
} ds_fetch_options;

/* Downloads, verifies and imports data set `name` into the data folder. Where a verified one is present and intact by
 * its record, does nothing and says so in the report. options and out may be NULL.
 * CORE_BAD_USAGE: a name that has no address, or a path in the data folder that it needs is taken by something that
 * tailbit did not make; both are checked before the download. CORE_MACHINE: network, disk, or a build without libcurl;
 * a part that was downloaded stays and is continued. CORE_BAD_FILE: the archive has another MD5 (it is removed) or a
 * bad layout. */
core_status ds_data_fetch(const char *name, const char *data_dir, const ds_fetch_options *options,
                          ds_data_report *out) CORE_MUST_USE;

#endif

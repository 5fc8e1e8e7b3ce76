/* datasets/download.h - fetches one file over the network into a part that a later call continues.
 *
 * libcurl, where the build had it. https with certificates and host names checked; redirects to https only.
 */
#ifndef DATASETS_DOWNLOAD_H
#define DATASETS_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

typedef struct {
    const char *url;
    bool https_only;  /* else also http and file, for an address that the caller chose */
    const char *part; /* file that grows; what is in it already is continued */
    void (*progress)(void *context, int64_t done_bytes, int64_t total_bytes); /* total 0: unknown; or NULL */
    void *context;
} ds_download;

/* Whether this build can download. */
bool ds_download_available(void);

/* Brings `part` to its end. *out_cannot_continue: true, with CORE_MACHINE, where the other side cannot continue what is
 * in `part`; emptying it helps. CORE_MACHINE otherwise: network, disk, or no libcurl; `part` keeps what came. */
core_status ds_download_run(const ds_download *job, bool *out_cannot_continue) CORE_MUST_USE;

#endif

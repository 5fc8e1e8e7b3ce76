/* datasets/download.h - downloads a file into a partial file (part), which a later call can continue.
 *
 * Uses libcurl, where the build has it: https with certificates and host names checked, redirects to https only.
 * The environment variable SSL_CERT_FILE names the file of certificates, otherwise libcurl has its own.
 */
#ifndef DATASETS_DOWNLOAD_H
#define DATASETS_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

typedef struct {
    const char *url;
    bool https_only;  /* false: http and file too, for an address that the caller chose */
    const char *part; /* path of the partial file; the download continues behind its bytes */
    void (*progress)(void *context, int64_t done_bytes, int64_t total_bytes); /* total 0: unknown; or NULL */
    void *context;
} ds_download;

/* Whether this build can download. */
bool ds_download_available(void);

/* Downloads the rest of `part`. *out_cannot_continue is true, with CORE_MACHINE, where the server cannot continue
 * `part`: delete it and try again. CORE_MACHINE otherwise: network, disk, or no libcurl; `part` keeps the bytes that
 * came. */
core_status ds_download_run(const ds_download *job, bool *out_cannot_continue) CORE_MUST_USE;

#endif

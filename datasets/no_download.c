/* datasets/download.h for a build without libcurl. */
#include "datasets/download.h"

bool ds_download_available(void) { return false; }

core_status ds_download_run(const ds_download *job, bool *out_cannot_continue)
{
    *out_cannot_continue = false;
    return core_fail(CORE_MACHINE,
                     "this build has no libcurl: download %s yourself and use `tailbit data import`, or build with it",
                     job->url);
}

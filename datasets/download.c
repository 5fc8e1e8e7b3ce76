#include "datasets/download.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

enum { CONNECT_SECONDS = 30, STALL_SECONDS = 60, MOST_REDIRECTS = 5 };

static const curl_off_t MOST_BYTES = (curl_off_t)4 << 30; /* far above every known archive; bounds a wrong one */

typedef struct {
    const ds_download *job;
    int fd;
    int write_error; /* errno of a failed write, else 0 */
    int64_t begin;   /* bytes in the part when the transfer began */
} transfer;

bool ds_download_available(void) { return true; }

static size_t receive(char *data, size_t size, size_t count, void *context)
{
    transfer *run = context;
    if (core_file_write_all(run->fd, data, size * count) != 0) {
        run->write_error = errno;
        return 0; /* fewer bytes than given: libcurl stops */
    }
    return size * count;
}

static int tell_progress(void *context, curl_off_t total, curl_off_t done, curl_off_t upload_total, curl_off_t uploaded)
{
    (void)upload_total;
    (void)uploaded;
    const transfer *run = context;
    run->job->progress(run->job->context, run->begin + done, total > 0 ? run->begin + total : 0);
    return 0;
}

/* false: this libcurl lacks an option that makes the transfer safe. */
static bool configure(CURL *curl, transfer *run, char *error_text)
{
    const ds_download *job = run->job;
    const char *certificates = getenv("SSL_CERT_FILE");
    bool ok = curl_easy_setopt(curl, CURLOPT_URL, job->url) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, job->https_only ? "https" : "https,http,file") == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https") == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTS) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, MOST_BYTES) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)run->begin) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_USERAGENT, "tailbit") == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_WRITEDATA, run) == CURLE_OK;
    ok = ok && curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error_text) == CURLE_OK;
    if (certificates != NULL && certificates[0] != '\0') {
        ok = ok && curl_easy_setopt(curl, CURLOPT_CAINFO, certificates) == CURLE_OK;
    }
    if (job->progress != NULL) {
        ok = ok && curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
        ok = ok && curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tell_progress) == CURLE_OK;
        ok = ok && curl_easy_setopt(curl, CURLOPT_XFERINFODATA, run) == CURLE_OK;
    }
    return ok;
}

static int64_t bytes_so_far(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 ? (int64_t)info.st_size : 0;
}

static core_status perform(CURL *curl, transfer *run, bool *out_cannot_continue)
{
    char error_text[CURL_ERROR_SIZE] = "";
    if (!configure(curl, run, error_text)) {
        return core_fail(CORE_MACHINE, "this libcurl (%s) cannot download safely", curl_version());
    }
    CURLcode code = curl_easy_perform(curl);
    if (run->write_error != 0) {
        return core_file_fail("write", run->job->part, run->write_error);
    }
    if (code != CURLE_OK) {
        *out_cannot_continue = run->begin > 0 && (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME);
        return core_fail(CORE_MACHINE,
                         "cannot download %s: %s; %s keeps the %lld bytes that came, and the same command continues",
                         run->job->url, error_text[0] != '\0' ? error_text : curl_easy_strerror(code), run->job->part,
                         (long long)bytes_so_far(run->fd));
    }
    return fsync(run->fd) == 0 ? CORE_OK : core_file_fail("write", run->job->part, errno);
}

core_status ds_download_run(const ds_download *job, bool *out_cannot_continue)
{
    *out_cannot_continue = false;
    transfer run = {.job = job};
    run.fd = open(job->part, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (run.fd < 0) {
        return core_file_fail("write", job->part, errno);
    }
    run.begin = bytes_so_far(run.fd);
    core_status status;
    CURL *curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (curl == NULL) {
        status = core_fail(CORE_MACHINE, "libcurl does not start");
    } else {
        status = perform(curl, &run, out_cannot_continue);
        curl_easy_cleanup(curl);
    }
    if (close(run.fd) != 0 && status == CORE_OK) {
        status = core_file_fail("write", job->part, errno);
    }
    return status;
}

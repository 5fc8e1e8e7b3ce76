#include "datasets/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/file.h"
#include "core/path.h"
#include "core/zip.h"

enum {
    MAX_WANTS = 32,
    READ_BYTES = 1 << 16,
    PIECE_BYTES = 1 << 8, /* input between two checks of the unpacked size: in bzip2 it may unpack to 190 MiB */
    /* An archive may unpack to FREE_BYTES plus MOST_TIMES its size. */
    FREE_BYTES = 256 << 20,
    MOST_TIMES = 100,
    HEADER_BYTES = 512
};

typedef struct {
    const char *path; /* of the archive */
    struct archive *reader;
    const ds_unpack_visitor *visitor;
    int fd;
    int64_t taken, filled; /* input[taken..filled - 1] is still to be unpacked */
    int64_t most;          /* bytes that the archive may unpack to */
    int64_t left;          /* `most` less the sizes of the entries so far */
    bool is_bomb;          /* it unpacked to more than `most` */
    char *data;            /* contents of the current entry */
    char input[READ_BYTES];
} extraction;

static core_status refuse_bomb(const extraction *job)
{
    return core_fail_about(CORE_BAD_FILE, job->path, ": unpacks to more than %d times its size, expected no more",
                           (int)MOST_TIMES);
}

static core_status fail_broken(const extraction *job)
{
    if (job->is_bomb) {
        return refuse_bomb(job);
    }
    const char *why = archive_error_string(job->reader);
    return core_fail_about(CORE_BAD_FILE, job->path, ": damaged, truncated or no %s archive (%s)",
                           job->visitor->zip ? "zip" : "tar", why != NULL ? why : "no reason given");
}

/* Checks that an entry is a file of the wanted size. */
static core_status check_entry(const extraction *job, struct archive_entry *entry, const ds_unpack_want *want)
{
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL) {
        return core_fail_about(CORE_BAD_FILE, job->path, ": %s in it is not a regular file", want->name);
    }
    const int64_t bytes = archive_entry_size(entry);
    if (want->bytes >= 0 ? bytes != want->bytes : bytes > -want->bytes) {
        return core_fail_about(CORE_BAD_FILE, job->path, ": %s in it has %" PRId64 " bytes, expected %s%" PRId64,
                               want->name, bytes, want->bytes >= 0 ? "" : "at most ",
                               want->bytes >= 0 ? want->bytes : -want->bytes);
    }
    return CORE_OK;
}

static core_status show_entry(extraction *job, struct archive_entry *entry)
{
    const char *path = archive_entry_pathname(entry);
    ds_unpack_want want;
    if (path == NULL) {
        return core_zip_fail_nameless(job->path);
    }
    if (!job->visitor->wants(job->visitor->context, path, &want)) {
        return CORE_OK;
    }
    CORE_TRY(check_entry(job, entry, &want));
    const int64_t bytes = archive_entry_size(entry);
    free(job->data);
    job->data = malloc((size_t)bytes + 1);
    if (job->data == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory to unpack %s", job->path);
    }
    const la_ssize_t got = archive_read_data(job->reader, job->data, (size_t)bytes);
    char more;
    const la_ssize_t behind = /* libarchive compares a zip's checksum where it finds the end */
        got == bytes ? archive_read_data(job->reader, &more, 1) : 0;
    if (got < 0 || behind < 0) {
        return fail_broken(job);
    }
    return got == bytes ? job->visitor->take(job->visitor->context, want.name, job->data, bytes)
                        : core_fail_about(CORE_BAD_FILE, job->path, ": %s in it ends early", want.name);
}

/* Counts an entry before it is read or skipped: skipping unpacks it too. */
static core_status count_entry(extraction *job, struct archive_entry *entry)
{
    const int64_t bytes = archive_entry_size(entry);
    if (bytes < 0 || bytes > job->left - HEADER_BYTES) {
        return refuse_bomb(job);
    }
    job->left -= bytes + HEADER_BYTES;
    return CORE_OK;
}

static bool fill_input(extraction *job)
{
    ssize_t got;
    do {
        got = read(job->fd, job->input, READ_BYTES);
    } while (got < 0 && errno == EINTR);
    job->taken = 0;
    job->filled = got > 0 ? got : 0;
    return got >= 0;
}

/* Gives libarchive the next piece of the archive. Checks the unpacked size here, since libarchive skips an entry in one
 * call, and an entry may unpack to more than its stated size. */
static la_ssize_t take_piece(struct archive *reader, void *context, const void **piece)
{
    extraction *job = context;
    job->is_bomb = archive_filter_bytes(reader, 0) > job->most;
    if (job->is_bomb || (job->taken == job->filled && !fill_input(job))) {
        archive_set_error(reader, errno, "%s", strerror(errno));
        return ARCHIVE_FATAL;
    }
    const int64_t left = job->filled - job->taken, bytes = left < PIECE_BYTES ? left : PIECE_BYTES;
    *piece = job->input + job->taken;
    job->taken += bytes;
    return bytes;
}

/* A zip's list of entries stands at its end. */
static la_int64_t seek_input(struct archive *reader, void *context, la_int64_t offset, int whence)
{
    extraction *job = context;
    const off_t at = lseek(job->fd, offset, whence);
    (void)reader;
    job->taken = job->filled = 0;
    return at >= 0 ? at : ARCHIVE_FATAL;
}

/* Compares the checksum and the length of a gzip file with its contents, which libarchive does not; any other file is
 * right. */
static core_status check_gzip(extraction *job)
{
    const int fd = dup(job->fd); /* gzclose closes it */
    gzFile file = fd >= 0 ? gzdopen(fd, "rb") : NULL;
    if (file == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return core_fail(CORE_MACHINE, "not enough memory to unpack %s", job->path);
    }
    int64_t bytes = 0;
    int got;
    do {
        got = gzread(file, job->input, READ_BYTES);
        bytes += got > 0 ? got : 0;
    } while (got > 0 && bytes <= job->most && gzdirect(file) == 0);
    int error;
    gzerror(file, &error);
    const int why = errno;
    const bool is_damaged = gzdirect(file) == 0 && (got < 0 || error == Z_BUF_ERROR);
    gzclose(file);
    if (bytes > job->most) {
        return refuse_bomb(job);
    }
    if (error == Z_ERRNO) {
        return core_file_fail("read", job->path, why);
    }
    if (is_damaged) {
        return core_fail_about(CORE_BAD_FILE, job->path,
                               ": damaged, truncated or changed: its contents do not have its gzip checksum");
    }
    return lseek(job->fd, 0, SEEK_SET) == 0 ? CORE_OK : core_file_fail("read", job->path, errno);
}

static core_status open_archive(extraction *job)
{
    struct stat info;
    job->fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* O_NONBLOCK: do not wait for the writer of a pipe */
    if (job->fd < 0 || fstat(job->fd, &info) != 0) {
        return core_fail(core_file_read_code(errno), "cannot open %s: %s", job->path, strerror(errno));
    }
    job->most = info.st_size > INT64_MAX / MOST_TIMES - FREE_BYTES ? INT64_MAX : FREE_BYTES + MOST_TIMES * info.st_size;
    job->left = job->most;
    CORE_TRY(S_ISREG(info.st_mode) ? check_gzip(job) : CORE_OK);
    if (job->visitor->zip) {
        archive_read_support_format_zip_seekable(job->reader);
        archive_read_set_seek_callback(job->reader, seek_input);
    } else {
        archive_read_support_format_tar(job->reader);
    }
    archive_read_set_read_callback(job->reader, take_piece);
    archive_read_set_callback_data(job->reader, job);
    return archive_read_open1(job->reader) == ARCHIVE_OK ? CORE_OK : fail_broken(job);
}

static core_status visit_all(extraction *job)
{
    CORE_TRY(open_archive(job));
    for (;;) {
        struct archive_entry *entry;
        int got = core_zip_next_header(job->reader, &entry);
        if (got == ARCHIVE_EOF) {
            return CORE_OK;
        }
        if (got == ARCHIVE_RETRY) {
            continue;
        }
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN) {
            return fail_broken(job);
        }
        CORE_TRY(count_entry(job, entry));
        CORE_TRY(show_entry(job, entry));
    }
}

core_status ds_unpack_each(const char *path, const ds_unpack_visitor *visitor)
{
    extraction job = {.path = path, .fd = -1, .visitor = visitor, .reader = archive_read_new()};
    if (job.reader == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory to unpack %s", path);
    }
    /* Not support_filter_all: some of its filters run other programs. */
    archive_read_support_filter_gzip(job.reader);
    archive_read_support_filter_bzip2(job.reader);
    archive_read_support_filter_xz(job.reader);
    archive_read_support_filter_zstd(job.reader);
    core_status status = visit_all(&job);
    archive_read_free(job.reader);
    free(job.data);
    if (job.fd >= 0) {
        close(job.fd);
    }
    return status;
}

/* What ds_unpack knows while it is shown the entries. */
typedef struct {
    const char *path, *into; /* the archive; the folder */
    const ds_unpack_want *wants;
    int count;
    bool found[MAX_WANTS];
} unpacking;

static int find_want(const unpacking *u, const char *path)
{
    int i = 0;
    while (i < u->count && strcmp(core_path_name(path), u->wants[i].name) != 0) {
        i++;
    }
    return i;
}

static bool want_entry(void *context, const char *path, ds_unpack_want *out)
{
    const unpacking *u = context;
    const int i = find_want(u, path);
    *out = i < u->count ? u->wants[i] : (ds_unpack_want){0};
    return i < u->count;
}

static core_status write_entry(void *context, const char *name, const char *data, int64_t bytes)
{
    unpacking *u = context;
    bool *found = &u->found[find_want(u, name)];
    char path[CORE_PATH_BYTES];
    if (*found) {
        return core_fail_about(CORE_BAD_FILE, u->path, ": %s is in it twice", name);
    }
    *found = true;
    CORE_TRY(core_path_write(path, "%s/%s", u->into, name));
    return core_file_make(AT_FDCWD, path, O_EXCL, data, (size_t)bytes) == 0 ? CORE_OK
                                                                            : core_file_fail("write", path, errno);
}

core_status ds_unpack(const char *path, const ds_unpack_want *wants, int count, const char *into)
{
    assert(count >= 0 && count <= MAX_WANTS);
    unpacking u = {.path = path, .into = into, .wants = wants, .count = count};
    const ds_unpack_visitor visitor = {.context = &u, .wants = want_entry, .take = write_entry};
    CORE_TRY(ds_unpack_each(path, &visitor));
    for (int i = 0; i < count; i++) {
        if (!u.found[i]) {
            return core_fail_about(CORE_BAD_FILE, path, ": %s is not in it", wants[i].name);
        }
    }
    return CORE_OK;
}

#include "datasets/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

enum {
    MAX_WANTS = 32,
    READ_BYTES = 1 << 18,
    PIECE_BYTES = 1 << 8, /* between two looks at how much they unpack to: of bzip2 that may be 190 MiB */
    /* An archive may unpack to this many bytes, and beyond that to this many times its size. */
    FREE_BYTES = 256 << 20,
    MOST_TIMES = 100,
    HEADER_BYTES = 512
};

typedef struct extraction extraction;

struct extraction {
    const char *path; /* of the archive */
    struct archive *reader;
    core_status (*visit)(extraction *job, struct archive_entry *entry); /* of every entry */
    int fd;
    char *input; /* (READ_BYTES) of the archive, of which the bytes from `taken` to `filled` are still to be unpacked */
    int64_t taken, filled;
    int64_t most; /* bytes that the archive may unpack to */
    int64_t left; /* of them, those that the sizes of the entries leave */
    bool is_bomb; /* it unpacked to more */

    /* Of ds_unpack. */
    const ds_unpack_want *wants;
    int count;
    const char *into;
    bool found[MAX_WANTS];

    /* Of ds_unpack_each. */
    const ds_unpack_visitor *visitor;
    char *data; /* of the entry under way */
    int64_t room;
};

static core_status refuse_bomb(const extraction *job)
{
    return core_fail_about(CORE_BAD_FILE, job->path, ": unpacks to more than %d times its size, expected no more",
                           (int)MOST_TIMES);
}

static core_status broken(const extraction *job)
{
    if (job->is_bomb) {
        return refuse_bomb(job);
    }
    const char *why = archive_error_string(job->reader);
    return core_fail_about(CORE_BAD_FILE, job->path, ": damaged, truncated or no tar archive (%s)",
                           why != NULL ? why : "no reason given");
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Which wanted file an entry is, -1: none. */
static int find_want(const extraction *job, const char *entry_path)
{
    for (int i = 0; entry_path != NULL && i < job->count; i++) {
        if (strcmp(last_component(entry_path), job->wants[i].name) == 0) {
            return i;
        }
    }
    return -1;
}

/* Checks that an entry is a file whose size is `wanted`, a negative one: at most that. */
static core_status check_entry(const extraction *job, struct archive_entry *entry, const char *name, int64_t wanted)
{
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != NULL) {
        return core_fail_about(CORE_BAD_FILE, job->path, ": %s in it is not a regular file", name);
    }
    int64_t bytes = archive_entry_size(entry);
    if (wanted >= 0 ? bytes != wanted : bytes > -wanted) {
        return core_fail_about(CORE_BAD_FILE, job->path, ": %s in it has %lld bytes, expected %s%lld", name,
                               (long long)bytes, wanted >= 0 ? "" : "at most ", llabs((long long)wanted));
    }
    return CORE_OK;
}

static core_status write_all(int fd, const char *path, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t done = write(fd, data, bytes);
        if (done < 0 && errno != EINTR) {
            return core_file_fail("write", path, errno);
        }
        if (done > 0) {
            data += done;
            bytes -= (size_t)done;
        }
    }
    return CORE_OK;
}

/* Copies the entry's bytes; libarchive hands out no more than the size that was checked. */
static core_status copy_entry(const extraction *job, int fd, const char *path, char *buffer)
{
    for (;;) {
        la_ssize_t bytes = archive_read_data(job->reader, buffer, READ_BYTES);
        if (bytes < 0) {
            return broken(job);
        }
        if (bytes == 0) {
            return fsync(fd) == 0 ? CORE_OK : core_file_fail("write", path, errno);
        }
        CORE_TRY(write_all(fd, path, buffer, (size_t)bytes));
    }
}

static core_status write_entry(const extraction *job, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) {
        return core_file_fail("write", path, errno);
    }
    char *buffer = malloc(READ_BYTES);
    core_status status = buffer != NULL ? copy_entry(job, fd, path, buffer)
                                        : core_fail(CORE_MACHINE, "not enough memory to unpack %s", job->path);
    free(buffer);
    if (close(fd) != 0 && status == CORE_OK) {
        status = core_file_fail("write", path, errno);
    }
    return status;
}

static core_status take_entry(extraction *job, struct archive_entry *entry)
{
    int which = find_want(job, archive_entry_pathname(entry));
    if (which < 0) {
        return CORE_OK;
    }
    CORE_TRY(check_entry(job, entry, job->wants[which].name, job->wants[which].bytes));
    if (job->found[which]) {
        return core_fail_about(CORE_BAD_FILE, job->path, ": %s is in it twice", job->wants[which].name);
    }
    char *path;
    if (asprintf(&path, "%s/%s", job->into, job->wants[which].name) < 0) {
        return core_fail(CORE_MACHINE, "not enough memory for a path");
    }
    core_status status = write_entry(job, path);
    free(path);
    job->found[which] = true;
    return status;
}

/* Reads the `bytes` bytes of an entry. */
static core_status read_entry(extraction *job, const char *name, int64_t bytes)
{
    if (bytes > job->room) {
        free(job->data);
        job->data = malloc((size_t)bytes);
        job->room = job->data != NULL ? bytes : 0;
        if (job->data == NULL) {
            return core_fail(CORE_MACHINE, "not enough memory to unpack %s", job->path);
        }
    }
    for (int64_t done = 0; done < bytes;) {
        la_ssize_t got = archive_read_data(job->reader, job->data + done, (size_t)(bytes - done));
        if (got < 0) {
            return broken(job);
        }
        if (got == 0) {
            return core_fail_about(CORE_BAD_FILE, job->path, ": %s in it ends early", name);
        }
        done += got;
    }
    return CORE_OK;
}

static core_status show_entry(extraction *job, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    int64_t most = name != NULL ? job->visitor->most_bytes(job->visitor->context, name) : -1;
    if (most < 0) {
        return CORE_OK;
    }
    CORE_TRY(check_entry(job, entry, name, -most));
    int64_t bytes = archive_entry_size(entry);
    CORE_TRY(read_entry(job, name, bytes));
    return job->visitor->take(job->visitor->context, name, job->data, bytes);
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

/* The next piece of the archive. What an entry unpacks to may be more than its size says, and is skipped in one call. */
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

static core_status open_archive(extraction *job)
{
    struct stat info;
    job->input = malloc(READ_BYTES);
    if (job->input == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory to unpack %s", job->path);
    }
    job->fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer is no archive */
    if (job->fd < 0 || fstat(job->fd, &info) != 0) {
        return core_fail(CORE_BAD_FILE, "cannot open %s: %s", job->path, strerror(errno));
    }
    job->most = info.st_size > INT64_MAX / MOST_TIMES - FREE_BYTES ? INT64_MAX : FREE_BYTES + MOST_TIMES * info.st_size;
    job->left = job->most;
    return archive_read_open(job->reader, job, NULL, take_piece, NULL) == ARCHIVE_OK ? CORE_OK : broken(job);
}

static core_status visit_all(extraction *job)
{
    CORE_TRY(open_archive(job));
    for (;;) {
        struct archive_entry *entry;
        int got = archive_read_next_header(job->reader, &entry);
        if (got == ARCHIVE_EOF) {
            break;
        }
        if (got == ARCHIVE_RETRY) {
            continue;
        }
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN) {
            return broken(job);
        }
        CORE_TRY(count_entry(job, entry));
        CORE_TRY(job->visit(job, entry));
    }
    for (int i = 0; i < job->count; i++) {
        if (!job->found[i]) {
            return core_fail_about(CORE_BAD_FILE, job->path, ": %s is not in it", job->wants[i].name);
        }
    }
    return CORE_OK;
}

static core_status walk(extraction *job)
{
    job->reader = archive_read_new();
    if (job->reader == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory to unpack %s", job->path);
    }
    /* Not support_filter_all: some of its filters run other programs. */
    archive_read_support_filter_gzip(job->reader);
    archive_read_support_filter_bzip2(job->reader);
    archive_read_support_filter_xz(job->reader);
    archive_read_support_filter_zstd(job->reader);
    archive_read_support_format_tar(job->reader);
    core_status status = visit_all(job);
    archive_read_free(job->reader);
    free(job->data);
    free(job->input);
    if (job->fd >= 0) {
        close(job->fd);
    }
    return status;
}

core_status ds_unpack(const char *path, const ds_unpack_want *wants, int count, const char *into)
{
    assert(count >= 0 && count <= MAX_WANTS);
    extraction job = {.path = path, .fd = -1, .visit = take_entry, .wants = wants, .count = count, .into = into};
    return walk(&job);
}

core_status ds_unpack_each(const char *path, const ds_unpack_visitor *visitor)
{
    extraction job = {.path = path, .fd = -1, .visit = show_entry, .visitor = visitor};
    return walk(&job);
}

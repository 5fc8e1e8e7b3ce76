#include "core/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file_internal.h"
#include "core/hash.h"
#include "core/memory.h"

enum { PIECE_BYTES = 1 << 20 };

struct core_file_replacement {
    char path[CORE_PATH_BYTES]; /* what the rename replaces */
    char folder[CORE_PATH_BYTES];
    char temporary[CORE_PATH_BYTES];
};

core_status core_file_fail(const char *doing, const char *path, int error)
{
    const char *why = strerror(error);
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        why = "the disk, a quota or a size limit is full; free some space and run the same command again";
        break;
    case EACCES:
    case EPERM:
        why = "no permission; the folder or the file is not yours to write";
        break;
    case EROFS:
        why = "the file system is read-only";
        break;
    case ENOENT:
        why = "its folder does not exist";
        break;
    case EEXIST:
        why = "a link that leads nowhere lies there";
        break;
    case ENOTDIR:
        return core_fail(CORE_BAD_USAGE,
                         "cannot %s %s: a file lies in the way, where its path needs a folder; give another path",
                         doing, path);
    case ENAMETOOLONG:
        return core_fail(CORE_BAD_USAGE, "cannot %s %s: the name is too long for the file system; give a shorter one",
                         doing, path);
    default:
        break;
    }
    return core_fail(CORE_MACHINE, "cannot %s %s: %s", doing, path, why);
}

core_status core_file_read_code(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM ? CORE_MACHINE : CORE_BAD_FILE;
}

int core_file_tested(int result)
{
    static _Atomic long calls;
    const int error = errno;
    const char *limit = getenv("TAILBIT_TEST_ABORT_AFTER");
    if (limit != NULL && ++calls == atol(limit)) {
        kill(getpid(), SIGKILL);
        pause();
    }
    errno = error;
    return result;
}

core_status core_file_resolve(const char *path, char real[CORE_PATH_BYTES])
{
    struct stat info;
    const bool is_link = lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
    return is_link && realpath(path, real) != NULL ? CORE_OK : core_path_write(real, "%s", path);
}

ssize_t core_file_peek(int folder, const char *name, int flags, off_t offset, char *text, size_t bytes)
{
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    const ssize_t got = fd >= 0 ? pread(fd, text, bytes, offset) : -1;
    const int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = error;
    return got;
}

/* Whether `name` is a temporary of the same file and host as `own`, and its writer no longer runs. A temporary with our
 * own process number was left by an earlier process that had this number. */
static bool is_stale(const char *name, const char *own)
{
    const size_t length = (size_t)(strrchr(own, '.') + 1 - own);
    if (strncmp(name, own, length) != 0) {
        return false;
    }
    char *end;
    long pid = strtol(name + length, &end, 10);
    if (*end != '\0' || pid <= 0) {
        return false;
    }
    return pid == getpid() || (kill((pid_t)pid, 0) != 0 && errno == ESRCH);
}

static void remove_stale(const char *folder, const char *own)
{
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return; /* begin's open says why */
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (is_stale(entry->d_name, own)) {
            core_file_tested(unlinkat(dirfd(dir), entry->d_name, 0));
        }
    }
    closedir(dir);
}

static core_status name_replacement(core_file_replacement *replacement, const char *path)
{
    /* The name has the host too: another host may share the folder, and our host cannot see that host's processes. */
    char host[65] = "", end[96];
    gethostname(host, sizeof host - 1);
    const int end_bytes = snprintf(end, sizeof end, ".tmp.%s.%ld", host, (long)getpid());
    CORE_TRY(core_file_resolve(path, replacement->path));
    CORE_TRY(core_path_folder(replacement->path, replacement->folder));
    const char *name = core_path_name(replacement->path);
    if ((long)strlen(name) + end_bytes <= core_file_name_max(replacement->folder)) {
        return core_path_write(replacement->temporary, "%s%s", replacement->path, end);
    }
    return core_path_write(replacement->temporary, "%.*s.tailbit-%016" PRIx64 "%s", (int)(name - replacement->path),
                           replacement->path, core_hash_xxh3_64(name, strlen(name)), end);
}

core_status core_file_begin(const char *path, const core_file_kind *kind, core_file_replacement **out)
{
    core_file_replacement *replacement;
    CORE_TRY(core_file_may_replace(path, kind));
    CORE_TRY(CORE_NEW(1, "a file name", replacement));
    core_status status = name_replacement(replacement, path);
    if (status == CORE_OK) {
        remove_stale(replacement->folder, core_path_name(replacement->temporary));
        int fd = core_file_tested(open(replacement->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (fd >= 0 && core_file_tested(close(fd)) != 0) { /* a quota of a network disk */
            const int error = errno;
            unlink(replacement->temporary);
            status = core_file_fail("write", path, error);
        } else if (fd < 0) {
            status = errno == EEXIST
                         ? core_fail(CORE_MACHINE,
                                     "cannot write %s: another tailbit seems to write it; if none does, remove %s",
                                     path, replacement->temporary)
                         : core_file_fail("write", path, errno);
        }
    }
    if (status != CORE_OK) {
        free(replacement);
        return status;
    }
    *out = replacement;
    return CORE_OK;
}

const char *core_file_temporary(const core_file_replacement *replacement) { return replacement->temporary; }

/* Opens `path` to fsync and close it: fsync acts on the file, also when another descriptor wrote it. 0 or -1 with
 * errno. Some network file systems have no fsync for a folder and say EINVAL. */
static int sync_path(const char *path, bool is_folder)
{
    int fd = core_file_tested(open(path, O_RDONLY | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0)));
    if (fd < 0) {
        return -1;
    }
    int failed = core_file_tested(fsync(fd)), error = errno;
    if (failed != 0 && is_folder && error == EINVAL) {
        failed = 0;
    }
    if (core_file_tested(close(fd)) != 0 && failed == 0) {
        return -1;
    }
    errno = error;
    return failed;
}

core_status core_file_commit(core_file_replacement *replacement)
{
    core_status status = CORE_OK;
    struct stat old;
    if (stat(replacement->path, &old) == 0 && S_ISREG(old.st_mode)) {
        (void)!chmod(replacement->temporary, old.st_mode & 0777); /* not every file system has modes */
    }
    if (sync_path(replacement->temporary, false) != 0 ||
        core_file_tested(rename(replacement->temporary, replacement->path)) != 0) {
        status = errno == ENOENT
                     ? core_fail(CORE_MACHINE, "cannot write %s: its temporary %s or its folder was removed",
                                 replacement->path, replacement->temporary)
                     : core_file_fail("write", replacement->path, errno);
        unlink(replacement->temporary);
    } else if (sync_path(replacement->folder, true) != 0) {
        status = core_file_fail("make durable the folder of", replacement->path, errno);
    }
    free(replacement);
    return status;
}

void core_file_abandon(core_file_replacement *replacement)
{
    if (replacement != NULL) {
        unlink(replacement->temporary);
        free(replacement);
    }
}

/* Writes in pieces, so that TAILBIT_TEST_ABORT_AFTER can stop in the middle of a file. */
int core_file_write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        const int wrote = core_file_tested((int)write(fd, data, bytes < PIECE_BYTES ? bytes : PIECE_BYTES));
        if (wrote < 0 && errno != EINTR) {
            return -1;
        }
        if (wrote > 0) {
            data += wrote;
            bytes -= (size_t)wrote;
        }
    }
    return 0;
}

/* Opens a file of a folder by these flags, writes it, and closes it; 0 or -1 with errno. */
static int fill_file(int folder, const char *name, int flags, const void *data, size_t bytes)
{
    const int fd = core_file_tested(openat(folder, name, O_WRONLY | O_CLOEXEC | flags, 0666));
    if (fd < 0) {
        return -1;
    }
    /* Without O_CREAT the file is a temporary; core_file_commit calls fsync for it. */
    const bool written =
        core_file_write_all(fd, data, bytes) == 0 && ((flags & O_CREAT) == 0 || core_file_tested(fsync(fd)) == 0);
    const int error = errno;
    if (core_file_tested(close(fd)) != 0 && written) {
        return -1;
    }
    errno = error;
    return written ? 0 : -1;
}

int core_file_make(int folder, const char *name, int flags, const void *data, size_t bytes)
{
    return fill_file(folder, name, O_CREAT | O_NOFOLLOW | flags, data, bytes);
}

core_status core_file_begin_with(const char *path, const core_file_kind *kind, const void *data, size_t bytes,
                                 core_file_replacement **out)
{
    core_file_replacement *replacement;
    CORE_TRY(core_file_begin(path, kind, &replacement));
    if (fill_file(AT_FDCWD, replacement->temporary, 0, data, bytes) != 0) {
        const int error = errno;
        core_file_abandon(replacement);
        return core_file_fail("write", path, error);
    }
    *out = replacement;
    return CORE_OK;
}

core_status core_file_write(const char *path, const core_file_kind *kind, const void *data, size_t bytes)
{
    core_file_replacement *replacement;
    CORE_TRY(core_file_begin_with(path, kind, data, bytes, &replacement));
    return core_file_commit(replacement);
}

/* Reads exactly `bytes` bytes; 0, or -1 with errno (0: the file ended early). */
static int read_all(int fd, char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t got = read(fd, data, bytes);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            errno = got == 0 ? 0 : errno;
            return -1;
        }
        if (got > 0) {
            data += got;
            bytes -= (size_t)got;
        }
    }
    return 0;
}

core_status core_file_read(const char *path, char **data, size_t *bytes)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* O_NONBLOCK: a named pipe is refused, not waited for */
    if (fd < 0) {
        return core_fail(core_file_read_code(errno), "cannot open %s: %s", path, strerror(errno));
    }
    core_status status = CORE_OK;
    char *text = NULL;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = core_fail(CORE_BAD_FILE, "cannot read %s: it is not a regular file", path);
    } else {
        status = core_calloc((size_t)info.st_size + 1, 1, path, (void **)&text);
    }
    if (status == CORE_OK && read_all(fd, text, (size_t)info.st_size) != 0) {
        status = core_fail(CORE_BAD_FILE, "cannot read %s: %s", path,
                           errno != 0 ? strerror(errno) : "it became shorter while being read");
    }
    close(fd);
    if (status != CORE_OK) {
        free(text);
        return status;
    }
    *data = text;
    if (bytes != NULL) {
        *bytes = (size_t)info.st_size;
    }
    return CORE_OK;
}

/* A durable mkdir, but an existing folder is no error; 0 or errno. */
static int make_folder(const char *path)
{
    struct stat info;
    char above[CORE_PATH_BYTES];
    if (mkdir(path, 0777) == 0) {
        return core_path_folder(path, above) == CORE_OK && sync_path(above, true) != 0 && errno != EACCES
                   ? errno /* a folder that may be written and not read cannot be opened to be synced */
                   : 0;
    }
    const int error = errno;
    if (stat(path, &info) == 0) {
        return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
    }
    return error;
}

core_status core_file_make_folders(const char *path)
{
    char part[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(part, "%s", path));
    for (char *end = part; *end != '\0';) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        const int error = make_folder(part);
        if (error != 0) {
            return core_file_fail("make the folder", part, error);
        }
        *end = kept;
    }
    return CORE_OK;
}

core_status core_file_make_parent(const char *path)
{
    char folder[CORE_PATH_BYTES];
    CORE_TRY(core_path_folder(path, folder));
    return core_file_make_folders(folder);
}

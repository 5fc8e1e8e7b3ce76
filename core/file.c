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
    char *path;      /* what the rename replaces; owned */
    char *folder;    /* owned */
    char *temporary; /* owned */
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
        why = "a file lies in the way, where its path needs a folder";
        break;
    case ENAMETOOLONG:
        return core_fail(CORE_BAD_USAGE, "cannot %s %s: the name is too long for the file system; give a shorter one",
                         doing, path);
    default:
        break;
    }
    return core_fail(CORE_MACHINE, "cannot %s %s: %s", doing, path, why);
}

void core_file_test_call(void)
{
    static _Atomic long calls;
    const char *limit = getenv("TAILBIT_TEST_ABORT_AFTER");
    if (limit != NULL && ++calls == atol(limit)) {
        kill(getpid(), SIGKILL);
        pause();
    }
}

int core_file_tested(int result)
{
    const int error = errno;
    core_file_test_call();
    errno = error;
    return result;
}

static void destroy(core_file_replacement *replacement)
{
    free(replacement->path);
    free(replacement->folder);
    free(replacement->temporary);
    free(replacement);
}

char *core_file_resolved(const char *path)
{
    struct stat info;
    char *real = lstat(path, &info) == 0 && S_ISLNK(info.st_mode) ? realpath(path, NULL) : NULL;
    return real != NULL ? real : strdup(path);
}

char *core_file_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

const char *core_file_base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Whether `name` is a temporary like `own`, of the same file and machine, whose writer is gone. One with our own number
 * was left by an earlier process of that number. */
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

/* Fills in the names; false: no memory. */
static bool name_all(core_file_replacement *replacement, const char *path)
{
    replacement->path = core_file_resolved(path);
    replacement->folder = replacement->path != NULL ? core_file_folder_of(replacement->path) : NULL;
    if (replacement->folder == NULL) {
        return false;
    }
    /* The machine, because a number says nothing about the processes of another one that shares the folder. */
    char host[65] = "";
    gethostname(host, sizeof host - 1);
    const char *base = core_file_base_of(replacement->path);
    const int before = (int)(base - replacement->path); /* bytes of the folder's name, with its slash */
    char *name = NULL;
    if (asprintf(&name, "%s.tmp.%s.%ld", replacement->path, host, (long)getpid()) < 0) {
        return false;
    }
    if ((long)strlen(name + before) > core_file_name_max(replacement->folder)) {
        free(name);
        if (asprintf(&name, "%.*s.tailbit-%016" PRIx64 ".tmp.%s.%ld", before, replacement->path,
                     core_hash_xxh3_64(base, strlen(base)), host, (long)getpid()) < 0) {
            return false;
        }
    }
    replacement->temporary = name;
    return true;
}

core_status core_file_begin(const char *path, const core_file_kind *kind, core_file_replacement **out)
{
    core_file_replacement *replacement;
    CORE_TRY(core_file_may_replace(path, kind));
    CORE_TRY(CORE_NEW(1, "a file name", replacement));
    core_status status = CORE_OK;
    if (!name_all(replacement, path)) {
        status = core_fail(CORE_MACHINE, "not enough memory for the name %s", path);
    } else {
        remove_stale(replacement->folder, core_file_base_of(replacement->temporary));
        int fd = core_file_tested(open(replacement->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (fd < 0 || core_file_tested(close(fd)) != 0) {
            status = core_file_fail("write", path, errno);
        }
    }
    if (status != CORE_OK) {
        destroy(replacement);
        return status;
    }
    *out = replacement;
    return CORE_OK;
}

const char *core_file_temporary(const core_file_replacement *replacement) { return replacement->temporary; }

/* Opens `path` to fsync and close it: fsync is about the file, whoever wrote it. 0 or -1 with errno. Some network file
 * systems have no fsync for a folder and say EINVAL. */
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
    destroy(replacement);
    return status;
}

void core_file_abandon(core_file_replacement *replacement)
{
    if (replacement != NULL) {
        unlink(replacement->temporary);
        destroy(replacement);
    }
}

/* write(2) until all is written; 0 or -1 with errno. In pieces, so that TAILBIT_TEST_ABORT_AFTER can stop in a file. */
static int write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t wrote = write(fd, data, bytes < PIECE_BYTES ? bytes : PIECE_BYTES);
        int error = errno;
        core_file_test_call();
        errno = error;
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

core_status core_file_write(const char *path, const core_file_kind *kind, const void *data, size_t bytes)
{
    core_file_replacement *replacement;
    CORE_TRY(core_file_begin(path, kind, &replacement));
    int fd = core_file_tested(open(replacement->temporary, O_WRONLY | O_CLOEXEC));
    int failed = fd < 0 ? -1 : write_all(fd, data, bytes), error = errno;
    if (fd >= 0 && core_file_tested(close(fd)) != 0 && failed == 0) {
        failed = -1;
        error = errno;
    }
    if (failed != 0) {
        core_file_abandon(replacement);
        return core_file_fail("write", path, error);
    }
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
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* so that a named pipe is refused, not waited for */
    if (fd < 0) {
        return core_fail(CORE_BAD_FILE, "cannot open %s: %s", path, strerror(errno));
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

/* mkdir, where a folder that is there is fine; 0 or the errno that says why not. */
static int make_folder(const char *path)
{
    struct stat info;
    if (mkdir(path, 0777) == 0) {
        return 0;
    }
    const int error = errno;
    if (stat(path, &info) == 0) {
        return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
    }
    return error;
}

core_status core_file_make_folders(const char *path)
{
    char *part = strdup(path);
    if (part == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for the name %s", path);
    }
    core_status status = CORE_OK;
    for (char *end = part; status == CORE_OK && *end != '\0';) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        const int error = make_folder(part);
        if (error != 0) {
            status = core_file_fail("make the folder", part, error);
        }
        *end = kept;
    }
    free(part);
    return status;
}

core_status core_file_make_parent(const char *path)
{
    char *folder = core_file_folder_of(path);
    if (folder == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for the name %s", path);
    }
    core_status status = core_file_make_folders(folder);
    free(folder);
    return status;
}

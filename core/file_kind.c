/* Which files may be replaced, and whether a write can succeed, checked before it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/file_internal.h"

enum { HEAD_BYTES = 4096, TAIL_BYTES = 1024 };

static bool is_anything(const char *path, const void *context)
{
    (void)path;
    (void)context;
    return true;
}

const core_file_kind core_file_any = {.name = "file", .is_own = is_anything};

static bool begins_as_own(const char *head, size_t bytes, const core_file_kind *kind)
{
    for (int i = 0; i < CORE_FILE_STARTS && kind->starts[i] != NULL; i++) {
        const size_t length = strlen(kind->starts[i]);
        if (bytes >= length && memcmp(head, kind->starts[i], length) == 0) {
            return true;
        }
    }
    return kind->starts[0] == NULL;
}

static bool holds_mark(const char *part, ssize_t bytes, const core_file_kind *kind)
{
    return kind->mark == NULL || (bytes > 0 && memmem(part, (size_t)bytes, kind->mark, kind->mark_bytes) != NULL);
}

static bool looks_own(const char *path, off_t size, const core_file_kind *kind)
{
    char head[HEAD_BYTES], tail[TAIL_BYTES];
    if (kind->starts[0] == NULL && kind->mark == NULL) {
        return true;
    }
    const ssize_t first = core_file_peek(AT_FDCWD, path, 0, 0, head, sizeof head);
    const ssize_t last =
        core_file_peek(AT_FDCWD, path, 0, size > TAIL_BYTES ? size - TAIL_BYTES : 0, tail, sizeof tail);
    return first > 0 && begins_as_own(head, (size_t)first, kind) &&
           (holds_mark(head, first, kind) || holds_mark(tail, last, kind));
}

/* `looks`: how often a file that its owner changes or removes while it is looked at, as that of a lock, is looked at. */
static core_status may_replace(const char *path, const core_file_kind *kind, int looks)
{
    struct stat info;
    if (*core_path_name(path) == '\0') {
        return core_fail_about(CORE_BAD_USAGE, path, " is not a regular file: give the name of a file to write");
    }
    if (stat(path, &info) != 0) {
        const int error = errno;
        if (error == ENOENT && lstat(path, &info) == 0 && S_ISLNK(info.st_mode)) {
            return core_fail_about(CORE_BAD_USAGE, path,
                                   " is a link that leads nowhere: remove it, or make what it leads to");
        }
        return error == ENOENT ? CORE_OK : core_file_fail("write", path, error);
    }
    if (!S_ISREG(info.st_mode)) {
        return core_fail_about(CORE_BAD_USAGE, path, " is not a regular file: give the name of a file to write");
    }
    if (info.st_size == 0 ||
        (looks_own(path, info.st_size, kind) && (kind->is_own == NULL || kind->is_own(path, kind->context)))) {
        return CORE_OK;
    }
    struct stat now;
    if (looks > 1 && (stat(path, &now) != 0 || now.st_ino != info.st_ino || now.st_ctim.tv_sec != info.st_ctim.tv_sec ||
                      now.st_ctim.tv_nsec != info.st_ctim.tv_nsec)) {
        return may_replace(path, kind, looks - 1);
    }
    char first;
    if (core_file_peek(AT_FDCWD, path, 0, 0, &first, 1) < 0) { /* nobody knows what it is */
        return core_file_fail("read", path, errno);
    }
    return core_fail_about(CORE_BAD_USAGE, path,
                           " is there and is no %s file; it is left as it is: move it away, or give another name",
                           kind->name);
}

core_status core_file_may_replace(const char *path, const core_file_kind *kind) { return may_replace(path, kind, 20); }

core_status core_file_remove(const char *path, const core_file_kind *kind)
{
    struct stat info;
    if (lstat(path, &info) != 0 && errno == ENOENT) {
        return CORE_OK;
    }
    CORE_TRY(core_file_may_replace(path, kind));
    return unlink(path) == 0 || errno == ENOENT ? CORE_OK : core_file_fail("remove", path, errno);
}

long core_file_name_max(const char *folder)
{
    const long most = pathconf(folder, _PC_NAME_MAX);
    return most > 0 ? most : NAME_MAX;
}

/* Shortens `folder` to its longest part that exists, and raises *longest to the longest name cut off. Returns 0, or the
 * errno of a part that cannot be made. */
static int cut_to_what_is(char *folder, size_t *longest)
{
    struct stat info;
    while (stat(folder, &info) != 0) {
        if (errno != ENOENT) {
            return errno;
        }
        if (lstat(folder, &info) == 0) {
            return EEXIST;
        }
        char *slash = strrchr(folder, '/');
        const size_t length = strlen(core_path_name(folder));
        *longest = length > *longest ? length : *longest;
        if (slash == NULL) {
            strcpy(folder, ".");
        } else {
            slash[slash == folder] = '\0';
        }
    }
    return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
}

/* Checks that `folder` can be made and then hold a name of `longest` bytes; 0 or errno. Overwrites `folder`. */
static int check_place(char *folder, size_t longest)
{
    const int error = cut_to_what_is(folder, &longest);
    if (error != 0) {
        return error;
    }
    if ((long)longest > core_file_name_max(folder)) {
        return ENAMETOOLONG;
    }
    return faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* Whether the file and its folder belong to other users and the folder is sticky, as /tmp: then only they can replace
 * the file. */
static bool is_stuck(const char *path, const char *folder)
{
    struct stat file, above;
    return geteuid() != 0 && lstat(path, &file) == 0 && stat(folder, &above) == 0 && (above.st_mode & S_ISVTX) != 0 &&
           file.st_uid != geteuid() && above.st_uid != geteuid();
}

core_status core_file_check(const char *path, const core_file_kind *kind)
{
    CORE_TRY(core_file_may_replace(path, kind));
    char real[CORE_PATH_BYTES], folder[CORE_PATH_BYTES];
    CORE_TRY(core_file_resolve(path, real));
    CORE_TRY(core_path_folder(real, folder));
    const int error = is_stuck(real, folder) ? EACCES : check_place(folder, strlen(core_path_name(real)));
    return error == 0 ? CORE_OK : core_file_fail("write", path, error);
}

#include "core/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

enum { FOUND_BYTES = 320, MARK_BYTES = 256 };

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

/* Whether a folder of that kind may hold an entry of that name: the mark, one of its files, or a temporary of those. */
static bool belongs(const char *name, const core_folder_kind *kind)
{
    char file[NAME_MAX + 1];
    const char *end = strstr(name, ".tmp.");
    snprintf(file, sizeof file, "%.*s", (int)(end != NULL ? end - name : NAME_MAX), name);
    return strcmp(file, kind->mark) == 0 || kind->holds(file, kind->context);
}

/* Checks every entry and counts them; stops at the first that does not belong and describes it in found. */
static bool all_belong(DIR *dir, const core_folder_kind *kind, int64_t *count, char found[FOUND_BYTES])
{
    struct stat info;
    *count = 0;
    for (struct dirent *entry; (errno = 0, entry = readdir(dir)) != NULL;) {
        if (is_dots(entry->d_name)) {
            continue;
        }
        ++*count;
        if (!belongs(entry->d_name, kind) || fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(info.st_mode)) {
            snprintf(found, FOUND_BYTES, "a folder that holds %s", entry->d_name);
            return false;
        }
    }
    if (errno != 0) {
        snprintf(found, FOUND_BYTES, "a folder that cannot be read to its end (%s)", strerror(errno));
    }
    return errno == 0;
}

/* What lies at a path. */
typedef struct {
    DIR *dir;                /* a folder of that kind; NULL otherwise */
    bool marked;             /* its mark is written */
    int error;               /* errno, where the path cannot be examined; 0 otherwise */
    char found[FOUND_BYTES]; /* what is there instead of such a folder; "" otherwise */
} sight;

static bool is_own(DIR *dir, const core_folder_kind *kind, sight *out)
{
    char mark[MARK_BYTES];
    int64_t count;
    const size_t line = strlen(kind->starts);
    const ssize_t bytes = core_file_peek(dirfd(dir), kind->mark, O_NOFOLLOW, 0, mark, line); /* -1: no mark */
    out->marked = bytes == (ssize_t)line && memcmp(mark, kind->starts, line) == 0;
    if (!all_belong(dir, kind, &count, out->found)) {
        return false;
    }
    if (!out->marked && count > 0 && (count > 1 || bytes != 0)) {
        snprintf(out->found, FOUND_BYTES, "a folder in which no %s says that tailbit made it", kind->mark);
        return false;
    }
    return true;
}

/* All members are zero where the path does not exist. */
static sight look_at(const char *path, const core_folder_kind *kind)
{
    sight out = {0};
    struct stat info;
    if (lstat(path, &info) != 0) {
        out.error = errno == ENOENT ? 0 : errno;
    } else if (!S_ISDIR(info.st_mode)) {
        const char *what = S_ISLNK(info.st_mode) ? "a link" : S_ISREG(info.st_mode) ? "a file" : "no folder";
        snprintf(out.found, FOUND_BYTES, "%s", what);
    } else if ((out.dir = opendir(path)) == NULL) {
        out.error = errno;
    } else if (!is_own(out.dir, kind, &out)) {
        closedir(out.dir);
        out.dir = NULL;
    }
    return out;
}

static core_status check_sight(const sight *seen, const char *path, const core_folder_kind *kind)
{
    if (seen->found[0] != '\0') {
        return core_fail_about(CORE_BAD_USAGE, path,
                               " is %s, where tailbit would put %s; it is left as it is: move it away, or give %s",
                               seen->found, kind->purpose, kind->instead);
    }
    return seen->error == 0 ? CORE_OK : core_file_fail("look at", path, seen->error);
}

core_status core_folder_may_replace(const char *path, const core_folder_kind *kind)
{
    const sight seen = look_at(path, kind);
    if (seen.dir != NULL) {
        closedir(seen.dir);
    }
    return check_sight(&seen, path, kind);
}

core_status core_folder_make(const char *path, const core_folder_kind *kind)
{
    sight seen = look_at(path, kind);
    CORE_TRY(check_sight(&seen, path, kind));
    if (seen.dir == NULL && (core_file_tested(mkdir(path, 0777)) != 0 || (seen.dir = opendir(path)) == NULL)) {
        return core_file_fail("make the folder", path, errno);
    }
    core_status status = CORE_OK;
    if (!seen.marked && core_file_make(dirfd(seen.dir), kind->mark, 0, kind->starts, strlen(kind->starts)) != 0) {
        status = core_file_fail("write in", path, errno);
        unlinkat(dirfd(seen.dir), kind->mark, 0);
        rmdir(path);
    }
    closedir(seen.dir);
    return status;
}

/* 0 or -1 with errno; closes dir. */
static int remove_all(DIR *dir, const char *path, const core_folder_kind *kind)
{
    int error = 0;
    rewinddir(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, kind->mark) != 0 && belongs(entry->d_name, kind) &&
            core_file_tested(unlinkat(dirfd(dir), entry->d_name, 0)) != 0) {
            error = errno;
        }
    }
    if (error == 0) {
        core_file_tested(unlinkat(dirfd(dir), kind->mark, 0));
    }
    closedir(dir);
    errno = error;
    return error == 0 ? core_file_tested(rmdir(path)) : -1;
}

core_status core_folder_remove(const char *path, const core_folder_kind *kind)
{
    const sight seen = look_at(path, kind);
    CORE_TRY(check_sight(&seen, path, kind));
    return seen.dir == NULL || remove_all(seen.dir, path, kind) == 0 ? CORE_OK : core_file_fail("remove", path, errno);
}

void core_folder_discard(const char *path, const core_folder_kind *kind)
{
    const sight seen = look_at(path, kind);
    if (seen.dir != NULL) {
        remove_all(seen.dir, path, kind);
    }
}

static core_status fail_to_list(const char *path, const char *holds, int error)
{
    return core_fail_about(core_file_read_code(error), path, ": %s, expected %s", strerror(error), holds);
}

core_status core_folder_names(const char *path, const char *holds, core_names *names, core_arena *arena)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return fail_to_list(path, holds, errno);
    }
    core_status status = CORE_OK;
    for (const struct dirent *entry; status == CORE_OK && (errno = 0, entry = readdir(dir)) != NULL;) {
        if (!is_dots(entry->d_name)) {
            status = core_names_add(names, entry->d_name, arena);
        }
    }
    if (status == CORE_OK && errno != 0) {
        status = fail_to_list(path, holds, errno);
    }
    closedir(dir);
    if (status == CORE_OK) { /* else the last name may be missing */
        core_names_sort(names, 0);
    }
    return status;
}

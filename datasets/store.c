#include "datasets/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char RECORD[] = "tailbit-record";

/* A record is a few short lines; more is no record. */
enum { RECORD_MAX_BYTES = 4096 };

static core_status join(const char *first, const char *between, const char *second, char **out)
{
    char *text;
    if (asprintf(&text, "%s%s%s", first, between, second) < 0) {
        return core_fail(CORE_MACHINE, "not enough memory for a path");
    }
    *out = text;
    return CORE_OK;
}

core_status ds_store_path(const char *folder, const char *name, char **out) { return join(folder, "/", name, out); }

bool ds_store_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Copies the value of `key` out of `text` to `value`; false: not there, or longer than `bytes` allows. */
static bool find_value(const char *text, const char *key, char *value, size_t bytes)
{
    const size_t length = strlen(key);
    for (const char *line = text; *line != '\0';) {
        size_t end = strcspn(line, "\n");
        if (strncmp(line, key, length) == 0 && strncmp(line + length, ": ", 2) == 0) {
            size_t size = end - length - 2;
            if (size >= bytes) {
                return false;
            }
            memcpy(value, line + length + 2, size);
            value[size] = '\0';
            return true;
        }
        line += end + (line[end] == '\n');
    }
    return false;
}

static core_status parse_record(const char *path, const char *text, const char *name, ds_record *out)
{
    ds_record record = {0};
    char found[64] = "", verified[8] = "";
    if (!find_value(text, "name", found, sizeof found) || strcmp(found, name) != 0) {
        return core_fail(CORE_BAD_FILE, "%s: not the record of %s (name: %s)", path, name, found);
    }
    if (!find_value(text, "verified", verified, sizeof verified) ||
        (strcmp(verified, "yes") != 0 && strcmp(verified, "no") != 0)) {
        return core_fail(CORE_BAD_FILE, "%s: no line \"verified: yes\" or \"verified: no\"", path);
    }
    if (!find_value(text, "sha256", record.sha256, sizeof record.sha256) ||
        strspn(record.sha256, "0123456789abcdef") != DS_SHA256_BYTES - 1) {
        return core_fail(CORE_BAD_FILE, "%s: no line \"sha256: \" with 64 hexadecimal digits", path);
    }
    if (!find_value(text, "source", record.source, sizeof record.source)) {
        record.source[0] = '\0';
    }
    record.verified = verified[0] == 'y';
    *out = record;
    return CORE_OK;
}

static core_status read_record(const char *path, const char *name, ds_record *out)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > RECORD_MAX_BYTES) {
        return core_fail(CORE_BAD_FILE,
                         "%s: no record of an import; `tailbit data import %s PATH --unverified` takes a folder in",
                         path, name);
    }
    char *text;
    CORE_TRY(core_file_read(path, &text, NULL));
    core_status status = parse_record(path, text, name, out);
    free(text);
    return status;
}

core_status ds_record_read(const char *place, const char *name, ds_record *out)
{
    char *path = NULL;
    CORE_TRY(join(place, "/", RECORD, &path));
    core_status status = read_record(path, name, out);
    free(path);
    return status;
}

core_status ds_record_write(const char *place, const char *name, const ds_record *record)
{
    char source[DS_SOURCE_BYTES];
    snprintf(source, sizeof source, "%s", record->source);
    for (char *c = strpbrk(source, "\r\n"); c != NULL; c = strpbrk(c, "\r\n")) {
        *c = '?'; /* a file name may hold a line end; a line may not */
    }
    char text[RECORD_MAX_BYTES];
    int length = snprintf(text, sizeof text, "name: %s\nverified: %s\nsha256: %s\nsource: %s\n", name,
                          record->verified ? "yes" : "no", record->sha256, source);
    char *path = NULL;
    CORE_TRY(join(place, "/", RECORD, &path));
    core_status status = core_file_write(path, &core_file_any, text, (size_t)length);
    free(path);
    return status;
}

/* Removes a folder of ours, which holds files only; what cannot be removed stays. */
static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        unlinkat(dirfd(dir), entry->d_name, 0);
    }
    closedir(dir);
    rmdir(path);
}

core_status ds_store_begin(const char *folder, const char *name, ds_store_change *change)
{
    CORE_TRY(core_file_make_folders(folder));
    CORE_TRY(ds_store_path(folder, name, &change->place));
    CORE_TRY(core_file_lock_take(change->place, &change->lock));
    CORE_TRY(join(change->place, "", ".tmp", &change->temporary));
    /* With the lock held, a temporary folder that is there was left by a process that died. */
    remove_folder(change->temporary);
    if (mkdir(change->temporary, 0777) != 0) {
        return core_file_fail("make the folder", change->temporary, errno);
    }
    return CORE_OK;
}

/* For file systems that cannot exchange: for a moment nothing is in PLACE. */
static int replace_in_two_steps(const char *temporary, const char *place)
{
    char *aside;
    if (asprintf(&aside, "%s.old", place) < 0) {
        errno = ENOMEM;
        return -1;
    }
    remove_folder(aside);
    int failed = rename(place, aside);
    if (failed == 0) {
        failed = rename(temporary, place);
        if (failed != 0) {
            int error = errno;
            rename(aside, place);
            errno = error;
        } else {
            remove_folder(aside);
        }
    }
    free(aside);
    return failed;
}

static int replace(const char *temporary, const char *place)
{
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, place, RENAME_EXCHANGE) == 0) {
        remove_folder(temporary); /* which is the old one now */
        return 0;
    }
    if (errno == ENOENT) {
        return rename(temporary, place);
    }
    return errno == EINVAL || errno == ENOSYS ? replace_in_two_steps(temporary, place) : -1;
}

/* Best effort: the rename is atomic in any case, and a file system may not know how to sync a folder. */
static void sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

core_status ds_store_publish(ds_store_change *change)
{
    sync_folder(change->temporary);
    if (replace(change->temporary, change->place) != 0) {
        return core_file_fail("put in place", change->place, errno);
    }
    sync_folder(change->place);
    char *slash = strrchr(change->place, '/');
    *slash = '\0';
    sync_folder(change->place);
    *slash = '/';
    return CORE_OK;
}

void ds_store_end(ds_store_change *change)
{
    if (change->temporary != NULL) {
        remove_folder(change->temporary);
    }
    core_file_lock_release(change->lock);
    free(change->temporary);
    free(change->place);
    *change = (ds_store_change){0};
}

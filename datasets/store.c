#include "datasets/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/folder.h"

static const char RECORD[] = "tailbit-record";

/* A record is a few short lines; a larger file is no record. */
enum { RECORD_MAX_BYTES = 4096 };

void ds_record_set_source(ds_record *record, const char *path)
{
    size_t end = strlen(path), begin;
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    for (begin = end; begin > 0 && path[begin - 1] != '/';) {
        begin--;
    }
    snprintf(record->source, sizeof record->source, "%.*s", (int)(end - begin), path + begin);
}

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
        return core_fail_about(CORE_BAD_FILE, path, ": not the record of %s (name: %s)", name, found);
    }
    if (!find_value(text, "verified", verified, sizeof verified) ||
        (strcmp(verified, "yes") != 0 && strcmp(verified, "no") != 0)) {
        return core_fail_about(CORE_BAD_FILE, path, ": no line \"verified: yes\" or \"verified: no\"");
    }
    if (!find_value(text, "sha256", record.sha256, sizeof record.sha256) ||
        strspn(record.sha256, "0123456789abcdef") != DS_SHA256_BYTES - 1) {
        return core_fail_about(CORE_BAD_FILE, path, ": no line \"sha256: \" with 64 hexadecimal digits");
    }
    if (!find_value(text, "source", record.source, sizeof record.source)) {
        record.source[0] = '\0';
    }
    if (!find_value(text, "class_order", record.class_order, sizeof record.class_order)) {
        record.class_order[0] = '\0';
    }
    record.verified = verified[0] == 'y';
    *out = record;
    return CORE_OK;
}

core_status ds_record_path(const char *place, char path[CORE_PATH_BYTES])
{
    return core_path_write(path, "%s/%s", place, RECORD);
}

bool ds_record_exists(const char *place)
{
    char path[CORE_PATH_BYTES];
    return ds_record_path(place, path) == CORE_OK && access(path, F_OK) == 0;
}

core_status ds_record_read(const char *place, const char *name, ds_record *out)
{
    char path[CORE_PATH_BYTES];
    struct stat info;
    CORE_TRY(ds_record_path(place, path));
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > RECORD_MAX_BYTES) {
        const bool is_known = ds_official_find(name) != NULL;
        return core_fail_about(CORE_BAD_FILE, path,
                               ": no record of an import; `tailbit data import %s PATH%s` takes a folder in",
                               is_known ? name : "folder", is_known ? " --unverified" : "");
    }
    char *text;
    CORE_TRY(core_file_read(path, &text, NULL));
    core_status status = parse_record(path, text, name, out);
    free(text);
    return status;
}

core_status ds_record_write(const char *place, const char *name, const ds_record *record)
{
    char source[DS_SOURCE_BYTES];
    snprintf(source, sizeof source, "%s", record->source);
    for (char *c = strpbrk(source, "\r\n"); c != NULL; c = strpbrk(c, "\r\n")) {
        *c = '?'; /* a file name may contain a line end, a line of the record may not */
    }
    char text[RECORD_MAX_BYTES];
    const bool has_order = record->class_order[0] != '\0';
    int length = snprintf(text, sizeof text, "name: %s\nverified: %s\nsha256: %s\nsource: %s\n%s%s%s", name,
                          record->verified ? "yes" : "no", record->sha256, source, has_order ? "class_order: " : "",
                          record->class_order, has_order ? "\n" : "");
    char path[CORE_PATH_BYTES];
    CORE_TRY(ds_record_path(place, path));
    return core_file_write(path, &core_file_any, text, (size_t)length);
}

static core_status name_change(const char *folder, const ds_official *official, ds_store_change *change)
{
    char place[CORE_PATH_BYTES];
    change->official = official;
    CORE_TRY(core_path_write(place, "%s/%s", folder, official->name));
    CORE_TRY(core_file_resolve(place, change->place)); /* a link stays one */
    CORE_TRY(core_path_write(change->temporary, "%s.tmp", change->place));
    return core_path_write(change->aside, "%s.tailbit-old", change->place);
}

static bool holds(const char *name, const void *official)
{
    return ((const ds_official *)official)->has_file(official, name);
}

/* The kind of a data set's folders: their mark is the record, of which an unfinished folder has only the first line. */
typedef struct {
    char first_line[64];
    core_folder_kind kind;
} place_kind;

static const core_folder_kind *kind_of(const ds_official *official, place_kind *kind)
{
    snprintf(kind->first_line, sizeof kind->first_line, "name: %s\n", official->name);
    kind->kind = (core_folder_kind){.purpose = "a data set",
                                    .instead = "another folder with --data-dir",
                                    .mark = RECORD,
                                    .starts = kind->first_line,
                                    .holds = holds,
                                    .context = official};
    return &kind->kind;
}

/* Clears up after an earlier change: since we hold the lock, its process died. */
static core_status clear_left(const ds_store_change *change)
{
    place_kind of;
    const core_folder_kind *kind = kind_of(change->official, &of);
    CORE_TRY(core_folder_may_replace(change->place, kind));
    CORE_TRY(core_folder_may_replace(change->temporary, kind));
    CORE_TRY(core_folder_may_replace(change->aside, kind));
    if (!ds_store_is_folder(change->place) && rename(change->aside, change->place) != 0 && errno != ENOENT) {
        return core_file_fail("put in place", change->place, errno);
    }
    CORE_TRY(core_folder_remove(change->aside, kind));
    return change->keeps ? CORE_OK : core_folder_remove(change->temporary, kind);
}

core_status ds_store_begin(const char *folder, const ds_official *official, ds_store_change *change)
{
    place_kind of;
    CORE_TRY(core_file_make_folders(folder));
    CORE_TRY(name_change(folder, official, change));
    CORE_TRY(core_file_lock_take(change->place, &change->lock));
    CORE_TRY(clear_left(change));
    CORE_TRY(core_folder_make(change->temporary, kind_of(official, &of)));
    change->begun = true;
    return CORE_OK;
}

/* Removes one of the folders of a change; what is left after a failure, the next begin removes. */
static void discard_folder(const ds_store_change *change, const char *path)
{
    place_kind of;
    core_folder_discard(path, kind_of(change->official, &of));
}

/* A rename, after which a test can kill the process; 0 or -1 with errno. */
static int move_folder(const char *from, const char *to, unsigned flags)
{
    return core_file_tested(renameat2(AT_FDCWD, from, AT_FDCWD, to, flags));
}

/* For file systems that cannot exchange: for a moment nothing is in PLACE, and begin brings it back after a kill. */
static int replace_in_two_steps(const ds_store_change *change)
{
    if (move_folder(change->place, change->aside, 0) != 0 && errno != ENOENT) { /* ENOENT: nothing was there */
        return -1;
    }
    if (move_folder(change->temporary, change->place, 0) != 0) {
        const int error = errno;
        move_folder(change->aside, change->place, 0);
        errno = error;
        return -1;
    }
    discard_folder(change, change->aside);
    return 0;
}

static int replace_place(const ds_store_change *change)
{
    if (move_folder(change->temporary, change->place, RENAME_EXCHANGE) == 0) {
        discard_folder(change, change->temporary); /* the old data set, after the exchange */
        return 0;
    }
    if (errno == ENOENT) {
        return move_folder(change->temporary, change->place, 0);
    }
    return errno == EINVAL || errno == ENOSYS ? replace_in_two_steps(change) : -1;
}

/* A failure is ignored: the rename is atomic in any case, and some file systems have no fsync for a folder. */
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
    place_kind of;
    ds_record old;
    if (ds_record_read(change->place, change->official->name, &old) == CORE_OK) {
        memcpy(change->replaced, old.sha256, sizeof change->replaced);
    }
    sync_folder(change->temporary);
    CORE_TRY(core_folder_may_replace(change->place, kind_of(change->official, &of)));
    if (replace_place(change) != 0) {
        return errno == EXDEV
                   ? core_fail_about(CORE_MACHINE, change->place,
                                     " cannot be replaced: it lies in a read-only layer of a container; give "
                                     "another --data-dir")
                   : core_file_fail("put in place", change->place, errno);
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
    if (change->begun && !change->keeps) {
        discard_folder(change, change->temporary);
    }
    core_file_lock_release(change->lock);
    *change = (ds_store_change){0};
}

#include "datasets/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/hash.h"
#include "datasets/unpack.h"
#include "datasets/shapes.h"

core_status ds_import_check_md5(const char *path, const char *expected)
{
    core_hash_digest digest;
    char found[CORE_HASH_HEX_MAX];
    CORE_TRY(core_hash_file(CORE_HASH_MD5, path, &digest));
    core_hash_hex(&digest, found);
    if (strcmp(found, expected) != 0) {
        return core_fail(CORE_BAD_FILE, "%s: its MD5 is %s, expected %s, the official archive's", path, found,
                         expected);
    }
    return CORE_OK;
}

/* Copies one file of an unpacked folder. */
static core_status copy_file(const char *from, const char *to, const ds_unpack_want *want)
{
    struct stat info;
    int64_t most = want->bytes >= 0 ? want->bytes : -want->bytes;
    if (stat(from, &info) != 0 || !S_ISREG(info.st_mode)) {
        return core_fail(CORE_BAD_FILE, "%s: missing or not a regular file, expected %lld bytes", from,
                         (long long)most);
    }
    if (want->bytes >= 0 ? info.st_size != most : info.st_size > most) {
        return core_fail(CORE_BAD_FILE, "%s: %lld bytes, expected %s%lld", from, (long long)info.st_size,
                         want->bytes >= 0 ? "" : "at most ", (long long)most);
    }
    char *data;
    size_t bytes;
    CORE_TRY(core_file_read(from, &data, &bytes));
    core_status status = core_file_write(to, data, bytes);
    free(data);
    return status;
}

static core_status copy_wanted(const char *folder, const ds_unpack_want *want, const char *into)
{
    char *from = NULL, *to = NULL;
    core_status status = CORE_OK;
    if (asprintf(&from, "%s/%s", folder, want->name) < 0) {
        from = NULL;
    }
    if (asprintf(&to, "%s/%s", into, want->name) < 0) {
        to = NULL;
    }
    status = from != NULL && to != NULL ? copy_file(from, to, want)
                                        : core_fail(CORE_MACHINE, "not enough memory for a path");
    free(from);
    free(to);
    return status;
}

/* Brings the layout's files from an archive or an unpacked folder into a folder of ours. */
static core_status gather(const ds_cifar_layout *layout, const char *path, const char *into)
{
    ds_unpack_want wants[DS_CIFAR_MAX_FILES + 1];
    for (int i = 0; i < layout->file_count; i++) {
        wants[i] = (ds_unpack_want){layout->files[i], ds_cifar_file_bytes(layout, i)};
    }
    wants[layout->file_count] = (ds_unpack_want){layout->names_file, -DS_CIFAR_NAMES_MAX_BYTES};
    if (!ds_store_is_folder(path)) {
        return ds_unpack(path, wants, layout->file_count + 1, into);
    }
    for (int i = 0; i <= layout->file_count; i++) {
        CORE_TRY(copy_wanted(path, &wants[i], into));
    }
    return CORE_OK;
}

static void fill_report(const ds_dataset *dataset, const char *where, ds_data_report *out)
{
    *out = (ds_data_report){.verified = dataset->verified,
                            .train_count = dataset->train.count,
                            .test_count = dataset->test.count,
                            .classes = dataset->classes};
    memcpy(out->sha256, dataset->sha256, sizeof out->sha256);
    snprintf(out->where, sizeof out->where, "%s", where);
}

/* Where a check fails, its message names the unpacked copy, which is gone afterwards: name what was imported too. */
static core_status check_copy(const ds_cifar_layout *layout, const char *path, const char *copy, ds_dataset *loaded)
{
    core_status status = ds_cifar_load(layout, copy, loaded);
    if (status == CORE_BAD_FILE) {
        const char *message = core_error_message();
        size_t prefix = strlen(copy);
        bool ours = strncmp(message, copy, prefix) == 0 && message[prefix] == '/';
        return core_fail(CORE_BAD_FILE, "%s: not a good %s: %s", path, layout->name,
                         ours ? message + prefix + 1 : message);
    }
    return status;
}

core_status ds_import_into(const ds_cifar_layout *layout, const char *path, const ds_record *record,
                           ds_store_change *change, ds_data_report *out)
{
    CORE_TRY(gather(layout, path, change->temporary));
    ds_dataset loaded = {0};
    core_status status = check_copy(layout, path, change->temporary, &loaded);
    if (status == CORE_OK) {
        ds_record complete = *record;
        memcpy(complete.sha256, loaded.sha256, sizeof complete.sha256);
        loaded.verified = record->verified;
        status = ds_record_write(change->temporary, layout->name, &complete);
    }
    if (status == CORE_OK) {
        status = ds_store_publish(change);
    }
    if (status == CORE_OK && out != NULL) {
        fill_report(&loaded, change->place, out);
    }
    ds_destroy(&loaded);
    return status;
}

static core_status check_source(const ds_cifar_layout *layout, const char *path, bool unverified)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return core_fail(CORE_BAD_FILE, "%s: %s, expected the archive %s or an unpacked folder", path, strerror(errno),
                         layout->archive);
    }
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        return core_fail(CORE_BAD_FILE,
                         "%s: neither a file nor a folder, expected the archive %s or an unpacked folder", path,
                         layout->archive);
    }
    if (unverified) {
        return CORE_OK;
    }
    if (S_ISDIR(info.st_mode)) {
        return core_fail(CORE_BAD_USAGE,
                         "%s is a folder, which has no MD5 to check: give the archive %s, or add --unverified", path,
                         layout->archive);
    }
    core_status status = ds_import_check_md5(path, layout->md5);
    return status == CORE_BAD_FILE
               ? core_fail(CORE_BAD_FILE, "%s; --unverified takes a file without this check", core_error_message())
               : status;
}

static core_status import(const ds_cifar_layout *layout, const char *path, const char *folder, bool unverified,
                          ds_data_report *out)
{
    ds_record record = {.verified = !unverified};
    const char *slash = strrchr(path, '/');
    snprintf(record.source, sizeof record.source, "%s", slash != NULL && slash[1] != '\0' ? slash + 1 : path);
    ds_store_change change = {0};
    core_status status = ds_store_begin(folder, layout->name, &change);
    if (status == CORE_OK) {
        status = ds_import_into(layout, path, &record, &change, out);
    }
    ds_store_end(&change);
    return status;
}

core_status ds_data_import(const char *name, const char *path, const char *data_dir, bool unverified,
                           ds_data_report *out)
{
    const ds_cifar_layout *layout = ds_cifar_find(name);
    if (layout == NULL) {
        return core_fail(CORE_BAD_USAGE, "no data set \"%s\" can be imported: expected cifar10 or cifar100", name);
    }
    CORE_TRY(check_source(layout, path, unverified));
    char *folder;
    CORE_TRY(ds_data_folder(data_dir, &folder));
    core_status status = import(layout, path, folder, unverified, out);
    free(folder);
    return status;
}

core_status ds_data_verify(const char *name_or_path, const char *data_dir, ds_data_report *out)
{
    ds_dataset dataset;
    CORE_TRY(ds_load(name_or_path, data_dir, NULL, &dataset));
    if (out != NULL) {
        char *folder = NULL, *place = NULL;
        const char *where = ds_shapes_is_name(name_or_path) ? "built in" : name_or_path;
        if (ds_cifar_find(name_or_path) != NULL && ds_data_folder(data_dir, &folder) == CORE_OK &&
            ds_store_path(folder, name_or_path, &place) == CORE_OK) {
            where = place;
        }
        fill_report(&dataset, where, out);
        free(place);
        free(folder);
    }
    ds_destroy(&dataset);
    return CORE_OK;
}

/* Copies two texts, one after the other, into the arena. */
static core_status put(core_arena *arena, const char *first, const char *second, const char **out)
{
    char *text;
    size_t bytes = strlen(first) + strlen(second) + 1;
    CORE_TRY(core_arena_calloc(arena, bytes, 1, "a list", (void **)&text));
    snprintf(text, bytes, "%s%s", first, second);
    *out = text;
    return CORE_OK;
}

static core_status describe_shapes(ds_data_entry *entry)
{
    *entry = (ds_data_entry){.name = "shapes",
                             .about = "10 classes of drawn figures, any size: shapes or shapes:TRAIN:TEST a class",
                             .where = "built in",
                             .verified = true};
    return CORE_OK;
}

static core_status describe_cifar(const ds_cifar_layout *layout, const char *folder, core_arena *arena,
                                  ds_data_entry *entry)
{
    *entry = (ds_data_entry){.name = layout->name, .about = layout->about};
    char *place;
    CORE_TRY(ds_store_path(folder, layout->name, &place));
    core_status status;
    ds_record record;
    if (!ds_store_is_folder(place)) {
        status = put(arena, "tailbit data fetch ", layout->name, &entry->get);
    } else {
        status = put(arena, place, "", &entry->where);
        if (status == CORE_OK && ds_record_read(place, layout->name, &record) == CORE_OK) {
            entry->verified = record.verified;
            memcpy(entry->sha256, record.sha256, sizeof entry->sha256);
        } else if (status == CORE_OK) {
            status = put(arena, core_error_message(), "", &entry->trouble);
        }
    }
    free(place);
    return status;
}

static core_status list(const char *folder, ds_data_inventory *out)
{
    int count = 1;
    while (ds_cifar_at(count - 1) != NULL) {
        count++;
    }
    CORE_TRY(put(&out->arena, folder, "", &out->folder));
    CORE_TRY(CORE_ARENA_NEW(&out->arena, count, "a list", out->entries));
    out->count = count;
    for (int i = 0; i + 1 < count; i++) {
        CORE_TRY(describe_cifar(ds_cifar_at(i), folder, &out->arena, &out->entries[i]));
    }
    return describe_shapes(&out->entries[count - 1]);
}

core_status ds_data_list(const char *data_dir, ds_data_inventory *out)
{
    char *folder;
    CORE_TRY(ds_data_folder(data_dir, &folder));
    ds_data_inventory inventory = {0};
    core_status status = list(folder, &inventory);
    free(folder);
    if (status != CORE_OK) {
        ds_data_inventory_destroy(&inventory);
        return status;
    }
    *out = inventory;
    return CORE_OK;
}

void ds_data_inventory_destroy(ds_data_inventory *inventory)
{
    core_arena_free(&inventory->arena);
    *inventory = (ds_data_inventory){0};
}

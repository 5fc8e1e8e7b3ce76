#include "datasets/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/text.h"
#include "datasets/pack.h"
#include "datasets/picture_import.h"
#include "datasets/picture_verify.h"
#include "datasets/reviews.h"
#include "datasets/shapes.h"

core_status ds_import_check_md5(const char *path, const char *expected)
{
    core_hash_digest digest;
    char found[CORE_HASH_HEX_MAX];
    CORE_TRY(core_hash_file(CORE_HASH_MD5, path, &digest));
    core_hash_hex(&digest, found);
    if (strcmp(found, expected) != 0) {
        return core_fail_about(CORE_BAD_FILE, path, ": its MD5 is %s, expected %s, the official archive's", found,
                               expected);
    }
    return CORE_OK;
}

static void fill_report(const ds_dataset *dataset, const char *where, ds_data_report *out)
{
    *out = (ds_data_report){.verified = dataset->verified,
                            .train_count = dataset->train.count,
                            .test_count = dataset->test.count,
                            .classes = dataset->classes};
    memcpy(out->sha256, dataset->stored_sha256, sizeof out->sha256);
    snprintf(out->where, sizeof out->where, "%s", where);
}

/* Checks the unpacked copy. A failed check names a file of that copy, which is deleted afterwards, so the message
 * names the imported path, and the file relative to the copy. */
static core_status check_copy(const ds_official *official, const char *path, const char *copy, ds_dataset *loaded)
{
    static const ds_text_options defaults = {.vocabulary = DS_VOCABULARY_DEFAULT, .max_length = DS_LENGTH_DEFAULT};
    core_status status = official->load(official, copy, &defaults, loaded);
    if (status == CORE_BAD_FILE) {
        const char *file = core_error_subject(), *rest = core_error_rest();
        const size_t folder = strlen(copy);
        if (strncmp(file, copy, folder) == 0) {
            file += folder + strspn(file + folder, "/");
            rest += *file == '\0' ? strspn(rest, ":/ ") : 0;
        }
        return core_fail_about(CORE_BAD_FILE, path, ": not a good %s: %s%s", official->name, file, rest);
    }
    return status;
}

core_status ds_import_into(const ds_official *official, const char *path, const ds_record *record,
                           ds_store_change *change, ds_data_report *out)
{
    CORE_TRY(official->gather(official, path, change->temporary));
    ds_dataset loaded = {0};
    core_status status = check_copy(official, path, change->temporary, &loaded);
    if (status == CORE_OK) {
        ds_record complete = *record;
        memcpy(complete.sha256, loaded.stored_sha256, sizeof complete.sha256);
        loaded.verified = record->verified;
        status = ds_record_write(change->temporary, official->name, &complete);
    }
    if (status == CORE_OK) {
        status = ds_store_publish(change);
    }
    if (status == CORE_OK && out != NULL) {
        fill_report(&loaded, change->place, out);
        memcpy(out->replaced, change->replaced, sizeof out->replaced);
    }
    ds_destroy(&loaded);
    return status;
}

core_status ds_import_check_source(const ds_official *official, const char *path, bool unverified)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return core_fail_about(CORE_BAD_FILE, path, ": %s, expected the archive %s or an unpacked folder",
                               strerror(errno), official->archive);
    }
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": neither a file nor a folder, expected the archive %s or an unpacked folder",
                               official->archive);
    }
    if (S_ISDIR(info.st_mode) && !unverified) {
        return core_fail_about(CORE_BAD_USAGE, path,
                               " is a folder, which has no MD5 to check: give the archive %s, or add --unverified",
                               official->archive);
    }
    return CORE_OK;
}

core_status ds_import_check_archive(const char *path, const char *expected)
{
    core_status status = ds_import_check_md5(path, expected);
    return status == CORE_BAD_FILE
               ? core_fail(CORE_BAD_FILE, "%s; --unverified takes a file without this check", core_error_message())
               : status;
}

static core_status import_data_set(const ds_official *official, const char *path, const char *folder, bool unverified,
                                   ds_data_report *out)
{
    ds_record record = {.verified = !unverified};
    ds_record_set_source(&record, path);
    ds_store_change change = {0};
    core_status status = ds_store_begin(folder, official, &change);
    if (status == CORE_OK && !unverified) {
        status = ds_import_check_archive(path, official->md5);
    }
    if (status == CORE_OK) {
        status = ds_import_into(official, path, &record, &change, out);
    }
    ds_store_end(&change);
    return status;
}

core_status ds_data_import(const char *name, const char *path, const char *data_dir, bool unverified,
                           ds_data_report *out)
{
    const ds_official *official;
    char folder[CORE_PATH_BYTES];
    if (ds_picture_imports(name)) {
        return ds_picture_import(name, path, data_dir, &(ds_picture_options){.unverified = unverified}, out);
    }
    CORE_TRY(ds_official_get(name, "imported", &official));
    CORE_TRY(ds_import_check_source(official, path, unverified));
    CORE_TRY(ds_data_folder(data_dir, folder));
    return import_data_set(official, path, folder, unverified, out);
}

/* Checks what load does not read of a stored data set, and sets the report's folder. */
static core_status verify_stored(const ds_official *official, const char *data_dir, ds_data_report *report)
{
    char folder[CORE_PATH_BYTES];
    CORE_TRY(ds_data_folder(data_dir, folder));
    CORE_TRY(core_path_write(report->where, "%s/%s", folder, official->name));
    return official->verify != NULL ? official->verify(official, report->where) : CORE_OK;
}

core_status ds_data_verify(const char *name_or_path, const char *data_dir, ds_data_report *out)
{
    const ds_official *official = ds_official_find(name_or_path);
    bool built_in = ds_shapes_is_name(name_or_path) || ds_reviews_is_name(name_or_path);
    ds_dataset dataset;
    ds_data_report report;
    if (ds_picture_is_stored(name_or_path, data_dir)) {
        return ds_picture_verify(name_or_path, data_dir, NULL, NULL, out);
    }
    CORE_TRY(ds_load(name_or_path, data_dir, NULL, &dataset));
    fill_report(&dataset, built_in ? "built in" : name_or_path, &report);
    ds_destroy(&dataset);
    if (official != NULL) {
        CORE_TRY(verify_stored(official, data_dir, &report));
    }
    if (out != NULL) {
        *out = report;
    }
    return CORE_OK;
}

static const ds_data_entry built_in[] = {
    {.name = "shapes",
     .about = "10 classes of generated figures: shapes, or shapes:TRAIN:TEST per class, :SIDE pixels",
     .where = "built in",
     .verified = true},
    {.name = "reviews",
     .about = "2 classes of generated film reviews: reviews, or reviews:TRAIN:TEST per class",
     .where = "built in",
     .verified = true},
};

enum { BUILT_IN = sizeof built_in / sizeof built_in[0] };

/* What is stored of packed pictures has its own counts. */
static core_status describe_stored(const ds_official *official, const char *folder, core_arena *arena,
                                   ds_data_entry *entry)
{
    ds_pack_counts counts;
    *entry = (ds_data_entry){.name = official->name, .about = official->about};
    char place[CORE_PATH_BYTES], get[64];
    ds_record record;
    CORE_TRY(core_path_write(place, "%s/%s", folder, official->name));
    if (!ds_store_is_folder(place)) {
        snprintf(get, sizeof get, official->url != NULL ? "tailbit data fetch %s" : "tailbit data import %s PATH",
                 official->name);
        return core_arena_copy_text(arena, get, &entry->get);
    }
    CORE_TRY(core_arena_copy_text(arena, place, &entry->where));
    if (ds_record_read(place, official->name, &record) != CORE_OK) {
        return core_arena_copy_text(arena, core_error_message(), &entry->trouble);
    }
    entry->verified = record.verified;
    memcpy(entry->sha256, record.sha256, sizeof entry->sha256);
    return ds_pack_look(place, &counts)
               ? core_text_format(arena, &entry->about,
                                  "%s of pictures, %" PRId64 " for training and %" PRId64 " for the test",
                                  CORE_COUNT(counts.classes, "class"), counts.train, counts.test)
               : CORE_OK;
}

static core_status list_data_sets(const char *folder, ds_data_inventory *out)
{
    core_names packed = {0};
    const ds_official *official;
    int64_t officials = 0;
    while (ds_official_at((int)officials) != NULL) {
        officials++;
    }
    CORE_TRY(ds_picture_stored(folder, &packed, &out->arena));
    CORE_TRY(core_arena_copy_text(&out->arena, folder, &out->folder));
    CORE_TRY(CORE_ARENA_NEW(&out->arena, officials + packed.count + BUILT_IN, "a list", out->entries));
    for (int i = 0; (official = ds_official_at(i)) != NULL; i++) {
        CORE_TRY(describe_stored(official, folder, &out->arena, &out->entries[out->count++]));
    }
    for (int64_t i = 0; i < packed.count; i++) {
        const ds_official own = {.name = packed.names[i], .about = "its index cannot be read; verify says why"};
        if (ds_official_find(own.name) == NULL) {
            CORE_TRY(describe_stored(&own, folder, &out->arena, &out->entries[out->count++]));
        }
    }
    memcpy(out->entries + out->count, built_in, sizeof built_in);
    out->count += BUILT_IN;
    return CORE_OK;
}

core_status ds_data_list(const char *data_dir, ds_data_inventory *out)
{
    char folder[CORE_PATH_BYTES];
    CORE_TRY(ds_data_folder(data_dir, folder));
    ds_data_inventory inventory = {0};
    core_status status = list_data_sets(folder, &inventory);
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

/* A run file as a NumPy archive: a zip of .npy files, format version 1.0 (numpy.lib.format). */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/zip.h"
#include "results/export/export.h"
#include "results/runs/check.h"
#include "results/runs/content.h"
#include "results/runs/features_file.h"

enum { MAGIC_BYTES = 10, ALIGNMENT = 64, HEADER_BYTES = 512, MAX_NAME = 512 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the arrays are announced as little-endian");

/* The next character of UTF-8; U+FFFD for a byte that begins none. */
static uint32_t next_character(const char **text)
{
    uint32_t character;
    const int bytes = core_text_utf8(*text, &character);
    *text += bytes > 0 ? bytes : 1;
    return bytes > 0 ? character : 0xfffd;
}

/* Texts as NumPy stores them: four bytes per character, padded to the length of the longest. */
static core_status widen_texts(const core_h5_value *value, core_arena *arena, int64_t *width, uint32_t **out)
{
    const int64_t count = core_h5_elements(&value->shape);
    char *const *texts = value->data;
    *width = 1;
    for (int64_t i = 0; i < count; i++) {
        const int64_t bytes = (int64_t)strlen(texts[i]); /* at least the number of characters */
        *width = bytes > *width ? bytes : *width;
    }
    uint32_t *wide;
    CORE_TRY(CORE_ARENA_NEW(arena, count * *width, "texts for NumPy", wide));
    for (int64_t i = 0; i < count; i++) {
        const char *rest = texts[i];
        for (int64_t at = i * *width; *rest != '\0'; at++) {
            wide[at] = next_character(&rest);
        }
    }
    *out = wide;
    return CORE_OK;
}

static void describe(const core_h5_shape *shape, int64_t width, char text[HEADER_BYTES])
{
    static const char kinds[] = {'u', 'i', 'u', 'i', 'u', 'i', 'u', 'i', 'f', 'f', 'b', 'U'};
    const int64_t size = shape->type == CORE_H5_TEXT ? width : core_h5_type_bytes(shape->type);
    int used = snprintf(text, HEADER_BYTES, "{'descr': '%c%c%lld', 'fortran_order': False, 'shape': (",
                        size == 1 && shape->type != CORE_H5_TEXT ? '|' : '<', kinds[shape->type], (long long)size);
    for (int d = 0; d < shape->rank; d++) {
        used += snprintf(text + used, (size_t)(HEADER_BYTES - used), "%lld, ", (long long)shape->dims[d]);
    }
    used += snprintf(text + used, (size_t)(HEADER_BYTES - used), "), }");
    const int padding = ALIGNMENT - (MAGIC_BYTES + used + 1) % ALIGNMENT;
    snprintf(text + used, (size_t)(HEADER_BYTES - used), "%*s\n", padding % ALIGNMENT, "");
}

static core_status write_member(core_zip *zip, const char *path, const core_h5_value *value, core_arena *arena)
{
    char name[MAX_NAME], header[HEADER_BYTES];
    if (snprintf(name, sizeof name, "%s.npy", path) >= (int)sizeof name) {
        return core_fail(CORE_BAD_FILE, "the name /%s is too long for an archive", path);
    }
    if (value->shape.type == CORE_H5_FOREIGN) {
        return core_fail(CORE_BAD_FILE, "/%s is of a type that tailbit does not write", path);
    }
    int64_t width = core_h5_type_bytes(value->shape.type);
    const void *data = value->data;
    int64_t bytes = core_h5_elements(&value->shape) * width;
    if (value->shape.type == CORE_H5_TEXT) {
        uint32_t *wide;
        CORE_TRY(widen_texts(value, arena, &width, &wide));
        data = wide;
        bytes = core_h5_elements(&value->shape) * width * (int64_t)sizeof *wide;
    }
    describe(&value->shape, width, header);
    const size_t length = strlen(header);
    const unsigned char magic[MAGIC_BYTES] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(length & 0xff), (unsigned char)(length >> 8)};
    CORE_TRY(core_zip_begin(zip, name, MAGIC_BYTES + (int64_t)length + bytes));
    CORE_TRY(core_zip_write(zip, magic, sizeof magic));
    CORE_TRY(core_zip_write(zip, header, length));
    return core_zip_write(zip, data, (size_t)bytes);
}

static core_status write_attribute(core_zip *zip, core_h5 *file, const char *group, const char *name, core_arena *arena)
{
    char path[MAX_NAME];
    snprintf(path, sizeof path, "%s%s%s", group, group[0] != '\0' ? "/" : "", name);
    core_h5_kind namesake = CORE_H5_NOTHING;
    core_h5_value value = {0};
    CORE_TRY(core_h5_look(file, path, &namesake, NULL));
    if (namesake != CORE_H5_NOTHING) {
        return core_fail_about(CORE_BAD_FILE, core_h5_name(file),
                               ": /%s is an attribute and an object, expected one of them", path);
    }
    CORE_TRY(core_h5_get(file, group, name, arena, &value));
    return write_member(zip, path, &value, arena);
}

static core_status write_attributes(core_zip *zip, core_h5 *file, const char *group, core_arena *arena)
{
    core_names names = {0};
    CORE_TRY(core_h5_attributes(file, group, arena, &names));
    for (int64_t i = 0; i < names.count; i++) {
        const char *name = names.names[i]; /* creator and check describe the file, not the run */
        if (group[0] != '\0' || (strcmp(name, "creator") != 0 && strcmp(name, RES_CHECK) != 0)) {
            CORE_TRY(write_attribute(zip, file, group, names.names[i], arena));
        }
    }
    return CORE_OK;
}

static core_status write_object(core_zip *zip, core_h5 *file, const char *path)
{
    core_arena arena = {0};
    core_h5_kind kind = CORE_H5_NOTHING;
    core_h5_value value = {0};
    core_status status = core_h5_look(file, path, &kind, &value.shape);
    if (status == CORE_OK && kind == CORE_H5_GROUP) {
        status = write_attributes(zip, file, path, &arena);
    } else if (status == CORE_OK) {
        status = core_h5_load(file, path, &arena, &value);
        status = status == CORE_OK ? write_member(zip, path, &value, &arena) : status;
    }
    core_arena_free(&arena);
    return status;
}

static core_status write_objects(core_zip *zip, core_h5 *file, const char *below, core_arena *arena)
{
    core_names paths = {0};
    CORE_TRY(core_h5_list(file, below, arena, &paths));
    for (int64_t i = 0; i < paths.count; i++) {
        if (res_content_has_object(paths.names[i])) {
            CORE_TRY(write_object(zip, file, paths.names[i]));
        }
    }
    return CORE_OK;
}

/* Writes a set of features, and before the first one the labels. */
static core_status write_set(core_zip *zip, core_h5 *file, bool at_end, bool is_first, core_arena *arena)
{
    const char *set = at_end ? "features/at_end" : "features/at_drop";
    if (is_first) {
        CORE_TRY(write_object(zip, file, "features/train_label"));
        CORE_TRY(write_object(zip, file, "features/test_label"));
    }
    CORE_TRY(write_object(zip, file, set));
    return write_objects(zip, file, set, arena);
}

/* Writes what the files of features have. */
static core_status write_features(core_zip *zip, const res_run *run, const char *path, core_arena *arena)
{
    bool is_first = true;
    for (int at_end = 0; at_end < 2; at_end++) {
        const char *name;
        bool there;
        core_h5 *file = NULL;
        CORE_TRY(res_features_find(path, at_end, run, arena, &name, &there));
        if (there) {
            CORE_TRY(res_features_open(path, at_end, run, &file));
            const core_status status = write_set(zip, file, at_end, is_first, arena);
            core_h5_close(file);
            CORE_TRY(status);
            is_first = false;
        }
    }
    return CORE_OK;
}

static core_status write_all(core_zip *zip, core_h5 *file, const res_run *run, const char *path, core_arena *arena)
{
    CORE_TRY(write_object(zip, file, ""));
    CORE_TRY(write_objects(zip, file, "", arena));
    return write_features(zip, run, path, arena);
}

/* The bytes of RES_FORMAT in format.npy, one of the first members: four bytes per character, as NumPy stores texts. */
static const char npz_mark[] = "t\0\0\0a\0\0\0i\0\0\0l\0\0\0b\0\0\0i\0\0\0t\0\0\0-\0\0\0r\0\0\0u\0\0\0n\0\0";
static const core_file_kind npz_kind = {
    .name = "tailbit .npz", .starts = {"PK\x03\x04"}, .mark = npz_mark, .mark_bytes = sizeof npz_mark - 1};

core_status res_export_npz_check(const char *out) { return core_file_check(out, &npz_kind); }

core_status res_export_npz(const res_run *run, const char *path, const char *out)
{
    core_h5 *file = NULL;
    core_zip *zip = NULL;
    core_arena arena = {0};
    CORE_TRY(res_content_open(path, &file));
    core_status status = core_zip_create(out, &npz_kind, &zip);
    if (status == CORE_OK) {
        status = write_all(zip, file, run, path, &arena);
        if (status == CORE_OK) {
            status = core_zip_commit(zip);
        } else {
            core_zip_abandon(zip);
        }
    }
    core_arena_free(&arena);
    core_h5_close(file);
    return status;
}

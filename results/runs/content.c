#include "results/runs/content.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "results/runs/check.h"
#include "results/runs/run_file.h"

enum { SLAB_BYTES = 4 << 20 };

static core_status check_format(core_h5 *file, const char *path, const char *what, int64_t expected)
{
    bool there = false;
    CORE_TRY(core_h5_has(file, "", "format", &there));
    if (!there) {
        return core_fail_about(CORE_BAD_FILE, path,
                               " is an HDF5 file but no tailbit %s file: it has no attribute format", what);
    }
    core_arena arena = {0};
    const char *format = NULL;
    core_status status = core_h5_get_text(file, "", "format", &arena, &format);
    if (status == CORE_OK && (strncmp(format, "tailbit-", 8) != 0 || strcmp(format + 8, what) != 0)) {
        status = core_fail_about(CORE_BAD_FILE, path,
                                 " is no tailbit %s file: its format is \"%s\", expected \"tailbit-%s\"", what, format,
                                 what);
    }
    core_arena_free(&arena);
    CORE_TRY(status);
    int64_t schema = 0;
    CORE_TRY(core_h5_get_i64(file, "", "schema", &schema));
    if (schema != expected) {
        return core_fail_about(CORE_BAD_FILE, path,
                               " has schema %" PRId64 ", expected %" PRId64 ": another version of tailbit wrote it",
                               schema, expected);
    }
    return CORE_OK;
}

core_status res_content_open_as(const char *path, const char *what, int64_t schema, core_h5 **out)
{
    core_h5 *file = NULL;
    CORE_TRY(core_h5_open(path, &file));
    core_status status = check_format(file, path, what, schema);
    if (status != CORE_OK) {
        core_h5_close(file);
        return status;
    }
    *out = file;
    return CORE_OK;
}

core_status res_content_open(const char *path, core_h5 **out)
{
    return res_content_open_as(path, "run", RES_SCHEMA, out);
}

static bool is_below(const char *path, const char *folder)
{
    const size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

bool res_content_has_object(const char *path) { return !is_below(path, "env") && !is_below(path, "timing"); }

bool res_content_has_attribute(const char *path, const char *name)
{
    return path[0] != '\0' ||
           (strcmp(name, "creator") != 0 && strcmp(name, "digest") != 0 && strcmp(name, RES_CHECK) != 0);
}

res_slab res_content_slab(const core_h5_shape *shape, int64_t rows)
{
    int64_t row_bytes = core_h5_type_bytes(shape->type);
    for (int d = 1; d < shape->rank; d++) {
        row_bytes *= shape->dims[d];
    }
    const int64_t most = row_bytes > 0 && row_bytes < SLAB_BYTES ? SLAB_BYTES / row_bytes : 1;
    return (res_slab){.rows = most < rows ? most : rows, .row_bytes = (size_t)row_bytes};
}

static void add_text(core_hash *hash, const char *text) { core_hash_update(hash, text, strlen(text) + 1); }

static void add_shape(core_hash *hash, const core_h5_shape *shape)
{
    add_text(hash, core_h5_type_name(shape->type));
    const int64_t rank = shape->rank;
    core_hash_update(hash, &rank, sizeof rank);
    core_hash_update(hash, shape->dims, (size_t)rank * sizeof shape->dims[0]);
}

static void add_value(core_hash *hash, const core_h5_value *value)
{
    const int64_t elements = core_h5_elements(&value->shape);
    add_shape(hash, &value->shape);
    if (value->shape.type != CORE_H5_TEXT) {
        core_hash_update(hash, value->data, (size_t)(elements * core_h5_type_bytes(value->shape.type)));
        return;
    }
    for (int64_t i = 0; i < elements; i++) {
        add_text(hash, ((char **)value->data)[i]);
    }
}

static core_status add_attributes(core_h5 *file, const char *path, core_arena *arena, core_hash *hash)
{
    core_names names = {0};
    CORE_TRY(core_h5_attributes(file, path, arena, &names));
    for (int64_t i = 0; i < names.count; i++) {
        if (res_content_has_attribute(path, names.names[i])) {
            core_h5_value value = {0};
            CORE_TRY(core_h5_get(file, path, names.names[i], arena, &value));
            add_text(hash, names.names[i]);
            add_value(hash, &value);
        }
    }
    return CORE_OK;
}

/* Hashes the numbers of a dataset, a slab at a time, to bound the memory. */
static core_status add_numbers(core_h5 *file, const char *path, const core_h5_shape *shape, core_hash *hash)
{
    add_shape(hash, shape);
    const int64_t rows = shape->rank > 0 ? shape->dims[0] : 1;
    if (core_h5_elements(shape) == 0) {
        return CORE_OK;
    }
    const res_slab slab = res_content_slab(shape, rows);
    void *buffer = NULL;
    CORE_TRY(core_calloc((size_t)slab.rows, slab.row_bytes, "a part of a dataset", &buffer));
    core_status status = CORE_OK;
    for (int64_t first = 0; first < rows && status == CORE_OK; first += slab.rows) {
        const int64_t count = rows - first < slab.rows ? rows - first : slab.rows;
        status = core_h5_read(file, path, shape->type, first, count, buffer);
        if (status == CORE_OK) {
            core_hash_update(hash, buffer, (size_t)count * slab.row_bytes);
        }
    }
    free(buffer);
    return status;
}

static core_status add_object(core_h5 *file, const char *path, core_arena *arena, core_hash *hash)
{
    core_h5_kind kind = CORE_H5_NOTHING;
    core_h5_shape shape = {0};
    CORE_TRY(core_h5_look(file, path, &kind, &shape));
    add_text(hash, path);
    if (kind != CORE_H5_DATASET) {
        add_text(hash, "group");
    } else if (shape.type == CORE_H5_TEXT) {
        core_h5_value value = {.shape = shape};
        CORE_TRY(core_h5_load(file, path, arena, &value));
        add_value(hash, &value);
    } else {
        CORE_TRY(add_numbers(file, path, &shape, hash));
    }
    return add_attributes(file, path, arena, hash);
}

core_status res_content_digest(core_h5 *file, char hex[CORE_HASH_HEX_MAX])
{
    core_arena arena = {0};
    core_hash *hash = NULL;
    CORE_TRY(core_hash_create(CORE_HASH_XXH3_128, &hash));
    core_names paths = {0};
    core_status status = core_h5_list(file, "", &arena, &paths);
    if (status == CORE_OK) {
        status = add_object(file, "", &arena, hash);
    }
    for (int64_t i = 0; i < paths.count && status == CORE_OK; i++) {
        if (res_content_has_object(paths.names[i])) {
            status = add_object(file, paths.names[i], &arena, hash);
        }
    }
    if (status == CORE_OK) {
        const core_hash_digest digest = core_hash_finish(hash);
        core_hash_hex(&digest, hex);
    }
    core_hash_destroy(hash);
    core_arena_free(&arena);
    return status;
}

core_status res_content_verify(core_h5 *file, const char *path)
{
    char found[CORE_HASH_HEX_MAX];
    CORE_TRY(res_content_digest(file, found));
    core_arena arena = {0};
    const char *stored = NULL;
    core_status status = core_h5_get_text(file, "", "digest", &arena, &stored);
    if (status == CORE_OK && strcmp(stored, found) != 0) {
        status = core_fail_about(CORE_BAD_FILE, path,
                                 " was changed after tailbit wrote it: its digest is %s, expected %s", found, stored);
    }
    core_arena_free(&arena);
    return status;
}

#include "core/h5.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/h5_internal.h"

enum { TEXTS_SLACK_BYTES = 1 << 20 };

core_status core_h5_set(core_h5 *file, const char *path, const char *name, const core_h5_value *value)
{
    const core_h5_shape *shape = &value->shape;
    assert(file->writing && shape->rank <= 1 && shape->type != CORE_H5_FOREIGN);
    core_status status = CORE_OK;
    const hid_t type = core_h5_make_type(shape->type);
    const hsize_t length = shape->rank == 1 ? (hsize_t)shape->dims[0] : 1;
    const hid_t space = shape->rank == 1 ? H5Screate_simple(1, &length, NULL) : H5Screate(H5S_SCALAR);
    hid_t attribute = -1;
    if (type < 0 || space < 0 ||
        (attribute = H5Acreate_by_name(file->id, core_h5_at(path), name, type, space, H5P_DEFAULT, H5P_DEFAULT,
                                       H5P_DEFAULT)) < 0 ||
        (length > 0 && H5Awrite(attribute, type, value->data) < 0)) {
        status = core_h5_fail(file, "write an attribute of", path);
    }
    core_h5_drop(attribute);
    core_h5_drop(space);
    core_h5_drop(type);
    return status;
}

core_status core_h5_set_text(core_h5 *file, const char *path, const char *name, const char *text)
{
    return core_h5_set(file, path, name, &(core_h5_value){core_h5_shape0(CORE_H5_TEXT), &text});
}

core_status core_h5_set_i64(core_h5 *file, const char *path, const char *name, int64_t number)
{
    return core_h5_set(file, path, name, &(core_h5_value){core_h5_shape0(CORE_H5_I64), &number});
}

core_status core_h5_has(core_h5 *file, const char *path, const char *name, bool *out)
{
    const htri_t there = H5Aexists_by_name(file->id, core_h5_at(path), name, file->access);
    if (there < 0) {
        return core_h5_fail(file, "look for an attribute of", path);
    }
    *out = there > 0;
    return CORE_OK;
}

/* An open attribute, with all that the functions that read it need. */
typedef struct {
    core_h5 *file;
    const char *path, *name;
    hid_t attribute, type, space;
    core_arena *arena;
} reading;

static core_status read_numbers(const reading *r, core_h5_value *value)
{
    const hid_t type = core_h5_make_type(value->shape.type);
    core_status status = CORE_OK;
    if (type < 0 || H5Aread(r->attribute, type, value->data) < 0) {
        status = core_h5_fail(r->file, "read an attribute of", r->path);
    }
    core_h5_drop(type);
    return status;
}

/* An attribute is stored uncompressed, so that the file's size bounds it. But many variable-length texts may refer to
 * the same text of the file, so that in memory they can be much larger than the file. */
static core_status check_size(const reading *r, const core_h5_shape *shape)
{
    const int64_t count = core_h5_elements(shape), room = 2 * r->file->bytes + TEXTS_SLACK_BYTES;
    const int64_t most = H5Tis_variable_str(r->type) > 0 ? r->file->bytes : (int64_t)H5Tget_size(r->type);
    int64_t bytes;
    if (!r->file->writing && count > 1 && (__builtin_mul_overflow(count, most, &bytes) || bytes > room)) {
        return core_fail_about(CORE_BAD_FILE, r->file->name,
                               ": attribute %s of /%s claims %" PRId64 " elements in a file of %" PRId64
                               " bytes: damaged",
                               r->name, r->path, count, r->file->bytes);
    }
    return CORE_OK;
}

static core_status read_value(const reading *r, core_h5_value *out)
{
    core_h5_value value = {0};
    CORE_TRY(core_h5_describe(r->file, r->path, r->type, r->space, &value.shape));
    CORE_TRY(check_size(r, &value.shape));
    if (value.shape.type == CORE_H5_FOREIGN) {
        return core_fail_about(CORE_BAD_FILE, r->file->name, ": attribute %s of /%s " CORE_H5_HOLDS_FOREIGN, r->name,
                               r->path);
    }
    const size_t bytes = (size_t)core_h5_type_bytes(value.shape.type);
    CORE_TRY(core_arena_calloc(r->arena, (size_t)core_h5_elements(&value.shape), bytes, "an attribute", &value.data));
    if (core_h5_elements(&value.shape) == 0) {
        /* nothing to read */
    } else if (value.shape.type != CORE_H5_TEXT) {
        CORE_TRY(read_numbers(r, &value));
    } else {
        CORE_TRY(
            core_h5_read_texts(r->file, r->path, r->attribute, core_h5_elements(&value.shape), r->arena, value.data));
    }
    *out = value;
    return CORE_OK;
}

core_status core_h5_get(core_h5 *file, const char *path, const char *name, core_arena *arena, core_h5_value *out)
{
    bool there = false;
    CORE_TRY(core_h5_has(file, path, name, &there));
    if (!there) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s has no attribute %s", path, name);
    }
    reading r = {.file = file, .path = path, .name = name, .type = -1, .space = -1, .arena = arena};
    r.attribute = H5Aopen_by_name(file->id, core_h5_at(path), name, H5P_DEFAULT, file->access);
    core_status status = CORE_OK;
    if (r.attribute < 0 || (r.type = H5Aget_type(r.attribute)) < 0 || (r.space = H5Aget_space(r.attribute)) < 0) {
        status = core_h5_fail(file, "open an attribute of", path);
    } else {
        status = read_value(&r, out);
    }
    if (status == CORE_OK) {
        core_h5_add_read(file, path, name, &out->shape, out->data);
    }
    core_h5_drop(r.space);
    core_h5_drop(r.type);
    core_h5_drop(r.attribute);
    return status;
}

core_status core_h5_get_one(core_h5 *file, const char *path, const char *name, core_h5_type type, core_arena *arena,
                            void **out)
{
    core_h5_value value;
    CORE_TRY(core_h5_get(file, path, name, arena, &value));
    if (value.shape.type != type || value.shape.rank != 0) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": attribute %s of /%s is %s of rank %d, expected one %s",
                               name, path, core_h5_type_name(value.shape.type), value.shape.rank,
                               core_h5_type_name(type));
    }
    *out = value.data;
    return CORE_OK;
}

core_status core_h5_get_text(core_h5 *file, const char *path, const char *name, core_arena *arena, const char **out)
{
    void *value = NULL;
    CORE_TRY(core_h5_get_one(file, path, name, CORE_H5_TEXT, arena, &value));
    *out = *(const char **)value;
    return CORE_OK;
}

core_status core_h5_get_i64(core_h5 *file, const char *path, const char *name, int64_t *out)
{
    core_arena arena = {0};
    void *value = NULL;
    const core_status status = core_h5_get_one(file, path, name, CORE_H5_I64, &arena, &value);
    if (status == CORE_OK) {
        *out = *(const int64_t *)value;
    }
    core_arena_free(&arena);
    return status;
}

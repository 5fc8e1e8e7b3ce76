#include "results/runs/schema.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/runs/run_internal.h"

core_status res_is_there(core_h5 *file, const char *path, bool *out)
{
    core_h5_kind kind = CORE_H5_NOTHING;
    CORE_TRY(core_h5_look(file, path, &kind, NULL));
    *out = kind != CORE_H5_NOTHING;
    return CORE_OK;
}

core_status res_write_scale(core_h5 *file, const char *path, const char *long_name, int64_t count)
{
    int64_t *numbers = NULL;
    core_arena arena = {0};
    CORE_TRY(CORE_ARENA_NEW(&arena, count, long_name, numbers));
    for (int64_t i = 0; i < count; i++) {
        numbers[i] = i;
    }
    const core_h5_shape shape = core_h5_shape1(CORE_H5_I64, count);
    const core_h5_about about = {.long_name = long_name, .units = "1"};
    core_status status = core_h5_write(file, path, &shape, numbers, &about);
    if (status == CORE_OK) {
        status = core_h5_make_scale(file, path);
    }
    core_arena_free(&arena);
    return status;
}

/* The size called `letter` in the struct `values`. */
static int64_t *find_size(const res_schema *schema, char letter, const void *values)
{
    const res_size *size = schema->sizes;
    while (size->letter != letter) {
        size++;
    }
    return (int64_t *)((uintptr_t)values + size->offset);
}

static core_h5_shape shape_of(const res_schema *schema, const res_field *field, const void *values)
{
    core_h5_shape shape = {.type = field->type, .rank = (int)strlen(field->shape)};
    for (int d = 0; d < shape.rank; d++) {
        const char letter = field->shape[d];
        shape.dims[d] = letter <= '9' ? letter - '0' : *find_size(schema, letter, values);
    }
    return shape;
}

static void *pointer_at(const void *values, size_t offset)
{
    void *pointer;
    memcpy(&pointer, (const char *)values + offset, sizeof pointer);
    return pointer;
}

/* Whether the struct has the field, by its sizes; true for an optional field, which the file may have. */
static bool has_field(const res_schema *schema, const res_field *field, const void *values)
{
    return field->needs == 0 || field->needs == RES_OPTIONAL || *find_size(schema, field->needs, values) > 0;
}

/* Splits the path of an attribute into its group and its name; returns the name. */
static const char *split_path(const char *path, char group[128])
{
    const char *slash = strrchr(path, '/');
    snprintf(group, 128, "%.*s", slash == NULL ? 0 : (int)(slash - path), path);
    return slash == NULL ? path : slash + 1;
}

static core_status write_attribute(core_h5 *file, const res_field *field, const void *values)
{
    char group[128];
    bool there = true;
    const char *name = split_path(field->path, group);
    CORE_TRY(res_is_there(file, group, &there));
    if (!there) {
        CORE_TRY(core_h5_write_group(file, group));
    }
    const core_h5_value value = {core_h5_shape0(field->type), (void *)((uintptr_t)values + field->offset)};
    return core_h5_set(file, group, name, &value);
}

/* The value of a field that an older tailbit did not write: NaN or -1. */
static const void *unknown_of(const res_field *field)
{
    static const double no_real = (double)NAN;
    static const int64_t no_integer = -1;
    assert((field->type == CORE_H5_F64 || field->type == CORE_H5_I64) && "what came later is a double or an i64");
    return field->type == CORE_H5_F64 ? (const void *)&no_real : &no_integer;
}

static core_status load_attribute(core_h5 *file, const res_field *field, core_arena *arena, void *values)
{
    char group[128];
    void *value = NULL;
    const char *name = split_path(field->path, group);
    bool there = true;
    if (field->later) {
        CORE_TRY(core_h5_has(file, group, name, &there));
    }
    if (there) {
        CORE_TRY(core_h5_get_one(file, group, name, field->type, arena, &value));
    }
    memcpy((char *)values + field->offset, there ? value : unknown_of(field), (size_t)core_h5_type_bytes(field->type));
    return CORE_OK;
}

/* Whether the file has the doubles of the field as floats. */
static bool is_narrow(const res_schema *schema, const res_field *field, const void *values)
{
    return field->narrows && *find_size(schema, 'K', values) > RES_DENSE_CLASSES;
}

static core_status write_narrow(core_h5 *file, const res_field *field, core_h5_shape shape, const double *data,
                                const core_h5_about *about)
{
    const int64_t count = core_h5_elements(&shape);
    float *narrow;
    CORE_TRY(CORE_NEW(count, field->path, narrow));
    for (int64_t i = 0; i < count; i++) {
        narrow[i] = (float)data[i];
    }
    shape.type = CORE_H5_F32;
    const core_status status = core_h5_write(file, field->path, &shape, narrow, about);
    free(narrow);
    return status;
}

/* Widens the floats that were read. */
static core_status widen(const core_h5_value *value, const res_field *field, core_arena *arena, void **data)
{
    const int64_t count = core_h5_elements(&value->shape);
    const float *narrow = value->data;
    double *wide;
    CORE_TRY(CORE_ARENA_NEW(arena, count, field->path, wide));
    for (int64_t i = 0; i < count; i++) {
        wide[i] = (double)narrow[i];
    }
    *data = wide;
    return CORE_OK;
}

core_status res_field_write(core_h5 *file, const res_schema *schema, const res_field *field, const void *values,
                            const void *data, bool packs)
{
    const core_h5_shape shape = shape_of(schema, field, values);
    core_h5_about about = {.long_name = field->long_name, .units = field->units, .gzip = packs && field->packs};
    for (int d = 0; d < shape.rank; d++) {
        const char letter = field->shape[d];
        const bool is_class = letter == 'K' || letter == 'k';
        const char *scale = letter == 'E' ? RES_EPOCH_SCALE : is_class ? RES_CLASS_SCALE : NULL;
        bool there = false;
        if (scale != NULL) {
            CORE_TRY(res_is_there(file, scale, &there));
        }
        about.scales[d] = there ? scale : NULL;
    }
    return is_narrow(schema, field, values) ? write_narrow(file, field, shape, data, &about)
                                            : core_h5_write(file, field->path, &shape, data, &about);
}

core_status res_schema_write(core_h5 *file, const res_schema *schema, const void *values, bool packs)
{
    for (const res_field *field = schema->fields; field->path != NULL; field++) {
        if (!has_field(schema, field, values)) {
            continue;
        }
        if (field->long_name == NULL) {
            CORE_TRY(write_attribute(file, field, values));
        } else if (field->needs != RES_OPTIONAL || pointer_at(values, field->offset) != NULL) {
            CORE_TRY(res_field_write(file, schema, field, values, pointer_at(values, field->offset), packs));
        }
    }
    return CORE_OK;
}

/* Reads the size `letter` from the dataset of the first field with that dimension that the file has; keeps *out where it
 * has none and needs none. */
static core_status load_size(core_h5 *file, const res_schema *schema, char letter, int64_t *out)
{
    for (const res_field *field = schema->fields; field->path != NULL; field++) {
        core_h5_kind kind = CORE_H5_NOTHING;
        core_h5_shape shape = {0};
        if (field->long_name == NULL || strchr(field->shape, letter) == NULL) {
            continue;
        }
        const int rank = (int)strlen(field->shape);
        CORE_TRY(core_h5_look(file, field->path, &kind, &shape));
        if (kind == CORE_H5_NOTHING && field->needs != 0) {
            continue;
        }
        if (kind != CORE_H5_DATASET || shape.rank != rank) {
            return core_fail_about(CORE_BAD_FILE, core_h5_name(file),
                                   ": /%s is missing or has %d dimensions, expected a dataset with %d", field->path,
                                   shape.rank, rank);
        }
        *out = shape.dims[strchr(field->shape, letter) - field->shape];
        return CORE_OK;
    }
    return CORE_OK;
}

/* Makes the values of a field that an older tailbit did not write: NaN or -1. */
static core_status load_unknown(const res_schema *schema, const res_field *field, const void *values, core_arena *arena,
                                void **data)
{
    const core_h5_shape shape = shape_of(schema, field, values);
    const void *unknown = unknown_of(field);
    char *elements;
    CORE_TRY(CORE_ARENA_NEW(arena, core_h5_elements(&shape) * 8, field->path, elements));
    for (int64_t i = 0; i < core_h5_elements(&shape); i++) {
        memcpy(elements + 8 * i, unknown, 8);
    }
    *data = elements;
    return CORE_OK;
}

core_status res_field_load(core_h5 *file, const res_schema *schema, const res_field *field, const void *values,
                           core_arena *arena, void **data)
{
    bool there = true;
    if (field->later || field->needs == RES_OPTIONAL) {
        CORE_TRY(res_is_there(file, field->path, &there));
    }
    if (!there) {
        return field->later ? load_unknown(schema, field, values, arena, data) : CORE_OK;
    }
    core_h5_value value = {.shape = shape_of(schema, field, values)};
    const bool narrow = is_narrow(schema, field, values);
    value.shape.type = narrow ? CORE_H5_F32 : value.shape.type;
    CORE_TRY(core_h5_load(file, field->path, arena, &value));
    if (narrow) {
        return widen(&value, field, arena, data);
    }
    *data = value.data;
    return CORE_OK;
}

core_status res_schema_load(core_h5 *file, const res_schema *schema, core_arena *arena, void *values)
{
    for (const res_size *size = schema->sizes; size->letter != 0; size++) {
        CORE_TRY(load_size(file, schema, size->letter, find_size(schema, size->letter, values)));
    }
    for (const res_field *field = schema->fields; field->path != NULL; field++) {
        if (!has_field(schema, field, values)) {
            continue;
        }
        if (field->long_name == NULL) {
            CORE_TRY(load_attribute(file, field, arena, values));
            continue;
        }
        void *data = NULL;
        CORE_TRY(res_field_load(file, schema, field, values, arena, &data));
        memcpy((char *)values + field->offset, &data, sizeof data);
    }
    return CORE_OK;
}

/* Copies the used elements of an array into one of capacity `rows` in the first dimension. */
static core_status grow_field(const res_schema *schema, const res_field *field, int64_t rows, core_arena *arena,
                              void *values)
{
    core_h5_shape shape = shape_of(schema, field, values);
    const size_t bytes = (size_t)core_h5_type_bytes(field->type);
    const int64_t used = core_h5_elements(&shape);
    shape.dims[0] = rows;
    const void *old = pointer_at(values, field->offset);
    char *grown = NULL;
    CORE_TRY(CORE_ARENA_NEW(arena, core_h5_elements(&shape) * (int64_t)bytes, field->path, grown));
    if (old != NULL && used > 0) {
        memcpy(grown, old, (size_t)used * bytes);
    }
    memcpy((char *)values + field->offset, &grown, sizeof grown);
    return CORE_OK;
}

core_status res_schema_reserve(const res_schema *schema, int64_t rows, bool optional, core_arena *arena, void *values)
{
    for (const res_field *field = schema->fields; field->path != NULL; field++) {
        if (field->long_name != NULL && field->shape[0] == 'E' && (optional || field->needs != RES_OPTIONAL)) {
            CORE_TRY(grow_field(schema, field, rows, arena, values));
        }
    }
    return CORE_OK;
}

core_status res_schema_check_errors(const char *path, const res_schema *schema, const void *values)
{
    for (const res_field *field = schema->fields; field->path != NULL; field++) {
        const size_t length = strlen(field->path);
        if (field->long_name == NULL || field->type != CORE_H5_F64 || strcmp(field->path + length - 5, "error") != 0) {
            continue;
        }
        char what[128];
        const core_h5_shape shape = shape_of(schema, field, values);
        snprintf(what, sizeof what, "/%s has", field->path);
        CORE_TRY(res_check_errors(path, what, pointer_at(values, field->offset), core_h5_elements(&shape)));
    }
    return CORE_OK;
}

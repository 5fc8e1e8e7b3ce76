#include "core/h5.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/h5_internal.h"
#include "core/path.h"

/* The texts of a dataset may take this many bytes more than the file has. */
enum { TEXTS_SLACK_BYTES = 16 << 20 };

/* Whether every value of `stored` is a value of `wanted`. */
static bool fits(core_h5_type stored, core_h5_type wanted)
{
    if (stored == wanted) {
        return true;
    }
    if (stored == CORE_H5_F32) {
        return wanted == CORE_H5_F64;
    }
    if (stored > CORE_H5_I64 || wanted > CORE_H5_I64) {
        return false;
    }
    /* The integers are listed in pairs of the same size, the unsigned one first. */
    const bool stored_signed = (stored - CORE_H5_U8) % 2 == 1, wanted_signed = (wanted - CORE_H5_U8) % 2 == 1;
    const int64_t stored_bytes = core_h5_type_bytes(stored), wanted_bytes = core_h5_type_bytes(wanted);
    return stored_signed == wanted_signed ? wanted_bytes > stored_bytes : wanted_signed && wanted_bytes > stored_bytes;
}

static core_status look_for_dataset(core_h5 *file, const char *path, core_h5_shape *shape)
{
    core_h5_kind kind = CORE_H5_NOTHING;
    CORE_TRY(core_h5_look(file, path, &kind, shape));
    if (kind != CORE_H5_DATASET) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": %s /%s, expected a dataset",
                               kind == CORE_H5_NOTHING ? "there is no" : "a group is at", path);
    }
    return CORE_OK;
}

/* Rows that one call of HDF5 may read: CORE_H5_READ_CHUNKS bounds its chunks; all rows where there are no chunks. */
static int64_t rows_at_once(const core_h5 *file, int64_t rows)
{
    const core_h5_storage *s = &file->looked_up;
    if (file->writing || s->chunk_rows == 0) {
        return rows;
    }
    const int64_t most = CORE_H5_READ_CHUNKS / s->band_chunks * s->chunk_rows;
    return most < rows ? most : rows;
}

/* One call of read or load. */
typedef struct {
    core_h5 *file;
    const char *path;
    const core_h5_shape *shape;
    hid_t dataset, memory_type, space;
} reading;

static core_status read_rows(const reading *r, int64_t first, int64_t count, void *out)
{
    const int rank = r->shape->rank;
    hsize_t start[CORE_H5_MAX_RANK] = {0}, extent[CORE_H5_MAX_RANK];
    for (int d = 0; d < rank; d++) {
        start[d] = d == 0 ? (hsize_t)first : 0;
        extent[d] = d == 0 ? (hsize_t)count : (hsize_t)r->shape->dims[d];
    }
    const hid_t to = rank > 0 ? H5Screate_simple(rank, extent, NULL) : H5Screate(H5S_SCALAR);
    const bool right = to >= 0 &&
                       (rank == 0 || H5Sselect_hyperslab(r->space, H5S_SELECT_SET, start, NULL, extent, NULL) >= 0) &&
                       H5Dread(r->dataset, r->memory_type, to, r->space, H5P_DEFAULT, out) >= 0;
    core_status status = right ? CORE_OK : core_h5_fail(r->file, "read", r->path);
    core_h5_drop(to);
    return status;
}

core_status core_h5_read(core_h5 *file, const char *path, core_h5_type type, int64_t first, int64_t count, void *out)
{
    core_h5_shape shape = {0};
    CORE_TRY(look_for_dataset(file, path, &shape));
    if (type >= CORE_H5_TEXT || !fits(shape.type, type)) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s holds %s, expected %s", path,
                               core_h5_type_name(shape.type), core_h5_type_name(type));
    }
    const int64_t rows = shape.rank > 0 ? shape.dims[0] : 1;
    if (first < 0 || count < 0 || first > rows - count) {
        return core_fail_about(CORE_BAD_FILE, file->name,
                               ": /%s has %" PRId64 " rows, expected rows %" PRId64 " to %" PRId64, path, rows, first,
                               first + count - 1);
    }
    if (count == 0 || core_h5_elements(&shape) == 0) {
        core_h5_add_read(file, path, "", &(core_h5_shape){.type = type, .rank = 1}, NULL);
        return CORE_OK;
    }
    const int64_t row_bytes = core_h5_elements(&shape) / rows * core_h5_type_bytes(type);
    const int64_t piece = rows_at_once(file, count);
    reading r = {.file = file, .path = path, .shape = &shape, .space = -1};
    r.dataset = core_h5_open_dataset(file, path);
    r.memory_type = core_h5_make_type(type);
    core_status status = CORE_OK;
    if (r.dataset < 0 || r.memory_type < 0 || (r.space = H5Dget_space(r.dataset)) < 0) {
        status = core_h5_fail(file, "read", path);
    }
    for (int64_t done = 0; done < count && status == CORE_OK; done += piece) {
        status =
            read_rows(&r, first + done, count - done < piece ? count - done : piece, (char *)out + done * row_bytes);
    }
    if (status == CORE_OK) {
        core_h5_shape got = shape;
        got.type = type;
        got.dims[0] = shape.rank > 0 ? count : 0;
        core_h5_add_read(file, path, "", &got, out);
    }
    core_h5_drop(r.space);
    core_h5_drop(r.memory_type);
    core_h5_drop(r.dataset);
    return status;
}

/* HDF5's allocator for texts, with a limit (`left`, in bytes): many texts may refer to the same text of the file, so
 * that in memory they can be much larger than the file. */
static void *take_letters(size_t bytes, void *left)
{
    int64_t *rest = left;
    if (bytes > (size_t)*rest) {
        return NULL;
    }
    *rest -= (int64_t)bytes;
    return malloc(bytes);
}

static void give_letters(void *letters, void *left)
{
    (void)left;
    free(letters);
}

/* Copies fixed-length strings of `width` bytes into one piece of the arena. */
static core_status copy_fixed(const char *from, int64_t count, size_t width, bool space_padded, core_arena *arena,
                              char **texts)
{
    char *letters;
    CORE_TRY(core_arena_calloc(arena, (size_t)count, width + 1, "texts of an HDF5 file", (void **)&letters));
    for (int64_t i = 0; i < count; i++) {
        const char *text = from + (size_t)i * width;
        size_t length = strnlen(text, width);
        while (space_padded && length > 0 && text[length - 1] == ' ') {
            length--;
        }
        texts[i] = memcpy(letters, text, length);
        letters += length + 1;
    }
    return CORE_OK;
}

/* The same for NUL-terminated strings; NULL becomes "". */
static core_status copy_variable(char *const *from, int64_t count, core_arena *arena, char **texts)
{
    size_t bytes = 0;
    for (int64_t i = 0; i < count; i++) {
        bytes += strlen(from[i] != NULL ? from[i] : "") + 1;
    }
    char *letters;
    CORE_TRY(core_arena_calloc(arena, bytes, 1, "texts of an HDF5 file", (void **)&letters));
    for (int64_t i = 0; i < count; i++) {
        const char *text = from[i] != NULL ? from[i] : "";
        texts[i] = letters;
        letters = stpcpy(letters, text) + 1;
    }
    return CORE_OK;
}

/* The texts of a dataset or attribute that is being read. */
typedef struct {
    const core_h5 *file;
    const char *path;
    hid_t object, type; /* the stored type: HDF5 does not convert ASCII texts, which old writers make, to UTF-8 */
    bool is_attribute;
    int64_t count;
    core_arena *arena;
} text_reading;

static core_status read_raw(const text_reading *r, hid_t transfer, void *raw)
{
    const herr_t read = r->is_attribute ? H5Aread(r->object, r->type, raw)
                                        : H5Dread(r->object, r->type, H5S_ALL, H5S_ALL, transfer, raw);
    return read >= 0 ? CORE_OK : core_h5_fail(r->file, r->is_attribute ? "read an attribute of" : "read", r->path);
}

static core_status read_variable(const text_reading *r, char **texts)
{
    char **raw;
    int64_t left = r->file->bytes + TEXTS_SLACK_BYTES;
    CORE_TRY(CORE_NEW(r->count, "texts of an HDF5 file", raw));
    const hid_t space = r->is_attribute ? H5Aget_space(r->object) : H5Dget_space(r->object);
    const hid_t own = H5Pcreate(H5P_DATASET_XFER), transfer = r->is_attribute ? H5P_DEFAULT : own;
    const bool right =
        space >= 0 && own >= 0 && H5Pset_vlen_mem_manager(own, take_letters, &left, give_letters, &left) >= 0;
    core_status status = right ? read_raw(r, transfer, raw) : core_h5_fail(r->file, "read", r->path);
    if (status == CORE_OK) {
        status = copy_variable(raw, r->count, r->arena, texts);
    }
    if (right) {
        H5Treclaim(r->type, space, transfer, raw);
    }
    core_h5_drop(own);
    core_h5_drop(space);
    free(raw);
    return status;
}

static core_status read_fixed(const text_reading *r, char **texts)
{
    const size_t width = H5Tget_size(r->type);
    const bool space_padded = H5Tget_strpad(r->type) == H5T_STR_SPACEPAD;
    char *raw;
    CORE_TRY(core_calloc((size_t)r->count, width, "texts of an HDF5 file", (void **)&raw));
    core_status status = read_raw(r, H5P_DEFAULT, raw);
    if (status == CORE_OK) {
        status = copy_fixed(raw, r->count, width, space_padded, r->arena, texts);
    }
    free(raw);
    return status;
}

core_status core_h5_read_texts(const core_h5 *file, const char *path, hid_t object, int64_t count, core_arena *arena,
                               char **texts)
{
    text_reading r = {file, path, object, -1, H5Iget_type(object) == H5I_ATTR, count, arena};
    r.type = r.is_attribute ? H5Aget_type(object) : H5Dget_type(object);
    core_status status = r.type < 0                       ? core_h5_fail(file, "read the type of", path)
                         : H5Tis_variable_str(r.type) > 0 ? read_variable(&r, texts)
                                                          : read_fixed(&r, texts);
    core_h5_drop(r.type);
    return status;
}

static core_status load_texts(core_h5 *file, const char *path, core_arena *arena, core_h5_value *value)
{
    const int64_t count = core_h5_elements(&value->shape);
    if (count == 0) {
        return CORE_OK;
    }
    CORE_TRY(core_arena_calloc(arena, (size_t)count, sizeof(char *), path, &value->data));
    const hid_t dataset = core_h5_open_dataset(file, path);
    core_status status = dataset < 0 ? core_h5_fail(file, "open", path)
                                     : core_h5_read_texts(file, path, dataset, count, arena, value->data);
    core_h5_drop(dataset);
    return status;
}

/* "f32 (12, any)". */
static const char *shape_text(const core_h5_shape *shape, char *text, size_t bytes)
{
    size_t used = (size_t)snprintf(text, bytes, "%s (", core_h5_type_name(shape->type));
    for (int d = 0; d < shape->rank && used < bytes; d++) {
        const char *comma = d > 0 ? ", " : "";
        used += (size_t)(shape->dims[d] >= 0 ? snprintf(text + used, bytes - used, "%s%" PRId64, comma, shape->dims[d])
                                             : snprintf(text + used, bytes - used, "%sany", comma));
    }
    if (used < bytes) {
        snprintf(text + used, bytes - used, ")");
    }
    return text;
}

/* Counts the memory that a dataset takes beyond what the file stores of it: elements never written, elements converted
 * to a longer type. The sum over all datasets of a file is bounded, since many small ones could add up; the number of
 * texts is bounded for each dataset, since each text takes a pointer. */
static core_status count_loaded(core_h5 *file, const char *path, int64_t elements, core_h5_type stored,
                                core_h5_type wanted)
{
    if (file->writing) {
        return CORE_OK;
    }
    const core_h5_storage *s = &file->looked_up; /* texts are read in one call */
    if (wanted == CORE_H5_TEXT && s->chunk_rows > 0 &&
        elements / s->chunk_rows > CORE_H5_READ_CHUNKS / s->band_chunks) {
        return core_fail_about(CORE_BAD_FILE, file->name,
                               ": /%s has %" PRId64 " texts in more than %d chunks, expected larger ones", path,
                               elements, (int)CORE_H5_READ_CHUNKS);
    }
    if (wanted == CORE_H5_TEXT && elements > CORE_H5_MAX_TEXTS) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s has %" PRId64 " texts, expected at most %d", path,
                               elements, (int)CORE_H5_MAX_TEXTS);
    }
    CORE_TRY(core_h5_check_total(file, path, s));
    const int64_t grown =
        wanted != CORE_H5_TEXT ? elements * (core_h5_type_bytes(wanted) - core_h5_type_bytes(stored)) : 0;
    if (grown > CORE_H5_UNWRITTEN_MAX - file->loaded.unwritten - s->unwritten) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s holds %" PRId64 " %s, expected so many as %s", path,
                               elements, core_h5_type_name(stored), core_h5_type_name(wanted));
    }
    file->loaded.unwritten += s->unwritten + grown;
    file->loaded.expanded += s->expanded;
    return CORE_OK;
}

core_status core_h5_load(core_h5 *file, const char *path, core_arena *arena, core_h5_value *value)
{
    core_h5_shape found = {0};
    CORE_TRY(look_for_dataset(file, path, &found));
    const core_h5_shape *wanted = &value->shape;
    bool right = fits(found.type, wanted->type) && found.rank == wanted->rank;
    for (int d = 0; d < wanted->rank && right; d++) {
        right = wanted->dims[d] < 0 || wanted->dims[d] == found.dims[d];
    }
    if (!right) {
        char got[160], expected[160];
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s is %s, expected %s", path,
                               shape_text(&found, got, sizeof got), shape_text(wanted, expected, sizeof expected));
    }
    if (found.type == CORE_H5_FOREIGN) {
        return core_fail_about(CORE_BAD_FILE, file->name, ": /%s " CORE_H5_HOLDS_FOREIGN, path);
    }
    const int64_t elements = core_h5_elements(&found);
    core_h5_value loaded = {.shape = found};
    loaded.shape.type = wanted->type;
    CORE_TRY(count_loaded(file, path, elements, found.type, wanted->type));
    if (wanted->type == CORE_H5_TEXT) {
        CORE_TRY(load_texts(file, path, arena, &loaded));
        core_h5_add_read(file, path, "", &found, loaded.data);
    } else {
        const int64_t rows = found.rank > 0 ? found.dims[0] : 1;
        const size_t bytes = (size_t)core_h5_type_bytes(wanted->type);
        CORE_TRY(core_arena_calloc(arena, (size_t)elements, bytes, path, &loaded.data));
        CORE_TRY(core_h5_read(file, path, wanted->type, 0, rows, loaded.data));
    }
    *value = loaded;
    return CORE_OK;
}

/* A run file has groups two deep and a few thousand objects. */
enum { MAX_DEPTH = 32, MAX_NAME_BYTES = 1000, MAX_OBJECTS = 1 << 16 };

typedef struct {
    const core_h5 *file;
    core_arena *arena;
    core_names names;
    core_status status;
} collection;

/* HDF5 visits nested groups by recursion, and an object's path holds the names of all groups above it: both are
 * bounded. */
static core_status check_name(const collection *into, const char *name)
{
    int depth = 0;
    for (const char *c = name; *c != '\0'; c++) {
        depth += *c == '/';
    }
    if (depth >= MAX_DEPTH || strlen(name) >= MAX_NAME_BYTES || into->names.count >= MAX_OBJECTS) {
        return core_fail_about(CORE_BAD_FILE, into->file->name,
                               ": has groups %d deep, a name of %d bytes or more than %d objects, expected fewer",
                               MAX_DEPTH, MAX_NAME_BYTES, MAX_OBJECTS);
    }
    return CORE_OK;
}

static herr_t collect(collection *into, const char *name)
{
    into->status = check_name(into, name);
    into->status = into->status == CORE_OK ? core_names_add(&into->names, name, into->arena) : into->status;
    return into->status == CORE_OK ? 0 : -1;
}

static herr_t visit_object(hid_t group, const char *name, const H5O_info2_t *about, void *context)
{
    (void)group, (void)about;
    return strcmp(name, ".") != 0 ? collect(context, name) : 0;
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *about, void *context)
{
    (void)object, (void)about;
    const bool is_link = strcmp(name, "DIMENSION_LIST") == 0 || strcmp(name, "REFERENCE_LIST") == 0;
    return !is_link ? collect(context, name) : 0;
}

/* Reads in HDF5's native order and sorts afterwards: for a damaged group HDF5's own sorting frees memory that it never
 * allocated. */
core_status core_h5_list(core_h5 *file, const char *path, core_arena *arena, core_names *out)
{
    collection into = {.file = file, .arena = arena};
    const hid_t group = H5Oopen(file->id, core_h5_at(path), file->access);
    core_status status = CORE_OK;
    if (group < 0 || H5Iget_type(group) != H5I_GROUP ||
        H5Ovisit3(group, H5_INDEX_NAME, H5_ITER_NATIVE, visit_object, &into, H5O_INFO_BASIC) < 0) {
        status = into.status != CORE_OK ? into.status : core_h5_fail(file, "list", path);
    }
    core_h5_drop(group);
    CORE_TRY(status);
    core_names_sort(&into.names, 0);
    for (int64_t i = 0; i < into.names.count && path[0] != '\0'; i++) {
        char *whole;
        CORE_TRY(core_path_join(path, into.names.names[i], "", arena, &whole));
        into.names.names[i] = whole;
    }
    *out = into.names;
    return CORE_OK;
}

core_status core_h5_attributes(core_h5 *file, const char *path, core_arena *arena, core_names *out)
{
    collection into = {.file = file, .arena = arena};
    const hid_t object = H5Oopen(file->id, core_h5_at(path), file->access);
    core_status status = CORE_OK;
    if (object < 0 || H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, visit_attribute, &into) < 0) {
        status = into.status != CORE_OK ? into.status : core_h5_fail(file, "list the attributes of", path);
    }
    core_h5_drop(object);
    CORE_TRY(status);
    core_names_sort(&into.names, 0);
    *out = into.names;
    return CORE_OK;
}

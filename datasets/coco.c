#include "datasets/coco.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <yyjson.h>

#include "core/file.h"
#include "core/path.h"
#include "datasets/unpack.h"

/* The official files have about 100 MB, and make values of about 140 MB. */
enum { FILE_BYTES_MAX = 1 << 29, NAME_BYTES_MAX = 1024 };
static const size_t VALUE_BYTES_MAX = (size_t)3 << 29;

/* ---- the document ----------------------------------------------------------------------------------------------- */

static void *take_memory(void *context, size_t bytes)
{
    (void)context;
    return bytes <= VALUE_BYTES_MAX ? malloc(bytes) : NULL;
}

static void *change_memory(void *context, void *memory, size_t old_bytes, size_t bytes)
{
    (void)context;
    (void)old_bytes;
    return bytes <= VALUE_BYTES_MAX ? realloc(memory, bytes) : NULL;
}

static void give_memory(void *context, void *memory)
{
    (void)context;
    free(memory);
}

/* What an archive is read with. */
typedef struct {
    ds_coco *coco;
    const char *path, *name;
} reading;

/* yyjson checks UTF-8 and needs no stack for what is nested. */
static core_status parse(void *context, const char *name, const char *text, int64_t bytes)
{
    static const yyjson_alc memory = {take_memory, change_memory, give_memory, NULL};
    const reading *r = context;
    yyjson_read_err error = {0};
    (void)name;
    if (r->coco->document != NULL) {
        return core_fail_about(CORE_BAD_FILE, r->path, ": %s is in it twice", r->name);
    }
    /* Without YYJSON_READ_INSITU the text is not changed. */
    r->coco->document = yyjson_read_opts((char *)(uintptr_t)text, (size_t)bytes, YYJSON_READ_NOFLAG, &memory, &error);
    if (r->coco->document == NULL && error.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) {
        return core_fail(CORE_MACHINE, "not enough memory to read %s", r->path);
    }
    return r->coco->document != NULL
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, r->path, ": no JSON from byte %zu on: %s", error.pos, error.msg);
}

static bool want_json(void *context, const char *path, ds_unpack_want *out)
{
    const reading *r = context;
    *out = (ds_unpack_want){r->name, -(int64_t)FILE_BYTES_MAX};
    return strcmp(core_path_name(path), r->name) == 0;
}

static core_status read_archive(reading *r)
{
    const ds_unpack_visitor visitor = {.context = r, .wants = want_json, .take = parse};
    CORE_TRY(ds_unpack_each(r->path, &visitor));
    return r->coco->document != NULL ? CORE_OK : core_fail_about(CORE_BAD_FILE, r->path, ": %s is not in it", r->name);
}

static core_status read_plain(reading *r)
{
    struct stat info;
    char *text;
    size_t bytes;
    if (stat(r->path, &info) == 0 && info.st_size > FILE_BYTES_MAX) {
        return core_fail_about(CORE_BAD_FILE, r->path, ": %lld bytes, expected at most %d", (long long)info.st_size,
                               (int)FILE_BYTES_MAX);
    }
    CORE_TRY(core_file_read(r->path, &text, &bytes));
    core_status status = parse(r, r->name, text, (int64_t)bytes);
    free(text);
    return status;
}

/* ---- its values ------------------------------------------------------------------------------------------------- */

/* An object of the document: that at `place` of a list, or the whole. */
typedef struct {
    const char *path, *list; /* list: NULL for the whole */
    size_t place;
    yyjson_val *object;
} record;

static core_status fail_key(const record *r, const char *key, const char *what)
{
    return r->list == NULL
               ? core_fail_about(CORE_BAD_FILE, r->path, ": \"%s\" %s", key, what)
               : core_fail_about(CORE_BAD_FILE, r->path, ": %s[%zu]: \"%s\" %s", r->list, r->place, key, what);
}

/* The value of a key; NULL: none. */
static core_status find_key(const record *r, const char *key, yyjson_val **out)
{
    size_t i, count;
    yyjson_val *name, *value;
    *out = NULL;
    yyjson_obj_foreach(r->object, i, count, name, value)
    {
        if (yyjson_equals_str(name, key)) {
            if (*out != NULL) {
                return fail_key(r, key, "stands twice");
            }
            *out = value;
        }
    }
    return CORE_OK;
}

static core_status read_id(const record *r, const char *key, int64_t *out)
{
    yyjson_val *value;
    CORE_TRY(find_key(r, key, &value));
    if (value == NULL) {
        return fail_key(r, key, "is missing");
    }
    if (!yyjson_is_uint(value) || yyjson_get_uint(value) > INT64_MAX) {
        return fail_key(r, key, "is no whole number from 0 on");
    }
    *out = (int64_t)yyjson_get_uint(value);
    return CORE_OK;
}

/* otherwise: the text where the key is missing; NULL: it must be there. */
static core_status read_text(const record *r, const char *key, const char *otherwise, const char **out)
{
    yyjson_val *value;
    CORE_TRY(find_key(r, key, &value));
    if (value == NULL) {
        *out = otherwise;
        return otherwise != NULL ? CORE_OK : fail_key(r, key, "is missing");
    }
    *out = yyjson_get_str(value);
    return *out != NULL && strlen(*out) == yyjson_get_len(value) ? CORE_OK : fail_key(r, key, "is no text");
}

/* Whether no part of the path is empty, "." or "..". */
static bool stays_below(const char *path)
{
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += part != path;
        const size_t bytes = strcspn(part, "/");
        if (bytes == 0 || strncmp(part, "..", bytes) == 0) {
            return false;
        }
    }
    return strlen(path) <= NAME_BYTES_MAX;
}

/* What stands in the lists. Each begins with its id. */
typedef struct {
    int64_t id, image_id, category_id;
} annotation;

static core_status read_category(const record *r, void *row)
{
    ds_coco_category *category = row;
    CORE_TRY(read_id(r, "id", &category->id));
    CORE_TRY(read_text(r, "name", NULL, &category->name));
    return read_text(r, "supercategory", "", &category->group);
}

static core_status read_image(const record *r, void *row)
{
    ds_coco_image *image = row;
    image->category = -1;
    CORE_TRY(read_id(r, "id", &image->id));
    CORE_TRY(read_text(r, "file_name", NULL, &image->file_name));
    return stays_below(image->file_name) ? CORE_OK : fail_key(r, "file_name", "is no path of a file below the folder");
}

static core_status read_annotation(const record *r, void *row)
{
    annotation *a = row;
    CORE_TRY(read_id(r, "id", &a->id));
    CORE_TRY(read_id(r, "image_id", &a->image_id));
    return read_id(r, "category_id", &a->category_id);
}

static int compare_ids(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* A list's rows (count, row_bytes), sorted by id. */
typedef struct {
    const char *key;
    size_t row_bytes;
    core_status (*read)(const record *r, void *row);
    void *rows;
    int64_t count;
} table;

static core_status read_rows(const record *root, yyjson_val *list, table *t)
{
    size_t i, count;
    yyjson_val *item;
    yyjson_arr_foreach(list, i, count, item)
    {
        const record r = {root->path, t->key, i, item};
        if (!yyjson_is_obj(item)) {
            return core_fail_about(CORE_BAD_FILE, root->path, ": %s[%zu] is no object", t->key, i);
        }
        CORE_TRY(t->read(&r, (char *)t->rows + i * t->row_bytes));
    }
    t->count = (int64_t)count;
    return CORE_OK;
}

/* The list is that of the table's key, or the whole document where that is a list. */
static core_status read_table(const record *root, core_arena *arena, table *t)
{
    yyjson_val *list = root->object;
    if (yyjson_is_obj(root->object)) {
        CORE_TRY(find_key(root, t->key, &list));
    }
    if (!yyjson_is_arr(list)) {
        return fail_key(root, t->key, list == NULL ? "is missing" : "is no list");
    }
    CORE_TRY(core_arena_calloc(arena, yyjson_arr_size(list), t->row_bytes, t->key, &t->rows));
    CORE_TRY(read_rows(root, list, t));
    qsort(t->rows, (size_t)t->count, t->row_bytes, compare_ids);
    for (int64_t i = 1; i < t->count; i++) {
        const char *row = (const char *)t->rows + (size_t)i * t->row_bytes;
        if (compare_ids(row, row - t->row_bytes) == 0) {
            return core_fail_about(CORE_BAD_FILE, root->path, ": %s: the id %" PRId64 " stands twice", t->key,
                                   *(const int64_t *)row);
        }
    }
    return CORE_OK;
}

/* The row of an id; NULL: none. */
static void *find_row(const table *t, int64_t id)
{
    return t->count == 0 ? NULL : bsearch(&id, t->rows, (size_t)t->count, t->row_bytes, compare_ids);
}

static core_status join(const char *path, const table *categories, const table *images, const table *annotations)
{
    const annotation *rows = annotations->rows;
    for (int64_t i = 0; i < annotations->count; i++) {
        const annotation *a = &rows[i];
        ds_coco_image *image = find_row(images, a->image_id);
        const ds_coco_category *category = find_row(categories, a->category_id);
        if (image == NULL || category == NULL) {
            return core_fail_about(
                CORE_BAD_FILE, path, ": the annotation %" PRId64 " names %s %" PRId64 ", which is not there", a->id,
                image == NULL ? "the image" : "the category", image == NULL ? a->image_id : a->category_id);
        }
        if (image->category >= 0) {
            return core_fail_about(CORE_BAD_FILE, path, ": the image %" PRId64 " has two annotations", image->id);
        }
        image->category = (int32_t)(category - (const ds_coco_category *)categories->rows);
    }
    const ds_coco_image *all = images->rows;
    for (int64_t i = 0; i < images->count; i++) {
        if (all[i].category < 0) {
            return core_fail_about(CORE_BAD_FILE, path, ": the image %" PRId64 " (%s) has no annotation", all[i].id,
                                   all[i].file_name);
        }
    }
    return CORE_OK;
}

/* Reads the document and its categories; *root is the whole. */
static core_status read_document(const char *path, const char *name, ds_coco *coco, record *root, table *categories)
{
    reading r = {coco, path, name};
    *categories = (table){"categories", sizeof(ds_coco_category), read_category, NULL, 0};
    CORE_TRY(core_path_ends_in(path, ".gz") ? read_archive(&r) : read_plain(&r));
    *root = (record){path, NULL, 0, yyjson_doc_get_root(coco->document)};
    CORE_TRY(read_table(root, &coco->arena, categories));
    coco->categories = categories->rows;
    coco->category_count = categories->count;
    return CORE_OK;
}

core_status ds_coco_read_categories(const char *path, const char *name, ds_coco *coco)
{
    record root;
    table categories;
    return read_document(path, name, coco, &root, &categories);
}

core_status ds_coco_read(const char *path, const char *name, ds_coco *coco)
{
    record root;
    table categories;
    table images = {"images", sizeof(ds_coco_image), read_image, NULL, 0};
    table annotations = {"annotations", sizeof(annotation), read_annotation, NULL, 0};
    CORE_TRY(read_document(path, name, coco, &root, &categories));
    if (!yyjson_is_obj(root.object)) {
        return core_fail_about(CORE_BAD_FILE, path, ": no object of images, annotations and categories");
    }
    CORE_TRY(read_table(&root, &coco->arena, &images));
    CORE_TRY(read_table(&root, &coco->arena, &annotations));
    CORE_TRY(join(path, &categories, &images, &annotations));
    coco->images = images.rows;
    coco->image_count = images.count;
    return CORE_OK;
}

void ds_coco_free(ds_coco *coco)
{
    yyjson_doc_free(coco->document);
    core_arena_free(&coco->arena);
    *coco = (ds_coco){0};
}

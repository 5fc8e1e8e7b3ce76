#include "datasets/picture_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/folder.h"
#include "core/text.h"
#include "datasets/picture_list_internal.h"
#include "datasets/store.h"
#include "datasets/unpack.h"

core_status ds_picture_list_note(ds_picture_list *list, const char *path, const char *what)
{
    const char *note;
    CORE_TRY(core_text_format(&list->arena, &note, "%s: %s", path, what));
    return core_names_add(&list->notes, note, &list->arena);
}

bool ds_picture_list_is_folder(const ds_picture_list *list, const char *below)
{
    char path[CORE_PATH_BYTES];
    return core_path_write(path, "%s/%s", list->root, below) == CORE_OK && ds_store_is_folder(path);
}

core_status ds_picture_list_names(ds_picture_list *list, const char *below, core_names *names)
{
    char path[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(path, "%s/%s", list->root, below));
    return core_folder_names(path, "a folder that can be read", names, &list->arena);
}

core_status ds_picture_list_add(ds_picture_list *list, const char *path, int32_t label, bool is_test)
{
    ds_picture_file file = {.label = label, .is_test = is_test};
    char whole[CORE_PATH_BYTES];
    struct stat info;
    CORE_TRY(list->is_archive ? core_path_write(whole, "%s", list->root)
                              : core_path_write(whole, "%s/%s", list->root, path));
    if (stat(whole, &info) != 0) {
        return ds_picture_list_note(list, path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return ds_picture_list_note(list, path, "no file");
    }
    file.bytes = info.st_size;
    file.changed_ns = (int64_t)((uint64_t)info.st_mtim.tv_sec * 1000000000 + (uint64_t)info.st_mtim.tv_nsec);
    CORE_TRY(core_arena_copy_text(&list->arena, path, &file.path));
    CORE_TRY(CORE_ARENA_GROW(&list->arena, list->count, &list->capacity, "a list of pictures", list->files));
    list->files[list->count++] = file;
    return CORE_OK;
}

int32_t ds_picture_list_label(const ds_picture_list *list, const char *class_name)
{
    return (int32_t)core_names_find(&list->classes, class_name);
}

/* Adds the folders in train or test to the classes, and notes what else is there. */
core_status ds_picture_list_add_classes(ds_picture_list *list, const char *part)
{
    core_names names = {0};
    const core_names known = {list->classes.count, 0, list->classes.names}; /* sorted; new ones come behind */
    CORE_TRY(ds_picture_list_names(list, part, &names));
    for (int64_t i = 0; i < names.count; i++) {
        char below[CORE_PATH_BYTES];
        CORE_TRY(core_path_write(below, "%s/%s", part, names.names[i]));
        if (names.names[i][0] == '.') { /* .git, .ipynb_checkpoints, .DS_Store */
            CORE_TRY(ds_picture_list_note(list, below, "hidden, so no class"));
        } else if (!ds_picture_list_is_folder(list, below)) {
            CORE_TRY(ds_picture_list_note(list, below, "not the folder of a class"));
        } else if (core_names_find(&known, names.names[i]) < 0) {
            CORE_TRY(core_names_add(&list->classes, names.names[i], &list->arena));
        }
    }
    return CORE_OK;
}

core_status ds_picture_list_add_folder(ds_picture_list *list, const char *folder, int32_t label, bool is_test)
{
    core_names names = {0};
    CORE_TRY(ds_picture_list_names(list, folder, &names));
    for (int64_t i = 0; i < names.count; i++) {
        char path[CORE_PATH_BYTES];
        CORE_TRY(core_path_write(path, "%s/%s", folder, names.names[i]));
        CORE_TRY(ds_picture_list_add(list, path, label, is_test));
    }
    return CORE_OK;
}

static int compare_files(const void *a, const void *b)
{
    const ds_picture_file *x = a, *y = b;
    if (x->is_test != y->is_test) {
        return x->is_test ? 1 : -1;
    }
    if (x->label != y->label) {
        return x->label < y->label ? -1 : 1;
    }
    return strcmp(x->path, y->path);
}

/* By name. */
static int compare_names_of(const void *a, const void *b)
{
    return strcmp(**(const char **const *)a, **(const char **const *)b);
}

/* Gives every name that is empty, or of two classes, the id of its class behind it; *changes: how many. */
static core_status tell_names_apart(ds_picture_list *list, int64_t *changes)
{
    const int64_t K = list->classes.count;
    const char ***sorted; /* (K) places of names */
    *changes = 0;
    CORE_TRY(CORE_ARENA_NEW(&list->arena, K, "names of classes", sorted));
    for (int64_t j = 0; j < K; j++) {
        sorted[j] = &list->names[j];
    }
    qsort(sorted, (size_t)K, sizeof *sorted, compare_names_of);
    for (int64_t j = 0, next; j < K; j = next) {
        const char *name = *sorted[j];
        for (next = j + 1; next < K && strcmp(*sorted[next], name) == 0;) {
            next++;
        }
        for (int64_t i = next - j > 1 || name[0] == '\0' ? j : next; i < next; i++) {
            const char *id;
            CORE_TRY(
                core_text_escaped(list->classes.names[sorted[i] - list->names], CORE_TEXT_LINE, &list->arena, &id));
            ++*changes;
            CORE_TRY(core_text_format(&list->arena, sorted[i], "%s%s(%s)", name, name[0] != '\0' ? " " : "", id));
        }
    }
    return CORE_OK;
}

/* Names as they stand in the index, and all different. A name with an id may be that of a third class, so it is done again. */
static core_status settle_names(ds_picture_list *list)
{
    enum { TRIES = 4 };
    const int64_t K = list->classes.count;
    const char **names;
    int64_t changes = 1;
    CORE_TRY(CORE_ARENA_NEW(&list->arena, K, "names of classes", names));
    for (int64_t j = 0; j < K; j++) {
        const char *name = list->names != NULL ? list->names[j] : list->classes.names[j];
        CORE_TRY(core_text_escaped(name, CORE_TEXT_LINE, &list->arena, &names[j]));
    }
    list->names = names;
    for (int i = 0; changes > 0; i++) {
        CORE_TRY(tell_names_apart(list, &changes));
        if (changes > 0 && i == TRIES) {
            return core_fail_about(CORE_BAD_FILE, list->root,
                                   ": two classes have the same name when control characters are escaped (\\x09), "
                                   "expected names that differ; rename one");
        }
    }
    return CORE_OK;
}

core_status ds_picture_list_finish(ds_picture_list *list)
{
    if (list->classes.count < 2) {
        return core_fail_about(CORE_BAD_FILE, list->root, ": %s, expected at least 2",
                               CORE_COUNT(list->classes.count, "class"));
    }
    if (list->count == 0) {
        const bool has_note = list->notes.count > 0; /* above all of pictures that are not where a list says */
        return core_fail_about(CORE_BAD_FILE, list->root, ": no file in any class%s%s%s", has_note ? " (" : "",
                               has_note ? list->notes.names[0] : "", has_note ? ")" : "");
    }
    qsort(list->files, (size_t)list->count, sizeof *list->files, compare_files);
    return settle_names(list);
}

core_status ds_picture_list_folder(const char *path, ds_picture_list *list)
{
    CORE_TRY(core_path_write(list->root, "%s", path));
    const bool has_test = ds_picture_list_is_folder(list, "test"), has_val = ds_picture_list_is_folder(list, "val");
    if (!ds_picture_list_is_folder(list, "train") || (!has_test && !has_val)) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": expected a folder with train/CLASS/FILE, and test/CLASS/FILE or val/CLASS/FILE");
    }
    const char *parts[] = {"train", has_test ? "test" : "val"};
    if (has_test && has_val) {
        CORE_TRY(ds_picture_list_note(list, "val", "not taken, because there is test"));
    }
    for (int p = 0; p < 2; p++) {
        CORE_TRY(ds_picture_list_add_classes(list, parts[p]));
        core_names_sort(&list->classes, 0);
    }
    for (int p = 0; p < 2; p++) {
        for (int64_t j = 0; j < list->classes.count; j++) {
            char folder[CORE_PATH_BYTES];
            CORE_TRY(core_path_write(folder, "%s/%s", parts[p], list->classes.names[j]));
            if (ds_picture_list_is_folder(list, folder)) {
                CORE_TRY(ds_picture_list_add_folder(list, folder, (int32_t)j, p == 1));
            }
        }
    }
    return ds_picture_list_finish(list);
}

void ds_picture_list_free(ds_picture_list *list)
{
    core_arena_free(&list->arena);
    *list = (ds_picture_list){0};
}

static core_status read_file(const ds_picture_list *list, int64_t place, ds_picture_taker take, void *context)
{
    const ds_picture_file *file = &list->files[place];
    char path[CORE_PATH_BYTES], *data;
    size_t bytes;
    if (file->bytes > DS_PICTURE_BYTES_MAX) {
        return take(context, place, NULL, 0, "larger than 256 MiB");
    }
    CORE_TRY(core_path_write(path, "%s/%s", list->root, file->path));
    core_status status = core_file_read(path, &data, &bytes);
    if (status == CORE_BAD_FILE) {
        return take(context, place, NULL, 0, core_error_rest());
    }
    CORE_TRY(status);
    status = take(context, place, data, (int64_t)bytes, NULL);
    free(data);
    return status;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp((*(const ds_picture_file *const *)a)->path, (*(const ds_picture_file *const *)b)->path);
}

core_status ds_picture_list_by_path(const ds_picture_list *list, const ds_picture_file ***out)
{
    const ds_picture_file **sorted;
    CORE_TRY(CORE_NEW(list->count, "a list of pictures", sorted));
    for (int64_t i = 0; i < list->count; i++) {
        sorted[i] = &list->files[i];
    }
    qsort(sorted, (size_t)list->count, sizeof *sorted, compare_paths);
    *out = sorted;
    return CORE_OK;
}

/* A walk through an archive. */
typedef struct {
    const ds_picture_list *list;
    const bool *skip;
    const ds_picture_file **by_path; /* (count), sorted by path */
    int64_t place;                   /* of the file that is wanted now */
    ds_picture_taker take;
    void *context;
} archive_walk;

static bool want_picture(void *context, const char *path, ds_unpack_want *out)
{
    archive_walk *walk = context;
    const ds_picture_file wanted = {.path = ds_picture_list_below(path)}, *const key = &wanted;
    const ds_picture_file **found = wanted.path == NULL ? NULL
                                                        : bsearch(&key, walk->by_path, (size_t)walk->list->count,
                                                                  sizeof *walk->by_path, compare_paths);
    if (found == NULL) {
        return false;
    }
    walk->place = *found - walk->list->files;
    *out = (ds_unpack_want){(*found)->path, -(int64_t)DS_PICTURE_BYTES_MAX};
    return !walk->skip[walk->place];
}

static core_status take_picture(void *context, const char *name, const char *data, int64_t bytes)
{
    archive_walk *walk = context;
    (void)name;
    return walk->take(walk->context, walk->place, data, bytes, NULL);
}

static core_status read_archive(const ds_picture_list *list, const bool *skip, ds_picture_taker take, void *context)
{
    archive_walk walk = {.list = list, .skip = skip, .take = take, .context = context};
    CORE_TRY(ds_picture_list_by_path(list, &walk.by_path));
    const ds_unpack_visitor visitor = {.context = &walk, .zip = true, .wants = want_picture, .take = take_picture};
    core_status status = ds_unpack_each(list->root, &visitor);
    free(walk.by_path);
    return status;
}

core_status ds_picture_list_read(const ds_picture_list *list, const bool *skip, ds_picture_taker take, void *context)
{
    if (list->is_archive) {
        return read_archive(list, skip, take, context);
    }
    for (int64_t i = 0; i < list->count; i++) {
        if (!skip[i]) {
            CORE_TRY(read_file(list, i, take, context));
        }
    }
    return CORE_OK;
}

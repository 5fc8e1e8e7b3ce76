/* Tiny ImageNet's layout, in a folder and in the official zip. */
#include "datasets/picture_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "datasets/picture_list_internal.h"
#include "datasets/unpack.h"

static const char ANNOTATIONS[] = "val/val_annotations.txt";

enum { ANNOTATIONS_MAX = 1 << 24 };

/* A line of the annotations. */
typedef struct {
    const char *file, *class_name;
} annotation;

/* What a source has before labels are known. */
typedef struct {
    ds_picture_list *list;
    core_names train, val; /* paths of pictures, in an archive; files in val/images */
    char *text;            /* of the annotations, owned; NULL: not seen */
    annotation *lines;
    int64_t count, capacity;
} tiny_source;

const char *ds_picture_list_below(const char *path)
{
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "train/", 6) == 0 || strncmp(part, "val/", 4) == 0) {
            return part;
        }
    }
    return NULL;
}

/* Splits "FILE\tCLASS\t..." lines in place. */
static core_status split_annotations(tiny_source *source)
{
    for (char *line = source->text, *end; *line != '\0'; line = end) {
        end = line + strcspn(line, "\n");
        end += *end == '\n' ? (*end = '\0', 1) : 0;
        char *tab = strchr(line, '\t');
        if (tab == NULL || tab == line) {
            return core_fail_about(CORE_BAD_FILE, source->list->root, ": %s: a line without FILE, tab, CLASS",
                                   ANNOTATIONS);
        }
        *tab = '\0';
        tab[1 + strcspn(tab + 1, "\t\r\n")] = '\0';
        CORE_TRY(CORE_ARENA_GROW(&source->list->arena, source->count, &source->capacity, "annotations", source->lines));
        source->lines[source->count++] = (annotation){line, tab + 1};
    }
    return CORE_OK;
}

static int compare_annotations(const void *a, const void *b)
{
    return strcmp(((const annotation *)a)->file, ((const annotation *)b)->file);
}

/* Adds a file of val/images that has a line; else notes what is wrong. */
static core_status add_annotated(tiny_source *source, const annotation *line, const char *path)
{
    if (strchr(line->file, '/') != NULL) {
        return ds_picture_list_note(source->list, ANNOTATIONS, "a file in another folder");
    }
    const int32_t label = ds_picture_list_label(source->list, line->class_name);
    return label < 0 ? ds_picture_list_note(source->list, path, "its class has no folder in train")
                     : ds_picture_list_add(source->list, path, label, true);
}

/* Puts the lines of the annotations and the names of val/images, sorted, beside each other. */
static core_status join_annotations(tiny_source *source)
{
    int64_t line = 0, name = 0;
    CORE_TRY(split_annotations(source));
    if (source->count > 0) {
        qsort(source->lines, (size_t)source->count, sizeof *source->lines, compare_annotations);
    }
    while (line < source->count || name < source->val.count) {
        const int order = line == source->count       ? 1
                          : name == source->val.count ? -1
                                                      : strcmp(source->lines[line].file, source->val.names[name]);
        char path[CORE_PATH_BYTES];
        CORE_TRY(
            core_path_write(path, "val/images/%s", order < 0 ? source->lines[line].file : source->val.names[name]));
        if (order == 0) {
            CORE_TRY(add_annotated(source, &source->lines[line], path));
        } else {
            CORE_TRY(ds_picture_list_note(source->list, path,
                                          order < 0 ? "named in val_annotations.txt, and not there"
                                                    : "has no line in val_annotations.txt"));
        }
        line += order <= 0;
        name += order >= 0;
    }
    return CORE_OK;
}

static core_status list_unpacked(tiny_source *source)
{
    ds_picture_list *list = source->list;
    char path[CORE_PATH_BYTES];
    if (!ds_picture_list_is_folder(list, "train") && ds_picture_list_is_folder(list, "tiny-imagenet-200")) {
        char inner[CORE_PATH_BYTES];
        CORE_TRY(core_path_write(inner, "%s/tiny-imagenet-200", list->root));
        memcpy(list->root, inner, sizeof inner);
    }
    CORE_TRY(ds_picture_list_add_classes(list, "train"));
    core_names_sort(&list->classes, 0);
    for (int64_t j = 0; j < list->classes.count; j++) {
        CORE_TRY(core_path_write(path, "train/%s/images", list->classes.names[j]));
        CORE_TRY(ds_picture_list_is_folder(list, path) ? ds_picture_list_add_folder(list, path, (int32_t)j, false)
                                                       : ds_picture_list_note(list, path, "no such folder"));
    }
    CORE_TRY(ds_picture_list_names(list, "val/images", &source->val));
    CORE_TRY(core_path_write(path, "%s/%s", list->root, ANNOTATIONS));
    return core_file_read(path, &source->text, NULL);
}

/* Writes the class of "train/CLASS/images/FILE". */
static bool find_class(const char *below, char class_name[CORE_PATH_BYTES])
{
    int end = 0;
    return sscanf(below, "train/%4000[^/]/images/%n", class_name, &end) == 1 && end > 0 && below[end] != '\0' &&
           strchr(below + end, '/') == NULL;
}

/* First walk through an archive: keeps the names, wants the annotations. A failure to keep a name ends in take. */
static bool note_entry(void *context, const char *path, ds_unpack_want *out)
{
    tiny_source *source = context;
    const char *below = ds_picture_list_below(path);
    char class_name[CORE_PATH_BYTES];
    if (below == NULL) {
        return false;
    }
    if (strcmp(below, ANNOTATIONS) == 0) {
        *out = (ds_unpack_want){ANNOTATIONS, -ANNOTATIONS_MAX};
        return true;
    }
    core_status status = CORE_OK;
    if (find_class(below, class_name)) {
        status = core_names_add(&source->train, below, &source->list->arena);
    } else if (strncmp(below, "val/images/", 11) == 0 && below[11] != '\0' && strchr(below + 11, '/') == NULL) {
        status = core_names_add(&source->val, below + 11, &source->list->arena);
    }
    *out = (ds_unpack_want){path, 0}; /* of no size that is there: memory is short, and the walk ends */
    return status != CORE_OK;
}

static core_status keep_annotations(void *context, const char *name, const char *data, int64_t bytes)
{
    tiny_source *source = context;
    (void)name;
    free(source->text);
    source->text = strndup(data, (size_t)bytes);
    return source->text != NULL ? CORE_OK : core_fail(CORE_MACHINE, "not enough memory for %s", ANNOTATIONS);
}

static core_status list_archive(tiny_source *source)
{
    ds_picture_list *list = source->list;
    char class_name[CORE_PATH_BYTES];
    const ds_unpack_visitor visitor = {.context = source, .zip = true, .wants = note_entry, .take = keep_annotations};
    CORE_TRY(ds_unpack_each(list->root, &visitor));
    core_names_sort(&source->train, 0);
    core_names_sort(&source->val, 0);
    for (int64_t i = 0; i < source->train.count; i++) {
        if (i > 0 && strcmp(source->train.names[i], source->train.names[i - 1]) == 0) {
            return core_fail_about(CORE_BAD_FILE, list->root, ": %s is in it twice", source->train.names[i]);
        }
        find_class(source->train.names[i], class_name); /* in sorted paths a class is one piece */
        if (list->classes.count == 0 || strcmp(list->classes.names[list->classes.count - 1], class_name) != 0) {
            CORE_TRY(core_names_add(&list->classes, class_name, &list->arena));
        }
    }
    core_names_sort(&list->classes, 0);
    for (int64_t i = 0; i < source->train.count; i++) {
        find_class(source->train.names[i], class_name);
        CORE_TRY(ds_picture_list_add(list, source->train.names[i], ds_picture_list_label(list, class_name), false));
    }
    return source->text != NULL ? CORE_OK
                                : core_fail_about(CORE_BAD_FILE, list->root, ": %s is not in it", ANNOTATIONS);
}

core_status ds_picture_list_tiny(const char *path, ds_picture_list *list)
{
    struct stat info;
    tiny_source source = {.list = list};
    CORE_TRY(core_path_write(list->root, "%s", path));
    list->is_archive = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    core_status status = list->is_archive ? list_archive(&source) : list_unpacked(&source);
    if (status == CORE_OK) {
        status = join_annotations(&source);
    }
    free(source.text);
    CORE_TRY(status);
    return ds_picture_list_finish(list);
}

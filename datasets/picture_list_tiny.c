/* Tiny ImageNet's layout, in a folder and in the official zip. */
#include "datasets/picture_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "datasets/picture_list_internal.h"
#include "datasets/unpack.h"

/* Its texts, by their places below the root. */
enum { ANNOTATIONS, WNIDS, WORDS, TEXTS, TEXT_BYTES_MAX = 1 << 24 };
static const char *const text_paths[TEXTS] = {"val/val_annotations.txt", "wnids.txt", "words.txt"};

/* A line of the annotations. */
typedef struct {
    const char *file, *class_name;
} annotation;

/* What a source has before labels are known. */
typedef struct {
    ds_picture_list *list;
    core_names train, val; /* paths of pictures, in an archive; files in val/images */
    core_status failed;    /* of a walk that could not keep a name */
    char *texts[TEXTS];    /* owned; NULL: not seen */
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

/* Ends the line at *next and moves *next behind it; returns the line, NULL at the end of the text. */
static char *take_line(char **next)
{
    char *line = *next, *end = line + strcspn(line, "\n");
    *next = end + (*end == '\n');
    *end = '\0';
    line[strcspn(line, "\r")] = '\0';
    return line < *next ? line : NULL;
}

/* Splits "FILE\tCLASS\t..." lines in place. */
static core_status split_annotations(tiny_source *source)
{
    for (char *next = source->texts[ANNOTATIONS], *line; (line = take_line(&next)) != NULL;) {
        char *tab = strchr(line, '\t');
        if (tab == NULL || tab == line) {
            return core_fail_about(CORE_BAD_FILE, source->list->root, ": %s: a line without FILE, tab, CLASS",
                                   text_paths[ANNOTATIONS]);
        }
        *tab = '\0';
        tab[1 + strcspn(tab + 1, "\t")] = '\0';
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
    for (int64_t i = 1; i < source->count; i++) {
        if (strcmp(source->lines[i].file, source->lines[i - 1].file) == 0) {
            return core_fail_about(CORE_BAD_FILE, source->list->root, ": %s has two lines of %s",
                                   text_paths[ANNOTATIONS], source->lines[i].file);
        }
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
    for (int t = 0; t < TEXTS; t++) {
        CORE_TRY(core_path_write(path, "%s/%s", list->root, text_paths[t]));
        if (access(path, F_OK) == 0) {
            CORE_TRY(core_file_read(path, &source->texts[t], NULL));
        }
    }
    return ds_picture_list_names(list, "val/images", &source->val);
}

/* Writes the class of "train/CLASS/images/FILE". */
static bool find_class(const char *below, char class_name[CORE_PATH_BYTES])
{
    int end = 0;
    return sscanf(below, "train/%4000[^/]/images/%n", class_name, &end) == 1 && end > 0 && below[end] != '\0' &&
           strchr(below + end, '/') == NULL;
}

/* Which text lies at a path of an archive; TEXTS: none. */
static int find_text(const char *path)
{
    const char *below = ds_picture_list_below(path);
    int t = 0;
    while (t < TEXTS && strcmp(below != NULL ? below : core_path_name(path), text_paths[t]) != 0) {
        t++;
    }
    return t;
}

/* First walk through an archive: keeps the names, wants the texts. */
static bool note_entry(void *context, const char *path, ds_unpack_want *out)
{
    tiny_source *source = context;
    const char *below = ds_picture_list_below(path);
    char class_name[CORE_PATH_BYTES];
    const int text = find_text(path);
    if (text < TEXTS) {
        *out = (ds_unpack_want){text_paths[text], -TEXT_BYTES_MAX};
        return true;
    }
    if (below == NULL) {
        return false;
    }
    core_status status = CORE_OK;
    if (find_class(below, class_name)) {
        status = core_names_add(&source->train, below, &source->list->arena);
    } else if (strncmp(below, "val/images/", 11) == 0 && below[11] != '\0' && strchr(below + 11, '/') == NULL) {
        status = core_names_add(&source->val, below + 11, &source->list->arena);
    }
    source->failed = status != CORE_OK ? status : source->failed;
    return false;
}

static core_status keep_text(void *context, const char *name, const char *data, int64_t bytes)
{
    char **text = &((tiny_source *)context)->texts[find_text(name)];
    free(*text);
    *text = strndup(data, (size_t)bytes);
    return *text != NULL ? CORE_OK : core_fail(CORE_MACHINE, "not enough memory for %s", name);
}

static core_status list_archive(tiny_source *source)
{
    ds_picture_list *list = source->list;
    char class_name[CORE_PATH_BYTES];
    const ds_unpack_visitor visitor = {.context = source, .zip = true, .wants = note_entry, .take = keep_text};
    CORE_TRY(ds_unpack_each(list->root, &visitor));
    CORE_TRY(source->failed);
    core_names_sort(&source->train, 0);
    core_names_sort(&source->val, 0);
    const char *train = core_names_twice(&source->train), *val = core_names_twice(&source->val);
    if (train != NULL || val != NULL) {
        return core_fail_about(CORE_BAD_FILE, list->root, ": %s%s is in it twice", train != NULL ? "" : "val/images/",
                               train != NULL ? train : val);
    }
    for (int64_t i = 0; i < source->train.count; i++) {
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
    return CORE_OK;
}

/* Gives the classes the first name of words.txt, "goldfish" of "goldfish, Carassius auratus". */
static core_status name_classes(tiny_source *source)
{
    ds_picture_list *list = source->list;
    CORE_TRY(CORE_ARENA_NEW(&list->arena, list->classes.count, "names of classes", list->names));
    for (int64_t j = 0; j < list->classes.count; j++) {
        list->names[j] = list->classes.names[j];
    }
    for (char *next = source->texts[WORDS], *line; next != NULL && (line = take_line(&next)) != NULL;) {
        char *tab = line + strcspn(line, "\t");
        const bool has_name = *tab == '\t' && tab[1] != ',' && tab[1] != '\0';
        *tab = '\0';
        const int32_t label = has_name ? ds_picture_list_label(list, line) : -1;
        if (label >= 0) {
            tab[1 + strcspn(tab + 1, ",")] = '\0';
            CORE_TRY(core_arena_copy_text(&list->arena, tab + 1, &list->names[label]));
        }
    }
    return CORE_OK;
}

/* Writes the label of each class (K) in the order of wnids.txt. */
static core_status read_order(tiny_source *source, int32_t *label_of)
{
    ds_picture_list *list = source->list;
    int32_t count = 0;
    memset(label_of, -1, (size_t)list->classes.count * sizeof *label_of);
    for (char *next = source->texts[WNIDS], *line; next != NULL && (line = take_line(&next)) != NULL;) {
        const int32_t label = ds_picture_list_label(list, line);
        if (label >= 0 && label_of[label] < 0) {
            label_of[label] = count++;
        }
    }
    for (int64_t j = 0; j < list->classes.count; j++) {
        if (label_of[j] < 0) {
            return core_fail_about(CORE_BAD_FILE, list->root, ": %s %s, expected one line for each class",
                                   text_paths[WNIDS], source->texts[WNIDS] == NULL ? "is not in it" : "lacks a class");
        }
    }
    return CORE_OK;
}

static core_status order_by_wnids(tiny_source *source)
{
    ds_picture_list *list = source->list;
    const int64_t K = list->classes.count;
    int32_t *label_of;
    const char **ids, **names;
    CORE_TRY(CORE_ARENA_NEW(&list->arena, K, "an order of classes", label_of));
    CORE_TRY(CORE_ARENA_NEW(&list->arena, K, "an order of classes", ids));
    CORE_TRY(CORE_ARENA_NEW(&list->arena, K, "an order of classes", names));
    CORE_TRY(read_order(source, label_of));
    for (int64_t j = 0; j < K; j++) {
        ids[label_of[j]] = list->classes.names[j];
        names[label_of[j]] = list->names[j];
    }
    for (int64_t i = 0; i < list->count; i++) {
        list->files[i].label = label_of[list->files[i].label];
    }
    list->classes.names = ids;
    list->classes.capacity = K;
    list->names = names;
    return CORE_OK;
}

static core_status list_source(tiny_source *source, bool by_wnids)
{
    CORE_TRY(source->list->is_archive ? list_archive(source) : list_unpacked(source));
    if (source->texts[ANNOTATIONS] == NULL) {
        return core_fail_about(CORE_BAD_FILE, source->list->root, ": %s is not in it", text_paths[ANNOTATIONS]);
    }
    CORE_TRY(join_annotations(source));
    CORE_TRY(name_classes(source));
    return by_wnids ? order_by_wnids(source) : CORE_OK;
}

core_status ds_picture_list_tiny(const char *path, bool by_wnids, ds_picture_list *list)
{
    struct stat info;
    tiny_source source = {.list = list};
    CORE_TRY(core_path_write(list->root, "%s", path));
    list->is_archive = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    core_status status = list_source(&source, by_wnids);
    for (int t = 0; t < TEXTS; t++) {
        free(source.texts[t]);
    }
    CORE_TRY(status);
    return ds_picture_list_finish(list);
}

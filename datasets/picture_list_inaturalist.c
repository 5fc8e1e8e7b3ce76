/* iNaturalist 2018: two JSON files and the folder of pictures that they name. */
#include "datasets/picture_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/text.h"
#include "datasets/coco.h"
#include "datasets/import.h"
#include "datasets/picture_list_internal.h"

static const struct {
    const char *json, *md5; /* of its archive, json.tar.gz */
} parts[] = {{"train2018.json", "bfa29d89d629cbf04d826a720c0a68b0"},
             {"val2018.json", "f2ed8bfe3e9901cdefceb4e53cd3775d"}};

/* The names that the two files obscure; its archive has no official MD5. */
static const char CATEGORIES[] = "categories.json";

/* Writes the path of a JSON file, or of its archive; "": none is there. */
static core_status find_json(const ds_picture_list *list, const char *json, char path[CORE_PATH_BYTES])
{
    static const char *const ends[] = {"", ".tar.gz"};
    for (int i = 0; i < 2; i++) {
        CORE_TRY(core_path_write(path, "%s/%s%s", list->root, json, ends[i]));
        if (access(path, F_OK) == 0) {
            return CORE_OK;
        }
    }
    path[0] = '\0';
    return CORE_OK;
}

/* The same of a part; its archive is checked. */
static core_status find_part(const ds_picture_list *list, int part, bool checked, char path[CORE_PATH_BYTES])
{
    const char *json = parts[part].json;
    CORE_TRY(find_json(list, json, path));
    if (path[0] == '\0') {
        return core_fail_about(CORE_BAD_FILE, list->root, ": neither %s nor %s.tar.gz is in it", json, json);
    }
    return checked && core_path_ends_in(path, ".gz") ? ds_import_check_archive(path, parts[part].md5) : CORE_OK;
}

static core_status set_classes(ds_picture_list *list, const ds_coco *coco)
{
    CORE_TRY(CORE_ARENA_NEW(&list->arena, coco->category_count, "names of classes", list->names));
    CORE_TRY(CORE_ARENA_NEW(&list->arena, coco->category_count, "names of classes", list->groups));
    for (int64_t j = 0; j < coco->category_count; j++) {
        char id[24];
        snprintf(id, sizeof id, "%" PRId64, coco->categories[j].id);
        CORE_TRY(core_names_add(&list->classes, id, &list->arena));
        CORE_TRY(core_arena_copy_text(&list->arena, coco->categories[j].name, &list->names[j]));
        CORE_TRY(core_arena_copy_text(&list->arena, coco->categories[j].group, &list->groups[j]));
    }
    return CORE_OK;
}

/* Checks that the test part has the categories of the training part. */
static core_status check_classes(const ds_picture_list *list, const char *path, const ds_coco *coco)
{
    int64_t j = 0;
    while (j < coco->category_count && j < list->classes.count &&
           coco->categories[j].id == strtoll(list->classes.names[j], NULL, 10) &&
           strcmp(coco->categories[j].name, list->names[j]) == 0) {
        j++;
    }
    return j == coco->category_count && j == list->classes.count
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, path,
                                 ": its categories are not those of %s: they differ at place %" PRId64 " by id",
                                 parts[0].json, j);
}

static core_status add_part(ds_picture_list *list, int part, bool checked, ds_coco *coco)
{
    char path[CORE_PATH_BYTES];
    CORE_TRY(find_part(list, part, checked, path));
    CORE_TRY(ds_coco_read(path, parts[part].json, coco));
    CORE_TRY(part == 0 ? set_classes(list, coco) : check_classes(list, path, coco));
    for (int64_t i = 0; i < coco->image_count; i++) {
        const ds_coco_image *image = &coco->images[i];
        CORE_TRY(ds_picture_list_add(list, image->file_name, image->category, part == 1));
    }
    return CORE_OK;
}

static core_status take_names(ds_picture_list *list, const char *path, const ds_coco *coco)
{
    int64_t j = 0;
    for (int64_t i = 0; i < coco->category_count && j < list->classes.count; i++) {
        if (coco->categories[i].id == strtoll(list->classes.names[j], NULL, 10)) { /* both by id */
            CORE_TRY(core_arena_copy_text(&list->arena, coco->categories[i].name, &list->names[j]));
            j++;
        }
    }
    return j == list->classes.count
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, path, ": the category %s is not in it", list->classes.names[j]);
}

/* Takes the names of categories.json, where that is there. */
static core_status name_classes(ds_picture_list *list)
{
    char path[CORE_PATH_BYTES];
    ds_coco coco = {0};
    CORE_TRY(find_json(list, CATEGORIES, path));
    if (path[0] == '\0') {
        return CORE_OK;
    }
    core_status status = ds_coco_read_categories(path, CATEGORIES, &coco);
    if (status == CORE_OK) {
        status = take_names(list, path, &coco);
    }
    ds_coco_free(&coco);
    return status;
}

/* Checks that no file is two pictures. */
static core_status check_paths(const ds_picture_list *list)
{
    const ds_picture_file **sorted;
    core_status status = CORE_OK;
    CORE_TRY(ds_picture_list_by_path(list, &sorted));
    for (int64_t i = 1; i < list->count && status == CORE_OK; i++) {
        if (strcmp(sorted[i]->path, sorted[i - 1]->path) == 0) {
            status = core_fail_about(CORE_BAD_FILE, list->root, ": two images have the file_name %s", sorted[i]->path);
        }
    }
    free(sorted);
    return status;
}

core_status ds_picture_list_inaturalist(const char *path, bool checked, ds_picture_list *list)
{
    CORE_TRY(core_path_write(list->root, "%s", path));
    for (int part = 0; part < 2; part++) {
        ds_coco coco = {0};
        core_status status = add_part(list, part, checked, &coco);
        ds_coco_free(&coco);
        CORE_TRY(status);
    }
    CORE_TRY(check_paths(list));
    CORE_TRY(name_classes(list));
    return ds_picture_list_finish(list);
}

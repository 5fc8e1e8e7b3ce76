/* datasets/coco.h - which class a picture is of, as COCO's JSON files say it.
 *
 * Source   https://cocodataset.org/#format-data; iNaturalist 2018: https://github.com/visipedia/inat_comp, 2018/README.md
 * Format   An object with the lists images {id, file_name}, annotations {id, image_id, category_id} and categories {id,
 *          name, and perhaps supercategory}; other keys are not read. Everything is matched by id: the order of a list
 *          says nothing.
 * Checked  ids are whole numbers from 0 on and stand once in their list; every image has one annotation; every id that is
 *          named is there; a file name stays below its folder. The first defect ends the reading.
 */
#ifndef DATASETS_COCO_H
#define DATASETS_COCO_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

typedef struct {
    int64_t id;
    const char *name, *group; /* group: "" where there is no supercategory */
} ds_coco_category;

typedef struct {
    int64_t id;
    const char *file_name;
    int32_t category; /* its place in categories */
} ds_coco_image;

/* Zero-initialise it. Texts lie in the document. */
typedef struct {
    int64_t category_count, image_count;
    ds_coco_category *categories; /* (category_count) by id */
    ds_coco_image *images;        /* (image_count) by id */
    struct yyjson_doc *document;  /* private */
    core_arena arena;             /* private */
} ds_coco;

/* Reads a JSON file; where `path` ends in ".gz", the file `name` of that archive. CORE_BAD_FILE names the file, the entry
 * of its list and what is wrong. CORE_MACHINE: memory, of which nested lists take 16 times their size and the official
 * files about five times. Owned by the caller: ds_coco_free, also after a failure. */
core_status ds_coco_read(const char *path, const char *name, ds_coco *coco) CORE_MUST_USE;

/* Reads the categories alone, of such a file or of one that is their list. Errors as above. */
core_status ds_coco_read_categories(const char *path, const char *name, ds_coco *coco) CORE_MUST_USE;

void ds_coco_free(ds_coco *coco);

#endif

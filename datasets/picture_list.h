/* datasets/picture_list.h - which pictures a source has: a folder of classes, Tiny ImageNet's archive or folder, or
 * iNaturalist's folder with its JSON files.
 *
 * folder          train/<class>/FILE, and test/<class>/FILE or val/<class>/FILE; where both are there, test is taken. The
 *                 classes are the names of both parts, sorted as bytes.
 * tiny_imagenet   train/<class>/images/FILE, val/images/FILE and val/val_annotations.txt (FILE, tab, class, tab, ...);
 *                 val is the test set. The classes are the folders of train, sorted (class 0 is n01443537 in the official
 *                 data set) or in the order of wnids.txt (n02124075). Their names are the first ones of words.txt, where
 *                 that is there. Any number of its classes is a slice.
 * inaturalist     train2018.json and val2018.json (datasets/coco.h), or each as NAME.tar.gz, name the pictures below the
 *                 folder; val is the test set. The classes are the categories, by their ids; categories.json, where it is
 *                 there, names them.
 * Files are sorted: training before test, by class, by path. No name's ending decides anything.
 */
#ifndef DATASETS_PICTURE_LIST_H
#define DATASETS_PICTURE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/path.h"
#include "core/status.h"

/* A larger file is left out. */
enum { DS_PICTURE_BYTES_MAX = 1 << 28 };

typedef struct {
    const char *path; /* below the root */
    int32_t label;
    bool is_test;
    int64_t bytes, changed_ns; /* of the file, or of the archive that it is in; ns modulo 2^64 */
} ds_picture_file;

/* Zero-initialise it. Everything lies in the arena. */
typedef struct {
    char root[CORE_PATH_BYTES]; /* the folder or the archive */
    bool is_archive;
    core_names classes;  /* their ids in the source: folder, WordNet id, category's number; the label is the place */
    const char **names;  /* (K) for people, all different: the ids where the source has no others */
    const char **groups; /* (K) super-categories; NULL: the source has none */
    ds_picture_file *files;
    int64_t count, capacity;
    core_names notes; /* "PATH: what": what is in the source and in no class, one line each */
    core_arena arena;
} ds_picture_list;

/* Lists a folder of classes. CORE_BAD_FILE: no folder train, or neither test nor val, or fewer than two classes. */
core_status ds_picture_list_folder(const char *path, ds_picture_list *list) CORE_MUST_USE;

/* Lists Tiny ImageNet: the official zip, or the folder that it unpacks to. by_wnids: in the order of wnids.txt.
 * CORE_BAD_FILE as above, or no annotations, or wnids.txt is wanted and lacks a class. */
core_status ds_picture_list_tiny(const char *path, bool by_wnids, ds_picture_list *list) CORE_MUST_USE;

/* Lists iNaturalist 2018. checked: an archive of a JSON file must have the official MD5. CORE_BAD_FILE: that, what
 * ds_coco_read finds, other categories in val2018.json, or a picture that stands in both files. */
core_status ds_picture_list_inaturalist(const char *path, bool checked, ds_picture_list *list) CORE_MUST_USE;

void ds_picture_list_free(ds_picture_list *list);

/* Receives the bytes of file `place` of the list, valid during the call. `failure`: why they could not be read, else
 * NULL. What it returns ends the walk where it is no CORE_OK. */
typedef core_status (*ds_picture_taker)(void *context, int64_t place, const char *data, int64_t bytes,
                                        const char *failure);

/* Shows the contents of every file for which skip (count) is false, in the source's order. */
core_status ds_picture_list_read(const ds_picture_list *list, const bool *skip, ds_picture_taker take,
                                 void *context) CORE_MUST_USE;

#endif

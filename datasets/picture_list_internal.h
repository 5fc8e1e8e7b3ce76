/* datasets/picture_list_internal.h - what picture_list.c, picture_list_tiny.c and picture_list_inaturalist.c share. */
#ifndef DATASETS_PICTURE_LIST_INTERNAL_H
#define DATASETS_PICTURE_LIST_INTERNAL_H

#include "datasets/picture_list.h"

/* Adds a note "PATH: what". */
core_status ds_picture_list_note(ds_picture_list *list, const char *path, const char *what) CORE_MUST_USE;

/* Whether there is such a folder below the root. */
bool ds_picture_list_is_folder(const ds_picture_list *list, const char *below);

/* Adds the names in a folder below the root, and sorts all names. CORE_BAD_FILE: it cannot be read. */
core_status ds_picture_list_names(ds_picture_list *list, const char *below, core_names *names) CORE_MUST_USE;

/* Adds the folders below `part` to the classes, unsorted, where they are new. */
core_status ds_picture_list_add_classes(ds_picture_list *list, const char *part) CORE_MUST_USE;

/* Adds a file, or notes that it is none. */
core_status ds_picture_list_add(ds_picture_list *list, const char *path, int32_t label, bool is_test) CORE_MUST_USE;

/* Adds every file of a folder. */
core_status ds_picture_list_add_folder(ds_picture_list *list, const char *folder, int32_t label,
                                       bool is_test) CORE_MUST_USE;

/* The label of a class, once the classes are sorted; -1: none of that name. */
int32_t ds_picture_list_label(const ds_picture_list *list, const char *class_name);

/* The files (count) sorted by path; free with free(). CORE_MACHINE: memory. */
core_status ds_picture_list_by_path(const ds_picture_list *list, const ds_picture_file ***out) CORE_MUST_USE;

/* Sorts the files, and tells the names of the classes apart: one that is empty, or of two classes, gets its id behind it.
 * CORE_BAD_FILE: fewer than two classes, or no file. */
core_status ds_picture_list_finish(ds_picture_list *list) CORE_MUST_USE;

/* The part of a path in Tiny ImageNet's archive from train/ or val/ on; NULL: neither is in it. */
const char *ds_picture_list_below(const char *path);

#endif

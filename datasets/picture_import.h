/* datasets/picture_import.h - `tailbit data import folder|tiny_imagenet|inaturalist PATH`: from files to a packed data set.
 *
 * Every file is decoded once. What cannot be read is left out and listed (datasets/exceptions.h); it fails nothing. An
 * import that was killed, or met a full disk, goes on when the same command is given again. `folder` names the data set
 * as the folder is named.
 */
#ifndef DATASETS_PICTURE_IMPORT_H
#define DATASETS_PICTURE_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "datasets/import.h"

/* Whether `data import NAME` is this room's. */
bool ds_picture_imports(const char *name);

/* Those with a name of their own, for ds_official_at; NULL past the last. */
const ds_official *ds_picture_official_at(int index);

/* The values of class_order, NULL-terminated: sorted, wnids. */
extern const char *const ds_class_orders[];

typedef struct {
    bool unverified;         /* as ds_data_import; not for folder */
    const char *class_order; /* of tiny_imagenet, one of ds_class_orders; NULL: the first */
    void (*progress)(void *context, int64_t done, int64_t total); /* after every batch; NULL: none */
    void *context;
    int64_t pack_bytes, batch_files; /* 0: the default; tests set them */
} ds_picture_options;

/* Imports. Errors as ds_data_import; CORE_BAD_FILE too where not two classes have a picture. */
core_status ds_picture_import(const char *importer, const char *path, const char *data_dir,
                              const ds_picture_options *options, ds_data_report *out) CORE_MUST_USE;

/* The heart of it, for fetch too: packs `path` into `change`, which keeps, and publishes. */
core_status ds_picture_import_into(const char *importer, const char *path, const ds_picture_options *options,
                                   ds_store_change *change, ds_data_report *out) CORE_MUST_USE;

#endif

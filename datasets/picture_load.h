/* datasets/picture_load.h - a packed data set to train from: its labels in memory, its pictures in their files. */
#ifndef DATASETS_PICTURE_LOAD_H
#define DATASETS_PICTURE_LOAD_H

#include "core/status.h"
#include "datasets/dataset.h"

/* Loads the packed data set `name`. Its mean and std are ImageNet's, as everywhere in the field; height and width are 0
 * where sizes differ. No picture is read. CORE_BAD_FILE: its index is damaged, or has changed since the import. Owned by
 * the caller also on failure: ds_destroy. */
core_status ds_picture_load(const char *name, const char *data_dir, ds_dataset *out) CORE_MUST_USE;

#endif

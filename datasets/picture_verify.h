/* datasets/picture_verify.h - the packed data sets of a data folder: which there are, and whether they are whole. */
#ifndef DATASETS_PICTURE_VERIFY_H
#define DATASETS_PICTURE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/path.h"
#include "core/status.h"
#include "datasets/import.h"
#include "datasets/pack.h"

/* Writes the folder of the packed data set of that name, whether it is there or not. CORE_BAD_USAGE as ds_data_folder. */
core_status ds_picture_place(const char *name, const char *data_dir, char place[CORE_PATH_BYTES]) CORE_MUST_USE;

/* Whether the data folder holds a packed data set of that name. */
bool ds_picture_is_stored(const char *name, const char *data_dir);

/* Adds the names of the packed data sets in `folder`, sorted; a missing folder has none. CORE_MACHINE: memory. */
core_status ds_picture_stored(const char *folder, core_names *names, core_arena *arena) CORE_MUST_USE;

/* Writes what an index and its record say of the data set; `where` stays. */
void ds_picture_report(const ds_pack *pack, const ds_record *record, ds_data_report *report);

/* Receives one line for each defect. */
typedef void (*ds_picture_defect)(void *context, const char *line);

/* Reads every picture and compares bytes, pixels and sizes with the index, and the index with the record, to the end
 * whatever is found; defect may be NULL. CORE_BAD_FILE: there are defects, or the index cannot be read. */
core_status ds_picture_verify(const char *name, const char *data_dir, ds_picture_defect defect, void *context,
                              ds_data_report *out) CORE_MUST_USE;

#endif

/* datasets/store.h - a data set's place in the data folder, and the record that lies beside it.
 *
 * A data set NAME lies in FOLDER/NAME/. The text file "tailbit-record" there, `key: value` lines, keeps what import
 * found: name, verified (yes or no), sha256 (as in datasets/dataset.h) and source. The folder appears by one rename,
 * complete or not at all.
 */
#ifndef DATASETS_STORE_H
#define DATASETS_STORE_H

#include <stdbool.h>

#include "core/status.h"
#include "datasets/dataset.h"

enum { DS_SOURCE_BYTES = 256 };

typedef struct {
    bool verified;
    char sha256[DS_SHA256_BYTES];
    char source[DS_SOURCE_BYTES]; /* the archive's or folder's file name, as imported; for people */
} ds_record;

/* FOLDER/NAME, in memory that the caller frees. CORE_MACHINE: memory. */
core_status ds_store_path(const char *folder, const char *name, char **out) CORE_MUST_USE;

/* Whether PATH is a folder. */
bool ds_store_is_folder(const char *path);

/* Reads PATH/tailbit-record. CORE_BAD_FILE: missing, foreign or damaged. */
core_status ds_record_read(const char *path, const char *name, ds_record *out) CORE_MUST_USE;

/* Writes PATH/tailbit-record and fsyncs it. CORE_MACHINE: a full disk or a read-only folder. */
core_status ds_record_write(const char *path, const char *name, const ds_record *record) CORE_MUST_USE;

/* Makes an empty folder beside FOLDER/NAME (and FOLDER itself where missing); its path is freed by the caller. */
core_status ds_store_begin(const char *folder, const char *name, char **out_temporary) CORE_MUST_USE;

/* Puts the finished temporary folder in the place of FOLDER/NAME, an older one is removed afterwards. On failure the
 * older one is in its place and the temporary folder is left for ds_store_discard. */
core_status ds_store_publish(const char *folder, const char *name, const char *temporary) CORE_MUST_USE;

/* Removes a temporary folder and the files in it; does not fail, and leaves the last error message as it is. */
void ds_store_discard(const char *temporary);

#endif

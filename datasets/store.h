/* datasets/store.h - a data set's place in the data folder, and the record that lies beside it.
 *
 * A data set NAME lies in FOLDER/NAME/. The text file "tailbit-record" there, `key: value` lines, keeps what import
 * found: name, verified (yes or no), sha256 (as in datasets/dataset.h) and source. The folder appears by one rename,
 * complete or not at all. A change holds FOLDER/NAME.lock, so that two processes cannot change one data set at once;
 * what a killed one left is removed by the next. A folder without the record, or with another file beside it, is a
 * user's, and is never touched (core/folder.h).
 */
#ifndef DATASETS_STORE_H
#define DATASETS_STORE_H

#include <stdbool.h>

#include "core/file.h"
#include "core/path.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "datasets/official.h"

enum { DS_SOURCE_BYTES = 256 };

typedef struct {
    bool verified;
    char sha256[DS_SHA256_BYTES];
    char source[DS_SOURCE_BYTES]; /* file name of what was imported; for people */
} ds_record;

/* A change under way; zero-initialise it, give it to ds_store_end whatever happens. */
typedef struct {
    char place[CORE_PATH_BYTES];     /* FOLDER/NAME, or where that link leads */
    char temporary[CORE_PATH_BYTES]; /* a folder beside it that holds the first line of a record, to be filled */
    char aside[CORE_PATH_BYTES];     /* where the old one lies for a moment, if the file system cannot exchange two */
    const ds_official *official;
    core_file_lock *lock;
    bool begun; /* the temporary folder is there */
} ds_store_change;

/* Whether `path` is a folder. */
bool ds_store_is_folder(const char *path);

/* Reads PLACE/tailbit-record. CORE_BAD_FILE: missing, foreign or damaged. */
core_status ds_record_read(const char *place, const char *name, ds_record *out) CORE_MUST_USE;

/* Writes PLACE/tailbit-record. CORE_MACHINE: a full disk or a read-only folder. */
core_status ds_record_write(const char *place, const char *name, const ds_record *record) CORE_MUST_USE;

/* Takes the lock and makes the temporary folder, and FOLDER itself where missing. CORE_BAD_USAGE: what lies at
 * FOLDER/NAME, or at another name of the change, was not made by tailbit. CORE_MACHINE: another process changes this
 * data set, or the folder cannot be written. */
core_status ds_store_begin(const char *folder, const ds_official *official, ds_store_change *change) CORE_MUST_USE;

/* Puts the filled temporary folder in PLACE; an older one is removed. On failure (CORE_MACHINE; CORE_BAD_USAGE where
 * something else has come there) what was there stays. */
core_status ds_store_publish(ds_store_change *change) CORE_MUST_USE;

/* Removes the temporary folder where it was not published, releases the lock. */
void ds_store_end(ds_store_change *change);

#endif

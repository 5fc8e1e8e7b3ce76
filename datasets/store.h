/* datasets/store.h - a data set's folder in the data folder, and the record in it.
 *
 * A data set NAME lies in FOLDER/NAME/. The text file "tailbit-record" there, `key: value` lines, keeps what import
 * found: name, verified (yes or no), sha256 (as in datasets/dataset.h) and source. The folder appears by one rename,
 * complete or not at all. A change holds FOLDER/NAME.lock, so that two processes cannot change one data set at once;
 * the next change removes what a killed process left. A folder without the record, or with a foreign file, belongs to
 * the user and is never touched (core/folder.h).
 */
#ifndef DATASETS_STORE_H
#define DATASETS_STORE_H

#include <stdbool.h>

#include "core/file.h"
#include "core/path.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "datasets/official.h"

enum { DS_SOURCE_BYTES = 256, DS_CLASS_ORDER_BYTES = 16 };

typedef struct {
    bool verified;
    char sha256[DS_SHA256_BYTES];
    char source[DS_SOURCE_BYTES];           /* file name of what was imported; for people */
    char class_order[DS_CLASS_ORDER_BYTES]; /* "sorted" or "wnids" for tiny_imagenet; "" for what has one order */
} ds_record;

/* A change of a data set. Zero-initialise it; always end it with ds_store_end, also after a failure. */
typedef struct {
    char place[CORE_PATH_BYTES];     /* FOLDER/NAME, or its target where it is a link */
    char temporary[CORE_PATH_BYTES]; /* the new folder, PLACE.tmp, to be filled; holds the first line of a record */
    char aside[CORE_PATH_BYTES];     /* path of the old folder for a moment, if no exchange is possible */
    const ds_official *official;
    core_file_lock *lock;
    bool begun;                     /* the temporary folder is there */
    char replaced[DS_SHA256_BYTES]; /* set by publish: the digest of what was there before; "": nothing */
    /* Set before begin: a temporary folder that an earlier change left is taken over as it is, and end leaves it for
     * the next one. */
    bool keeps;
} ds_store_change;

/* Whether `path` is a folder. */
bool ds_store_is_folder(const char *path);

/* Sets the record's source to the last part of the path: "photos" of "pictures/photos/". */
void ds_record_set_source(ds_record *record, const char *path);

/* Writes PLACE/tailbit-record. CORE_BAD_USAGE: the name is too long. */
core_status ds_record_path(const char *place, char path[CORE_PATH_BYTES]) CORE_MUST_USE;

/* Whether there is a file PLACE/tailbit-record, in whatever state. */
bool ds_record_exists(const char *place);

/* Reads PLACE/tailbit-record. CORE_BAD_FILE: missing, foreign or damaged. */
core_status ds_record_read(const char *place, const char *name, ds_record *out) CORE_MUST_USE;

/* Writes PLACE/tailbit-record. CORE_MACHINE: a full disk or a read-only folder. */
core_status ds_record_write(const char *place, const char *name, const ds_record *record) CORE_MUST_USE;

/* Takes the lock and makes the temporary folder, and FOLDER itself where missing. CORE_BAD_USAGE: what lies at
 * FOLDER/NAME, or at another name of the change, was not made by tailbit. CORE_MACHINE: another process changes this
 * data set, or the folder cannot be written. */
core_status ds_store_begin(const char *folder, const ds_official *official, ds_store_change *change) CORE_MUST_USE;

/* Moves the filled temporary folder to PLACE and removes the older one. On failure PLACE stays as it was: CORE_MACHINE;
 * CORE_BAD_USAGE where a folder that tailbit did not make has appeared there. */
core_status ds_store_publish(ds_store_change *change) CORE_MUST_USE;

/* Removes the temporary folder if it was not published, and releases the lock. */
void ds_store_end(ds_store_change *change);

#endif

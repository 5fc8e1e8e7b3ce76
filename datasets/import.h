/* datasets/import.h - `tailbit data import | verify | list`: the data sets of the data folder, and their import.
 *
 * Verified means: the archive's MD5 was the official one. An unpacked folder has no archive whose MD5 could be checked,
 * so it can be imported only as unverified. Layout, sizes, labels and counts are checked in every case. What tailbit
 * draws itself counts as verified; a user's own file never does.
 */
#ifndef DATASETS_IMPORT_H
#define DATASETS_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "datasets/official.h"
#include "datasets/store.h"

/* One data set that tailbit knows. Strings live in the inventory's arena. */
typedef struct {
    const char *name;             /* "cifar10" */
    const char *about;            /* one line: sizes and classes */
    const char *where;            /* its folder, "built in", or NULL where absent */
    const char *get;              /* the command that brings it; NULL where present or built in */
    bool verified;                /* meaningless where absent */
    char sha256[DS_SHA256_BYTES]; /* as recorded; "" where absent, built in, or with `trouble` */
    const char *trouble;          /* why its record cannot be read; NULL normally */
} ds_data_entry;

typedef struct {
    const char *folder; /* the data folder */
    ds_data_entry *entries;
    int64_t count;
    core_arena arena; /* private */
} ds_data_inventory;

/* Lists the data sets: built in or present, those imported from folders of pictures too; the folder, verified or not.
 * Reads only the records; verify reads the data.
 * A missing data folder counts as empty. Owned by the caller: ds_data_inventory_destroy. */
core_status ds_data_list(const char *data_dir, ds_data_inventory *out) CORE_MUST_USE;
void ds_data_inventory_destroy(ds_data_inventory *inventory);

/* What import, fetch and verify found. */
typedef struct {
    bool verified;
    bool already_present; /* fetch: it was there and nothing was done */
    int64_t train_count, test_count, classes;
    char sha256[DS_SHA256_BYTES];
    char replaced[DS_SHA256_BYTES]; /* import: the digest of the set of that name that was there before; "": none was */
    int64_t serious;                /* import of pictures: lines of exceptions.txt that a person should look at */
    char class_order[DS_CLASS_ORDER_BYTES]; /* as in the record; "" normally */
    char where[CORE_PATH_BYTES];            /* the data set's folder, "built in", or the user's file */
} ds_data_report;

/* Imports data set `name` from `path`, the official archive (as it is or recompressed: tar with gzip, bzip2, xz, zstd
 * or none) or an unpacked folder, replacing what an earlier import left there. unverified: the archive's MD5 is not
 * checked; needed for a folder. out may be NULL.
 * CORE_BAD_USAGE: a name that has no file, a folder without `unverified`, or a path in the data folder that it needs is
 * taken by something that tailbit did not make; checked before anything is read. CORE_BAD_FILE: another MD5, or any
 * check of the layout. CORE_MACHINE: disk full, read-only folder, another process changes the data set. On failure the
 * old data set stays. */
core_status ds_data_import(const char *name, const char *path, const char *data_dir, bool unverified,
                           ds_data_report *out) CORE_MUST_USE;

/* The heart of import, for fetch too: fills `change` with the files of `path` (archive or folder), checks them, writes
 * the record and publishes. Errors as ds_data_import; the caller checks the MD5. */
core_status ds_import_into(const ds_official *official, const char *path, const ds_record *record,
                           ds_store_change *change, ds_data_report *out) CORE_MUST_USE;

/* Checks the MD5 of a file against 32 hex digits. CORE_BAD_FILE names the file, its MD5 and the expected one. */
core_status ds_import_check_md5(const char *path, const char *expected) CORE_MUST_USE;

/* Checks that `path` is there: an archive, or, with `unverified` only, a folder. CORE_BAD_FILE, CORE_BAD_USAGE. */
core_status ds_import_check_source(const ds_official *official, const char *path, bool unverified) CORE_MUST_USE;

/* The same for an archive that a user gives: the message says that --unverified takes it. */
core_status ds_import_check_archive(const char *path, const char *expected) CORE_MUST_USE;

/* Reads everything again: layout, sizes, labels, counts, and the digest against the record. A built-in set is drawn, a
 * path is read as a user's file. CORE_BAD_FILE: absent, damaged, or changed since the import. */
core_status ds_data_verify(const char *name_or_path, const char *data_dir, ds_data_report *out) CORE_MUST_USE;

#endif

/* datasets/import.h - `tailbit data import | verify | list`: what is in the data folder, and how it came there.
 *
 * Verified means: the archive's MD5 was the official one. An unpacked folder has no archive whose MD5 could be checked,
 * so it is taken only as unverified. Layout, sizes, labels and counts are checked in every case.
 */
#ifndef DATASETS_IMPORT_H
#define DATASETS_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"

/* One data set that tailbit knows. Strings live in the list's arena. */
typedef struct {
    const char *name;             /* "cifar10" */
    const char *about;            /* one line: sizes and classes */
    const char *where;            /* its folder, "built in", or NULL where absent */
    const char *get;              /* the command that brings it; NULL where present or built in */
    bool verified;                /* meaningless where absent */
    char sha256[DS_SHA256_BYTES]; /* as recorded; "" where absent, built in, or imported by hand without a record */
    const char *trouble;          /* why its record cannot be read; NULL normally */
} ds_data_entry;

typedef struct {
    const char *folder; /* the data folder */
    ds_data_entry *entries;
    int64_t count;
    core_arena arena; /* private */
} ds_data_inventory;

/* Lists what is built in, what is present, where, verified or not; reads records only, not the data (verify does).
 * An absent data folder is an empty one. Owned by the caller: ds_data_inventory_destroy. */
core_status ds_data_list(const char *data_dir, ds_data_inventory *out) CORE_MUST_USE;
void ds_data_inventory_destroy(ds_data_inventory *inventory);

/* What import, fetch and verify found. */
typedef struct {
    bool verified;
    bool already_present; /* fetch: nothing was done */
    int64_t train_count, test_count, classes;
    char sha256[DS_SHA256_BYTES];
    char where[1024]; /* the data set's folder */
} ds_data_report;

/* Imports data set `name` from `path`, the official archive or an unpacked folder, replacing what is there.
 * unverified: do not ask for the archive's MD5; needed for a folder.
 * CORE_BAD_USAGE: a name that has no file. CORE_BAD_FILE: wrong MD5 or any check of the layout; what was there before
 * stays. CORE_MACHINE: disk full, read-only folder. `out` may be NULL. */
core_status ds_data_import(const char *name, const char *path, const char *data_dir, bool unverified,
                           ds_data_report *out) CORE_MUST_USE;

/* Reads everything again: layout, sizes, labels, counts, and the digest against the record.
 * CORE_BAD_FILE: absent, damaged, or other bytes than were imported. For built-in sets: draws and reports. */
core_status ds_data_verify(const char *name, const char *data_dir, ds_data_report *out) CORE_MUST_USE;

#endif

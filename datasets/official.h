/* datasets/official.h - the data sets that lie in the data folder: where each comes from and which room reads it.
 *
 * What is the same for all of them is done once, in import, fetch, store and dataset. A room adds a data set by a
 * ds_official of its own, which ds_official_at (official.c) hands out: cifar has a table of them, imdb has one. Those of
 * packed pictures are brought by their own room (datasets/picture_import.h).
 */
#ifndef DATASETS_OFFICIAL_H
#define DATASETS_OFFICIAL_H

#include "core/status.h"
#include "core/text.h"
#include "datasets/dataset.h"

typedef struct ds_official ds_official;

struct ds_official {
    const char *name;    /* "cifar10" */
    const char *about;   /* one line for people: sizes and classes */
    const char *url;     /* official archive; NULL: none that fetch could bring */
    const char *page;    /* where url is NULL: the page that has its files for people */
    const char *archive; /* its file name */
    const char *md5;     /* of the archive, 32 hex digits; NULL: there is no archive */

    /* Copies the data set from `path`, an archive or an unpacked folder, into the empty folder `into`, in the form that
     * `load` reads. CORE_BAD_FILE names what is wrong with `path`. CORE_MACHINE: memory, or `into` is not writable. */
    core_status (*gather)(const ds_official *official, const char *path, const char *into); /* NULL: packed pictures */

    /* Reads and checks such a folder into a zeroed data set: everything set but `verified`. CORE_BAD_FILE names the
     * file, what was found and what was expected. */
    core_status (*load)(const ds_official *official, const char *folder, const ds_text_options *text, ds_dataset *out);

    /* Checks what load does not read; NULL: load reads everything. CORE_BAD_FILE as load. */
    core_status (*verify)(const ds_official *official, const char *folder);

    /* Whether gather or load may leave a file of that name in such a folder. */
    bool (*has_file)(const ds_official *official, const char *name);
};

/* The data set of that name; NULL for any other name. */
const ds_official *ds_official_find(const char *name);

/* The same; CORE_BAD_USAGE for any other name: the message says that it cannot be `verb` ("fetched") and lists the
 * names. */
core_status ds_official_get(const char *name, const char *verb, const ds_official **out) CORE_MUST_USE;

/* Writes how a message about an unknown name ends: "; did you mean cifar10?" where it is another program's name of an
 * official data set ("cifar10-lt") or another spelling ("CIFAR-10"), else nothing. Returns ending. */
const char *ds_official_did_you_mean(const char *name, char ending[CORE_MEANT_BYTES]);

/* The official data set of that ending; NULL: none. */
const char *ds_official_meant(const char *name);

/* All of them in order; NULL past the last. */
const ds_official *ds_official_at(int index);

/* Writes "cifar10, cifar100 or imdb" for messages, with last_joint before the last name; returns names. */
enum { DS_OFFICIAL_NAMES_BYTES = 128 };
const char *ds_official_names(const char *last_joint, char names[DS_OFFICIAL_NAMES_BYTES]);

#endif

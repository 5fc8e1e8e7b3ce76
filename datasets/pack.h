/* datasets/pack.h - a data set's pictures on disk: their original bytes in a few flat files, and an index of them.
 *
 * Format   In the data set's folder, pictures-000.pack, pictures-001.pack, ... hold the bytes of picture files, one after
 *          the other. index.txt is text; fields are separated by a tab, and the last field of every line is the XXH3-64
 *          of what stands before it. Line 1: "tailbit-pictures 1", the libraries that decoded, K, the numbers of training
 *          and test pictures, and the XXH3-128 of the source's list of files. Then K classes, one a line: name, id in the
 *          source (folder, WordNet id, category's number), super-category or nothing. Then the pictures, training before test, by class and path: place in the source's list, "train" or "test", label,
 *          width, height, pack, offset, bytes, XXH3-128 of the bytes, XXH3-128 of the decoded pixels
 *          (pictures/picture.h), state, path in the source, and what is to be said of it. exceptions.txt says what is
 *          in the states and more (datasets/exceptions.h). While an import goes on, journal.txt has the lines of the
 *          index as they come (datasets/pack_writer.h).
 * Digest   SHA-256 of the ids of classes and of "part label width height hash-of-pixels\n" of every picture in order.
 */
#ifndef DATASETS_PACK_H
#define DATASETS_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/path.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "pictures/picture.h"

#define DS_PACK_INDEX      "index.txt"
#define DS_PACK_JOURNAL    "journal.txt"
#define DS_PACK_EXCEPTIONS "exceptions.txt"

typedef enum {
    DS_PICTURE_GOOD,
    DS_PICTURE_NOTED,   /* good, and its file is unusual: gray, four inks, transparent, turned by EXIF */
    DS_PICTURE_DAMAGED, /* decoded with warnings */
    DS_PICTURE_LEFT_OUT /* cannot be read: only in a journal */
} ds_picture_state;

enum { DS_NOTE_BYTES = 256, DS_PICTURE_HASH_BYTES = 33 };

typedef struct {
    int64_t place; /* in the source's list */
    bool is_test;
    ds_picture_state state;
    int32_t label;
    int64_t width, height; /* 0 where it is left out */
    int64_t pack, offset, bytes;
    const char *bytes_hash, *pixels_hash; /* hexadecimal */
    const char *path;                     /* in the source, for people */
    const char *note;                     /* "" normally */
} ds_packed_picture;

/* An index in memory. */
typedef struct ds_pack {
    char folder[CORE_PATH_BYTES];
    const char *libraries;
    const char *list_hash;
    int64_t classes, train, test; /* in a journal: of the source's list */
    const char **class_names;     /* (K), all different */
    const char **class_ids;       /* (K) */
    const char **class_groups;    /* (K) super-categories, "" where there are none; NULL: as if all were "" */
    int64_t count;                /* of pictures that are there */
    ds_packed_picture *pictures;  /* (count) */
    int64_t whole_bytes;          /* private: length of the whole lines */
    int64_t file_count;           /* private */
    int *files;       /* private: (file_count) the open packs, -errno: cannot be opened; NULL in a journal */
    char *text;       /* private: all texts above lie in it */
    core_arena arena; /* private */
} ds_pack;

/* What the first line of an index says. */
typedef struct {
    int64_t classes, train, test;
} ds_pack_counts;

/* Whether `folder` holds an index, by its first line. */
bool ds_pack_look(const char *folder, ds_pack_counts *out);

/* Reads the index of a folder and opens the packs, so that a later import does not change what is read. CORE_BAD_FILE:
 * none, or a line is damaged. Owned by the caller: ds_pack_close. */
core_status ds_pack_open(const char *folder, ds_pack *out) CORE_MUST_USE;

/* Reads a journal as far as its lines are whole, and sorts its pictures by place. CORE_BAD_FILE: none, or not even its head is. */
core_status ds_pack_open_journal(const char *folder, ds_pack *out) CORE_MUST_USE;

/* Frees everything; a zeroed pack is allowed. */
void ds_pack_close(ds_pack *pack);

/* What a reader needs for one picture after the other; one for each thread. Zero-initialise it. */
typedef struct {
    pic_picture picture; /* the last one read */
    uint8_t *data;       /* private */
    size_t capacity;     /* private */
} ds_pack_reader;

/* Reads and decodes picture i, and compares both hashes and the size with the index. CORE_BAD_FILE names the pack, the
 * picture's path in the source and what was found. */
core_status ds_pack_read(const ds_pack *pack, int64_t i, ds_pack_reader *reader) CORE_MUST_USE;

/* Asks the system to bring the bytes of picture i into memory, and does not wait. */
void ds_pack_expect(const ds_pack *pack, int64_t i);

void ds_pack_reader_free(ds_pack_reader *reader);

/* Writes the digest of the index. CORE_MACHINE: memory. */
core_status ds_pack_digest(const ds_pack *pack, char sha256[DS_SHA256_BYTES]) CORE_MUST_USE;

/* Writes the path of a pack in a folder. */
core_status ds_pack_path(const char *folder, int64_t pack, char path[CORE_PATH_BYTES]) CORE_MUST_USE;

/* Whether a file of that name belongs in the folder of a packed data set. */
bool ds_pack_has_file(const char *name);

/* The words of the states in an index. */
extern const char *const ds_picture_states[4];

/* Writes the XXH3-128 of data in hexadecimal. */
void ds_picture_hash(const void *data, size_t bytes, char hex[DS_PICTURE_HASH_BYTES]);

#endif

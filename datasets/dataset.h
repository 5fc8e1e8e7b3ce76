/* datasets/dataset.h - a labelled set of images or of texts; the other folders know the data only through it.
 *
 * Names    images: "cifar10", "cifar100" (from the data folder); "shapes", "shapes:TRAIN:TEST" or
 *          "shapes:TRAIN:TEST:SIDE" (drawn, no file); or the path of a user's own HDF5 file: a name that contains '/'
 *          or ends in ".h5" or ".hdf5" is a path.
 *          pictures: "tiny_imagenet", or what an import from a folder was called (from the data folder).
 *          text: "imdb" (from the data folder), "reviews" or "reviews:TRAIN:TEST" (written, no file).
 * Folder   --data-dir, else $TAILBIT_DATA, else $XDG_DATA_HOME/tailbit, else ~/.local/share/tailbit.
 * Shapes   N examples, K classes; images (N, 3, H, W), planes red, green, blue, or (N, 1, H, W) of gray ones, whose
 *          plane a network sees three times; row-major. Pictures stay in their files (datasets/pack.h), and each may
 *          have another size. A network sees (3, H, W) of seen_height x seen_width (datasets/view.h). A text is a
 *          sequence of T >= 1 word numbers (ids): 0 pads and never stands in a text, 1 is any word outside the
 *          vocabulary, and 2..V-1 are the words of the vocabulary, the most frequent first (datasets/corpus.h).
 */
#ifndef DATASETS_DATASET_H
#define DATASETS_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/path.h"
#include "core/status.h"
#include "datasets/view.h"

enum {
    DS_CHANNELS = 3,
    DS_MOST_SIDE = 65536, /* as in a JPEG file */
    DS_SHA256_BYTES = 65, /* 64 hex digits and a 0 byte */
    DS_NAME_BYTES = 260   /* of a short name: a file's name has at most 255 */
};

/* What the examples are. */
typedef enum { DS_IMAGES, DS_TEXT } ds_kind;

/* Ids that stand for no word of their own. */
enum { DS_ID_PADDING = 0, DS_ID_UNKNOWN = 1, DS_ID_FIRST_WORD = 2 };

/* One half of a data set: training or test examples. */
typedef struct {
    int64_t count;         /* N >= 1 */
    uint8_t *images;       /* (N, planes, H, W), owned by the data set; NULL for pictures in files and for text */
    int64_t first_picture; /* image i is picture first_picture + i of the pack */
    int64_t *offsets;      /* (N + 1): text i has ids offsets[i]..offsets[i + 1] - 1, at least one; NULL for images */
    int32_t *ids;          /* (offsets[N]), each in [1, V); NULL for images */
    int32_t *labels;       /* (N), each in [0, K); owned by the data set */
} ds_part;

/* Read only after ds_load. Any number of threads may read it at once. */
typedef struct {
    char *name;                          /* as a configuration writes it: ds_short_name */
    int64_t classes;                     /* K >= 2 */
    char **class_names;                  /* (K), or NULL where unknown */
    char *class_order;                   /* "sorted" or "wnids", of Tiny ImageNet; NULL: the classes have one order */
    ds_kind kind;                        /* what the examples are */
    int64_t planes, height, width;       /* 3, or 1 of gray images; H, W, 0 where sizes differ; 0 for text */
    struct ds_pack *pack;                /* the files of pictures; NULL: images in memory, or text */
    ds_view view;                        /* settled */
    int64_t seen_height, seen_width;     /* of a network's input; 0 for text */
    int64_t vocabulary, max_length;      /* V and the length as they came out; 0 for images */
    char **words;                        /* (V) the word of every id, "" for 0 and 1; NULL for images */
    ds_part train, test;                 /* every class has at least one training and one test example */
    char sha256[DS_SHA256_BYTES];        /* see ds_dataset_digest */
    char stored_sha256[DS_SHA256_BYTES]; /* what import records: sha256, but for imdb that of its reviews */
    bool verified;                       /* its archive's MD5 matched the official one; true for what tailbit draws */
    float mean[DS_CHANNELS];             /* of the training images, as fractions of 255; unused for text */
    float std[DS_CHANNELS];              /* > 0 */
    float normalised[DS_CHANNELS][256];  /* (v / 255 - mean) / std for every byte v, in float as PyTorch computes it */
    core_arena arena;                    /* owns all of the above; private */
} ds_dataset;

/* Whether it is the path of a user's own file: it contains '/' or ends in ".h5" or ".hdf5". Official data sets and those
 * that tailbit draws have no such names, so that a user's file cannot be taken for one of them. */
bool ds_is_path(const char *name_or_path);

/* Whether it is the name of an official data set, or of one that tailbit draws. */
bool ds_is_built_in(const char *name_or_path);

/* "verified" or "unverified"; NULL for a user's own file or pictures, which nothing official could verify. */
const char *ds_verification(const char *name_or_path, bool verified);

/* Writes the data's name in a configuration and a run file. For a user's file this is the file name without its folder
 * ("cifar10.h5"; "./cifar10" where it has no such ending), so that ds_is_path still recognises it as a path. */
void ds_short_name(const char *name_or_path, char name[DS_NAME_BYTES]);

/* Loads `name_or_path`. data_dir is the data folder, NULL: by the rule above. `view`, NULL: DS_VOCABULARY_DEFAULT,
 * DS_LENGTH_DEFAULT, all else automatic. Owned by the caller: ds_destroy.
 * CORE_BAD_USAGE: no such name, or sizes or `view` out of range, or not for these images. CORE_BAD_FILE: missing (the message says which command
 * brings it), damaged (names the file, what was found and what was expected), or changed since it was imported.
 * CORE_MACHINE: memory. */
core_status ds_load(const char *name_or_path, const char *data_dir, const ds_view *view, ds_dataset *out) CORE_MUST_USE;

/* Fails, as ds_load would, for a data set that is not in the data folder, a file that is not there, and a name that none
 * has. Reads nothing. */
core_status ds_find(const char *name, const char *data_dir) CORE_MUST_USE;

/* Writes the path of the file that changes whenever the data do: a user's file, or the record of an import, which data
 * that tailbit draws do not have; it need not exist. "": there is no data folder. */
void ds_changing_file(const char *name_or_path, const char *data_dir, char path[CORE_PATH_BYTES]);

/* The ids of text `example`, borrowed from the part, and how many there are. */
const int32_t *ds_sequence(const ds_part *part, int64_t example, int64_t *length);

/* Frees everything; a zeroed data set is allowed. */
void ds_destroy(ds_dataset *dataset);

/* Writes the data folder by the rule above. CORE_BAD_USAGE: no part of the rule applies ($HOME is unset). */
core_status ds_data_folder(const char *data_dir, char folder[CORE_PATH_BYTES]) CORE_MUST_USE;

/* Bytes of an image as it is kept in memory, and floats as a network takes it. */
static inline int64_t ds_image_bytes(const ds_dataset *dataset)
{
    return dataset->planes * dataset->height * dataset->width;
}
static inline int64_t ds_image_floats(const ds_dataset *dataset)
{
    return DS_CHANNELS * dataset->seen_height * dataset->seen_width;
}

/* For the rooms that fill a data set: allocates the parts of a zeroed data set of images, counts set, contents zero. A
 * network sees them in the automatic way. */
typedef struct {
    const char *name;
    int64_t classes, planes, height, width, train_count, test_count;
} ds_extent;
core_status ds_dataset_alloc(ds_dataset *dataset, const ds_extent *extent) CORE_MUST_USE;

/* Settles what a network sees of a data set of images whose height and width are set. Errors as ds_view_settle. */
core_status ds_dataset_set_view(ds_dataset *dataset, const ds_view *view) CORE_MUST_USE;

/* Sets mean, std and the table from the given fractions. */
void ds_dataset_normalise(ds_dataset *dataset, const float mean[DS_CHANNELS], const float std[DS_CHANNELS]);

/* Sets mean, std and the table from the training images: exact integer sums; a constant channel gets std 1. */
void ds_dataset_normalise_by_train(ds_dataset *dataset);

/* Sets sha256: SHA-256 of training images, training labels (int32, little-endian), test images, test labels, in this
 * order and nothing between; in front of images that are not (3, 32, 32) stand planes, H and W (int32); of a text's
 * part its offsets (int64), ids (int32) and labels (int32).
 * numpy: hashlib.sha256(b"".join(a.tobytes() for a in (...))). Pictures in files: datasets/pack.h. */
core_status ds_dataset_digest(ds_dataset *dataset) CORE_MUST_USE;

/* Checks every label against [0, K) and that each class has an example in both parts. `where` names the file or the
 * data set in the message. CORE_BAD_FILE. */
core_status ds_dataset_check(const ds_dataset *dataset, const char *where) CORE_MUST_USE;

#endif

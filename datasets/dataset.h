/* datasets/dataset.h - a labelled set of images in memory: what every other folder sees of the data.
 *
 * Names    "cifar10", "cifar100" (from the data folder), "shapes" or "shapes:TRAIN:TEST" (drawn, no file), or the path
 *          of a user's own HDF5 file: a name that contains '/' or ends in ".h5" or ".hdf5" is a path.
 * Folder   --data-dir, else $TAILBIT_DATA, else $XDG_DATA_HOME/tailbit, else ~/.local/share/tailbit.
 * Shapes   N examples, K classes; images (N, 3, 32, 32), planes red, green, blue, row-major.
 */
#ifndef DATASETS_DATASET_H
#define DATASETS_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

enum {
    DS_CHANNELS = 3,
    DS_HEIGHT = 32,
    DS_WIDTH = 32,
    DS_IMAGE_BYTES = DS_CHANNELS * DS_HEIGHT * DS_WIDTH,
    DS_SHA256_BYTES = 65 /* 64 hex digits and a 0 byte */
};

/* One half of a data set: training or test examples. */
typedef struct {
    int64_t count;   /* N >= 1 */
    uint8_t *images; /* (N, 3, 32, 32), owned by the data set */
    int32_t *labels; /* (N), each in [0, K); owned by the data set */
} ds_part;

/* Read only after ds_load. Any number of threads may read it at once. */
typedef struct {
    char *name;                         /* as a configuration writes it: "cifar10", "shapes", a user file's stem */
    int64_t classes;                    /* K >= 2 */
    char **class_names;                 /* (K), or NULL where unknown */
    int64_t channels, height, width;    /* 3, 32, 32 */
    ds_part train, test;                /* every class has at least one training and one test example */
    char sha256[DS_SHA256_BYTES];       /* see ds_dataset_digest */
    bool verified;                      /* its archive's MD5 matched the official one; true for what tailbit draws */
    float mean[DS_CHANNELS];            /* of the training images, as fractions of 255 */
    float std[DS_CHANNELS];             /* > 0 */
    float normalised[DS_CHANNELS][256]; /* (v / 255 - mean) / std for every byte v, in float as PyTorch computes it */
    core_arena arena;                   /* owns all of the above; private */
} ds_dataset;

/* Loads `name_or_path`. data_dir is where data sets lie, NULL: the folder rule above. Owned by the caller: ds_destroy.
 * CORE_BAD_USAGE: no such name, or sizes of shapes out of range. CORE_BAD_FILE: missing (the message says which command
 * brings it), damaged (names the file, what was found and what was expected), or changed since it was imported.
 * CORE_MACHINE: memory. */
core_status ds_load(const char *name_or_path, const char *data_dir, ds_dataset *out) CORE_MUST_USE;

/* Frees everything; a zeroed data set is allowed. */
void ds_destroy(ds_dataset *dataset);

/* The folder that the rule gives, in memory that the caller frees. CORE_BAD_USAGE: no rule applies ($HOME is unset). */
core_status ds_data_folder(const char *data_dir, char **out) CORE_MUST_USE;

/* For the rooms that fill a data set: allocates the parts of a zeroed data set, counts set, contents zero. */
core_status ds_dataset_alloc(ds_dataset *dataset, const char *name, int64_t classes, int64_t train_count,
                             int64_t test_count) CORE_MUST_USE;

/* Sets mean, std and the table from the given fractions. */
void ds_dataset_normalise(ds_dataset *dataset, const float mean[DS_CHANNELS], const float std[DS_CHANNELS]);

/* Sets mean, std and the table from the training images: exact integer sums; a constant channel gets std 1. */
void ds_dataset_normalise_by_train(ds_dataset *dataset);

/* Sets sha256: SHA-256 of training images, training labels (int32, little-endian), test images, test labels, in this
 * order and nothing between. numpy: hashlib.sha256(b"".join(a.tobytes() for a in (...))). */
core_status ds_dataset_digest(ds_dataset *dataset) CORE_MUST_USE;

/* Checks every label against [0, K) and that each class has an example in both parts. `where` names the file or the
 * data set in the message; `first_label` is 0. CORE_BAD_FILE. */
core_status ds_dataset_check(const ds_dataset *dataset, const char *where) CORE_MUST_USE;

#endif

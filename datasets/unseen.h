/* datasets/unseen.h - the test part of a data set, as a network that was trained on another one takes it.
 *
 * Images   mean, std and crop are those of the network's training, whatever the new images are.
 * Text     the words are those of the network's vocabulary; every other word is unknown.
 * Classes  those of the network, in its order.
 */
#ifndef DATASETS_UNSEEN_H
#define DATASETS_UNSEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "datasets/dataset.h"

/* What a network was trained on, as far as that decides what it takes. Pointers are borrowed. */
typedef struct {
    ds_kind kind;
    int64_t classes;                /* K */
    const char *const *class_names; /* (K); NULL: not known */
    ds_view view;                   /* settled, with the words of text */
    int64_t planes;                 /* 1: its images were gray; 3: they had colours; 0: not known, or text */
    int64_t height, width;          /* of what it sees of an image */
    const float *mean, *std;        /* (DS_CHANNELS) of images */
} ds_taken;

/* Loads `name_or_path` from data_dir, as ds_load takes them, for that network. Of a user's file only the test part is read
 * (datasets/user.h). *labelled: whether the test labels are known; they are 0 otherwise. Owned by the caller: ds_destroy.
 * Errors as ds_load, and CORE_BAD_FILE: images instead of text or the other way round, other classes, another size of the
 * images, (N, 1, H, W) for a network that is known to be of coloured images, colours for one that is known to be of gray
 * ones. */
core_status ds_load_unseen(const char *name_or_path, const char *data_dir, const ds_taken *taken, ds_dataset *out,
                           bool *labelled) CORE_MUST_USE;

#endif

/* datasets/cifar.h - CIFAR-10 and CIFAR-100 in their official binary layout.
 *
 * Source   https://www.cs.toronto.edu/~kriz/cifar.html, "binary version": a record is the label bytes (CIFAR-10: one;
 *          CIFAR-100: coarse, then fine) and 3072 bytes of a (3, 32, 32) image. Training files in the order of their
 *          numbers. Labels here: CIFAR-10's, and CIFAR-100's fine ones.
 * Checked  always, whatever was said about MD5: the files that the layout names, their exact sizes, the range
 *          of coarse and fine labels, the examples per class (equal in all classes, in both parts), the names.
 */
#ifndef DATASETS_CIFAR_H
#define DATASETS_CIFAR_H

#include "core/status.h"
#include "datasets/dataset.h"
#include "datasets/official.h"

enum { DS_CIFAR_MAX_FILES = 6, DS_CIFAR_NAMES_MAX_BYTES = 65536 };

/* Which files make a data set. */
typedef struct {
    ds_official official;                  /* its entry of the table */
    int64_t classes;                       /* K */
    int label_bytes;                       /* 1, or 2: coarse, fine */
    int64_t coarse_classes;                /* 20 for CIFAR-100, 0 where there are none */
    int file_count;                        /* the last one holds the test examples */
    const char *files[DS_CIFAR_MAX_FILES]; /* names without folder */
    int64_t records[DS_CIFAR_MAX_FILES];   /* examples in each */
    const char *names_file;                /* K lines, the class names; blank lines are ignored */
} ds_cifar_layout;

/* The layout of "cifar10" or "cifar100"; NULL for any other name. */
const ds_cifar_layout *ds_cifar_find(const char *name);

/* The layouts in order; NULL past the last. */
const ds_cifar_layout *ds_cifar_at(int index);

/* Exact size of data file `file`, 0..file_count-1. */
int64_t ds_cifar_file_bytes(const ds_cifar_layout *layout, int file);

/* Reads and checks a folder in that layout into a zeroed data set: everything set but `verified`, which stays false.
 * CORE_BAD_FILE names the file, what was found and what was expected. */
core_status ds_cifar_load(const ds_cifar_layout *layout, const char *folder, ds_dataset *out) CORE_MUST_USE;

#endif

/* datasets/class_names.h - the names of the classes of data sets that tailbit knows.
 *
 * A run file of such data does not hold them, so that its bits stay what they were before tailbit told names: readers
 * take them from here. CIFAR's are those of batches.meta.txt and fine_label_names.txt of the official archives.
 */
#ifndef DATASETS_CLASS_NAMES_H
#define DATASETS_CLASS_NAMES_H

#include <stdint.h>

/* The names (K) of the classes of cifar10, cifar100, shapes or shapes:TRAIN:TEST; NULL: of other data, or with another
 * number of classes. */
const char *const *ds_class_names(const char *data, int64_t K);

#endif

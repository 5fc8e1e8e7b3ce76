/* datasets/user.h - a user's own data set: one HDF5 file.
 *
 * Datasets `images` (N, 3, H, W) uint8, or gray (N, 1, H, W) or (N, H, W), with H and W at least 8, and `labels` (N)
 * of any integer type, and the same with `test_images` and `test_labels`. K is the largest label + 1. Optional:
 * `class_names` (K) strings, all different. Mean and std are computed from `images`. Never verified. The data set is
 * called by ds_short_name. Where only the test part is wanted, for a network that exists, `images` and `labels` are not
 * looked at, `test_labels` may be missing, and not every class needs an example.
 */
#ifndef DATASETS_USER_H
#define DATASETS_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "datasets/dataset.h"

/* Fails where no file is at `path`, without reading it. CORE_BAD_FILE. */
core_status ds_user_find(const char *path) CORE_MUST_USE;

/* Reads `path` into a zeroed data set. CORE_BAD_FILE names the file and dataset, what was found and expected: not HDF5,
 * a dataset missing, another type or shape, lengths that disagree, a negative label, labels that begin at 1, a class
 * without examples, names that are not K different ones. */
core_status ds_user_load(const char *path, ds_dataset *out) CORE_MUST_USE;

/* Reads the test part alone into a zeroed data set of `classes` classes, without mean, std and digest. *labelled: whether
 * there are test_labels; the labels are 0 otherwise. CORE_BAD_FILE as above. */
core_status ds_user_load_test(const char *path, int64_t classes, ds_dataset *out, bool *labelled) CORE_MUST_USE;

#endif

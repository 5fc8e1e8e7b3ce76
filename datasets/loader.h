/* datasets/loader.h - from a data set's image, in memory or in a file, to the network's input.
 *
 * Files    A picture is read, checked against the index (datasets/pack.h), decoded and cropped by the thread that asks
 *          for it, who has memory of its own that grows to the largest picture. Only the read from disk begins earlier:
 *          ds_loader_expect. To decode earlier in the same threads would win nothing where all of them are busy with
 *          the network.
 */
#ifndef DATASETS_LOADER_H
#define DATASETS_LOADER_H

#include <stdint.h>

#include "core/status.h"
#include "datasets/augment.h"
#include "datasets/dataset.h"

typedef struct ds_loader ds_loader;

/* Borrows the data set, which may be a text: nothing is then loaded. Owned by the caller: ds_loader_destroy.
 * CORE_MACHINE: memory. */
core_status ds_loader_create(const ds_dataset *dataset, int threads, ds_loader **out) CORE_MUST_USE;
void ds_loader_destroy(ds_loader *loader);

const ds_dataset *ds_loader_dataset(const ds_loader *loader);

/* Asks the system for the file of training image `index`, which will be loaded soon, and does not wait. */
void ds_loader_expect(const ds_loader *loader, int64_t index);

/* Writes training image `index`, augmented by `draw` and normalised: out (3, H, W) of seen_height x seen_width. Each
 * thread, 0..threads-1, has its own memory. CORE_BAD_FILE names the picture that is damaged. CORE_MACHINE: memory. */
core_status ds_loader_augment(ds_loader *loader, int thread, int64_t index, const ds_draw *draw,
                              float *out) CORE_MUST_USE;

/* Writes image `index` of a part as a test sees it, likewise. */
core_status ds_loader_plain(ds_loader *loader, int thread, const ds_part *part, int64_t index,
                            float *out) CORE_MUST_USE;

#endif

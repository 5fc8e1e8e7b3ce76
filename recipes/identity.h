/* recipes/identity.h - digests of the contents of the data and word vectors that a configuration names.
 *
 * Two runs are the same where their configurations and their data are the same. A file's name does not identify its
 * data, its content does. A command computes each digest once, and again only where the file behind the name, or the
 * record of its import, has changed by device, inode, size, mtime or ctime. A program cannot set the ctime, and every
 * write and rename changes it. The next command computes all digests again.
 */
#ifndef RECIPES_IDENTITY_H
#define RECIPES_IDENTITY_H

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "recipes/recipe.h"

typedef struct {
    char sha256[DS_SHA256_BYTES]; /* as in ds_dataset, or of a file's bytes; "": unknown */
    int64_t height, width;        /* of images, as in ds_dataset */
    int64_t classes;              /* likewise; of data only */
    const char *why_not;          /* where unknown the reason, one line, which lives as long as the cache; else NULL */
} xp_identity;

typedef struct xp_identities xp_identities;

/* data_dir as in ds_load. Owned by the caller: xp_identities_destroy, which allows NULL. */
core_status xp_identities_create(const char *data_dir, xp_identities **out) CORE_MUST_USE;
void xp_identities_destroy(xp_identities *identities);

/* The digest of the data that the recipe trains on. Missing or damaged data are no failure and have no digest;
 * CORE_MACHINE: memory. */
core_status xp_identity_of_data(xp_identities *identities, const xp_split_recipe *recipe,
                                xp_identity *out) CORE_MUST_USE;

/* The digest of the bytes of a file, such as the file of word vectors. */
core_status xp_identity_of_file(xp_identities *identities, const char *path, xp_identity *out) CORE_MUST_USE;

#endif

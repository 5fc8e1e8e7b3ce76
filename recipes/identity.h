/* recipes/identity.h - what the data and word vectors that a configuration names are: the digests of their contents.
 *
 * A run is done, and is the same as another, where configuration and data are the same. A file's name says nothing about
 * that: its content does. A digest is worked out once a command: again only where the file behind the name is another one
 * by device, inode, size, time of change of the content or of the inode. The last one cannot be set by a program, and every
 * write and rename sets it; nothing is kept for the next command.
 */
#ifndef RECIPES_IDENTITY_H
#define RECIPES_IDENTITY_H

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"
#include "recipes/recipe.h"

typedef struct {
    char sha256[DS_SHA256_BYTES]; /* as ds_dataset's, or of a file's bytes; "": cannot be known here */
    const char *why_not;          /* then why, one line, which lives as long as the cache; else NULL */
} xp_identity;

typedef struct xp_identities xp_identities;

/* data_dir as in ds_load. Owned by the caller: xp_identities_destroy, which allows NULL. */
core_status xp_identities_create(const char *data_dir, xp_identities **out) CORE_MUST_USE;
void xp_identities_destroy(xp_identities *identities);

/* The data that the recipe trains on; CORE_MACHINE only: what is missing or damaged has no digest. */
core_status xp_identity_of_data(xp_identities *identities, const xp_split_recipe *recipe,
                                xp_identity *out) CORE_MUST_USE;

/* The bytes of a file, of which that of word vectors is the one that is asked for. */
core_status xp_identity_of_file(xp_identities *identities, const char *path, xp_identity *out) CORE_MUST_USE;

#endif

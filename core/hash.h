/* core/hash.h - digests: XXH3 (fast, for our own data) and SHA-256, MD5 (for digests that others publish).
 *
 * Source   XXH3: xxHash 0.8's frozen format (libxxhash); SHA-256: FIPS 180-4; MD5: RFC 1321 (libmd).
 *
 * A digest's bytes are in the order in which tools print it (XXH3: canonical, big-endian), so its hex text equals
 * that of xxh64sum -a XXH3_64... , xxh128sum, sha256sum and md5sum.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

typedef enum { CORE_HASH_XXH3_64, CORE_HASH_XXH3_128, CORE_HASH_SHA256, CORE_HASH_MD5 } core_hash_kind;

enum { CORE_HASH_BYTES_MAX = 32, CORE_HASH_HEX_MAX = 2 * CORE_HASH_BYTES_MAX + 1 };

typedef struct {
    int bytes; /* 8, 16, 32, 16 for the four kinds */
    uint8_t byte[CORE_HASH_BYTES_MAX];
} core_hash_digest;

/* One-shot XXH3-64 as a number. data may be NULL when bytes is 0. */
uint64_t core_hash_xxh3_64(const void *data, size_t bytes);

/* One-shot digest of any kind; no memory is allocated. */
core_hash_digest core_hash_of(core_hash_kind kind, const void *data, size_t bytes);

/* A digest of data that arrives in pieces; how it is cut into pieces does not matter. */
typedef struct core_hash core_hash;

/* CORE_MACHINE when memory is short. */
core_status core_hash_create(core_hash_kind kind, core_hash **out) CORE_MUST_USE;
void core_hash_update(core_hash *hash, const void *data, size_t bytes);
/* The digest of what was added so far; more may be added afterwards. */
core_hash_digest core_hash_finish(const core_hash *hash);
/* Forgets what was added. */
void core_hash_reset(core_hash *hash);
/* NULL is fine. */
void core_hash_destroy(core_hash *hash);

/* The digest of a whole file. CORE_BAD_FILE when it cannot be read or is no regular file. */
core_status core_hash_file(core_hash_kind kind, const char *path, core_hash_digest *out) CORE_MUST_USE;

/* Writes the digest in lower-case hexadecimal, NUL-terminated; returns `hex`. */
char *core_hash_hex(const core_hash_digest *digest, char hex[CORE_HASH_HEX_MAX]);

#endif

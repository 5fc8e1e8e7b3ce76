#include "core/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sys/types.h>
#include <md5.h>
#include <sha2.h>
#define XXH_STATIC_LINKING_ONLY /* makes the state a complete type: our handle holds one */
#include <xxhash.h>

#include "core/file.h"
#include "core/memory.h"

struct core_hash {
    union {
        XXH3_state_t xxh3;
        SHA2_CTX sha256;
        MD5_CTX md5;
    };
    core_hash_kind kind;
};

uint64_t core_hash_xxh3_64(const void *data, size_t bytes) { return XXH3_64bits(data, bytes); }

void core_hash_reset(core_hash *hash)
{
    switch (hash->kind) {
    case CORE_HASH_XXH3_64:
        XXH3_INITSTATE(&hash->xxh3);
        XXH3_64bits_reset(&hash->xxh3);
        break;
    case CORE_HASH_XXH3_128:
        XXH3_INITSTATE(&hash->xxh3);
        XXH3_128bits_reset(&hash->xxh3);
        break;
    case CORE_HASH_SHA256:
        SHA256Init(&hash->sha256);
        break;
    case CORE_HASH_MD5:
        MD5Init(&hash->md5);
        break;
    }
}

core_status core_hash_create(core_hash_kind kind, core_hash **out)
{
    core_hash *hash;
    CORE_TRY(CORE_NEW(1, "a digest", hash));
    hash->kind = kind;
    core_hash_reset(hash);
    *out = hash;
    return CORE_OK;
}

void core_hash_update(core_hash *hash, const void *data, size_t bytes)
{
    if (bytes == 0) {
        return; /* data may be NULL here, which the libraries may not accept */
    }
    switch (hash->kind) {
    case CORE_HASH_XXH3_64:
        XXH3_64bits_update(&hash->xxh3, data, bytes);
        break;
    case CORE_HASH_XXH3_128:
        XXH3_128bits_update(&hash->xxh3, data, bytes);
        break;
    case CORE_HASH_SHA256:
        SHA256Update(&hash->sha256, data, bytes);
        break;
    case CORE_HASH_MD5:
        MD5Update(&hash->md5, data, bytes);
        break;
    }
}

core_hash_digest core_hash_finish(const core_hash *hash)
{
    core_hash_digest digest = {0};
    switch (hash->kind) {
    case CORE_HASH_XXH3_64: {
        XXH64_canonical_t canonical;
        XXH64_canonicalFromHash(&canonical, XXH3_64bits_digest(&hash->xxh3));
        digest.bytes = sizeof canonical.digest;
        memcpy(digest.byte, canonical.digest, sizeof canonical.digest);
        break;
    }
    case CORE_HASH_XXH3_128: {
        XXH128_canonical_t canonical;
        XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&hash->xxh3));
        digest.bytes = sizeof canonical.digest;
        memcpy(digest.byte, canonical.digest, sizeof canonical.digest);
        break;
    }
    case CORE_HASH_SHA256: {
        SHA2_CTX copy = hash->sha256; /* Final destroys its context */
        SHA256Final(digest.byte, &copy);
        digest.bytes = SHA256_DIGEST_LENGTH;
        break;
    }
    case CORE_HASH_MD5: {
        MD5_CTX copy = hash->md5;
        MD5Final(digest.byte, &copy);
        digest.bytes = MD5_DIGEST_LENGTH;
        break;
    }
    }
    return digest;
}

void core_hash_destroy(core_hash *hash) { free(hash); }

core_hash_digest core_hash_of(core_hash_kind kind, const void *data, size_t bytes)
{
    core_hash hash = {.kind = kind};
    core_hash_reset(&hash);
    core_hash_update(&hash, data, bytes);
    return core_hash_finish(&hash);
}

/* O_NONBLOCK: a named pipe is refused, not waited for. */
static core_status open_regular(const char *path, FILE **out)
{
    struct stat info;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return core_fail(core_file_read_code(errno), "cannot open %s: %s", path, strerror(errno));
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return core_fail(CORE_BAD_FILE, "cannot read %s: it is not a regular file", path);
    }
    *out = fdopen(fd, "rb");
    if (*out == NULL) {
        close(fd);
        return core_fail(CORE_MACHINE, "not enough memory to read %s", path);
    }
    return CORE_OK;
}

core_status core_hash_file(core_hash_kind kind, const char *path, core_hash_digest *out)
{
    FILE *file;
    CORE_TRY(open_regular(path, &file));
    core_hash hash = {.kind = kind};
    core_hash_reset(&hash);
    char buffer[1 << 16];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, file)) > 0) {
        core_hash_update(&hash, buffer, got);
    }
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error != 0) {
        return core_fail(CORE_BAD_FILE, "cannot read %s: %s", path, strerror(error));
    }
    *out = core_hash_finish(&hash);
    return CORE_OK;
}

char *core_hash_hex(const core_hash_digest *digest, char hex[CORE_HASH_HEX_MAX])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < digest->bytes; i++) {
        hex[2 * i] = digits[digest->byte[i] >> 4];
        hex[2 * i + 1] = digits[digest->byte[i] & 15];
    }
    hex[2 * digest->bytes] = '\0';
    return hex;
}

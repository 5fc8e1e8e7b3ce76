#include "core/npz.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/zip.h"

enum { HEAD_BYTES = 1 << 16, BLOCK = 1 << 12 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the values are read as little-endian");

struct core_npz {
    const char *path;
    core_zip_reader *zip;
    core_npz_array array;
    char name[512];
    char head[HEAD_BYTES + 1]; /* the text of the array's head */
    double block[BLOCK];       /* values as they stand in the file, of up to 8 bytes */
};

core_status core_npz_open(const char *path, core_npz **out)
{
    core_npz *npz;
    core_zip_reader *zip;
    CORE_TRY(core_zip_open(path, &zip));
    const core_status status = CORE_NEW(1, "a NumPy archive", npz);
    if (status != CORE_OK) {
        core_zip_close(zip);
        return status;
    }
    npz->path = path;
    npz->zip = zip;
    *out = npz;
    return CORE_OK;
}

static core_status fail_no_array(const core_npz *npz, const char *member)
{
    return core_fail_about(CORE_BAD_FILE, npz->path,
                           ": %s in it is no .npy array, expected a NumPy archive as numpy.savez writes it", member);
}

/* Reads exactly `bytes` bytes, all of them or none at the array's end. */
static core_status read_bytes(core_npz *npz, void *data, size_t bytes)
{
    size_t got;
    CORE_TRY(core_zip_read(npz->zip, data, bytes, &got));
    return got == bytes ? CORE_OK : core_fail_about(CORE_BAD_FILE, npz->path, ": %s in it ends early", npz->name);
}

/* What stands behind a key of the head, {'descr': '<f4', 'fortran_order': False, 'shape': (64, 3), }; NULL: it is missing. */
static const char *value_of(const char *head, const char *key)
{
    const char *found = strstr(head, key);
    found = found != NULL ? found + strlen(key) + strspn(found + strlen(key), ": ") : NULL;
    return found;
}

/* Reads "(64, 3)", "(64,)" or "()". */
static bool read_shape(const char *text, core_npz_array *array)
{
    if (*text != '(') {
        return false;
    }
    for (text++; *text != ')'; array->rank++) {
        char *end;
        errno = 0;
        if (array->rank == CORE_NPZ_RANK || *text < '0' || *text > '9') {
            return false;
        }
        array->shape[array->rank] = strtoll(text, &end, 10);
        if (errno != 0 || (*end != ',' && *end != ')')) {
            return false;
        }
        text = end + strspn(end, ", ");
    }
    return true;
}

static bool read_head(const char *head, core_npz_array *array)
{
    const char *type = value_of(head, "'descr'"), *order = value_of(head, "'fortran_order'"),
               *shape = value_of(head, "'shape'");
    if (type == NULL || order == NULL || shape == NULL) {
        return false;
    }
    const size_t length = *type == '\'' ? strcspn(type + 1, "'") : CORE_NPZ_TYPE_BYTES;
    if (length < CORE_NPZ_TYPE_BYTES) {
        memcpy(array->type, type + 1, length);
    }
    array->fortran = strncmp(order, "True", 4) == 0;
    return (array->fortran || strncmp(order, "False", 5) == 0) && read_shape(shape, array);
}

core_status core_npz_next(core_npz *npz, const core_npz_array **out)
{
    const char *member;
    unsigned char magic[8], length[4] = {0};
    size_t got;
    CORE_TRY(core_zip_next(npz->zip, &member));
    if (member == NULL) {
        *out = NULL;
        return CORE_OK;
    }
    const size_t name = strlen(member) >= 4 ? strlen(member) - 4 : 0;
    if (name == 0 || name >= sizeof npz->name || strcmp(member + name, ".npy") != 0) {
        return fail_no_array(npz, member);
    }
    snprintf(npz->name, sizeof npz->name, "%.*s", (int)name, member);
    CORE_TRY(core_zip_read(npz->zip, magic, sizeof magic, &got));
    if (got != sizeof magic || memcmp(magic, "\x93NUMPY", 6) != 0 || magic[6] < 1 || magic[6] > 3) {
        return fail_no_array(npz, npz->name);
    }
    CORE_TRY(read_bytes(npz, length, magic[6] == 1 ? 2 : 4));
    const size_t bytes = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    npz->array = (core_npz_array){.name = npz->name};
    if (bytes > HEAD_BYTES) {
        return fail_no_array(npz, npz->name);
    }
    CORE_TRY(read_bytes(npz, npz->head, bytes));
    npz->head[bytes] = '\0';
    if (!read_head(npz->head, &npz->array)) {
        return fail_no_array(npz, npz->name);
    }
    *out = &npz->array;
    return CORE_OK;
}

/* The number that the bits of a float16 (IEEE 754) stand for. */
static double value_of_half(uint16_t bits)
{
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double size = exponent == 31  ? (fraction == 0 ? (double)INFINITY : (double)NAN)
                        : exponent == 0 ? ldexp(fraction, -24)
                                        : ldexp(1024 + fraction, exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
}

/* Element i of the block, of `size` bytes. */
static double value_at(const void *block, int64_t i, size_t size)
{
    return size == 8   ? ((const double *)block)[i]
           : size == 4 ? (double)((const float *)block)[i]
                       : value_of_half(((const uint16_t *)block)[i]);
}

static core_status read_values(core_npz *npz, int64_t count, size_t size, float *values)
{
    char end;
    size_t got;
    for (int64_t done = 0; done < count;) {
        const int64_t now = count - done < BLOCK ? count - done : BLOCK;
        CORE_TRY(read_bytes(npz, npz->block, (size_t)now * size));
        for (int64_t i = 0; i < now; i++, done++) {
            const double value = value_at(npz->block, i, size);
            values[done] = (float)value;
            if (!isfinite(values[done])) {
                return core_fail_about(CORE_BAD_FILE, npz->path,
                                       ": %s in it has %s at element %" PRId64 ", expected finite floats", npz->name,
                                       isnan(value)   ? "NaN"
                                       : isinf(value) ? "an infinity"
                                                      : "a number too large for a float",
                                       done);
            }
        }
    }
    CORE_TRY(core_zip_read(npz->zip, &end, 1, &got)); /* at the end the checksum is compared */
    return got == 0 ? CORE_OK
                    : core_fail_about(CORE_BAD_FILE, npz->path, ": %s in it has more values than its shape", npz->name);
}

core_status core_npz_floats(core_npz *npz, int64_t count, float *values)
{
    static const struct {
        const char *type;
        size_t size;
    } types[] = {{"<f4", 4}, {"<f8", 8}, {"<f2", 2}};
    if (npz->array.fortran) {
        return core_fail_about(CORE_BAD_FILE, npz->path,
                               ": %s in it is column-major (fortran_order), expected row-major: "
                               "numpy.ascontiguousarray makes it so",
                               npz->name);
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(npz->array.type, types[i].type) == 0) {
            return read_values(npz, count, types[i].size, values);
        }
    }
    return core_fail_about(CORE_BAD_FILE, npz->path,
                           ": %s in it is of type '%s', expected float32, float64 or float16 (<f4, <f8, <f2)",
                           npz->name, npz->array.type);
}

const char *core_npz_shape(int rank, const int64_t *shape, char text[CORE_NPZ_SHAPE_BYTES])
{
    int used = snprintf(text, CORE_NPZ_SHAPE_BYTES, "(");
    for (int d = 0; d < rank; d++) {
        used += snprintf(text + used, (size_t)(CORE_NPZ_SHAPE_BYTES - used), "%s%" PRId64, d > 0 ? ", " : "", shape[d]);
    }
    snprintf(text + used, (size_t)(CORE_NPZ_SHAPE_BYTES - used), rank == 1 ? ",)" : ")");
    return text;
}

void core_npz_close(core_npz *npz)
{
    if (npz != NULL) {
        core_zip_close(npz->zip);
        free(npz);
    }
}

/* core/npz.h - reads NumPy archives, as numpy.savez and numpy.savez_compressed write them, array by array.
 *
 * Source   numpy.lib.format: a zip of .npy files of versions 1.0 to 3.0; an array's name is its member's without ".npy".
 */
#ifndef CORE_NPZ_H
#define CORE_NPZ_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

enum { CORE_NPZ_RANK = 8, CORE_NPZ_TYPE_BYTES = 16 };

/* An array as its head describes it. A file of an enemy may announce any shape: allocate by what you expect. */
typedef struct {
    const char *name;
    char type[CORE_NPZ_TYPE_BYTES]; /* NumPy's, "<f4"; "" for one of several fields or with a longer name */
    bool fortran;                   /* column-major */
    int rank;
    int64_t shape[CORE_NPZ_RANK];
} core_npz_array;

typedef struct core_npz core_npz;

/* Opens the archive at `path`, which is borrowed. CORE_BAD_FILE: it cannot be read; no zip archive, or a truncated one. */
core_status core_npz_open(const char *path, core_npz **out) CORE_MUST_USE;

/* Goes on to the next array, which is valid until the next call; NULL: there is no more. CORE_BAD_FILE: damaged, or what
 * stands there is no .npy array. */
core_status core_npz_next(core_npz *npz, const core_npz_array **out) CORE_MUST_USE;

/* Reads the values of that array, row-major, rounded to floats: `count` of them, which must be its elements, to `values`.
 * CORE_BAD_FILE: damaged; no array of float16, float32 or float64, little-endian and row-major; a value is NaN, infinite
 * or too large for a float. */
core_status core_npz_floats(core_npz *npz, int64_t count, float *values) CORE_MUST_USE;

/* Writes a shape as NumPy does, "(64, 3)". Returns text. */
enum { CORE_NPZ_SHAPE_BYTES = 192 };
const char *core_npz_shape(int rank, const int64_t *shape, char text[CORE_NPZ_SHAPE_BYTES]);

/* NULL is fine. */
void core_npz_close(core_npz *npz);

#endif

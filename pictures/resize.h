/* pictures/resize.h - Pillow's bilinear resize, bit for bit.
 *
 * Source   Pillow 11.1, src/libImaging/Resample.c.
 * Maths    along one axis, from the part [in0, in1) (floats) of S source pixels to n:
 *          scale = (in1 - in0) / n, width = max(scale, 1), centre of pixel i: c = in0 + (i + 1/2) scale;
 *          weight of source pixel s, floor(c - width + 1/2) <= s < floor(c + width + 1/2), cut to [0, S):
 *          w_s = max(0, 1 - |s - c + 1/2| / width), divided by their sum, rounded to 22 fractional bits;
 *          value = (2^21 + sum_s w_s x_s) >> 22. Rows first, rounded to bytes, then columns.
 */
#ifndef PICTURES_RESIZE_H
#define PICTURES_RESIZE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "pictures/picture.h"

/* A part of a picture, in pixels: 0 <= left < right <= width, 0 <= top < bottom <= height. */
typedef struct {
    float left, top, right, bottom;
} pic_box;

/* Some pixels of a result: 0 <= top, 0 <= left, height, width >= 1, top + height and left + width at most its size. */
typedef struct {
    int64_t top, left, height, width;
} pic_window;

/* Memory for resizing that is used again. Zero-initialise it; its members are private. */
typedef struct {
    void *memory; /* owned */
    size_t capacity;
} pic_resize_scratch;

/* Resizes the part `box` (NULL: all) of `from` to height x width, of which `window` (NULL: all) is computed: only the window
 * has to be a possible size of a picture. out is another picture; its traits and warnings are those of `from`.
 * CORE_BAD_USAGE: a box outside the picture. CORE_BAD_FILE: the window is no size of a picture. CORE_MACHINE: memory. */
core_status pic_resize(const pic_picture *from, const pic_box *box, int64_t height, int64_t width,
                       const pic_window *window, pic_resize_scratch *scratch, pic_picture *out) CORE_MUST_USE;

/* Frees the memory; a zeroed scratch is allowed. */
void pic_resize_scratch_free(pic_resize_scratch *scratch);

#endif

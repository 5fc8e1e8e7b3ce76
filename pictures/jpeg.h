/* pictures/jpeg.h - JPEG to pixels; the one door to libjpeg-turbo.
 *
 * Source   libjpeg-turbo 2.1: the accurate integer IDCT (JDCT_ISLOW), whose SIMD and C forms agree, fancy upsampling,
 *          no block smoothing. Equal to Pillow 11's convert("RGB") on the same library.
 * Maths    four inks: Adobe's files store 255 - ink, and every file is taken for one (as Pillow does). With the stored
 *          c, k in 0..255: red = k - div255((255 - c) k), green and blue likewise with m and y;
 *          div255(t) = (t' + (t' >> 8)) >> 8, t' = t + 128: t / 255, rounded to the nearest.
 */
#ifndef PICTURES_JPEG_H
#define PICTURES_JPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "pictures/picture.h"

/* Whether the bytes begin as a JPEG does. */
bool pic_jpeg_begins(const uint8_t *data, size_t bytes);

/* Decodes such bytes. CORE_BAD_FILE: broken, ending early, larger than PIC_PIXELS_MAX, of another number of components
 * than 1, 3 or 4, or of 12 bits. CORE_MACHINE: memory. On failure the picture is empty. */
core_status pic_jpeg_decode(const uint8_t *data, size_t bytes, pic_picture *out) CORE_MUST_USE;

/* The library's name and version, "libjpeg-turbo 2.1.5". */
const char *pic_jpeg_library(void);

#endif

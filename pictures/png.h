/* pictures/png.h - PNG to pixels; the one door to libpng.
 *
 * Equal to Pillow 11's convert("RGB"): a palette is looked up; gray of 1, 2 or 4 bits is scaled to 0..255 and repeated;
 * transparency of any kind is dropped, nothing is laid under it; of 16 bits the upper 8 count, but gray of 16 bits
 * without transparency is clipped at 255. Gamma and colour profiles are ignored.
 */
#ifndef PICTURES_PNG_H
#define PICTURES_PNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "pictures/picture.h"

/* Whether the bytes begin as a PNG does. */
bool pic_png_begins(const uint8_t *data, size_t bytes);

/* Decodes such bytes. CORE_BAD_FILE: broken, ending early, or larger than PIC_PIXELS_MAX. CORE_MACHINE: memory. On
 * failure the picture is empty. */
core_status pic_png_decode(const uint8_t *data, size_t bytes, pic_picture *out) CORE_MUST_USE;

/* The library's name and version, "libpng 1.6.48". */
const char *pic_png_library(void);

#endif

/* pictures/decode.h - a picture's bytes to pixels, whatever their format.
 *
 * The first bytes decide between JPEG and PNG, never a file's name. The pixels equal those of Pillow 11's
 * Image.open(FILE).convert("RGB"); EXIF's orientation is ignored.
 */
#ifndef PICTURES_DECODE_H
#define PICTURES_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "pictures/picture.h"

/* Decodes the bytes. CORE_BAD_FILE, which names no file: neither JPEG nor PNG, broken, ending early, too large.
 * CORE_MACHINE: memory. On failure the picture is empty. */
core_status pic_decode(const uint8_t *data, size_t bytes, pic_picture *out) CORE_MUST_USE;

/* The libraries that decode, with the versions that tailbit was built with: "libjpeg-turbo 2.1.5, libpng 1.6.48". */
enum { PIC_LIBRARIES_BYTES = 64 };
const char *pic_libraries(char text[PIC_LIBRARIES_BYTES]);

#endif

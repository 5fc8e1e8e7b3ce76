/* pictures/picture.h - a picture as pixels, in memory that is used again.
 *
 * Shapes   (height, width, 3) bytes red, green, blue; rows from the top, nothing between rows.
 */
#ifndef PICTURES_PICTURE_H
#define PICTURES_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* A larger picture is refused before anything is allocated. */
enum { PIC_PIXELS_MAX = 1 << 26 };

/* What a user may want to know of the bytes that a picture was decoded from; bits of pic_picture.traits. */
enum {
    PIC_GRAY = 1,      /* one channel, repeated to three */
    PIC_CMYK = 2,      /* four inks, converted to red, green, blue */
    PIC_ALPHA = 4,     /* transparency, dropped */
    PIC_DEEP_GRAY = 8, /* one channel of 16 bits: a value above 255 became 255 */
    PIC_TURNED = 16    /* EXIF in a JPEG asks for a rotation or reflection, which is not done */
};
enum { PIC_WARNING_BYTES = 128, PIC_TRAITS_BYTES = 192 };

/* Zero-initialise it before first use. */
typedef struct {
    int64_t height, width; /* >= 1; 0 where nothing was decoded */
    uint8_t *pixels;       /* (height, width, 3), owned */
    size_t capacity;       /* private: bytes at `pixels` */
    unsigned traits;
    int warnings;                    /* of the library that decoded it: the bytes are damaged, the pixels a guess */
    char warning[PIC_WARNING_BYTES]; /* the first of them; "" where there is none */
} pic_picture;

/* Gives the picture memory for height x width pixels, whose values are undefined. CORE_BAD_FILE: more than
 * PIC_PIXELS_MAX, or none. CORE_MACHINE: memory. On failure it has no pixels. */
core_status pic_picture_shape(pic_picture *picture, int64_t height, int64_t width) CORE_MUST_USE;

/* Forgets what the picture shows and keeps its memory. */
void pic_picture_empty(pic_picture *picture);

/* Counts a warning and keeps its sentence if it is the first. */
void pic_picture_warn(pic_picture *picture, const char *sentence);

/* Writes the traits for people, "gray, its one channel repeated to three"; "" for none. Returns text. */
const char *pic_traits_text(unsigned traits, char text[PIC_TRAITS_BYTES]);

/* Frees the memory; a zeroed picture is allowed. */
void pic_picture_free(pic_picture *picture);

#endif

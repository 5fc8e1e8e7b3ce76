#include "pictures/picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"

void pic_picture_empty(pic_picture *picture)
{
    *picture = (pic_picture){.pixels = picture->pixels, .capacity = picture->capacity};
}

core_status pic_picture_shape(pic_picture *picture, int64_t height, int64_t width)
{
    picture->height = picture->width = 0;
    if (height < 1 || width < 1 || height > PIC_PIXELS_MAX / width) {
        return core_fail(CORE_BAD_FILE, "%" PRId64 " x %" PRId64 " pixels, expected at least one and at most %d", width,
                         height, PIC_PIXELS_MAX);
    }
    CORE_TRY(core_reserve((size_t)(height * width * 3), "a picture", &picture->capacity, (void **)&picture->pixels));
    picture->height = height;
    picture->width = width;
    return CORE_OK;
}

void pic_picture_warn(pic_picture *picture, const char *sentence)
{
    if (picture->warnings++ == 0) {
        snprintf(picture->warning, sizeof picture->warning, "%s", sentence);
    }
}

const char *pic_traits_text(unsigned traits, char text[PIC_TRAITS_BYTES])
{
    static const struct {
        unsigned trait;
        const char *words;
    } known[] = {{PIC_GRAY, "gray, its one channel repeated to three"},
                 {PIC_CMYK, "four inks (CMYK), converted to red, green, blue"},
                 {PIC_ALPHA, "transparency dropped"},
                 {PIC_DEEP_GRAY, "16 bits, values above 255 became 255"},
                 {PIC_TURNED, "EXIF's rotation ignored"}};
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if ((traits & known[i].trait) != 0) {
            used +=
                (size_t)snprintf(text + used, PIC_TRAITS_BYTES - used, "%s%s", used > 0 ? "; " : "", known[i].words);
        }
    }
    return text;
}

void pic_picture_free(pic_picture *picture)
{
    free(picture->pixels);
    *picture = (pic_picture){0};
}

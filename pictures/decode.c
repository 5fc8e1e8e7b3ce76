#include "pictures/decode.h"

#include <stdio.h>

#include "pictures/jpeg.h"
#include "pictures/png.h"

core_status pic_decode(const uint8_t *data, size_t bytes, pic_picture *out)
{
    if (pic_jpeg_begins(data, bytes)) {
        return pic_jpeg_decode(data, bytes, out);
    }
    if (pic_png_begins(data, bytes)) {
        return pic_png_decode(data, bytes, out);
    }
    pic_picture_empty(out);
    return bytes == 0 ? core_fail(CORE_BAD_FILE, "an empty file")
                      : core_fail(CORE_BAD_FILE, "neither a JPEG nor a PNG by its first bytes");
}

const char *pic_libraries(char text[PIC_LIBRARIES_BYTES])
{
    snprintf(text, PIC_LIBRARIES_BYTES, "%s, %s", pic_jpeg_library(), pic_png_library());
    return text;
}

#include "pictures/png.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

enum { SIGNATURE_BYTES = 8 };

/* libpng ends a failed call by its error function, which must not return: it jumps to `failed`. */
typedef struct {
    png_structp png;
    png_infop info;
    const uint8_t *data; /* what is still to be read, borrowed */
    size_t left;
    pic_picture *out;
    jmp_buf failed;
    bool lacks_memory;
    char why[PIC_WARNING_BYTES];
} decoding;

bool pic_png_begins(const uint8_t *data, size_t bytes)
{
    return bytes >= SIGNATURE_BYTES && png_sig_cmp(data, 0, SIGNATURE_BYTES) == 0;
}

const char *pic_png_library(void) { return "libpng " PNG_LIBPNG_VER_STRING; }

_Noreturn static void jump(png_structp png, png_const_charp sentence)
{
    decoding *d = png_get_error_ptr(png);
    snprintf(d->why, sizeof d->why, "%s", sentence);
    longjmp(d->failed, 1);
}

static void count_warning(png_structp png, png_const_charp sentence)
{
    decoding *d = png_get_error_ptr(png);
    pic_picture_warn(d->out, sentence);
}

static png_voidp take_memory(png_structp png, png_alloc_size_t bytes)
{
    decoding *d = png_get_mem_ptr(png);
    void *memory = malloc(bytes);
    d->lacks_memory |= memory == NULL;
    return memory;
}

static void give_memory(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

static void take_bytes(png_structp png, png_bytep into, size_t bytes)
{
    decoding *d = png_get_io_ptr(png);
    if (bytes > d->left) {
        png_error(png, "the file ends early");
    }
    memcpy(into, d->data, bytes);
    d->data += bytes;
    d->left -= bytes;
}

/* Asks libpng for rows of RGB; of 16-bit gray for rows of 2 bytes a pixel. */
static void set_conversion(decoding *d, unsigned traits)
{
    const png_byte colour = png_get_color_type(d->png, d->info);
    if (colour == PNG_COLOR_TYPE_PALETTE) {
        png_set_palette_to_rgb(d->png);
    }
    png_set_strip_alpha(d->png);
    if ((traits & PIC_DEEP_GRAY) != 0) {
        return;
    }
    png_set_strip_16(d->png);
    if ((traits & PIC_GRAY) != 0) {
        png_set_expand_gray_1_2_4_to_8(d->png);
        png_set_gray_to_rgb(d->png);
    }
}

static unsigned find_traits(const decoding *d)
{
    const png_byte colour = png_get_color_type(d->png, d->info);
    unsigned traits = 0;
    if ((colour & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(d->png, d->info, PNG_INFO_tRNS) != 0) {
        traits |= PIC_ALPHA;
    }
    if ((colour & PNG_COLOR_MASK_COLOR) == 0) {
        traits |= PIC_GRAY;
        traits |= colour == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(d->png, d->info) == 16 ? PIC_DEEP_GRAY : 0;
    }
    return traits;
}

/* In place, from the last pixel on: 2 bytes, the upper first, become 3. */
static void clip_deep_gray(pic_picture *picture)
{
    uint8_t *pixels = picture->pixels;
    for (int64_t i = picture->height * picture->width - 1; i >= 0; i--) {
        const uint8_t value = pixels[2 * i] == 0 ? pixels[2 * i + 1] : 255;
        pixels[3 * i] = pixels[3 * i + 1] = pixels[3 * i + 2] = value;
    }
}

static void read_rows(decoding *d)
{
    const int passes = png_set_interlace_handling(d->png);
    png_read_update_info(d->png, d->info);
    const size_t row_bytes = png_get_rowbytes(d->png, d->info);
    const size_t pixel_bytes = (d->out->traits & PIC_DEEP_GRAY) != 0 ? 2 : 3;
    if (row_bytes != (size_t)d->out->width * pixel_bytes) {
        png_error(d->png, "rows of another size than its header says");
    }
    for (int pass = 0; pass < passes; pass++) {
        for (int64_t y = 0; y < d->out->height; y++) {
            png_read_row(d->png, d->out->pixels + (size_t)y * row_bytes, NULL);
        }
    }
    if (pixel_bytes == 2) {
        clip_deep_gray(d->out);
    }
}

static core_status decode(decoding *d)
{
    if (setjmp(d->failed) != 0) {
        return core_fail(d->lacks_memory ? CORE_MACHINE : CORE_BAD_FILE, "%s", d->why);
    }
    d->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, d, jump, count_warning, d, take_memory, give_memory);
    d->info = d->png != NULL ? png_create_info_struct(d->png) : NULL;
    if (d->info == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for a PNG");
    }
    png_set_read_fn(d->png, d, take_bytes);
    png_set_keep_unknown_chunks(d->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1); /* no texts, profiles, times */
    png_set_user_limits(d->png, PIC_PIXELS_MAX, PIC_PIXELS_MAX);           /* shape has the limit on pixels */
    png_read_info(d->png, d->info);
    const unsigned traits = find_traits(d);
    CORE_TRY(pic_picture_shape(d->out, png_get_image_height(d->png, d->info), png_get_image_width(d->png, d->info)));
    d->out->traits = traits;
    set_conversion(d, traits);
    read_rows(d);
    return CORE_OK;
}

core_status pic_png_decode(const uint8_t *data, size_t bytes, pic_picture *out)
{
    decoding d = {.data = data, .left = bytes, .out = out};
    pic_picture_empty(out);
    core_status status = decode(&d);
    png_destroy_read_struct(&d.png, &d.info, NULL);
    if (status != CORE_OK) {
        pic_picture_empty(out);
    }
    return status;
}

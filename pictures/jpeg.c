#include "pictures/jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
/* behind jpeglib.h, which it needs */
#include <jerror.h>

#include "core/memory.h"
/* A progressive file may hold any number of scans, each of which walks the whole picture: real ones have about ten. */
enum { SCANS_MAX = 500 };

/* libjpeg ends a failed call by error_exit, which must not return: it jumps to `failed`. */
typedef struct {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf failed;
    pic_picture *out;
    JSAMPLE *inks; /* (width, 4) a row of a CMYK picture, owned; else NULL */
    char why[JMSG_LENGTH_MAX];
} decoding;

bool pic_jpeg_begins(const uint8_t *data, size_t bytes) { return bytes >= 3 && memcmp(data, "\xff\xd8\xff", 3) == 0; }

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

const char *pic_jpeg_library(void) { return "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION); }

_Noreturn static void jump(j_common_ptr info)
{
    decoding *d = info->client_data;
    info->err->format_message(info, d->why);
    longjmp(d->failed, 1);
}

static void count_message(j_common_ptr info, int level)
{
    if (level < 0) { /* a warning; the others trace */
        char sentence[JMSG_LENGTH_MAX];
        decoding *d = info->client_data;
        info->err->format_message(info, sentence);
        pic_picture_warn(d->out, sentence);
    }
}

static void ignore_message(j_common_ptr info) { (void)info; }

/* All bytes are in memory from the start; libjpeg's own answer would be to go on with gray. */
static boolean end_early(j_decompress_ptr info)
{
    decoding *d = info->client_data;
    snprintf(d->why, sizeof d->why, "the file ends early");
    longjmp(d->failed, 1);
}

static void count_scans(j_common_ptr info)
{
    decoding *d = info->client_data;
    if (d->info.input_scan_number > SCANS_MAX) {
        snprintf(d->why, sizeof d->why, "more than %d scans", SCANS_MAX);
        longjmp(d->failed, 1);
    }
}

static unsigned read_number(const uint8_t *bytes, int count, bool little)
{
    unsigned number = 0;
    for (int i = 0; i < count; i++) {
        number = number << 8 | bytes[little ? count - 1 - i : i];
    }
    return number;
}

/* Whether an EXIF block (TIFF 6.0) holds the tag 0x0112, orientation, in its first directory with another value than 1. */
static bool is_turned(const uint8_t *exif, size_t bytes)
{
    enum { HEAD = 6, ENTRY = 12 };
    if (bytes < HEAD + 8 || memcmp(exif, "Exif\0", HEAD) != 0) {
        return false;
    }
    const uint8_t *tiff = exif + HEAD;
    const size_t length = bytes - HEAD;
    const bool little = tiff[0] == 'I';
    const size_t at = read_number(tiff + 4, 4, little);
    if (at > length - 2) {
        return false;
    }
    const size_t entries = read_number(tiff + at, 2, little);
    for (size_t i = 0; i < entries && at + 2 + ENTRY * (i + 1) <= length; i++) {
        const uint8_t *entry = tiff + at + 2 + ENTRY * i;
        if (read_number(entry, 2, little) == 0x0112) {
            return read_number(entry + 8, 2, little) != 1;
        }
    }
    return false;
}

static core_status read_header(decoding *d, const uint8_t *data, size_t bytes, unsigned *traits)
{
    jpeg_mem_src(&d->info, data, bytes);
    d->info.src->fill_input_buffer = end_early;
    jpeg_save_markers(&d->info, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&d->info, TRUE);
    const int components = d->info.num_components;
    if (components != 1 && components != 3 && components != 4) {
        return core_fail(CORE_BAD_FILE, "%d components, expected 1, 3 or 4", components);
    }
    *traits = components == 1 ? PIC_GRAY : components == 4 ? PIC_CMYK : 0;
    for (jpeg_saved_marker_ptr marker = d->info.marker_list; marker != NULL; marker = marker->next) {
        *traits |= is_turned(marker->data, marker->data_length) ? PIC_TURNED : 0;
    }
    return CORE_OK;
}

static uint8_t multiply_div255(int a, int b)
{
    const int product = a * b + 128;
    return (uint8_t)(((product >> 8) + product) >> 8);
}

static void convert_inks(const JSAMPLE *inks, int64_t width, uint8_t *row)
{
    for (int64_t x = 0; x < width; x++) {
        const int black = inks[4 * x + 3];
        for (int c = 0; c < 3; c++) {
            row[3 * x + c] = (uint8_t)(black - multiply_div255(255 - inks[4 * x + c], black));
        }
    }
}

/* In place, from the last pixel on. */
static void repeat_gray(uint8_t *row, int64_t width)
{
    for (int64_t x = width - 1; x >= 0; x--) {
        row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = row[x];
    }
}

static void read_rows(decoding *d)
{
    const pic_picture *out = d->out;
    while (d->info.output_scanline < d->info.output_height) {
        uint8_t *row = out->pixels + (int64_t)d->info.output_scanline * out->width * 3;
        JSAMPROW target = d->inks != NULL ? d->inks : row;
        jpeg_read_scanlines(&d->info, &target, 1);
        if (d->inks != NULL) {
            convert_inks(d->inks, out->width, row);
        } else if (d->info.output_components == 1) {
            repeat_gray(row, out->width);
        }
    }
}

static core_status decode(decoding *d, const uint8_t *data, size_t bytes)
{
    if (setjmp(d->failed) != 0) {
        return d->info.err->msg_code == JERR_OUT_OF_MEMORY ? core_fail(CORE_MACHINE, "not enough memory for a JPEG")
                                                           : core_fail(CORE_BAD_FILE, "%s", d->why);
    }
    unsigned traits = 0;
    jpeg_create_decompress(&d->info);
    d->info.progress = &d->progress;
    CORE_TRY(read_header(d, data, bytes, &traits));
    CORE_TRY(pic_picture_shape(d->out, d->info.image_height, d->info.image_width));
    d->out->traits = traits;
    d->info.out_color_space = (traits & PIC_GRAY) != 0 ? JCS_GRAYSCALE : (traits & PIC_CMYK) != 0 ? JCS_CMYK : JCS_RGB;
    d->info.dct_method = JDCT_ISLOW;
    d->info.do_fancy_upsampling = TRUE;
    d->info.do_block_smoothing = FALSE;
    if ((traits & PIC_CMYK) != 0) {
        CORE_TRY(CORE_NEW(4 * d->out->width, "a row of inks", d->inks));
    }
    jpeg_start_decompress(&d->info);
    read_rows(d);
    return CORE_OK;
}

core_status pic_jpeg_decode(const uint8_t *data, size_t bytes, pic_picture *out)
{
    decoding d = {.out = out, .progress.progress_monitor = count_scans};
    d.info.err = jpeg_std_error(&d.errors);
    d.errors.error_exit = jump;
    d.errors.emit_message = count_message;
    d.errors.output_message = ignore_message;
    d.info.client_data = &d;
    pic_picture_empty(out);
    core_status status = decode(&d, data, bytes);
    jpeg_destroy_decompress(&d.info);
    free(d.inks);
    if (status != CORE_OK) {
        pic_picture_empty(out);
    }
    return status;
}

#include "tests/pictures/drawn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <png.h>

enum { VALUES = 4 * 2 * 512 };

uint64_t draw_number(uint64_t *state, uint64_t below)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

/* A slope and noise, so that files have codes of all lengths. */
static void draw_row(uint8_t *row, int values, int y, uint64_t *state)
{
    assert(values <= VALUES);
    for (int i = 0; i < values; i++) {
        row[i] = (uint8_t)(3 * i + 5 * y + (int)draw_number(state, 48));
    }
}

drawn_file draw_jpeg(int components, int height, int width, bool progressive, uint64_t seed)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    uint8_t row[VALUES], *target = row;
    unsigned char *data = NULL;
    unsigned long bytes = 0;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &data, &bytes);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = components;
    info.in_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 85, TRUE);
    if (progressive) {
        jpeg_simple_progression(&info);
    }
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < height; y++) {
        draw_row(row, components * width, y, &seed);
        jpeg_write_scanlines(&info, &target, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    return (drawn_file){data, bytes};
}

static void keep_bytes(png_structp png, png_bytep data, size_t bytes)
{
    drawn_file *file = png_get_io_ptr(png);
    file->data = realloc(file->data, file->bytes + bytes);
    assert(file->data != NULL);
    for (size_t i = 0; i < bytes; i++) {
        file->data[file->bytes + i] = data[i];
    }
    file->bytes += bytes;
}

drawn_file draw_png(int channels, int depth, int height, int width, bool interlaced, uint64_t seed)
{
    static const int colours[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGBA};
    drawn_file file = {0};
    uint8_t row[VALUES];
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &file, keep_bytes, NULL);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, depth, colours[channels],
                 interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++) {
        uint64_t state = seed; /* the same rows in each pass */
        for (int y = 0; y < height; y++) {
            draw_row(row, channels * depth / 8 * width, y, &state);
            png_write_row(png, row);
        }
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return file;
}

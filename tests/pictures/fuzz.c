/* Damaged pictures never harm: fuzz COUNT SEED. Each of COUNT files is a drawn JPEG or PNG with one to four changes of its
 * structure or its bytes. Decoding ends with CORE_OK and a picture in its limits, or with CORE_BAD_FILE and an empty one;
 * what decodes is resized. Addresses and undefined behaviour are the sanitizer build's to watch. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pictures/decode.h"
#include "pictures/resize.h"
#include "tests/pictures/drawn.h"

static drawn_file draw_file(uint64_t *state)
{
    const int height = 1 + (int)draw_number(state, 70), width = 1 + (int)draw_number(state, 70);
    const uint64_t kind = draw_number(state, 14), seed = draw_number(state, 1 << 30);
    static const int components[] = {1, 3, 4};
    return kind < 6 ? draw_jpeg(components[kind % 3], height, width, kind >= 3, seed)
                    : draw_png(1 + (int)(kind - 6) / 2, kind % 2 == 0 ? 8 : 16, height, width,
                               draw_number(state, 2) == 1, seed);
}

enum { FIELDS = 16 }; /* bytes behind a marker in which fields stand */

/* The place of a random JPEG marker, or of a chunk's length, from which on fields of the structure stand. */
static size_t find_structure(const drawn_file *file, uint64_t *state)
{
    size_t found = 0, count = 0;
    for (size_t i = 0; i + FIELDS < file->bytes; i++) {
        const bool marker = file->data[i] == 0xff && file->data[i + 1] >= 0xc0 && file->data[i + 1] != 0xff;
        const bool chunk = memcmp(file->data + i + 4, "IHDR", 4) == 0 || memcmp(file->data + i + 4, "IDAT", 4) == 0;
        if ((marker || chunk) && draw_number(state, ++count) == 0) {
            found = i;
        }
    }
    return found;
}

static void change_file(drawn_file *file, uint64_t *state)
{
    if (file->bytes < 32) {
        return;
    }
    const size_t at = draw_number(state, file->bytes - 16), bytes = 1 + draw_number(state, 15);
    const size_t field = find_structure(file, state) + draw_number(state, FIELDS);
    switch (draw_number(state, 24)) {
    case 0: /* most files would end here */
        file->bytes = at;
        break;
    case 1: /* a piece is lost */
        memmove(file->data + at, file->data + at + bytes, file->bytes - at - bytes);
        file->bytes -= bytes;
        break;
    case 2: /* a piece stands in another place */
        memmove(file->data + draw_number(state, file->bytes - 16), file->data + at, bytes);
        break;
    case 3:
    case 4:
    case 5:
        file->data[field] = draw_number(state, 2) == 0 ? 0 : 0xff;
        break;
    case 6:
    case 7:
    case 8:
        file->data[field] = (uint8_t)draw_number(state, 256);
        break;
    default:
        file->data[at] ^= (uint8_t)(1u << draw_number(state, 8));
        break;
    }
}

/* Gives the chunks of a PNG the sums of their bytes, as far as its lengths lead, so that what they hold is read. */
static void renew_sums(drawn_file *file)
{
    for (size_t at = 8; file->bytes >= 20 && at <= file->bytes - 12;) {
        const uint8_t *length = file->data + at;
        const size_t bytes = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
        if (bytes > file->bytes - 12 - at) {
            return;
        }
        const unsigned long sum = crc32(0, file->data + at + 4, (unsigned)bytes + 4);
        for (int i = 0; i < 4; i++) {
            file->data[at + 8 + bytes + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        }
        at += bytes + 12;
    }
}

/* Bytes at their own address, so that a read past their end is one past an allocation. */
static core_status decode_copy(const drawn_file *file, pic_picture *picture)
{
    uint8_t *copy = malloc(file->bytes > 0 ? file->bytes : 1);
    if (copy == NULL) {
        return CORE_MACHINE;
    }
    memcpy(copy, file->data, file->bytes);
    core_status status = pic_decode(copy, file->bytes, picture);
    free(copy);
    return status;
}

static bool is_right(core_status status, const pic_picture *picture)
{
    if (status == CORE_OK) {
        return picture->height >= 1 && picture->width >= 1 && picture->height * picture->width <= PIC_PIXELS_MAX;
    }
    return status == CORE_BAD_FILE && picture->height == 0 && picture->width == 0 && core_error_message()[0] != '\0';
}

int main(int argc, char **argv)
{
    const int64_t count = argc > 1 ? atoll(argv[1]) : 1000;
    uint64_t state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int64_t decoded = 0;
    pic_picture picture = {0}, small = {0};
    pic_resize_scratch scratch = {0};
    for (int64_t i = 0; i < count; i++) {
        const uint64_t begin = state;
        drawn_file file = draw_file(&state);
        const int changes = 1 + (int)draw_number(&state, 4);
        for (int c = 0; c < changes; c++) {
            change_file(&file, &state);
        }
        if (draw_number(&state, 4) != 0 && memcmp(file.data + 1, "PNG", 3) == 0) {
            renew_sums(&file);
        }
        core_status status = decode_copy(&file, &picture);
        free(file.data);
        if (status == CORE_OK) {
            decoded++;
            status = pic_resize(&picture, NULL, 1 + (int64_t)draw_number(&state, 40), 24, NULL, &scratch, &small);
        }
        if (!is_right(status, &picture)) {
            printf("file %" PRId64 " (state %" PRIu64 "): status %d, %" PRId64 " x %" PRId64 "\n", i, begin,
                   (int)status, picture.height, picture.width);
            return 1;
        }
    }
    pic_picture_free(&picture);
    pic_picture_free(&small);
    pic_resize_scratch_free(&scratch);
    printf("%" PRId64 " files, %" PRId64 " of them decoded\n", count, decoded);
    return decoded > count / 10 && decoded < count ? 0 : 1;
}

#include "datasets/augment.h"

#include "core/rng.h"

enum { OFFSETS = 2 * DS_PADDING + 1 };

ds_augmentation ds_augment_draw(uint64_t seed, int64_t epoch, int64_t position)
{
    core_rng_key key = {seed, CORE_RNG_AUGMENT};
    core_rng_block block = core_rng_draw(key, (core_rng_counter){.epoch = epoch, .position = position});
    /* Multiply-high: each offset comes from 2^32 / 9 of the 2^32 words, to within one. */
    return (ds_augmentation){.top = (int)(((uint64_t)block.word[0] * OFFSETS) >> 32),
                             .left = (int)(((uint64_t)block.word[1] * OFFSETS) >> 32),
                             .flip = block.word[2] >> 31 != 0};
}

/* One row of the crop: pixels left of `begin` and from `end` on are padding. Pixel x shows source pixel x + shift. */
static void crop_row(int64_t width, const uint8_t *source, const float table[256], int64_t shift, float *out)
{
    const int64_t begin = shift < 0 ? -shift : 0, end = shift > 0 ? width - shift : width;
    int64_t x = 0;
    for (; x < begin; x++) {
        out[x] = table[0];
    }
    for (; x < end; x++) {
        out[x] = table[source[x + shift]];
    }
    for (; x < width; x++) {
        out[x] = table[0];
    }
}

static void mirror_row(int64_t width, float *row)
{
    for (int64_t x = 0; x < width / 2; x++) {
        float left = row[x];
        row[x] = row[width - 1 - x];
        row[width - 1 - x] = left;
    }
}

void ds_augment_train(const ds_dataset *dataset, int64_t index, uint64_t seed, int64_t epoch, int64_t position,
                      float *out)
{
    const ds_augmentation crop = ds_augment_draw(seed, epoch, position);
    const int64_t height = dataset->height, width = dataset->width;
    const uint8_t *image = dataset->train.images + index * ds_image_bytes(dataset);
    for (int64_t c = 0; c < DS_CHANNELS; c++) {
        const float *table = dataset->normalised[c];
        const uint8_t *plane = image + c % dataset->planes * height * width;
        for (int64_t y = 0; y < height; y++) {
            const int64_t row = y + crop.top - DS_PADDING;
            float *to = out + (c * height + y) * width;
            if (row < 0 || row >= height) {
                for (int64_t x = 0; x < width; x++) {
                    to[x] = table[0];
                }
                continue;
            }
            crop_row(width, plane + row * width, table, crop.left - DS_PADDING, to);
            if (crop.flip) {
                mirror_row(width, to);
            }
        }
    }
}

void ds_normalise(const ds_dataset *dataset, const ds_part *part, int64_t index, float *out)
{
    const int64_t plane = dataset->height * dataset->width;
    const uint8_t *image = part->images + index * ds_image_bytes(dataset);
    for (int64_t c = 0; c < DS_CHANNELS; c++) {
        const uint8_t *from = image + c % dataset->planes * plane;
        for (int64_t i = 0; i < plane; i++) {
            out[c * plane + i] = dataset->normalised[c][from[i]];
        }
    }
}

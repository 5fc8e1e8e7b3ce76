#include "datasets/augment.h"

#include "core/rng.h"

enum { PLANE = DS_HEIGHT * DS_WIDTH, OFFSETS = 2 * DS_PADDING + 1 };

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
static void crop_row(const uint8_t *source, const float table[256], int shift, float *out)
{
    int begin = shift < 0 ? -shift : 0;
    int end = shift > 0 ? DS_WIDTH - shift : DS_WIDTH;
    int x = 0;
    for (; x < begin; x++) {
        out[x] = table[0];
    }
    for (; x < end; x++) {
        out[x] = table[source[x + shift]];
    }
    for (; x < DS_WIDTH; x++) {
        out[x] = table[0];
    }
}

static void mirror_row(float *row)
{
    for (int x = 0; x < DS_WIDTH / 2; x++) {
        float left = row[x];
        row[x] = row[DS_WIDTH - 1 - x];
        row[DS_WIDTH - 1 - x] = left;
    }
}

void ds_augment_train(const ds_dataset *dataset, int64_t index, uint64_t seed, int64_t epoch, int64_t position,
                      float *out)
{
    ds_augmentation crop = ds_augment_draw(seed, epoch, position);
    const uint8_t *image = dataset->train.images + index * DS_IMAGE_BYTES;
    for (int c = 0; c < DS_CHANNELS; c++) {
        const float *table = dataset->normalised[c];
        for (int y = 0; y < DS_HEIGHT; y++) {
            int row = y + crop.top - DS_PADDING;
            float *to = out + c * PLANE + y * DS_WIDTH;
            if (row < 0 || row >= DS_HEIGHT) {
                for (int x = 0; x < DS_WIDTH; x++) {
                    to[x] = table[0];
                }
                continue;
            }
            crop_row(image + c * PLANE + row * DS_WIDTH, table, crop.left - DS_PADDING, to);
            if (crop.flip) {
                mirror_row(to);
            }
        }
    }
}

void ds_normalise(const ds_dataset *dataset, const ds_part *part, int64_t index, float *out)
{
    const uint8_t *image = part->images + index * DS_IMAGE_BYTES;
    for (int c = 0; c < DS_CHANNELS; c++) {
        for (int i = c * PLANE; i < (c + 1) * PLANE; i++) {
            out[i] = dataset->normalised[c][image[i]];
        }
    }
}

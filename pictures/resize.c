#include "pictures/resize.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { FRACTION_BITS = 22, HALF = 1 << (FRACTION_BITS - 1) };

/* Where a pixel of the output comes from along one axis: `count` source pixels from `first` on. */
typedef struct {
    int64_t first, count;
} taps;

/* One axis of a resize. */
typedef struct {
    int64_t source, size; /* pixels of the picture and of the whole output */
    float in0, in1;       /* the part of the source */
    int64_t begin, count; /* the pixels of the output that are computed */
    int64_t taps_max;     /* of one pixel */
    taps *taps;           /* (count) */
    int32_t *weights;     /* (count, taps_max), 22 fractional bits */
} axis;

static axis make_axis(int64_t source, int64_t size, float in0, float in1, int64_t begin, int64_t count)
{
    const double scale = (double)(in1 - in0) / (double)size;
    return (axis){.source = source,
                  .size = size,
                  .in0 = in0,
                  .in1 = in1,
                  .begin = begin,
                  .count = count,
                  .taps_max = 2 * (int64_t)ceil(scale < 1.0 ? 1.0 : scale) + 1};
}

/* The most source pixels that the computed pixels of the output come from: the distance of their centres, and taps. */
static int64_t most_source(const axis *a)
{
    const double scale = (double)(a->in1 - a->in0) / (double)a->size;
    const int64_t most = (int64_t)ceil((double)a->count * scale) + a->taps_max + 1;
    return most < a->source ? most : a->source;
}

/* Whether the axis changes anything. */
static bool is_needed(const axis *a)
{
    return a->count != a->source || a->size != a->source || a->in0 != 0.0f || a->in1 != (float)a->size;
}

/* exact (taps_max) is working memory. */
static void weigh_axis(const axis *a, double *exact)
{
    const double scale = (double)(a->in1 - a->in0) / (double)a->size, width = scale < 1.0 ? 1.0 : scale;
    const double per_width = 1.0 / width;
    for (int64_t i = 0; i < a->count; i++) {
        const double centre = (double)a->in0 + ((double)(a->begin + i) + 0.5) * scale;
        int64_t first = (int64_t)(centre - width + 0.5), end = (int64_t)(centre + width + 0.5);
        first = first < 0 ? 0 : first;
        end = end > a->source ? a->source : end;
        double sum = 0.0;
        for (int64_t s = first; s < end; s++) {
            const double distance = fabs(((double)s - centre + 0.5) * per_width);
            exact[s - first] = distance < 1.0 ? 1.0 - distance : 0.0;
            sum += exact[s - first];
        }
        for (int64_t t = 0; t < end - first; t++) {
            const double weight = sum != 0.0 ? exact[t] / sum : exact[t];
            a->weights[i * a->taps_max + t] = (int32_t)(0.5 + weight * (1 << FRACTION_BITS));
        }
        a->taps[i] = (taps){first, end - first};
    }
}

/* A sum as a byte: where very many weights are rounded up, it may be above 255. */
static uint8_t byte_of(int32_t sum) { return (uint8_t)((sum >> FRACTION_BITS) > 255 ? 255 : sum >> FRACTION_BITS); }

/* Rows [top, bottom) of the picture to rows of across->count pixels. */
static void resize_rows(const pic_picture *from, const axis *across, int64_t top, int64_t bottom, uint8_t *into)
{
    for (int64_t y = top; y < bottom; y++) {
        const uint8_t *row = from->pixels + y * from->width * 3;
        for (int64_t x = 0; x < across->count; x++, into += 3) {
            const int32_t *weights = across->weights + x * across->taps_max;
            const uint8_t *pixel = row + across->taps[x].first * 3;
            int32_t red = HALF, green = HALF, blue = HALF;
            for (int64_t t = 0; t < across->taps[x].count; t++, pixel += 3) {
                red += weights[t] * pixel[0];
                green += weights[t] * pixel[1];
                blue += weights[t] * pixel[2];
            }
            into[0] = byte_of(red);
            into[1] = byte_of(green);
            into[2] = byte_of(blue);
        }
    }
}

/* Adds weight times a row of `values` bytes to the sums. */
static void add_row(int32_t *restrict sums, const uint8_t *restrict row, int32_t weight, int64_t values)
{
    for (int64_t i = 0; i < values; i++) {
        sums[i] += weight * row[i];
    }
}

/* Rows of `values` bytes, the first of which is row `top` of the picture, to down->count rows. sums (values) is working
 * memory. No sum overflows: the weights of a pixel add up to about 2^22, a byte has 8 bits. */
static void resize_columns(const uint8_t *rows, int64_t top, const axis *down, int64_t values, int32_t *sums,
                           uint8_t *into)
{
    for (int64_t y = 0; y < down->count; y++, into += values) {
        for (int64_t i = 0; i < values; i++) {
            sums[i] = HALF;
        }
        for (int64_t t = 0; t < down->taps[y].count; t++) {
            add_row(sums, rows + (down->taps[y].first + t - top) * values, down->weights[y * down->taps_max + t],
                    values);
        }
        for (int64_t i = 0; i < values; i++) {
            into[i] = byte_of(sums[i]);
        }
    }
}

/* The next piece of the scratch, of which *bytes are taken; all pieces are multiples of 8 bytes. NULL without memory. */
static void *take_piece(uint8_t *memory, size_t *bytes, int64_t count, size_t size)
{
    uint8_t *piece = memory != NULL ? memory + *bytes : NULL;
    *bytes += ((size_t)count * size + 7) / 8 * 8;
    return piece;
}

/* Both axes and the working memory, in one block of the scratch. */
typedef struct {
    axis across, down;
    double *exact;
    int32_t *sums;
    uint8_t *rows; /* (row_count, width, 3) */
    int64_t row_count;
} plan;

/* Places all pieces in memory, and returns their bytes; NULL: only counts them. */
static size_t lay_out(plan *p, uint8_t *memory)
{
    size_t bytes = 0;
    const int64_t values = 3 * p->across.count;
    axis *axes[] = {&p->across, &p->down};
    for (int i = 0; i < 2; i++) {
        axes[i]->taps = take_piece(memory, &bytes, axes[i]->count, sizeof *axes[i]->taps);
        axes[i]->weights = take_piece(memory, &bytes, axes[i]->count * axes[i]->taps_max, sizeof *axes[i]->weights);
    }
    const int64_t most = p->across.taps_max > p->down.taps_max ? p->across.taps_max : p->down.taps_max;
    p->exact = take_piece(memory, &bytes, most, sizeof *p->exact);
    p->sums = take_piece(memory, &bytes, values, sizeof *p->sums);
    p->rows = take_piece(memory, &bytes, p->row_count * values, sizeof *p->rows);
    return bytes;
}

static void run_plan(const plan *p, const pic_picture *from, pic_picture *out)
{
    const taps *last = &p->down.taps[p->down.count - 1];
    const int64_t top = p->down.taps[0].first, bottom = last->first + last->count;
    const bool needs_columns = is_needed(&p->down);
    assert(bottom - top <= p->row_count);
    const uint8_t *rows = from->pixels;
    int64_t first = 0;
    if (is_needed(&p->across)) {
        uint8_t *into = needs_columns ? p->rows : out->pixels;
        resize_rows(from, &p->across, top, bottom, into);
        rows = into;
        first = top;
    }
    if (needs_columns) {
        resize_columns(rows, first, &p->down, 3 * out->width, p->sums, out->pixels);
    } else if (rows == from->pixels) {
        memcpy(out->pixels, rows, (size_t)(out->height * out->width * 3));
    }
}

core_status pic_resize(const pic_picture *from, const pic_box *box, int64_t height, int64_t width,
                       const pic_window *window, pic_resize_scratch *scratch, pic_picture *out)
{
    assert(from != out && from->height > 0);
    const pic_box b = box != NULL ? *box : (pic_box){0.0f, 0.0f, (float)from->width, (float)from->height};
    if (!(b.left >= 0.0f && b.left < b.right && b.right <= (float)from->width && b.top >= 0.0f && b.top < b.bottom &&
          b.bottom <= (float)from->height)) {
        return core_fail(CORE_BAD_USAGE, "the box (%g, %g, %g, %g) is no part of a picture of %d x %d", (double)b.left,
                         (double)b.top, (double)b.right, (double)b.bottom, (int)from->width, (int)from->height);
    }
    const pic_window w = window != NULL ? *window : (pic_window){0, 0, height, width};
    CORE_TRY(pic_picture_shape(out, w.height, w.width));
    out->traits = from->traits;
    out->warnings = from->warnings;
    memcpy(out->warning, from->warning, sizeof out->warning);
    plan p = {.across = make_axis(from->width, width, b.left, b.right, w.left, w.width),
              .down = make_axis(from->height, height, b.top, b.bottom, w.top, w.height)};
    p.row_count = most_source(&p.down);
    CORE_TRY(core_reserve(lay_out(&p, NULL), "resizing a picture", &scratch->capacity, &scratch->memory));
    lay_out(&p, scratch->memory);
    weigh_axis(&p.across, p.exact);
    weigh_axis(&p.down, p.exact);
    run_plan(&p, from, out);
    return CORE_OK;
}

void pic_resize_scratch_free(pic_resize_scratch *scratch)
{
    free(scratch->memory);
    *scratch = (pic_resize_scratch){0};
}

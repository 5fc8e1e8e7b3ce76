#include "datasets/shapes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "core/text.h"
#include "datasets/class_names.h"

/* What makes the set hard. Another value is another data set: change them together with the test's digest.
 *
 * Classes 0..6 are disc, square, triangle, cross, half disc, elbow and dash; 7, 8 and 9 are disc, square and triangle
 * again, with a deeper dent in the middle. The depths of flat and dented figures overlap: d = (DENT_DEEP - DENT_FLAT) /
 * DENT_SD standard deviations apart, the best balanced rule errs on Phi(-d / 2) of these six classes, and the best rule
 * for a set in which the dented ones are r times rarer errs on Phi(log(r) / d - d / 2) of these: 12% and 69% for
 * d = 2.4 and r = 60. So a rule that follows the class frequencies fails where a rule that weighs the classes equally
 * does not. */
enum {
    DEFAULT_TRAIN_PER_CLASS = 1000,
    DEFAULT_TEST_PER_CLASS = 200,
    DEFAULT_SIDE = 32, /* a scene is laid out in sixteenths of its pixels, whatever the image's side */
    DENT_FLAT = 10,    /* mean depth of a flat figure's dent, of 255; cross, half disc, elbow and dash have none */
    DENT_DEEP = 46,    /* and of a dented one's */
    DENT_SD = 15,      /* standard deviation of both */
    DENT_SIZE = 560,   /* radius of a dent; 1024 is the figure's own */
    BACKGROUND_MIN = 40,
    BACKGROUND_SPAN = 80,
    CONTRAST_MIN = 50,  /* least difference in brightness to the background, per channel, of 255 */
    CONTRAST_SPAN = 50, /* the difference is less than CONTRAST_MIN + CONTRAST_SPAN */
    NOISE_SCALE = 16,   /* noise: 148 * NOISE_SCALE / 256 is its standard deviation, of 255 */
    CLUTTER = 2,        /* bars and spots around and over the figure */
    RADIUS_MIN = 130,   /* of the figure, in 1/16 pixel */
    RADIUS_SPAN = 70,
    SHIFT = 56,  /* largest shift of its centre from the middle, in 1/16 pixel */
    TURN = 24,   /* largest turn of a figure either way, in 1/256 of a full turn; clutter has any turn */
    SAMPLES = 2, /* a pixel is SAMPLES x SAMPLES points of light */
    UNIT = 1024  /* a figure's radius in its own coordinates */
};

/* Bars and spots are clutter. */
typedef enum { DISC, SQUARE, TRIANGLE, CROSS, HALF, ELBOW, DASH, BAR, SPOT } figure_kind;

typedef struct {
    figure_kind kind;
    int x, y;      /* centre, in 1/16 pixel */
    int radius;    /* in 1/16 pixel */
    int cos, sin;  /* of its turn, 16384 is 1 */
    int colour[3]; /* 0..255 */
} figure;

/* How far figures of a kind differ; as the constants above. */
typedef struct {
    int shift, turn, radius_min, radius_span;
} spread;

/* Random words in order, four a block. */
typedef struct {
    core_rng_counter counter;
    core_rng_block block;
    int used;
} stream;

static const uint64_t SHAPES_SEED = 20190627; /* fixed: the data set does not depend on a run's seed */

static uint32_t next_word(stream *random)
{
    if (random->used == 4) {
        random->block = core_rng_draw((core_rng_key){SHAPES_SEED, CORE_RNG_SHAPES}, random->counter);
        random->counter.index++;
        random->used = 0;
    }
    return random->block.word[random->used++];
}

/* 0..n-1, n < 2^16; the bias, below 2^-16, is part of the definition. */
static int next_below(stream *random, int n) { return (int)(((uint64_t)next_word(random) * (uint64_t)n) >> 32); }

/* A quarter of a sine: 16384 sin(pi/2 i/64). */
static const int16_t quarter[65] = {0,     402,   804,   1205,  1606,  2006,  2404,  2801,  3196,  3590,  3981,
                                    4370,  4756,  5139,  5520,  5897,  6270,  6639,  7005,  7366,  7723,  8076,
                                    8423,  8765,  9102,  9434,  9760,  10080, 10394, 10702, 11003, 11297, 11585,
                                    11866, 12140, 12406, 12665, 12916, 13160, 13395, 13623, 13842, 14053, 14256,
                                    14449, 14635, 14811, 14978, 15137, 15286, 15426, 15557, 15679, 15791, 15893,
                                    15986, 16069, 16143, 16207, 16261, 16305, 16340, 16364, 16379, 16384};

/* 16384 sin(2 pi turn / 256). */
static int sine(int turn)
{
    int at = turn & 127;
    int value = at <= 64 ? quarter[at] : quarter[128 - at];
    return (turn & 128) != 0 ? -value : value;
}

static bool in_square(int u, int v, int half) { return u >= -half && u <= half && v >= -half && v <= half; }

/* An equilateral triangle, its corners at distance `radius`; 887/512 is sqrt(3). */
static bool in_triangle(int u, int v, int radius)
{
    return 2 * v >= -radius && 887 * u <= 512 * (radius - v) && -887 * u <= 512 * (radius - v);
}

/* Whether the point (u, v), of a figure whose radius is UNIT, belongs to it. */
static bool inside(figure_kind kind, int u, int v)
{
    int distance2 = u * u + v * v;
    switch (kind) {
    case DISC:
        return distance2 <= 900 * 900;
    case SQUARE:
        return in_square(u, v, 800);
    case TRIANGLE:
        return in_triangle(u, v, 1160);
    case CROSS:
        return (in_square(u, v, 1024) && u >= -320 && u <= 320) || (in_square(u, v, 1024) && v >= -320 && v <= 320);
    case HALF:
        return v >= -400 && u * u + (v + 400) * (v + 400) <= 1150 * 1150;
    case ELBOW:
        return in_square(u, v, 900) && (u <= -250 || v <= -250);
    case DASH:
        return u >= -1100 && u <= 1100 && v >= -450 && v <= 450;
    case BAR:
        return u >= -UNIT && u <= UNIT && v >= -160 && v <= 160;
    case SPOT:
        return distance2 <= UNIT * UNIT;
    }
    return false;
}

/* Where a sample of a pixel lies, in a scene. */
static int place_of(int side, int pixel, int sample)
{
    return (2 * (SAMPLES * pixel + sample) + 1) * 16 * DEFAULT_SIDE / (2 * SAMPLES * side);
}

/* How many of the SAMPLES^2 points of pixel (row, column) the figure covers. */
static int coverage(const figure *shape, int side, int row, int column)
{
    int covered = 0;
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < SAMPLES; j++) {
            int dx = place_of(side, column, j) - shape->x;
            int dy = place_of(side, row, i) - shape->y;
            int u = (dx * shape->cos + dy * shape->sin) / (16 * shape->radius);
            int v = (dy * shape->cos - dx * shape->sin) / (16 * shape->radius);
            covered += inside(shape->kind, u, v);
        }
    }
    return covered;
}

/* First and last pixel that a figure at `centre` may touch: no figure reaches beyond 4/3 of its radius. */
static void extent(int side, int centre, int radius, int *first, int *last)
{
    *first = (centre - radius * 4 / 3) * side / (16 * DEFAULT_SIDE) - 1;
    *last = (centre + radius * 4 / 3) * side / (16 * DEFAULT_SIDE) + 1;
    *first = *first < 0 ? 0 : *first;
    *last = *last > side - 1 ? side - 1 : *last;
}

/* What is painted on: pixels (3, side, side). */
typedef struct {
    int side;
    int *pixels;
} canvas;

static void paint(const figure *shape, const canvas *on)
{
    int top, bottom, left, right;
    extent(on->side, shape->y, shape->radius, &top, &bottom);
    extent(on->side, shape->x, shape->radius, &left, &right);
    for (int row = top; row <= bottom; row++) {
        for (int column = left; column <= right; column++) {
            int covered = coverage(shape, on->side, row, column);
            for (int c = 0; c < DS_CHANNELS && covered > 0; c++) {
                int *pixel = &on->pixels[(c * on->side + row) * on->side + column];
                *pixel += (shape->colour[c] - *pixel) * covered / (SAMPLES * SAMPLES);
            }
        }
    }
}

/* Paints a linear colour gradient; writes the colour in the middle. */
static void paint_background(stream *random, const canvas *on, int middle[DS_CHANNELS])
{
    const int side = on->side;
    for (int c = 0; c < DS_CHANNELS; c++) {
        middle[c] = BACKGROUND_MIN + next_below(random, BACKGROUND_SPAN);
        int slope_x = next_below(random, 97) - 48;
        int slope_y = next_below(random, 97) - 48;
        for (int i = 0; i < side * side; i++) {
            int x = i % side - side / 2;
            int y = i / side - side / 2;
            on->pixels[c * side * side + i] = middle[c] + (slope_x * x + slope_y * y) / side;
        }
    }
}

/* Draws a figure with a random place, turn and colour; the colour differs from the background's in every channel. */
static figure draw_figure(stream *random, figure_kind kind, const int middle[DS_CHANNELS], spread within)
{
    figure shape = {.kind = kind};
    shape.x = 16 * DEFAULT_SIDE / 2 + next_below(random, 2 * within.shift + 1) - within.shift;
    shape.y = 16 * DEFAULT_SIDE / 2 + next_below(random, 2 * within.shift + 1) - within.shift;
    shape.radius = within.radius_min + next_below(random, within.radius_span);
    int turn = next_below(random, 2 * within.turn + 1) - within.turn;
    shape.cos = sine(turn + 64);
    shape.sin = sine(turn);
    for (int c = 0; c < DS_CHANNELS; c++) {
        int contrast = CONTRAST_MIN + next_below(random, CONTRAST_SPAN);
        shape.colour[c] = middle[c] + contrast;
    }
    return shape;
}

static figure draw_clutter(stream *random, const int middle[DS_CHANNELS])
{
    static const spread bars = {.shift = 240, .turn = 128, .radius_min = 60, .radius_span = 80};
    static const spread spots = {.shift = 240, .turn = 128, .radius_min = 20, .radius_span = 25};
    bool bar = next_below(random, 2) == 1;
    return draw_figure(random, bar ? BAR : SPOT, middle, bar ? bars : spots);
}

/* The sum of a word's four bytes less its mean: nearly normal, with standard deviation 148. */
static int nearly_normal(uint32_t word)
{
    return (int)(word & 255) + (int)(word >> 8 & 255) + (int)(word >> 16 & 255) + (int)(word >> 24) - 510;
}

static uint8_t with_noise(int value, uint32_t word)
{
    int noisy = value + nearly_normal(word) * NOISE_SCALE / 256;
    return (uint8_t)(noisy < 0 ? 0 : noisy > 255 ? 255 : noisy);
}

/* The figure of a class with its dent, if it has one. */
static void paint_figure(stream *random, figure shape, int32_t label, const canvas *on)
{
    int depth = nearly_normal(next_word(random)) * DENT_SD / 148 + (label > DASH ? DENT_DEEP : DENT_FLAT);
    paint(&shape, on);
    if (label > DASH || label <= TRIANGLE) {
        shape.radius = shape.radius * DENT_SIZE / UNIT;
        for (int c = 0; c < DS_CHANNELS; c++) {
            shape.colour[c] -= depth;
        }
        paint(&shape, on);
    }
}

void ds_shapes_draw(const ds_shapes_picture *p, int *pixels, uint8_t *image)
{
    const int32_t label = p->label;
    assert(label >= 0 && label < DS_SHAPES_CLASSES);
    stream random = {.counter = {.epoch = p->test ? 1 : 0, .position = p->index}, .used = 4};
    const canvas on = {p->side, pixels};
    int middle[DS_CHANNELS];
    figure_kind kind = (figure_kind)(label > DASH ? label - DASH - 1 : label);
    paint_background(&random, &on, middle);
    figure shape = draw_figure(&random, kind, middle, (spread){SHIFT, TURN, RADIUS_MIN, RADIUS_SPAN});
    for (int i = 0; i < CLUTTER; i++) {
        figure clutter = draw_clutter(&random, middle);
        if (i == CLUTTER / 2) {
            paint_figure(&random, shape, label, &on);
        }
        paint(&clutter, &on);
    }
    for (int i = 0; i < DS_CHANNELS * p->side * p->side; i++) {
        image[i] = with_noise(pixels[i], next_word(&random));
    }
}

bool ds_shapes_is_name(const char *name) { return strcmp(name, "shapes") == 0 || strncmp(name, "shapes:", 7) == 0; }

typedef struct {
    int64_t train, test, side; /* images a class, twice; pixels */
} sizes;

static const sizes DEFAULT_SIZES = {DEFAULT_TRAIN_PER_CLASS, DEFAULT_TEST_PER_CLASS, DEFAULT_SIDE};

static core_status parse_sizes(const char *name, sizes *out)
{
    char train[32], test[32], side[32] = "";
    int end = 0;
    *out = DEFAULT_SIZES;
    if (strcmp(name, "shapes") == 0) {
        return CORE_OK;
    }
    sscanf(name, "shapes:%31[0-9]:%31[0-9]%n:%31[0-9]%n", train, test, &end, side, &end);
    if (end == 0 || name[end] != '\0' ||
        core_text_int64(name, train, 1, DS_SHAPES_MAX_PER_CLASS, &out->train) != CORE_OK ||
        core_text_int64(name, test, 1, DS_SHAPES_MAX_PER_CLASS, &out->test) != CORE_OK ||
        (side[0] != '\0' && core_text_int64(name, side, DS_LEAST_SIDE, DS_SHAPES_MAX_SIDE, &out->side) != CORE_OK)) {
        return core_fail(
            CORE_BAD_USAGE,
            "data set \"%s\": expected shapes, shapes:TRAIN:TEST or shapes:TRAIN:TEST:SIDE, images per class, "
            "each in 1..%d, and pixels per side in %d..%d",
            name, DS_SHAPES_MAX_PER_CLASS, DS_LEAST_SIDE, DS_SHAPES_MAX_SIDE);
    }
    return CORE_OK;
}

/* The least name of these sizes. */
static void name_sizes(const sizes *s, char name[64])
{
    snprintf(name, 64, "shapes");
    if (s->side != DEFAULT_SIDE) {
        snprintf(name, 64, "shapes:%lld:%lld:%lld", (long long)s->train, (long long)s->test, (long long)s->side);
    } else if (s->train != DEFAULT_TRAIN_PER_CLASS || s->test != DEFAULT_TEST_PER_CLASS) {
        snprintf(name, 64, "shapes:%lld:%lld", (long long)s->train, (long long)s->test);
    }
}

static core_status draw_part(bool test, ds_dataset *data)
{
    ds_part *part = test ? &data->test : &data->train;
    int *pixels;
    CORE_TRY(CORE_NEW(ds_image_bytes(data), "a drawn image", pixels));
    for (int64_t i = 0; i < part->count; i++) {
        const ds_shapes_picture picture = {test, i, (int32_t)(i % DS_SHAPES_CLASSES), (int)data->width};
        part->labels[i] = picture.label;
        ds_shapes_draw(&picture, pixels, part->images + i * ds_image_bytes(data));
    }
    free(pixels);
    return CORE_OK;
}

core_status ds_shapes_load(const char *name, ds_dataset *out)
{
    sizes s;
    char normal[64];
    CORE_TRY(parse_sizes(name, &s));
    name_sizes(&s, normal);
    const ds_extent extent = {normal,
                              DS_SHAPES_CLASSES,
                              DS_CHANNELS,
                              s.side,
                              s.side,
                              s.train * DS_SHAPES_CLASSES,
                              s.test * DS_SHAPES_CLASSES};
    CORE_TRY(ds_dataset_alloc(out, &extent));
    CORE_TRY(CORE_ARENA_NEW(&out->arena, DS_SHAPES_CLASSES, "class names", out->class_names));
    const char *const *class_names = ds_class_names("shapes", DS_SHAPES_CLASSES);
    for (int j = 0; j < DS_SHAPES_CLASSES; j++) {
        CORE_TRY(core_arena_strdup(&out->arena, class_names[j], &out->class_names[j]));
    }
    CORE_TRY(draw_part(false, out));
    CORE_TRY(draw_part(true, out));
    out->verified = true;
    ds_dataset_normalise_by_train(out);
    return ds_dataset_digest(out);
}

/* Built twice (meson.build): the compiler's -march gives the width of lanes.h. */
#include "nn/max_pool.h"

#include <string.h>

#include "nn/lanes.h"
#include "nn/level.h"

/* A window: the inputs that lie inside the image, rows [top, bottom) and columns [left, right). */
typedef struct {
    int64_t top, bottom, left, right;
} window;

static inline window window_at(const nn_extent *e, int64_t row, int64_t column)
{
    const int64_t h = 2 * row, w = 2 * column;
    return (window){h > 0 ? h - 1 : 0, h + 2 < e->height ? h + 2 : e->height, w > 0 ? w - 1 : 0,
                    w + 2 < e->width ? w + 2 : e->width};
}

/* A pixel's block of channels; the upper lanes are zeros where it has 8. */
static inline lanes load_pixel(const float *p, int64_t block)
{
    return block == LANES ? lanes_load(p) : lanes_load_half(p);
}

static inline void store_pixel(float *p, int64_t block, lanes x)
{
    if (block == LANES) {
        lanes_store(p, x);
    } else {
        lanes_store_half(p, x);
    }
}

/* The maximum of a window, and in *winner the number of its input, in row order from 0. */
static inline lanes find_maximum(const nn_extent *e, const window *at, const float *x, lanes *winner)
{
    lanes most = load_pixel(x + (at->top * e->width + at->left) * e->block, e->block);
    float number = 0;
    *winner = lanes_set(0);
    for (int64_t h = at->top; h < at->bottom; h++) {
        for (int64_t w = at->left; w < at->right; w++, number++) {
            const lanes value = load_pixel(x + (h * e->width + w) * e->block, e->block);
            *winner = lanes_where_above(value, most, lanes_set(number), *winner);
            most = lanes_where_above(value, most, value, most);
        }
    }
    return most;
}

static void forward(const nn_extent *e, const float *x, float *y)
{
    const int64_t height = (e->height + 1) / 2, width = (e->width + 1) / 2;
    for (int64_t plane = 0; plane < e->padded * e->channels / e->block; plane++) {
        for (int64_t h = 0; h < height; h++) {
            for (int64_t w = 0; w < width; w++) {
                const window at = window_at(e, h, w);
                lanes winner;
                store_pixel(y, e->block, find_maximum(e, &at, x, &winner));
                y += e->block;
            }
        }
        x += e->height * e->width * e->block;
    }
}

/* Adds a window's gradient to the input that won it, lane by lane. */
static inline void add_gradient(const nn_extent *e, const window *at, lanes winner, lanes dy, float *dx)
{
    float number = 0;
    for (int64_t h = at->top; h < at->bottom; h++) {
        for (int64_t w = at->left; w < at->right; w++, number++) {
            float *to = dx + (h * e->width + w) * e->block;
            const lanes share = lanes_where_equal(winner, lanes_set(number), dy);
            store_pixel(to, e->block, lanes_add(load_pixel(to, e->block), share));
        }
    }
}

static void backward(const nn_extent *e, const float *x, const float *dy, float *dx)
{
    const int64_t height = (e->height + 1) / 2, width = (e->width + 1) / 2, floats = e->height * e->width * e->block;
    for (int64_t plane = 0; plane < e->padded * e->channels / e->block; plane++) {
        memset(dx, 0, sizeof *dx * (size_t)floats);
        for (int64_t h = 0; h < height; h++) {
            for (int64_t w = 0; w < width; w++) {
                const window at = window_at(e, h, w);
                lanes winner;
                (void)find_maximum(e, &at, x, &winner);
                add_gradient(e, &at, winner, load_pixel(dy, e->block), dx);
                dy += e->block;
            }
        }
        x += floats;
        dx += floats;
    }
}

const nn_max_pool NN_LEVEL_NAME(nn_max_pool) = {.forward = forward, .backward = backward};

/* Built twice (meson.build): the compiler's -march gives the width of lanes.h. */
#include "nn/kernels.h"

#include <stdbool.h>
#include <string.h>

#include "nn/lanes.h"
#include "nn/level.h"

enum { CHUNK = 64, CHAINS = 4 };

/* A block's pixels of one image: whole vectors, and behind them half a vector where 8 channels have an odd number of
 * pixels. */
typedef struct {
    int64_t floats, vectors;
    bool half;
} plane;

static plane plane_of(const nn_extent *e)
{
    const int64_t floats = e->height * e->width * e->block;
    return (plane){floats, floats / LANES, floats % LANES != 0};
}

static int64_t block_count(const nn_extent *e) { return e->channels / e->block; }

/* Adds four chains of lanes into sixteen doubles, in a fixed order. */
static inline void flush_chains(const lanes chain[CHAINS], double *sums)
{
    float folded[LANES] __attribute__((aligned(64)));
    lanes_store(folded, lanes_add(lanes_add(chain[0], chain[1]), lanes_add(chain[2], chain[3])));
    for (int l = 0; l < LANES; l++) {
        sums[l] += (double)folded[l];
    }
}

static inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static inline void add_moments(lanes x, lanes pivot, lanes *sum, lanes *square)
{
    const lanes d = lanes_sub(x, pivot);
    *sum = lanes_add(*sum, d);
    *square = lanes_fma(d, d, *square);
}

static void plane_moments(plane p, const float *x, lanes pivot, double *sums, double *squares)
{
    for (int64_t begin = 0; begin < p.vectors + p.half; begin += CHUNK) {
        lanes s[CHAINS], q[CHAINS];
        for (int c = 0; c < CHAINS; c++) {
            s[c] = q[c] = lanes_set(0);
        }
        const int64_t end = smaller(begin + CHUNK, p.vectors);
        int64_t v = begin;
        for (; v + CHAINS <= end; v += CHAINS) {
            for (int c = 0; c < CHAINS; c++) {
                add_moments(lanes_load(x + (v + c) * LANES), pivot, &s[c], &q[c]);
            }
        }
        for (; v < end; v++) {
            add_moments(lanes_load(x + v * LANES), pivot, &s[0], &q[0]);
        }
        if (p.half && begin + CHUNK > p.vectors) {
            add_moments(lanes_load_half(x + p.vectors * LANES), lanes_half(pivot), &s[0], &q[0]);
        }
        flush_chains(s, sums);
        flush_chains(q, squares);
    }
}

static void moments(const nn_extent *e, const float *x, float *pivot, double *sums, double *squares)
{
    const plane p = plane_of(e);
    const int64_t blocks = block_count(e);
    memset(sums, 0, sizeof *sums * (size_t)(blocks * LANES));
    memset(squares, 0, sizeof *squares * (size_t)(blocks * LANES));
    for (int64_t b = 0; b < blocks; b++) {
        for (int64_t l = 0; l < LANES; l++) {
            pivot[b * LANES + l] = x[b * p.floats + l % e->block];
        }
    }
    for (int64_t i = 0; i < e->images; i++) {
        for (int64_t b = 0; b < blocks; b++) {
            plane_moments(p, x + (i * blocks + b) * p.floats, lanes_load(pivot + b * LANES), sums + b * LANES,
                          squares + b * LANES);
        }
    }
}

static void norm_relu(const nn_extent *e, const float *x, const float *scale, const float *shift, float *y)
{
    const plane each = plane_of(e);
    const int64_t blocks = block_count(e);
    for (int64_t p = 0; p < e->padded * blocks; p++) {
        const lanes a = lanes_load(scale + p % blocks * LANES), b = lanes_load(shift + p % blocks * LANES);
        const int64_t begin = p * each.floats, end = begin + each.vectors * LANES;
        for (int64_t k = begin; k < end; k += LANES) {
            lanes_store(y + k, lanes_relu(lanes_fma(lanes_load(x + k), a, b)));
        }
        if (each.half) {
            lanes_store_half(y + end, lanes_relu(lanes_fma(lanes_load_half(x + end), a, b)));
        }
    }
}

static void norm_add_relu(const nn_extent *e, const float *x, const float *scale, const float *shift,
                          const float *shortcut, float *y)
{
    const plane each = plane_of(e);
    const int64_t blocks = block_count(e);
    for (int64_t p = 0; p < e->padded * blocks; p++) {
        const lanes a = lanes_load(scale + p % blocks * LANES), b = lanes_load(shift + p % blocks * LANES);
        const int64_t begin = p * each.floats, end = begin + each.vectors * LANES;
        for (int64_t k = begin; k < end; k += LANES) {
            lanes sum = lanes_add(lanes_fma(lanes_load(x + k), a, b), lanes_load(shortcut + k));
            lanes_store(y + k, lanes_relu(sum));
        }
        if (each.half) {
            lanes sum = lanes_add(lanes_fma(lanes_load_half(x + end), a, b), lanes_load_half(shortcut + end));
            lanes_store_half(y + end, lanes_relu(sum));
        }
    }
}

static void norm_add_norm_relu(const nn_extent *e, const nn_norm_input *x, const nn_norm_input *other, float *y)
{
    const plane each = plane_of(e);
    const int64_t blocks = block_count(e);
    for (int64_t p = 0; p < e->padded * blocks; p++) {
        const int64_t c = p % blocks * LANES, begin = p * each.floats, end = begin + each.vectors * LANES;
        const lanes a = lanes_load(x->scale + c), b = lanes_load(x->shift + c);
        const lanes other_a = lanes_load(other->scale + c), other_b = lanes_load(other->shift + c);
        for (int64_t k = begin; k < end; k += LANES) {
            const lanes added = lanes_fma(lanes_load(other->x + k), other_a, other_b);
            lanes_store(y + k, lanes_relu(lanes_add(lanes_fma(lanes_load(x->x + k), a, b), added)));
        }
        if (each.half) {
            const lanes added = lanes_fma(lanes_load_half(other->x + end), other_a, other_b);
            lanes_store_half(y + end, lanes_relu(lanes_add(lanes_fma(lanes_load_half(x->x + end), a, b), added)));
        }
    }
}

static void clear_padding(const nn_extent *e, float *x)
{
    int64_t image = e->channels * e->height * e->width;
    memset(x + e->images * image, 0, sizeof *x * (size_t)((e->padded - e->images) * image));
}

static void norm_backward(const nn_extent *e, const nn_norm_gradient *g, const float *dy, const float *x, float *dx)
{
    const plane each = plane_of(e);
    const int64_t blocks = block_count(e);
    for (int64_t p = 0; p < e->images * blocks; p++) {
        const int64_t c = p % blocks * LANES, begin = p * each.floats, end = begin + each.vectors * LANES;
        const lanes scale = lanes_load(g->scale + c), slope = lanes_load(g->slope + c),
                    offset = lanes_load(g->offset + c);
        for (int64_t k = begin; k < end; k += LANES) {
            lanes line = lanes_fma(lanes_load(x + k), slope, offset);
            lanes_store(dx + k, lanes_fma(scale, lanes_load(dy + k), line));
        }
        if (each.half) {
            lanes line = lanes_fma(lanes_load_half(x + end), slope, offset);
            lanes_store_half(dx + end, lanes_fma(scale, lanes_load_half(dy + end), line));
        }
    }
    clear_padding(e, dx);
}

/* The gradient where y > 0, else 0, and its sums. */
static inline lanes mask_gradient(lanes gradient, lanes y, lanes x, lanes mean, lanes *sum, lanes *product)
{
    const lanes masked = lanes_where_positive(y, gradient);
    *sum = lanes_add(*sum, masked);
    *product = lanes_fma(masked, lanes_sub(x, mean), *product);
    return masked;
}

/* d, or d + branch where branch is not NULL. */
static inline lanes load_gradient(const float *d, const float *branch, int64_t k)
{
    return branch != NULL ? lanes_add(lanes_load(d + k), lanes_load(branch + k)) : lanes_load(d + k);
}

/* Masks that gradient, and adds to the sums over it. */
static inline void plane_backward(plane p, const float *y, const float *branch, float *d, const float *x, lanes mean,
                                  double *sums, double *products)
{
    for (int64_t begin = 0; begin < p.vectors + p.half; begin += CHUNK) {
        lanes s[CHAINS], q[CHAINS];
        for (int c = 0; c < CHAINS; c++) {
            s[c] = q[c] = lanes_set(0);
        }
        const int64_t end = smaller(begin + CHUNK, p.vectors) * LANES;
        int64_t k = begin * LANES;
        for (; k + CHAINS * LANES <= end; k += CHAINS * LANES) {
            for (int c = 0; c < CHAINS; c++) {
                const int64_t at = k + c * LANES;
                lanes sum = load_gradient(d, branch, at);
                lanes_store(d + at, mask_gradient(sum, lanes_load(y + at), lanes_load(x + at), mean, &s[c], &q[c]));
            }
        }
        for (; k < end; k += LANES) {
            lanes sum = load_gradient(d, branch, k);
            lanes_store(d + k, mask_gradient(sum, lanes_load(y + k), lanes_load(x + k), mean, &s[0], &q[0]));
        }
        if (p.half && begin + CHUNK > p.vectors) {
            lanes sum = lanes_load_half(d + k);
            sum = branch != NULL ? lanes_add(sum, lanes_load_half(branch + k)) : sum;
            sum = mask_gradient(sum, lanes_load_half(y + k), lanes_load_half(x + k), mean, &s[0], &q[0]);
            lanes_store_half(d + k, sum);
        }
        flush_chains(s, sums);
        flush_chains(q, products);
    }
}

/* Skips the padding: its gradients are zeros already, because pool_backward and norm_backward write zeros there and
 * the other maps are linear. */
static inline void masked_moments(const nn_extent *e, const float *y, const float *branch, float *d, const float *x,
                                  const float *mean, double *sums, double *products)
{
    const plane each = plane_of(e);
    const int64_t blocks = block_count(e);
    memset(sums, 0, sizeof *sums * (size_t)(blocks * LANES));
    memset(products, 0, sizeof *products * (size_t)(blocks * LANES));
    for (int64_t p = 0; p < e->images * blocks; p++) {
        int64_t k = p * each.floats, c = p % blocks * LANES;
        plane_backward(each, y + k, branch != NULL ? branch + k : NULL, d + k, x + k, lanes_load(mean + c), sums + c,
                       products + c);
    }
}

static void relu_backward(const nn_extent *e, const float *y, float *dy, const float *x, const float *mean,
                          double *sums, double *products)
{
    masked_moments(e, y, NULL, dy, x, mean, sums, products);
}

static void join_backward(const nn_extent *e, const float *y, const float *branch, float *d, const float *x,
                          const float *mean, double *sums, double *products)
{
    masked_moments(e, y, branch, d, x, mean, sums, products);
}

static void pool(const nn_extent *e, const float *y, float *features)
{
    const plane each = plane_of(e);
    const int64_t blocks = block_count(e);
    float area = (float)(e->height * e->width);
    for (int64_t p = 0; p < e->images * blocks; p++) {
        const float *from = y + p * each.floats;
        lanes sum = lanes_set(0);
        for (int64_t v = 0; v < each.vectors; v++) {
            sum = lanes_add(sum, lanes_load(from + v * LANES));
        }
        if (each.half) {
            sum = lanes_add(sum, lanes_load_half(from + each.vectors * LANES));
        }
        float lane[LANES] __attribute__((aligned(64)));
        lanes_store(lane, sum);
        for (int64_t c = 0; c < e->block; c++) {
            features[p * e->block + c] = (e->block == LANES ? lane[c] : lane[c] + lane[c + e->block]) / area;
        }
    }
}

static void pool_backward(const nn_extent *e, const float *dfeatures, float *dy)
{
    const plane each = plane_of(e);
    const int64_t blocks = block_count(e);
    float area = (float)(e->height * e->width);
    for (int64_t p = 0; p < e->images * blocks; p++) {
        float *to = dy + p * each.floats;
        float lane[LANES] __attribute__((aligned(64)));
        for (int64_t l = 0; l < LANES; l++) {
            lane[l] = dfeatures[p * e->block + l % e->block] / area;
        }
        lanes value = lanes_load(lane);
        for (int64_t v = 0; v < each.vectors; v++) {
            lanes_store(to + v * LANES, value);
        }
        if (each.half) {
            lanes_store_half(to + each.vectors * LANES, value);
        }
    }
    clear_padding(e, dy);
}

/* The channels c..c + 7 of an image's first pixel; the next pixel's lie `block` floats further on. */
static const float *octet_at(const nn_extent *e, int64_t channels, int64_t area, const float *x, int64_t image,
                             int64_t c)
{
    return x + (image * channels + c / e->block * e->block) * area + c % e->block;
}

static void shortcut(const nn_extent *e, const float *x, float *y)
{
    int64_t height = (e->height + 1) / 2, width = (e->width + 1) / 2, out_channels = 2 * e->channels,
            pad = e->channels / 2;
    memset(y, 0, sizeof *y * (size_t)(e->padded * out_channels * height * width));
    for (int64_t i = 0; i < e->padded; i++) {
        for (int64_t c = 0; c < e->channels; c += 8) {
            const float *from = octet_at(e, e->channels, e->height * e->width, x, i, c);
            float *to = y + (octet_at(e, out_channels, height * width, y, i, c + pad) - y);
            for (int64_t p = 0; p < height * width; p++) {
                int64_t q = 2 * (p / width) * e->width + 2 * (p % width);
                memcpy(to + p * e->block, from + q * e->block, 8 * sizeof *to);
            }
        }
    }
}

static void shortcut_backward(const nn_extent *e, const float *dy, float *dx)
{
    int64_t height = (e->height + 1) / 2, width = (e->width + 1) / 2, out_channels = 2 * e->channels,
            pad = e->channels / 2;
    for (int64_t i = 0; i < e->images; i++) {
        for (int64_t c = 0; c < e->channels; c += 8) {
            float *to = dx + (octet_at(e, e->channels, e->height * e->width, dx, i, c) - dx);
            const float *from = octet_at(e, out_channels, height * width, dy, i, c + pad);
            for (int64_t p = 0; p < height * width; p++) {
                int64_t q = 2 * (p / width) * e->width + 2 * (p % width);
                for (int l = 0; l < 8; l++) {
                    to[q * e->block + l] += from[p * e->block + l];
                }
            }
        }
    }
}

const nn_kernels NN_LEVEL_NAME(nn_kernels) = {
    .moments = moments,
    .norm_relu = norm_relu,
    .norm_add_relu = norm_add_relu,
    .norm_add_norm_relu = norm_add_norm_relu,
    .norm_backward = norm_backward,
    .relu_backward = relu_backward,
    .join_backward = join_backward,
    .pool = pool,
    .pool_backward = pool_backward,
    .shortcut = shortcut,
    .shortcut_backward = shortcut_backward,
    .accumulate = lanes_accumulate,
};

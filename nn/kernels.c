/* Built twice (meson.build): the compiler's -march gives the width of lanes.h. */
#include "nn/kernels.h"

#include <assert.h>
#include <string.h>

#include "nn/lanes.h"
#include "nn/level.h"

enum { CHUNK = 64, CHAINS = 4 };

static int64_t plane_vectors(const nn_extent *e) { return e->height * e->width * e->block / LANES; }
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

static void plane_moments(const float *x, int64_t vectors, lanes pivot, double *sums, double *squares)
{
    for (int64_t begin = 0; begin < vectors; begin += CHUNK) {
        lanes s[CHAINS], q[CHAINS];
        for (int c = 0; c < CHAINS; c++) {
            s[c] = q[c] = lanes_set(0);
        }
        int64_t end = smaller(begin + CHUNK, vectors);
        for (int64_t v = begin; v < end; v += CHAINS) {
            for (int c = 0; c < CHAINS; c++) {
                lanes d = lanes_sub(lanes_load(x + (v + c) * LANES), pivot);
                s[c] = lanes_add(s[c], d);
                q[c] = lanes_fma(d, d, q[c]);
            }
        }
        flush_chains(s, sums);
        flush_chains(q, squares);
    }
}

static void moments(const nn_extent *e, const float *x, float *pivot, double *sums, double *squares)
{
    int64_t vectors = plane_vectors(e), blocks = block_count(e);
    assert(vectors % CHAINS == 0);
    memset(sums, 0, sizeof *sums * (size_t)(blocks * LANES));
    memset(squares, 0, sizeof *squares * (size_t)(blocks * LANES));
    for (int64_t b = 0; b < blocks; b++) {
        for (int64_t l = 0; l < LANES; l++) {
            pivot[b * LANES + l] = x[b * vectors * LANES + l % e->block];
        }
    }
    for (int64_t i = 0; i < e->images; i++) {
        for (int64_t b = 0; b < blocks; b++) {
            plane_moments(x + (i * blocks + b) * vectors * LANES, vectors, lanes_load(pivot + b * LANES),
                          sums + b * LANES, squares + b * LANES);
        }
    }
}

static void norm_relu(const nn_extent *e, const float *x, const float *scale, const float *shift, float *y)
{
    int64_t vectors = plane_vectors(e), blocks = block_count(e);
    for (int64_t p = 0; p < e->padded * blocks; p++) {
        lanes a = lanes_load(scale + p % blocks * LANES), b = lanes_load(shift + p % blocks * LANES);
        for (int64_t k = p * vectors * LANES; k < (p + 1) * vectors * LANES; k += LANES) {
            lanes_store(y + k, lanes_relu(lanes_fma(lanes_load(x + k), a, b)));
        }
    }
}

static void norm_add_relu(const nn_extent *e, const float *x, const float *scale, const float *shift,
                          const float *shortcut, float *y)
{
    int64_t vectors = plane_vectors(e), blocks = block_count(e);
    for (int64_t p = 0; p < e->padded * blocks; p++) {
        lanes a = lanes_load(scale + p % blocks * LANES), b = lanes_load(shift + p % blocks * LANES);
        for (int64_t k = p * vectors * LANES; k < (p + 1) * vectors * LANES; k += LANES) {
            lanes sum = lanes_add(lanes_fma(lanes_load(x + k), a, b), lanes_load(shortcut + k));
            lanes_store(y + k, lanes_relu(sum));
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
    int64_t vectors = plane_vectors(e), blocks = block_count(e);
    for (int64_t p = 0; p < e->images * blocks; p++) {
        int64_t c = p % blocks * LANES;
        lanes scale = lanes_load(g->scale + c), slope = lanes_load(g->slope + c), offset = lanes_load(g->offset + c);
        for (int64_t k = p * vectors * LANES; k < (p + 1) * vectors * LANES; k += LANES) {
            lanes line = lanes_fma(lanes_load(x + k), slope, offset);
            lanes_store(dx + k, lanes_fma(scale, lanes_load(dy + k), line));
        }
    }
    clear_padding(e, dx);
}

/* Masks d, or d + branch where branch is not NULL, and adds to the sums over it. */
static inline void plane_backward(int64_t vectors, const float *y, const float *branch, float *d, const float *x,
                                  lanes mean, double *sums, double *products)
{
    for (int64_t begin = 0; begin < vectors; begin += CHUNK) {
        lanes s[CHAINS], q[CHAINS];
        for (int c = 0; c < CHAINS; c++) {
            s[c] = q[c] = lanes_set(0);
        }
        int64_t end = smaller(begin + CHUNK, vectors);
        for (int64_t v = begin; v < end; v += CHAINS) {
            for (int c = 0; c < CHAINS; c++) {
                int64_t k = (v + c) * LANES;
                lanes sum = branch != NULL ? lanes_add(lanes_load(d + k), lanes_load(branch + k)) : lanes_load(d + k);
                lanes masked = lanes_where_positive(lanes_load(y + k), sum);
                lanes_store(d + k, masked);
                s[c] = lanes_add(s[c], masked);
                q[c] = lanes_fma(masked, lanes_sub(lanes_load(x + k), mean), q[c]);
            }
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
    int64_t vectors = plane_vectors(e), blocks = block_count(e);
    assert(vectors % CHAINS == 0);
    memset(sums, 0, sizeof *sums * (size_t)(blocks * LANES));
    memset(products, 0, sizeof *products * (size_t)(blocks * LANES));
    for (int64_t p = 0; p < e->images * blocks; p++) {
        int64_t k = p * vectors * LANES, c = p % blocks * LANES;
        plane_backward(vectors, y + k, branch != NULL ? branch + k : NULL, d + k, x + k, lanes_load(mean + c), sums + c,
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
    int64_t vectors = plane_vectors(e), blocks = block_count(e);
    float area = (float)(e->height * e->width);
    for (int64_t p = 0; p < e->images * blocks; p++) {
        lanes sum = lanes_set(0);
        for (int64_t v = 0; v < vectors; v++) {
            sum = lanes_add(sum, lanes_load(y + (p * vectors + v) * LANES));
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
    int64_t vectors = plane_vectors(e), blocks = block_count(e);
    float area = (float)(e->height * e->width);
    for (int64_t p = 0; p < e->images * blocks; p++) {
        float lane[LANES] __attribute__((aligned(64)));
        for (int64_t l = 0; l < LANES; l++) {
            lane[l] = dfeatures[p * e->block + l % e->block] / area;
        }
        lanes value = lanes_load(lane);
        for (int64_t v = 0; v < vectors; v++) {
            lanes_store(dy + (p * vectors + v) * LANES, value);
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
    int64_t height = e->height / 2, width = e->width / 2, out_channels = 2 * e->channels, pad = e->channels / 2;
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
    int64_t height = e->height / 2, width = e->width / 2, out_channels = 2 * e->channels, pad = e->channels / 2;
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
    .norm_backward = norm_backward,
    .relu_backward = relu_backward,
    .join_backward = join_backward,
    .pool = pool,
    .pool_backward = pool_backward,
    .shortcut = shortcut,
    .shortcut_backward = shortcut_backward,
    .accumulate = lanes_accumulate,
};

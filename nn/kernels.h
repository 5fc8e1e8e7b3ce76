/* nn/kernels.h - the passes between the convolutions, over one shard.
 *
 * Layout   An activation of a shard is (images, C / block, H W, block) floats, block 8 or 16, and is walked as vectors
 *          of 16 lanes; a plane of 8 channels and an odd number of pixels ends with half a vector. An array "per lane"
 *          has 16 floats a channel block; with blocks of 8 the upper half repeats the lower one (coefficients) or is
 *          one more partial sum (moments). Arrays are 64-byte aligned, planes 32-byte.
 * Bits     Lane structure and order are fixed; the x86-64-v3 and v4 builds of this room give the same bits.
 * Sums     Float partial sums of at most 64 vectors, in four accumulators, are added into doubles; only the mean over a plane before
 *          the head is one float chain over the plane.
 */
#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include <stdint.h>

#include "nn/context.h"
#include "nn/level.h"

typedef struct {
    int64_t images;   /* of the shard that hold examples; the images behind them are padding */
    int64_t padded;   /* images of the shard in all, padding included */
    int64_t channels; /* C */
    int64_t height, width;
    int64_t block; /* channels a block: 8 or 16 */
} nn_extent;

/* What batch norm's backward needs for one pass. Arrays are per lane. */
typedef struct {
    const float *scale, *slope, *offset; /* dx = scale dy + slope x + offset */
} nn_norm_gradient;

/* An input of batch norm, and its coefficients per lane. */
typedef struct {
    const float *x, *scale, *shift;
} nn_norm_input;

typedef struct nn_kernels {
    /* sums and squares: per-lane sums of (x - pivot) and its square over the images; pivot per lane, written: the
     * shard's first pixel, near enough to the mean that float partial sums lose nothing. */
    void (*moments)(const nn_extent *e, const float *x, float *pivot, double *sums, double *squares);

    /* y = max(0, scale x + shift) for every padded image; y may be x. */
    void (*norm_relu)(const nn_extent *e, const float *x, const float *scale, const float *shift, float *y);

    /* y = max(0, scale x + shift + shortcut). */
    void (*norm_add_relu)(const nn_extent *e, const float *x, const float *scale, const float *shift,
                          const float *shortcut, float *y);

    /* y = max(0, scale x + shift + other_scale other + other_shift): both of a block's ends are batch norms. */
    void (*norm_add_norm_relu)(const nn_extent *e, const nn_norm_input *x, const nn_norm_input *other, float *y);

    /* dx of batch norm; exact zeros behind the last image. dx may be dy. */
    void (*norm_backward)(const nn_extent *e, const nn_norm_gradient *g, const float *dy, const float *x, float *dx);

    /* dy = dy where y > 0, else 0; per-lane sums of dy and of dy (x - mean). */
    void (*relu_backward)(const nn_extent *e, const float *y, float *dy, const float *x, const float *mean,
                          double *sums, double *products);

    /* d = (d + branch) where y > 0, else 0; sums as relu_backward. */
    void (*join_backward)(const nn_extent *e, const float *y, const float *branch, float *d, const float *x,
                          const float *mean, double *sums, double *products);

    /* features (images, C) = means over the pixels. */
    void (*pool)(const nn_extent *e, const float *y, float *features);

    /* dy = dfeatures / (H W) for every image, 0 behind the last; dfeatures (images, C). */
    void (*pool_backward)(const nn_extent *e, const float *dfeatures, float *dy);

    /* Option-A shortcut: every second pixel, channels padded with zeros on both sides. `e` is the input's extent,
     * y has twice the channels; both channel counts are multiples of 16. */
    void (*shortcut)(const nn_extent *e, const float *x, float *y);

    /* dx += the shortcut's gradient. */
    void (*shortcut_backward)(const nn_extent *e, const float *dy, float *dx);

    /* sum += x, `count` floats, a multiple of 16. */
    void (*accumulate)(int64_t count, const float *x, float *sum);
} nn_kernels;

/* Both builds, and the one for the instruction set that nn_start has pinned. v4 must not be called on a CPU without
 * AVX-512. */
extern const nn_kernels nn_kernels_v3, nn_kernels_v4;
static inline const nn_kernels *nn_kernels_get(void) { return NN_LEVEL_PINNED(nn_kernels); }

#endif

/* nn/conv3x3.h - 3x3 convolutions of stride 1 and padding 1, faster than oneDNN's for some shapes.
 *
 * Why      docs/speed-details.md has the measurements. AVX2: oneDNN 3.7 reaches 72 % of a core's peak in the gradient of
 *          the weights and 74 to 90 % forward, this room 95 % in both. AVX-512: oneDNN reaches 65 to 98 % in the
 *          gradient of the weights, this room 90 to 100 %. Forward, oneDNN walks a row of 32 pixels as 28 + 4, whose
 *          tail has too few independent multiply-adds to hide their latency, and loads an input for each of them.
 * Maths    y[h][w][o] = sum over i, kh, kw of x[h + kh - 1][w + kw - 1][i] k[kh][kw][i][o]
 *          dk[kh][kw][i][o] = sum over images, h, w of x[h + kh - 1][w + kw - 1][i] dy[h][w][o]
 *          The gradient by data is the first sum with turned weights: k'[kh][kw][o][i] = k[2 - kh][2 - kw][i][o].
 * Layout   Activations (images, C / block, height, width, block); weights (O / block, I / block, 3, 3, block of i,
 *          block of o), which are oneDNN's nChw8c and OIhw8i8o, or nChw16c and OIhw16i16o. 64-byte aligned.
 * Bits     Every output is one chain of fused multiply-adds: forward in the order block of i, kh, kw, i (v3) or block
 *          of i, kh, i, kw (v4); for the gradient of the weights in the order image, h, w. A neighbour outside the
 *          image adds nothing, or a product with zero.
 */
#ifndef NN_CONV3X3_H
#define NN_CONV3X3_H

#include <stdint.h>

typedef struct {
    int64_t images, in_channels, out_channels, height, width;
} nn_conv3x3_shape;

typedef struct {
    int64_t block;             /* 8 or 16 */
    int64_t channels_multiple; /* both channel counts are multiples of it */
    int64_t least_width;       /* forward: width >= least_width */

    /* Writes y (images, out, height, width); x and y do not overlap. */
    void (*forward)(const nn_conv3x3_shape *s, const float *x, const float *weights, float *y);

    /* Writes dweights, summed over the images. */
    void (*backward_weights)(const nn_conv3x3_shape *s, const float *x, const float *dy, float *dweights);

    /* Writes the turned weights, with which `forward` from out_channels to in_channels is the gradient by data. */
    void (*turn_weights)(const nn_conv3x3_shape *s, const float *weights, float *turned);
} nn_conv3x3;

/* Both builds. v4 must not be called on a CPU without AVX-512. */
extern const nn_conv3x3 nn_conv3x3_v3, nn_conv3x3_v4;

#endif

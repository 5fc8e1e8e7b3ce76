/* nn/conv1x1.h - the gradient of the weights of 1x1 convolutions of stride 1, on CPUs with AVX-512.
 *
 * Why      oneDNN 3.7 cuts this sum by the size of the first-level cache that the CPU reports, so that its bits depend on the
 *          machine (docs/numerics.md). Its other implementation does not, and is slower (docs/performance.md).
 * Maths    dk[i][o] = sum over images and pixels of x[pixel][i] dy[pixel][o]
 * Layout   Activations (images, C / 16, pixels, 16); weights (O / 16, I / 16, 16 of i, 16 of o), which are oneDNN's nChw16c
 *          and OIhw16i16o. 64-byte aligned.
 * Bits     Every output is one chain of fused multiply-adds in the order image, pixel.
 */
#ifndef NN_CONV1X1_H
#define NN_CONV1X1_H

#include <stdint.h>

enum { NN_CONV1X1_IN_MULTIPLE = 16, NN_CONV1X1_OUT_MULTIPLE = 32 };

/* in_channels and out_channels are multiples of the numbers above; all are at least 1. */
typedef struct {
    int64_t images, in_channels, out_channels, pixels;
} nn_conv1x1_shape;

/* Writes dweights, summed over the images. It must not overlap x or dy. */
void nn_conv1x1_backward_weights(const nn_conv1x1_shape *s, const float *x, const float *dy, float *dweights);

#endif

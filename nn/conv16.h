/* nn/conv16.h - 3x3 convolution, stride 1, padding 1, of 16 channels into 16, for AVX-512.
 *
 * Why      oneDNN 3.7 walks rows of 32 pixels as 28 + 4; the tail of 4 leaves its multiply-adds waiting for each other.
 *          Sixteen pixels at a time keep them busy: 223 GFLOP/s against 174 forward and 158 backward by data on a core
 *          that peaks at 268 (docs/performance.md). A third of a CIFAR ResNet's work has this shape.
 * Maths    y[h][w][o] = sum over kh, kw, i of x[h + kh - 1][w + kw - 1][i] k[kh][kw][i][o]; the gradient by data is the
 *          same sum with the weights turned: k'[kh][kw][o][i] = k[2 - kh][2 - kw][i][o].
 * Layout   Images (height, width, 16), which is both nChw16c and nhwc; weights (3, 3, 16, 16), which is oneDNN's
 *          OIhw16i16o. 64-byte aligned; width a multiple of 16.
 * Bits     Each output is one chain of fused multiply-adds in the order kh, kw, i.
 */
#ifndef NN_CONV16_H
#define NN_CONV16_H

#include <stdint.h>

/* Writes y (images, height, width, 16); x and y do not overlap. Only on a CPU with AVX-512. */
void nn_conv16(int64_t images, int64_t height, int64_t width, const float *x, const float *weights, float *y);

/* Writes the turned weights. */
void nn_conv16_turn(const float *weights, float *turned);

#endif

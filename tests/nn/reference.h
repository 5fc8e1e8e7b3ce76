/* tests/nn/reference.h - slow, obvious forward passes in double, for central differences. */
#ifndef TESTS_NN_REFERENCE_H
#define TESTS_NN_REFERENCE_H

#include <stdint.h>

#include "nn/resnet_plan.h"

/* y (N, out, H / stride, W / stride) = x (N, in, H, W) * w (out, in, kernel, kernel), padding kernel / 2; N = s->shard. */
void reference_conv(const nn_conv_shape *s, const double *x, const double *w, double *y);

/* x (N, C, area): batch norm with the batch's own statistics, in place. */
void reference_norm(int64_t N, int64_t C, int64_t area, const double *gamma, const double *beta, double *x);

/* Mean cross-entropy of a ResNet in training mode with the linear head: parameters[i] is the i-th tensor of nn/model.h
 * in its order; images (N, 3, plane). */
typedef struct {
    nn_resnet_shape shape;
    nn_plane plane;
    int64_t N, norm_group, classes; /* batch norm: over norm_group examples, the last ones may be fewer */
    double **parameters;
    const double *images;
    const int32_t *labels;
} reference_case;

double reference_loss(const reference_case *c);

/* A new array with x's values; free with free(). */
double *to_double(int64_t count, const float *x);

#endif

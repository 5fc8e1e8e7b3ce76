/* nn/parameters.h - what a network trains: values, their gradients, the optimiser's buffers, and the tensors in them.
 *
 * Values   One array holds every trained value; a buffer of the optimiser has a value's entry at the same place. Counts
 *          are multiples of 16.
 * Reduced  The gradients of the first `reduced` values are sums over shards: one array for each group of shards, the
 *          leaves of the tree of nn/optimiser.h. The network itself sums the gradients of the values behind them. A
 *          network that updates its values layer by layer has gradients of its own, and none here.
 * Tensors  are plain and row-major outside (nn/model.h). Inside, their rows lie apart, or a convolution has a layout.
 */
#ifndef NN_PARAMETERS_H
#define NN_PARAMETERS_H

#include <stdint.h>

#include "core/memory.h"
#include "nn/conv.h"
#include "nn/model.h"

enum { NN_OPTIMISER_BUFFERS = 2 }; /* at most: Adam's */

/* Where a tensor stands. */
typedef struct {
    float *values;
    nn_conv *conv;               /* the layout is that of its weights; NULL: rows */
    int64_t rows, width, stride; /* `rows` rows of `width` floats, `stride` apart */
} nn_tensor_place;

typedef struct {
    core_arena *arena; /* borrowed; owns every array below */
    nn_optimiser optimiser;
    int64_t count, reduced;
    float *values;                        /* (count) */
    float *buffers[NN_OPTIMISER_BUFFERS]; /* (count) each: SGD's momentum; Adam's two moments */
    float *gradients;                     /* (groups, reduced) */
    nn_tensor_info *tensors;              /* (tensor_count) */
    nn_tensor_place *places;              /* (tensor_count) */
    int64_t tensor_count;
} nn_parameters;

/* Makes the arrays for `groups` groups, and capacity for `tensors` tensors plus those of the optimiser. The caller has
 * set arena, optimiser, count and reduced. CORE_MACHINE: memory. */
core_status nn_parameters_allocate(nn_parameters *p, int64_t groups, int64_t tensors) CORE_MUST_USE;

/* The gradients of a group, from the value at `offset` on. */
static inline float *nn_parameters_gradient(const nn_parameters *p, int64_t group, int64_t offset)
{
    return p->gradients + group * p->reduced + offset;
}

/* Appends a tensor, a convolution's (out, in, kernel, kernel), a matrix of rows, or where rows = 1 a vector. The name is copied.
 * CORE_MACHINE: memory. */
core_status nn_parameters_add(nn_parameters *p, const char *name, nn_tensor_kind kind,
                              nn_tensor_place place) CORE_MUST_USE;

/* Appends the optimiser's buffers of every parameter so far, parameter by parameter. */
core_status nn_parameters_add_buffers(nn_parameters *p) CORE_MUST_USE;

/* As nn_model_get_tensor and nn_model_set_tensor. */
core_status nn_parameters_get(const nn_parameters *p, int64_t index, float *plain) CORE_MUST_USE;
core_status nn_parameters_set(nn_parameters *p, int64_t index, const float *plain) CORE_MUST_USE;

#endif

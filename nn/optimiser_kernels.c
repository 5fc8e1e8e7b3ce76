/* Built twice (meson.build). */
#include "nn/optimiser_kernels.h"

#include "nn/lanes.h"
#include "nn/level.h"

/* Level by level, so that a short slice stays in cache. */
static void reduce(int64_t count, float *gradients, int64_t parts, int64_t stride)
{
    for (int64_t step = 1; step < parts; step *= 2) {
        for (int64_t i = 0; i + step < parts; i += 2 * step) {
            lanes_accumulate(count, gradients + (i + step) * stride, gradients + i * stride);
        }
    }
}

static void sgd(int64_t count, const float *gradient, const nn_sgd_rates *rates, float *w, float *momentum)
{
    lanes lr = lanes_set(rates->lr), decay = lanes_set(rates->momentum), weight_decay = lanes_set(rates->weight_decay);
    for (int64_t k = 0; k < count; k += LANES) {
        lanes value = lanes_load(w + k);
        lanes g = lanes_fma(weight_decay, value, lanes_load(gradient + k));
        lanes buffer = lanes_fma(decay, lanes_load(momentum + k), g);
        lanes_store(momentum + k, buffer);
        lanes_store(w + k, lanes_sub(value, lanes_mul(lr, buffer)));
    }
}

static void adam(int64_t count, const float *gradient, const nn_adam_rates *rates, float *w, float *m, float *v)
{
    lanes decay = lanes_set(rates->weight_decay), toward = lanes_set(rates->toward), keep = lanes_set(rates->keep);
    lanes share = lanes_set(rates->share), root = lanes_set(rates->root), epsilon = lanes_set(rates->epsilon);
    lanes step = lanes_set(rates->step);
    for (int64_t k = 0; k < count; k += LANES) {
        lanes value = lanes_load(w + k), first = lanes_load(m + k), second = lanes_load(v + k);
        lanes g = lanes_fma(decay, value, lanes_load(gradient + k));
        first = lanes_fma(toward, lanes_sub(g, first), first);
        second = lanes_fma(share, lanes_mul(g, g), lanes_mul(keep, second));
        lanes below = lanes_add(lanes_div(lanes_sqrt(second), root), epsilon);
        lanes_store(m + k, first);
        lanes_store(v + k, second);
        lanes_store(w + k, lanes_sub(value, lanes_mul(step, lanes_div(first, below))));
    }
}

const nn_optimiser_kernels NN_LEVEL_NAME(nn_optimiser_kernels) = {.reduce = reduce, .sgd = sgd, .adam = adam};

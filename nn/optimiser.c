#include "nn/optimiser.h"

#include <math.h>

#include "core/maths.h"
#include "nn/context.h"

static nn_adam_rates adam_rates_of(const nn_update *u)
{
    double t = (double)u->step + 1.0;
    return (nn_adam_rates){.weight_decay = (float)u->weight_decay,
                           .toward = (float)(1.0 - u->beta1),
                           .keep = (float)u->beta2,
                           .share = (float)(1.0 - u->beta2),
                           .root = (float)sqrt(1.0 - core_pow(u->beta2, t)),
                           .epsilon = (float)u->epsilon,
                           .step = (float)(u->lr / (1.0 - core_pow(u->beta1, t)))};
}

nn_optimiser_step nn_optimiser_begin(const nn_update *u)
{
    nn_optimiser_step step = {.kernels = nn_optimiser_kernels_get(), .kind = u->kind};
    if (u->kind == NN_ADAM) {
        step.adam = adam_rates_of(u);
    } else {
        step.sgd = (nn_sgd_rates){(float)u->lr, (float)u->momentum, (float)u->weight_decay};
    }
    return step;
}

void nn_optimiser_update(const nn_optimiser_step *step, const nn_parameters *p, core_range values,
                         const float *gradient)
{
    const int64_t at = values.begin, count = values.end - values.begin;
    if (step->kind == NN_ADAM) {
        step->kernels->adam(count, gradient, &step->adam, p->values + at, p->buffers[0] + at, p->buffers[1] + at);
    } else {
        step->kernels->sgd(count, gradient, &step->sgd, p->values + at, p->buffers[0] + at);
    }
}

/* Works in slices that stay in the L1 cache between the reduction and the update. */
void nn_optimiser_reduce_and_update(const nn_optimiser_step *step, const nn_parameters *p, core_range values,
                                    const nn_gradient_sums *sums, int thread, int threads)
{
    enum { SLICE = 256 };
    const core_range lines = core_team_range((values.end - values.begin) / 16, thread, threads);
    for (int64_t begin = lines.begin * 16; begin < lines.end * 16; begin += SLICE) {
        const int64_t end = begin + SLICE < lines.end * 16 ? begin + SLICE : lines.end * 16;
        float *gradients = sums->first + begin;
        step->kernels->reduce(end - begin, gradients, sums->groups, sums->stride);
        nn_optimiser_update(step, p, (core_range){values.begin + begin, values.begin + end}, gradients);
    }
}

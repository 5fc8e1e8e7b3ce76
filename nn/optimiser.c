#include "nn/optimiser.h"

#include <math.h>

#include "core/maths.h"
#include "core/tree.h"
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

enum { LINE = 16, SLICE = 256 }; /* floats; a slice stays in the L1 cache between the reduction and the update */

void nn_gradient_combine_own(const nn_optimiser_step *step, int64_t count, const nn_gradient_sums *sums, int thread,
                             int threads)
{
    int64_t nodes[2 * CORE_TREE_NODES];
    const core_range own = nn_ranks_own(sums->ranks, sums->ranks->groups);
    const core_range lines = core_team_range(count / LINE, thread, threads);
    const int64_t width = LINE * (lines.end - lines.begin);
    const int node_count = core_tree_nodes(sums->groups, own.begin, own.end, nodes);
    for (int i = 0; i < node_count && sums->ranks->count > 1; i++) {
        float *first = sums->first + nodes[2 * i] * sums->stride + LINE * lines.begin;
        step->kernels->reduce(width, first, nodes[2 * i + 1] - nodes[2 * i], sums->stride);
    }
}

void nn_gradient_add_parts(nn_ranks *ranks, int64_t count, const nn_gradient_sums *sums)
{
    int64_t nodes[2 * CORE_TREE_NODES];
    for (int from = 0; from < ranks->count; from++) {
        const int node_count = core_tree_nodes(sums->groups, ranks->groups[from], ranks->groups[from + 1], nodes);
        for (int to = 0; to < ranks->count; to++) {
            const core_range lines = core_team_range(count / LINE, to, ranks->count);
            const int64_t bytes = LINE * (lines.end - lines.begin) * (int64_t)sizeof(float);
            for (int i = 0; i < node_count && from != to; i++) {
                float *node = sums->first + nodes[2 * i] * sums->stride + LINE * lines.begin;
                if (from == ranks->rank) {
                    core_comm_send(&ranks->parts, to, node, bytes);
                } else if (to == ranks->rank) {
                    core_comm_receive(&ranks->parts, from, node, bytes);
                }
            }
        }
    }
}

/* Some columns of the sums. */
typedef struct {
    const nn_optimiser_kernels *kernels;
    int64_t count, stride;
    float *first;
} columns;

static void add_group(void *context, int64_t into, int64_t from)
{
    const columns *c = context;
    c->kernels->reduce(c->count, c->first + into * c->stride, 2, (from - into) * c->stride);
}

/* Sums `count` floats of all groups into the first. */
static void reduce(const nn_optimiser_step *step, int64_t count, float *first, const nn_gradient_sums *sums)
{
    const nn_ranks *ranks = sums->ranks;
    if (ranks == NULL || ranks->count == 1) {
        step->kernels->reduce(count, first, sums->groups, sums->stride);
    } else {
        columns c = {step->kernels, count, sums->stride, first};
        core_tree_combine_remaining(sums->groups, ranks->count, ranks->groups, add_group, &c);
    }
}

void nn_optimiser_reduce_and_update(const nn_optimiser_step *step, const nn_parameters *p, core_range values,
                                    const nn_gradient_sums *sums, int thread, int threads)
{
    const int64_t all = (values.end - values.begin) / LINE;
    const core_range lines =
        sums->ranks != NULL ? nn_ranks_range(sums->ranks, all, thread, threads) : core_team_range(all, thread, threads);
    for (int64_t begin = LINE * lines.begin; begin < LINE * lines.end; begin += SLICE) {
        const int64_t end = begin + SLICE < LINE * lines.end ? begin + SLICE : LINE * lines.end;
        reduce(step, end - begin, sums->first + begin, sums);
        nn_optimiser_update(step, p, (core_range){values.begin + begin, values.begin + end}, sums->first + begin);
    }
}

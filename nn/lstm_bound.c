#include "nn/lstm_bound.h"

#include <omp.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/progress.h"
#include "core/team.h"
#include "nn/onednn.h"

enum { ARGUMENTS = 12, FORWARD_ARGUMENTS = 7, RUNS = 5 };

/* The forward pass takes the first seven. The backward pass takes all, but weights and scratch in its own layouts. */
static const int SLOTS[ARGUMENTS] = {DNNL_ARG_SRC_LAYER,  DNNL_ARG_DST_LAYER,          DNNL_ARG_BIAS,
                                     DNNL_ARG_WORKSPACE,  DNNL_ARG_WEIGHTS_LAYER,      DNNL_ARG_WEIGHTS_ITER,
                                     DNNL_ARG_SCRATCHPAD, DNNL_ARG_DIFF_SRC_LAYER,     DNNL_ARG_DIFF_DST_LAYER,
                                     DNNL_ARG_DIFF_BIAS,  DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER};
enum { SHARED = 4 }; /* the first of them, which have the same layout in both passes */

/* What one thread runs. */
typedef struct {
    dnnl_stream_t stream;
    dnnl_exec_arg_t forward[FORWARD_ARGUMENTS], backward[ARGUMENTS];
    dnnl_memory_t owned[FORWARD_ARGUMENTS + ARGUMENTS];
    int count;
    core_arena arena;
    double seconds;
} runner;

typedef struct {
    dnnl_primitive_desc_t forward_descriptor, backward_descriptor;
    dnnl_primitive_t forward, backward;
    runner *runners; /* (threads) */
    int threads;
} bound;

typedef struct {
    dnnl_memory_desc_t in, out, input_weights, recurrent_weights, bias;
} descriptors;

static core_status describe(const nn_lstm_bound_case *c, descriptors *d)
{
    int64_t H = c->hidden;
    dnnl_dims_t in = {c->steps, c->sequences, c->inputs}, out = {c->steps, c->sequences, H};
    dnnl_dims_t input = {1, 1, c->inputs, 4, H}, recurrent = {1, 1, H, 4, H}, bias = {1, 1, 4, H};
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->in, 3, in, dnnl_f32, dnnl_tnc), "LSTM input");
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->out, 3, out, dnnl_f32, dnnl_tnc), "LSTM output");
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->input_weights, 5, input, dnnl_f32, dnnl_format_tag_any),
                "LSTM weights");
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->recurrent_weights, 5, recurrent, dnnl_f32, dnnl_format_tag_any),
                "LSTM weights");
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->bias, 4, bias, dnnl_f32, dnnl_ldgo), "LSTM bias");
    return CORE_OK;
}

static core_status create_primitives(bound *b, const descriptors *d, dnnl_primitive_attr_t attr)
{
    const_dnnl_memory_desc_t in = d->in, out = d->out, w = d->input_weights, u = d->recurrent_weights, bias = d->bias;
    NN_DNNL_TRY(dnnl_lstm_forward_primitive_desc_create(&b->forward_descriptor, nn_engine(), dnnl_forward_training,
                                                        dnnl_unidirectional_left2right, in, NULL, NULL, w, u, NULL,
                                                        NULL, bias, out, NULL, NULL, 0, attr),
                "LSTM");
    NN_DNNL_TRY(dnnl_lstm_backward_primitive_desc_create(&b->backward_descriptor, nn_engine(), dnnl_backward,
                                                         dnnl_unidirectional_left2right, in, NULL, NULL, w, u, NULL,
                                                         NULL, bias, out, NULL, NULL, in, NULL, NULL, w, u, NULL, NULL,
                                                         bias, out, NULL, NULL, 0, b->forward_descriptor, attr),
                "LSTM's backward");
    NN_DNNL_TRY(dnnl_primitive_create(&b->forward, b->forward_descriptor), "LSTM");
    NN_DNNL_TRY(dnnl_primitive_create(&b->backward, b->backward_descriptor), "LSTM's backward");
    return CORE_OK;
}

/* Memory for an argument, filled with small values that are not denormal. */
static core_status add_argument(runner *r, const_dnnl_primitive_desc_t descriptor, int slot, dnnl_exec_arg_t *out)
{
    const_dnnl_memory_desc_t format = dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md, slot);
    size_t bytes = dnnl_memory_desc_get_size(format);
    float *values;
    CORE_TRY(core_arena_calloc(&r->arena, 1, bytes, "an LSTM's argument", (void **)&values));
    for (size_t i = 0; i < bytes / sizeof *values; i++) {
        values[i] = (float)(i % 17) * 0.01F - 0.08F;
    }
    dnnl_memory_t memory;
    NN_DNNL_TRY(dnnl_memory_create(&memory, format, nn_engine(), values), "memory object");
    r->owned[r->count++] = memory;
    *out = (dnnl_exec_arg_t){slot, memory};
    return CORE_OK;
}

static core_status create_runner(const bound *b, runner *r)
{
    NN_DNNL_TRY(dnnl_stream_create(&r->stream, nn_engine(), dnnl_stream_default_flags), "stream");
    for (int a = 0; a < FORWARD_ARGUMENTS; a++) {
        CORE_TRY(add_argument(r, b->forward_descriptor, SLOTS[a], &r->forward[a]));
        r->backward[a] = r->forward[a];
    }
    for (int a = SHARED; a < ARGUMENTS; a++) {
        CORE_TRY(add_argument(r, b->backward_descriptor, SLOTS[a], &r->backward[a]));
    }
    return CORE_OK;
}

static core_status create(bound *b, const nn_lstm_bound_case *c, descriptors *d, dnnl_primitive_attr_t *attr)
{
    CORE_TRY(describe(c, d));
    CORE_TRY(nn_dnnl_attr_create(attr));
    CORE_TRY(create_primitives(b, d, *attr));
    CORE_TRY(CORE_NEW(c->threads, "LSTM runs", b->runners));
    b->threads = c->threads;
    for (int t = 0; t < c->threads; t++) {
        CORE_TRY(create_runner(b, &b->runners[t]));
    }
    return CORE_OK;
}

static void destroy(bound *b, const descriptors *d, dnnl_primitive_attr_t attr)
{
    for (int t = 0; t < b->threads; t++) {
        for (int i = 0; i < b->runners[t].count; i++) {
            dnnl_memory_destroy(b->runners[t].owned[i]);
        }
        dnnl_stream_destroy(b->runners[t].stream);
        core_arena_free(&b->runners[t].arena);
    }
    free(b->runners);
    dnnl_primitive_destroy(b->forward);
    dnnl_primitive_destroy(b->backward);
    dnnl_primitive_desc_destroy(b->forward_descriptor);
    dnnl_primitive_desc_destroy(b->backward_descriptor);
    dnnl_primitive_attr_destroy(attr);
    dnnl_memory_desc_destroy(d->in);
    dnnl_memory_desc_destroy(d->out);
    dnnl_memory_desc_destroy(d->input_weights);
    dnnl_memory_desc_destroy(d->recurrent_weights);
    dnnl_memory_desc_destroy(d->bias);
}

static core_status run(void *context, int thread, int threads)
{
    bound *b = context;
    runner *r = &b->runners[thread];
    (void)threads;
    for (int i = 0; i < RUNS; i++) {
        double start = core_progress_now_s();
        NN_DNNL_TRY(dnnl_primitive_execute(b->forward, r->stream, FORWARD_ARGUMENTS, r->forward), "LSTM");
        NN_DNNL_TRY(dnnl_primitive_execute(b->backward, r->stream, ARGUMENTS, r->backward), "LSTM's backward");
        double seconds = core_progress_now_s() - start;
        r->seconds = i == 0 || seconds < r->seconds ? seconds : r->seconds;
    }
    return CORE_OK;
}

core_status nn_lstm_bound(const nn_lstm_bound_case *measured, double *seconds)
{
    bound b = {0};
    descriptors d = {0};
    dnnl_primitive_attr_t attr = NULL;
    int in_force = omp_get_max_threads();
    omp_set_num_threads(1); /* nn/conv.c says why */
    core_status status = create(&b, measured, &d, &attr);
    omp_set_num_threads(in_force);
    if (status == CORE_OK) {
        status = core_team_run(measured->threads, run, &b);
    }
    double sum = 0;
    for (int t = 0; t < b.threads; t++) {
        sum += b.runners[t].seconds;
    }
    destroy(&b, &d, attr);
    if (status == CORE_OK) {
        *seconds = sum / measured->threads;
    }
    return status;
}

#include "nn/conv.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "nn/conv1x1.h"
#include "nn/conv3x3.h"
#include "nn/onednn.h"

enum { MAX_ARGUMENTS = 4 };

/* The operations. Each has a primitive and, per thread, memory objects, unless is_own. */
typedef enum { FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS, TO_BACKWARD, FROM_PLAIN, TO_PLAIN, OPERATIONS } operation;

/* A primitive with the argument slots that its calls fill, in the order of the call's pointers. */
typedef struct {
    dnnl_primitive_desc_t
        descriptor;             /* owned; forward's is always there: it is a hint to the others, and has the layout */
    dnnl_primitive_t primitive; /* owned */
    int arguments;              /* without the scratchpad */
    int slot[MAX_ARGUMENTS];    /* DNNL_ARG_... */
    dnnl_memory_t *memory;      /* (threads, MAX_ARGUMENTS), owned */
} kernel;

struct nn_conv {
    nn_conv_shape shape;
    nn_conv_shape inner;     /* what oneDNN does: the same, but for a thinned one of stride 1 */
    bool thins;              /* see thin_pixels */
    const nn_conv3x3 *own;   /* kernels for the operations in is_own of a 3x3 convolution */
    bool is_own[OPERATIONS]; /* nn/conv3x3.h or nn/conv1x1.h does it instead of oneDNN */
    int threads;
    kernel kernels[OPERATIONS];
    dnnl_stream_t *streams;   /* (threads), owned */
    dnnl_memory_desc_t plain; /* owned */
    int64_t weight_count, backward_count, scratch_bytes;
    int64_t thinned; /* where in a scratch the thinned input lies, in bytes */
};

typedef struct {
    dnnl_memory_desc_t src, weights, any_weights, dst;
} descriptors;

static void destroy_descriptors(descriptors *d)
{
    dnnl_memory_desc_destroy(d->src);
    dnnl_memory_desc_destroy(d->weights);
    dnnl_memory_desc_destroy(d->any_weights);
    dnnl_memory_desc_destroy(d->dst);
}

/* Gives nn/conv3x3.h the operations in which it is faster for most shapes (docs/speed-details.md), and nn/conv1x1.h the one
 * whose bits depend on the machine in oneDNN. */
static void choose_own(nn_conv *conv)
{
    const nn_conv_shape *s = &conv->inner;
    const bool wide = nn_channel_block() == 16;
    const nn_conv3x3 *own = wide ? &nn_conv3x3_v4 : &nn_conv3x3_v3;
    const bool fits = s->kernel == 3 && s->stride == 1 && !s->from_images &&
                      s->in_channels % own->channels_multiple == 0 && s->out_channels % own->channels_multiple == 0;
    const bool forward = fits && s->in.width >= own->least_width;
    conv->own = own;
    conv->is_own[FORWARD] = forward;
    conv->is_own[BACKWARD_DATA] = forward && (wide || (s->in_channels == 16 && s->out_channels == 16));
    conv->is_own[BACKWARD_WEIGHTS] = fits /* of planes of 1 and 2 pixels too, where oneDNN has its reference */
                                     || (wide && s->kernel == 1 && s->in_channels % NN_CONV1X1_IN_MULTIPLE == 0 &&
                                         s->out_channels % NN_CONV1X1_OUT_MULTIPLE == 0);
    conv->is_own[TO_BACKWARD] = conv->is_own[BACKWARD_DATA];
}

static core_status create_descriptors(const nn_conv *conv, descriptors *d)
{
    const nn_conv_shape *s = &conv->inner;
    const nn_plane out = nn_plane_behind(s->in, s->stride);
    dnnl_dims_t src = {s->shard, s->in_channels, s->in.height, s->in.width};
    dnnl_dims_t weights = {s->out_channels, s->in_channels, s->kernel, s->kernel};
    dnnl_dims_t dst = {s->shard, s->out_channels, out.height, out.width};
    const bool wide = nn_channel_block() == 16;
    dnnl_format_tag_t blocked = wide ? dnnl_nChw16c : dnnl_nChw8c, own = wide ? dnnl_OIhw16i16o : dnnl_OIhw8i8o;
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->src, 4, src, dnnl_f32, s->from_images ? dnnl_nchw : blocked),
                "convolution input");
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->weights, 4, weights, dnnl_f32,
                                                 conv->is_own[BACKWARD_WEIGHTS] ? own : dnnl_format_tag_any),
                "convolution weights");
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->any_weights, 4, weights, dnnl_f32, dnnl_format_tag_any),
                "convolution weights");
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&d->dst, 4, dst, dnnl_f32, blocked), "convolution output");
    return CORE_OK;
}

/* Goes on to the implementation for blocked layouts that every figure and frozen value is of, where a version of oneDNN
 * prefers another one. A plane of a few pixels has none of that name: its first one stays. */
static core_status pin_implementation(kernel *k, bool is_1x1)
{
    const bool wide = nn_channel_block() == 16;
    const char *name = is_1x1 ? (wide ? "jit_1x1:avx512_core" : "jit_1x1:avx2") : wide ? "jit:avx512_core" : "jit:avx2";
    dnnl_primitive_desc_t first; /* a copy cannot go on to the next one: the original does */
    NN_DNNL_TRY(dnnl_primitive_desc_clone(&first, k->descriptor), "convolution");
    const char *found = "";
    do {
        dnnl_primitive_desc_query(k->descriptor, dnnl_query_impl_info_str, 0, &found);
    } while (strcmp(found, name) != 0 && dnnl_primitive_desc_next_impl(k->descriptor) == dnnl_success);
    const bool has_it = strcmp(found, name) == 0;
    dnnl_primitive_desc_destroy(has_it ? first : k->descriptor);
    k->descriptor = has_it ? k->descriptor : first;
    return CORE_OK;
}

static const_dnnl_memory_desc_t query(const kernel *k, dnnl_query_t what)
{
    return dnnl_primitive_desc_query_md(k->descriptor, what, 0);
}

/* Gradients have the layout of the weights, so that the optimiser is a pass over flat arrays. The implementation for 1x1 cuts the
 * sum by the caches that the CPU reports, with AVX-512: there the other one takes what nn/conv1x1.h does not. */
static core_status create_weight_gradient(nn_conv *conv, const descriptors *d, dnnl_primitive_attr_t attr)
{
    const nn_conv_shape *s = &conv->inner;
    const int64_t pad = s->kernel / 2;
    dnnl_dims_t strides = {s->stride, s->stride}, dilates = {0, 0}, padding = {pad, pad};
    kernel *f = &conv->kernels[FORWARD], *w = &conv->kernels[BACKWARD_WEIGHTS];
    NN_DNNL_TRY(dnnl_convolution_backward_weights_primitive_desc_create(
                    &w->descriptor, nn_engine(), dnnl_convolution_direct, d->src, query(f, dnnl_query_weights_md), NULL,
                    d->dst, strides, dilates, padding, padding, f->descriptor, attr),
                "convolution's backward by weights");
    return pin_implementation(w, s->kernel == 1 && nn_channel_block() == 8);
}

static core_status create_convolutions(nn_conv *conv, const descriptors *d, dnnl_primitive_attr_t attr)
{
    const nn_conv_shape *s = &conv->inner;
    const int64_t pad = s->kernel / 2;
    dnnl_dims_t strides = {s->stride, s->stride}, dilates = {0, 0}, padding = {pad, pad};
    kernel *f = &conv->kernels[FORWARD], *b = &conv->kernels[BACKWARD_DATA];
    NN_DNNL_TRY(dnnl_convolution_forward_primitive_desc_create(&f->descriptor, nn_engine(), dnnl_forward_training,
                                                               dnnl_convolution_direct, d->src, d->weights, NULL,
                                                               d->dst, strides, dilates, padding, padding, attr),
                "convolution");
    CORE_TRY(pin_implementation(f, s->kernel == 1));
    if (!s->from_images && !conv->is_own[BACKWARD_DATA]) {
        NN_DNNL_TRY(dnnl_convolution_backward_data_primitive_desc_create(
                        &b->descriptor, nn_engine(), dnnl_convolution_direct, d->src, d->any_weights, d->dst, strides,
                        dilates, padding, padding, f->descriptor, attr),
                    "convolution's backward by data");
        CORE_TRY(pin_implementation(b, s->kernel == 1));
    }
    return conv->is_own[BACKWARD_WEIGHTS] ? CORE_OK : create_weight_gradient(conv, d, attr);
}

static core_status create_reorder(kernel *k, const_dnnl_memory_desc_t from, const_dnnl_memory_desc_t to,
                                  dnnl_primitive_attr_t attr)
{
    NN_DNNL_TRY(dnnl_reorder_primitive_desc_create(&k->descriptor, from, nn_engine(), to, nn_engine(), attr),
                "copy between weight layouts");
    return CORE_OK;
}

static core_status create_reorders(nn_conv *conv, dnnl_primitive_attr_t attr)
{
    const nn_conv_shape *s = &conv->inner;
    dnnl_dims_t weights = {s->out_channels, s->in_channels, s->kernel, s->kernel};
    NN_DNNL_TRY(dnnl_memory_desc_create_with_tag(&conv->plain, 4, weights, dnnl_f32, dnnl_oihw), "plain weights");
    const_dnnl_memory_desc_t forward = query(&conv->kernels[FORWARD], dnnl_query_weights_md);
    CORE_TRY(create_reorder(&conv->kernels[FROM_PLAIN], conv->plain, forward, attr));
    CORE_TRY(create_reorder(&conv->kernels[TO_PLAIN], forward, conv->plain, attr));
    conv->weight_count = (int64_t)(dnnl_memory_desc_get_size(forward) / sizeof(float));
    if (conv->is_own[BACKWARD_DATA]) { /* turned, in the same layout */
        conv->backward_count = conv->weight_count;
    } else if (!conv->inner.from_images) {
        const_dnnl_memory_desc_t backward = query(&conv->kernels[BACKWARD_DATA], dnnl_query_weights_md);
        CORE_TRY(create_reorder(&conv->kernels[TO_BACKWARD], forward, backward, attr));
        conv->backward_count = (int64_t)(dnnl_memory_desc_get_size(backward) / sizeof(float));
    }
    return CORE_OK;
}

/* The memory objects of one operation, one set a thread: set_data_handle on a shared one would be a race. */
static core_status create_memory(nn_conv *conv, kernel *k, const int *slots, const_dnnl_memory_desc_t *formats)
{
    CORE_TRY(CORE_NEW(conv->threads * MAX_ARGUMENTS, "convolution memory objects", k->memory));
    while (k->arguments < MAX_ARGUMENTS && slots[k->arguments] != 0) {
        k->slot[k->arguments] = slots[k->arguments];
        k->arguments++;
    }
    for (int i = 0; i < conv->threads * k->arguments; i++) {
        int thread = i / k->arguments, argument = i % k->arguments;
        NN_DNNL_TRY(dnnl_memory_create(&k->memory[thread * MAX_ARGUMENTS + argument], formats[argument], nn_engine(),
                                       DNNL_MEMORY_NONE),
                    "memory object");
    }
    return CORE_OK;
}

static core_status finish_kernel(nn_conv *conv, operation op)
{
    static const int slots[OPERATIONS][MAX_ARGUMENTS] = {
        [FORWARD] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD},
        [BACKWARD_DATA] = {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC, DNNL_ARG_SCRATCHPAD},
        [BACKWARD_WEIGHTS] = {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_SCRATCHPAD},
        [TO_BACKWARD] = {DNNL_ARG_FROM, DNNL_ARG_TO, DNNL_ARG_SCRATCHPAD},
        [FROM_PLAIN] = {DNNL_ARG_FROM, DNNL_ARG_TO, DNNL_ARG_SCRATCHPAD},
        [TO_PLAIN] = {DNNL_ARG_FROM, DNNL_ARG_TO, DNNL_ARG_SCRATCHPAD},
    };
    kernel *k = &conv->kernels[op];
    const_dnnl_memory_desc_t formats[MAX_ARGUMENTS] = {0};
    for (int a = 0; a < MAX_ARGUMENTS && slots[op][a] != 0; a++) {
        formats[a] = dnnl_primitive_desc_query_md(k->descriptor, dnnl_query_exec_arg_md, slots[op][a]);
    }
    NN_DNNL_TRY(dnnl_primitive_create(&k->primitive, k->descriptor), "primitive");
    int64_t scratch = (int64_t)dnnl_memory_desc_get_size(query(k, dnnl_query_scratchpad_md));
    conv->scratch_bytes = scratch > conv->scratch_bytes ? scratch : conv->scratch_bytes;
    return create_memory(conv, k, slots[op], formats);
}

static int64_t thinned_floats(const nn_conv *conv)
{
    return conv->inner.shard * conv->inner.in_channels * nn_plane_pixels(conv->inner.in);
}

static core_status create_parts(nn_conv *conv, const descriptors *d, dnnl_primitive_attr_t attr)
{
    CORE_TRY(create_convolutions(conv, d, attr));
    CORE_TRY(create_reorders(conv, attr));
    for (operation op = FORWARD; op <= TO_PLAIN; op++) {
        if (conv->kernels[op].descriptor != NULL && !conv->is_own[op]) {
            CORE_TRY(finish_kernel(conv, op));
        }
    }
    CORE_TRY(CORE_NEW(conv->threads, "oneDNN streams", conv->streams));
    for (int t = 0; t < conv->threads; t++) {
        NN_DNNL_TRY(dnnl_stream_create(&conv->streams[t], nn_engine(), dnnl_stream_default_flags), "stream");
    }
    assert(conv->weight_count % 16 == 0);
    if (conv->thins) {
        conv->thinned = (conv->scratch_bytes + CORE_ALIGNMENT - 1) / CORE_ALIGNMENT * CORE_ALIGNMENT;
        conv->scratch_bytes = conv->thinned + (int64_t)sizeof(float) * thinned_floats(conv);
    }
    return CORE_OK;
}

/* oneDNN fixes the split of the work when a primitive is created: one thread must be in force then. */
static core_status create_with_one_thread(nn_conv *conv)
{
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    descriptors d = {0};
    dnnl_primitive_attr_t attr = NULL;
    core_status status = create_descriptors(conv, &d);
    if (status == CORE_OK) {
        status = nn_dnnl_attr_create(&attr);
    }
    if (status == CORE_OK) {
        status = create_parts(conv, &d, attr);
    }
    dnnl_primitive_attr_destroy(attr);
    destroy_descriptors(&d);
    omp_set_num_threads(threads);
    return status;
}

core_status nn_conv_create(const nn_conv_shape *shape, int threads, nn_conv **out)
{
    nn_conv *conv;
    CORE_TRY(CORE_NEW(1, "a convolution", conv));
    conv->shape = conv->inner = *shape;
    conv->thins = shape->kernel == 1 && shape->stride > 1;
    if (conv->thins) {
        conv->inner.in = nn_plane_behind(shape->in, shape->stride);
        conv->inner.stride = 1;
    }
    choose_own(conv);
    conv->threads = threads;
    core_status status = create_with_one_thread(conv);
    if (status != CORE_OK) {
        nn_conv_destroy(conv);
        return status;
    }
    *out = conv;
    return CORE_OK;
}

static void destroy_kernel(kernel *k, int threads)
{
    for (int i = 0; k->memory != NULL && i < threads * MAX_ARGUMENTS; i++) {
        dnnl_memory_destroy(k->memory[i]);
    }
    free(k->memory);
    dnnl_primitive_destroy(k->primitive);
    dnnl_primitive_desc_destroy(k->descriptor);
}

void nn_conv_destroy(nn_conv *conv)
{
    if (conv == NULL) {
        return;
    }
    for (int op = 0; op < OPERATIONS; op++) {
        destroy_kernel(&conv->kernels[op], conv->threads);
    }
    for (int t = 0; conv->streams != NULL && t < conv->threads; t++) {
        dnnl_stream_destroy(conv->streams[t]);
    }
    free(conv->streams);
    dnnl_memory_desc_destroy(conv->plain);
    free(conv);
}

const nn_conv_shape *nn_conv_get_shape(const nn_conv *conv) { return &conv->shape; }
int64_t nn_conv_weight_count(const nn_conv *conv) { return conv->weight_count; }
int64_t nn_conv_backward_weight_count(const nn_conv *conv) { return conv->backward_count; }
int64_t nn_conv_scratch_bytes(const nn_conv *conv) { return conv->scratch_bytes; }

/* Runs an operation on `pointers`, one a slot; oneDNN's handles are not const, its inputs stay untouched. */
static core_status execute(nn_conv *conv, operation op, nn_worker at, const void *const pointers[MAX_ARGUMENTS])
{
    kernel *k = &conv->kernels[op];
    dnnl_exec_arg_t arguments[MAX_ARGUMENTS];
    for (int a = 0; a < k->arguments; a++) {
        void *handle;
        memcpy(&handle, &pointers[a], sizeof handle);
        dnnl_memory_t memory = k->memory[at.thread * MAX_ARGUMENTS + a];
        NN_DNNL_TRY(dnnl_memory_set_data_handle(memory, handle), "memory object");
        arguments[a] = (dnnl_exec_arg_t){k->slot[a], memory};
    }
    NN_DNNL_TRY(dnnl_primitive_execute(k->primitive, conv->streams[at.thread], k->arguments, arguments),
                "convolution's execution");
    return CORE_OK;
}

/* A 1x1 convolution with a stride reads every `stride`-th pixel of every `stride`-th row: those are copied, and what is left
 * has stride 1. oneDNN 3.7 has its reference, a thousand times slower, where the plane's sides are no multiples of it. */
static float *thinned_of(const nn_conv *conv, nn_worker at)
{
    return (float *)(void *)((char *)at.scratch + conv->thinned);
}

static const float *thin_pixels(const nn_conv *conv, nn_worker at, const float *src)
{
    if (!conv->thins) {
        return src;
    }
    const int64_t block = nn_channel_block(), stride = conv->shape.stride;
    const nn_plane in = conv->shape.in, out = conv->inner.in;
    float *thinned = thinned_of(conv, at), *to = thinned;
    for (int64_t p = 0; p < conv->shape.shard * conv->shape.in_channels / block; p++) {
        for (int64_t h = 0; h < out.height; h++) {
            const float *row = src + (p * in.height + h * stride) * in.width * block;
            for (int64_t w = 0; w < out.width; w++, to += block) {
                memcpy(to, row + w * stride * block, sizeof *to * (size_t)block);
            }
        }
    }
    return thinned;
}

/* The other way, zeros between the pixels. */
static void spread_pixels(const nn_conv *conv, nn_worker at, float *dsrc)
{
    const int64_t block = nn_channel_block(), stride = conv->shape.stride;
    const nn_plane in = conv->shape.in, out = conv->inner.in;
    const int64_t planes = conv->shape.shard * conv->shape.in_channels / block;
    const float *from = thinned_of(conv, at);
    memset(dsrc, 0, sizeof *dsrc * (size_t)(planes * nn_plane_pixels(in) * block));
    for (int64_t p = 0; p < planes; p++) {
        for (int64_t h = 0; h < out.height; h++) {
            float *row = dsrc + (p * in.height + h * stride) * in.width * block;
            for (int64_t w = 0; w < out.width; w++, from += block) {
                memcpy(row + w * stride * block, from, sizeof *row * (size_t)block);
            }
        }
    }
}

static nn_conv3x3_shape own_shape(const nn_conv_shape *s)
{
    return (nn_conv3x3_shape){s->shard, s->in_channels, s->out_channels, s->in.height, s->in.width};
}

core_status nn_conv_forward(nn_conv *conv, nn_worker at, const float *src, const float *weights, float *dst)
{
    if (conv->is_own[FORWARD]) {
        const nn_conv3x3_shape shape = own_shape(&conv->shape);
        conv->own->forward(&shape, src, weights, dst);
        return CORE_OK;
    }
    return execute(conv, FORWARD, at, (const void *[]){thin_pixels(conv, at, src), weights, dst, at.scratch});
}

core_status nn_conv_backward_data(nn_conv *conv, nn_worker at, const float *ddst, const float *weights, float *dsrc)
{
    if (conv->is_own[BACKWARD_DATA]) {
        const nn_conv_shape *s = &conv->shape;
        const nn_conv3x3_shape turned = {s->shard, s->out_channels, s->in_channels, s->in.height, s->in.width};
        conv->own->forward(&turned, ddst, weights, dsrc);
        return CORE_OK;
    }
    float *data = conv->thins ? thinned_of(conv, at) : dsrc;
    CORE_TRY(execute(conv, BACKWARD_DATA, at, (const void *[]){ddst, weights, data, at.scratch}));
    if (conv->thins) {
        spread_pixels(conv, at, dsrc);
    }
    return CORE_OK;
}

static void run_own_backward_weights(const nn_conv *conv, const float *src, const float *ddst, float *dweights)
{
    const nn_conv_shape *s = &conv->inner;
    if (s->kernel == 3) {
        const nn_conv3x3_shape shape = own_shape(s);
        conv->own->backward_weights(&shape, src, ddst, dweights);
        return;
    }
    const nn_conv1x1_shape shape = {s->shard, s->in_channels, s->out_channels, nn_plane_pixels(s->in)};
    nn_conv1x1_backward_weights(&shape, src, ddst, dweights);
}

core_status nn_conv_backward_weights(nn_conv *conv, nn_worker at, const float *src, const float *ddst, float *dweights)
{
    const float *read = thin_pixels(conv, at, src);
    if (conv->is_own[BACKWARD_WEIGHTS]) {
        run_own_backward_weights(conv, read, ddst, dweights);
        return CORE_OK;
    }
    return execute(conv, BACKWARD_WEIGHTS, at, (const void *[]){read, ddst, dweights, at.scratch});
}

core_status nn_conv_to_backward(nn_conv *conv, nn_worker at, const float *weights, float *backward)
{
    if (conv->is_own[TO_BACKWARD]) {
        const nn_conv3x3_shape shape = own_shape(&conv->shape);
        conv->own->turn_weights(&shape, weights, backward);
        return CORE_OK;
    }
    return execute(conv, TO_BACKWARD, at, (const void *[]){weights, backward, at.scratch, NULL});
}

/* Copies from and to plain weights allocate their own scratch, because they are rare. */
static core_status copy_alone(nn_conv *conv, operation op, const float *from, float *to)
{
    void *scratch;
    CORE_TRY(core_calloc(1, (size_t)conv->scratch_bytes, "a weight copy", &scratch));
    core_status status = execute(conv, op, (nn_worker){0, scratch}, (const void *[]){from, to, scratch, NULL});
    free(scratch);
    return status;
}

core_status nn_conv_from_plain(nn_conv *conv, const float *plain, float *weights)
{
    return copy_alone(conv, FROM_PLAIN, plain, weights);
}

core_status nn_conv_to_plain(nn_conv *conv, const float *weights, float *plain)
{
    return copy_alone(conv, TO_PLAIN, weights, plain);
}

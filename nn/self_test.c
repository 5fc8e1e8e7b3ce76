/* Two machines with the same text do the same arithmetic: every primitive of a CIFAR ResNet at the default shard, and
 * every pass between them, runs once on inputs from a formula, and all outputs go into one XXH3-64. */
#include "nn/self_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/team.h"
#include "nn/batch_norm.h"
#include "nn/context.h"
#include "nn/conv.h"
#include "nn/head.h"
#include "nn/kernels.h"
#include "nn/onednn.h"

enum { SHARD = 4, IMAGES = 3, FEATURES = 64, CLASSES = 10, WEIGHTS = 64 * 64 * 9, ACTIVATION = SHARD * 16 * 32 * 32 };

typedef struct {
    core_hash *hash;                              /* owned */
    core_arena arena;                             /* owns the arrays */
    float *src, *dst, *dsrc;                      /* (ACTIVATION) */
    float *plain, *weights, *backward, *dweights; /* (WEIGHTS) */
    _Alignas(64) float scale[NN_NORM_MAX_LANES], shift[NN_NORM_MAX_LANES], pivot[NN_NORM_MAX_LANES];
    double sums[NN_NORM_MAX_LANES], products[NN_NORM_MAX_LANES];
} bench;

/* Multiples of 2^-24 in [-1/2, 1/2), from an integer hash (lowbias32). */
static void fill(float *x, int64_t count, uint32_t salt)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t h = (uint32_t)i * 0x9E3779B1U + salt * 0x85EBCA6BU;
        h = (h ^ h >> 16) * 0x7FEB352DU;
        h = (h ^ h >> 15) * 0x846CA68BU;
        h ^= h >> 16;
        x[i] = (float)(h >> 8) * 0x1p-24F - 0.5F;
    }
}

static void add(bench *b, const float *x, int64_t count) { core_hash_update(b->hash, x, sizeof *x * (size_t)count); }

static core_status run_conv(bench *b, const nn_conv_shape *s, nn_conv *conv)
{
    void *scratch;
    CORE_TRY(core_arena_calloc(&b->arena, 1, (size_t)nn_conv_scratch_bytes(conv), "oneDNN's scratch", &scratch));
    nn_worker at = {0, scratch};
    int64_t out_size = s->in_size / s->stride, weights = s->out_channels * s->in_channels * 9;
    int64_t in = SHARD * s->in_channels * s->in_size * s->in_size, out = SHARD * s->out_channels * out_size * out_size;
    fill(b->src, in, 1);
    fill(b->plain, weights, 2);
    CORE_TRY(nn_conv_from_plain(conv, b->plain, b->weights));
    CORE_TRY(nn_conv_forward(conv, at, b->src, b->weights, b->dst));
    add(b, b->dst, out);
    fill(b->dst, out, 3);
    CORE_TRY(nn_conv_backward_weights(conv, at, b->src, b->dst, b->dweights));
    CORE_TRY(nn_conv_to_plain(conv, b->dweights, b->plain));
    add(b, b->plain, weights);
    if (!s->from_images) {
        CORE_TRY(nn_conv_to_backward(conv, at, b->weights, b->backward));
        CORE_TRY(nn_conv_backward_data(conv, at, b->dst, b->backward, b->dsrc));
        add(b, b->dsrc, in);
    }
    return CORE_OK;
}

static core_status run_convs(bench *b)
{
    static const nn_conv_shape shapes[] = {
        {SHARD, 3, 16, 32, 1, true},   {SHARD, 16, 16, 32, 1, false}, {SHARD, 16, 32, 32, 2, false},
        {SHARD, 32, 32, 16, 1, false}, {SHARD, 32, 64, 16, 2, false}, {SHARD, 64, 64, 8, 1, false},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        nn_conv *conv;
        CORE_TRY(nn_conv_create(&shapes[i], 1, &conv));
        core_status status = run_conv(b, &shapes[i], conv);
        nn_conv_destroy(conv);
        CORE_TRY(status);
    }
    return CORE_OK;
}

static void add_sums(bench *b, const nn_extent *e)
{
    size_t bytes = sizeof *b->sums * (size_t)(e->channels / e->block * 16);
    core_hash_update(b->hash, b->sums, bytes);
    core_hash_update(b->hash, b->products, bytes);
}

static void run_forward_passes(bench *b, const nn_kernels *k, const nn_extent *e)
{
    int64_t size = SHARD * e->channels * e->height * e->width;
    fill(b->src, size, 4);
    fill(b->dsrc, size, 5);
    k->moments(e, b->src, b->pivot, b->sums, b->products);
    add_sums(b, e);
    k->norm_relu(e, b->src, b->scale, b->shift, b->dst);
    add(b, b->dst, size);
    k->norm_add_relu(e, b->src, b->scale, b->shift, b->dsrc, b->dst);
    add(b, b->dst, size);
    k->pool(e, b->dst, b->plain);
    add(b, b->plain, e->images * e->channels);
    k->shortcut(e, b->src, b->dst);
    add(b, b->dst, size / 2);
}

static void run_backward_passes(bench *b, const nn_kernels *k, const nn_extent *e)
{
    int64_t size = SHARD * e->channels * e->height * e->width;
    nn_norm_gradient g = {b->scale, b->shift, b->scale};
    fill(b->dst, size, 6);
    k->relu_backward(e, b->src, b->dst, b->dsrc, b->shift, b->sums, b->products);
    add(b, b->dst, size);
    add_sums(b, e);
    k->join_backward(e, b->dsrc, b->src, b->dst, b->src, b->shift, b->sums, b->products);
    add_sums(b, e);
    k->norm_backward(e, &g, b->dst, b->src, b->dst);
    add(b, b->dst, size);
    k->shortcut_backward(e, b->src, b->dst);
    add(b, b->dst, size);
    k->pool_backward(e, b->plain, b->dst);
    add(b, b->dst, size);
}

static void run_update(bench *b, const nn_kernels *k)
{
    static const float rates[3] = {0.1F, 0.9F, 2e-4F};
    enum { PARTS = 5, COUNT = 1600 };
    fill(b->src, PARTS * COUNT, 7);
    fill(b->weights, COUNT, 8);
    fill(b->dweights, COUNT, 9);
    k->accumulate(COUNT, b->src, b->weights);
    k->sgd(COUNT, b->src, PARTS, COUNT, rates, b->weights, b->dweights);
    add(b, b->weights, COUNT);
    add(b, b->dweights, COUNT);
}

static void run_head(bench *b, nn_head_kind kind)
{
    nn_head head = {kind, FEATURES, CLASSES};
    float *bias = b->plain + CLASSES * FEATURES;
    nn_head_state state = {b->plain, bias, b->backward, b->backward + CLASSES * FEATURES};
    nn_head_gradient out = {b->dweights, b->dweights + CLASSES * FEATURES, b->dsrc};
    fill(b->plain, CLASSES * FEATURES + CLASSES, 10);
    fill(b->src, IMAGES * FEATURES, 11);
    fill(b->dweights, CLASSES * FEATURES + CLASSES, 12);
    nn_head_prepare(&head, &state, 0, CLASSES);
    nn_head_forward(&head, &state, IMAGES, b->src, b->dst);
    nn_head_backward(&head, &state, IMAGES, b->src, b->dst, &out);
    add(b, b->dst, IMAGES * CLASSES);
    add(b, b->dsrc, IMAGES * FEATURES);
    add(b, b->dweights, CLASSES * FEATURES + CLASSES);
}

static core_status run_all(void *context, int thread, int threads)
{
    bench *b = context;
    (void)thread, (void)threads;
    const nn_kernels *k = nn_kernels_get();
    fill(b->scale, NN_NORM_MAX_LANES, 13);
    fill(b->shift, NN_NORM_MAX_LANES, 14);
    CORE_TRY(run_convs(b));
    for (int64_t channels = 16; channels <= 64; channels *= 2) {
        nn_extent e = {IMAGES, SHARD, channels, 512 / channels, 512 / channels, nn_channel_block()};
        run_forward_passes(b, k, &e);
        run_backward_passes(b, k, &e);
    }
    run_update(b, k);
    run_head(b, NN_HEAD_LINEAR);
    run_head(b, NN_HEAD_COSINE);
    return CORE_OK;
}

static core_status allocate(bench *b)
{
    float **activations[] = {&b->src, &b->dst, &b->dsrc},
          **weights[] = {&b->plain, &b->weights, &b->backward, &b->dweights};
    for (int i = 0; i < 3; i++) {
        CORE_TRY(CORE_ARENA_NEW(&b->arena, ACTIVATION, "the self-test", *activations[i]));
    }
    for (int i = 0; i < 4; i++) {
        CORE_TRY(CORE_ARENA_NEW(&b->arena, WEIGHTS, "the self-test", *weights[i]));
    }
    return core_hash_create(CORE_HASH_XXH3_64, &b->hash);
}

core_status nn_self_test(char text[NN_SELF_TEST_BYTES])
{
    bench *b;
    CORE_TRY(CORE_NEW(1, "the self-test", b));
    core_status status = allocate(b);
    if (status == CORE_OK) {
        status = core_team_run(1, run_all, b);
    }
    if (status == CORE_OK) {
        char hex[CORE_HASH_HEX_MAX];
        core_hash_digest digest = core_hash_finish(b->hash);
        snprintf(text, NN_SELF_TEST_BYTES, "%s", core_hash_hex(&digest, hex));
    }
    core_hash_destroy(b->hash);
    core_arena_free(&b->arena);
    free(b);
    return status;
}

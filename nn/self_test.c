#include "nn/self_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/memory.h"
#include "core/team.h"
#include "nn/context.h"
#include "nn/conv.h"
#include "nn/head.h"
#include "nn/kernels.h"
#include "nn/model.h"
#include "nn/onednn.h"
#include "nn/optimiser_kernels.h"

/* ---- images ---- */

/* Two machines with the same text do the same arithmetic: every primitive of a CIFAR ResNet at the default shard, two 1x1 convolutions, and
 * the passes between them, runs once on inputs from a formula, and all outputs go into one XXH3-64. */
enum { SHARD = 4, IMAGES = 3, FEATURES = 64, CLASSES = 10, WEIGHTS = 64 * 64 * 9, ACTIVATION = SHARD * 16 * 32 * 32 };
enum { SELF_TEST_LANES = 128 }; /* per lane, of 64 channels in blocks of 8 */

typedef struct {
    core_hash *hash;                              /* owned */
    core_arena arena;                             /* owns the arrays */
    float *src, *dst, *dsrc;                      /* (ACTIVATION) */
    float *plain, *weights, *backward, *dweights; /* (WEIGHTS) */
    _Alignas(64) float scale[SELF_TEST_LANES], shift[SELF_TEST_LANES], pivot[SELF_TEST_LANES];
    double sums[SELF_TEST_LANES], products[SELF_TEST_LANES];
} image_test;

/* Multiples of 2^-24 in [-1/2, 1/2), from an integer hash (lowbias32). */
static void fill_array(float *x, int64_t count, uint32_t salt)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t h = (uint32_t)i * 0x9E3779B1U + salt * 0x85EBCA6BU;
        h = (h ^ h >> 16) * 0x7FEB352DU;
        h = (h ^ h >> 15) * 0x846CA68BU;
        h ^= h >> 16;
        x[i] = (float)(h >> 8) * 0x1p-24F - 0.5F;
    }
}

/* What a team makes of a subnormal operand and of a subnormal result (core/team.h). */
static void hash_subnormals(core_hash *hash)
{
    const volatile float operand = 0x1p-127F, small = 0x1p-100F;
    const float products[] = {operand * 0x1p100F, small * 0x1p-27F};
    core_hash_update(hash, products, sizeof products);
}

static void hash_array(image_test *b, const float *x, int64_t count)
{
    core_hash_update(b->hash, x, sizeof *x * (size_t)count);
}

static core_status run_conv(image_test *b, const nn_conv_shape *s, nn_conv *conv)
{
    void *scratch;
    CORE_TRY(core_arena_calloc(&b->arena, 1, (size_t)nn_conv_scratch_bytes(conv), "oneDNN's scratch", &scratch));
    nn_worker at = {0, scratch};
    const int64_t weights = nn_conv_plain_count(s), in = SHARD * s->in_channels * nn_plane_pixels(s->in);
    const int64_t out = SHARD * s->out_channels * nn_plane_pixels(nn_plane_behind(s->in, s->stride));
    fill_array(b->src, in, 1);
    fill_array(b->plain, weights, 2);
    CORE_TRY(nn_conv_from_plain(conv, b->plain, b->weights));
    CORE_TRY(nn_conv_forward(conv, at, b->src, b->weights, b->dst));
    hash_array(b, b->dst, out);
    fill_array(b->dst, out, 3);
    CORE_TRY(nn_conv_backward_weights(conv, at, b->src, b->dst, b->dweights));
    CORE_TRY(nn_conv_to_plain(conv, b->dweights, b->plain));
    hash_array(b, b->plain, weights);
    if (!s->from_images) {
        CORE_TRY(nn_conv_to_backward(conv, at, b->weights, b->backward));
        CORE_TRY(nn_conv_backward_data(conv, at, b->dst, b->backward, b->dsrc));
        hash_array(b, b->dsrc, in);
    }
    return CORE_OK;
}

static core_status run_convs(image_test *b)
{
    static const nn_conv_shape shapes[] = {
        {SHARD, 3, 16, {32, 32}, 3, 1, true},   {SHARD, 16, 16, {32, 32}, 3, 1, false},
        {SHARD, 16, 32, {32, 32}, 3, 2, false}, {SHARD, 32, 32, {16, 16}, 3, 1, false},
        {SHARD, 32, 64, {16, 16}, 3, 2, false}, {SHARD, 64, 64, {8, 8}, 3, 1, false},
        {SHARD, 16, 64, {16, 16}, 1, 1, false}, {SHARD, 64, 128, {8, 8}, 1, 2, false},
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

static void hash_sums(image_test *b, const nn_extent *e)
{
    size_t bytes = sizeof *b->sums * (size_t)(e->channels / e->block * 16);
    core_hash_update(b->hash, b->sums, bytes);
    core_hash_update(b->hash, b->products, bytes);
}

static void run_forward_passes(image_test *b, const nn_kernels *k, const nn_extent *e)
{
    int64_t size = SHARD * e->channels * e->height * e->width;
    fill_array(b->src, size, 4);
    fill_array(b->dsrc, size, 5);
    k->moments(e, b->src, b->pivot, b->sums, b->products);
    hash_sums(b, e);
    k->norm_relu(e, b->src, b->scale, b->shift, b->dst);
    hash_array(b, b->dst, size);
    k->norm_add_relu(e, b->src, b->scale, b->shift, b->dsrc, b->dst);
    hash_array(b, b->dst, size);
    k->pool(e, b->dst, b->plain);
    hash_array(b, b->plain, e->images * e->channels);
    k->shortcut(e, b->src, b->dst);
    hash_array(b, b->dst, size / 2);
}

static void run_backward_passes(image_test *b, const nn_kernels *k, const nn_extent *e)
{
    int64_t size = SHARD * e->channels * e->height * e->width;
    nn_norm_gradient g = {b->scale, b->shift, b->scale};
    fill_array(b->dst, size, 6);
    k->relu_backward(e, b->src, b->dst, b->dsrc, b->shift, b->sums, b->products);
    hash_array(b, b->dst, size);
    hash_sums(b, e);
    k->join_backward(e, b->dsrc, b->src, b->dst, b->src, b->shift, b->sums, b->products);
    hash_sums(b, e);
    k->norm_backward(e, &g, b->dst, b->src, b->dst);
    hash_array(b, b->dst, size);
    k->shortcut_backward(e, b->src, b->dst);
    hash_array(b, b->dst, size);
    k->pool_backward(e, b->plain, b->dst);
    hash_array(b, b->dst, size);
}

static void run_update(image_test *b, const nn_kernels *k)
{
    static const nn_sgd_rates rates = {0.1F, 0.9F, 2e-4F};
    const nn_optimiser_kernels *optimiser = nn_optimiser_kernels_get();
    enum { PARTS = 5, COUNT = 1600 };
    fill_array(b->src, PARTS * COUNT, 7);
    fill_array(b->weights, COUNT, 8);
    fill_array(b->dweights, COUNT, 9);
    k->accumulate(COUNT, b->src, b->weights);
    optimiser->reduce(COUNT, b->src, PARTS, COUNT);
    optimiser->sgd(COUNT, b->src, &rates, b->weights, b->dweights);
    hash_array(b, b->weights, COUNT);
    hash_array(b, b->dweights, COUNT);
}

static void run_head(image_test *b, nn_head_kind kind)
{
    nn_head head = {kind, FEATURES, CLASSES};
    float *bias = b->plain + CLASSES * FEATURES;
    nn_head_state state = {b->plain, bias, b->backward, b->backward + CLASSES * FEATURES};
    nn_head_gradient out = {b->dweights, b->dweights + CLASSES * FEATURES, b->dsrc};
    fill_array(b->plain, CLASSES * FEATURES + CLASSES, 10);
    fill_array(b->src, IMAGES * FEATURES, 11);
    fill_array(b->dweights, CLASSES * FEATURES + CLASSES, 12);
    nn_head_prepare(&head, &state, 0, CLASSES);
    float norms[IMAGES];
    const nn_head_batch batch = {IMAGES, b->src, b->dst, norms, b->dst};
    nn_head_forward(&head, &state, IMAGES, b->src, b->dst, norms);
    nn_head_backward(&head, &state, &batch, &out);
    hash_array(b, b->dst, IMAGES * CLASSES);
    hash_array(b, b->dsrc, IMAGES * FEATURES);
    hash_array(b, b->dweights, CLASSES * FEATURES + CLASSES);
}

static core_status run_all(void *context, int thread, int threads)
{
    image_test *b = context;
    (void)thread, (void)threads;
    const nn_kernels *k = nn_kernels_get();
    fill_array(b->scale, SELF_TEST_LANES, 13);
    fill_array(b->shift, SELF_TEST_LANES, 14);
    hash_subnormals(b->hash);
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

static core_status allocate_arrays(image_test *b)
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

static void write_digest(core_hash *hash, char text[NN_SELF_TEST_BYTES])
{
    char hex[CORE_HASH_HEX_MAX];
    core_hash_digest digest = core_hash_finish(hash);
    snprintf(text, NN_SELF_TEST_BYTES, "%s", core_hash_hex(&digest, hex));
}

core_status nn_self_test(char text[NN_SELF_TEST_BYTES])
{
    image_test *b;
    CORE_TRY(CORE_NEW(1, "the self-test", b));
    core_status status = allocate_arrays(b);
    if (status == CORE_OK) {
        status = core_team_run(1, run_all, b);
    }
    if (status == CORE_OK) {
        write_digest(b->hash, text);
    }
    core_hash_destroy(b->hash);
    core_arena_free(&b->arena);
    free(b);
    return status;
}

/* ---- texts ---- */

/* A small biLSTM takes a step with dropout and evaluates, once with each head: this covers every pass of a biLSTM. It
 * uses only the arithmetic of a team (core/team.h) in a fixed order, so that the text is the same on every machine. */
enum { SEQUENCES = 5, LENGTH = 40, VOCABULARY = 50, TEXT_CLASSES = 3, HIDDEN = 48 };

typedef struct {
    core_hash *hash; /* owned */
    int32_t tokens[SEQUENCES][LENGTH];
} text_test;

/* Lengths 40, 33, 26, 19, 12. */
static nn_sequence get_sequence(void *context, int64_t position)
{
    const text_test *b = context;
    return (nn_sequence){b->tokens[position], LENGTH - 7 * position};
}

static void write_gradients(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    (void)context;
    for (int64_t i = 0; i < count * TEXT_CLASSES; i++) {
        dlogits[i] =
            0.25F * logits[i] - (i % TEXT_CLASSES == (first + i / TEXT_CLASSES) % TEXT_CLASSES ? 0.5F : 0.125F);
    }
}

/* One thread, shards one after another: the order of the calls is fixed. */
static void hash_results(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    text_test *b = context;
    (void)first;
    hash_subnormals(b->hash);
    core_hash_update(b->hash, features, sizeof *features * (size_t)(count * 2 * HIDDEN));
    core_hash_update(b->hash, logits, sizeof *logits * (size_t)(count * TEXT_CLASSES));
}

static core_status add_tensors(text_test *b, const nn_model *model)
{
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        int64_t count = nn_model_tensor(model, t).count;
        float *values;
        CORE_TRY(CORE_NEW(count, "the self-test", values));
        core_status status = nn_model_get_tensor(model, t, values);
        core_hash_update(b->hash, values, sizeof *values * (size_t)count);
        free(values);
        CORE_TRY(status);
    }
    return CORE_OK;
}

static core_status run_text_model(text_test *b, nn_model *model)
{
    nn_train_feed train = {.context = b, .sequence = get_sequence, .loss = write_gradients};
    nn_eval_feed evaluate = {.context = b, .sequence = get_sequence, .receive = hash_results};
    nn_update update = {
        .kind = NN_ADAM, .lr = 0.01, .weight_decay = 0.001, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8};
    for (update.step = 0; update.step < 2; update.step++) {
        CORE_TRY(nn_model_train_step(model, SEQUENCES, &train, &update));
    }
    CORE_TRY(nn_model_evaluate(model, SEQUENCES, &evaluate));
    return add_tensors(b, model);
}

static core_status run_text_head(text_test *b, nn_head_kind head)
{
    nn_bilstm_config config = {.vocabulary = VOCABULARY,
                               .embedding = 20,
                               .hidden = HIDDEN,
                               .layers = 2,
                               .classes = TEXT_CLASSES,
                               .head = head,
                               .dropout = 0.3,
                               .batch = SEQUENCES,
                               .shard = 2,
                               .groups = 2,
                               .threads = 1,
                               .seed = 2385};
    nn_model *model;
    CORE_TRY(nn_bilstm_create(&config, &model));
    core_status status = run_text_model(b, model);
    nn_model_destroy(model);
    return status;
}

core_status nn_self_test_text(char text[NN_SELF_TEST_BYTES])
{
    text_test b = {0};
    for (int i = 0; i < SEQUENCES * LENGTH; i++) {
        b.tokens[i / LENGTH][i % LENGTH] = (int32_t)(7 * i % 53 * i % VOCABULARY);
    }
    CORE_TRY(core_hash_create(CORE_HASH_XXH3_64, &b.hash));
    core_status status = run_text_head(&b, NN_HEAD_LINEAR);
    if (status == CORE_OK) {
        status = run_text_head(&b, NN_HEAD_COSINE);
    }
    if (status == CORE_OK) {
        write_digest(b.hash, text);
    }
    core_hash_destroy(b.hash);
    return status;
}

/* A small biLSTM takes a step with dropout and evaluates, once with each head: every pass that one is made of. It runs
 * on nothing but IEEE 754 arithmetic in an order that is written down, so that the text is the same on every machine.
 */
#include "nn/self_test_text.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/memory.h"
#include "nn/model.h"

enum { SEQUENCES = 5, LENGTH = 40, VOCABULARY = 50, CLASSES = 3, HIDDEN = 48 };

typedef struct {
    core_hash *hash; /* owned */
    int32_t tokens[SEQUENCES][LENGTH];
} bench;

/* Lengths 40, 33, 26, 19, 12. */
static nn_sequence sequence(void *context, int64_t position)
{
    const bench *b = context;
    return (nn_sequence){b->tokens[position], LENGTH - 7 * position};
}

static void loss(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    (void)context;
    for (int64_t i = 0; i < count * CLASSES; i++) {
        dlogits[i] = 0.25F * logits[i] - (i % CLASSES == (first + i / CLASSES) % CLASSES ? 0.5F : 0.125F);
    }
}

/* One thread, shards one after another: the order of the calls is fixed. */
static void receive(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    bench *b = context;
    (void)first;
    core_hash_update(b->hash, features, sizeof *features * (size_t)(count * 2 * HIDDEN));
    core_hash_update(b->hash, logits, sizeof *logits * (size_t)(count * CLASSES));
}

static core_status add_tensors(bench *b, const nn_model *model)
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

static core_status run_model(bench *b, nn_model *model)
{
    nn_train_feed train = {.context = b, .sequence = sequence, .loss = loss};
    nn_eval_feed evaluate = {.context = b, .sequence = sequence, .receive = receive};
    nn_update update = {
        .kind = NN_ADAM, .lr = 0.01, .weight_decay = 0.001, .beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8};
    for (update.step = 0; update.step < 2; update.step++) {
        CORE_TRY(nn_model_train_step(model, SEQUENCES, &train, &update));
    }
    CORE_TRY(nn_model_evaluate(model, SEQUENCES, &evaluate));
    return add_tensors(b, model);
}

static core_status run_head(bench *b, nn_head_kind head)
{
    nn_bilstm_config config = {.vocabulary = VOCABULARY,
                               .embedding = 20,
                               .hidden = HIDDEN,
                               .layers = 2,
                               .classes = CLASSES,
                               .head = head,
                               .dropout = 0.3,
                               .batch = SEQUENCES,
                               .shard = 2,
                               .groups = 2,
                               .threads = 1,
                               .seed = 2385};
    nn_model *model;
    CORE_TRY(nn_bilstm_create(&config, &model));
    core_status status = run_model(b, model);
    nn_model_destroy(model);
    return status;
}

core_status nn_self_test_text(char text[NN_SELF_TEST_BYTES])
{
    bench b = {0};
    for (int i = 0; i < SEQUENCES * LENGTH; i++) {
        b.tokens[i / LENGTH][i % LENGTH] = (int32_t)(7 * i % 53 * i % VOCABULARY);
    }
    CORE_TRY(core_hash_create(CORE_HASH_XXH3_64, &b.hash));
    core_status status = run_head(&b, NN_HEAD_LINEAR);
    if (status == CORE_OK) {
        status = run_head(&b, NN_HEAD_COSINE);
    }
    if (status == CORE_OK) {
        char hex[CORE_HASH_HEX_MAX];
        core_hash_digest digest = core_hash_finish(b.hash);
        snprintf(text, NN_SELF_TEST_BYTES, "%s", core_hash_hex(&digest, hex));
    }
    core_hash_destroy(b.hash);
    return status;
}

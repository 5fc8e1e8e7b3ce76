#include "tests/nn/text.h"

#include <math.h>

#include "core/memory.h"

nn_bilstm_config text_config(int layers, nn_head_kind head, int64_t batch)
{
    return (nn_bilstm_config){.vocabulary = VOCABULARY,
                              .embedding = 10,
                              .hidden = TEXT_HIDDEN,
                              .layers = layers,
                              .classes = TEXT_CLASSES,
                              .head = head,
                              .batch = batch < 4 ? 4 : batch,
                              .shard = 4,
                              .groups = 16,
                              .threads = 2,
                              .seed = 2385};
}

nn_model *make_text_network(const nn_bilstm_config *config)
{
    nn_model *model;
    EXPECT_OK(nn_bilstm_create(config, &model));
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        nn_tensor_info info = nn_model_tensor(model, t);
        if (info.kind == NN_TENSOR_PARAMETER) {
            float *values = drawn(info.count, (uint32_t)t, t == 0 ? 1.7F : 0.6F, 0);
            EXPECT_OK(nn_model_set_tensor(model, t, values));
            free(values);
        }
    }
    return model;
}

text_feed *make_text_feed(nn_head_kind head, int64_t count, uint32_t salt, uint32_t step)
{
    text_feed *feed;
    EXPECT_OK(CORE_NEW(1, "a test's sequences", feed));
    feed->head = head, feed->count = count, feed->salt = salt, feed->step = step;
    for (int64_t i = 0; i < count; i++) {
        feed->lengths[i] = hash32(i, salt) % LONGEST + 1;
        for (int64_t t = 0; t < LONGEST + 8; t++) {
            int32_t token = (int32_t)(hash32(1000 * i + t, salt + 1) % VOCABULARY);
            feed->tokens[i][t] = t < feed->lengths[i] ? token : INT32_MIN;
        }
    }
    return feed;
}

static nn_sequence sequence(void *context, int64_t position)
{
    const text_feed *feed = context;
    return (nn_sequence){feed->tokens[position], feed->lengths[position]};
}

/* Mean cross-entropy of z, or of s (z - margin at the label). */
static void loss(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    text_feed *feed = context;
    memcpy(feed->logits + first * TEXT_CLASSES, logits, sizeof *logits * (size_t)(count * TEXT_CLASSES));
    for (int64_t i = 0; i < count; i++) {
        bool cosine = feed->head == NN_HEAD_COSINE;
        int64_t label = hash32(first + i, 3000 + feed->step) % TEXT_CLASSES;
        double scale = cosine ? 30.0 : 1.0, exps[TEXT_CLASSES], sum = 0;
        for (int64_t k = 0; k < TEXT_CLASSES; k++) {
            double margin = cosine && k == label ? 0.05 * (double)(k + 1) : 0.0;
            exps[k] = exp(scale * ((double)logits[i * TEXT_CLASSES + k] - margin));
            sum += exps[k];
        }
        for (int64_t k = 0; k < TEXT_CLASSES; k++) {
            double p = exps[k] / sum - (k == label ? 1.0 : 0.0);
            dlogits[i * TEXT_CLASSES + k] = (float)(scale * p / (double)feed->count);
        }
    }
}

void text_step(nn_model *model, text_feed *feed)
{
    nn_train_feed callbacks = {.context = feed, .sequence = sequence, .loss = loss};
    nn_update rates = {.kind = NN_ADAM,
                       .lr = 0.002,
                       .beta1 = 0.8,
                       .beta2 = 0.95,
                       .epsilon = 1e-4,
                       .weight_decay = 0.03,
                       .step = feed->step};
    EXPECT_OK(nn_model_train_step(model, feed->count, &callbacks, &rates));
}

void text_steps(nn_model *model, nn_head_kind head, int64_t count, uint32_t first, uint32_t steps)
{
    for (uint32_t step = first; step < first + steps; step++) {
        text_feed *feed = make_text_feed(head, count, 7000 + 10 * step, step);
        text_step(model, feed);
        free(feed);
    }
}

static void receive(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    text_feed *feed = context;
    memcpy(feed->features + first * TEXT_FEATURES, features, sizeof *features * (size_t)(count * TEXT_FEATURES));
    memcpy(feed->logits + first * TEXT_CLASSES, logits, sizeof *logits * (size_t)(count * TEXT_CLASSES));
}

void text_evaluate(nn_model *model, text_feed *feed)
{
    nn_eval_feed callbacks = {.context = feed, .sequence = sequence, .receive = receive};
    EXPECT_OK(nn_model_evaluate(model, feed->count, &callbacks));
}

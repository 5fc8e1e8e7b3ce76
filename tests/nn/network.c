#include "tests/nn/network.h"

#include <math.h>

#include "core/hash.h"

static const double SCALE = 30.0;

nn_resnet_shape named_shape(const char *name)
{
    nn_resnet_shape shape;
    if (strcmp(name, "tiny") == 0) {
        return (nn_resnet_shape){
            .bottleneck = true, .projects = true, .stem = 7, .width = 16, .stages = 2, .blocks = {2, 2}};
    }
    if (strchr(name, '-') == NULL) {
        EXPECT_OK(nn_resnet_shape_cifar(atoi(name), &shape));
        return shape;
    }
    const int stem = strstr(name, "-7x7") != NULL ? 7 : 3;
    return strncmp(name, "50-", 3) == 0 ? nn_resnet_shape_50(stem, strstr(name, "-v1") != NULL)
                                        : nn_resnet_shape_18(stem);
}

nn_resnet_config small_config(int depth, nn_head_kind head, int64_t batch)
{
    char name[16];
    snprintf(name, sizeof name, "%d", depth);
    return (nn_resnet_config){.shape = named_shape(name),
                              .height = 32,
                              .width = 32,
                              .classes = CLASSES,
                              .head = head,
                              .batch = batch < 4 ? 4 : batch,
                              .shard = 4,
                              .groups = 16,
                              .threads = 2,
                              .seed = 2385};
}

/* The salt of a parameter is its place; statistics count from 1000. A quarter of the channels is mostly off, the rest
 * on (nn_network.py says why). */
static float *formula_tensor(const nn_tensor_info *info, uint32_t parameter, uint32_t statistic)
{
    if (info->kind == NN_TENSOR_STATISTIC) {
        return drawn(info->count, 1000 + statistic, 0.6F, statistic % 2 == 1 ? 1.0F : 0.0F);
    }
    if (info->rank > 1) {
        double scale = (info->rank == 4 ? 1.0 : 0.1) * sqrt(24.0 / ((double)info->count / (double)info->shape[0]));
        return drawn(info->count, parameter, (float)scale, 0);
    }
    if (strstr(info->name, "bias") == NULL) {
        return drawn(info->count, parameter, 0.4F, 0.5F);
    }
    float *beta = drawn(info->count, parameter, 0.6F, 0);
    for (int64_t i = 0; i < info->count; i++) {
        beta[i] += i % 4 == 3 ? -1.5F : 1.5F;
    }
    return beta;
}

nn_model *make_network(const nn_resnet_config *config)
{
    nn_model *model;
    EXPECT_OK(nn_resnet_create(config, &model));
    uint32_t parameter = 0, statistic = 0;
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        nn_tensor_info info = nn_model_tensor(model, t);
        if (info.kind == NN_TENSOR_OPTIMISER) {
            continue;
        }
        float *values = formula_tensor(&info, parameter, statistic);
        EXPECT_OK(nn_model_set_tensor(model, t, values));
        free(values);
        parameter += info.kind == NN_TENSOR_PARAMETER ? 1 : 0;
        statistic += info.kind == NN_TENSOR_STATISTIC ? 1 : 0;
    }
    return model;
}

int64_t image_floats(const nn_resnet_config *config) { return 3 * config->height * config->width; }

static void draw_images(const nn_resnet_config *config, uint32_t salt, int64_t first, int64_t count, float *images)
{
    const int64_t image = image_floats(config);
    for (int64_t i = 0; i < count * image; i++) {
        images[i] = 3.4F * noise(first * image + i, salt);
    }
}

static core_status load_batch(void *context, int thread, int64_t first, int64_t count, float *images)
{
    const batch_feed *feed = context;
    const int64_t image = image_floats(feed->config);
    draw_images(feed->config, 2000 + feed->step, first, count, images);
    for (int64_t i = count * image; feed->garbage && i < feed->config->shard * image; i++) {
        images[i] = 1e30F * noise(i, 5000);
    }
    (void)thread;
    return CORE_OK;
}

/* Mean cross-entropy of z, or of s (z - margin at the label). */
static void loss_gradient(const batch_feed *feed, int64_t label, const float *z, float *dz)
{
    bool cosine = feed->config->head == NN_HEAD_COSINE;
    double scale = cosine ? SCALE : 1.0, exps[CLASSES], sum = 0;
    for (int64_t k = 0; k < CLASSES; k++) {
        double margin = cosine && k == label ? 0.05 * (double)(k + 1) : 0.0;
        exps[k] = exp(scale * ((double)z[k] - margin));
        sum += exps[k];
    }
    for (int64_t k = 0; k < CLASSES; k++) {
        dz[k] = (float)(scale * (exps[k] / sum - (k == label ? 1.0 : 0.0)) / (double)feed->count);
    }
}

static void batch_loss(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    batch_feed *feed = context;
    memcpy(feed->logits + first * CLASSES, logits, sizeof *logits * (size_t)(count * CLASSES));
    for (int64_t i = 0; i < count; i++) {
        int64_t label = hash32(first + i, 3000 + feed->step) % CLASSES;
        loss_gradient(feed, label, logits + i * CLASSES, dlogits + i * CLASSES);
    }
}

void train_step(nn_model *model, batch_feed *feed)
{
    nn_train_feed callbacks = {.context = feed, .load = load_batch, .loss = batch_loss};
    nn_update rates = {.kind = NN_SGD, .lr = 0.002, .momentum = 0.9, .weight_decay = 0.05};
    EXPECT_OK(nn_model_train_step(model, feed->count, &callbacks, &rates));
}

void train_steps(nn_model *model, const nn_resnet_config *config, int64_t count, uint32_t steps)
{
    for (uint32_t step = 1; step <= steps; step++) {
        batch_feed feed = {.config = config, .count = count, .step = step};
        train_step(model, &feed);
    }
}

static core_status load_evaluation(void *context, int thread, int64_t first, int64_t count, float *images)
{
    const evaluated *out = context;
    draw_images(out->config, 4000, first, count, images);
    (void)thread;
    return CORE_OK;
}

static void receive(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    evaluated *out = context;
    memcpy(out->features + first * out->D, features, sizeof *features * (size_t)(count * out->D));
    memcpy(out->logits + first * CLASSES, logits, sizeof *logits * (size_t)(count * CLASSES));
}

void evaluate(nn_model *model, const nn_resnet_config *config, int64_t count, evaluated *out)
{
    out->config = config;
    out->D = nn_model_feature_count(model);
    nn_eval_feed callbacks = {.context = out, .load = load_evaluation, .receive = receive};
    EXPECT_OK(nn_model_evaluate(model, count, &callbacks));
}

float *tensor_values(const nn_model *model, int64_t index)
{
    float *values = zeros(nn_model_tensor(model, index).count);
    EXPECT_OK(nn_model_get_tensor(model, index, values));
    return values;
}

void tensors_digest(const nn_model *model, char text[17])
{
    core_hash *hash;
    EXPECT_OK(core_hash_create(CORE_HASH_XXH3_64, &hash));
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        float *values = tensor_values(model, t);
        core_hash_update(hash, values, sizeof *values * (size_t)nn_model_tensor(model, t).count);
        free(values);
    }
    char hex[CORE_HASH_HEX_MAX];
    core_hash_digest digest = core_hash_finish(hash);
    strcpy(text, core_hash_hex(&digest, hex));
    core_hash_destroy(hash);
}

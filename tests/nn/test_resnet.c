#include "nn/model.h"

#include <math.h>

#include "tests/nn/truth.h"

#include "tests/golden/nn_network.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

/* A listed element is 1e-5 of the largest off at most; a projection sums the errors of up to 7,000 elements. */
#define STEPS 2, /* groups: */ 16, 5e-5, 5e-5
static const truth_case TRUTHS[] = {
    {"8", NN_HEAD_LINEAR, 118, STEPS, 32, 32, 0}, {"8", NN_HEAD_LINEAR, 3, STEPS, 32, 32, 0},
    {"8", NN_HEAD_LINEAR, 1, STEPS, 32, 32, 0},   {"8", NN_HEAD_COSINE, 118, STEPS, 32, 32, 0},
    {"8", NN_HEAD_COSINE, 3, STEPS, 32, 32, 0},   {"8", NN_HEAD_COSINE, 1, STEPS, 32, 32, 0},
    {"8", NN_HEAD_LINEAR, 118, STEPS, 13, 9, 0},  {"8", NN_HEAD_COSINE, 3, STEPS, 13, 9, 0},
    {"8", NN_HEAD_LINEAR, 7, STEPS, 28, 44, 0},   {"8", NN_HEAD_LINEAR, 11, STEPS, 13, 9, 4},
};

START_TEST(test_training_equals_pytorch) { expect_truth(&golden, &TRUTHS[_i]); }
END_TEST

START_TEST(test_any_groups_equal_pytorch)
{
    static const int64_t groups[] = {1, 4, 32};
    truth_case truth = TRUTHS[0];
    truth.groups = groups[_i];
    expect_truth(&golden, &truth);
}
END_TEST

static nn_model *created(nn_resnet_config config)
{
    nn_model *model;
    EXPECT_OK(nn_resnet_create(&config, &model));
    return model;
}

static int64_t find(const nn_model *model, const char *name)
{
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        if (strcmp(nn_model_tensor(model, t).name, name) == 0) {
            return t;
        }
    }
    ck_abort_msg("no tensor %s", name);
}

static void expect_tensor(const nn_model *model, const char *name, nn_tensor_kind kind, int rank, const int64_t *shape)
{
    nn_tensor_info info = nn_model_tensor(model, find(model, name));
    int64_t count = 1;
    ck_assert_int_eq(info.kind, kind);
    ck_assert_int_eq(info.rank, rank);
    for (int d = 0; d < rank; d++) {
        ck_assert_int_eq(info.shape[d], shape[d]);
        count *= shape[d];
    }
    ck_assert_int_eq(info.count, count);
}

static void expect_moments(const nn_model *model, const char *name, double mean, double deviation)
{
    int64_t t = find(model, name), n = nn_model_tensor(model, t).count;
    float *x = tensor_values(model, t);
    double sum = 0, squares = 0, count = (double)n;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)x[i];
        squares += ((double)x[i] - mean) * ((double)x[i] - mean);
    }
    /* Five standard errors of a mean and of a normal's deviation. */
    ck_assert_double_eq_tol(sum / count, mean, 5 * deviation / sqrt(count) + 1e-9);
    ck_assert_double_eq_tol(sqrt(squares / count), deviation, 5 * deviation / sqrt(2 * count) + 1e-9);
    free(x);
}

START_TEST(test_tensors_have_pytorchs_names_and_shapes)
{
    nn_model *model = created(small_config(14, NN_HEAD_LINEAR, 4));
    expect_tensor(model, "conv1.weight", NN_TENSOR_PARAMETER, 4, (const int64_t[]){16, 3, 3, 3});
    expect_tensor(model, "layer1.1.conv2.weight", NN_TENSOR_PARAMETER, 4, (const int64_t[]){16, 16, 3, 3});
    expect_tensor(model, "layer2.0.conv1.weight", NN_TENSOR_PARAMETER, 4, (const int64_t[]){32, 16, 3, 3});
    expect_tensor(model, "layer3.1.bn1.bias", NN_TENSOR_PARAMETER, 1, (const int64_t[]){64});
    expect_tensor(model, "linear.weight", NN_TENSOR_PARAMETER, 2, (const int64_t[]){10, 64});
    expect_tensor(model, "linear.bias", NN_TENSOR_PARAMETER, 1, (const int64_t[]){10});
    expect_tensor(model, "bn1.running_mean", NN_TENSOR_STATISTIC, 1, (const int64_t[]){16});
    expect_tensor(model, "layer3.0.bn2.running_var", NN_TENSOR_STATISTIC, 1, (const int64_t[]){64});
    expect_tensor(model, "layer3.0.conv1.weight.momentum", NN_TENSOR_OPTIMISER, 4, (const int64_t[]){64, 32, 3, 3});
    expect_tensor(model, "linear.bias.momentum", NN_TENSOR_OPTIMISER, 1, (const int64_t[]){10});
    ck_assert_int_eq(nn_model_tensor_count(model), 13 * 8 + 4);
    ck_assert_int_eq(nn_model_feature_count(model), 64);
    ck_assert_int_eq(nn_model_class_count(model), 10);
    nn_model_destroy(model);
}
END_TEST

START_TEST(test_tensors_of_resnet18_have_torchvisions_names_and_shapes)
{
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 4);
    config.shape = nn_resnet_shape_18(7);
    nn_model *model = created(config);
    expect_tensor(model, "conv1.weight", NN_TENSOR_PARAMETER, 4, (const int64_t[]){64, 3, 7, 7});
    expect_tensor(model, "layer2.0.conv1.weight", NN_TENSOR_PARAMETER, 4, (const int64_t[]){128, 64, 3, 3});
    expect_tensor(model, "layer2.0.downsample.0.weight", NN_TENSOR_PARAMETER, 4, (const int64_t[]){128, 64, 1, 1});
    expect_tensor(model, "layer2.0.downsample.1.bias", NN_TENSOR_PARAMETER, 1, (const int64_t[]){128});
    expect_tensor(model, "layer4.0.downsample.1.running_var", NN_TENSOR_STATISTIC, 1, (const int64_t[]){512});
    expect_tensor(model, "linear.weight", NN_TENSOR_PARAMETER, 2, (const int64_t[]){10, 512});
    ck_assert_int_eq(nn_model_tensor_count(model), 20 * 8 + 4);
    ck_assert_int_eq(nn_model_feature_count(model), 512);
    expect_moments(model, "conv1.weight", 0, sqrt(2.0 / (64 * 49)));
    expect_moments(model, "layer2.0.conv1.weight", 0, sqrt(2.0 / (128 * 9)));
    expect_moments(model, "layer4.0.downsample.0.weight", 0, sqrt(2.0 / 512));
    expect_moments(model, "linear.weight", 0, sqrt(2.0 / 512));
    nn_model_destroy(model);
}
END_TEST

START_TEST(test_cosine_head_has_no_bias)
{
    nn_model *model = created(small_config(8, NN_HEAD_COSINE, 4));
    find(model, "linear.weight");
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        ck_assert_ptr_null(strstr(nn_model_tensor(model, t).name, "linear.bias"));
    }
    ck_assert_int_eq(nn_model_tensor_count(model), 7 * 8 + 2);
    nn_model_destroy(model);
}
END_TEST

START_TEST(test_tensors_come_back_as_they_were_set)
{
    nn_model *model = created(small_config(8, _i == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE, 4));
    int64_t tensors = nn_model_tensor_count(model);
    for (int64_t t = 0; t < tensors; t++) {
        float *values = drawn(nn_model_tensor(model, t).count, 6000 + (uint32_t)t, 1.7F, 0);
        EXPECT_OK(nn_model_set_tensor(model, t, values));
        free(values);
    }
    for (int64_t t = 0; t < tensors; t++) {
        nn_tensor_info info = nn_model_tensor(model, t);
        float *wanted = drawn(info.count, 6000 + (uint32_t)t, 1.7F, 0), *got = tensor_values(model, t);
        expect_same_bits(info.name, info.count, got, wanted);
        free(wanted), free(got);
    }
    nn_model_destroy(model);
}
END_TEST

/* A model that was given the tensors of another goes on as the other does: nothing else is remembered. */
START_TEST(test_tensors_are_all_that_training_remembers)
{
    nn_resnet_config config = small_config(8, NN_HEAD_COSINE, 9);
    config.shape = named_shape(_i == 0 ? "8" : "tiny");
    nn_model *first = make_network(&config), *second = created(config);
    train_steps(first, &config, 9, 2);
    for (int64_t t = 0; t < nn_model_tensor_count(first); t++) {
        float *values = tensor_values(first, t);
        EXPECT_OK(nn_model_set_tensor(second, t, values));
        free(values);
    }
    char a[17], b[17];
    train_steps(first, &config, 2, 1);
    train_steps(second, &config, 2, 1);
    tensors_digest(first, a);
    tensors_digest(second, b);
    ck_assert_str_eq(a, b);
    nn_model_destroy(first);
    nn_model_destroy(second);
}
END_TEST

START_TEST(test_initial_values)
{
    nn_model *model = created(small_config(8, NN_HEAD_LINEAR, 4));
    expect_moments(model, "conv1.weight", 0, sqrt(2.0 / 27));
    expect_moments(model, "layer3.0.conv2.weight", 0, sqrt(2.0 / 576));
    expect_moments(model, "linear.weight", 0, sqrt(2.0 / 64));
    expect_moments(model, "linear.bias", 0, 0.125 / sqrt(3));
    expect_moments(model, "layer2.0.bn1.weight", 1, 0);
    expect_moments(model, "layer2.0.bn1.bias", 0, 0);
    expect_moments(model, "layer2.0.bn1.running_mean", 0, 0);
    expect_moments(model, "layer2.0.bn1.running_var", 1, 0);
    expect_moments(model, "conv1.weight.momentum", 0, 0);
    nn_model_destroy(model);
}
END_TEST

START_TEST(test_initial_class_vectors_of_the_cosine_head_have_norm_1)
{
    nn_model *model = created(small_config(8, NN_HEAD_COSINE, 4));
    float *w = tensor_values(model, find(model, "linear.weight"));
    for (int64_t k = 0; k < CLASSES; k++) {
        double norm = 0;
        for (int64_t d = 0; d < FEATURES; d++) {
            norm += (double)w[k * FEATURES + d] * (double)w[k * FEATURES + d];
        }
        ck_assert_double_eq_tol(norm, 1.0, 1e-6);
    }
    expect_moments(model, "linear.weight", 0, 0.125);
    free(w);
    nn_model_destroy(model);
}
END_TEST

/* The seed decides, and nothing else. */
START_TEST(test_initial_values_depend_on_the_seed_alone)
{
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 4), other = config, seeded = config;
    other.batch = 31, other.shard = 7, other.groups = 2, other.threads = 3;
    seeded.seed++;
    nn_model *models[3] = {created(config), created(other), created(seeded)};
    char text[3][17];
    for (int m = 0; m < 3; m++) {
        tensors_digest(models[m], text[m]);
        nn_model_destroy(models[m]);
    }
    ck_assert_str_eq(text[0], text[1]);
    ck_assert_str_ne(text[0], text[2]);
}
END_TEST

/* Counted by hand: 3x3 convolutions and the head, two operations a multiply-add. */
START_TEST(test_flop_of_resnet8)
{
    int64_t stem = 2 * 27 * 16 * 1024, head = 2 * 640;
    int64_t blocks = 2 * 9 * (2 * 16 * 16 * 1024 + (16 * 32 + 32 * 32) * 256 + (32 * 64 + 64 * 64) * 64);
    nn_model *model = created(small_config(8, NN_HEAD_LINEAR, 4));
    ck_assert_int_eq(nn_model_evaluate_flop(model), stem + blocks + head);
    ck_assert_int_eq(nn_model_train_flop(model), 2 * stem + 3 * (blocks + head));
    nn_model_destroy(model);
}
END_TEST

/* What is computed beforehand is what is allocated then, but for what nobody would miss. */
START_TEST(test_memory_is_known_before)
{
    static const struct {
        const char *network;
        int64_t side, batch, shard, groups, norm_group;
        bool recompute;
    } cases[] = {{"8", 32, 30, 4, 16, 0, false},
                 {"14", 13, 7, 2, 3, 4, false},
                 {"tiny", 64, 30, 4, 32, 8, true},
                 {"18-3x3", 24, 12, 4, 2, 0, false},
                 {"18-7x7", 64, 12, 4, 2, 4, true}};
    for (int i = 0; i < LENGTH(cases); i++) {
        nn_resnet_config config = small_config(8, i % 2 == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE, cases[i].batch);
        config.shape = named_shape(cases[i].network);
        config.height = config.width = cases[i].side;
        config.shard = cases[i].shard;
        config.groups = cases[i].groups;
        config.norm_group = cases[i].norm_group;
        config.recompute = cases[i].recompute;
        nn_memory memory;
        EXPECT_OK(nn_resnet_memory(&config, &memory));
        nn_model *model = created(config);
        const double held = (double)nn_model_bytes(model);
        ck_assert_double_eq_tol((double)memory.bytes, held, 0.02 * held);
        double tensors = 0;
        for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
            tensors += (double)nn_model_tensor(model, t).count * sizeof(float);
        }
        ck_assert_double_eq_tol((double)memory.tensor_bytes, tensors, 1e-3 * tensors);
        nn_model_destroy(model);
    }
}
END_TEST

/* ResNet-50 at 224, batch 256, two threads: with recompute within 13 GiB, and two thirds of what all activations take. */
START_TEST(test_recomputing_saves_memory)
{
    nn_memory kept, again;
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 256);
    config.shape = nn_resnet_shape_50(7, false);
    config.height = config.width = 224;
    config.classes = 8142;
    EXPECT_OK(nn_resnet_memory(&config, &kept));
    config.recompute = true;
    EXPECT_OK(nn_resnet_memory(&config, &again));
    ck_assert_double_le((double)again.bytes, 13.0 * (1 << 30));
    ck_assert_double_le((double)again.example_bytes, 0.67 * (double)kept.example_bytes);
}
END_TEST

/* The sums of a ResNet-50's weight gradients are there for two stages only, whatever the number of classes. */
START_TEST(test_gradients_do_not_grow_with_groups_times_parameters)
{
    nn_memory few, many;
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 256);
    config.shape = nn_resnet_shape_50(7, false);
    config.classes = 8142;
    config.groups = 1;
    EXPECT_OK(nn_resnet_memory(&config, &few));
    config.groups = 32;
    EXPECT_OK(nn_resnet_memory(&config, &many));
    ck_assert_double_le((double)(many.bytes - few.bytes) / 31, 22e6); /* all parameters: 161e6 */
}
END_TEST

START_TEST(test_bad_configurations_are_refused)
{
    nn_resnet_config good = small_config(8, NN_HEAD_LINEAR, 4);
    nn_resnet_config bad[] = {good, good, good, good, good, good, good, good, good, good, good, good, good, good};
    bad[0].shape.stages = 5, bad[1].shape.width = 24, bad[2].shape.blocks[1] = 0, bad[3].classes = 1;
    bad[4].shard = 0, bad[5].batch = 3, bad[6].groups = 0, bad[7].threads = 0, bad[8].shape.stem = 5;
    bad[9].height = 7, bad[10].width = 0, bad[11].shape.bottleneck = true;
    bad[12].norm_group = 2, bad[13].norm_group = 8;
    for (int i = 0; i < LENGTH(bad); i++) {
        nn_model *model = NULL;
        const bool is_shape = memcmp(&bad[i].shape, &good.shape, sizeof good.shape) != 0;
        EXPECT_FAILURE(nn_resnet_create(&bad[i], &model), CORE_BAD_USAGE,
                       is_shape                               ? "a ResNet has"
                       : bad[i].norm_group != good.norm_group ? "a multiple of the shard, 4"
                                                              : "at least");
        ck_assert_ptr_null(model);
    }
}
END_TEST

/* The feed of a step whose image 5 cannot be read. */
static core_status load_broken(void *context, int thread, int64_t first, int64_t count, float *images)
{
    const int *threads = context;
    EXPECT_QUIETLY(thread >= 0 && thread < *threads, "thread %d", thread);
    memset(images, 0, sizeof *images * (size_t)(count * 3 * 32 * 32));
    return first <= 5 && 5 < first + count ? core_fail(CORE_BAD_FILE, "image 5 is broken") : CORE_OK;
}

static void zero_loss(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    (void)context, (void)first, (void)logits;
    memset(dlogits, 0, sizeof *dlogits * (size_t)(count * CLASSES));
}

static void expect_no_output(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    (void)context, (void)features, (void)logits;
    EXPECT_QUIETLY(first + count <= 5 || first > 5, "an output of images %d...", (int)first);
}

START_TEST(test_an_image_that_cannot_be_read_fails_the_step)
{
    int threads = _i + 1;
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 30);
    config.threads = threads;
    nn_model *model = created(config);
    const nn_train_feed feed = {.context = &threads, .load = load_broken, .loss = zero_loss};
    const nn_eval_feed tested = {.context = &threads, .load = load_broken, .receive = expect_no_output};
    const nn_update rates = {.kind = NN_SGD, .lr = 0.1};
    EXPECT_FAILURE(nn_model_train_step(model, 30, &feed, &rates), CORE_BAD_FILE, "image 5 is broken");
    EXPECT_FAILURE(nn_model_evaluate(model, 30, &tested), CORE_BAD_FILE, "image 5 is broken");
    nn_model_destroy(model);
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/resnet");
    add_loop(suite, "oracle", test_training_equals_pytorch, LENGTH(TRUTHS));
    add_loop(suite, "oracle", test_any_groups_equal_pytorch, 3);
    ADD_CASE(suite, "shape", test_tensors_have_pytorchs_names_and_shapes,
             test_tensors_of_resnet18_have_torchvisions_names_and_shapes, test_cosine_head_has_no_bias,
             test_flop_of_resnet8, test_initial_values, test_initial_class_vectors_of_the_cosine_head_have_norm_1,
             test_initial_values_depend_on_the_seed_alone);
    add_loop(suite, "shape", test_tensors_are_all_that_training_remembers, 2);
    add_loop(suite, "shape", test_tensors_come_back_as_they_were_set, 2);
    ADD_CASE(suite, "limits", test_memory_is_known_before, test_recomputing_saves_memory,
             test_gradients_do_not_grow_with_groups_times_parameters);
    ADD_CASE(suite, "errors", test_bad_configurations_are_refused);
    add_loop(suite, "errors", test_an_image_that_cannot_be_read_fails_the_step, 3);
    return run_suite(suite);
}

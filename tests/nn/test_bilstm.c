/* The biLSTM against PyTorch, what it shows of itself, and what it refuses. */
#include <math.h>

#include "tests/nn/network.h"
#include "tests/nn/text.h"

#include "tests/golden/nn_bilstm.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

static const struct {
    int layers;
    nn_head_kind head;
    int64_t batch;
    double dropout;
    uint32_t steps;
} TRUTHS[] = {
    {1, NN_HEAD_LINEAR, 13, 0.0, 1}, {2, NN_HEAD_LINEAR, 13, 0.0, 5}, {2, NN_HEAD_COSINE, 13, 0.3, 5},
    {2, NN_HEAD_LINEAR, 3, 0.5, 1},  {2, NN_HEAD_COSINE, 1, 0.5, 1},
};

static void expect_named(int truth, const char *what, const float *x, int64_t count, double tolerance)
{
    char name[160];
    snprintf(name, sizeof name, "%d %s %d %s", TRUTHS[truth].layers,
             TRUTHS[truth].head == NN_HEAD_LINEAR ? "linear" : "cosine", (int)TRUTHS[truth].batch, what);
    expect_golden(&golden, name, x, count, tolerance);
}

/* Measured: 1.3e-6 at most, where a sum over the batch nearly cancels. */
static const double TOLERANCE = 4e-6;

static void expect_tensors(int truth, const nn_model *model, uint32_t step)
{
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        char what[128];
        nn_tensor_info info = nn_model_tensor(model, t);
        snprintf(what, sizeof what, "step %u %s", step, info.name);
        float *values = tensor_values(model, t);
        expect_named(truth, what, values, info.count, TOLERANCE);
        free(values);
    }
}

static void expect_evaluation(int truth, nn_model *model)
{
    text_feed *feed = make_text_feed(NN_HEAD_LINEAR, 7, 8000, 0);
    text_evaluate(model, feed);
    expect_named(truth, "eval features", feed->features, 7 * TEXT_FEATURES, TOLERANCE);
    expect_named(truth, "eval logits", feed->logits, 7 * TEXT_CLASSES, TOLERANCE);
    free(feed);
}

START_TEST(test_training_equals_pytorch)
{
    nn_bilstm_config config = text_config(TRUTHS[_i].layers, TRUTHS[_i].head, TRUTHS[_i].batch);
    config.dropout = TRUTHS[_i].dropout;
    nn_model *model = make_text_network(&config);
    for (uint32_t step = 0; step < TRUTHS[_i].steps; step++) {
        text_feed *feed = make_text_feed(config.head, TRUTHS[_i].batch, 7000 + 10 * step, step);
        text_step(model, feed);
        char what[32];
        snprintf(what, sizeof what, "step %u logits", step);
        expect_named(_i, what, feed->logits, feed->count * TEXT_CLASSES, TOLERANCE);
        free(feed);
        if (step == 0 || step == TRUTHS[_i].steps - 1) {
            expect_tensors(_i, model, step);
        }
    }
    expect_evaluation(_i, model);
    nn_model_destroy(model);
}
END_TEST

static nn_model *created(nn_bilstm_config config)
{
    nn_model *model;
    EXPECT_OK(nn_bilstm_create(&config, &model));
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

static void expect_shape(const nn_model *model, const char *name, nn_tensor_kind kind, int64_t rows, int64_t columns)
{
    nn_tensor_info info = nn_model_tensor(model, find(model, name));
    ck_assert_int_eq(info.kind, kind);
    ck_assert_int_eq(info.rank, rows > 0 ? 2 : 1);
    ck_assert_int_eq(info.shape[0], rows > 0 ? rows : columns);
    ck_assert_int_eq(info.shape[info.rank - 1], columns);
    ck_assert_int_eq(info.count, (rows > 0 ? rows : 1) * columns);
}

START_TEST(test_tensors_have_pytorchs_names_and_shapes)
{
    nn_model *model = created(text_config(2, NN_HEAD_LINEAR, 4)), *cosine = created(text_config(1, NN_HEAD_COSINE, 4));
    ck_assert_int_eq(nn_model_tensor_count(model), 3 * (1 + 16 + 2));
    ck_assert_int_eq(nn_model_tensor_count(cosine), 3 * (1 + 8 + 1));
    expect_shape(model, "embedding.weight", NN_TENSOR_PARAMETER, VOCABULARY, 10);
    expect_shape(model, "lstm.weight_ih_l0_reverse", NN_TENSOR_PARAMETER, 4 * TEXT_HIDDEN, 10);
    expect_shape(model, "lstm.weight_ih_l1", NN_TENSOR_PARAMETER, 4 * TEXT_HIDDEN, 2 * TEXT_HIDDEN);
    expect_shape(model, "lstm.weight_hh_l1", NN_TENSOR_PARAMETER, 4 * TEXT_HIDDEN, TEXT_HIDDEN);
    expect_shape(model, "lstm.bias_hh_l1_reverse.exp_avg_sq", NN_TENSOR_OPTIMISER, 0, 4 * TEXT_HIDDEN);
    expect_shape(model, "linear.weight.exp_avg", NN_TENSOR_OPTIMISER, TEXT_CLASSES, TEXT_FEATURES);
    expect_shape(model, "linear.bias", NN_TENSOR_PARAMETER, 0, TEXT_CLASSES);
    ck_assert_int_eq(nn_model_feature_count(model), TEXT_FEATURES);
    ck_assert_int_eq(nn_model_class_count(model), TEXT_CLASSES);
    ck_assert_int_eq(nn_model_optimiser(model), NN_ADAM);
    nn_model_destroy(model);
    nn_model_destroy(cosine);
}
END_TEST

/* Counted by hand: two operations a multiply-add, four gates, two directions. */
START_TEST(test_flop_of_a_token)
{
    nn_model *model = created(text_config(2, NN_HEAD_LINEAR, 4));
    int64_t flop = 2 * 2 * 4 * 48 * (10 + 48) + 2 * 2 * 4 * 48 * (96 + 48);
    ck_assert_int_eq(nn_model_evaluate_flop(model), flop);
    ck_assert_int_eq(nn_model_train_flop(model), 3 * flop);
    nn_model_destroy(model);
}
END_TEST

START_TEST(test_tensors_come_back_as_they_were_set)
{
    nn_model *model = created(text_config(2, _i == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE, 4));
    int64_t tensors = nn_model_tensor_count(model);
    for (int64_t t = 0; t < tensors; t++) {
        float *x = drawn(nn_model_tensor(model, t).count, 100 + (uint32_t)t, 1, 0);
        EXPECT_OK(nn_model_set_tensor(model, t, x));
        free(x);
    }
    for (int64_t t = 0; t < tensors; t++) {
        nn_tensor_info info = nn_model_tensor(model, t);
        float *x = drawn(info.count, 100 + (uint32_t)t, 1, 0), *y = tensor_values(model, t);
        expect_same_bits(info.name, info.count, y, x);
        free(x), free(y);
    }
    nn_model_destroy(model);
}
END_TEST

/* Two steps in one model, and the second in a new one that got the tensors: nothing else is remembered. */
START_TEST(test_tensors_are_all_that_training_remembers)
{
    nn_bilstm_config config = text_config(2, NN_HEAD_COSINE, 13);
    config.dropout = 0.4;
    nn_model *one = make_text_network(&config), *other = created(config);
    text_steps(one, config.head, 13, 0, 1);
    for (int64_t t = 0; t < nn_model_tensor_count(one); t++) {
        float *values = tensor_values(one, t);
        EXPECT_OK(nn_model_set_tensor(other, t, values));
        free(values);
    }
    text_steps(one, config.head, 9, 1, 1);
    text_steps(other, config.head, 9, 1, 1);
    char a[17], b[17];
    tensors_digest(one, a);
    tensors_digest(other, b);
    ck_assert_str_eq(a, b);
    nn_model_destroy(one);
    nn_model_destroy(other);
}
END_TEST

/* Mean and standard deviation of a tensor, against what they should be for its size. */
static void expect_moments(const nn_model *model, const char *name, double deviation, double limit)
{
    int64_t t = find(model, name), count = nn_model_tensor(model, t).count;
    float *x = tensor_values(model, t);
    double sum = 0, squares = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)x[i];
        squares += (double)x[i] * (double)x[i];
        largest = larger_error(largest, fabs((double)x[i]));
    }
    double n = (double)count;
    ck_assert_double_le(fabs(sum / n), 4 * deviation / sqrt(n));
    ck_assert_double_le(fabs(sqrt(squares / n) - deviation), 3 * deviation / sqrt(n));
    ck_assert_double_le(largest, limit);
    free(x);
}

START_TEST(test_initial_values)
{
    nn_bilstm_config config = text_config(2, NN_HEAD_LINEAR, 4);
    config.vocabulary = 999;
    nn_model *model = created(config);
    double limit = 1 / sqrt(48);
    expect_moments(model, "embedding.weight", 1, 6);
    expect_moments(model, "lstm.weight_ih_l0", limit / sqrt(3), limit);
    expect_moments(model, "lstm.weight_hh_l1_reverse", limit / sqrt(3), limit);
    expect_moments(model, "lstm.bias_hh_l0", limit / sqrt(3), limit);
    expect_moments(model, "linear.weight", sqrt(2 / (double)TEXT_FEATURES), 1);
    expect_moments(model, "lstm.weight_hh_l1.exp_avg_sq", 0, 0);
    float *vectors = tensor_values(model, 0);
    for (int k = 0; k < 10; k++) {
        ck_assert(vectors[k] == 0.0F && vectors[10 + k] != 0.0F); /* padding, and unknown words */
    }
    free(vectors);
    nn_model_destroy(model);
}
END_TEST

/* The seed decides, and nothing else. */
START_TEST(test_initial_values_depend_on_the_seed_alone)
{
    nn_bilstm_config config = text_config(2, NN_HEAD_COSINE, 4), other = config, seeded = config;
    other.batch = 31, other.shard = 7, other.groups = 2, other.threads = 3, other.dropout = 0.5;
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

START_TEST(test_bad_configurations_are_refused)
{
    nn_bilstm_config good = text_config(2, NN_HEAD_LINEAR, 4);
    enum { BAD = 15 };
    nn_bilstm_config bad[BAD];
    const char *words[BAD] = {"vocabulary", "width",    "layers",   "hidden",  "hidden",
                              "dropout",    "dropout",  "dropout",  "classes", "at least",
                              "at least",   "at least", "at least", "hidden",  "dropout"};
    for (int i = 0; i < BAD; i++) {
        bad[i] = good;
    }
    bad[0].vocabulary = 1, bad[1].embedding = 0, bad[2].layers = 0, bad[3].hidden = 40, bad[4].hidden = 0;
    bad[5].dropout = 1, bad[6].dropout = -0.1, bad[7].dropout = (double)NAN, bad[8].classes = 1, bad[9].shard = 0;
    bad[10].batch = 3, bad[11].groups = 0, bad[12].threads = 0, bad[13].hidden = -16, bad[14].dropout = 0.999999;
    for (int i = 0; i < BAD; i++) {
        nn_model *model = NULL;
        EXPECT_FAILURE(nn_bilstm_create(&bad[i], &model), CORE_BAD_USAGE, words[i]);
        ck_assert_ptr_null(model);
    }
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/bilstm");
    add_loop(suite, "oracle", test_training_equals_pytorch, LENGTH(TRUTHS));
    ADD_CASE(suite, "shape", test_tensors_have_pytorchs_names_and_shapes, test_flop_of_a_token,
             test_tensors_are_all_that_training_remembers, test_initial_values,
             test_initial_values_depend_on_the_seed_alone);
    add_loop(suite, "shape", test_tensors_come_back_as_they_were_set, 2);
    ADD_CASE(suite, "errors", test_bad_configurations_are_refused);
    return run_suite(suite);
}

#define OWN_PROCESSES /* A signal stays noted. */
#include "experiments/training/evaluation.h"

#include <math.h>
#include <signal.h>

#include "core/signals.h"
#include "nn/context.h"
#include "tests/recipes/support.h"

/* More examples than are evaluated between two looks at the signals. */
enum { PER_CLASS = 53, N = 530, K = 10, D = 64 };

typedef struct {
    ds_dataset data;
    ds_loader *loader;
    nn_model *model;
    float features[N][D], logits[N][K];
} made;

static void make(made *m)
{
    nn_resnet_config config = {.height = 32,
                               .width = 32,
                               .classes = K,
                               .head = NN_HEAD_COSINE,
                               .batch = 8,
                               .shard = 2,
                               .groups = 2,
                               .threads = 2,
                               .seed = 5};
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    EXPECT_OK(ds_load("shapes:53:1", NULL, NULL, &m->data));
    EXPECT_OK(ds_loader_create(&m->data, config.threads, &m->loader));
    EXPECT_OK(nn_resnet_shape_cifar(8, &config.shape));
    EXPECT_OK(nn_resnet_create(&config, &m->model));
}

static void drop(made *m)
{
    nn_model_destroy(m->model);
    ds_loader_destroy(m->loader);
    ds_destroy(&m->data);
}

static core_status load(void *context, int thread, int64_t first, int64_t count, float *images)
{
    const made *m = context;
    for (int64_t i = 0; i < count; i++) {
        CORE_TRY(ds_loader_plain(m->loader, thread, &m->data.train, first + i, images + i * ds_image_floats(&m->data)));
    }
    return CORE_OK;
}

static void receive(void *context, int64_t first, int64_t count, const float *features, const float *logits)
{
    made *m = context;
    memcpy(m->features[first], features, (size_t)count * sizeof m->features[0]);
    memcpy(m->logits[first], logits, (size_t)count * sizeof m->logits[0]);
}

static made direct, windowed;

START_TEST(test_windows_change_no_bit)
{
    static float own[N];
    static int32_t prediction[N];
    int64_t index[N];
    for (int i = 0; i < N; i++) {
        index[i] = i;
    }
    make(&direct);
    nn_eval_feed feed = {.context = &direct, .load = load, .receive = receive};
    EXPECT_OK(nn_model_evaluate(direct.model, N, &feed));
    xp_evaluation what = {.loader = direct.loader,
                          .part = &direct.data.train,
                          .n = N,
                          .shard = 2,
                          .features = windowed.features[0],
                          .logits = windowed.logits[0],
                          .outputs = &(imb_outputs){.prediction = prediction, .own_logit = own}};
    EXPECT_OK(xp_evaluate(direct.model, &what));
    ck_assert(memcmp(direct.features, windowed.features, sizeof direct.features) == 0);
    ck_assert(memcmp(direct.logits, windowed.logits, sizeof direct.logits) == 0);
    for (int i = 0; i < N; i++) {
        ck_assert(own[i] == direct.logits[i][direct.data.train.labels[i]]);
        ck_assert(own[i] <= direct.logits[i][prediction[i]]);
    }
    memset(windowed.logits, 0, sizeof windowed.logits);
    what.index = index;
    what.features = NULL;
    EXPECT_OK(xp_evaluate(direct.model, &what));
    ck_assert(memcmp(direct.logits, windowed.logits, sizeof direct.logits) == 0);
    drop(&direct);
}
END_TEST

/* Texts meet in shards by their length; each result is that of the text alone, in the order of the list. */
START_TEST(test_texts_come_back_in_the_order_of_the_list)
{
    enum { TEXTS = 70, WIDTH = 32 }; /* a window is 64 texts where a shard is one */
    static float together[TEXTS][WIDTH], alone[WIDTH];
    int64_t index[TEXTS];
    ds_dataset data;
    ds_loader *loader;
    nn_model *model;
    EXPECT_OK(nn_start(NN_ISA_AUTO));
    EXPECT_OK(ds_load("reviews:40:2", NULL, &(ds_view){.text = {.vocabulary = 90, .max_length = 30}}, &data));
    EXPECT_OK(ds_loader_create(&data, 2, &loader));
    nn_bilstm_config config = {.vocabulary = data.vocabulary,
                               .embedding = 16,
                               .hidden = 16,
                               .layers = 2,
                               .classes = 2,
                               .head = NN_HEAD_LINEAR,
                               .dropout = 0.5,
                               .batch = 8,
                               .shard = 4,
                               .groups = 2,
                               .threads = 2,
                               .seed = 5};
    EXPECT_OK(nn_bilstm_create(&config, &model));
    ck_assert_int_eq(nn_model_feature_count(model), WIDTH);
    for (int i = 0; i < TEXTS; i++) {
        index[i] = (17 * i + 3) % 80;
    }
    xp_evaluation what = {
        .loader = loader, .part = &data.train, .index = index, .n = TEXTS, .shard = 1, .features = together[0]};
    EXPECT_OK(xp_evaluate(model, &what));
    for (int i = 0; i < TEXTS; i++) {
        what.index = &index[i];
        what.n = 1;
        what.features = alone;
        EXPECT_OK(xp_evaluate(model, &what));
        ck_assert_mem_eq(together[i], alone, sizeof alone);
    }
    nn_model_destroy(model);
    ds_loader_destroy(loader);
    ds_destroy(&data);
}
END_TEST

START_TEST(test_signal_ends_an_evaluation)
{
    make(&direct);
    core_stop_listen();
    ck_assert(!core_stop_wanted());
    raise(SIGTERM);
    raise(SIGINT);
    ck_assert(core_stop_wanted());
    ck_assert_str_eq(core_stop_signal_name(), "SIGTERM");
    xp_evaluation what = {.loader = direct.loader, .part = &direct.data.train, .n = N, .shard = 2};
    ck_assert_int_eq(xp_evaluate(direct.model, &what), CORE_STOPPED);
    drop(&direct);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/training/evaluation");
    ADD_CASE(suite, "determinism", test_windows_change_no_bit);
    ADD_CASE(suite, "errors", test_signal_ends_an_evaluation);
    ADD_CASE(suite, "oracle", test_texts_come_back_in_the_order_of_the_list);
    return run_suite(suite);
}

/* What must not change a bit: threads, the environment, what stands in padding, how much is evaluated at once. */
#include <math.h>

#include "tests/nn/network.h"

static const int THREADS[] = {1, 2, 3, 8};

/* Three steps on mini-batches of several lengths. */
static void train(const nn_resnet_config *config, bool garbage, char text[17])
{
    static const int64_t counts[] = {30, 7, 1};
    nn_model *model = make_network(config);
    for (int i = 0; i < LENGTH(counts); i++) {
        batch_feed feed = {.config = config, .count = counts[i], .step = (uint32_t)i + 1, .garbage = garbage};
        train_step(model, &feed);
        for (int64_t z = 0; z < counts[i] * CLASSES; z++) {
            EXPECT_QUIETLY(isfinite(feed.logits[z]), "logit %d", (int)z);
        }
    }
    tensors_digest(model, text);
    nn_model_destroy(model);
}

static const struct {
    const char *network; /* named_shape */
    int64_t shard, groups, height, width, norm_group;
} CASES[] = {{"8", 4, 16, 32, 32, 0},    {"8", 4, 3, 32, 32, 0},   {"8", 1, 1, 32, 32, 0}, {"8", 8, 32, 32, 32, 0},
             {"8", 4, 16, 13, 9, 0},     {"8", 1, 3, 9, 28, 0},    {"8", 4, 16, 13, 9, 8}, {"tiny", 4, 3, 33, 40, 0},
             {"tiny", 2, 16, 29, 22, 0}, {"tiny", 4, 3, 33, 40, 4}};

static nn_resnet_config config_of(int i)
{
    nn_resnet_config config = small_config(8, i % 2 == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE, 30);
    config.shape = named_shape(CASES[i].network);
    config.shard = CASES[i].shard;
    config.groups = CASES[i].groups;
    config.height = CASES[i].height;
    config.width = CASES[i].width;
    config.norm_group = CASES[i].norm_group;
    return config;
}

START_TEST(test_threads_give_the_same_bits)
{
    nn_resnet_config config = config_of(_i);
    char first[17] = "", text[17];
    for (int i = 0; i < LENGTH(THREADS); i++) {
        config.threads = THREADS[i];
        train(&config, false, text);
        if (i == 0) {
            strcpy(first, text);
        }
        ck_assert_str_eq(text, first);
    }
}
END_TEST

START_TEST(test_recomputing_gives_the_same_bits)
{
    nn_resnet_config config = config_of(_i);
    char kept[17], again[17];
    train(&config, false, kept);
    config.recompute = true;
    train(&config, _i % 2 == 0, again);
    ck_assert_str_eq(again, kept);
}
END_TEST

/* A group as large as the batch is the whole batch; a smaller one is not. */
START_TEST(test_batch_norm_over_a_group_of_the_batch_is_over_the_batch)
{
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 32);
    config.shape = named_shape(_i == 0 ? "8" : "tiny");
    char whole[17], group[17], smaller[17];
    train(&config, false, whole);
    config.norm_group = 32;
    train(&config, false, group);
    config.norm_group = 28;
    train(&config, false, smaller);
    ck_assert_str_eq(group, whole);
    ck_assert_str_ne(smaller, whole);
}
END_TEST

/* Groups are part of the arithmetic: a digest that did not see them would see nothing. */
START_TEST(test_groups_give_other_bits)
{
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 30);
    char first[17], text[17];
    train(&config, false, first);
    config.groups = 2;
    train(&config, false, text);
    ck_assert_str_ne(text, first);
}
END_TEST

static nn_resnet_config environment_config(void) { return small_config(8, NN_HEAD_COSINE, 30); }

START_TEST(test_environment_gives_the_same_bits)
{
    nn_resnet_config config = environment_config();
    char first[17], text[64];
    train(&config, false, first);
    for (int i = 0; environments[i] != NULL; i++) {
        run_myself(environments[i], "train", text, sizeof text);
        ck_assert_str_eq(text, first);
    }
}
END_TEST

START_TEST(test_garbage_in_padding_gives_the_same_bits)
{
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 30);
    config.shape = named_shape(_i == 0 ? "8" : "tiny");
    char first[17], text[17];
    train(&config, false, first);
    train(&config, true, text);
    ck_assert_str_eq(text, first);
}
END_TEST

/* A short mini-batch trains as if the longer one before it had left nothing behind. */
START_TEST(test_earlier_batches_leave_nothing_behind)
{
    nn_resnet_config config = small_config(8, NN_HEAD_LINEAR, 30);
    config.shape = named_shape(_i == 0 ? "8" : "tiny");
    nn_model *used = make_network(&config), *fresh = make_network(&config);
    train_steps(used, &config, 30, 2);
    for (int64_t t = 0; t < nn_model_tensor_count(used); t++) {
        float *values = tensor_values(fresh, t);
        EXPECT_OK(nn_model_set_tensor(used, t, values));
        free(values);
    }
    char a[17], b[17];
    train_steps(used, &config, 3, 1);
    train_steps(fresh, &config, 3, 1);
    tensors_digest(used, a);
    tensors_digest(fresh, b);
    ck_assert_str_eq(a, b);
    nn_model_destroy(used);
    nn_model_destroy(fresh);
}
END_TEST

START_TEST(test_evaluation_does_not_depend_on_threads_or_count)
{
    enum { MOST = 21 };
    evaluated *all = calloc(1, sizeof *all), *some = calloc(1, sizeof *some);
    for (int i = 0; i < LENGTH(THREADS); i++) {
        nn_resnet_config config = small_config(8, _i == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE, 8);
        config.shape = named_shape(_i < 2 ? "8" : "tiny");
        config.threads = THREADS[i];
        nn_model *model = make_network(&config);
        for (int64_t count = MOST; count >= 1; count = count > 2 ? count - 5 : 0) { /* 21, 16, 11, 6, 1 */
            evaluate(model, &config, count, i == 0 && count == MOST ? all : some);
            if (i > 0 || count < MOST) {
                expect_same_bits("features", count * all->D, some->features, all->features);
                expect_same_bits("logits", count * CLASSES, some->logits, all->logits);
            }
        }
        nn_model_destroy(model);
    }
    free(all), free(some);
}
END_TEST

START_TEST(test_evaluation_changes_nothing)
{
    nn_resnet_config config = small_config(8, NN_HEAD_COSINE, 8);
    nn_model *model = make_network(&config);
    evaluated *out = calloc(1, sizeof *out);
    char before[17], after[17];
    tensors_digest(model, before);
    evaluate(model, &config, 9, out);
    tensors_digest(model, after);
    ck_assert_str_eq(before, after);
    nn_model_destroy(model);
    free(out);
}
END_TEST

START_TEST(print_digest)
{
    char text[17];
    nn_resnet_config config = environment_config();
    train(&config, false, text);
    printf("%s", text);
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    if (argc > 1 && strcmp(argv[argc - 1], "train") == 0) {
        return run_for_output(print_digest);
    }
    Suite *suite = suite_create("nn/resnet_bits");
    add_loop(suite, "determinism", test_threads_give_the_same_bits, LENGTH(CASES));
    add_loop(suite, "determinism", test_recomputing_gives_the_same_bits, LENGTH(CASES));
    add_loop(suite, "determinism", test_batch_norm_over_a_group_of_the_batch_is_over_the_batch, 2);
    ADD_CASE(suite, "determinism", test_groups_give_other_bits, test_environment_gives_the_same_bits,
             test_evaluation_changes_nothing);
    add_loop(suite, "determinism", test_garbage_in_padding_gives_the_same_bits, 2);
    add_loop(suite, "determinism", test_earlier_batches_leave_nothing_behind, 2);
    add_loop(suite, "determinism", test_evaluation_does_not_depend_on_threads_or_count, 3);
    return run_suite(suite);
}

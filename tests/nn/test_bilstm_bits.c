/* What must not change a bit of a biLSTM: threads, the instruction set, neighbours, what stands behind a sequence. */
#include <math.h>

#include "tests/nn/network.h"
#include "tests/nn/text.h"

static const int THREADS[] = {1, 2, 3, 8};

/* Steps on mini-batches of several lengths, the last of which fill no shard. */
static void train(const nn_bilstm_config *config, char text[17])
{
    static const int64_t counts[] = {13, 12, 3, 1};
    nn_model *model = make_text_network(config);
    for (int i = 0; i < LENGTH(counts); i++) {
        text_steps(model, config->head, counts[i], (uint32_t)i, 1);
    }
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        float *values = tensor_values(model, t);
        for (int64_t i = 0; i < nn_model_tensor(model, t).count; i++) {
            EXPECT_QUIETLY(isfinite(values[i]), "%s[%d]", nn_model_tensor(model, t).name, (int)i);
        }
        free(values);
    }
    tensors_digest(model, text);
    nn_model_destroy(model);
}

static nn_bilstm_config config_of(int shard, int groups)
{
    nn_bilstm_config config = text_config(2, shard % 2 == 0 ? NN_HEAD_LINEAR : NN_HEAD_COSINE, 13);
    config.shard = shard;
    config.groups = groups;
    config.dropout = 0.5;
    return config;
}

static const int SHARDS[][2] = {{4, 16}, {3, 2}, {1, 5}, {13, 1}};

START_TEST(test_threads_give_the_same_bits)
{
    nn_bilstm_config config = config_of(SHARDS[_i][0], SHARDS[_i][1]);
    char first[17] = "", text[17];
    for (int i = 0; i < LENGTH(THREADS); i++) {
        config.threads = THREADS[i];
        train(&config, text);
        if (i == 0) {
            strcpy(first, text);
        }
        ck_assert_str_eq(text, first);
    }
}
END_TEST

START_TEST(test_environment_and_instruction_set_give_the_same_bits)
{
    nn_bilstm_config config = config_of(4, 16);
    char first[17], text[64];
    train(&config, first);
    for (int i = 0; environments[i] != NULL; i++) {
        run_myself(environments[i], "train", text, sizeof text);
        ck_assert_str_eq(text, first);
    }
    run_myself("", "avx2 train", text, sizeof text);
    ck_assert_str_eq(text, first);
}
END_TEST

/* Groups, the seed and dropout are part of the arithmetic: a digest that did not see them would see nothing. */
START_TEST(test_groups_and_dropout_give_other_bits)
{
    nn_bilstm_config config = config_of(4, 16), grouped = config, seeded = config, off = config;
    grouped.groups = 2, seeded.seed++, off.dropout = 0;
    char text[4][17];
    train(&config, text[0]), train(&grouped, text[1]), train(&seeded, text[2]), train(&off, text[3]);
    for (int i = 1; i < 4; i++) {
        ck_assert_str_ne(text[0], text[i]);
    }
}
END_TEST

START_TEST(test_earlier_batches_leave_nothing_behind)
{
    nn_bilstm_config config = config_of(4, 16);
    nn_model *used = make_text_network(&config), *fresh = make_text_network(&config);
    text_steps(used, config.head, 13, 0, 2);
    for (int64_t t = 0; t < nn_model_tensor_count(used); t++) {
        float *values = tensor_values(fresh, t);
        EXPECT_OK(nn_model_set_tensor(used, t, values));
        free(values);
    }
    char a[17], b[17];
    text_steps(used, config.head, 3, 2, 1);
    text_steps(fresh, config.head, 3, 2, 1);
    tensors_digest(used, a);
    tensors_digest(fresh, b);
    ck_assert_str_eq(a, b);
    nn_model_destroy(used);
    nn_model_destroy(fresh);
}
END_TEST

/* A sequence's results hang on nothing but the sequence: not on its neighbours, their number, or the shard's size. */
START_TEST(test_evaluation_does_not_depend_on_neighbours)
{
    enum { COUNT = 11 };
    text_feed *all = make_text_feed(NN_HEAD_LINEAR, COUNT, 8000, 0),
              *alone = make_text_feed(NN_HEAD_LINEAR, 1, 8000, 0);
    for (int i = 0; i < LENGTH(SHARDS); i++) {
        nn_bilstm_config config = config_of(SHARDS[i][0], 1);
        config.head = NN_HEAD_LINEAR;
        config.threads = THREADS[i];
        nn_model *model = make_text_network(&config);
        text_evaluate(model, all);
        for (int64_t k = 0; k < COUNT; k++) {
            memcpy(alone->tokens[0], all->tokens[k], sizeof alone->tokens[0]);
            alone->lengths[0] = all->lengths[k];
            text_evaluate(model, alone);
            expect_same_bits("features", TEXT_FEATURES, alone->features, all->features + k * TEXT_FEATURES);
            expect_same_bits("logits", TEXT_CLASSES, alone->logits, all->logits + k * TEXT_CLASSES);
        }
        nn_model_destroy(model);
    }
    free(all), free(alone);
}
END_TEST

/* The same in training with dropout: what a position drops does not hang on the rest of the mini-batch. */
START_TEST(test_training_logits_do_not_depend_on_neighbours)
{
    nn_bilstm_config config = config_of(4, 16);
    nn_model *model = make_text_network(&config), *other = make_text_network(&config);
    text_feed *all = make_text_feed(config.head, 13, 7000, 0), *some = make_text_feed(config.head, 5, 7000, 0);
    text_step(model, all);
    text_step(other, some);
    expect_same_bits("logits", 5 * TEXT_CLASSES, some->logits, all->logits);
    free(all), free(some);
    nn_model_destroy(model);
    nn_model_destroy(other);
}
END_TEST

START_TEST(test_evaluation_changes_nothing)
{
    nn_bilstm_config config = config_of(4, 16);
    nn_model *model = make_text_network(&config);
    text_feed *feed = make_text_feed(config.head, 9, 8000, 0);
    char before[17], after[17];
    tensors_digest(model, before);
    text_evaluate(model, feed);
    tensors_digest(model, after);
    ck_assert_str_eq(before, after);
    free(feed);
    nn_model_destroy(model);
}
END_TEST

START_TEST(print_digest)
{
    char text[17];
    nn_bilstm_config config = config_of(4, 16);
    train(&config, text);
    printf("%s", text);
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    if (argc > 1 && strcmp(argv[argc - 1], "train") == 0) {
        return run_for_output(print_digest);
    }
    Suite *suite = suite_create("nn/bilstm_bits");
    add_loop(suite, "determinism", test_threads_give_the_same_bits, LENGTH(SHARDS));
    ADD_CASE(suite, "determinism", test_environment_and_instruction_set_give_the_same_bits,
             test_groups_and_dropout_give_other_bits, test_earlier_batches_leave_nothing_behind,
             test_evaluation_does_not_depend_on_neighbours, test_training_logits_do_not_depend_on_neighbours,
             test_evaluation_changes_nothing);
    return run_suite(suite);
}

/* ResNet-32 as the paper trains it: five steps against PyTorch, and the same bits from any number of threads. */
#include "tests/nn/truth.h"

#include "tests/golden/nn_network.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

static const truth_case TRUTHS[] = {
    {"32", NN_HEAD_LINEAR, 118, 5, 16, 5e-5, 1e-4, 32, 32, 0},
    {"32", NN_HEAD_COSINE, 3, 5, 16, 5e-5, 1e-4, 32, 32, 0},
    {"32", NN_HEAD_LINEAR, 1, 5, 16, 5e-5, 1e-4, 32, 32, 0},
};

START_TEST(test_five_steps_equal_pytorch) { expect_truth(&golden, &TRUTHS[_i]); }
END_TEST

START_TEST(test_threads_give_the_same_bits)
{
    static const int threads[] = {1, 2, 3, 8};
    char first[17] = "", text[17];
    for (int i = 0; i < LENGTH(threads); i++) {
        nn_resnet_config config = small_config(32, NN_HEAD_COSINE, 118);
        config.threads = threads[i];
        nn_model *model = make_network(&config);
        train_steps(model, &config, 118, 1);
        train_steps(model, &config, 21, 1);
        tensors_digest(model, text);
        nn_model_destroy(model);
        if (i == 0) {
            strcpy(first, text);
        }
        ck_assert_str_eq(text, first);
    }
}
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/resnet32");
    add_loop(suite, "oracle", test_five_steps_equal_pytorch, LENGTH(TRUTHS));
    add_loop(suite, "determinism", test_threads_give_the_same_bits, 1);
    return run_suite(suite);
}

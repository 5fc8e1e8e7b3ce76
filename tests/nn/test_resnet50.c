/* ResNet-18 and -50 against PyTorch, with either stem and either bottleneck. */
#include "tests/nn/truth.h"

#include "tests/golden/nn_resnet.inc"

static const golden_file golden = {GOLDEN_TENSORS, LENGTH(GOLDEN_TENSORS), GOLDEN_VALUES};

/* Deep networks bend at many places: after five steps an element may be 1e-3 of the largest off. */
static const truth_case TRUTHS[] = {
    {"18-3x3", NN_HEAD_LINEAR, 7, 5, 16, 5e-5, 1e-4, 13, 18, 0},
    {"18-7x7", NN_HEAD_COSINE, 6, 5, 16, 5e-5, 1e-3, 40, 52, 0},
    {"50-7x7", NN_HEAD_LINEAR, 5, 5, 16, 5e-5, 1e-3, 44, 40, 0},
    {"50-3x3-v1", NN_HEAD_COSINE, 6, 5, 16, 5e-5, 1e-4, 12, 16, 0},
    {"18-7x7", NN_HEAD_LINEAR, 11, 5, 16, 5e-5, 2e-4, 40, 52, 4},
    {"50-3x3", NN_HEAD_LINEAR, 6, 5, 16, 5e-5, 1e-4, 12, 16, 4},
};

START_TEST(test_training_equals_pytorch) { expect_truth(&golden, &TRUTHS[_i]); }
END_TEST

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    Suite *suite = suite_create("nn/resnet50");
    add_loop(suite, "oracle", test_training_equals_pytorch, LENGTH(TRUTHS));
    return run_suite(suite);
}

#include "nn/context.h"

#include <ctype.h>

#include "nn/self_test.h"

#include "tests/nn/support.h"

START_TEST(test_start_again_with_the_same_isa)
{
    bool avx512 = strcmp(nn_isa_name(), "avx512") == 0;
    EXPECT_OK(nn_start(avx512 ? NN_ISA_AVX512 : NN_ISA_AVX2));
}
END_TEST

START_TEST(test_start_again_with_another_isa_is_refused)
{
    if (!has_v4()) {
        EXPECT_FAILURE(nn_start(NN_ISA_AVX512), CORE_MACHINE, "avx512");
        return;
    }
    bool avx512 = strcmp(nn_isa_name(), "avx512") == 0;
    EXPECT_FAILURE(nn_start(avx512 ? NN_ISA_AVX2 : NN_ISA_AVX512), CORE_MACHINE, nn_isa_name());
}
END_TEST

START_TEST(test_kernels_are_those_of_the_isa)
{
    bool avx512 = strcmp(nn_isa_name(), "avx512") == 0;
    ck_assert_ptr_eq(nn_kernels_get(), avx512 ? &nn_kernels_v4 : &nn_kernels_v3);
}
END_TEST

START_TEST(test_version_is_three_numbers)
{
    int major, minor, patch, end = 0;
    ck_assert_int_eq(sscanf(nn_onednn_version(), "%d.%d.%d%n", &major, &minor, &patch, &end), 3);
    ck_assert_int_eq(nn_onednn_version()[end], 0);
    ck_assert(major == 3 && minor >= 4);
}
END_TEST

START_TEST(test_self_test_is_sixteen_hex_digits)
{
    char text[NN_SELF_TEST_BYTES];
    EXPECT_OK(nn_self_test(text));
    ck_assert_uint_eq(strlen(text), 16);
    for (int i = 0; i < 16; i++) {
        ck_assert(isdigit(text[i]) || (text[i] >= 'a' && text[i] <= 'f'));
    }
}
END_TEST

START_TEST(test_self_test_does_not_depend_on_the_environment)
{
    char first[NN_SELF_TEST_BYTES], text[64];
    EXPECT_OK(nn_self_test(first));
    for (int i = 0; environments[i] != NULL; i++) {
        run_myself(environments[i], "self-test", text, sizeof text);
        ck_assert_str_eq(text, first);
    }
}
END_TEST

/* AVX2 and AVX-512 add in other orders: a self-test that cannot tell them apart tells nothing. */
START_TEST(test_self_test_tells_other_arithmetic)
{
    char first[NN_SELF_TEST_BYTES], text[64];
    EXPECT_OK(nn_self_test(first));
    run_myself("", "avx2 self-test", text, sizeof text);
    ck_assert_str_ne(text, first);
}
END_TEST

/* Frozen: a biLSTM's bits are the same with every instruction set, compiler and machine. */
START_TEST(test_self_test_of_text_is_the_same_everywhere)
{
    char text[NN_SELF_TEST_BYTES];
    EXPECT_OK(nn_self_test_text(text));
    ck_assert_str_eq(text, "d946b3a745f9d27d");
}
END_TEST

static int print_self_test(void)
{
    char text[NN_SELF_TEST_BYTES];
    if (nn_self_test(text) != CORE_OK) {
        return EXIT_FAILURE;
    }
    printf("%s", text);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    start_isa(argc, argv);
    if (argc > 1 && strcmp(argv[argc - 1], "self-test") == 0) {
        return print_self_test();
    }
    Suite *suite = suite_create("nn/context");
    if (asked_for_both(argc, argv)) {
        ADD_CASE(suite, "determinism", test_self_test_tells_other_arithmetic);
        return run_suite(suite);
    }
    ADD_CASE(suite, "errors", test_start_again_with_the_same_isa, test_start_again_with_another_isa_is_refused);
    ADD_CASE(suite, "shape", test_kernels_are_those_of_the_isa, test_version_is_three_numbers,
             test_self_test_is_sixteen_hex_digits);
    ADD_CASE(suite, "determinism", test_self_test_does_not_depend_on_the_environment,
             test_self_test_of_text_is_the_same_everywhere);
    return run_suite(suite);
}

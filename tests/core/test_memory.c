/* Aligned, zeroed, counted; and what does not fit says so. */
#include "core/memory.h"

#include "core/quota.h"
#include "tests/support.h"

static void expect_zeros_on_a_line(const unsigned char *bytes, size_t count)
{
    ck_assert_uint_eq((uintptr_t)bytes % CORE_ALIGNMENT, 0);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_eq(bytes[i], 0);
    }
}

START_TEST(test_memory_is_zeroed_and_aligned)
{
    for (size_t count = 0; count < 300; count += 7) {
        unsigned char *bytes;
        EXPECT_OK(CORE_NEW(count, "a test", bytes));
        expect_zeros_on_a_line(bytes, count);
        memset(bytes, 0xA5, count);
        free(bytes);
    }
}
END_TEST

START_TEST(test_arena_pieces_are_apart_and_live_together)
{
    core_arena arena = {0};
    unsigned char *piece[50];
    for (size_t i = 0; i < 50; i++) {
        EXPECT_OK(CORE_ARENA_NEW(&arena, 3 * i, "a test", piece[i]));
        expect_zeros_on_a_line(piece[i], 3 * i);
        memset(piece[i], (int)i, 3 * i);
    }
    for (size_t i = 0; i < 50; i++) {
        for (size_t k = 0; k < 3 * i; k++) {
            ck_assert_uint_eq(piece[i][k], i);
        }
    }
    char *copy;
    EXPECT_OK(core_arena_strdup(&arena, "resnet32", &copy));
    ck_assert_str_eq(copy, "resnet32");
    core_arena_free(&arena);
    ck_assert_ptr_null(arena.head);
}
END_TEST

/* Also where the bytes were used before; and they take no memory until they are written. */
START_TEST(test_many_zeros_come_with_use)
{
    enum { BYTES = (64 << 20) + 100 };
    core_memory_be_lazy();
    for (int again = 0; again < 3; again++) {
        unsigned char *bytes;
        size_t wrong = 0;
        const int64_t before = core_quota_held("VmRSS");
        EXPECT_OK(CORE_NEW(BYTES, "a test", bytes));
        ck_assert_int_lt(core_quota_held("VmRSS") - before, BYTES / 4); /* ASan notes an eighth */
        for (size_t i = 0; i < BYTES; i++) {
            wrong += bytes[i] != 0;
        }
        ck_assert_uint_eq(wrong, 0);
        memset(bytes, 0xA5, BYTES);
        free(bytes);
    }
}
END_TEST

START_TEST(test_too_much_is_refused_and_the_pointer_kept)
{
    double marker, *pointer = &marker;
    core_arena arena = {0};
    EXPECT_FAILURE(core_calloc(SIZE_MAX / 4, 8, "the moon", (void **)&pointer), CORE_MACHINE, "the moon");
    EXPECT_FAILURE(core_calloc(SIZE_MAX / 2, 1, "the moon", (void **)&pointer), CORE_MACHINE, "not enough memory");
    EXPECT_FAILURE(core_arena_calloc(&arena, SIZE_MAX / 4, 8, "the moon", (void **)&pointer), CORE_MACHINE, "the moon");
    ck_assert_ptr_eq(pointer, &marker);
    ck_assert_ptr_null(arena.head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/memory");
    ADD_CASE(suite, "oracle", test_memory_is_zeroed_and_aligned, test_arena_pieces_are_apart_and_live_together,
             test_many_zeros_come_with_use);
    ADD_CASE(suite, "errors", test_too_much_is_refused_and_the_pointer_kept);
    return run_suite(suite);
}

/* core/builder: what was written comes out, in the arena or alone; a failure of the writer is handed on. */
#include "core/builder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/support.h"

static core_arena arena;

static void teardown(void) { core_arena_free(&arena); }

START_TEST(test_the_text_is_what_was_written)
{
    core_builder text;
    const char *out = NULL;
    EXPECT_OK(core_builder_begin(&text, "a test"));
    for (int i = 0; i < 5000; i++) {
        fprintf(text.stream, "%d,", i % 10);
    }
    EXPECT_OK(core_builder_end(&text, CORE_OK, &arena, &out));
    ck_assert_uint_eq(strlen(out), 10000);
    ck_assert_uint_eq(text.bytes, 10000);
    ck_assert_int_eq(strncmp(out + 9990, "5,6,7,8,9,", 10), 0);
}
END_TEST

START_TEST(test_nothing_written_is_an_empty_text)
{
    core_builder text;
    char *out = NULL;
    EXPECT_OK(core_builder_begin(&text, "a test"));
    EXPECT_OK(core_builder_take(&text, CORE_OK, &out));
    ck_assert_str_eq(out, "");
    free(out);
}
END_TEST

START_TEST(test_the_text_so_far_is_there_after_a_flush)
{
    core_builder text;
    EXPECT_OK(core_builder_begin(&text, "a test"));
    for (int i = 0; i < 3; i++) {
        fputs("ab", text.stream);
        EXPECT_OK(core_builder_flush(&text));
        ck_assert_uint_eq(text.bytes, 2 * (size_t)(i + 1));
        ck_assert_str_eq(text.text + 2 * i, "ab");
    }
    core_builder_abandon(&text);
    core_builder_abandon(&text); /* is nothing by then */
    core_builder_abandon(&(core_builder){.stream = NULL});
}
END_TEST

START_TEST(test_the_writers_failure_is_handed_on)
{
    core_builder text;
    const char *out = "as before";
    EXPECT_OK(core_builder_begin(&text, "a test"));
    fputs("half", text.stream);
    EXPECT_FAILURE(core_builder_end(&text, core_fail(CORE_BAD_FILE, "row 7 is none"), &arena, &out), CORE_BAD_FILE,
                   "row 7");
    ck_assert_str_eq(out, "as before");
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
/* Memory that runs out while it is written to: no text, though nobody looked at each write. */
START_TEST(test_a_text_that_lost_something_is_none)
{
    static const char much[1 << 26];
    core_builder text;
    char *out = NULL;
    struct rlimit limit;
    EXPECT_OK(core_builder_begin(&text, "a test"));
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    const struct rlimit none = {1, limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    fwrite(much, 1, sizeof much, text.stream);
    const core_status status = core_builder_take(&text, CORE_OK, &out);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    EXPECT_FAILURE(status, CORE_MACHINE, "not enough memory for a test");
    ck_assert_ptr_null(out);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("core/builder");
    TCase *builder = tcase_create("builder");
    tcase_add_checked_fixture(builder, NULL, teardown);
    suite_add_tcase(suite, builder);
    tcase_add_test(builder, test_the_text_is_what_was_written);
    tcase_add_test(builder, test_nothing_written_is_an_empty_text);
    tcase_add_test(builder, test_the_text_so_far_is_there_after_a_flush);
    tcase_add_test(builder, test_the_writers_failure_is_handed_on);
#ifndef __SANITIZE_ADDRESS__ /* which has an allocator of its own */
    tcase_add_test(builder, test_a_text_that_lost_something_is_none);
#endif
    return run_suite(suite);
}

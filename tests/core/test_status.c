/* Failures: the code goes up, the sentence stays behind, a thread keeps its own. */
#include "core/status.h"
#include "core/team.h"
#include "tests/support.h"

static core_status fail_deep(int depth)
{
    if (depth == 0) {
        return core_fail(CORE_BAD_FILE, "%s: %d bytes, expected %d", "a.bin", 12, 34);
    }
    CORE_TRY(fail_deep(depth - 1));
    return CORE_OK;
}

START_TEST(test_a_failure_goes_up_with_its_sentence)
{
    ck_assert_int_eq(fail_deep(5), CORE_BAD_FILE);
    ck_assert_str_eq(core_error_message(), "a.bin: 12 bytes, expected 34");
}
END_TEST

START_TEST(test_a_sentence_can_hold_the_last_one)
{
    core_fail(CORE_MACHINE, "disk full");
    ck_assert_int_eq(core_fail(CORE_MACHINE, "run.h5: %s", core_error_message()), CORE_MACHINE);
    ck_assert_str_eq(core_error_message(), "run.h5: disk full");
}
END_TEST

START_TEST(test_a_subject_can_be_left_out)
{
    ck_assert_int_eq(core_fail_about(CORE_BAD_FILE, "a\x1b.bin", ": %d bytes, expected %d", 12, 34), CORE_BAD_FILE);
    ck_assert_str_eq(core_error_message(), "a\\x1b.bin: 12 bytes, expected 34");
    ck_assert_str_eq(core_error_subject(), "a\x1b.bin");
    ck_assert_str_eq(core_error_rest(), ": 12 bytes, expected 34");
    core_fail_about(CORE_BAD_FILE, core_error_rest(), " of %s", core_error_subject());
    ck_assert_str_eq(core_error_message(), ": 12 bytes, expected 34 of a\\x1b.bin");
    core_fail(CORE_MACHINE, "disk full");
    ck_assert_str_eq(core_error_subject(), "");
    ck_assert_str_eq(core_error_rest(), "disk full");
}
END_TEST

START_TEST(test_a_sentence_too_long_is_cut)
{
    char text[2 * CORE_MESSAGE_BYTES];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    core_fail(CORE_BAD_USAGE, "%s", text);
    ck_assert_uint_eq(strlen(core_error_message()), CORE_MESSAGE_BYTES - 1);
    core_fail_about(CORE_BAD_USAGE, text, "rest");
    ck_assert_uint_eq(strlen(core_error_message()), CORE_MESSAGE_BYTES - 1);
    ck_assert_str_eq(core_error_rest(), "");
}
END_TEST

static core_status overwrite(void *context, int thread, int threads)
{
    (void)context, (void)threads;
    if (thread == 1) {
        core_fail(CORE_MACHINE, "of another thread");
    }
    return CORE_OK;
}

START_TEST(test_another_thread_leaves_this_sentence_alone)
{
    core_fail(CORE_MACHINE, "of this thread");
    EXPECT_OK(core_team_run(2, overwrite, NULL));
    ck_assert_str_eq(core_error_message(), "of this thread");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/status");
    ADD_CASE(suite, "errors", test_a_failure_goes_up_with_its_sentence, test_a_sentence_can_hold_the_last_one,
             test_a_subject_can_be_left_out, test_another_thread_leaves_this_sentence_alone);
    ADD_CASE(suite, "limits", test_a_sentence_too_long_is_cut);
    return run_suite(suite);
}

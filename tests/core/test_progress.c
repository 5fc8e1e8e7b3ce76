#include "core/progress.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/support.h"

START_TEST(test_durations)
{
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0s"},         {0.4, "0s"},      {59.4, "59s"},     {59.6, "1m00s"},  {725, "12m05s"},
                 {3599.7, "1h00m"}, {11220, "3h07m"}, {86399, "23h59m"}, {86400, "1d00h"}, {187200, "2d04h"}};
    for (int i = 0; i < LENGTH(cases); i++) {
        char text[16];
        ck_assert_str_eq(core_progress_duration(cases[i].seconds, text, sizeof text), cases[i].text);
    }
    char text[16];
    ck_assert_str_eq(core_progress_duration(1e300, text, sizeof text), "11574d01h");
}
END_TEST

START_TEST(test_line_tells_share_and_time_left)
{
    core_progress progress = {.label = "LDAM", .total = 200};
    char line[128];
    core_progress_line(&progress, 50, 20, "error 0.42", 100, line, sizeof line);
    ck_assert_str_eq(line, "LDAM  25% 50/200 ETA 1m00s error 0.42");
    core_progress_line(&progress, 0, 20, NULL, 100, line, sizeof line);
    ck_assert_str_eq(line, "LDAM   0% 0/200 ETA ?");
    core_progress_line(&progress, 200, 80, NULL, 100, line, sizeof line);
    ck_assert_str_eq(line, "LDAM 100% 200/200 ETA 0s");
}
END_TEST

/* 150 of 200 were done by an earlier process: 25 in 10 s leave 25, so 10 s. */
START_TEST(test_line_of_a_resumed_run)
{
    core_progress progress = {.label = "LDAM", .total = 200, .first = 150};
    char line[128];
    core_progress_line(&progress, 175, 10, NULL, 100, line, sizeof line);
    ck_assert_str_eq(line, "LDAM  87% 175/200 ETA 10s");
}
END_TEST

START_TEST(test_line_is_cut)
{
    core_progress progress = {.label = "LDAM", .total = 200};
    char line[128], small[8];
    core_progress_line(&progress, 50, 20, NULL, 9, line, sizeof line);
    ck_assert_str_eq(line, "LDAM  25%");
    core_progress_line(&progress, 50, 20, NULL, 100, small, sizeof small);
    ck_assert_str_eq(small, "LDAM  2");
    core_progress_line(&progress, 50, 20, NULL, 0, line, sizeof line);
    ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(test_nothing_on_a_pipe)
{
    char *text;
    size_t bytes;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    FILE *stream = fdopen(ends[1], "w");
    core_progress progress;
    core_progress_begin(&progress, stream, "LDAM", 0, 3);
    core_progress_update(&progress, 1, "note");
    core_progress_update(&progress, 3, NULL);
    core_progress_clear(&progress);
    fclose(stream);
    char byte;
    ck_assert_int_eq(read(ends[0], &byte, 1), 0); /* the end, at once */
    core_progress_begin(&progress, NULL, "LDAM", 0, 3);
    core_progress_update(&progress, 1, NULL);
    stream = open_memstream(&text, &bytes); /* a stream without a file */
    core_progress_begin(&progress, stream, "LDAM", 0, 3);
    core_progress_update(&progress, 1, NULL);
    fclose(stream);
    ck_assert_uint_eq(bytes, 0);
    free(text);
}
END_TEST

START_TEST(test_terminal_gets_a_line_that_can_be_wiped)
{
    int leader = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(leader >= 0 && grantpt(leader) == 0 && unlockpt(leader) == 0);
    ck_assert_int_eq(ioctl(leader, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = 18}), 0);
    FILE *stream = fopen(ptsname(leader), "w");
    ck_assert_ptr_nonnull(stream);
    core_progress progress;
    core_progress_begin(&progress, stream, "LDAM", 0, 200);
    core_progress_update(&progress, 0, NULL);
    core_progress_update(&progress, 1, NULL); /* too soon */
    core_progress_clear(&progress);
    core_progress_clear(&progress); /* nothing left to wipe */
    core_progress_update(&progress, 200, NULL);
    char got[128] = {0};
    const char *wanted = "\rLDAM   0% 0/200 E\033[K\r\033[K\rLDAM 100% 200/200\033[K"; /* 17 of 18 columns */
    size_t length = 0;
    while (length < strlen(wanted)) { /* the terminal hands over a write at a time */
        ssize_t more = read(leader, got + length, sizeof got - 1 - length);
        ck_assert_int_gt(more, 0);
        length += (size_t)more;
    }
    ck_assert_str_eq(got, wanted);
    fclose(stream);
    close(leader);
}
END_TEST

START_TEST(test_clock_goes_forward)
{
    double before = core_progress_now_s();
    usleep(2000);
    double passed = core_progress_now_s() - before;
    ck_assert(passed >= 0.002 && passed < 30);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/progress");
    ADD_CASE(suite, "oracle", test_durations, test_line_tells_share_and_time_left, test_line_of_a_resumed_run,
             test_clock_goes_forward);
    ADD_CASE(suite, "limits", test_line_is_cut, test_nothing_on_a_pipe, test_terminal_gets_a_line_that_can_be_wiped);
    return run_suite(suite);
}

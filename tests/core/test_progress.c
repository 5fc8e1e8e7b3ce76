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
    core_progress_line(&progress, 50, 20, "error 0.42", line, sizeof line);
    ck_assert_str_eq(line, "LDAM [#####...............]  25% 50/200 ETA 1m00s error 0.42");
    core_progress_line(&progress, 0, 20, NULL, line, sizeof line);
    ck_assert_str_eq(line, "LDAM [....................]   0% 0/200 ETA ?");
    core_progress_line(&progress, 199, 80, NULL, line, sizeof line);
    ck_assert_str_eq(line, "LDAM [###################.]  99% 199/200 ETA 0s");
    core_progress_line(&progress, 200, 80, NULL, line, sizeof line);
    ck_assert_str_eq(line, "LDAM [####################] 100% 200/200 ETA 0s");
}
END_TEST

/* 150 of 200 were done by an earlier process: 25 in 10 s leave 25, so 10 s. */
START_TEST(test_line_of_a_resumed_run)
{
    core_progress progress = {.label = "LDAM", .total = 200, .first = 150};
    char line[128];
    core_progress_line(&progress, 175, 10, NULL, line, sizeof line);
    ck_assert_str_eq(line, "LDAM [#################...]  87% 175/200 ETA 10s");
}
END_TEST

START_TEST(test_line_is_cut_to_its_memory)
{
    core_progress progress = {.label = "LDAM", .total = 200};
    char small[8];
    core_progress_line(&progress, 50, 20, NULL, small, sizeof small);
    ck_assert_str_eq(small, "LDAM [#");
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

/* A terminal of that size; *leader is its other end. */
static FILE *open_terminal(unsigned short rows, unsigned short columns, int *leader)
{
    *leader = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert(*leader >= 0 && grantpt(*leader) == 0 && unlockpt(*leader) == 0);
    ck_assert_int_eq(ioctl(*leader, TIOCSWINSZ, &(struct winsize){.ws_row = rows, .ws_col = columns}), 0);
    FILE *stream = fopen(ptsname(*leader), "w");
    ck_assert_ptr_nonnull(stream);
    return stream;
}

static void assert_drawn(int leader, const char *wanted)
{
    char got[256] = {0};
    size_t length = 0;
    while (length < strlen(wanted)) { /* the terminal hands over a write at a time */
        ssize_t more = read(leader, got + length, sizeof got - 1 - length);
        ck_assert_int_gt(more, 0);
        length += (size_t)more;
    }
    ck_assert_str_eq(got, wanted);
}

START_TEST(test_terminal_gets_a_line_that_can_be_wiped)
{
    int leader;
    FILE *stream = open_terminal(24, 18, &leader);
    core_progress progress;
    core_progress_begin(&progress, stream, "LDAM", 0, 200);
    core_progress_update(&progress, 0, NULL);
    core_progress_update(&progress, 1, NULL); /* too soon */
    core_progress_clear(&progress);
    core_progress_clear(&progress); /* nothing left to wipe */
    core_progress_update(&progress, 200, NULL);
    assert_drawn(leader,
                 "\rLDAM [...........\033[K\033[J\r\033[J\rLDAM [###########\033[K\033[J"); /* 17 of 18 columns */
    fclose(stream);
    close(leader);
}
END_TEST

START_TEST(test_lines_are_drawn_in_place)
{
    int leader;
    FILE *stream = open_terminal(3, 80, &leader);
    core_foot foot;
    core_foot_begin(&foot, stream);
    core_foot_draw(&foot, "one\ntwo\nthree"); /* the last of three rows stays free */
    core_foot_draw(&foot, "four\n");
    core_foot_draw(&foot, "");
    core_foot_clear(&foot);
    assert_drawn(leader, "\rone\033[K\r\r\ntwo\033[K\033[J\033[A\rfour\033[K\033[J\r\033[J");
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
    ADD_CASE(suite, "limits", test_line_is_cut_to_its_memory, test_nothing_on_a_pipe,
             test_terminal_gets_a_line_that_can_be_wiped, test_lines_are_drawn_in_place);
    return run_suite(suite);
}

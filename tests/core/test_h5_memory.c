/* core/h5: where memory ends while a file is made, in whichever place, the program says so and ends. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/h5.h"
#include "tests/support.h"

#ifndef __SANITIZE_ADDRESS__ /* whose shadow has no room in a small address space */
static char folder[64], path[96];

/* Limits the address space to what is in use and `left` bytes more. */
static void leave(int64_t left)
{
    int64_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%" SCNd64, &pages) != 1) {
        exit(2);
    }
    fclose(file);
    const rlim_t room = (rlim_t)(pages * getpagesize() + left);
    setrlimit(RLIMIT_AS, &(const struct rlimit){room, room});
}

/* Makes a file of 12 MiB; the exit status: 0: it was written; 1: refused for want of memory. */
static _Noreturn void write_within(int64_t left)
{
    enum { DATASETS = 12, BYTES = 1 << 20 };
    unsigned char *numbers = calloc(BYTES, 1);
    leave(left);
    core_h5 *h5 = NULL;
    const core_h5_shape shape = core_h5_shape1(CORE_H5_U8, BYTES);
    const core_h5_about about = {.long_name = "a thing", .units = "1"};
    core_status status = core_h5_create(path, &h5);
    status = status == CORE_OK ? core_h5_set_text(h5, "", "format", "of a test") : status;
    for (int i = 0; status == CORE_OK && i < DATASETS; i++) {
        char name[16];
        snprintf(name, sizeof name, "g/%d", i);
        status = core_h5_write(h5, name, &shape, numbers, &about);
    }
    status = status == CORE_OK ? core_h5_save(h5, path) : status;
    core_h5_close(h5);
    free(numbers);
    exit(status == CORE_OK ? 0 : status == CORE_MACHINE ? 1 : 2);
}

START_TEST(test_where_memory_ends_a_file_is_refused_or_whole)
{
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/file.h5", folder);
    const pid_t first = fork(); /* what the others replace */
    if (first == 0) {
        write_within(1 << 28);
    }
    int code;
    ck_assert(waitpid(first, &code, 0) == first && WIFEXITED(code) && WEXITSTATUS(code) == 0);
    const int64_t most = 32 << 20, step = 96 << 10;
    int counts[2] = {0, 0}, crashes = 0;
    for (int64_t left = 0; left < most; left += step) {
        const pid_t child = fork();
        if (child == 0) {
            write_within(left);
        }
        int how;
        ck_assert_int_eq(waitpid(child, &how, 0), child);
        crashes += !WIFEXITED(how);
        if (WIFEXITED(how)) {
            ck_assert_int_lt(WEXITSTATUS(how), 2);
            counts[WEXITSTATUS(how)]++;
        }
    }
    ck_assert_msg(crashes == 0 && counts[0] > 20 && counts[1] > 20, "%d written, %d refused, %d crashes", counts[0],
                  counts[1], crashes);
    remove_test_folder(folder);
}
END_TEST

/* What cannot be looked at is not called another's. */
START_TEST(test_where_memory_ends_at_a_look_that_is_said)
{
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/file.h5", folder);
    core_h5 *file = NULL;
    EXPECT_OK(core_h5_create(path, &file));
    EXPECT_OK(core_h5_set_text(file, "", "format", "of a test"));
    EXPECT_OK(core_h5_save(file, path));
    const pid_t child = fork();
    if (child == 0) {
        leave(0);
        const core_status status = core_h5_save(file, path);
        exit(status == CORE_MACHINE && strstr(core_error_message(), "not enough memory or open files to look") != NULL
                 ? 0
                 : 1);
    }
    int how;
    ck_assert(waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0);
    core_h5_close(file);
    remove_test_folder(folder);
}
END_TEST
#endif

START_TEST(test_after_a_failure_while_writing_there_are_no_more_files)
{
    core_h5 *file = NULL, *next = NULL;
    EXPECT_OK(core_h5_create("file.h5", &file));
    const int64_t one = 1;
    const core_h5_shape shape = core_h5_shape1(CORE_H5_I64, 1);
    const core_h5_about about = {.long_name = "a thing", .units = "1"};
    EXPECT_OK(core_h5_write(file, "row", &shape, &one, &about));
    EXPECT_FAILURE(core_h5_write(file, "row", &shape, &one, &about), CORE_MACHINE, "file.h5: cannot write /row");
    core_h5_close(file);
    EXPECT_FAILURE(core_h5_create("next.h5", &next), CORE_MACHINE, "not enough memory for an HDF5 file");
    ck_assert_ptr_null(next);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/h5_memory");
    TCase *memory = tcase_create("memory");
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(memory, test_where_memory_ends_a_file_is_refused_or_whole);
    tcase_add_test(memory, test_where_memory_ends_at_a_look_that_is_said);
#endif
    tcase_add_test(memory, test_after_a_failure_while_writing_there_are_no_more_files);
    suite_add_tcase(suite, memory);
    return run_suite(suite);
}

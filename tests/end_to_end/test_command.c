/* The command line from outside: exit codes, and sentences that name the file or the option. */
#include "tests/end_to_end/program.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/h5.h"
#include "tests/recipes/support.h"

static program_result result;

/* Words, the exit code, and what stands in the one line on stderr. */
static const struct {
    const char *words[12];
    int code;
    const char *said;
} bad[] = {
    {{"trian"}, 2, "did you mean train?"},
    {{"evaluate", "a.h5", "--gpu", "0"}, 2, "--gpu: leave it out: tailbit runs on CPUs"},
    {{"train", "--data", "CIFAR-10", "--method", "ERM"}, 2, "(FILE.h5); did you mean cifar10?\n"},
    {{"split", "--data", "CIFAR10-LT"}, 2, "did you mean cifar10?\n"},
    {{"split", "--data", "tiny-imagenet"}, 2, "did you mean tiny_imagenet?\n"},
    {{"split", "--data", "iNaturalist2018"}, 2, "did you mean inaturalist?\n"},
    {{"split", "--data", "photos"}, 2, "(FILE.h5)\n"},
    {{"data", "fetch", "CIFAR-100"},
     2,
     "expected cifar10, cifar100, imdb, tiny_imagenet or inaturalist; did you mean "
     "cifar100?\n"},
    {{"data", "verify", "CIFAR-100"}, 2, "did you mean cifar100?\n"},
    {{"frobnicate"}, 2, "see `tailbit --help`"},
    {{"train", "--data", "shapes", "--method", "LDAM-DWR"}, 2, "did you mean LDAM-DRW?"},
    {{"train", "--data", "shapes", "--method", "ERM", "--rho", "0.5"},
     2,
     "--rho: got '0.5', expected a number of at least 1"},
    {{"train", "--data", "shapes", "--method", "ERM", "--imbalance", "step", "--mu", "1"}, 2, "--mu: got '1'"},
    {{"train", "--data", "shapes", "--method", "ERM", "--imbalance", "step", "--mu", "0"}, 2, "--mu: got '0'"},
    {{"train", "--data", "shapes:20:5", "--method", "ERM", "--rho", "100"}, 2, "class"},
    {{"bench", "--stem", "7x7"}, 2, "--stem has no effect with --model resnet32"},
    {{"bench", "--model", "bilstm2", "--image-size", "64"}, 2, "--image-size has no effect with --model bilstm2"},
    {{"train", "--data", "shapes:2:1", "--method", "ERM", "--bottleneck", "v1", "--model", "resnet18"},
     2,
     "--bottleneck has no effect with resnet18"},
    {{"train", "--data", "shapes:2:1", "--rho", "2", "--method", "ERM", "--model", "resnet8", "--batch", "1000000"},
     4,
     "images of 32 x 32 take 0.6 MiB an example of a batch: give "},
    {{"train", "--data=shapes:2:1:64", "--imbalance=none", "--method=ERM", "--model=resnet8", "--crop=resize",
      "--image-size=4096", "--threads=64", "--batch=4"},
     4,
     "images of 4096 x 4096 take 9408.0 MiB an example of a batch: give a smaller image or network"},
    {{"bench", "--batch", "2"}, 2, "--batch 2 is smaller than --shard 4 (the default)"},
    {{"split", "--data", "shapes:5:5"}, 2, "; give --imbalance none instead of long-tailed (the default), for all"},
    {{"train", "--data", "shapes", "--method", "ERM", "--batch", "2"}, 2, "--batch 2 is smaller than --shard 4"},
    {{"train", "--data", "shapes", "--method", "ERM", "--epohcs", "2"}, 2, "did you mean --epochs?"},
    {{"train", "--data", "shapes:20", "--method", "ERM"}, 2, "shapes:20"},
    {{"train", "--data", "cifar11", "--method", "ERM"}, 2, "cifar11"},
    {{"train", "--data", "cifar10", "--method", "ERM", "--data-dir", "nowhere"}, 3, "data fetch cifar10"},
    {{"train", "--data", "./nowhere.h5", "--method", "ERM"}, 3, "nowhere.h5"},
    {{"train", "stray", "--data", "shapes"}, 2, "train: got 1 argument"},
    {{"grid", "table7"}, 2, "no grid 'table7'"},
    {{"grid", "table8"}, 2, "no grid 'table8'"},
    {{"compare", "a.h5"}, 2, "compare: got 1 argument, expected: tailbit compare A B"},
    {{"compare", "nowhere.h5", "b.h5"}, 3, "nowhere.h5"},
    {{"compare", ".", "b.h5"}, 3, "expected two files or two folders"},
    {{"table"}, 2, "expected: tailbit table DIR"},
    {{"table", "nowhere"}, 3, "nowhere"},
    {{"table", ".", "--metric", "top1,tap5"}, 2, "did you mean top5?"},
    {{"table", ".", "--format", "tex"}, 2, "expected one of text, markdown, latex, csv, json\n"},
    {{"table", ".", "--title", "ours"}, 2, "--title: no such option of table; see --help"},
    {{"train", "--dry-run"}, 2, "--dry-run: not an option of train; see tailbit train --help"},
    {{"info", "nowhere.h5"}, 3, "nowhere.h5"},
    {{"data", "fetsh", "cifar10"}, 2, "did you mean fetch?"},
    {{"data", "fetch"}, 2, "expected: tailbit data fetch NAME"},
    {{"data", "import", "cifar10", "nowhere.tar.gz"}, 3, "nowhere.tar.gz"},
    {{"data", "import", "shapes", "nowhere.tar.gz"}, 2, "shapes"},
    {{"data", "list", "--unverified"}, 2, "--unverified has no effect with data list"},
    {{"split", "--data", "shapes:20:5", "--rho", "100"}, 2, "class"},
    {{"help", "trian"}, 2, "did you mean train?"},
};

START_TEST(test_bad_words_end_with_the_documented_code)
{
    const char *words[13] = {NULL};
    memcpy(words, bad[_i].words, sizeof bad[_i].words);
    setenv("TAILBIT_DATA", "no-data-here", 1);
    program_run(words, &result);
    EXPECT_EXIT(&result, bad[_i].code, bad[_i].said);
    ck_assert_msg(strncmp(result.err, "tailbit: ", 9) == 0, "stderr: %s", result.err);
    ck_assert_msg(strchr(result.err, '\n') == result.err + strlen(result.err) - 1, "more than a line: %s", result.err);
}
END_TEST

START_TEST(test_unknown_key_names_file_line_and_nearest_key)
{
    FILE *file = fopen("run.yaml", "w");
    ck_assert_ptr_nonnull(file);
    fputs("data: shapes\nmethd: ERM\n", file);
    fclose(file);
    PROGRAM_RUN(&result, "train", "--config", "run.yaml");
    EXPECT_EXIT(&result, 2, "run.yaml");
    EXPECT_EXIT(&result, 2, "method");
}
END_TEST

START_TEST(test_help_and_version_everywhere)
{
    static const char *const verbs[] = {"train",   "grid", "status", "table", "compare",  "split",  "data",
                                        "methods", "info", "bench",  "demo",  "evaluate", "predict"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "usage: tailbit %s", verbs[i]);
        PROGRAM_RUN(&result, verbs[i], "--help");
        EXPECT_EXIT(&result, 0, NULL);
        ck_assert_msg(strncmp(result.out, usage, strlen(usage)) == 0, "%s", result.out);
        PROGRAM_RUN(&result, "help", verbs[i]);
        EXPECT_EXIT(&result, 0, NULL);
        ck_assert_msg(strncmp(result.out, usage, strlen(usage)) == 0, "%s", result.out);
    }
    PROGRAM_RUN(&result, "--help");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_ptr_nonnull(strstr(result.out, "exit codes"));
    PROGRAM_RUN(&result, "--version");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_int_eq(strncmp(result.out, "tailbit ", 8), 0);
}
END_TEST

START_TEST(test_manual_shows_the_help_as_it_is)
{
    static const char *const verbs[] = {"train",   "grid",  "status",   "table",  "report", "figure",
                                        "compare", "probe", "export",   "split",  "data",   "info",
                                        "bench",   "demo",  "evaluate", "predict"};
    char *manual = NULL;
    EXPECT_OK(core_file_read(TAILBIT_MANUAL, &manual, NULL));
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        PROGRAM_RUN(&result, verbs[i], "--help");
        EXPECT_EXIT(&result, 0, NULL);
        ck_assert_msg(strstr(manual, result.out) != NULL, "docs/command-line.md does not show `tailbit %s --help`:\n%s",
                      verbs[i], result.out);
    }
    free(manual);
}
END_TEST

START_TEST(test_no_command_shows_the_commands)
{
    program_run((const char *const[]){NULL}, &result);
    EXPECT_EXIT(&result, 2, "a command is missing");
    ck_assert_ptr_nonnull(strstr(result.out, "compare"));
}
END_TEST

START_TEST(test_info_names_what_bits_depend_on)
{
    static const char *const rows[] = {"isa: ", "self_test: ", "onednn: ", "glibc: ", "compiler: ", "commit: "};
    PROGRAM_RUN(&result, "info");
    EXPECT_EXIT(&result, 0, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(strstr(result.out, rows[i]) != NULL, "no %s in %s", rows[i], result.out);
    }
}
END_TEST

START_TEST(test_split_prints_counts_and_as_many_indices)
{
    PROGRAM_RUN(&result, "split", "--data", "shapes:50:5", "--rho", "50");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_msg(strstr(result.out, "class_counts: 50 32 20 13 8 5 3 2 1 1\nexamples: 135\n") != NULL, "%s",
                  result.out);
    PROGRAM_RUN(&result, "split", "--data", "shapes:50:5", "--rho", "50", "--indices");
    EXPECT_EXIT(&result, 0, NULL);
    int lines = 0;
    for (const char *c = result.out; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    ck_assert_int_eq(lines, 135);
}
END_TEST

static void make_file(const char *path, off_t bytes, int first_byte)
{
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0666);
    ck_assert_int_ge(file, 0);
    char byte = (char)first_byte;
    ck_assert_int_eq(write(file, &byte, 1), 1);
    ck_assert_int_eq(ftruncate(file, bytes), 0);
    close(file);
}

/* A CIFAR-10 folder of sparse files: all pixels and labels 0 but the first label. */
static void make_cifar(off_t bytes, int first_label)
{
    ck_assert(mkdir("unpacked", 0777) == 0 || access("unpacked", F_OK) == 0);
    for (int i = 1; i <= 6; i++) {
        char path[64];
        snprintf(path, sizeof path, i < 6 ? "unpacked/data_batch_%d.bin" : "unpacked/test_batch.bin", i);
        make_file(path, bytes, first_label);
    }
    FILE *names = fopen("unpacked/batches.meta.txt", "w");
    ck_assert_ptr_nonnull(names);
    for (int i = 0; i < 10; i++) {
        fprintf(names, "class%d\n", i);
    }
    fclose(names);
}

START_TEST(test_damaged_cifar_is_refused_with_the_file)
{
    make_cifar(30729999, 0);
    PROGRAM_RUN(&result, "data", "import", "cifar10", "unpacked", "--unverified", "--data-dir", "data");
    EXPECT_EXIT(&result, 3, "data_batch_1.bin");
    EXPECT_EXIT(&result, 3, "30730000");
    make_cifar(30730001, 0);
    PROGRAM_RUN(&result, "data", "import", "cifar10", "unpacked", "--unverified", "--data-dir", "data");
    EXPECT_EXIT(&result, 3, "data_batch_1.bin");
    make_cifar(30730000, 17);
    PROGRAM_RUN(&result, "data", "import", "cifar10", "unpacked", "--unverified", "--data-dir", "data");
    EXPECT_EXIT(&result, 3, "data_batch_1.bin");
    EXPECT_EXIT(&result, 3, "17");
    PROGRAM_RUN(&result, "data", "import", "cifar10", "unpacked", "--data-dir", "data");
    EXPECT_EXIT(&result, 2, "--unverified");
    make_file("cifar-10-binary.tar.gz", 12345, 3);
    PROGRAM_RUN(&result, "data", "import", "cifar10", "cifar-10-binary.tar.gz", "--data-dir", "data");
    EXPECT_EXIT(&result, 3, "cifar-10-binary.tar.gz");
    PROGRAM_RUN(&result, "train", "--data", "cifar10", "--method", "ERM", "--data-dir", "data");
    EXPECT_EXIT(&result, 3, "data fetch cifar10");
}
END_TEST

/* A user's file with `classes` classes, 6 training and 2 test images each; the last training label is `last`. */
static void make_user_file(const char *path, int classes, int last)
{
    enum { MOST = 64 };
    static uint8_t images[MOST][3][32][32];
    int32_t labels[MOST];
    core_h5 *file;
    core_h5_about about = {.long_name = "test", .units = "1"};
    EXPECT_OK(core_h5_create(path, &file));
    for (int part = 0; part < 2; part++) {
        int count = classes * (part == 0 ? 6 : 2);
        for (int i = 0; i < count; i++) {
            labels[i] = i % classes;
            memset(images[i], 20 * labels[i] + i % 7, sizeof images[i]);
        }
        labels[count - 1] = part == 0 ? last : labels[count - 1];
        core_h5_shape shape = {.type = CORE_H5_U8, .rank = 4, .dims = {count, 3, 32, 32}};
        core_h5_shape rows = core_h5_shape1(CORE_H5_I32, count);
        EXPECT_OK(core_h5_write(file, part == 0 ? "images" : "test_images", &shape, images, &about));
        EXPECT_OK(core_h5_write(file, part == 0 ? "labels" : "test_labels", &rows, labels, &about));
    }
    EXPECT_OK(core_h5_save(file, path));
    core_h5_close(file);
}

START_TEST(test_users_file_trains_every_method)
{
    make_user_file("birds.h5", 4, 3);
    static const char *const methods[] = {"ERM",    "Focal", "LDAM",        "CB-RS", "CB-RW",   "CB-Focal", "RS",
                                          "HG-DRS", "RW",    "LDAM-HG-DRS", "M-DRW", "ERM-DRS", "ERM-DRW",  "LDAM-DRW"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        PROGRAM_RUN(&result, "train", "--data", "./birds.h5", "--imbalance", "step", "--rho", "3", "--method",
                    methods[i], "--model", "resnet8", "--epochs", "2", "--batch", "8");
        EXPECT_EXIT(&result, 0, NULL);
        char path[96];
        snprintf(path, sizeof path, "runs/birds-step-3-%s-seed0-model-resnet8-epochs-2-batch-8.h5", methods[i]);
        ck_assert_msg(access(path, F_OK) == 0, "no %s", path);
        ck_assert_msg(strstr(result.out, "nan") == NULL, "%s: %s", methods[i], result.out);
    }
}
END_TEST

START_TEST(test_bad_users_file_is_refused_with_its_name)
{
    make_user_file("odd.h5", 4, -1);
    PROGRAM_RUN(&result, "train", "--data", "odd.h5", "--method", "ERM");
    EXPECT_EXIT(&result, 3, "odd.h5");
    make_user_file("hole.h5", 4, 5);
    PROGRAM_RUN(&result, "train", "--data", "hole.h5", "--method", "ERM");
    EXPECT_EXIT(&result, 3, "hole.h5");
    make_file("text.h5", 100, 'x');
    PROGRAM_RUN(&result, "train", "--data", "text.h5", "--method", "ERM");
    EXPECT_EXIT(&result, 3, "text.h5");
}
END_TEST

START_TEST(test_foreign_or_corrupt_run_file_is_left_alone)
{
    struct stat before, after;
    make_file("foreign.h5", 5000, 'x');
    ck_assert_int_eq(stat("foreign.h5", &before), 0);
    PROGRAM_RUN(&result, TINY, "ERM", "--out", "foreign.h5");
    EXPECT_EXIT(&result, 2, "foreign.h5 is there and is no tailbit-run file");
    ck_assert(access("foreign.h5.lock", F_OK) != 0);
    ck_assert_int_eq(stat("foreign.h5", &after), 0);
    ck_assert(before.st_ino == after.st_ino && before.st_size == after.st_size);
    make_user_file("birds.h5", 4, 3);
    PROGRAM_RUN(&result, TINY, "ERM", "--out", "birds.h5");
    EXPECT_EXIT(&result, 2, "birds.h5");
    PROGRAM_RUN(&result, "info", "birds.h5");
    EXPECT_EXIT(&result, 3, "birds.h5");
    PROGRAM_RUN(&result, TINY, "ERM", "--out", "good.h5");
    EXPECT_EXIT(&result, 0, NULL);
    ck_assert_int_eq(stat("good.h5", &before), 0);
    ck_assert_int_eq(truncate("good.h5", before.st_size - 1000), 0);
    PROGRAM_RUN(&result, TINY, "ERM", "--out", "good.h5");
    EXPECT_EXIT(&result, 3, "good.h5");
    PROGRAM_RUN(&result, "compare", "good.h5", "good.h5");
    EXPECT_EXIT(&result, 3, "good.h5");
}
END_TEST

START_TEST(test_out_that_is_a_folder_or_has_no_folder)
{
    ck_assert_int_eq(mkdir("folder", 0777), 0);
    PROGRAM_RUN(&result, TINY, "ERM", "--out", "folder");
    EXPECT_EXIT(&result, 2, "folder is not a regular file");
    PROGRAM_RUN(&result, TINY, "ERM", "--out", "/proc/tailbit/run.h5");
    EXPECT_EXIT(&result, 4, "/proc/tailbit");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/command");
    TCase *each = tcase_create("bad words");
    tcase_add_checked_fixture(each, program_enter_folder, program_leave_folder);
    tcase_set_timeout(each, 60);
    tcase_add_loop_test(each, test_bad_words_end_with_the_documented_code, 0, (int)(sizeof bad / sizeof bad[0]));
    suite_add_tcase(suite, each);
    TCase *calls = tcase_create("calls");
    tcase_add_checked_fixture(calls, program_enter_folder, program_leave_folder);
    tcase_set_timeout(calls, 300);
    tcase_add_test(calls, test_unknown_key_names_file_line_and_nearest_key);
    tcase_add_test(calls, test_help_and_version_everywhere);
    tcase_add_test(calls, test_manual_shows_the_help_as_it_is);
    tcase_add_test(calls, test_no_command_shows_the_commands);
    tcase_add_test(calls, test_info_names_what_bits_depend_on);
    tcase_add_test(calls, test_split_prints_counts_and_as_many_indices);
    tcase_add_test(calls, test_damaged_cifar_is_refused_with_the_file);
    tcase_add_test(calls, test_users_file_trains_every_method);
    tcase_add_test(calls, test_bad_users_file_is_refused_with_its_name);
    tcase_add_test(calls, test_foreign_or_corrupt_run_file_is_left_alone);
    tcase_add_test(calls, test_out_that_is_a_folder_or_has_no_folder);
    suite_add_tcase(suite, calls);
    return run_suite(suite);
}

#define OWN_PROCESSES /* Cases fork after OpenMP began. */
#include "datasets/picture_import.h"

#include "datasets/dataset.h"
#include "datasets/picture_load.h"
#include "datasets/picture_verify.h"
#include "tests/datasets/picture_support.h"

static char folder[64], path[PATH_BYTES], data[PATH_BYTES];
static ds_data_report report;

static void setup(void)
{
    make_test_folder(folder);
    path_of(data, "%s/data", folder);
}

static void teardown(void) { remove_test_folder(folder); }

static core_status import_tiny(const char *name)
{
    const ds_picture_options how = {.unverified = true};
    return ds_picture_import("tiny_imagenet", path_of(path, "%s/%s", folder, name), data, &how, &report);
}

START_TEST(test_folder_becomes_an_index_in_order)
{
    ds_pack pack;
    write_photos(folder, 5);
    EXPECT_OK(import_photos(folder, (ds_picture_options){0}, &report));
    ck_assert_int_eq(report.train_count, 10);
    ck_assert_int_eq(report.test_count, 4);
    ck_assert_int_eq(report.classes, 2);
    ck_assert_int_eq(report.serious, 0);
    ck_assert(!report.verified);
    EXPECT_OK(ds_pack_open(report.where, &pack));
    ck_assert_str_eq(pack.class_names[0], "cat");
    ck_assert_str_eq(pack.class_names[1], "dog");
    ck_assert_str_eq(pack.pictures[0].path, "train/cat/0.any");
    ck_assert_str_eq(pack.pictures[9].path, "train/dog/4.any");
    ck_assert_str_eq(pack.pictures[13].path, "val/dog/6.any");
    ck_assert_int_eq(pack.pictures[13].height, 26);
    ck_assert_int_eq(pack.pictures[13].width, 29);
    ck_assert_int_eq(pack.pictures[13].label, 1);
    ck_assert_int_gt(pack.pictures[13].pack, 0);
    char *packed, *file;
    size_t bytes;
    EXPECT_OK(core_file_read(path_of(path, "%s/pictures-000.pack", report.where), &packed, NULL));
    EXPECT_OK(core_file_read(path_of(path, "%s/photos/train/cat/0.any", folder), &file, &bytes));
    ck_assert_mem_eq(packed, file, bytes); /* the original bytes */
    free(packed);
    free(file);
    ds_pack_close(&pack);
}
END_TEST

START_TEST(test_what_is_unusual_is_listed)
{
    write_photos(folder, 3);
    write_text(path_of(path, "%s/photos/train/cat/words.jpg", folder), "a text file named .jpg");
    write_text(path_of(path, "%s/photos/train/dog/nothing.jpg", folder), "");
    write_jpeg(path_of(path, "%s/photos/train/dog/gray.png", folder), 1, 30, 900);
    write_jpeg(path_of(path, "%s/photos/train/dog/inks.jpg", folder), 4, 30, 901);
    write_png(path_of(path, "%s/photos/train/dog/glass.png", folder), 4, 30, 902);
    shell("cd %s/photos && mkdir -p train/eel val/eel train/dog/more test-notes train/.git val/.git && cp "
          "train/cat/0.any val/dog/twin.any "
          "&& "
          "head -c 700 train/cat/1.any > train/cat/cut.jpg && touch train/README",
          folder);
    EXPECT_OK(import_photos(folder, (ds_picture_options){0}, &report));
    ck_assert_int_eq(report.classes, 3);
    ck_assert_int_eq(report.train_count, 9);
    ck_assert_int_eq(report.test_count, 5);
    ck_assert_int_eq(report.serious, 10);
    char *text = text_of(path_of(path, "%s/exceptions.txt", report.where));
    expect_line(text, "train/cat/words.jpg: left out: neither a JPEG nor a PNG by its first bytes");
    expect_line(text, "train/cat/cut.jpg: left out: the file ends early");
    expect_line(text, "train/dog/nothing.jpg: left out: an empty file");
    expect_line(text, "train/README: not the folder of a class");
    expect_line(text, "train/.git: hidden, so no class");
    expect_line(text, "train/dog/more: no file");
    expect_line(text, "class eel: no training picture");
    expect_line(text, "class eel: no test picture");
    expect_line(text, "val/dog/twin.any: the same pixels as train/cat/0.any of the training set");
    expect_line(text, "train/dog/gray.png: gray, its one channel repeated to three");
    expect_line(text, "train/dog/inks.jpg: four inks (CMYK), converted to red, green, blue");
    expect_line(text, "train/dog/glass.png: transparency dropped");
    free(text);
}
END_TEST

/* Classes that only the test part has, before the others in the alphabet. */
START_TEST(test_classes_of_the_test_part_alone_are_listed)
{
    write_photos(folder, 3);
    shell("cd %s/photos && for name in ant bee; do mkdir val/$name && cp train/cat/0.any val/$name; done", folder);
    EXPECT_OK(import_photos(folder, (ds_picture_options){0}, &report));
    ck_assert_int_eq(report.classes, 4);
    char *text = text_of(path_of(path, "%s/exceptions.txt", report.where));
    expect_line(text, "class ant: no training picture");
    expect_line(text, "class bee: no training picture");
    free(text);
}
END_TEST

START_TEST(test_no_two_classes_of_pictures_are_refused)
{
    shell("mkdir -p %s/photos/train/cat %s/photos/train/dog %s/photos/val/cat", folder, folder, folder);
    EXPECT_FAILURE(import_photos(folder, (ds_picture_options){0}, &report), CORE_BAD_FILE, "no file in any class");
    write_text(path_of(path, "%s/photos/train/cat/a.jpg", folder), "words");
    EXPECT_FAILURE(import_photos(folder, (ds_picture_options){0}, &report), CORE_BAD_FILE, "of two classes");
    ck_assert(!exists(path_of(path, "%s/data/photos", folder)));
    ck_assert(!exists(path_of(path, "%s/data/photos.tmp", folder)));
    shell("rm -r %s/photos/val", folder);
    EXPECT_FAILURE(import_photos(folder, (ds_picture_options){0}, &report), CORE_BAD_FILE, "test/CLASS/FILE");
}
END_TEST

START_TEST(test_names_that_are_taken_are_refused)
{
    const ds_picture_options how = {0}, unverified = {.unverified = true};
    static const char *const names[] = {"cifar10", "shapes", "folder", "my photos", "a.h5"};
    for (int i = 0; i < LENGTH(names); i++) {
        shell("mkdir '%s/%s'", folder, names[i]);
        EXPECT_FAILURE(ds_picture_import("folder", path_of(path, "%s/%s", folder, names[i]), data, &how, &report),
                       CORE_BAD_USAGE, "cannot name a data set");
    }
    write_photos(folder, 2);
    EXPECT_FAILURE(import_photos(folder, unverified, &report), CORE_BAD_USAGE, "--unverified has no effect");
    shell("mkdir -p %s/data/photos && touch %s/data/photos/mine", folder, folder);
    EXPECT_FAILURE(import_photos(folder, how, &report), CORE_BAD_USAGE, "photos");
    ck_assert(exists(path_of(path, "%s/data/photos/mine", folder)));
    EXPECT_FAILURE(ds_picture_import("folder", "/nowhere/at-all", data, &how, &report), CORE_BAD_FILE,
                   "no such folder");
}
END_TEST

START_TEST(test_tiny_imagenet_is_the_same_from_zip_and_folder)
{
    char sha256[DS_SHA256_BYTES];
    ds_pack pack;
    write_tiny(folder);
    EXPECT_OK(import_tiny("tiny.zip"));
    memcpy(sha256, report.sha256, sizeof sha256);
    EXPECT_OK(import_tiny("tiny-imagenet-200"));
    ck_assert_str_eq(report.sha256, sha256);
    ck_assert_int_eq(report.train_count, 6);
    ck_assert_int_eq(report.test_count, 2);
    ck_assert_int_eq(report.serious, 2);
    EXPECT_OK(ds_pack_open(report.where, &pack));
    ck_assert_str_eq(report.class_order, "sorted");
    ck_assert_str_eq(pack.class_ids[0], "n01");
    ck_assert_str_eq(pack.class_names[0], "goldfish");
    ck_assert_str_eq(pack.class_names[1], "salamander");
    ck_assert_str_eq(pack.pictures[0].path, "train/n01/images/n01_10.JPEG");
    ck_assert_str_eq(pack.pictures[6].path, "val/images/val_1.JPEG");
    ck_assert_int_eq(pack.pictures[7].label, 1);
    ds_pack_close(&pack);
    char *text = text_of(path_of(path, "%s/exceptions.txt", report.where));
    expect_line(text, "val/images/val_2.JPEG: has no line in val_annotations.txt");
    expect_line(text, "val/images/val_7.JPEG: named in val_annotations.txt, and not there");
    free(text);
}
END_TEST

/* The order changes labels, and so the digest; it is kept with the data set. */
START_TEST(test_classes_can_have_the_order_of_wnids)
{
    char sorted[DS_SHA256_BYTES];
    const ds_picture_options how = {.unverified = true, .class_order = "wnids"};
    ds_pack pack;
    write_tiny(folder);
    EXPECT_OK(import_tiny("tiny.zip"));
    memcpy(sorted, report.sha256, sizeof sorted);
    EXPECT_OK(ds_picture_import("tiny_imagenet", path_of(path, "%s/tiny.zip", folder), data, &how, &report));
    ck_assert_str_eq(report.class_order, "wnids");
    ck_assert_str_ne(report.sha256, sorted);
    EXPECT_OK(ds_picture_verify("tiny_imagenet", data, NULL, NULL, &report));
    ck_assert_str_eq(report.class_order, "wnids");
    ds_dataset loaded = {0};
    EXPECT_OK(ds_picture_load("tiny_imagenet", data, &loaded));
    ck_assert_str_eq(loaded.class_order, "wnids");
    ds_destroy(&loaded);
    EXPECT_OK(ds_pack_open(report.where, &pack));
    ck_assert_str_eq(pack.class_ids[0], "n02");
    ck_assert_str_eq(pack.class_names[0], "salamander");
    ck_assert_str_eq(pack.pictures[0].path, "train/n02/images/n02_10.JPEG");
    ck_assert_str_eq(pack.pictures[6].path, "val/images/val_0.JPEG");
    ds_pack_close(&pack);
    write_text(path_of(path, "%s/tiny-imagenet-200/wnids.txt", folder), "n02\nn03\n");
    path_of(path, "%s/tiny-imagenet-200", folder);
    EXPECT_FAILURE(ds_picture_import("tiny_imagenet", path, data, &how, &report), CORE_BAD_FILE,
                   "wnids.txt lacks a class");
    shell("rm %s/wnids.txt", path);
    EXPECT_FAILURE(ds_picture_import("tiny_imagenet", path, data, &how, &report), CORE_BAD_FILE,
                   "wnids.txt is not in it");
}
END_TEST

/* Without words.txt a class is called by its id; with one word for two, by both. */
START_TEST(test_names_of_classes_are_told_apart)
{
    ds_pack pack;
    write_tiny(folder);
    write_text(path_of(path, "%s/tiny-imagenet-200/words.txt", folder), "n02\tcrane, a\nn01\tcrane\nn03\teel\n\n");
    EXPECT_OK(import_tiny("tiny-imagenet-200"));
    EXPECT_OK(ds_pack_open(report.where, &pack));
    ck_assert_str_eq(pack.class_names[0], "crane (n01)");
    ck_assert_str_eq(pack.class_names[1], "crane (n02)");
    ds_pack_close(&pack);
    shell("rm %s/tiny-imagenet-200/words.txt", folder);
    EXPECT_OK(import_tiny("tiny-imagenet-200"));
    EXPECT_OK(ds_pack_open(report.where, &pack));
    ck_assert_str_eq(pack.class_names[1], "n02");
    ds_pack_close(&pack);
}
END_TEST

START_TEST(test_only_the_official_zip_is_verified)
{
    const ds_picture_options how = {0};
    write_tiny(folder);
    EXPECT_FAILURE(ds_picture_import("tiny_imagenet", path_of(path, "%s/tiny.zip", folder), data, &how, &report),
                   CORE_BAD_FILE,
                   "expected 90528d7ca1a48142e341f4ef8d21d0de, the official archive's; --unverified takes a file");
    EXPECT_FAILURE(
        ds_picture_import("tiny_imagenet", path_of(path, "%s/tiny-imagenet-200", folder), data, &how, &report),
        CORE_BAD_USAGE, "add --unverified");
    shell("head -c 9000 %s/tiny.zip > %s/cut.zip", folder, folder);
    EXPECT_FAILURE(import_tiny("cut.zip"), CORE_BAD_FILE, "no zip archive");
    shell("rm %s/tiny-imagenet-200/val/val_annotations.txt", folder);
    EXPECT_FAILURE(import_tiny("tiny-imagenet-200"), CORE_BAD_FILE, "val_annotations.txt");
    ck_assert(!exists(path_of(path, "%s/data/tiny_imagenet", folder)));
}
END_TEST

/* The rest runs imports in children: OpenMP must not begin in a process that forks. */
static int batches;
static int64_t pack_bytes; /* 0: the usual size */

static void count_batch(void *context, int64_t done, int64_t total)
{
    (void)context;
    (void)done;
    (void)total;
    batches++;
}

/* Imports in a child that ends after `calls` calls (0: not), and returns its wait status: the exit code is 100 plus the
 * number of batches where the import is done, else the core_status. */
static int import_in_child(int calls, int64_t file_bytes)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        char count[16];
        snprintf(count, sizeof count, "%d", calls);
        if (calls > 0) {
            setenv("TAILBIT_TEST_ABORT_AFTER", count, 1);
        }
        if (file_bytes > 0) {
            limit_file_size(file_bytes);
        }
        core_status ended =
            import_photos(folder, (ds_picture_options){.progress = count_batch, .pack_bytes = pack_bytes}, &report);
        _exit(ended == CORE_OK ? 100 + batches : (int)ended);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* What a data set consists of. */
static void keep_result(const char *name)
{
    shell("cd %s && cat data/photos/pictures-*.pack data/photos/*.txt data/photos/tailbit-record | md5sum > %s; ls "
          "data/photos >> %s",
          folder, name, name);
}

/* A pack that the journal names and the disk has lost is not taken over. */
START_TEST(test_a_lost_pack_begins_anew)
{
    pack_bytes = 2000;
    write_photos(folder, 5);
    const int batches_of_all = WEXITSTATUS(import_in_child(0, 0));
    ck_assert_int_gt(batches_of_all, 100);
    keep_result("whole");
    path_of(path, "%s/data/photos.tmp/pictures-001.pack", folder);
    int calls = 10;
    do {
        shell("rm -rf %s/data", folder);
        ck_assert(WIFSIGNALED(import_in_child(calls++, 0)));
    } while (!exists(path));
    shell("rm %s/data/photos.tmp/pictures-000.pack", folder);
    ck_assert_int_eq(WEXITSTATUS(import_in_child(0, 0)), CORE_BAD_FILE);
    ck_assert_int_eq(WEXITSTATUS(import_in_child(0, 0)), batches_of_all);
    keep_result("resumed");
    shell("cd %s && cmp whole resumed", folder);
}
END_TEST

START_TEST(test_a_kill_at_any_call_loses_nothing)
{
    enum { BATCHES = 4, STEP = 3 };
    int killed = 0, status, fewer = 0;
    write_photos(folder, 3);
    ck_assert_int_eq(WEXITSTATUS(import_in_child(0, 0)), 100 + BATCHES);
    keep_result("whole");
    for (int calls = 1; shell("rm -rf %s/data", folder), WIFSIGNALED(status = import_in_child(calls, 0));
         calls += STEP) {
        killed++;
        status = import_in_child(0, 0);
        ck_assert_int_ge(WEXITSTATUS(status), 100);
        fewer += WEXITSTATUS(status) < 100 + BATCHES;
        keep_result("resumed");
        shell("cd %s && cmp whole resumed && test ! -e data/photos.tmp", folder);
    }
    ck_assert_int_eq(WEXITSTATUS(status), 100 + BATCHES);
    ck_assert_int_ge(killed, 12);
    ck_assert_int_ge(fewer, killed / 2);
}
END_TEST

START_TEST(test_a_full_disk_loses_nothing)
{
    write_photos(folder, 5);
    ck_assert_int_eq(WEXITSTATUS(import_in_child(0, 0)), 105);
    keep_result("whole");
    shell("rm -rf %s/data", folder);
    ck_assert_int_eq(WEXITSTATUS(import_in_child(0, 5000)), CORE_MACHINE);
    const int status = WEXITSTATUS(import_in_child(0, 0));
    ck_assert_int_ge(status, 100);
    ck_assert_int_lt(status, 105);
    keep_result("resumed");
    shell("cd %s && cmp whole resumed", folder);
}
END_TEST

/* The source changes between a kill and the next import: nothing of the old one is taken over. */
START_TEST(test_another_source_begins_anew)
{
    write_photos(folder, 5);
    ck_assert(WIFSIGNALED(import_in_child(30, 0)));
    ck_assert(exists(path_of(path, "%s/data/photos.tmp/journal.txt", folder)));
    write_jpeg(path_of(path, "%s/photos/train/cat/0.any", folder), 3, 40, 12345);
    ck_assert_int_eq(WEXITSTATUS(import_in_child(0, 0)), 105);
    keep_result("resumed");
    shell("rm -rf %s/data", folder);
    ck_assert_int_eq(WEXITSTATUS(import_in_child(0, 0)), 105);
    keep_result("whole");
    shell("cd %s && cmp whole resumed", folder);
}
END_TEST

/* Imports tiny.zip in a child that is killed after `calls` calls; returns how many pictures its journal has. */
static int64_t kill_tiny(int calls)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        const ds_picture_options how = {.unverified = true, .batch_files = 3};
        char count[16];
        snprintf(count, sizeof count, "%d", calls);
        setenv("TAILBIT_TEST_ABORT_AFTER", count, 1);
        _exit((int)ds_picture_import("tiny_imagenet", path_of(path, "%s/tiny.zip", folder), data, &how, NULL));
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status));
    ds_pack journal = {0};
    const core_status opened = ds_pack_open_journal(path_of(path, "%s/data/tiny_imagenet.tmp", folder), &journal);
    const int64_t lines = opened == CORE_OK ? journal.count : 0;
    ds_pack_close(&journal);
    return lines;
}

/* The same names in another archive. */
START_TEST(test_another_archive_begins_anew)
{
    write_tiny(folder);
    for (int calls = 18; kill_tiny(calls) < 3; calls++) {
        shell("rm -rf %s/data", folder);
    }
    for (int i = 0; i < 3; i++) {
        write_jpeg(path_of(path, "%s/tiny-imagenet-200/train/n01/images/n01_%d.JPEG", folder, 9 + i), 3, 64,
                   700u + (unsigned)i);
    }
    shell("cd %s && rm tiny.zip && python3 -m zipfile -c tiny.zip tiny-imagenet-200", folder);
    EXPECT_OK(import_tiny("tiny.zip"));
    char sha256[DS_SHA256_BYTES];
    memcpy(sha256, report.sha256, sizeof sha256);
    EXPECT_OK(import_tiny("tiny-imagenet-200"));
    ck_assert_str_eq(report.sha256, sha256);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/picture_import");
    const TTest *const tests[] = {
        test_folder_becomes_an_index_in_order,    test_classes_of_the_test_part_alone_are_listed,
        test_what_is_unusual_is_listed,           test_no_two_classes_of_pictures_are_refused,
        test_names_that_are_taken_are_refused,    test_tiny_imagenet_is_the_same_from_zip_and_folder,
        test_classes_can_have_the_order_of_wnids, test_names_of_classes_are_told_apart,
        test_only_the_official_zip_is_verified,   test_a_kill_at_any_call_loses_nothing,
        test_a_full_disk_loses_nothing,           test_another_source_begins_anew,
        test_another_archive_begins_anew,         test_a_lost_pack_begins_anew};
    add_with_fixture(suite, setup, teardown, tests, LENGTH(tests));
    return run_suite(suite);
}

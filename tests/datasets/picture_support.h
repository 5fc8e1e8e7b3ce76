/* tests/datasets/picture_support.h - small folders of drawn pictures, and their import. */
#ifndef TESTS_DATASETS_PICTURE_SUPPORT_H
#define TESTS_DATASETS_PICTURE_SUPPORT_H

#include <sys/stat.h>

#include "core/file.h"
#include "datasets/pack.h"
#include "datasets/picture_import.h"
#include "tests/datasets/support.h"
#include "tests/pictures/drawn.h"

/* Writes a drawn JPEG of 1, 3 or 4 components, making its folder. */
static inline void write_jpeg(const char *path, int components, int side, uint64_t seed)
{
    drawn_file file = draw_jpeg(components, side, side + 3, false, seed);
    shell("mkdir -p \"$(dirname '%s')\"", path);
    write_file(path, file.data, file.bytes);
    free(file.data);
}

static inline void write_png(const char *path, int channels, int side, uint64_t seed)
{
    drawn_file file = draw_png(channels, 8, side, side + 3, false, seed);
    shell("mkdir -p \"$(dirname '%s')\"", path);
    write_file(path, file.data, file.bytes);
    free(file.data);
}

/* photos/{train,val}/{cat,dog}: `count` training and 2 test pictures a class, JPEG and PNG, of 20 to 60 pixels a side. */
static inline void write_photos(const char *folder, int count)
{
    static const char *const names[] = {"cat", "dog"};
    char path[PATH_BYTES];
    for (int j = 0; j < 2; j++) {
        for (int i = 0; i < count + 2; i++) {
            const char *part = i < count ? "train" : "val";
            path_of(path, "%s/photos/%s/%s/%d.any", folder, part, names[j], i);
            if (i % 3 == 2) {
                write_png(path, 3, 20 + i, (uint64_t)(100 * j + i));
            } else {
                write_jpeg(path, 3, 20 + i, (uint64_t)(100 * j + i));
            }
        }
    }
}

/* tiny-imagenet-200/ and tiny.zip: two classes of Tiny ImageNet's layout, with annotations that name a file that is not
 * there, and a file without a line. */
static inline void write_tiny(const char *folder)
{
    static const char
        *const names[] = {"n02", "n01"},
               *const texts[][2] = {
                   {"val/val_annotations.txt",
                    "val_1.JPEG\tn01\t0\t0\t63\t63\nval_0.JPEG\tn02\t0\t0\t1\t1\nval_7.JPEG\tn02\t0\t0\t1\t1\n"},
                   {"wnids.txt", "n02\r\nn09\r\nn01"},
                   {"words.txt", "n00\tentity\nn01\tgoldfish, Carassius auratus\nn02\tsalamander\n"}};
    char path[PATH_BYTES];
    for (int j = 0; j < 2; j++) {
        for (int i = 0; i < 3; i++) {
            write_jpeg(
                path_of(path, "%s/tiny-imagenet-200/train/%s/images/%s_%d.JPEG", folder, names[j], names[j], 9 + i), 3,
                64, (uint64_t)(10 * j + i));
        }
    }
    for (int i = 0; i < 3; i++) {
        write_jpeg(path_of(path, "%s/tiny-imagenet-200/val/images/val_%d.JPEG", folder, i), 1, 64, (uint64_t)(50 + i));
    }
    for (int i = 0; i < LENGTH(texts); i++) {
        write_text(path_of(path, "%s/tiny-imagenet-200/%s", folder, texts[i][0]), texts[i][1]);
    }
    shell("cd %s && mkdir tiny-imagenet-200/test && cp -r tiny-imagenet-200/val/images tiny-imagenet-200/test && "
          "python3 -m zipfile -c tiny.zip tiny-imagenet-200",
          folder);
}

/* Imports FOLDER/photos into FOLDER/data, in batches of 3 and packs of 8 KB. */
static inline core_status import_photos(const char *folder, ds_picture_options how, ds_data_report *report)
{
    char path[PATH_BYTES], data[PATH_BYTES];
    how.pack_bytes = 8192;
    how.batch_files = 3;
    return ds_picture_import("folder", path_of(path, "%s/photos", folder), path_of(data, "%s/data", folder), &how,
                             report);
}

/* The text of a file; free() it. */
static inline char *text_of(const char *path)
{
    char *text;
    EXPECT_OK(core_file_read(path, &text, NULL));
    return text;
}

static inline void expect_line(const char *text, const char *line)
{
    const size_t length = strlen(line);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++) {
        if ((at == text || at[-1] == '\n') && at[length] == '\n') {
            return;
        }
    }
    ck_abort_msg("no line \"%s\" in:\n%s", line, text);
}

/* Adds tests (count) that have a folder of their own, and time for a disk that is busy. */
static inline void add_with_fixture(Suite *suite, SFun setup, SFun teardown, const TTest *const *tests, int count)
{
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120.0);
    for (int i = 0; i < count; i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
}

#endif

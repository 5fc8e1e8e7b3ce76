/* tests/datasets/support.h - CIFAR look-alikes: the official layout with contents from a formula. */
#ifndef TESTS_DATASETS_SUPPORT_H
#define TESTS_DATASETS_SUPPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include "datasets/cifar.h"
#include "datasets/dataset.h"
#include "tests/support.h"

enum { PATH_BYTES = 512, SIDE = 32, IMAGE_BYTES = DS_CHANNELS * SIDE * SIDE };

/* A data set of images of CIFAR's size, zeros. */
static inline void alloc_images(ds_dataset *dataset, int64_t classes, int64_t train_count, int64_t test_count)
{
    const ds_extent extent = {"made", classes, DS_CHANNELS, SIDE, SIDE, train_count, test_count};
    EXPECT_OK(ds_dataset_alloc(dataset, &extent));
}

/* The same number; Check's own macro passes floats through varargs, which the build refuses. */
#define EXPECT_FLOAT(got, wanted) ck_assert_double_eq((double)(got), (double)(wanted))

/* Byte p of image `record` of file `file`: periodic, so that archives of it are made fast. */
static inline uint8_t look_alike_pixel(int file, int64_t record, int64_t p)
{
    uint64_t mixed = ((uint64_t)record * 2654435761u + (uint64_t)(p % 16) * 40503u + (uint64_t)(p / 1024) * 97u +
                      (uint64_t)file * 7919u);
    return (uint8_t)(mixed >> 9);
}

static inline int look_alike_label(const ds_cifar_layout *layout, int file, int64_t record)
{
    return (int)((record * 7 + file) % layout->classes);
}

/* printf into a path. */
static inline char *path_of(char path[PATH_BYTES], const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline char *path_of(char path[PATH_BYTES], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ck_assert_int_lt(vsnprintf(path, PATH_BYTES, format, args), PATH_BYTES);
    va_end(args);
    return path;
}

static inline void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, bytes, file), bytes);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void write_text(const char *path, const char *text) { write_file(path, text, strlen(text)); }

/* Replaces the byte at `offset`. */
static inline void poke(const char *path, int64_t offset, uint8_t byte)
{
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (long)offset, SEEK_SET), 0);
    ck_assert_int_eq(fputc(byte, file), byte);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void write_look_alike_file(const ds_cifar_layout *layout, int file, const char *folder)
{
    char path[PATH_BYTES];
    FILE *out = fopen(path_of(path, "%s/%s", folder, layout->files[file]), "wb");
    ck_assert_ptr_nonnull(out);
    for (int64_t i = 0; i < layout->records[file]; i++) {
        uint8_t record[2 + IMAGE_BYTES];
        int label = look_alike_label(layout, file, i);
        record[0] = (uint8_t)(label / 5);
        record[layout->label_bytes - 1] = (uint8_t)label;
        for (int p = 0; p < IMAGE_BYTES; p++) {
            record[layout->label_bytes + p] = look_alike_pixel(file, i, p);
        }
        size_t bytes = (size_t)layout->label_bytes + IMAGE_BYTES;
        ck_assert_uint_eq(fwrite(record, 1, bytes, out), bytes);
    }
    ck_assert_int_eq(fclose(out), 0);
}

/* Fills an existing folder: about 180 MB. */
static inline void write_look_alike(const ds_cifar_layout *layout, const char *folder)
{
    char path[PATH_BYTES];
    for (int i = 0; i < layout->file_count; i++) {
        write_look_alike_file(layout, i, folder);
    }
    FILE *names = fopen(path_of(path, "%s/%s", folder, layout->names_file), "wb");
    ck_assert_ptr_nonnull(names);
    for (int j = 0; j < layout->classes; j++) {
        fprintf(names, "class-%d\n", j);
    }
    fprintf(names, "\n");
    ck_assert_int_eq(fclose(names), 0);
}

/* Fills an existing folder with links to the files of another, so that a test can replace one of them. */
static inline void link_look_alike(const ds_cifar_layout *layout, const char *from, const char *into)
{
    char source[PATH_BYTES], link[PATH_BYTES];
    for (int i = 0; i <= layout->file_count; i++) {
        const char *name = i < layout->file_count ? layout->files[i] : layout->names_file;
        ck_assert_int_eq(symlink(path_of(source, "%s/%s", from, name), path_of(link, "%s/%s", into, name)), 0);
    }
}

/* Puts a copy of a linked file in the link's place. */
static inline void unlink_copy(const char *path)
{
    char command[2 * PATH_BYTES];
    snprintf(command, sizeof command, "cp '%s' '%s.copy' && mv '%s.copy' '%s'", path, path, path, path);
    ck_assert_int_eq(system(command), 0);
}

/* Runs a shell command that must succeed. */
static inline void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void shell(const char *format, ...)
{
    char command[4 * PATH_BYTES];
    va_list args;
    va_start(args, format);
    ck_assert_int_lt(vsnprintf(command, sizeof command, format, args), (int)sizeof command);
    va_end(args);
    ck_assert_msg(system(command) == 0, "failed: %s", command);
}

static inline bool exists(const char *path) { return access(path, F_OK) == 0; }

/* From here on this process cannot write a file past `bytes`, until unlimit_file_size: what a full disk is to the code
 * under test. No check in between: Check reports through a file. */
static inline void limit_file_size(int64_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {(rlim_t)bytes, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static inline void unlimit_file_size(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#endif

#include "datasets/cifar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/text.h"
#include "datasets/store.h"
#include "datasets/unpack.h"

static core_status gather(const ds_official *official, const char *path, const char *into);
static core_status load(const ds_official *official, const char *folder, const ds_text_options *text, ds_dataset *out);
static bool has_file(const ds_official *official, const char *name);

static const ds_cifar_layout layouts[] = {
    {.official = {.name = "cifar10",
                  .about = "CIFAR-10: 50,000 training and 10,000 test photographs, 10 classes",
                  .url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                  .archive = "cifar-10-binary.tar.gz",
                  .md5 = "c32a1d4ab5d03f1284b67883e8d87530",
                  .gather = gather,
                  .load = load,
                  .has_file = has_file},
     .classes = 10,
     .label_bytes = 1,
     .file_count = 6,
     .files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin",
               "test_batch.bin"},
     .records = {10000, 10000, 10000, 10000, 10000, 10000},
     .names_file = "batches.meta.txt"},
    {.official = {.name = "cifar100",
                  .about = "CIFAR-100: 50,000 training and 10,000 test photographs, 100 classes",
                  .url = "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                  .archive = "cifar-100-binary.tar.gz",
                  .md5 = "03b5dce01913d631647c71ecec9e9cb8",
                  .gather = gather,
                  .load = load,
                  .has_file = has_file},
     .classes = 100,
     .label_bytes = 2,
     .coarse_classes = 20,
     .file_count = 2,
     .files = {"train.bin", "test.bin"},
     .records = {50000, 10000},
     .names_file = "fine_label_names.txt"},
};

enum { SIDE = 32, IMAGE_BYTES = DS_CHANNELS * SIDE * SIDE };

/* The paper normalises CIFAR-10 and CIFAR-100 with the same numbers. */
static const float recipe_mean[DS_CHANNELS] = {0.4914f, 0.4822f, 0.4465f};
static const float recipe_std[DS_CHANNELS] = {0.2023f, 0.1994f, 0.2010f};

const ds_cifar_layout *ds_cifar_at(int index)
{
    return index >= 0 && index < (int)(sizeof layouts / sizeof layouts[0]) ? &layouts[index] : NULL;
}

const ds_cifar_layout *ds_cifar_find(const char *name)
{
    for (int i = 0; ds_cifar_at(i) != NULL; i++) {
        if (strcmp(layouts[i].official.name, name) == 0) {
            return &layouts[i];
        }
    }
    return NULL;
}

int64_t ds_cifar_file_bytes(const ds_cifar_layout *layout, int file)
{
    return layout->records[file] * (layout->label_bytes + IMAGE_BYTES);
}

/* Reads a regular file of exactly `expected` bytes, without reading one that is of another size. */
static core_status read_exact(const char *path, int64_t expected, char **out)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return core_fail_about(CORE_BAD_FILE, path, ": %s, expected a file of %lld bytes",
                               errno == ENOENT ? "missing" : strerror(errno), (long long)expected);
    }
    if (!S_ISREG(info.st_mode) || info.st_size != expected) {
        return core_fail_about(CORE_BAD_FILE, path, ": %s of %lld bytes, expected a file of %lld bytes",
                               S_ISREG(info.st_mode) ? "a file" : "not a regular file", (long long)info.st_size,
                               (long long)expected);
    }
    size_t bytes;
    CORE_TRY(core_file_read(path, out, &bytes));
    if ((int64_t)bytes != expected) {
        free(*out);
        return core_fail_about(CORE_BAD_FILE, path, ": %zu bytes, expected %lld", bytes, (long long)expected);
    }
    return CORE_OK;
}

/* Splits records into labels and images, checking every label. */
static core_status decode(const ds_cifar_layout *layout, const char *path, const uint8_t *records, int64_t count,
                          ds_part *part, int64_t first)
{
    const int64_t stride = layout->label_bytes + IMAGE_BYTES;
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *record = records + i * stride;
        int label = record[layout->label_bytes - 1];
        if (label >= layout->classes) {
            return core_fail_about(CORE_BAD_FILE, path,
                                   ": label %d in record %lld, expected 0..%lld; import or fetch it again", label,
                                   (long long)i, (long long)layout->classes - 1);
        }
        if (layout->label_bytes == 2 && record[0] >= layout->coarse_classes) {
            return core_fail_about(CORE_BAD_FILE, path,
                                   ": coarse label %d in record %lld, expected 0..%lld; import or fetch it again",
                                   record[0], (long long)i, (long long)layout->coarse_classes - 1);
        }
        part->labels[first + i] = label;
        memcpy(part->images + (first + i) * IMAGE_BYTES, record + layout->label_bytes, IMAGE_BYTES);
    }
    return CORE_OK;
}

static core_status load_file(const ds_cifar_layout *layout, const char *folder, int file, ds_part *part, int64_t first)
{
    char path[CORE_PATH_BYTES], *bytes = NULL;
    CORE_TRY(core_path_write(path, "%s/%s", folder, layout->files[file]));
    CORE_TRY(read_exact(path, ds_cifar_file_bytes(layout, file), &bytes));
    core_status status = decode(layout, path, (const uint8_t *)bytes, layout->records[file], part, first);
    free(bytes);
    return status;
}

/* Official sets are balanced: every class has its share of a part. */
static core_status check_counts(const ds_cifar_layout *layout, const char *folder, const ds_part *part,
                                const char *files)
{
    int64_t counts[256] = {0};
    for (int64_t i = 0; i < part->count; i++) {
        counts[part->labels[i]]++;
    }
    for (int64_t j = 0; j < layout->classes; j++) {
        if (counts[j] != part->count / layout->classes) {
            return core_fail_about(CORE_BAD_FILE, folder, "/%s: class %lld has %s, expected %lld", files, (long long)j,
                                   CORE_COUNT(counts[j], "example"), (long long)(part->count / layout->classes));
        }
    }
    return CORE_OK;
}

/* Reads the K names from text, one per line; ignores blank lines and carriage returns. */
static core_status parse_names(const ds_cifar_layout *layout, const char *path, char *text, ds_dataset *out)
{
    int64_t found = 0;
    char *rest = text;
    CORE_TRY(CORE_ARENA_NEW(&out->arena, layout->classes, "class names", out->class_names));
    for (char *line; (line = strsep(&rest, "\r\n")) != NULL;) {
        if (line[0] == '\0') {
            continue;
        }
        if (found < layout->classes) {
            CORE_TRY(core_arena_strdup(&out->arena, line, &out->class_names[found]));
        }
        found++;
    }
    if (found != layout->classes) {
        return core_fail_about(CORE_BAD_FILE, path, ": %lld class names, expected %lld", (long long)found,
                               (long long)layout->classes);
    }
    return CORE_OK;
}

static core_status load_names(const ds_cifar_layout *layout, const char *folder, ds_dataset *out)
{
    char path[CORE_PATH_BYTES];
    struct stat info;
    CORE_TRY(core_path_write(path, "%s/%s", folder, layout->names_file));
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > DS_CIFAR_NAMES_MAX_BYTES) {
        return core_fail_about(CORE_BAD_FILE, path,
                               ": missing or no small text file, expected %lld class names, one per line",
                               (long long)layout->classes);
    }
    char *text;
    CORE_TRY(core_file_read(path, &text, NULL));
    core_status status = parse_names(layout, path, text, out);
    free(text);
    return status;
}

core_status ds_cifar_load(const ds_cifar_layout *layout, const char *folder, ds_dataset *out)
{
    const int last = layout->file_count - 1;
    int64_t train_count = 0, first = 0;
    for (int i = 0; i < last; i++) {
        train_count += layout->records[i];
    }
    const ds_extent extent = {layout->official.name, layout->classes,      DS_CHANNELS, SIDE, SIDE,
                              train_count,           layout->records[last]};
    CORE_TRY(ds_dataset_alloc(out, &extent));
    CORE_TRY(load_names(layout, folder, out));
    for (int i = 0; i < last; i++) {
        CORE_TRY(load_file(layout, folder, i, &out->train, first));
        first += layout->records[i];
    }
    CORE_TRY(load_file(layout, folder, last, &out->test, 0));
    CORE_TRY(check_counts(layout, folder, &out->train, last > 1 ? "data_batch_*.bin" : layout->files[0]));
    CORE_TRY(check_counts(layout, folder, &out->test, layout->files[last]));
    ds_dataset_normalise(out, recipe_mean, recipe_std);
    return ds_dataset_digest(out);
}

/* Copies one file of an unpacked folder. */
static core_status copy_wanted(const char *folder, const ds_unpack_want *want, const char *into)
{
    char from[CORE_PATH_BYTES], to[CORE_PATH_BYTES];
    struct stat info;
    CORE_TRY(core_path_write(from, "%s/%s", folder, want->name));
    CORE_TRY(core_path_write(to, "%s/%s", into, want->name));
    int64_t most = want->bytes >= 0 ? want->bytes : -want->bytes;
    if (stat(from, &info) != 0 || !S_ISREG(info.st_mode)) {
        return core_fail_about(CORE_BAD_FILE, from, ": missing or not a regular file, expected %lld bytes",
                               (long long)most);
    }
    if (want->bytes >= 0 ? info.st_size != most : info.st_size > most) {
        return core_fail_about(CORE_BAD_FILE, from, ": %lld bytes, expected %s%lld", (long long)info.st_size,
                               want->bytes >= 0 ? "" : "at most ", (long long)most);
    }
    char *data;
    size_t bytes;
    CORE_TRY(core_file_read(from, &data, &bytes));
    core_status status = core_file_write(to, &core_file_any, data, bytes);
    free(data);
    return status;
}

/* Copies or extracts the layout's files from a folder or an archive into the folder `into`. */
static core_status gather(const ds_official *official, const char *path, const char *into)
{
    const ds_cifar_layout *layout = ds_cifar_find(official->name);
    ds_unpack_want wants[DS_CIFAR_MAX_FILES + 1];
    for (int i = 0; i < layout->file_count; i++) {
        wants[i] = (ds_unpack_want){layout->files[i], ds_cifar_file_bytes(layout, i)};
    }
    wants[layout->file_count] = (ds_unpack_want){layout->names_file, -DS_CIFAR_NAMES_MAX_BYTES};
    if (!ds_store_is_folder(path)) {
        return ds_unpack(path, wants, layout->file_count + 1, into);
    }
    for (int i = 0; i <= layout->file_count; i++) {
        CORE_TRY(copy_wanted(path, &wants[i], into));
    }
    return CORE_OK;
}

static core_status load(const ds_official *official, const char *folder, const ds_text_options *text, ds_dataset *out)
{
    (void)text;
    return ds_cifar_load(ds_cifar_find(official->name), folder, out);
}

static bool has_file(const ds_official *official, const char *name)
{
    const ds_cifar_layout *layout = ds_cifar_find(official->name);
    for (int i = 0; i < layout->file_count; i++) {
        if (strcmp(name, layout->files[i]) == 0) {
            return true;
        }
    }
    return strcmp(name, layout->names_file) == 0;
}

/* iNaturalist's layout, from its two JSON files to a packed data set. */
#include "datasets/picture_import.h"

#include "tests/datasets/picture_support.h"

static char folder[64], path[PATH_BYTES], data[PATH_BYTES];
static ds_data_report report;
static ds_pack pack;

/* Three categories: the order of ids is neither that of the list nor that of texts, and two have one name. */
#define CATEGORIES                                                                                                     \
    "\"categories\": [{\"id\": 10, \"name\": \"Corvus corax\", \"supercategory\": \"Aves\"}, "                         \
    "{\"id\": 9, \"name\": \"Acer\", \"supercategory\": \"Plantae\"}, {\"id\": 2, \"name\": \"Corvus corax\"}]"

static const char train_json[] =
    "{\"images\": [{\"id\": 3, \"file_name\": \"train_val2018/Aves/10/c.jpg\"}, "
    "{\"id\": 1, \"file_name\": \"train_val2018/Aves/10/a.jpg\"}, {\"id\": 2, \"file_name\": "
    "\"train_val2018/Plantae/9/b.jpg\"}, "
    "{\"id\": 7, \"file_name\": \"train_val2018/Plantae/9/gone.jpg\"}], \"annotations\": ["
    "{\"id\": 7, \"image_id\": 7, \"category_id\": 9}, {\"id\": 1, \"image_id\": 1, \"category_id\": 10}, "
    "{\"id\": 2, \"image_id\": 2, \"category_id\": 9}, {\"id\": 3, \"image_id\": 3, \"category_id\": 10}], " CATEGORIES
    "}";

static const char val_json[] = "{" CATEGORIES ", \"annotations\": [{\"id\": 21, \"image_id\": 20, \"category_id\": 9}, "
                               "{\"id\": 20, \"image_id\": 21, \"category_id\": 10}], \"images\": "
                               "[{\"id\": 20, \"file_name\": \"train_val2018/Plantae/9/d.jpg\"}, {\"id\": 21, "
                               "\"file_name\": \"train_val2018/Aves/10/e.jpg\"}]}";

static void write_json(const char *name, const char *text)
{
    write_text(path_of(path, "%s/nat/%s", folder, name), text);
}

static void setup(void)
{
    static const char *const files[] = {"Aves/10/a.jpg",   "Aves/10/c.jpg", "Plantae/9/b.jpg",
                                        "Plantae/9/d.jpg", "Aves/10/e.jpg", "Aves/10/unnamed.jpg"};
    make_test_folder(folder);
    path_of(data, "%s/data", folder);
    for (int i = 0; i < LENGTH(files); i++) {
        write_jpeg(path_of(path, "%s/nat/train_val2018/%s", folder, files[i]), 3, 20 + i, (uint64_t)i);
    }
    write_json("train2018.json", train_json);
    write_json("val2018.json", val_json);
}

static void teardown(void) { remove_test_folder(folder); }

static core_status import(bool unverified)
{
    const ds_picture_options how = {.unverified = unverified};
    return ds_picture_import("inaturalist", path_of(path, "%s/nat", folder), data, &how, &report);
}

START_TEST(test_classes_are_the_categories_by_id)
{
    EXPECT_OK(import(false));
    ck_assert(!report.verified);
    ck_assert_int_eq(report.train_count, 3);
    ck_assert_int_eq(report.test_count, 2);
    EXPECT_OK(ds_pack_open(report.where, &pack));
    static const char *const ids[] = {"2", "9", "10"},
                             *const names[] = {"Corvus corax (2)", "Acer", "Corvus corax (10)"},
                             *const groups[] = {"", "Plantae", "Aves"};
    ck_assert_int_eq(pack.classes, 3);
    for (int j = 0; j < 3; j++) {
        ck_assert_str_eq(pack.class_ids[j], ids[j]);
        ck_assert_str_eq(pack.class_names[j], names[j]);
        ck_assert_str_eq(pack.class_groups[j], groups[j]);
    }
    static const char *const paths[] = {"Plantae/9/b.jpg", "Aves/10/a.jpg", "Aves/10/c.jpg", "Plantae/9/d.jpg",
                                        "Aves/10/e.jpg"};
    for (int i = 0; i < LENGTH(paths); i++) {
        ck_assert_str_eq(pack.pictures[i].path, path_of(path, "train_val2018/%s", paths[i]));
        ck_assert_int_eq(pack.pictures[i].label, paths[i][0] == 'P' ? 1 : 2);
        ck_assert_int_eq(pack.pictures[i].is_test, i > 2);
    }
    ds_pack_close(&pack);
}
END_TEST

START_TEST(test_what_is_missing_is_listed)
{
    EXPECT_OK(import(false));
    ck_assert_int_eq(report.serious, 3);
    char *text = text_of(path_of(path, "%s/exceptions.txt", report.where));
    expect_line(text, "train_val2018/Plantae/9/gone.jpg: No such file or directory");
    expect_line(text, "class Corvus corax (2): no training picture");
    expect_line(text, "class Corvus corax (2): no test picture");
    free(text);
}
END_TEST

START_TEST(test_archives_of_the_json_files_are_checked)
{
    char sha256[DS_SHA256_BYTES];
    EXPECT_OK(import(false));
    memcpy(sha256, report.sha256, sizeof sha256);
    shell("cd %s/nat && for f in train val; do tar -czf ${f}2018.json.tar.gz ${f}2018.json && rm ${f}2018.json; done",
          folder);
    EXPECT_FAILURE(import(false), CORE_BAD_FILE, "expected bfa29d89d629cbf04d826a720c0a68b0");
    EXPECT_OK(import(true));
    ck_assert(!report.verified);
    ck_assert_str_eq(report.sha256, sha256);
    shell("rm %s/nat/val2018.json.tar.gz", folder);
    EXPECT_FAILURE(import(true), CORE_BAD_FILE, "neither val2018.json nor val2018.json.tar.gz is in it");
}
END_TEST

/* Writes val2018.json with `to` in the place of `from`. */
static void change_val(const char *from, const char *to)
{
    char text[2 * sizeof val_json];
    const char *at = strstr(val_json, from);
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - val_json), val_json, to, at + strlen(from));
    write_json("val2018.json", text);
}

START_TEST(test_files_that_contradict_each_other_are_refused)
{
    change_val("\"Acer\"", "\"Acer rubrum\"");
    EXPECT_FAILURE(import(false), CORE_BAD_FILE, "its categories are not those of train2018.json");
    change_val("{\"id\": 2,", "{\"id\": 3,");
    EXPECT_FAILURE(import(false), CORE_BAD_FILE, "val2018.json: its categories");
    change_val("Plantae/9/d.jpg", "Plantae/9/b.jpg");
    EXPECT_FAILURE(import(false), CORE_BAD_FILE, "two images have the file_name train_val2018/Plantae/9/b.jpg");
    write_json("val2018.json", val_json);
    shell("mv %s/nat/train_val2018 %s", folder, folder);
    EXPECT_FAILURE(import(false), CORE_BAD_FILE,
                   "no file in any class (train_val2018/Aves/10/a.jpg: No such file or directory)");
    ck_assert(!exists(path_of(path, "%s/data/inaturalist", folder)));
    ck_assert(!exists(path_of(path, "%s/data/inaturalist.tmp", folder)));
}
END_TEST

/* The digest is that of the ids: other names make no other data. */
START_TEST(test_categories_json_has_the_names)
{
    char sha256[DS_SHA256_BYTES];
    EXPECT_OK(import(false));
    memcpy(sha256, report.sha256, sizeof sha256);
    static const char list[] = "[{\"id\": 10, \"name\": \"raven\"}, {\"id\": 4, \"name\": \"eel\"}, "
                               "{\"id\": 2, \"name\": \"rook\"}, {\"id\": 9, \"name\": \"maple\"}]",
                      *const names[] = {"rook", "maple", "raven"};
    write_json("categories.json", list);
    EXPECT_OK(import(false));
    ck_assert_str_eq(report.sha256, sha256);
    EXPECT_OK(ds_pack_open(report.where, &pack));
    for (int j = 0; j < 3; j++) {
        ck_assert_str_eq(pack.class_names[j], names[j]);
    }
    ck_assert_str_eq(pack.class_groups[2], "Aves");
    ds_pack_close(&pack);
    write_json("categories.json",
               "{\"categories\": [{\"id\": 2, \"name\": \"rook\"}, {\"id\": 10, \"name\": \"raven\"}]}");
    EXPECT_FAILURE(import(false), CORE_BAD_FILE, "categories.json: the category 9 is not in it");
    write_json("categories.json", "\"names\"");
    EXPECT_FAILURE(import(false), CORE_BAD_FILE, "categories.json: \"categories\" is no list");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/picture_inaturalist");
    const TTest *const tests[] = {test_classes_are_the_categories_by_id, test_what_is_missing_is_listed,
                                  test_archives_of_the_json_files_are_checked,
                                  test_files_that_contradict_each_other_are_refused,
                                  test_categories_json_has_the_names};
    add_with_fixture(suite, setup, teardown, tests, LENGTH(tests));
    return run_suite(suite);
}

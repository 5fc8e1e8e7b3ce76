#include "datasets/coco.h"

#include "tests/datasets/support.h"

static char folder[64], path[PATH_BYTES];

static void setup(void)
{
    make_test_folder(folder);
    path_of(path, "%s/some.json", folder);
}

static void teardown(void) { remove_test_folder(folder); }

/* Two pictures, with every list out of order. */
static const char good[] =
    "{\"info\": {\"year\": 2018}, \"images\": [{\"license\": 1, \"file_name\": \"train_val2018/Aves/7/b.jpg\", \"id\": "
    "9, "
    "\"height\": 3}, {\"id\": 4, \"file_name\": \"train_val2018/Plantae/2/a.jpg\"}], \"annotations\": [{\"id\": 1, "
    "\"image_id\": 4, \"category_id\": 2}, {\"id\": 0, \"image_id\": 9, \"category_id\": 7}], \"categories\": "
    "[{\"id\": 7, "
    "\"name\": \"Corvus corax\", \"supercategory\": \"Aves\"}, {\"id\": 2, \"name\": \"\\u00c4cer\"}]}";

/* Reads a text as a file. */
static core_status read_text(const char *text, size_t bytes)
{
    ds_coco coco = {0};
    write_file(path, text, bytes);
    core_status status = ds_coco_read(path, "some.json", &coco);
    ds_coco_free(&coco);
    return status;
}

static void expect_good(const ds_coco *coco)
{
    ck_assert_int_eq(coco->category_count, 2);
    ck_assert_int_eq(coco->categories[0].id, 2);
    ck_assert_str_eq(coco->categories[0].name, "\u00c4cer");
    ck_assert_str_eq(coco->categories[0].group, "");
    ck_assert_str_eq(coco->categories[1].group, "Aves");
    ck_assert_int_eq(coco->image_count, 2);
    ck_assert_int_eq(coco->images[0].id, 4);
    ck_assert_int_eq(coco->images[0].category, 0);
    ck_assert_str_eq(coco->images[1].file_name, "train_val2018/Aves/7/b.jpg");
    ck_assert_int_eq(coco->images[1].category, 1);
}

START_TEST(test_lists_are_matched_by_id)
{
    ds_coco coco = {0};
    write_text(path, good);
    EXPECT_OK(ds_coco_read(path, "some.json", &coco));
    expect_good(&coco);
    ds_coco_free(&coco);
}
END_TEST

START_TEST(test_an_archive_is_read_as_its_file)
{
    ds_coco coco = {0};
    write_text(path, good);
    shell("cd %s && tar -czf some.json.tar.gz some.json && tar -czf other.gz --transform s/some/other/ some.json",
          folder);
    EXPECT_OK(ds_coco_read(path_of(path, "%s/some.json.tar.gz", folder), "some.json", &coco));
    expect_good(&coco);
    ds_coco_free(&coco);
    EXPECT_FAILURE(ds_coco_read(path_of(path, "%s/other.gz", folder), "some.json", &coco), CORE_BAD_FILE,
                   "some.json is not in it");
    shell("cd %s && head -c 200 some.json.tar.gz > cut.gz", folder);
    EXPECT_FAILURE(ds_coco_read(path_of(path, "%s/cut.gz", folder), "some.json", &coco), CORE_BAD_FILE, "truncated");
    shell("cd %s && mkdir two && cp some.json two && tar -czf two.gz some.json two", folder);
    EXPECT_FAILURE(ds_coco_read(path_of(path, "%s/two.gz", folder), "some.json", &coco), CORE_BAD_FILE, "twice");
    ds_coco_free(&coco);
}
END_TEST

/* A text in `good`, what stands there instead, and what the message says. */
static const struct {
    const char *from, *to, *said;
} defects[] = {
    {"\"id\": 9", "\"number\": 9", "images[0]: \"id\" is missing"},
    {"\"id\": 9", "\"id\": 4", "images: the id 4 stands twice"},
    {"\"id\": 9", "\"id\": 9, \"id\": 10", "images[0]: \"id\" stands twice"},
    {"\"id\": 9", "\"id\": \"9\"", "images[0]: \"id\" is no whole number"},
    {"\"id\": 9", "\"id\": 9.0", "no whole number"},
    {"\"id\": 9", "\"id\": -9", "no whole number"},
    {"\"id\": 9", "\"id\": null", "no whole number"},
    {"\"id\": 9", "\"id\": 9223372036854775808", "no whole number"},
    {"\"id\": 9", "\"id\": 99999999999999999999999", "no whole number"},
    {"\"id\": 9", "\"id\": [9]", "no whole number"},
    {"\"file_name\": \"train_val2018/Aves/7/b.jpg\", ", "", "images[0]: \"file_name\" is missing"},
    {"train_val2018/Aves/7/b.jpg", "../b.jpg", "images[0]: \"file_name\" is no path of a file below the folder"},
    {"train_val2018/Aves/7/b.jpg", "/etc/passwd", "below the folder"},
    {"train_val2018/Aves/7/b.jpg", "train_val2018/../../b.jpg", "below the folder"},
    {"train_val2018/Aves/7/b.jpg", "train_val2018/..", "below the folder"},
    {"train_val2018/Aves/7/b.jpg", "./b.jpg", "below the folder"},
    {"train_val2018/Aves/7/b.jpg", "a//b.jpg", "below the folder"},
    {"train_val2018/Aves/7/b.jpg", "a/", "below the folder"},
    {"train_val2018/Aves/7/b.jpg", "", "below the folder"},
    {"train_val2018/Aves/7/b.jpg", "b.jpg\\u0000", "images[0]: \"file_name\" is no text"},
    {"{\"license\"", "3, {\"license\"", "images[0] is no object"},
    {"\"images\"", "\"pictures\"", "\"images\" is missing"},
    {"\"annotations\": [", "\"annotations\": {}, \"more\": [", "\"annotations\" is no list"},
    {"\"info\"", "\"images\": [], \"info\"", "\"images\" stands twice"},
    {"\"image_id\": 4", "\"image\": 4", "annotations[0]: \"image_id\" is missing"},
    {"\"image_id\": 4", "\"image_id\": 5", "the annotation 1 names the image 5, which is not there"},
    {"\"image_id\": 4", "\"image_id\": 9", "the image 9 has two annotations"},
    {"\"category_id\": 2", "\"category_id\": 3", "the annotation 1 names the category 3, which is not there"},
    {"\"category_id\": 2", "\"category_id\": true", "annotations[0]: \"category_id\" is no whole number"},
    {"\"id\": 0", "\"id\": 1", "annotations: the id 1 stands twice"},
    {", {\"id\": 0, \"image_id\": 9, \"category_id\": 7}", "",
     "the image 9 (train_val2018/Aves/7/b.jpg) has no annotation"},
    {"{\"id\": 7, ", "{\"id\": 2, ", "categories: the id 2 stands twice"},
    {"\"name\": \"Corvus corax\", ", "", "categories[0]: \"name\" is missing"},
    {"\"Corvus corax\"", "7", "categories[0]: \"name\" is no text"},
    {"\"Aves\"", "[]", "categories[0]: \"supercategory\" is no text"},
    {"Corvus", "Cor\xffvus", "on: invalid UTF-8"},
    {"Corvus", "Cor\\ud800vus", "no JSON from byte"},
    {"{\"info\"", "[{\"info\"", "no JSON from byte"},
    {"{\"info\"", "\xef\xbb\xbf{\"info\"", "no JSON from byte"},
    {"2018}", "2018},", "no JSON from byte"},
    {"2018}", "NaN}", "no JSON from byte"},
};

START_TEST(test_each_defect_is_one_line)
{
    char text[2 * sizeof good];
    const char *at = strstr(good, defects[_i].from);
    ck_assert_ptr_nonnull(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, defects[_i].to, at + strlen(defects[_i].from));
    EXPECT_FAILURE(read_text(text, strlen(text)), CORE_BAD_FILE, defects[_i].said);
    ck_assert_ptr_eq(strstr(core_error_message(), path), core_error_message());
    ck_assert_ptr_null(strchr(core_error_message(), '\n'));
}
END_TEST

START_TEST(test_a_text_that_ends_early_is_refused)
{
    for (size_t bytes = 0; bytes < sizeof good - 1; bytes++) {
        EXPECT_STATUS(read_text(good, bytes), CORE_BAD_FILE);
    }
    EXPECT_OK(read_text(good, sizeof good - 1));
    static const char *const others[] = {"[]", "3", "\"images\"", "null", "{}"};
    for (int i = 0; i < LENGTH(others); i++) {
        EXPECT_STATUS(read_text(others[i], strlen(others[i])), CORE_BAD_FILE);
    }
}
END_TEST

/* A million levels take no stack; where they are closed, in a key that is not read, they are no defect. */
START_TEST(test_nesting_of_any_depth_is_read)
{
    enum { DEPTH = 1000000 };
    char *text = malloc(2 * DEPTH + sizeof good);
    memset(text, '[', DEPTH);
    EXPECT_FAILURE(read_text(text, DEPTH), CORE_BAD_FILE, "no JSON");
    const size_t head = sizeof "{\"info\": " - 1, bytes = sizeof good - 1;
    memcpy(text, good, head);
    memset(text + head, '[', DEPTH);
    memset(text + head + DEPTH, ']', DEPTH);
    memcpy(text + head + 2 * DEPTH, strchr(good, '}') + 1, strlen(strchr(good, '}') + 1));
    EXPECT_OK(read_text(text, bytes - sizeof "{\"year\": 2018}" + 1 + 2 * DEPTH));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/coco");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_lists_are_matched_by_id);
    tcase_add_test(tcase, test_an_archive_is_read_as_its_file);
    tcase_add_loop_test(tcase, test_each_defect_is_one_line, 0, LENGTH(defects));
    tcase_add_test(tcase, test_a_text_that_ends_early_is_refused);
    tcase_add_test(tcase, test_nesting_of_any_depth_is_read);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

#include "datasets/cifar.h"

#include <sys/stat.h>

#include "tests/datasets/support.h"

static char base[64];           /* a whole look-alike of CIFAR-10, made once */
static char folder[PATH_BYTES]; /* links to it, fresh for every test */

static const ds_cifar_layout *layout10(void) { return ds_cifar_find("cifar10"); }

static void make_base(void)
{
    make_test_folder(base);
    write_look_alike(layout10(), base);
}

static void remove_base(void) { remove_test_folder(base); }

static void make_links(void)
{
    ck_assert_int_eq(mkdir(path_of(folder, "%s/links", base), 0777), 0);
    link_look_alike(layout10(), base, folder);
}

static void remove_links(void) { remove_test_folder(folder); }

static void expect_bad_file(const char *word, const char *expected)
{
    ds_dataset dataset = {0};
    EXPECT_FAILURE(ds_cifar_load(layout10(), folder, &dataset), CORE_BAD_FILE, word);
    ck_assert_msg(strstr(core_error_message(), expected) != NULL, "no \"%s\" in: %s", expected, core_error_message());
    ds_destroy(&dataset);
}

static void expect_examples(const ds_cifar_layout *layout, const ds_part *part, int file, int64_t first)
{
    for (int64_t i = 0; i < layout->records[file]; i += i < 20 ? 1 : 997) {
        ck_assert_int_eq(part->labels[first + i], look_alike_label(layout, file, i));
        for (int p = 0; p < IMAGE_BYTES; p++) {
            ck_assert_int_eq(part->images[(first + i) * IMAGE_BYTES + p], look_alike_pixel(file, i, p));
        }
    }
}

START_TEST(test_examples_equal_those_written_cifar10)
{
    ds_dataset dataset = {0};
    EXPECT_OK(ds_cifar_load(layout10(), folder, &dataset));
    ck_assert_int_eq(dataset.train.count, 50000);
    ck_assert_int_eq(dataset.test.count, 10000);
    ck_assert_int_eq(dataset.classes, 10);
    for (int file = 0; file < 5; file++) {
        expect_examples(layout10(), &dataset.train, file, 10000 * file);
    }
    expect_examples(layout10(), &dataset.test, 5, 0);
    ck_assert_str_eq(dataset.class_names[9], "class-9");
    ck_assert(!dataset.verified);
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_examples_equal_those_written_cifar100)
{
    const ds_cifar_layout *layout = ds_cifar_find("cifar100");
    char own[64];
    ds_dataset dataset = {0};
    write_look_alike(layout, make_test_folder(own));
    EXPECT_OK(ds_cifar_load(layout, own, &dataset));
    ck_assert_int_eq(dataset.train.count, 50000);
    ck_assert_int_eq(dataset.classes, 100);
    expect_examples(layout, &dataset.train, 0, 0);
    expect_examples(layout, &dataset.test, 1, 0);
    ck_assert_str_eq(dataset.class_names[99], "class-99");
    ds_destroy(&dataset);

    char path[PATH_BYTES];
    poke(path_of(path, "%s/test.bin", own), 3074 * 41, 20);
    EXPECT_FAILURE(ds_cifar_load(layout, own, &dataset), CORE_BAD_FILE, "coarse label 20 in record 41");
    ds_destroy(&dataset);
    remove_test_folder(own);
}
END_TEST

START_TEST(test_normalisation_is_the_recipes)
{
    ds_dataset dataset = {0};
    EXPECT_OK(ds_cifar_load(layout10(), folder, &dataset));
    EXPECT_FLOAT(dataset.mean[0], 0.4914f);
    EXPECT_FLOAT(dataset.std[2], 0.2010f);
    EXPECT_FLOAT(dataset.normalised[1][200], (200.0f / 255.0f - 0.4822f) / 0.1994f);
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_layouts_are_found_by_their_name_only)
{
    ck_assert_ptr_null(ds_cifar_find("cifar"));
    ck_assert_ptr_null(ds_cifar_find("cifar1000"));
    ck_assert_ptr_null(ds_cifar_at(2));
    ck_assert_ptr_null(ds_cifar_at(-1));
    ck_assert_int_eq(ds_cifar_file_bytes(layout10(), 0), 30730000);
    ck_assert_int_eq(ds_cifar_file_bytes(ds_cifar_find("cifar100"), 0), 153700000);
}
END_TEST

START_TEST(test_missing_file_is_named)
{
    char path[PATH_BYTES];
    ck_assert_int_eq(unlink(path_of(path, "%s/data_batch_3.bin", folder)), 0);
    expect_bad_file("data_batch_3.bin: missing", "30730000 bytes");
}
END_TEST

START_TEST(test_truncated_file_is_named)
{
    char path[PATH_BYTES];
    unlink_copy(path_of(path, "%s/data_batch_4.bin", folder));
    ck_assert_int_eq(truncate(path, 30729999), 0);
    expect_bad_file("data_batch_4.bin: a file of 30729999 bytes", "expected a file of 30730000");
}
END_TEST

START_TEST(test_oversized_file_is_named)
{
    char path[PATH_BYTES];
    unlink_copy(path_of(path, "%s/test_batch.bin", folder));
    ck_assert_int_eq(truncate(path, INT64_C(1) << 40), 0); /* a hole: nothing may try to read it */
    expect_bad_file("test_batch.bin: a file of 1099511627776 bytes", "30730000");
}
END_TEST

START_TEST(test_folder_in_the_place_of_a_file_is_named)
{
    char path[PATH_BYTES];
    ck_assert_int_eq(unlink(path_of(path, "%s/data_batch_1.bin", folder)), 0);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    expect_bad_file("data_batch_1.bin: not a regular file", "30730000");
}
END_TEST

START_TEST(test_label_out_of_range_is_named_with_its_record)
{
    char path[PATH_BYTES];
    unlink_copy(path_of(path, "%s/data_batch_2.bin", folder));
    poke(path, 3073 * 1234, 10);
    expect_bad_file("data_batch_2.bin: label 10 in record 1234", "expected 0..9");
}
END_TEST

START_TEST(test_unbalanced_classes_are_named_with_their_count)
{
    char path[PATH_BYTES];
    unlink_copy(path_of(path, "%s/test_batch.bin", folder));
    int label = look_alike_label(layout10(), 5, 0);
    poke(path, 0, (uint8_t)(label == 0 ? 1 : 0));
    expect_bad_file("test_batch.bin: class 0 has 1001 examples", "expected 1000");
}
END_TEST

START_TEST(test_another_number_of_names_is_an_error)
{
    char path[PATH_BYTES];
    ck_assert_int_eq(unlink(path_of(path, "%s/batches.meta.txt", folder)), 0);
    expect_bad_file("batches.meta.txt: missing", "10 class names");
    write_text(path, "a\nb\nc\n");
    expect_bad_file("batches.meta.txt: 3 class names", "expected 10");
    write_text(path, "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n");
    expect_bad_file("batches.meta.txt: 11 class names", "expected 10");
    ck_assert_int_eq(truncate(path, 70000), 0);
    expect_bad_file("batches.meta.txt: missing or no small text file", "10 class names");
}
END_TEST

START_TEST(test_names_end_in_any_line_end)
{
    char path[PATH_BYTES];
    ck_assert_int_eq(unlink(path_of(path, "%s/batches.meta.txt", folder)), 0);
    write_text(path, "a\r\nb\r\n\r\nc\nd\ne\nf\ng\nh\ni\nj j");
    ds_dataset dataset = {0};
    EXPECT_OK(ds_cifar_load(layout10(), folder, &dataset));
    ck_assert_str_eq(dataset.class_names[1], "b");
    ck_assert_str_eq(dataset.class_names[9], "j j");
    ds_destroy(&dataset);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/cifar");
    const TTest *const tests[] = {test_examples_equal_those_written_cifar10,
                                  test_examples_equal_those_written_cifar100,
                                  test_normalisation_is_the_recipes,
                                  test_layouts_are_found_by_their_name_only,
                                  test_missing_file_is_named,
                                  test_truncated_file_is_named,
                                  test_oversized_file_is_named,
                                  test_folder_in_the_place_of_a_file_is_named,
                                  test_label_out_of_range_is_named_with_its_record,
                                  test_unbalanced_classes_are_named_with_their_count,
                                  test_another_number_of_names_is_an_error,
                                  test_names_end_in_any_line_end};
    TCase *tcase = tcase_create("layout");
    tcase_set_timeout(tcase, 120.0);
    tcase_add_unchecked_fixture(tcase, make_base, remove_base);
    tcase_add_checked_fixture(tcase, make_links, remove_links);
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

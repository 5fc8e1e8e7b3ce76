#include "datasets/glove.h"

#include "tests/datasets/support.h"

enum { V = 6, E = 3 };

static char letters[V][8] = {"", "", "film", "n't", "caf\xc3\xa9", "absent"};
static char *words[V];
static char folder[64], path[PATH_BYTES];
static float out[V * E], before[V * E];
static int64_t found;

static void make_folder(void)
{
    make_test_folder(folder);
    path_of(path, "%s/vectors.txt", folder);
    for (int i = 0; i < V; i++) {
        words[i] = letters[i];
    }
    for (int i = 0; i < V * E; i++) {
        out[i] = before[i] = -0.5f - (float)i;
    }
    found = 4711;
}

static void remove_folder(void) { remove_test_folder(folder); }

static void expect_row(int id, const float *row) { ck_assert_mem_eq(out + id * E, row, E * sizeof *row); }

START_TEST(test_rows_are_filled_by_word_and_others_stay)
{
    write_text(path, "the 9 9 9\n 8 8 8\nfilm 0.25 -1.5e-3 3\nn't -1 -2 -3\r\ncaf\xc3\xa9 1 2 3 \n\nfilm 7 7 7\n");
    EXPECT_OK(ds_glove_load(path, words, V, E, out, &found));
    ck_assert_int_eq(found, 3);
    expect_row(0, before);
    expect_row(1, before + E);
    expect_row(2, (const float[]){0.25f, -1.5e-3f, 3});
    expect_row(3, (const float[]){-1, -2, -3});
    expect_row(4, (const float[]){1, 2, 3});
    expect_row(5, before + 5 * E);
}
END_TEST

/* Words with spaces, as the file of 840B has them, odd bytes, numbers as words, a byte order mark. */
START_TEST(test_last_fields_are_the_vector_and_what_stands_before_is_the_word)
{
    static char odd[][24] = {"", "", ". . .", "at name@domain.com", "a\xc2\xa0z\xff", "7"};
    for (int i = 0; i < V; i++) {
        words[i] = odd[i];
    }
    write_text(
        path,
        "\xef\xbb\xbf"
        "7 1 2 3\n. . . 0.5 0.6 0.7\nat name@domain.com 1 2e-400 +3 \t\r\na\xc2\xa0z\xff\t4  5 6\nthe 1 2 3\n. 9 9 9");
    EXPECT_OK(ds_glove_load(path, words, V, E, out, &found));
    ck_assert_int_eq(found, 4);
    expect_row(2, (const float[]){0.5f, 0.6f, 0.7f});
    expect_row(3, (const float[]){1, 0, 3});
    expect_row(4, (const float[]){4, 5, 6});
    expect_row(5, (const float[]){1, 2, 3});
}
END_TEST

START_TEST(test_zero_byte_is_no_text)
{
    FILE *file = fopen(path, "wb");
    fwrite("film 1 2 3\nthe\0 1 2 3\n", 1, 22, file);
    fclose(file);
    EXPECT_FAILURE(ds_glove_load(path, words, V, E, out, &found), CORE_BAD_FILE, "line 2 has a zero byte");
}
END_TEST

static const char *const bad[][2] = {
    {"film 1 2 3\nthe 1 2 3 4\n", "line 2 has 4 numbers behind its word, expected 3"},
    {"film 1 2\n", "line 1 has 2 numbers"},
    {"400000 3\nfilm 1 2 3\n", "line 1 is \"400000 3\", a header as word2vec and fastText write it"},
    {"film 1 2 3\n400000 3\n", "line 2 has 1 numbers"},
    {"at name@domain.com 1 2\n", "line 1 has 2 numbers"},
    {". . . 1 2\n", "line 1 has 2 numbers"},
    {"at name@domain.com 1 2 3 4\n", "line 1 has 4 numbers"},
    {"7 1 2 3 4\n", "line 1 has 4 numbers"},
    {"film 1 2 3\n\nthe\n", "line 3 has 0 numbers"},
    {"film 1 x 3\n", "line 1: a number: \"x\" is not a number"},
    {"film x 1 3\n", "line 1 has 2 numbers"},
    {"film 1 1e400 3\n", "line 1: a number: 1e400 is not in"},
    {"film 1 -inf 3\n", "line 1: a number: \"-inf\""},
    {"film 1,5 2 3\n", "line 1 has 2 numbers"},
    {"the 1 2 3\nfilm 1 nan 3\n", "line 2: a number: \"nan\""},
    {"film 1 1e39 3\n", "line 1: a number: 1e39 is not in"},
    {"film 1 0x3 3\n", "line 1: a number: \"0x3\""},
    {" 1 2 3 4\n", "line 1 has 4 numbers"}};

START_TEST(test_bad_line_is_named_and_nothing_is_changed)
{
    write_text(path, bad[_i][0]);
    EXPECT_FAILURE(ds_glove_load(path, words, V, E, out, &found), CORE_BAD_FILE, bad[_i][1]);
    ck_assert_ptr_nonnull(strstr(core_error_message(), path));
    ck_assert_mem_eq(out, before, sizeof out);
    ck_assert_int_eq(found, 4711);
}
END_TEST

START_TEST(test_file_that_cannot_be_read_is_named)
{
    EXPECT_FAILURE(ds_glove_load("/nowhere/v.txt", words, V, E, out, &found), CORE_BAD_FILE, "/nowhere/v.txt");
    EXPECT_FAILURE(ds_glove_load(folder, words, V, E, out, &found), CORE_BAD_FILE, folder);
}
END_TEST

START_TEST(test_file_without_any_word_of_ours_fills_nothing)
{
    write_text(path, "");
    EXPECT_OK(ds_glove_load(path, words, V, E, out, &found));
    ck_assert_int_eq(found, 0);
    ck_assert_mem_eq(out, before, sizeof out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/glove");
    TCase *tcase = tcase_create("vectors");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, test_rows_are_filled_by_word_and_others_stay);
    tcase_add_test(tcase, test_last_fields_are_the_vector_and_what_stands_before_is_the_word);
    tcase_add_test(tcase, test_zero_byte_is_no_text);
    tcase_add_loop_test(tcase, test_bad_line_is_named_and_nothing_is_changed, 0, LENGTH(bad));
    tcase_add_test(tcase, test_file_that_cannot_be_read_is_named);
    tcase_add_test(tcase, test_file_without_any_word_of_ours_fills_nothing);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

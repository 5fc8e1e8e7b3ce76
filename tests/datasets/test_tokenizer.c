#include "datasets/tokenizer.h"

#include "core/rng.h"
#include "tests/datasets/support.h"

/* The words of a text, a '|' behind each; the buffers are as small as the contract allows. */
static char *cut(const char *text, int64_t bytes)
{
    ds_tokenizer tokenizer = {.text = text, .bytes = bytes};
    char *word = malloc((size_t)bytes + (bytes == 0)), *out = calloc((size_t)(3 * bytes + 1), 1);
    int64_t length, used = 0;
    while (ds_tokenizer_next(&tokenizer, word, &length)) {
        ck_assert_int_ge(length, 1);
        ck_assert_int_le(length, bytes);
        memcpy(out + used, word, (size_t)length);
        used += length;
        out[used++] = '|';
    }
    ck_assert(!ds_tokenizer_next(&tokenizer, word, &length));
    free(word);
    return out;
}

static const char *const cases[][2] = {
    {"", ""},
    {" \t\r\n\v\f\x01\x7f", ""},
    {"Good", "good|"},
    {"A film, by M. Night.", "a|film|,|by|m|.|night|.|"},
    {"10/10 -- 7.5?", "10|/|10|--|7|.|5|?|"},
    {"well-made", "well|-|made|"},
    /* line breaks of HTML, in their spellings */
    {"one<br />two", "one|two|"},
    {"one<br>two<BR/>three< Br\n/ >four<br\t>five", "one|two|three|four|five|"},
    {"<<br />>", "<|>|"},
    {"<br", "<|br|"},
    {"<brr>", "<|brr|>|"},
    {"<b>x</b>", "<|b|>|x|<|/|b|>|"},
    /* apostrophes */
    {"Don't", "do|n't|"},
    {"can't wouldn't isn't", "ca|n't|would|n't|is|n't|"},
    {"it's I'm he'd you're we've they'll", "it|'s|i|'m|he|'d|you|'re|we|'ve|they|'ll|"},
    {"o'brien's rock'n'roll y'all", "o'brien|'s|rock'n'roll|y'all|"},
    {"n't", "n't|"},
    {"'s", "'|s|"},
    {"the boys' toys", "the|boys|'|toys|"},
    {"'quoted'", "'|quoted|'|"},
    {"a''b", "a|''|b|"},
    {"cat't", "cat't|"},
    {"didn\xe2\x80\x99t it\xc2\xb4s", "did|n't|it|'s|"},
    {"o\xe2\x80\x99hara\xe2\x80\x99s", "o'hara|'s|"},
    {"\xe2\x80\x99tis", "'|tis|"},
    {"'\xe2\x80\x99\xc2\xb4x", "'''|x|"},
    /* runs of a mark */
    {"what?! wow!!!!!", "what|?|!|wow|!!!|"},
    {"so... yes.. .", "so|...|yes|..|.|"},
    /* beyond ASCII */
    {"Caf\xc3\xa9 \xc3\x89tude", "caf\xc3\xa9|\xc3\x89tude|"},
    {"na\xc3\xafve!", "na\xc3\xafve|!|"},
    {"\xe6\x98\xa0\xe7\x94\xbb 5", "\xe6\x98\xa0\xe7\x94\xbb|5|"},
    {"\xf0\x9f\x98\x80ok", "\xf0\x9f\x98\x80ok|"},
    {"a\xc2\xa0"
     "b\xc2\x96"
     "c\xe2\x80\x94"
     "d\xe2\x81\xaf"
     "e",
     "a|b|c|d|e|"},
    {"a\xe2\x81\xb0"
     "b",
     "a\xe2\x81\xb0"
     "b|"},
    {"\xe2\x80\x9cyes\xe2\x80\x9d", "yes|"}};

START_TEST(test_text_is_cut_as_the_rules_say)
{
    char *words = cut(cases[_i][0], (int64_t)strlen(cases[_i][0]));
    ck_assert_str_eq(words, cases[_i][1]);
    free(words);
}
END_TEST

START_TEST(test_zero_byte_separates)
{
    char *words = cut("a\0b", 3);
    ck_assert_str_eq(words, "a|b|");
    free(words);
}
END_TEST

static const core_rng_key fuzz = {20, CORE_RNG_TEST};

/* Whatever the bytes, the walk ends and stays in its text: cut() and the sanitizers watch. */
START_TEST(test_random_bytes_are_survived)
{
    for (int64_t round = 0; round < 4000; round++) {
        core_rng_counter at = {.position = round};
        int64_t bytes = core_rng_below(fuzz, at, 40);
        char *text = malloc((size_t)bytes + (bytes == 0));
        for (int64_t i = 0; i < bytes; i++) {
            at.index = i + 1;
            text[i] = (char)core_rng_below(fuzz, at, 256);
        }
        free(cut(text, bytes));
        free(text);
    }
}
END_TEST

/* Of random characters, most of them ones that rules are about, the words are well-formed and hold no separator. */
START_TEST(test_words_of_random_text_are_text_without_separators)
{
    static const char *const pieces[] = {"<",
                                         "br",
                                         " ",
                                         "/",
                                         ">",
                                         "'",
                                         "n't",
                                         "s",
                                         "re",
                                         "LL",
                                         ".",
                                         "!!",
                                         "\n",
                                         "\xe2\x80\x99",
                                         "\xc2\xb4",
                                         "\xc3\xa9",
                                         "D",
                                         "ve",
                                         "\t",
                                         "m",
                                         "t",
                                         "\xe2\x80\x94",
                                         "\xe2\x81\xb0",
                                         "\xf0\x9f\x98\x80"};
    static const char *const separators[] = {" ", "\n", "\t", "\xe2\x80\x94", "\xe2\x80\x99", "\xc2\xb4", "<br>", "D"};
    for (int64_t round = 0; round < 4000; round++) {
        char text[256] = "";
        core_rng_counter at = {.epoch = 1, .position = round};
        for (int64_t left = core_rng_below(fuzz, at, 24); left > 0; left--) {
            at.index++;
            strcat(text, pieces[core_rng_below(fuzz, at, LENGTH(pieces))]);
        }
        char *words = cut(text, (int64_t)strlen(text));
        ck_assert_int_eq(ds_utf8_find_error(words, (int64_t)strlen(words)), -1);
        for (int i = 0; i < LENGTH(separators); i++) {
            ck_assert_msg(strstr(words, separators[i]) == NULL, "%s came to %s", text, words);
        }
        free(words);
    }
}
END_TEST

/* What Python's bytes.decode("utf-8") says: the start of the exception, -1 for none. */
static const struct {
    const char *text;
    int64_t bytes, error;
} encodings[] = {{"", 0, -1},
                 {"plain\0ascii", 11, -1},
                 {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf", 16, -1},
                 {"abc\x80", 4, 3},
                 {"abc\xe9 ", 5, 3},
                 {"\xc0\xaf", 2, 0},
                 {"\xc1\xbf", 2, 0},
                 {"\xe0\x9f\xbf", 3, 0},
                 {"\xed\x9f\xbf\xed\xa0\x80", 6, 3},
                 {"\xf0\x8f\xbf\xbf", 4, 0},
                 {"\xf4\x90\x80\x80", 4, 0},
                 {"\xf5\x80\x80\x80", 4, 0},
                 {"\xff", 1, 0},
                 {"ab\xe2\x82", 4, 2},
                 {"\xf0\x9f\x98", 3, 0},
                 {"\xe2\x82x", 3, 0},
                 {"a\xc3", 2, 1}};

START_TEST(test_first_byte_that_is_not_utf8_is_found)
{
    char *text = malloc((size_t)encodings[_i].bytes + 1); /* exact, for the sanitizers */
    memcpy(text, encodings[_i].text, (size_t)encodings[_i].bytes);
    text = realloc(text, (size_t)encodings[_i].bytes + (encodings[_i].bytes == 0));
    ck_assert_int_eq(ds_utf8_find_error(text, encodings[_i].bytes), encodings[_i].error);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/tokenizer");
    TCase *tcase = tcase_create("rules");
    tcase_add_loop_test(tcase, test_text_is_cut_as_the_rules_say, 0, LENGTH(cases));
    tcase_add_test(tcase, test_zero_byte_separates);
    tcase_add_loop_test(tcase, test_first_byte_that_is_not_utf8_is_found, 0, LENGTH(encodings));
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("fuzz");
    tcase_set_timeout(tcase, 60.0);
    tcase_add_test(tcase, test_random_bytes_are_survived);
    tcase_add_test(tcase, test_words_of_random_text_are_text_without_separators);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

#include "core/text.h"

#include <locale.h>
#include <math.h>

#include "tests/support.h"

START_TEST(test_int64_takes_whole_numbers)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"+17", 17},
                {"007", 7},
                {"-2385", -2385},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    for (int i = 0; i < LENGTH(good); i++) {
        int64_t value = -1;
        EXPECT_OK(core_text_int64("--epochs", good[i].text, INT64_MIN, INT64_MAX, &value));
        ck_assert_int_eq(value, good[i].value);
    }
}
END_TEST

START_TEST(test_int64_refuses_the_rest)
{
    const char *const bad[] = {"",     "-",   "+",   " 1",  "1 ",    "1.0",     "1e3",
                               "0x10", "--1", "+-1", "ten", "1,000", "\xd9\xa1"};
    int64_t value = 2385;
    for (int i = 0; i < LENGTH(bad); i++) {
        EXPECT_FAILURE(core_text_int64("--epochs", bad[i], INT64_MIN, INT64_MAX, &value), CORE_BAD_USAGE,
                       "is not a whole number");
        EXPECT_FAILURE(core_text_int64("--epochs", bad[i], INT64_MIN, INT64_MAX, &value), CORE_BAD_USAGE, "--epochs");
    }
    ck_assert_int_eq(value, 2385);
}
END_TEST

START_TEST(test_int64_range)
{
    int64_t value = 2385;
    EXPECT_OK(core_text_int64("--batch", "1", 1, 7, &value));
    EXPECT_OK(core_text_int64("--batch", "7", 1, 7, &value));
    EXPECT_FAILURE(core_text_int64("--batch", "0", 1, 7, &value), CORE_BAD_USAGE, "0 is not in 1..7");
    EXPECT_FAILURE(core_text_int64("--batch", "8", 1, 7, &value), CORE_BAD_USAGE, "--batch");
    EXPECT_STATUS(core_text_int64("--batch", "9223372036854775808", INT64_MIN, INT64_MAX, &value), CORE_BAD_USAGE);
    EXPECT_STATUS(core_text_int64("--batch", "-99999999999999999999", INT64_MIN, INT64_MAX, &value), CORE_BAD_USAGE);
    ck_assert_int_eq(value, 7);
}
END_TEST

START_TEST(test_double_takes_decimals)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},         {"100", 100},         {"-2.385", -2.385}, {".5", 0.5},
                {"5.", 5},        {"1e-4", 1e-4},       {"+1.5E+3", 1500},  {"0.1", 0x1.999999999999ap-4},
                {"1e308", 1e308}, {"4e-324", 0x1p-1074}};
    for (int i = 0; i < LENGTH(good); i++) {
        double value = -1;
        EXPECT_OK(core_text_double("--rho", good[i].text, -HUGE_VAL, HUGE_VAL, &value));
        ck_assert_double_eq(value, good[i].value);
    }
    double zero = -1;
    EXPECT_OK(core_text_double("--mu", "-0", -1, 1, &zero));
    ck_assert_int_eq(signbit(zero), 0); /* one number has one form: -0 would be another configuration */
}
END_TEST

START_TEST(test_double_refuses_the_rest)
{
    const char *const bad[] = {"",         "-",     ".",   "e5",    "1e", "1e+", "inf", "nan",
                               "INFINITY", "0x1p3", "1,5", "1.2.3", " 1", "1 ",  "1f",  "1e5.0"};
    double value = 2.385;
    for (int i = 0; i < LENGTH(bad); i++) {
        EXPECT_FAILURE(core_text_double("--rho", bad[i], -HUGE_VAL, HUGE_VAL, &value), CORE_BAD_USAGE,
                       "is not a number");
    }
    EXPECT_FAILURE(core_text_double("--rho", "0.99", 1, 1e6, &value), CORE_BAD_USAGE,
                   "--rho: 0.99 is not in [1, 1e+06]");
    EXPECT_STATUS(core_text_double("--rho", "1e999", -HUGE_VAL, HUGE_VAL, &value), CORE_BAD_USAGE);
    ck_assert_double_eq(value, 2.385);
}
END_TEST

static bool set_comma(void)
{
    const char *const comma[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "nl_NL.UTF-8"};
    int i = 0;
    while (i < LENGTH(comma) && setlocale(LC_ALL, comma[i]) == NULL) {
        i++;
    }
    return i < LENGTH(comma);
}

START_TEST(test_double_ignores_the_locale)
{
    ck_assert(set_comma());
    double value = 0;
    EXPECT_OK(core_text_double("--rho", "2.385", 0, 10, &value));
    ck_assert_double_eq(value, 2.385);
    char text[CORE_REAL_BYTES];
    ck_assert_str_eq(core_text_real(2.385, text), "2.385");
}
END_TEST

START_TEST(test_seconds)
{
    static const struct {
        const char *text;
        double seconds;
    } good[] = {{"0", 0}, {"0s", 0}, {"30s", 30}, {"10m", 600}, {"1.5h", 5400}, {"2d", 172800}, {".5s", 0.5}};
    const char *const bad[] = {"", "10", "m", "10 m", "m10", "10ms", "10M", "1h30m", "s", "nanm", "inf s", "10w"};
    double seconds = -1;
    for (int i = 0; i < LENGTH(good); i++) {
        EXPECT_OK(core_text_seconds("--save-every", good[i].text, &seconds));
        ck_assert_double_eq(seconds, good[i].seconds);
    }
    for (int i = 0; i < LENGTH(bad); i++) {
        EXPECT_FAILURE(core_text_seconds("--save-every", bad[i], &seconds), CORE_BAD_USAGE, "such as 30s, 10m");
    }
    EXPECT_FAILURE(core_text_seconds("--save-every", "-1s", &seconds), CORE_BAD_USAGE, "between 0 and 10 years");
    EXPECT_FAILURE(core_text_seconds("--save-every", "4000d", &seconds), CORE_BAD_USAGE, "--save-every");
    EXPECT_STATUS(core_text_seconds("--save-every", "1e999s", &seconds), CORE_BAD_USAGE);
    EXPECT_STATUS(core_text_seconds("--save-every", "000000000000000000000000000000000000001s", &seconds),
                  CORE_BAD_USAGE);
    ck_assert_double_eq(seconds, 0.5);
}
END_TEST

START_TEST(test_nearest_name)
{
    const char *const names[] = {"ERM", "Focal", "CB-RW", "CB-Focal", "LDAM", "ERM-DRW", "LDAM-DRW", "a"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {{"LDAM-DRW", "LDAM-DRW"},
                 {"ldam-drw", "LDAM-DRW"},
                 {"LDAM-DWR", "LDAM-DRW"},
                 {"LDAMDRW", "LDAM-DRW"},
                 {"Fcoal", "Focal"},
                 {"EMR", "ERM"},
                 {"CBFocal", "CB-Focal"},
                 {"DRW", NULL}, /* a part of two */
                 {"LDAM", "LDAM"},
                 {"Focla", "Focal"},
                 {"Coaxl", NULL}, /* two edits in five letters */
                 {"softmax", NULL},
                 {"", NULL},
                 {"b", NULL},
                 {"xyz", NULL}};
    for (int i = 0; i < LENGTH(cases); i++) {
        const char *nearest = core_text_nearest(cases[i].word, names, LENGTH(names));
        ck_assert_pstr_eq(nearest, cases[i].nearest);
    }
    ck_assert_ptr_null(core_text_nearest("ERM", names, 0));
}
END_TEST

START_TEST(test_hints_end_a_message)
{
    const char *const names[] = {"text", "markdown", "latex"};
    char meant[CORE_MEANT_BYTES], expected[CORE_EXPECTED_BYTES];
    ck_assert_str_eq(core_text_meant("txt", names, 3, "--", "; see --help", meant), "; did you mean --text?");
    ck_assert_str_eq(core_text_meant("tex", names, 3, "--", "; see --help", meant), "; see --help");
    ck_assert_str_eq(core_text_expected("txt", names, 3, expected),
                     ", expected text, markdown or latex; did you mean text?");
    ck_assert_str_eq(core_text_expected("tex", names, 3, expected), ", expected text, markdown or latex");
}
END_TEST

START_TEST(test_nearest_of_equals_is_none)
{
    const char *const names[] = {"seed-a", "seed-b"};
    ck_assert_ptr_null(core_text_nearest("seed-c", names, 2));
    ck_assert_str_eq(core_text_nearest("seed-b", names, 2), "seed-b");
    ck_assert_str_eq(core_text_nearest("sede-b", names, 2), "seed-b"); /* two edits from the other */
}
END_TEST

START_TEST(test_nearest_of_very_long_words)
{
    char word[1000];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    const char *const names[] = {word, "rho"};
    ck_assert_ptr_null(core_text_nearest(word, names, 2));
    ck_assert_str_eq(core_text_nearest("rhoo", names, 2), "rho");
    word[64] = '\0';
    ck_assert_str_eq(core_text_nearest(word, names, 2), word);
}
END_TEST

START_TEST(test_reals_are_the_shortest_text)
{
    static const struct {
        double value;
        const char *text;
    } reals[] = {{100, "100"},
                 {0.1, "0.1"},
                 {-2.385, "-2.385"},
                 {0, "0"},
                 {-0.0, "-0"},
                 {1e-4, "0.0001"},
                 {1e-5, "1e-05"},
                 {123456789, "123456789"},
                 {1e15, "1000000000000000"},
                 {1e16, "1e+16"},
                 {1.0 / 3.0, "0.3333333333333333"},
                 {0x1.3333333333334p-2, "0.30000000000000004"},
                 {-0x1.a36e2eb1c432ep-14, "-0.00010000000000000002"},
                 {0x1.fffffffffffffp1023, "1.7976931348623157e+308"},
                 {0x1p-1074, "5e-324"},
                 {(double)NAN, "NaN"},
                 {HUGE_VAL, "Inf"},
                 {-HUGE_VAL, "-Inf"}};
    char text[CORE_REAL_BYTES];
    for (int i = 0; i < LENGTH(reals); i++) {
        ck_assert_str_eq(core_text_real(reals[i].value, text), reals[i].text);
    }
    ck_assert_str_eq(core_text_float(0.1F, text), "0.1");
    ck_assert_str_eq(core_text_float(0.4914F, text), "0.4914");
    ck_assert_str_eq(core_text_float(0x1p-149F, text), "1e-45");
    ck_assert_str_eq(core_text_float(16777217.0F / 3.0F, text), "5592405.5");
}
END_TEST

/* Of any bits, so of every exponent. */
START_TEST(test_reals_read_back)
{
    char text[CORE_REAL_BYTES];
    uint64_t state = 2385;
    for (int i = 0; i < 50000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const uint64_t bits = state ^ (state >> 29);
        const uint32_t half = (uint32_t)(bits >> 32);
        double real;
        float single;
        memcpy(&real, &bits, sizeof real);
        memcpy(&single, &half, sizeof single);
        if (isfinite(real)) {
            ck_assert_msg(strtod(core_text_real(real, text), NULL) == real, "%s is not %a", text, real);
        }
        if (isfinite(single)) {
            core_text_float(single, text);
            ck_assert_msg(strtof(text, NULL) == single && (float)strtod(text, NULL) == single, "%s is not %a", text,
                          (double)single);
        }
    }
}
END_TEST

START_TEST(test_utf8_takes_well_formed_characters)
{
    static const struct {
        const char *text;
        int bytes;
        uint32_t character;
    } cases[] = {
        {"", 1, 0},
        {"a", 1, 'a'},
        {"\x7f", 1, 0x7f},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\x80", 0, 0x80},             /* no first byte */
        {"\xc3", 0, 0xc3},             /* cut */
        {"\xe2\x82", 0, 0xe2},         /* cut */
        {"\xc1\xbf", 0, 0xc1},         /* overlong */
        {"\xe0\x9f\xbf", 0, 0xe0},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 0, 0xf0}, /* overlong */
        {"\xed\xa0\x80", 0, 0xed},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0, 0xf4}, /* beyond the last */
        {"\xff", 0, 0xff},
    };
    for (int i = 0; i < LENGTH(cases); i++) {
        uint32_t character = 0;
        ck_assert_int_eq(core_text_utf8(cases[i].text, &character), cases[i].bytes);
        ck_assert_uint_eq(character, cases[i].character);
    }
}
END_TEST

START_TEST(test_shown_texts_are_a_line_of_utf8)
{
    char out[CORE_SHOWN_BYTES], text[401] = "";
    ck_assert_str_eq(core_text_shown("caf\xc3\xa9 'x'", out), "caf\xc3\xa9 'x'");
    ck_assert_str_eq(core_text_shown("a\nb\x1b[2J\xc2\x85\xe9\xe2\x80\xa8", out), "a\\x0ab\\x1b[2J\\x85\\xe9\\u2028");
    for (int i = 0; i < 100; i++) {
        strcat(text, "\xf0\x9f\x90\xa6");
    }
    for (int cut = 0; cut < 4; cut++) { /* never within a character */
        const char *shown = core_text_shown(text + 4 * cut, out);
        ck_assert_int_eq((int)strlen(shown), 103);
        ck_assert_str_eq(shown + 100, "...");
    }
}
END_TEST

static void expect_shown(const char *text, core_text_escape escape, const char *wanted)
{
    core_arena arena = {0};
    const char *shown = NULL;
    EXPECT_OK(core_text_escaped(text, escape, &arena, &shown));
    ck_assert_str_eq(shown, wanted);
    core_arena_free(&arena);
}

START_TEST(test_what_is_shown_steers_no_terminal)
{
    expect_shown("caf\xc3\xa9 \xf0\x9f\x98\x80 a\\b|", CORE_TEXT_LINE, "caf\xc3\xa9 \xf0\x9f\x98\x80 a\\b|");
    expect_shown("caf\xe9", CORE_TEXT_BYTES, "caf\\xe9");
    expect_shown("a\x1b[31mb\n\tc\r", CORE_TEXT_LINE, "a\\x1b[31mb\\x0a\\x09c\\x0d");
    expect_shown("a\x1b[31mb\n\tc\r", CORE_TEXT_LINES, "a\\x1b[31mb\n\tc\\x0d");
    expect_shown("a\x1b[31mb\n\tc\r", CORE_TEXT_BYTES, "a\x1b[31mb\n\tc\r");
    expect_shown("\xc2\x9b \xe2\x80\xae \x7f", CORE_TEXT_LINE, "\\x9b \\u202e \\x7f");
}
END_TEST

START_TEST(test_print_keeps_the_lines_of_its_format_alone)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    core_text_print(stream, "\n%s: %d\n", "a\nb\x1b", 7);
    core_text_print(stream, "%s\nx%s\n", "c", "\xff");
    core_text_print(stream, "\n");
    fclose(stream);
    ck_assert_str_eq(text, "\na\\x0ab\\x1b: 7\nc\nx\\xff\n\n");
    free(text);
}
END_TEST

START_TEST(test_fields_of_csv_are_quoted_where_they_must_be)
{
    static const char *const fields[][2] = {{"a b", "a b"},       {"", ""},
                                            {"a,b", "\"a,b\""},   {"\"a\"", "\"\"\"a\"\"\""},
                                            {"a\nb", "\"a\nb\""}, {"\x1b[2J\r\xe9", "\\x1b[2J\\x0d\\xe9"}};
    for (int i = 0; i < LENGTH(fields); i++) {
        char *text = NULL;
        size_t bytes = 0;
        FILE *stream = open_memstream(&text, &bytes);
        core_text_csv(stream, fields[i][0], CORE_TEXT_LINES);
        fclose(stream);
        ck_assert_str_eq(text, fields[i][1]);
        free(text);
    }
    char *line = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&line, &bytes);
    core_text_csv(stream, "a,\nb", CORE_TEXT_LINE);
    fclose(stream);
    ck_assert_str_eq(line, "\"a,\\x0ab\"");
    free(line);
}
END_TEST

/* Also what showing itself writes is in the language. */
START_TEST(test_characters_that_a_language_takes_for_its_own)
{
    static const core_text_change changes[] = {{'\\', "<backslash>"}, {'b', ""}, {'"', "''"}, {'\0', NULL}};
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    core_text_show_in(stream, "ab\"\\\x1b \xc3\xa9", CORE_TEXT_LINE, changes);
    fclose(stream);
    ck_assert_str_eq(text, "a''<backslash><backslash>x1 \xc3\xa9");
    free(text);
}
END_TEST

START_TEST(test_a_text_by_format)
{
    core_arena arena = {0};
    const char *text = NULL;
    EXPECT_OK(core_text_format(&arena, &text, "%s/%03d%%", "runs", 7));
    ck_assert_str_eq(text, "runs/007%");
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_a_count_agrees_with_its_noun)
{
    ck_assert_str_eq(CORE_COUNT(1, "epoch"), "1 epoch");
    ck_assert_str_eq(CORE_COUNT(0, "training example"), "0 training examples");
    ck_assert_str_eq(CORE_COUNT(5, "class"), "5 classes");
    ck_assert_str_eq(CORE_COUNT(INT64_MIN, "class"), "-9223372036854775808 classes");
}
END_TEST

START_TEST(test_first_characters_of_a_text)
{
    const struct {
        const char *text;
        int most, count;
        size_t bytes;
    } cases[] = {{"", 3, 0, 0},
                 {"abcd", 3, 3, 3},
                 {"v\xc3\xb6gel", 2, 2, 3},
                 {"\xe9"
                  "clair",
                  3, 3, 3},
                 {"ab", 3, 2, 2}};
    for (int i = 0; i < LENGTH(cases); i++) {
        int count;
        ck_assert_uint_eq(core_text_first(cases[i].text, cases[i].most, &count), cases[i].bytes);
        ck_assert_int_eq(count, cases[i].count);
    }
}
END_TEST

START_TEST(test_a_message_is_one_line)
{
    ck_assert_int_eq(core_fail(CORE_BAD_FILE, "%s: is damaged", "a\n\x1b[2J\xe9.h5"), CORE_BAD_FILE);
    ck_assert_str_eq(core_error_message(), "a\\x0a\\x1b[2J\\xe9.h5: is damaged");
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite = suite_create("core/text");
    if (asked_for(argc, argv, "decimal-comma", works_in_child(set_comma))) {
        ADD_CASE(suite, "limits", test_double_ignores_the_locale);
        return run_suite(suite);
    }
    ADD_CASE(suite, "oracle", test_int64_takes_whole_numbers, test_double_takes_decimals, test_seconds,
             test_nearest_name, test_hints_end_a_message, test_reals_are_the_shortest_text, test_reals_read_back);
    ADD_CASE(suite, "limits", test_int64_range, test_nearest_of_equals_is_none, test_nearest_of_very_long_words);
    ADD_CASE(suite, "errors", test_int64_refuses_the_rest, test_double_refuses_the_rest);
    ADD_CASE(suite, "characters", test_utf8_takes_well_formed_characters, test_shown_texts_are_a_line_of_utf8,
             test_what_is_shown_steers_no_terminal, test_print_keeps_the_lines_of_its_format_alone,
             test_a_message_is_one_line, test_fields_of_csv_are_quoted_where_they_must_be,
             test_characters_that_a_language_takes_for_its_own, test_a_text_by_format,
             test_a_count_agrees_with_its_noun, test_first_characters_of_a_text);
    return run_suite(suite);
}

#include "core/yaml.h"

#include <unistd.h>

#include "tests/support.h"

static const char *const NAMES[] = {"data", "rho", "method", "seed", "save-every"};
static const char *const JOINED[] = {NULL, NULL, NULL, "1,2", NULL};
static const core_yaml_keys KEYS = {NAMES, LENGTH(NAMES), JOINED, NULL, NULL};

/* The options of `text` as "key=value@line:column " one after another, in *out. */
static core_status flat(const char *text, char out[256])
{
    core_arena arena = {0};
    core_yaml_pair *pairs;
    int64_t count;
    core_status status = core_yaml_parse("run.yaml", text, KEYS, &arena, &pairs, &count);
    if (status == CORE_OK) {
        out[0] = '\0';
        for (int64_t i = 0; i < count; i++) {
            size_t used = strlen(out);
            snprintf(out + used, 256 - used, "%s=%s@%d:%d ", pairs[i].key, pairs[i].value, (int)pairs[i].place.line,
                     (int)pairs[i].place.column);
        }
    }
    core_arena_free(&arena);
    return status;
}

START_TEST(test_values_are_text)
{
    static const struct {
        const char *text, *flat;
    } good[] = {
        {"method: LDAM-DRW\n\n# the ratio\nrho: 100 # n_max / n_min\n", "method=LDAM-DRW@1:9 rho=100@4:6 "},
        {"data: \"my data: 1\"\nseed: '007'\nsave-every: 10m", "data=my data: 1@1:7 seed=007@2:7 save-every=10m@3:13 "},
        {"{rho: 1e2, seed: no}", "rho=1e2@1:7 seed=no@1:18 "},
        {"---\n\"rho\" : yes\n...\n", "rho=yes@2:9 "},
        {"data: |\n  two\n  lines\n", "data=two\nlines\n@1:7 "},
        {"data: rho\nrho: \"data:\"\r\n", "data=rho@1:7 rho=data:@2:6 "},
        {"data: 'null'\nmethod: \"~\"\n", "data=null@1:7 method=~@2:9 "},
        {"\xef\xbb\xbfrho: 1\n", "rho=1@1:6 "},
        {"rho: 1\r\nseed: 2\rdata: \xc3\xa4\xe2\x82\xac # \xf0\x9f\x90\xa6\nmethod: x", /* every line end */
         "rho=1@1:6 seed=2@2:7 data=\xc3\xa4\xe2\x82\xac@3:7 method=x@4:9 "},
        {"rho: &ratio 1\n", "rho=1@1:6 "},
        {"%YAML 1.2\n--- {rho: 1}\n", "rho=1@2:11 "},
        {"", ""},
        {"\xef\xbb\xbf", ""},
        {"---\n", ""},
        {"# nothing\n", ""},
    };
    for (int i = 0; i < LENGTH(good); i++) {
        char out[256];
        EXPECT_OK(flat(good[i].text, out));
        ck_assert_str_eq(out, good[i].flat);
    }
}
END_TEST

static const struct {
    const char *text, *sentence;
} bad[] = {
    {"rho: 100\nmethd: LDAM\n", "run.yaml, line 2, column 1: unknown key \"methd\"; did you mean method?"},
    {"rho: 100\n\nlearning_rate: 0.1\n", "run.yaml, line 3, column 1: unknown key \"learning_rate\""},
    {"{Rho: 100}", "run.yaml, line 1, column 2: unknown key \"Rho\"; did you mean rho?"},
    {"rho: 1\n\"a\\e[2Jb\\nc\": 1\n", "line 2, column 1: unknown key \"a\\x1b[2Jb\\x0ac\""},
    {"rho: 1\nseed: 0\nrho: 2\n",
     "run.yaml, line 3, column 1: the key \"rho\" is there twice, first at line 1, column 6"},
    {"{rho: 1, \"rho\": 2}", "line 1, column 10: the key \"rho\" is there twice"},
    {"seed: 0\nrho: [10, 100]\n", "run.yaml, line 2, column 6: \"rho\" wants one value, not a list or a mapping"},
    {"seed:\n  - 1\n", "run.yaml, line 2, column 3: \"seed\" wants one value, not a list; write seed: 1,2"},
    {"data: {name: cifar10}\n", "run.yaml, line 1, column 7: \"data\" wants one value"},
    {"seed: [1]\n", "line 1, column 7: \"seed\" wants one value, not a list; write seed: 1,2"},
    {"rho: 1\nseed:\n", "run.yaml, line 2, column 6: \"seed\" has no value"},
    {"seed: ''\n", "run.yaml, line 1, column 7: \"seed\" has no value"},
    {"seed: ~\n", "line 1, column 7: \"seed\" has no value: that is what ~ means; write one or leave it out"},
    {"{data: null}\n", "line 1, column 8: \"data\" has no value: that is what null means"},
    {"data: NULL\n", "(as a text it is 'NULL')"},
    {"- rho\n- seed\n", "run.yaml, line 1, column 1: expected lines such as \"data: VALUE\""},
    {"rho=100\n", "run.yaml, line 1, column 1: expected lines such as"},
    {"rho: 1\n  seed: 2\n", "line 2, column 7: no YAML: mapping values are not allowed in this context; a text with"},
    {"rho: \"1\n", "no YAML: found unexpected end of stream while scanning a quoted scalar from line 1, column 6"},
    {"rho: @1\n", "line 1, column 6: no YAML: found character that cannot start any token"},
    {"rho: @1\n", "; a text that begins with this character needs quotes"},
    {"seed: 1\n\trho: 2\n", "line 2, column 1: no YAML: "},
    {"seed: 1\n\trho: 2\n", "; a tab stands there, YAML is indented with spaces"},
    {"rho: &r 1\nseed: *r\n", "run.yaml, line 2, column 7: the alias *r; expected the value itself"},
    {"seed: !!int 3\n", "line 1, column 7: the tag tag:yaml.org,2002:int; expected a value without one"},
    {"!x {seed: 3}\n", "line 1, column 1: the tag !x"},
    {"rho: 1\n---\nrho: 2\n", "run.yaml, line 2, column 1: expected one YAML document, found another"},
    {"rho: 1\n...\n---\n", "line 3, column 1: expected one YAML document"},
    {"rho: 1\n? [1, 2]\n: 3\n", "run.yaml, line 2, column 3: a key is a list or a mapping; expected lines such as"},
    {"rho: 1\nseed: \xff\xfe\n", "run.yaml, line 2, column 7: expected UTF-8 text, found the byte 0xff"},
    {"rho: 1\nseed: a\xc3\n", "line 2, column 8: expected UTF-8 text, found the byte 0xc3"}, /* Latin-1 */
    {"rho: 1\nseed: a\x1b\n", "line 2, column 8: expected UTF-8 text, found the byte 0x1b"},
    {"seed: \"a\\0b\"\n", "line 1, column 7: a text has a zero byte"},
    {"seed: 1\n: 2\n", "line 2, column 1: no YAML: did not find expected key"},
    {"<<: {rho: 1}\n", "line 1, column 1: unknown key \"<<\""},
};

START_TEST(test_errors_name_place_and_key)
{
    char out[256] = "unchanged";
    EXPECT_FAILURE(flat(bad[_i].text, out), CORE_BAD_USAGE, bad[_i].sentence);
    ck_assert_str_eq(out, "unchanged");
    ck_assert_msg(strpbrk(core_error_message(), "\n\x1b") == NULL, "more than a line: %s", core_error_message());
}
END_TEST

/* What grows when it is read, and what nests without end. */
START_TEST(test_bombs_are_refused)
{
    static char text[CORE_YAML_MAX_BYTES + 2];
    char out[256];
    EXPECT_FAILURE(flat("seed: &a [x, x]\nrho: &b [*a, *a]\ndata: [*b, *b]\n", out), CORE_BAD_USAGE,
                   "line 1, column 7");
    EXPECT_FAILURE(flat("{seed: &a x, rho: *a}", out), CORE_BAD_USAGE, "the alias *a");
    memset(text, '[', sizeof text - 2);
    EXPECT_FAILURE(flat(text, out), CORE_BAD_USAGE, "");
    memset(text, '{', sizeof text - 2);
    EXPECT_FAILURE(flat(text, out), CORE_BAD_USAGE, "");
    for (size_t i = 0; i + 2 < sizeof text; i += 2) {
        memcpy(text + i, "? ", 2);
    }
    EXPECT_FAILURE(flat(text, out), CORE_BAD_USAGE, "");
    memcpy(text, "seed: ", 6);
    memset(text + 6, 'a', sizeof text - 8); /* the longest that is read */
    core_arena arena = {0};
    core_yaml_pair *pairs;
    int64_t count;
    EXPECT_OK(core_yaml_parse("run.yaml", text, KEYS, &arena, &pairs, &count));
    ck_assert_int_eq((int)strlen(pairs[0].value), CORE_YAML_MAX_BYTES - 6);
    core_arena_free(&arena);
    text[CORE_YAML_MAX_BYTES] = 'a';
    EXPECT_FAILURE(flat(text, out), CORE_BAD_USAGE, "run.yaml has 1048577 bytes, expected at most 1048576");
}
END_TEST

START_TEST(test_every_key_at_once)
{
    enum { MANY = 200 }; /* more than a machine word of "seen" bits */
    static char name[MANY][16], text[MANY * 16];
    const char *names[MANY];
    size_t used = 0;
    for (int i = 0; i < MANY; i++) {
        snprintf(name[i], sizeof name[i], "k%d", i);
        names[i] = name[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "k%d: %d\n", i, 3 * i + 1);
    }
    core_arena arena = {0};
    core_yaml_pair *pairs;
    int64_t count;
    EXPECT_OK(core_yaml_parse("many", text, (core_yaml_keys){names, MANY, NULL, NULL, NULL}, &arena, &pairs, &count));
    ck_assert_int_eq(count, MANY);
    for (int i = 0; i < MANY; i++) {
        ck_assert_str_eq(pairs[i].key, name[i]);
        ck_assert_int_eq(atoi(pairs[i].value), 3 * i + 1);
        ck_assert_int_eq(pairs[i].place.line, i + 1);
    }
    core_arena_free(&arena);
}
END_TEST

/* libyaml reads text from people; whatever it is, there is an answer. */
START_TEST(test_noise_is_answered)
{
    static const char alphabet[] = "rho: seed\n\n{}[],&*!|>'\"%@`#-?~ \t\xc3\xa4\x01";
    uint32_t state = 2385;
    for (int i = 0; i < 20000; i++) {
        char text[33], out[256];
        for (int c = 0; c < 32; c++) {
            state = state * 1664525 + 1013904223;
            text[c] = alphabet[(state >> 16) % (sizeof alphabet - 1)];
        }
        text[32] = '\0';
        core_status status = flat(text, out);
        ck_assert(status == CORE_OK || (status == CORE_BAD_USAGE && core_error_message()[0] != '\0'));
    }
}
END_TEST

START_TEST(test_file)
{
    char folder[64], path[128];
    core_arena arena = {0};
    core_yaml_pair *pairs = NULL;
    int64_t count = -1;
    snprintf(path, sizeof path, "%s/run.yaml", make_test_folder(folder));
    EXPECT_FAILURE(core_yaml_load(path, KEYS, &arena, &pairs, &count), CORE_BAD_FILE, path);
    ck_assert(pairs == NULL && count == -1);
    FILE *file = fopen(path, "w");
    fputs("rho: 100\n", file);
    fclose(file);
    EXPECT_OK(core_yaml_load(path, KEYS, &arena, &pairs, &count));
    ck_assert_int_eq(count, 1);
    ck_assert_str_eq(pairs[0].value, "100");
    file = fopen(path, "w");
    fwrite("rho: 1\n\0seed: 2", 1, 15, file);
    fclose(file);
    EXPECT_FAILURE(core_yaml_load(path, KEYS, &arena, &pairs, &count), CORE_BAD_USAGE, "zero byte");
    ck_assert_int_eq(count, 1);
    ck_assert_int_eq(truncate(path, 10ll << 30), 0);
    EXPECT_FAILURE(core_yaml_load(path, KEYS, &arena, &pairs, &count), CORE_BAD_USAGE, "has 10737418240 bytes");
    core_arena_free(&arena);
    remove_test_folder(folder);
}
END_TEST

static const core_yaml_form FORM = {
    .pairs = {NAMES, LENGTH(NAMES), JOINED, NULL, NULL}, .section = "axes", .lists = {NAMES, 4, NULL, NULL, NULL}};

/* The pairs and lists of `text` as "key=value key=[a|b]@line " one after another, in *out. */
static core_status lists(const char *text, char out[256])
{
    core_arena arena = {0};
    core_yaml_document document = {.pair_count = -1};
    core_status status = core_yaml_parse_lists("grid.yaml", text, &FORM, &arena, &document);
    out[0] = '\0';
    for (int64_t i = 0; status == CORE_OK && i < document.pair_count; i++) {
        size_t used = strlen(out);
        snprintf(out + used, 256 - used, "%s=%s ", document.pairs[i].key, document.pairs[i].value);
    }
    for (int64_t i = 0; status == CORE_OK && i < document.list_count; i++) {
        const core_yaml_list *list = &document.lists[i];
        for (int64_t v = 0; v < list->count; v++) {
            size_t used = strlen(out);
            snprintf(out + used, 256 - used, "%s%s%s", v == 0 ? list->key : "", v == 0 ? "=[" : "|", list->values[v]);
        }
        size_t used = strlen(out);
        snprintf(out + used, 256 - used, "]@%d:%d ", (int)list->place.line, (int)list->places[list->count - 1].column);
    }
    ck_assert(status == CORE_OK || document.pair_count == -1);
    core_arena_free(&arena);
    return status;
}

START_TEST(test_lists_come_in_the_order_of_the_file)
{
    static const struct {
        const char *text, *flat;
    } cases[] = {
        {"seed: 3\naxes:\n  method: [LDAM, ERM]\n  rho:\n    - 100\n    - '10'\n",
         "seed=3 method=[LDAM|ERM]@3:18 rho=[100|10]@4:7 "},
        {"axes:\n  rho: [1e2]\n  data: [a b, c]\n", "rho=[1e2]@2:9 data=[a b|c]@3:15 "},
        {"seed: 3\n", "seed=3 "},
        {"axes: {}\n", ""},
        {"", ""},
    };
    for (int i = 0; i < LENGTH(cases); i++) {
        char out[256];
        EXPECT_OK(lists(cases[i].text, out));
        ck_assert_str_eq(out, cases[i].flat);
    }
}
END_TEST

START_TEST(test_wrong_lists_name_place_and_key)
{
    static const struct {
        const char *text, *sentence;
    } wrong[] = {
        {"axes:\n  rho: 100\n", "grid.yaml, line 2, column 3: \"rho\" wants a list, such as [a, b]"},
        {"axes:\n  rho: []\n", "grid.yaml, line 2, column 3: \"rho\" has no values"},
        {"axes:\n  rho: [1, [2]]\n", "grid.yaml, line 2, column 12: \"rho\" wants a list of single values"},
        {"axes:\n  rho: [1, {a: 2}]\n", "grid.yaml, line 2, column 12: \"rho\" wants a list of single values"},
        {"axes:\n  rho: [1, '']\n", "grid.yaml, line 2, column 12: an entry of \"rho\" has no value"},
        {"axes:\n  rho: [1, ~]\n", "grid.yaml, line 2, column 12: an entry of \"rho\" has no value: that is what ~"},
        {"axes:\n  rho: [1]\n  rho: [2]\n",
         "line 3, column 3: the key \"rho\" is there twice, first at line 2, column 3"},
        {"axes:\n  rho: [1]\nseed: 1\naxes:\n  data: [x]\n", "line 4, column 1: the key \"axes\" is there twice"},
        {"axes:\n  roh: [1]\n", "line 2, column 3: unknown key \"roh\"; did you mean rho?"},
        {"axes:\n  save-every: [1]\n", "line 2, column 3: unknown key \"save-every\""},
        {"axes:\n  [rho]: [1]\n",
         "line 2, column 3: a key is a list or a mapping; expected lines such as \"  data: [a"},
        {"axes: [rho]\n", "grid.yaml, line 1, column 1: \"axes\" wants lines such as \"  data: [a, b]\""},
        {"axes:\n", "grid.yaml, line 1, column 1: \"axes\" wants lines such as"},
        {"axse:\n  rho: [1]\n", "did you mean axes?"},
        {"rho: [1]\n",
         "line 1, column 6: \"rho\" wants one value, not a list or a mapping; a list of values stands below \"axes\""},
    };
    for (int i = 0; i < LENGTH(wrong); i++) {
        char out[256];
        EXPECT_FAILURE(lists(wrong[i].text, out), CORE_BAD_USAGE, wrong[i].sentence);
    }
}
END_TEST

/* What the room writes, in *out. */
static core_status written(const char *value, char **out)
{
    size_t bytes;
    FILE *stream = open_memstream(out, &bytes);
    core_status status = core_yaml_write_text(stream, "data", value);
    fclose(stream);
    return status;
}

START_TEST(test_ordinary_texts_are_plain_and_unusual_ones_quoted)
{
    static const struct {
        const char *text, *yaml;
    } cases[] = {
        {"long-tailed", "data: long-tailed\n"},
        {"none", "data: none\n"},
        {"160,180", "data: 160,180\n"},
        {"shapes:20:5", "data: shapes:20:5\n"},
        {"../my.h5", "data: ../my.h5\n"},
        {"f32", "data: f32\n"},
        {"3e5f60b6b4c8", "data: 3e5f60b6b4c8\n"}, /* of a digest */
        {"no", "data: 'no'\n"},
        {"Null", "data: 'Null'\n"},
        {"007", "data: '007'\n"},
        {"1e3", "data: '1e3'\n"},
        {"0x10", "data: '0x10'\n"},
        {"1_000", "data: '1_000'\n"},
        {"12:30:45", "data: '12:30:45'\n"},
        {"2001-01-01", "data: '2001-01-01'\n"},
        {".5", "data: '.5'\n"},
        {"-", "data: '-'\n"},
        {"=", "data: '='\n"},
        {"~", "data: '~'\n"},
        {"", "data: ''\n"},
        {",a", "data: ',a'\n"},
        {"a: b #c", "data: 'a: b #c'\n"},
        {"it's", "data: 'it''s'\n"},
        {"caf\xc3\xa9 \xf0\x9f\x90\xa6", "data: 'caf\xc3\xa9 \xf0\x9f\x90\xa6'\n"},
        {"a\nb\t\"\\\x1b\x7f", "data: \"a\\nb\\t\\\"\\\\\\x1B\\x7F\"\n"},
        {"\xc2\x85\xe2\x80\xa8\xef\xbb\xbf", "data: \"\\x85\\U00002028\\U0000FEFF\"\n"},
    };
    for (int i = 0; i < LENGTH(cases); i++) {
        char *yaml;
        EXPECT_OK(written(cases[i].text, &yaml));
        ck_assert_str_eq(yaml, cases[i].yaml);
        free(yaml);
    }
}
END_TEST

START_TEST(test_numbers_are_written_as_numbers)
{
    char *yaml;
    size_t bytes;
    FILE *stream = open_memstream(&yaml, &bytes);
    static const double reals[] = {100, 0.1, 1e-5, 2.5e-7, -1e300, 1.0 / 3, 0.30000000000000004};
    core_yaml_write_integer(stream, "seed", INT64_MIN);
    for (int i = 0; i < LENGTH(reals); i++) {
        core_yaml_write_real(stream, "rho", reals[i]);
    }
    fclose(stream);
    ck_assert_str_eq(yaml, "seed: -9223372036854775808\nrho: 100\nrho: 0.1\nrho: 1.0e-05\nrho: 2.5e-07\n"
                           "rho: -1.0e+300\nrho: 0.33333333333333331\nrho: 0.30000000000000004\n");
    free(yaml);
}
END_TEST

START_TEST(test_text_that_is_not_utf8_is_not_written)
{
    char *yaml;
    EXPECT_FAILURE(written("caf\xe9", &yaml), CORE_BAD_USAGE, "data: 'caf\\xe9' has the byte 0xe9");
    ck_assert_str_eq(yaml, "");
    free(yaml);
}
END_TEST

/* Texts of characters that mean something to YAML, and of every length to 12. */
START_TEST(test_what_is_written_is_read)
{
    static const char *const parts[] = {"a",
                                        "0",
                                        "1",
                                        "e",
                                        ":",
                                        " ",
                                        "#",
                                        "'",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "\t",
                                        "\x1b",
                                        "-",
                                        ",",
                                        "[",
                                        "{",
                                        "&",
                                        "*",
                                        "!",
                                        "|",
                                        ">",
                                        "%",
                                        "@",
                                        "`",
                                        "?",
                                        "~",
                                        ".",
                                        "_",
                                        "x",
                                        "\r",
                                        "\\n",
                                        "\xc3\xa4",
                                        "\xe2\x80\xa9",
                                        "\xf0\x9f\x90\xa6",
                                        "/",
                                        "null"};
    uint32_t state = 2385;
    for (int i = 0; i < 20000; i++) {
        char text[96] = "", *yaml;
        core_arena arena = {0};
        core_yaml_pair *pairs = NULL;
        int64_t count = 0;
        for (int c = 0; c <= i % 12; c++) {
            state = state * 1664525 + 1013904223;
            strcat(text, parts[(state >> 16) % LENGTH(parts)]);
        }
        EXPECT_OK(written(text, &yaml));
        EXPECT_OK(core_yaml_parse("written", yaml, KEYS, &arena, &pairs, &count));
        ck_assert_int_eq(count, 1);
        ck_assert_str_eq(pairs[0].value, text);
        core_arena_free(&arena);
        free(yaml);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/yaml");
    ADD_CASE(suite, "oracle", test_values_are_text, test_file, test_lists_come_in_the_order_of_the_file);
    ADD_CASE(suite, "limits", test_every_key_at_once, test_noise_is_answered, test_bombs_are_refused);
    ADD_CASE(suite, "errors", test_wrong_lists_name_place_and_key);
    ADD_CASE(suite, "writing", test_ordinary_texts_are_plain_and_unusual_ones_quoted,
             test_numbers_are_written_as_numbers, test_text_that_is_not_utf8_is_not_written,
             test_what_is_written_is_read);
    TCase *sentences = tcase_create("sentences");
    tcase_add_loop_test(sentences, test_errors_name_place_and_key, 0, LENGTH(bad));
    suite_add_tcase(suite, sentences);
    return run_suite(suite);
}

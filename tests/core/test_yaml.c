#include "core/yaml.h"

#include "tests/support.h"

static const char *const NAMES[] = {"data", "rho", "method", "seed", "save-every"};
static const core_yaml_keys KEYS = {NAMES, LENGTH(NAMES)};

/* The options of `text` as "key=value@line " one after another, in *out. */
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
            snprintf(out + used, 256 - used, "%s=%s@%d ", pairs[i].key, pairs[i].value, (int)pairs[i].line);
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
        {"method: LDAM-DRW\n\n# the ratio\nrho: 100 # n_max / n_min\n", "rho=100@4 method=LDAM-DRW@1 "},
        {"data: \"my data: 1\"\nseed: '007'\nsave-every: 10m", "data=my data: 1@1 seed=007@2 save-every=10m@3 "},
        {"{rho: 1e2, seed: ~}", "rho=1e2@0 seed=~@0 "},
        {"---\n\"rho\" : yes\n...\n", "rho=yes@2 "},
        {"data: |\n  two\n  lines\n", "data=two\nlines\n@1 "},
        {"data: rho\nrho: \"data:\"\r\n", "data=rho@1 rho=data:@2 "},
        {"", ""},
        {"# nothing\n", ""},
    };
    for (int i = 0; i < LENGTH(good); i++) {
        char out[256];
        EXPECT_OK(flat(good[i].text, out));
        ck_assert_str_eq(out, good[i].flat);
    }
}
END_TEST

START_TEST(test_errors_name_place_and_key)
{
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {"rho: 100\nmethd: LDAM\n", "run.yaml, line 2: unknown key \"methd\"; did you mean \"method\"?"},
        {"rho: 100\n\nlearning_rate: 0.1\n", "run.yaml, line 3: unknown key \"learning_rate\""},
        {"{Rho: 100}", "run.yaml: unknown key \"Rho\"; did you mean \"rho\"?"},
        {"rho: 1\nseed: 0\nrho: 2\n", "run.yaml, line 3: the key \"rho\" is there twice"},
        {"seed: 0\nrho: [10, 100]\n", "run.yaml, line 2: \"rho\" wants one value, not a list or a mapping"},
        {"seed:\n  - 1\n", "run.yaml, line 1: \"seed\" wants one value, not a list or a mapping"},
        {"data: {name: cifar10}\n", "run.yaml, line 1: \"data\" wants one value"},
        {"rho: 1\nseed:\n", "run.yaml, line 2: \"seed\" has no value"},
        {"seed: ''\n", "run.yaml, line 1: \"seed\" has no value"},
        {"- rho\n- seed\n", "run.yaml: expected lines such as \"data: VALUE\""},
        {"rho=100\n", "run.yaml: expected lines such as"},
        {"rho: 1\n  seed: 2\n", "run.yaml, line 1 or after: libyaml: mapping values are not allowed"},
        {"rho: \"1\n", "run.yaml, line 1 or after: libyaml: "},
        {"rho: @1\n", "libyaml: "},
        {"seed: 1\n\trho: 2\n", "libyaml: "},
        {"rho: &r 1\nseed: *r\n", "run.yaml, line 2 or after: YAML alias unsupported"},
        {"rho: 1\n---\nrho: 2\n", "run.yaml: expected one YAML document"},
        {"? [1, 2]\n: 3\n", "run.yaml"},
        {"rho: \xff\xfe\n", "run.yaml: "},
    };
    for (int i = 0; i < LENGTH(bad); i++) {
        char out[256] = "unchanged";
        EXPECT_FAILURE(flat(bad[i].text, out), CORE_BAD_USAGE, bad[i].sentence);
        ck_assert_str_eq(out, "unchanged");
    }
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
    EXPECT_OK(core_yaml_parse("many", text, (core_yaml_keys){names, MANY}, &arena, &pairs, &count));
    ck_assert_int_eq(count, MANY);
    for (int i = 0; i < MANY; i++) {
        ck_assert_str_eq(pairs[i].key, name[i]);
        ck_assert_int_eq(atoi(pairs[i].value), 3 * i + 1);
        ck_assert_int_eq(pairs[i].line, i + 1);
    }
    core_arena_free(&arena);
}
END_TEST

/* libcyaml and libyaml read text from people; whatever it is, there is an answer. */
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
    core_arena_free(&arena);
    remove_test_folder(folder);
}
END_TEST

static const core_yaml_form FORM = {.pairs = {NAMES, LENGTH(NAMES)}, .section = "axes", .lists = {NAMES, 4}};

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
        snprintf(out + used, 256 - used, "]@%d ", (int)list->line);
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
         "seed=3 method=[LDAM|ERM]@3 rho=[100|10]@4 "},
        {"axes:\n  rho: [1e2]\n  data: [a b, c]\n", "rho=[1e2]@2 data=[a b|c]@3 "},
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
    } bad[] = {
        {"axes:\n  rho: 100\n", "grid.yaml, line 2: \"rho\" wants a list, such as [a, b]"},
        {"axes:\n  rho: []\n", "grid.yaml, line 2: \"rho\" has no values"},
        {"axes:\n  rho: [1, [2]]\n", "grid.yaml, line 2: \"rho\" wants a list of single values"},
        {"axes:\n  rho: [1, {a: 2}]\n", "grid.yaml, line 2: \"rho\" wants a list of single values"},
        {"axes:\n  rho: [1, '']\n", "grid.yaml, line 2: an entry of \"rho\" is empty"},
        {"axes:\n  rho: [1]\n  rho: [2]\n", "line 3: the key \"rho\" is there twice"},
        {"axes:\n  roh: [1]\n", "line 2: unknown key \"roh\"; did you mean \"rho\"?"},
        {"axes:\n  save-every: [1]\n", "line 2: unknown key \"save-every\""},
        {"axes: [rho]\n", "grid.yaml, line 1: \"axes\" wants lines such as \"  data: [a, b]\""},
        {"axse:\n  rho: [1]\n", "did you mean \"axes\"?"},
        {"rho: [1]\n", "grid.yaml, line 1: \"rho\" wants one value"},
    };
    for (int i = 0; i < LENGTH(bad); i++) {
        char out[256];
        EXPECT_FAILURE(lists(bad[i].text, out), CORE_BAD_USAGE, bad[i].sentence);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/yaml");
    ADD_CASE(suite, "oracle", test_values_are_text, test_file, test_lists_come_in_the_order_of_the_file);
    ADD_CASE(suite, "limits", test_every_key_at_once, test_noise_is_answered);
    ADD_CASE(suite, "errors", test_errors_name_place_and_key, test_wrong_lists_name_place_and_key);
    return run_suite(suite);
}

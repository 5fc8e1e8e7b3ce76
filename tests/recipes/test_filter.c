/* The filter against a slow reading of the same grammar, and its sentences. */
#include "recipes/filter.h"

#include "core/rng.h"
#include "tests/recipes/support.h"

enum { AXES = 3, ITEMS = 18 };

static const char *const data_values[] = {"cifar10", "cifar100"};
static const char *const rho_values[] = {"10", "100", "1e2"};
static const char *const method_values[] = {"ERM", "LDAM-DRW", "HG-DRS"};
static const char *const method_choices[] = {"ERM", "LDAM-DRW", "HG-DRS", "RW", NULL};
static const xp_axis axes[AXES] = {{"data", data_values, 2, true, NULL, false},
                                   {"rho", rho_values, 3, true, NULL, false},
                                   {"method", method_values, 3, true, method_choices, true}};

static void item(int i, const char *values[AXES])
{
    values[0] = data_values[i % 2];
    values[1] = rho_values[i / 2 % 3];
    values[2] = method_values[i / 6 % 3];
}

/* Terms, and which values make them true, written down by hand. */
static const struct {
    const char *text;
    int axis;
    const char *holds; /* the values, each between blanks */
} terms[] = {
    {"data=cifar10", 0, " cifar10 "},
    {"cifar100", 0, " cifar100 "},
    {"data != cifar10", 0, " cifar100 "},
    {"data~cifar", 0, " cifar10 cifar100 "},
    {"data~100", 0, " cifar100 "},
    {"rho=100", 1, " 100 1e2 "},
    {"rho!=1e2", 1, " 10 "},
    {"rho<100", 1, " 10 "},
    {"rho > 10.5", 1, " 100 1e2 "},
    {"rho~1", 1, " 10 100 1e2 "},
    {"10", 1, " 10 "},
    {"method=auto", 2, " "},
    {"method~DR", 2, " LDAM-DRW HG-DRS "},
    {"'LDAM-DRW'", 2, " LDAM-DRW "},
    {"method=\"ERM\"", 2, " ERM "},
    {"method<3", 2, " "},
    {"data=cifar", 0, " "},
};
enum { TERMS = sizeof terms / sizeof terms[0] };

static bool term_holds(int term, const char *const values[AXES])
{
    char padded[64];
    snprintf(padded, sizeof padded, " %s ", values[terms[term].axis]);
    return strstr(terms[term].holds, padded) != NULL;
}

/* A random expression as text, and beside it the same with its terms as letters. */
typedef struct {
    char text[4096], letters[4096];
    int64_t draws;
    uint64_t seed;
} expression;

static int64_t below(expression *e, int64_t n)
{
    core_rng_key key = {.seed = e->seed, .purpose = CORE_RNG_TEST};
    return core_rng_below(key, (core_rng_counter){.position = e->draws++}, n);
}

static void add(expression *e, const char *text, const char *letters)
{
    strcat(e->text, text);
    strcat(e->letters, letters);
    if (below(e, 3) == 0) {
        strcat(e->text, " ");
    }
}

static void grow(expression *e, int depth)
{
    int64_t kind = depth == 0 ? 0 : below(e, 6);
    if (kind <= 1) {
        int64_t term = below(e, TERMS);
        add(e, terms[term].text, (const char[]){(char)('a' + term), '\0'});
    } else if (kind == 2) {
        add(e, "!", "!");
        grow(e, depth - 1);
    } else if (kind == 3) {
        add(e, "(", "(");
        grow(e, depth - 1);
        add(e, ")", ")");
    } else {
        grow(e, depth - 1);
        add(e, kind == 4 ? "&" : "|", kind == 4 ? "&" : "|");
        grow(e, depth - 1);
    }
}

/* Replaces the first `from` (three characters at most) by `to`; false: there is none. */
static bool rewrite(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    if (at != NULL) {
        size_t old = strlen(from), new = strlen(to);
        memcpy(at, to, new);
        memmove(at + new, at + old, strlen(at + old) + 1);
    }
    return at != NULL;
}

/* The value of letters by rewriting: '!' first, then '&', then '|' where no '&' is beside it, and "(x)" is x. */
static bool evaluate(const char *letters, const char *const values[AXES])
{
    static const char *const rules[][2] = {{"!0", "1"},  {"!1", "0"},  {"(0)", "0"}, {"(1)", "1"},
                                           {"0&0", "0"}, {"0&1", "0"}, {"1&0", "0"}, {"1&1", "1"}};
    static const char *const last[][2] = {{"0|0", "0"}, {"0|1", "1"}, {"1|0", "1"}, {"1|1", "1"}};
    char text[4096];
    snprintf(text, sizeof text, "%s", letters);
    for (char *c = text; *c != '\0'; c++) {
        if (*c >= 'a' && *c < 'a' + TERMS) {
            *c = term_holds(*c - 'a', values) ? '1' : '0';
        }
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t r = 0; r < sizeof rules / sizeof rules[0] && !changed; r++) {
            changed = rewrite(text, rules[r][0], rules[r][1]);
        }
        for (char *c = text; !changed && *c != '\0'; c++) {
            for (size_t r = 0; r < 4 && !changed; r++) {
                if (strncmp(c, last[r][0], 3) == 0 && c[3] != '&' && (c == text || (c[-1] != '&' && c[-1] != '!'))) {
                    changed = rewrite(c, last[r][0], last[r][1]);
                }
            }
        }
    }
    ck_assert_msg(text[1] == '\0', "the oracle stopped at %s", text);
    return text[0] == '1';
}

START_TEST(test_random_expressions_mean_what_rewriting_gives)
{
    for (uint64_t seed = 0; seed < 600; seed++) {
        static expression e;
        e = (expression){.seed = seed};
        core_arena arena = {0};
        xp_filter *filter;
        grow(&e, 5);
        EXPECT_OK(xp_filter_parse(e.text, axes, AXES, &arena, &filter));
        for (int i = 0; i < ITEMS; i++) {
            const char *values[AXES];
            item(i, values);
            ck_assert_msg(xp_filter_passes(filter, values) == evaluate(e.letters, values), "%s (%s) on %s %s %s",
                          e.text, e.letters, values[0], values[1], values[2]);
        }
        core_arena_free(&arena);
    }
}
END_TEST

/* What is written as a value is read as that value, whatever stands in it. */
START_TEST(test_a_written_value_is_read_back)
{
    static const char *const hard[] = {"ERM", "a b", "it's",     "say \"no\"", "it's \"no\"",
                                       "\"",  "''",  "a&b|(!c)", "\xe9.h5"};
    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        core_arena arena = {0};
        xp_filter *filter;
        char text[64] = "";
        FILE *stream = fmemopen(text, sizeof text, "w");
        fputs("data=", stream);
        xp_filter_write_value(stream, hard[i]);
        fputs(" & 10", stream);
        fclose(stream);
        EXPECT_OK(xp_filter_parse(text, axes, AXES, &arena, &filter));
        ck_assert_msg(xp_filter_passes(filter, (const char *const[AXES]){hard[i], "10", "ERM"}), "%s", text);
        ck_assert(!xp_filter_passes(filter, (const char *const[AXES]){"other", "10", "ERM"}));
        core_arena_free(&arena);
    }
}
END_TEST

START_TEST(test_item_without_a_value_passes_unequal_only)
{
    static const char *const none[AXES] = {"cifar10", NULL, "ERM"};
    static const struct {
        const char *text;
        bool passes;
    } cases[] = {{"rho=10", false}, {"rho!=10", true}, {"rho<10", false}, {"rho>10", false},
                 {"rho~1", false},  {"10", false},     {"!rho=10", true}, {"ERM", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        core_arena arena = {0};
        xp_filter *filter;
        EXPECT_OK(xp_filter_parse(cases[i].text, axes, AXES, &arena, &filter));
        ck_assert_msg(xp_filter_passes(filter, none) == cases[i].passes, "%s", cases[i].text);
        core_arena_free(&arena);
    }
    ck_assert(xp_filter_passes(NULL, none));
}
END_TEST

START_TEST(test_errors_name_the_column_and_the_nearest)
{
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {"", "it ends at column 1, expected a term"},
        {"ERM &", "it ends at column 6, expected a term"},
        {"ERM & | 10", "'|' at column 7, expected a term"},
        {"(ERM | 10", "it ends at column 10, expected '&', '|' or ')'"},
        {"ERM 10", "'1' at column 5, expected '&' or '|'"},
        {"ERM)", "')' at column 4, expected '&' or '|'"},
        {"methd=ERM", "no axis 'methd' at column 1; did you mean method?"},
        {"ERM & zzzzzz<3", "no axis 'zzzzzz' at column 7"},
        {"method=ERM | method=LDAM-DWR", "method has no value 'LDAM-DWR' at column 21; did you mean LDAM-DRW?"},
        {"method!=erm", "method has no value 'erm' at column 9; did you mean ERM?"},
        {"10 | cifra10", "no axis has the value 'cifra10' at column 6; did you mean cifar10?"},
        {"rho", "no axis has the value 'rho' at column 1"},
        {"cifar", "no axis has the value 'cifar' at column 1"},
        {"rho<ten", "'ten' at column 5 is no number, expected one after <"},
        {"rho=", "it ends at column 5, expected a value"},
        {"rho==10", "'=' at column 5, expected a value"},
        {"method='ERM", "the quote at column 8 is never closed"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        core_arena arena = {0};
        xp_filter *filter = NULL;
        EXPECT_FAILURE(xp_filter_parse(bad[i].text, axes, AXES, &arena, &filter), CORE_BAD_USAGE, bad[i].sentence);
        ck_assert_ptr_null(filter);
        core_arena_free(&arena);
    }
}
END_TEST

START_TEST(test_deep_nesting_is_an_error_and_no_crash)
{
    static char text[100001];
    core_arena arena = {0};
    xp_filter *filter;
    memset(text, '(', 100000);
    EXPECT_FAILURE(xp_filter_parse(text, axes, AXES, &arena, &filter), CORE_BAD_USAGE, "more than 200");
    memset(text, '!', 100000);
    EXPECT_FAILURE(xp_filter_parse(text, axes, AXES, &arena, &filter), CORE_BAD_USAGE, "more than 200");
    for (int i = 0; i + 8 < 100000; i += 8) {
        memcpy(text + i, "rho=100|", 8);
    }
    EXPECT_FAILURE(xp_filter_parse(text, axes, AXES, &arena, &filter), CORE_BAD_USAGE, "more than 10000");
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_bare_words_look_only_at_axes_that_take_them)
{
    static const char *const split_values[] = {"7"};
    static const xp_axis two[] = {{"seed", rho_values, 3, true, NULL, false},
                                  {"split_seed", split_values, 1, false, NULL, false}};
    static const char *const values[] = {"10", "7"};
    core_arena arena = {0};
    xp_filter *filter;
    EXPECT_FAILURE(xp_filter_parse("7", two, 2, &arena, &filter), CORE_BAD_USAGE, "no axis has the value '7'");
    EXPECT_OK(xp_filter_parse("split_seed=7 & 10", two, 2, &arena, &filter));
    ck_assert(xp_filter_passes(filter, values));
    core_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/filter");
    ADD_CASE(suite, "oracle", test_random_expressions_mean_what_rewriting_gives,
             test_item_without_a_value_passes_unequal_only, test_a_written_value_is_read_back,
             test_bare_words_look_only_at_axes_that_take_them);
    ADD_CASE(suite, "errors", test_errors_name_the_column_and_the_nearest, test_deep_nesting_is_an_error_and_no_crash);
    return run_suite(suite);
}

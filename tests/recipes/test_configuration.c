/* Suite recipes/configuration: options that a run file does not know count as their defaults. */
#include "recipes/configuration.h"

#include "recipes/recipe.h"
#include "recipes/run_name.h"
#include "tests/recipes/support.h"

/* The configuration of a command line, as train stores it. */
typedef struct {
    xp_options options;
    xp_recipe recipe;
    core_arena arena;
} made;

static const char *const lines[] = {
    "--data cifar10 --method ERM",
    "--data shapes:20:5 --imbalance step --method LDAM-DRW --epochs 40",
    "--data cifar100 --method CB-Focal --imbalance none",
    "--data imdb --imbalance remove --method LDAM-DRW",
    "--data ./a/nat.h5 --method M-DRW",
};

static void make(const char *line, const char *more, made *out)
{
    const char *words[32];
    int count = 0;
    char text[512], name[DS_NAME_BYTES];
    *out = (made){0};
    snprintf(text, sizeof text, "%s %s", line, more);
    for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    EXPECT_OK(xp_options_parse(XP_VERB_TRAIN, count, words, &test_arena, &out->options));
    EXPECT_OK(xp_recipe_resolve(&out->options, out->options.arena, &out->recipe));
    if (ds_is_path(out->options.text[XP_DATA])) {
        memset(out->recipe.data_sha256, 'a', DS_SHA256_BYTES - 1);
    }
    ds_short_name(out->options.text[XP_DATA], name);
    EXPECT_OK(xp_recipe_name(&out->recipe, &out->options, name, "avx2"));
}

static void free_made(made *m) { core_arena_free(&m->arena); }

static res_options complete(made *m, res_options file, const char *isa)
{
    res_options whole;
    EXPECT_OK(xp_configuration_complete(&file, isa, &m->arena, &whole));
    return whole;
}

/* The options but the i-th. */
static res_options without(made *m, const res_options *options, int64_t i)
{
    res_option *items;
    EXPECT_OK(CORE_ARENA_NEW(&m->arena, options->count, "options", items));
    memcpy(items, options->items, (size_t)i * sizeof *items);
    memcpy(items + i, options->items + i + 1, (size_t)(options->count - i - 1) * sizeof *items);
    return (res_options){options->count - 1, items};
}

/* The options and one more. */
static res_options with(made *m, const res_options *options, res_option more)
{
    res_option *items;
    EXPECT_OK(CORE_ARENA_NEW(&m->arena, options->count + 1, "options", items));
    memcpy(items, options->items, (size_t)options->count * sizeof *items);
    items[options->count] = more;
    return (res_options){options->count + 1, items};
}

/* Whether every tailbit must say it: it has no default. */
static bool is_needed(const char *key) { return strcmp(key, "data") == 0 || strcmp(key, "method") == 0; }

START_TEST(test_any_option_at_its_default_may_be_missing)
{
    made m;
    make(lines[_i], "", &m);
    const res_options written = m.recipe.config.options, now = complete(&m, written, "avx2");
    int left_out = 0;
    for (int64_t i = 0; i < written.count; i++) {
        const char *key = written.items[i].key;
        const bool given = is_needed(key) || strcmp(key, "imbalance") == 0 || strcmp(key, "epochs") == 0;
        if (given || strcmp(key, "data_sha256") == 0) {
            continue;
        }
        const res_options then = complete(&m, without(&m, &written, i), "avx2");
        ck_assert_msg(res_options_first_difference(&then, &now) == NULL, "without %s: %s differs", key,
                      res_options_first_difference(&then, &now));
        left_out++;
    }
    ck_assert_int_ge(left_out, 15);
    free_made(&m);
}
END_TEST

/* An option with another value than the default: a file without it differs in that option. */
static const struct {
    int line;
    const char *more, *key;
} others[] = {
    {0, "--weight-decay 0.001", "weight_decay"},
    {0, "--validation-frac 0.2", "validation_frac"},
    {0, "--drops 3,7", "drops"},
    {1, "--mu 0.25", "mu"},
    {1, "--switch 7", "switch"},
    {2, "--focal-gamma 2.385", "focal_gamma"},
    {3, "--dropout 0.125", "dropout"},
    {3, "--glove words.txt", "glove"},
    {0, "--init weights.npz", "init"},
    {0, "--init weights.npz --init-head fresh", "init_head"},
    {3, "--vocabulary 100", "vocabulary"},
    {4, "--weights inverse", "weights"},
};

START_TEST(test_missing_option_differs_from_another_value)
{
    made m;
    make(lines[others[_i].line], others[_i].more, &m);
    const res_options written = m.recipe.config.options, now = complete(&m, written, "avx2");
    const res_option *option = res_options_find(&written, others[_i].key);
    ck_assert_ptr_nonnull(option);
    const res_options then = complete(&m, without(&m, &written, option - written.items), "avx2");
    const char *key = xp_configuration_difference(&m.options, &then, &now);
    ck_assert_msg(key != NULL && strcmp(key, others[_i].key) == 0, "%s", key != NULL ? key : "no difference");
    free_made(&m);
}
END_TEST

START_TEST(test_default_that_changes_nothing_is_as_good_as_absent)
{
    made m;
    make(lines[0], "", &m);
    const res_options written = m.recipe.config.options, now = complete(&m, written, "avx2");
    ck_assert_ptr_null(res_options_find(&written, "validation_frac"));
    const res_options then = complete(&m, with(&m, &written, res_option_real("validation_frac", 0)), "avx2");
    ck_assert_ptr_null(xp_configuration_difference(&m.options, &then, &now));
    const res_options held_out = complete(&m, with(&m, &written, res_option_real("validation_frac", 0.1)), "avx2");
    ck_assert_str_eq(xp_configuration_difference(&m.options, &held_out, &now), "validation_frac");
    free_made(&m);
}
END_TEST

/* A configuration that says nothing of its crop has pad4; an older one may have sizes, which have no effect then. */
START_TEST(test_pad4_is_what_a_silent_configuration_has)
{
    made m;
    make(lines[1], "--crop pad4", &m);
    const res_options written = m.recipe.config.options, now = complete(&m, written, "avx2");
    ck_assert_str_eq(res_options_find(&written, "crop")->text, "pad4");
    ck_assert_ptr_null(res_options_find(&now, "crop"));
    const res_options old = complete(&m, with(&m, &written, res_option_integer("image_size", 64)), "avx2");
    ck_assert_ptr_null(xp_configuration_difference(&m.options, &old, &now));
    free_made(&m);
    make(lines[1], "--crop resize --image-size 64", &m);
    const res_options resized = complete(&m, m.recipe.config.options, "avx2");
    ck_assert_int_eq(res_options_find(&resized, "image_size")->integer, 64);
    free_made(&m);
}
END_TEST

/* What a tailbit of next year may add. */
START_TEST(test_option_that_this_tailbit_does_not_know_differs)
{
    made m;
    make(lines[0], "", &m);
    const res_options written = m.recipe.config.options, now = complete(&m, written, "avx2");
    const res_options then = complete(&m, with(&m, &written, res_option_real("tau_of_next_year", 1.25)), "avx2");
    ck_assert_str_eq(xp_configuration_difference(&m.options, &then, &now), "tau_of_next_year");
    free_made(&m);
}
END_TEST

/* No train writes one. */
START_TEST(test_option_of_another_type_is_refused)
{
    made m;
    res_options whole;
    make(lines[0], "", &m);
    const res_options written = m.recipe.config.options;
    res_option items[64];
    for (int64_t i = 0; i < written.count; i++) {
        const res_option *was = &written.items[i];
        memcpy(items, written.items, (size_t)written.count * sizeof *items);
        items[i] = was->type == CORE_H5_I64 ? res_option_real(was->key, 1) : res_option_integer(was->key, 1);
        const res_options file = {written.count, items};
        EXPECT_FAILURE(xp_configuration_complete(&file, "avx2", &m.arena, &whole), CORE_BAD_FILE, was->key);
    }
    free_made(&m);
}
END_TEST

START_TEST(test_needed_option_is_missed)
{
    made m;
    res_options whole;
    make(lines[0], "", &m);
    const res_options written = m.recipe.config.options;
    for (int64_t i = 0; i < written.count; i++) {
        const res_options file = without(&m, &written, i);
        if (is_needed(written.items[i].key)) {
            EXPECT_FAILURE(xp_configuration_complete(&file, "avx2", &m.arena, &whole), CORE_BAD_FILE,
                           written.items[i].key);
        }
    }
    free_made(&m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/configuration");
    TCase *rule = tcase_create("rule");
    tcase_add_loop_test(rule, test_any_option_at_its_default_may_be_missing, 0, LENGTH(lines));
    tcase_add_loop_test(rule, test_missing_option_differs_from_another_value, 0, LENGTH(others));
    suite_add_tcase(suite, rule);
    ADD_CASE(suite, "limits", test_default_that_changes_nothing_is_as_good_as_absent,
             test_pad4_is_what_a_silent_configuration_has, test_option_that_this_tailbit_does_not_know_differs,
             test_option_of_another_type_is_refused, test_needed_option_is_missed);
    return run_suite(suite);
}

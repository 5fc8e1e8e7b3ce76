#include "recipes/effects.h"

#include "tests/recipes/recipe_support.h"

START_TEST(test_flag_without_effect_is_refused)
{
    REFUSE("--mu has no effect with --imbalance long-tailed", "--method", "ERM", "--mu", "0.3");
    REFUSE("--rho has no effect with --imbalance none", "--method", "ERM", "--imbalance", "none", "--rho", "10");
    REFUSE("--switch has no effect with ERM", "--method", "ERM", "--switch", "3");
    REFUSE("--beta has no effect with ERM", "--method", "ERM", "--beta", "0.9");
    REFUSE("--beta has no effect with weights inverse", "--method", "RW", "--beta", "0.9");
    REFUSE("--weights has no effect with LDAM", "--method", "LDAM", "--weights", "inverse");
    REFUSE("--scale has no effect with CB-RW", "--method", "CB-RW", "--scale", "3");
    REFUSE("--max-margin has no effect with ERM-DRW", "--method", "ERM-DRW", "--max-margin", "3");
    REFUSE("--focal-gamma has no effect with ERM", "--method", "ERM", "--focal-gamma", "3");
    REFUSE("--drop-factor has no effect with --drops none", "--method", "ERM", "--drops", "none", "--drop-factor", "1");
    REFUSE("--recompute has no effect with --model bilstm2", "--data", "imdb", "--method", "ERM", "--recompute");
}
END_TEST

/* The share of rare classes counts where the training set is none of steps, but the known test set is. */
START_TEST(test_mu_shapes_a_known_test_set)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "CB-RW", "--test-order", "1", "--test-imbalance", "step", "--mu", "0.3");
    EXPECT_OK(xp_recipe_name(&r, &options, "shapes", "avx2"));
    ck_assert_msg(strstr(r.config.yaml, "mu: 0.3\n") != NULL, "%s", r.config.yaml);
}
END_TEST

START_TEST(test_split_names_what_decides)
{
    xp_options options;
    xp_split_recipe split;
    EXPECT_OK(PARSE(&options, XP_VERB_SPLIT, "--data", "shapes", "--vocabulary", "100"));
    EXPECT_FAILURE(xp_split_resolve(&options, &split), CORE_BAD_USAGE, "--vocabulary has no effect with images");
    ck_assert_ptr_null(strstr(core_error_message(), "default"));
    ck_assert_ptr_null(strstr(core_error_message(), "--method"));
}
END_TEST

/* In a configuration file, an option may have no effect. */
START_TEST(test_value_of_a_file_may_have_no_effect)
{
    char path[] = "/tmp/tailbit-effects-XXXXXX";
    xp_options options;
    xp_recipe r;
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_ptr_nonnull(file);
    fputs("data: reviews\nmethod: ERM\nrecompute: true\nbn_group: 4\nshard: 8\nbatch: 64\n", file);
    fclose(file);
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--config", path));
    EXPECT_OK(xp_recipe_resolve(&options, options.arena, &r));
    ck_assert(!r.recompute);
    remove(path);
}
END_TEST

/* The crop stands in the run file unless it is the one of which the first run files say nothing; sizes only where images
 * are resized. */
START_TEST(test_what_is_seen_is_written_where_it_counts)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "ERM", "--crop", "pad4");
    int64_t seen[2];
    EXPECT_OK(ds_view_settle(&r.split.view, 32, 32, &r.split.view, seen));
    ck_assert(xp_is_idle(&r, &options, XP_CROP));
    EXPECT_OK(ds_view_settle(&r.split.view, 64, 64, &r.split.view, seen));
    ck_assert(!xp_is_idle(&r, &options, XP_CROP));
    EXPECT_OK(xp_options_set(&options, XP_IMAGE_SIZE, "a file", "64"));
    EXPECT_OK(xp_recipe_resolve(&options, options.arena, &r));
    ck_assert(xp_is_idle(&r, &options, XP_IMAGE_SIZE));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/effects");
    ADD_CASE(suite, "errors", test_flag_without_effect_is_refused, test_split_names_what_decides);
    ADD_CASE(suite, "text", test_mu_shapes_a_known_test_set, test_value_of_a_file_may_have_no_effect,
             test_what_is_seen_is_written_where_it_counts);
    return run_suite(suite);
}

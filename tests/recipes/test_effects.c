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

int main(void)
{
    Suite *suite = suite_create("recipes/effects");
    ADD_CASE(suite, "errors", test_flag_without_effect_is_refused);
    ADD_CASE(suite, "text", test_mu_shapes_a_known_test_set);
    return run_suite(suite);
}

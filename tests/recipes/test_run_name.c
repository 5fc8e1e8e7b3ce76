#include "recipes/run_name.h"

#include "tests/recipes/recipe_support.h"

START_TEST(test_default_path_names_the_run)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "CB-RW", "--seed", "3", "--rho", "1e1");
    ck_assert_str_eq(r.out, "runs/shapes-long-tailed-10-CB-RW-seed3.h5");
    RESOLVE(&options, &r, "--method", "ERM", "--lr", "2e-1", "--epochs", "200", "--drops", "3,10", "--threads", "2");
    ck_assert_str_eq(r.out, "runs/shapes-long-tailed-100-ERM-seed0-lr-0.2-drops-3,10.h5");
    RESOLVE(&options, &r, "--data", "imdb", "--method", "ERM", "--epochs", "10", "--glove", "a/b.txt");
    ck_assert_str_eq(r.out, "runs/imdb-remove-0.9-ERM-seed0-glove-a-b.txt.h5");
    RESOLVE(&options, &r, "--method", "LDAM-DRW", "--drops", "160,180", "--warmup", "5", "--switch", "160", "--isa",
            "avx2");
    ck_assert_str_eq(r.out, "runs/shapes-long-tailed-100-LDAM-DRW-seed0.h5"); /* what "auto" comes to */
    RESOLVE(&options, &r, "--method", "LDAM-DRW", "--switch", "120", "--epochs", "150", "--warmup", "5");
    ck_assert_str_eq(r.out, "runs/shapes-long-tailed-100-LDAM-DRW-seed0-epochs-150.h5");
    RESOLVE(&options, &r, "--data", "a.h5", "--method", "ERM", "--data-sha256",
            "64220d2364220d2364220d2364220d2364220d2364220d2364220d2364220d23");
    ck_assert_str_eq(r.out, "runs/a-long-tailed-100-ERM-seed0.h5");
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--data", "../my/birds.h5", "--method", "ERM", "--imbalance", "none"));
    EXPECT_OK(xp_recipe_resolve(&options, options.arena, &r));
    EXPECT_OK(xp_recipe_choose_out(&options, &r));
    ck_assert_str_eq(r.out, "runs/birds-none-ERM-seed0.h5");
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--data", "shapes:9:3", "--method", "ERM", "--rho", "2.5"));
    EXPECT_OK(xp_recipe_resolve(&options, options.arena, &r));
    EXPECT_OK(xp_recipe_choose_out(&options, &r));
    ck_assert_str_eq(r.out, "runs/shapes-9-3-long-tailed-2.5-ERM-seed0.h5");
}
END_TEST

START_TEST(test_canonical_yaml_has_what_changes_bits_and_nothing_else)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "LDAM-DRW", "--threads", "7", "--save-every", "3s", "--rho", "1e2");
    EXPECT_OK(xp_recipe_name(&r, &options, "shapes", "avx2"));
    ck_assert_str_eq(r.config.yaml, "data: shapes\n"
                                    "imbalance: long-tailed\n"
                                    "rho: 100\n"
                                    "split_seed: 0\n"
                                    "method: LDAM-DRW\n"
                                    "weights: effective\n"
                                    "beta: 0.9999\n"
                                    "scale: 30\n"
                                    "max_margin: 0.5\n"
                                    "switch: 160\n"
                                    "model: resnet32\n"
                                    "epochs: 200\n"
                                    "batch: 128\n"
                                    "lr: 0.1\n"
                                    "drops: 160,180\n"
                                    "drop_factor: 0.01\n"
                                    "warmup: 5\n"
                                    "momentum: 0.9\n"
                                    "weight_decay: 0.0002\n"
                                    "augment: crop-flip\n"
                                    "eval_every: 1\n"
                                    "seed: 0\n"
                                    "shard: 4\n"
                                    "gradient_groups: 32\n"
                                    "precision: f32\n"
                                    "isa: avx2\n");
    ck_assert_int_eq(r.config.options.count, 26);
    ck_assert_int_eq(res_options_find(&r.config.options, "rho")->type, CORE_H5_F64);
    ck_assert_int_eq(res_options_find(&r.config.options, "epochs")->type, CORE_H5_I64);
}
END_TEST

START_TEST(test_canonical_yaml_of_text)
{
    xp_options options;
    xp_recipe r;
    EXPECT_OK(
        PARSE(&options, XP_VERB_TRAIN, "--data", "reviews", "--method", "LDAM-DRW", "--glove", "here/vectors.txt"));
    EXPECT_OK(xp_recipe_resolve(&options, options.arena, &r));
    strcpy(r.glove.sha256, "0c5fa3");
    EXPECT_OK(xp_recipe_name(&r, &options, "reviews", "avx2"));
    static const char head[] = "data: reviews\n"
                               "vocabulary: 25000\n"
                               "max_length: 256\n"
                               "imbalance: remove\n"
                               "remove_frac: 0.9\n"
                               "removed_class: 0\n"
                               "split_seed: 0\n"
                               "method: LDAM-DRW\n"
                               "weights: inverse\n"
                               "scale: 30\n"
                               "max_margin: 0.5\n"
                               "switch: 8\n"
                               "model: bilstm2\n"
                               "embedding: 100\n"
                               "hidden: 256\n"
                               "dropout: 0.5\n"
                               "glove: 0c5fa3\n"
                               "epochs: 10\n"
                               "batch: 64\n"
                               "length_bucket: 10\n"
                               "lr: 0.001\n"
                               "drops: none\n"
                               "warmup: 0\n"
                               "weight_decay: 0\n"
                               "eval_every: 1\n"
                               "seed: 0\n";
    ck_assert_msg(strncmp(r.config.yaml, head, strlen(head)) == 0, "%s", r.config.yaml);
}
END_TEST

START_TEST(test_canonical_yaml_resolves_to_itself)
{
    char path[] = "/tmp/tailbit-recipe-XXXXXX";
    xp_options first, second;
    xp_recipe a, b;
    RESOLVE(&first, &a, "--method", "CB-Focal", "--imbalance", "step", "--mu", "0.3", "--drops", "9,3", "--epochs",
            "10", "--lr", "0.30000000000000004");
    EXPECT_OK(xp_recipe_name(&a, &first, "shapes", "avx2"));
    FILE *file = fdopen(mkstemp(path), "w");
    ck_assert_ptr_nonnull(file);
    fputs(a.config.yaml, file);
    fclose(file);
    EXPECT_OK(PARSE(&second, XP_VERB_TRAIN, "--config", path));
    EXPECT_OK(xp_recipe_resolve(&second, second.arena, &b));
    EXPECT_OK(xp_recipe_name(&b, &second, "shapes", "avx2"));
    ck_assert_str_eq(a.config.yaml, b.config.yaml);
    ck_assert(strstr(a.config.yaml, "drops: 3,9\n") != NULL);
    ck_assert_ptr_null(res_options_first_difference(&a.config.options, &b.config.options));
    remove(path);
}
END_TEST

START_TEST(test_names_that_yaml_would_misread_are_quoted)
{
    xp_options options;
    xp_recipe r;
    RESOLVE(&options, &r, "--method", "ERM");
    EXPECT_OK(xp_recipe_name(&r, &options, "it's: odd #1", "avx2"));
    ck_assert_msg(strncmp(r.config.yaml, "data: 'it''s: odd #1'\n", 22) == 0, "%s", r.config.yaml);
    EXPECT_OK(xp_recipe_name(&r, &options, "shapes:20:5", "avx2"));
    ck_assert_msg(strncmp(r.config.yaml, "data: shapes:20:5\n", 18) == 0, "%s", r.config.yaml);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/run_name");
    ADD_CASE(suite, "oracle", test_default_path_names_the_run);
    ADD_CASE(suite, "text", test_canonical_yaml_has_what_changes_bits_and_nothing_else, test_canonical_yaml_of_text,
             test_canonical_yaml_resolves_to_itself, test_names_that_yaml_would_misread_are_quoted);
    return run_suite(suite);
}

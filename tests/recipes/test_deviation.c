/* recipes/deviation: what a run does otherwise than the paper. */
#include "recipes/deviation.h"

#include "recipes/recipe.h"
#include "recipes/run_name.h"
#include "tests/recipes/support.h"

static core_arena arena;
static xp_options options;
static xp_recipe recipe;

static void teardown(void) { core_arena_free(&arena); }

/* The run that `train` with those words would write. */
static res_run run_of(const char *const *words)
{
    int count = 0;
    while (words[count] != NULL) {
        count++;
    }
    EXPECT_OK(xp_options_parse(XP_VERB_TRAIN, count, words, &test_arena, &options));
    EXPECT_OK(xp_recipe_resolve(&options, options.arena, &recipe));
    EXPECT_OK(xp_recipe_name(&recipe, &options, options.text[XP_DATA], "avx2"));
    return (res_run){.config = recipe.config, .data = {.name = options.text[XP_DATA], .sha256 = "0"}};
}

/* Words behind --data cifar10, and what is said of such a run beside a table of that network. */
static const struct {
    const char *words[13];
    const char *text;
    int64_t distance;
} known[] = {
    {{"--method", "M-DRW"}, "", 0},
    {{"--method", "ERM"}, "", 0},
    {{"--method", "M-DRW", "--imbalance", "step", "--rho", "10", "--seed", "17"}, "", 0},
    {{"--method", "ERM", "--shard", "8", "--gradient-groups", "4", "--eval-every", "5", "--isa", "avx512"}, "", 0},
    {{"--method", "M-DRW", "--epochs", "20"},
     "epochs 20 instead of 200, learning-rate drops and switch in proportion",
     1},
    {{"--method", "M-DRW", "--epochs", "20", "--switch", "18"},
     "epochs 20 instead of 200, learning-rate drops in proportion, switch 18 instead of 16",
     2},
    {{"--method", "M-DRW", "--epochs", "20", "--drops", "10"},
     "epochs 20 instead of 200, switch in proportion, drops 10 instead of 16,18",
     2},
    {{"--method", "ERM", "--epochs", "20", "--drops", "none"},
     "epochs 20 instead of 200, drops none instead of 16,18, drop_factor (none) instead of 0.01",
     3},
    {{"--method", "M-DRW", "--switch", "180", "--weights", "inverse"},
     "weights inverse instead of effective, switch 180 instead of 160, beta (none) instead of 0.9999",
     3},
    {{"--method", "M-DRW", "--scale", "10", "--max-margin", "0.3"},
     "scale 10 instead of 30, max_margin 0.3 instead of 0.5",
     2},
    {{"--method", "ERM", "--imbalance", "step", "--mu", "0.25", "--split-seed", "3"},
     "mu 0.25 instead of 0.5, split_seed 3 instead of 0",
     2},
    {{"--method", "ERM", "--validation-frac", "0.1"}, "validation_frac 0.1 instead of 0", 1},
    {{"--method", "ERM", "--model", "resnet8", "--weight-decay", "5e-4"},
     "model resnet8 instead of resnet32, weight_decay 0.0005 instead of 0.0002",
     2},
};

/* The same behind --data imdb --method LDAM-DRW. */
static const struct {
    const char *words[9];
    const char *text;
} known_text[] = {
    {{NULL}, ""},
    {{"--remove-frac", "0.5", "--seed", "4"}, ""},
    {{"--imbalance", "long-tailed", "--rho", "10"}, ""},
    {{"--vocabulary", "10000", "--lr", "5e-4"}, "vocabulary 10000 instead of 25000, lr 0.0005 instead of 0.001"},
    {{"--epochs", "20"}, "epochs 20 instead of 10, switch in proportion"},
};

START_TEST(test_deviation_of_text)
{
    const char *words[16] = {"--data", "imdb", "--method", "LDAM-DRW"};
    memcpy(words + 4, known_text[_i].words, sizeof known_text[_i].words);
    const res_run run = run_of(words);
    xp_deviation found;
    EXPECT_OK(xp_deviation_of(&run, "bilstm2", -1, &arena, &found));
    ck_assert_str_eq(found.text, known_text[_i].text);
    const char *const open[] = {"weights", "scale", "max_margin", "switch", "vocabulary", "epochs", "dropout", "lr"};
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        ck_assert_msg(res_options_find(&found.open, open[i]) != NULL, "%s is not open", open[i]);
    }
}
END_TEST

/* Data of Tables 3 and 4, whose recipes are not the defaults of train. */
static const struct {
    const char *words[26];
    int64_t side; /* of what the network sees */
    const char *model, *text, *stem, *bn_group;
} known_pictures[] = {
    {{"--data", "tiny_imagenet", "--method", "LDAM-DRW", "--model", "resnet18", "--crop", "pad8", "--epochs", "120",
      "--drops", "90", "--drop-factor", "0.1", "--switch", "90"},
     64,
     "resnet18",
     "",
     "3x3",
     "0"},
    {{"--data", "tiny_imagenet", "--method", "ERM-DRW", "--model", "resnet18", "--crop", "pad8", "--epochs", "20",
      "--drops", "15", "--drop-factor", "0.1", "--switch", "15", "--stem", "7x7"},
     64,
     "resnet18",
     "epochs 20 instead of 120, learning-rate drops and switch in proportion, stem 7x7 instead of 3x3",
     "7x7",
     "0"},
    {{"--data", "tiny_imagenet", "--method", "ERM", "--model", "resnet18", "--crop", "pad8", "--epochs", "120",
      "--drops", "90", "--drop-factor", "0.1", "--stem", "3x3"},
     64,
     "resnet18",
     "",
     "3x3",
     "0"},
    {{"--data", "tiny_imagenet", "--method", "ERM", "--model", "resnet18", "--crop", "pad4", "--epochs", "120",
      "--drops", "90", "--drop-factor", "0.1", "--stem", "3x3"},
     64,
     "resnet18",
     "crop pad4 instead of pad8",
     "3x3",
     "0"},
    {{"--data",        "inaturalist", "--imbalance",  "none", "--method",       "LDAM",  "--model", "resnet50",
      "--crop",        "resize",      "--batch",      "256",  "--epochs",       "90",    "--drops", "30,60",
      "--drop-factor", "0.1",         "--max-margin", "0.5",  "--weight-decay", "0.0001"},
     224,
     "resnet50",
     "max_margin 0.5 instead of 0.3",
     "7x7",
     "0"},
    {{"--data",        "inaturalist", "--imbalance",  "none", "--method",   "LDAM", "--model",        "resnet50",
      "--crop",        "resize",      "--batch",      "256",  "--epochs",   "90",   "--drops",        "30,60",
      "--drop-factor", "0.1",         "--max-margin", "0.3",  "--bn-group", "64",   "--weight-decay", "0.0001"},
     224,
     "resnet50",
     "bn_group 64 instead of 0",
     "7x7",
     "64"},
};

static void expect_open(const xp_deviation *found, const char *key, const char *value)
{
    char text[32];
    ck_assert_str_eq(res_option_format(res_options_find(&found->open, key), text, sizeof text), value);
}

START_TEST(test_deviation_of_pictures)
{
    res_run run = run_of(known_pictures[_i].words);
    run.data.plane = (const int64_t[]){known_pictures[_i].side, known_pictures[_i].side};
    xp_deviation found;
    EXPECT_OK(xp_deviation_of(&run, known_pictures[_i].model, -1, &arena, &found));
    ck_assert_str_eq(found.text, known_pictures[_i].text);
    const bool states_batch = strcmp(run.data.name, "tiny_imagenet") == 0;
    expect_open(&found, "stem", known_pictures[_i].stem);
    expect_open(&found, "bn_group", known_pictures[_i].bn_group); /* at its default too, which no run file has */
    ck_assert_int_eq(res_options_find(&found.open, "batch") == NULL, states_batch);
    ck_assert_int_eq(res_options_find(&found.open, "weight_decay") == NULL, states_batch);
    EXPECT_OK(xp_deviation_of(&run, "resnet32", -1, &arena, &found)); /* as without a table */
    ck_assert_str_eq(found.text, known_pictures[_i].text);
}
END_TEST

START_TEST(test_deviation_says_what_differs)
{
    const char *words[16] = {"--data", "cifar10"};
    memcpy(words + 2, known[_i].words, sizeof known[_i].words);
    const res_run run = run_of(words);
    xp_deviation found;
    EXPECT_OK(xp_deviation_of(&run, "resnet32", -1, &arena, &found));
    ck_assert_str_eq(found.text, known[_i].text);
    ck_assert_int_eq(found.distance, known[_i].distance);
    static const char *const of_task[] = {"epochs", "model", "mu", "removed_class", "test_"};
    bool same_task = true;
    for (size_t i = 0; i < sizeof of_task / sizeof *of_task; i++) {
        same_task = same_task && strstr(found.text, of_task[i]) == NULL;
    }
    ck_assert_int_eq(found.comparable, same_task);
}
END_TEST

/* In a column of Table 6 the recipe is the one for its test set. */
static const struct {
    const char *words[8];
    int64_t order;
    const char *text, *open;
} known_test[] = {
    {{"--method", "LDAM-DRW", "--test-order", "2"}, 2, "", "test_order"},
    {{"--method", "LDAM-DRW", "--test-order", "1"}, 2, "test_order 1 instead of 2", "test_order"},
    {{"--method", "LDAM-DRW"},
     1,
     "weights effective instead of inverse, beta 0.9999 instead of (none), trained for no known test set",
     "scale"},
    {{"--method", "CB-RW", "--test-order", "1", "--test-imbalance", "step"},
     1,
     "mu 0.5 instead of (none), test_imbalance step instead of long-tailed",
     "test_order"},
    {{"--method", "Focal"}, 1, "", "focal_gamma"},
};

START_TEST(test_deviation_in_a_column_of_a_known_test_set)
{
    const char *words[16] = {"--data", "cifar10"};
    memcpy(words + 2, known_test[_i].words, sizeof known_test[_i].words);
    const res_run run = run_of(words);
    xp_deviation found;
    EXPECT_OK(xp_deviation_of(&run, "resnet32", known_test[_i].order, &arena, &found));
    ck_assert_str_eq(found.text, known_test[_i].text);
    ck_assert_int_eq(found.comparable,
                     strstr(found.text, "test_") == NULL && strstr(found.text, "known test set") == NULL);
    ck_assert_ptr_nonnull(res_options_find(&found.open, known_test[_i].open));
}
END_TEST

/* A method, and the options that the paper leaves open for it. */
static const struct {
    const char *method, *open[5];
} left_open[] = {{"ERM", {NULL}},
                 {"Focal", {"focal_gamma", NULL}},
                 {"LDAM", {"scale", NULL}},
                 {"CB-RW", {"beta", NULL}},
                 {"RW", {NULL}},
                 {"LDAM-DRW", {"weights", "beta", "scale", "switch", NULL}},
                 {"ERM-DRS", {"weights", "beta", "switch", NULL}}};

START_TEST(test_what_the_paper_leaves_open_is_listed_for_the_method)
{
    const res_run run = run_of((const char *const[]){"--data", "cifar10", "--method", left_open[_i].method, NULL});
    xp_deviation found;
    EXPECT_OK(xp_deviation_of(&run, "resnet32", -1, &arena, &found));
    int64_t count = 0;
    for (; left_open[_i].open[count] != NULL; count++) {
        ck_assert_msg(res_options_find(&found.open, left_open[_i].open[count]) != NULL, "%s: %s is not open",
                      left_open[_i].method, left_open[_i].open[count]);
    }
    ck_assert_int_eq(found.open.count, count);
}
END_TEST

START_TEST(test_the_order_of_the_classes_is_open_where_the_data_have_several)
{
    res_run run =
        run_of((const char *const[]){"--data", "tiny_imagenet", "--model", "resnet18", "--method", "ERM", NULL});
    const char *const order[] = {"wnids"};
    xp_deviation found;
    EXPECT_OK(xp_deviation_of(&run, "resnet18", -1, &arena, &found));
    ck_assert_ptr_null(res_options_find(&found.open, "class_order"));
    run.data.class_order = order;
    EXPECT_OK(xp_deviation_of(&run, "resnet18", -1, &arena, &found));
    const res_option *option = res_options_find(&found.open, "class_order");
    ck_assert(option != NULL && strcmp(option->text, "wnids") == 0);
}
END_TEST

START_TEST(test_a_slice_of_the_papers_classes_is_a_difference)
{
    res_run run =
        run_of((const char *const[]){"--data", "tiny_imagenet", "--model", "resnet18", "--method", "ERM", NULL});
    xp_deviation whole, slice;
    run.split.K = 200;
    EXPECT_OK(xp_deviation_of(&run, "resnet18", -1, &arena, &whole));
    run.split.K = 40;
    EXPECT_OK(xp_deviation_of(&run, "resnet18", -1, &arena, &slice));
    ck_assert(strstr(whole.text, "classes") == NULL);
    ck_assert_msg(strstr(slice.text, "40 classes instead of 200") != NULL, "%s", slice.text);
    ck_assert(!slice.comparable && slice.distance == whole.distance + 1);
}
END_TEST

START_TEST(test_a_configuration_of_another_tailbit_is_a_bad_file)
{
    const res_option items[] = {res_option_text("data", "cifar10"), res_option_text("method", "ERM-2"),
                                res_option_integer("epochs", 200)};
    const res_run run = {.config = {.yaml = "", .options = {3, items}}, .data = {.name = "cifar10", .sha256 = "0"}};
    xp_deviation found = {.distance = 7};
    EXPECT_FAILURE(xp_deviation_of(&run, "resnet32", -1, &arena, &found), CORE_BAD_FILE, "none of this tailbit's");
    EXPECT_WORD("ERM-2");
    ck_assert_int_eq(found.distance, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/deviation");
    TCase *deviation = tcase_create("deviation");
    tcase_add_checked_fixture(deviation, NULL, teardown);
    suite_add_tcase(suite, deviation);
    tcase_add_loop_test(deviation, test_deviation_says_what_differs, 0, (int)(sizeof known / sizeof known[0]));
    tcase_add_loop_test(deviation, test_deviation_of_text, 0, (int)(sizeof known_text / sizeof known_text[0]));
    tcase_add_loop_test(deviation, test_deviation_of_pictures, 0,
                        (int)(sizeof known_pictures / sizeof known_pictures[0]));
    tcase_add_loop_test(deviation, test_what_the_paper_leaves_open_is_listed_for_the_method, 0,
                        (int)(sizeof left_open / sizeof left_open[0]));
    tcase_add_loop_test(deviation, test_deviation_in_a_column_of_a_known_test_set, 0,
                        (int)(sizeof known_test / sizeof known_test[0]));
    tcase_add_test(deviation, test_the_order_of_the_classes_is_open_where_the_data_have_several);
    tcase_add_test(deviation, test_a_slice_of_the_papers_classes_is_a_difference);
    tcase_add_test(deviation, test_a_configuration_of_another_tailbit_is_a_bad_file);
    return run_suite(suite);
}

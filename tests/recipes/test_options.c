#include "recipes/options.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/recipes/support.h"

/* Writes a configuration file into a fresh path. */
static void write_config(char path[64], const char *text)
{
    snprintf(path, 64, "/tmp/tailbit-options-XXXXXX");
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    ck_assert(write(file, text, strlen(text)) == (ssize_t)strlen(text));
    close(file);
}

START_TEST(test_default_of_every_option_is_valid)
{
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        const xp_option *option = xp_option_get((xp_option_id)id);
        ck_assert_msg(option->name != NULL && option->help != NULL && option->verbs != 0 &&
                          option->group != XP_NO_GROUP,
                      "option %d has a hole", id);
        ck_assert_uint_lt(strlen(option->name), 32);
        if (option->default_text != NULL) {
            EXPECT_OK(xp_option_check((xp_option_id)id, option->name, option->default_text));
        }
        if (option->with_text != NULL) {
            EXPECT_OK(xp_option_check((xp_option_id)id, option->name, option->with_text));
        }
    }
}
END_TEST

START_TEST(test_names_are_unique)
{
    for (int a = 0; a < XP_OPTION_COUNT; a++) {
        for (int b = 0; b < a; b++) {
            ck_assert_str_ne(xp_option_get((xp_option_id)a)->name, xp_option_get((xp_option_id)b)->name);
        }
    }
}
END_TEST

START_TEST(test_keys_are_names_without_hyphens)
{
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        char expected[64];
        snprintf(expected, sizeof expected, "%s", xp_option_get((xp_option_id)id)->name);
        for (char *c = expected; *c != '\0'; c++) {
            *c = *c == '-' ? '_' : *c;
        }
        ck_assert_str_eq(xp_option_key((xp_option_id)id), expected);
    }
}
END_TEST

START_TEST(test_words_set_values_in_both_spellings)
{
    xp_options options;
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--rho", "37.5", "--epochs=7", "--method", "LDAM-DRW"));
    ck_assert_double_eq(xp_real(&options, XP_RHO), 37.5);
    ck_assert_int_eq(xp_integer(&options, XP_EPOCHS), 7);
    ck_assert_str_eq(options.text[XP_METHOD], "LDAM-DRW");
    ck_assert_int_eq(options.source[XP_RHO], XP_BY_FLAG);
    ck_assert_int_eq(options.source[XP_MU], XP_BY_DEFAULT);
    ck_assert_int_eq(xp_integer(&options, XP_BATCH), 128);
}
END_TEST

/* Which defaults hold follows from the data set, and without one from the network. */
START_TEST(test_defaults_follow_the_data)
{
    char path[64];
    xp_options options;
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--data", "reviews:9:9", "--batch", "32"));
    ck_assert_str_eq(options.text[XP_MODEL], "bilstm2");
    ck_assert_str_eq(options.text[XP_IMBALANCE], "remove");
    ck_assert_int_eq(xp_integer(&options, XP_EPOCHS), 10);
    ck_assert_int_eq(xp_integer(&options, XP_BATCH), 32);
    ck_assert_int_eq(options.source[XP_EPOCHS], XP_BY_DEFAULT);
    write_config(path, "data: imdb\nepochs: 9\n");
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--config", path));
    ck_assert_int_eq(xp_integer(&options, XP_EPOCHS), 9);
    ck_assert_double_eq(xp_real(&options, XP_LR), 0.001);
    EXPECT_OK(PARSE(&options, XP_VERB_BENCH, "--model", "bilstm2"));
    ck_assert_int_eq(xp_integer(&options, XP_BATCH), 64);
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--data", "./reviews.h5", "--model", "bilstm2"));
    ck_assert_int_eq(xp_integer(&options, XP_BATCH), 128);
    EXPECT_OK(xp_options_set(&options, XP_DATA, "data", "reviews"));
    xp_options_settle(&options);
    ck_assert_int_eq(xp_integer(&options, XP_BATCH), 64);
    unlink(path);
}
END_TEST

START_TEST(test_flags_win_over_config_and_config_over_defaults)
{
    char path[64];
    xp_options options;
    write_config(path, "rho: 20\nsplit_seed: 5\nweight_decay: 5e-4\n");
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--rho", "30", "--config", path));
    ck_assert_double_eq(xp_real(&options, XP_RHO), 30);
    ck_assert_int_eq(xp_integer(&options, XP_SPLIT_SEED), 5);
    ck_assert_double_eq(xp_real(&options, XP_WEIGHT_DECAY), 5e-4);
    ck_assert_int_eq(options.source[XP_SPLIT_SEED], XP_BY_CONFIG);
    ck_assert_double_eq(xp_real(&options, XP_LR), 0.1);
    unlink(path);
}
END_TEST

START_TEST(test_config_names_file_line_and_nearest_key)
{
    char path[64];
    xp_options options;
    write_config(path, "rho: 20\nsplit_sed: 5\n");
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--config", path), CORE_BAD_USAGE, "split_seed");
    EXPECT_WORD(path);
    unlink(path);
    write_config(path, "rho: 20\nbatch_size: 64\n");
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--config", path), CORE_BAD_USAGE,
                   "line 2, column 1: unknown key \"batch_size\"; did you mean batch?");
    unlink(path);
    write_config(path, "method: ERM\nrho: 20\nepochs: 3\n"); /* of train: split takes what it has of it */
    EXPECT_OK(PARSE(&options, XP_VERB_SPLIT, "--config", path));
    ck_assert_double_eq(xp_real(&options, XP_RHO), 20);
    unlink(path);
    write_config(path, "rho: 20\nepochs: many\n");
    EXPECT_FAILURE(PARSE(&options, XP_VERB_SPLIT, "--config", path), CORE_BAD_USAGE, "line 2, column 9: epochs");
    unlink(path);
    write_config(path, "epochs: 3\nrho: 0.5\n");
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--config", path), CORE_BAD_USAGE, "line 2, column 6: rho");
    EXPECT_WORD("got '0.5', expected a number of at least 1");
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--config", path, "--rho", "2"), CORE_BAD_USAGE,
                   "line 2, column 6: rho");
    unlink(path);
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--config", path), CORE_BAD_FILE, path);
}
END_TEST

/* A value, the option that it is given to, and what the sentence says was expected. */
static const struct {
    const char *option, *value, *expected;
} wrong[] = {
    {"--rho", "0.99", "a number of at least 1"},
    {"--rho", "nan", "a number of at least 1"},
    {"--rho", "inf", "a number of at least 1"},
    {"--rho", "100x", "a number of at least 1"},
    {"--rho", "", "a number of at least 1"},
    {"--mu", "0", "a number above 0 and below 1"},
    {"--mu", "1", "a number above 0 and below 1"},
    {"--mu", "-0.5", "a number above 0 and below 1"},
    {"--beta", "1", "a number of at least 0 and below 1"},
    {"--epochs", "0", "a whole number of at least 1 and at most 1000000"},
    {"--epochs", "2.5", "a whole number"},
    {"--epochs", "99999999999999999999", "a whole number"},
    {"--split-seed", "4294967296", "at most 4294967295"},
    {"--seed", "-1", "a whole number of at least 0"},
    {"--switch", "0", "a whole number of at least 1"},
    {"--drops", "160,", "epochs joined by commas such as 160,180, or none, or auto"},
    {"--drops", ",160", "epochs joined by commas"},
    {"--drops", "-1", "epochs joined by commas"},
    {"--drops", "1,2,3,4,5,6,7,8,9", "epochs joined by commas"},
    {"--save-every", "10", "a time such as 30s, 10m or 2h, steps such as 50steps, or never"},
    {"--save-every", "0s", "a time such as"},
    {"--save-every", "0steps", "a time such as"},
    {"--save-every", "steps", "a time such as"},
    {"--threads", "0", "a whole number of at least 1"},
    {"--method", "LDAM-DWR", "did you mean LDAM-DRW?"},
    {"--method", "ldam", "did you mean LDAM?"},
    {"--imbalance", "longtailed", "did you mean long-tailed?"},
    {"--model", "resnet34", "one of resnet8, resnet14"},
    {"--data", "", "a text"},
};

START_TEST(test_wrong_value_names_option_value_and_expectation)
{
    xp_options options;
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, wrong[_i].option, wrong[_i].value), CORE_BAD_USAGE, wrong[_i].option);
    EXPECT_WORD(wrong[_i].expected);
    char got[64];
    snprintf(got, sizeof got, "got '%s'", wrong[_i].value);
    EXPECT_WORD(got);
}
END_TEST

START_TEST(test_unknown_option_suggests_the_nearest)
{
    xp_options options;
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--epoch", "3"), CORE_BAD_USAGE, "did you mean --epochs?");
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--weight_decay", "3"), CORE_BAD_USAGE, "--weight-decay?");
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--zzzzzzzzzzzz", "3"), CORE_BAD_USAGE, "see --help");
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "-x", "3"), CORE_BAD_USAGE, "two hyphens");
}
END_TEST

START_TEST(test_option_of_another_verb_is_refused)
{
    xp_options options;
    EXPECT_FAILURE(PARSE(&options, XP_VERB_SPLIT, "--epochs", "3"), CORE_BAD_USAGE, "--epochs: not an option");
}
END_TEST

START_TEST(test_missing_value_says_what_was_expected)
{
    xp_options options;
    EXPECT_FAILURE(PARSE(&options, XP_VERB_TRAIN, "--mu"), CORE_BAD_USAGE,
                   "--mu: its value is missing, expected a number");
}
END_TEST

START_TEST(test_arguments_are_kept_in_order)
{
    xp_options options;
    EXPECT_OK(PARSE(&options, XP_VERB_DATA, "import", "--unverified", "cifar10", "--", "--odd"));
    ck_assert_int_eq(options.argument_count, 3);
    ck_assert_str_eq(options.arguments[1], "cifar10");
    ck_assert_str_eq(options.arguments[2], "--odd");
    ck_assert(xp_is_on(&options, XP_UNVERIFIED));
}
END_TEST

START_TEST(test_intervals_are_times_or_steps)
{
    static const struct {
        const char *text;
        double seconds;
        int64_t steps;
    } good[] = {{"30s", 30, 0},     {"10m", 600, 0}, {"1.5h", 5400, 0},
                {"50steps", 0, 50}, {"1step", 0, 1}, {"never", 0, 0}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        xp_options options;
        EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--save-every", good[i].text));
        xp_interval interval = xp_interval_of(&options, XP_SAVE_EVERY);
        ck_assert_double_eq(interval.seconds, good[i].seconds);
        ck_assert_int_eq(interval.steps, good[i].steps);
    }
}
END_TEST

START_TEST(test_help_shows_every_option_of_the_verb_and_no_other)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    xp_options_print_help(stream, XP_VERB_TRAIN);
    fclose(stream);
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        const xp_option *option = xp_option_get((xp_option_id)id);
        char name[64];
        snprintf(name, sizeof name, "  --%s ", option->name);
        bool shown = strstr(text, name) != NULL, taken = (option->verbs & (1u << XP_VERB_TRAIN)) != 0;
        ck_assert_msg(shown == taken, "--%s is %s", option->name, shown ? "shown" : "not shown");
    }
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        ck_assert_msg(strlen(line) <= 100, "too long: %s", line);
    }
    free(text);
}
END_TEST

/* Each option is listed once; a group's options stand together, in the order of the table. */
START_TEST(test_list_has_every_option_once_by_groups)
{
    bool listed[XP_OPTION_COUNT] = {false};
    for (int place = 0; place < XP_OPTION_COUNT; place++) {
        const xp_option_id id = xp_option_listed(place);
        ck_assert(!listed[id]);
        listed[id] = true;
        if (place > 0) {
            const xp_option_id before = xp_option_listed(place - 1);
            const xp_group a = xp_option_get(before)->group, b = xp_option_get(id)->group;
            ck_assert(a < b || (a == b && before < id));
        }
    }
    ck_assert_str_eq(xp_option_group(XP_LR), "optimiser");
}
END_TEST

START_TEST(test_help_has_heads_only_for_several_groups)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    xp_options_print_help(stream, XP_VERB_STATUS);
    fputs("--- train\n", stream);
    xp_options_print_help(stream, XP_VERB_TRAIN);
    fclose(stream);
    char *train = strstr(text, "--- train\n"), *data = strstr(train, "\ndata:\n  --data ");
    ck_assert_ptr_nonnull(data);
    ck_assert_ptr_nonnull(strstr(data, "\n\noptimiser:\n  --epochs "));
    ck_assert_ptr_nonnull(strstr(data, "\n\nrun:\n"));
    ck_assert_ptr_null(strstr(data, "results:"));
    *train = '\0';
    ck_assert_ptr_null(strstr(text, ":\n"));
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/options");
    ADD_CASE(suite, "table", test_default_of_every_option_is_valid, test_names_are_unique,
             test_keys_are_names_without_hyphens, test_help_shows_every_option_of_the_verb_and_no_other,
             test_list_has_every_option_once_by_groups, test_help_has_heads_only_for_several_groups);
    ADD_CASE(suite, "values", test_words_set_values_in_both_spellings, test_defaults_follow_the_data,
             test_arguments_are_kept_in_order, test_intervals_are_times_or_steps,
             test_flags_win_over_config_and_config_over_defaults);
    ADD_CASE(suite, "errors", test_config_names_file_line_and_nearest_key, test_unknown_option_suggests_the_nearest,
             test_option_of_another_verb_is_refused, test_missing_value_says_what_was_expected);
    TCase *each = tcase_create("wrong values");
    tcase_add_loop_test(each, test_wrong_value_names_option_value_and_expectation, 0,
                        (int)(sizeof wrong / sizeof wrong[0]));
    suite_add_tcase(suite, each);
    return run_suite(suite);
}

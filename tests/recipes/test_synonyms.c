#include "recipes/synonyms.h"

#include <stdio.h>

#include "recipes/methods.h"
#include "tests/recipes/support.h"

/* A word, and what stands for it: an option's identifier, an advice, a value, a command. */
static const struct {
    const char *word;
    xp_option_id id;
} options[] = {
#define XP_OTHER_OPTION(word, option) {word, XP_##option},
#include "recipes/synonyms.def"
};

static const struct {
    const char *word;
    xp_option_id id;
    const char *advice;
} advices[] = {
#define XP_OTHER_ADVICE(word, option, advice) {word, XP_##option, advice},
#include "recipes/synonyms.def"
};

static const struct {
    xp_option_id id;
    const char *word, *value;
} values[] = {
#define XP_OTHER_VALUE(option, word, value) {XP_##option, word, value},
#include "recipes/synonyms.def"
};

static const struct {
    const char *loss, *rule, *method;
} methods[] = {
#define XP_OTHER_METHOD(loss, rule, method) {loss, rule, method},
#include "recipes/synonyms.def"
};

static const struct {
    const char *word, *command;
} commands[] = {
#define XP_OTHER_COMMAND(word, command) {word, command},
#include "recipes/synonyms.def"
};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

/* "--batch-size", or "-b"; the table's word as another program spells it. */
static const char *flag_of(const char *word, char flag[64])
{
    snprintf(flag, 64, "%s%s", word[1] == '\0' ? "-" : "--", word);
    for (char *c = flag + 2; *c != '\0'; c++) {
        *c = *c == '-' ? '_' : *c;
    }
    return flag;
}

static xp_verb_id verb_that_takes(xp_option_id id)
{
    int verb = XP_VERB_TRAIN;
    while (!xp_verb_takes((xp_verb_id)verb, id)) {
        verb = (verb + 1) % XP_VERB_COUNT;
    }
    return (xp_verb_id)verb;
}

/* A value that only this option's row can hand on. */
START_TEST(test_option_is_answered_with_ours_and_the_value)
{
    char flag[64], expected[160];
    xp_options out;
    snprintf(expected, sizeof expected, "%s 2385.5: type --%s 2385.5", flag_of(options[_i].word, flag),
             xp_option_get(options[_i].id)->name);
    EXPECT_FAILURE(PARSE(&out, verb_that_takes(options[_i].id), flag, "2385.5"), CORE_BAD_USAGE, expected);
    ck_assert_str_eq(xp_synonym_of_key(options[_i].word), xp_option_key(options[_i].id));
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        ck_assert_str_ne(options[_i].word, xp_option_get((xp_option_id)id)->name);
    }
}
END_TEST

START_TEST(test_advice_is_given_with_a_value_and_without)
{
    char flag[64], expected[192];
    xp_options out;
    snprintf(expected, sizeof expected, "%s: %s", flag_of(advices[_i].word, flag), advices[_i].advice);
    for (int verb = 0; verb < XP_VERB_COUNT; verb++) {
        if (xp_verb_takes((xp_verb_id)verb, advices[_i].id)) {
            EXPECT_FAILURE(PARSE(&out, (xp_verb_id)verb, flag, "0"), CORE_BAD_USAGE, expected);
            EXPECT_FAILURE(PARSE(&out, (xp_verb_id)verb, flag), CORE_BAD_USAGE, expected);
        }
    }
    ck_assert_ptr_null(xp_synonym_of_key(advices[_i].word));
    ck_assert_str_eq(xp_synonym_advice_of_key(advices[_i].word), advices[_i].advice);
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        ck_assert_str_ne(advices[_i].word, xp_option_get((xp_option_id)id)->name);
    }
}
END_TEST

/* The value meant is one that the option takes, and the word itself is not. */
START_TEST(test_value_is_answered_with_ours)
{
    char number[CORE_REAL_BYTES], expected[64];
    const xp_option_id id = values[_i].id;
    ck_assert_str_eq(xp_synonym_of_value(id, values[_i].word, number), values[_i].value);
    bool is_choice = false;
    for (int i = 0; xp_option_get(id)->choices[i] != NULL; i++) {
        ck_assert_str_ne(values[_i].word, xp_option_get(id)->choices[i]);
        is_choice = is_choice || strcmp(values[_i].value, xp_option_get(id)->choices[i]) == 0;
    }
    ck_assert(is_choice);
    if (xp_option_get(id)->kind == XP_CHOICE) {
        snprintf(expected, sizeof expected, "did you mean %s?", values[_i].value);
        EXPECT_FAILURE(xp_option_check(id, "here", values[_i].word), CORE_BAD_USAGE, expected);
    }
}
END_TEST

START_TEST(test_loss_and_rule_are_answered_with_a_method)
{
    char expected[96];
    xp_options out;
    ck_assert_ptr_nonnull(xp_method_find(methods[_i].method));
    snprintf(expected, sizeof expected, "--loss_type %s --train_rule %s: type --method %s", methods[_i].loss,
             methods[_i].rule, methods[_i].method);
    EXPECT_FAILURE(PARSE(&out, XP_VERB_TRAIN, "--loss_type", methods[_i].loss, "--train_rule", methods[_i].rule),
                   CORE_BAD_USAGE, expected);
    ck_assert_ptr_eq(strstr(strstr(core_error_message(), "type --method"), ";"), NULL); /* once for the two */
    EXPECT_FAILURE(PARSE(&out, XP_VERB_GRID, "--train-rule", methods[_i].rule, "--loss-type", methods[_i].loss),
                   CORE_BAD_USAGE, expected);
}
END_TEST

START_TEST(test_command_is_answered_with_ours)
{
    bool is_verb = false;
    for (int verb = 0; verb < XP_VERB_COUNT; verb++) {
        ck_assert_str_ne(commands[_i].word, xp_verb_names[verb]);
        is_verb = is_verb || strcmp(commands[_i].command, xp_verb_names[verb]) == 0;
    }
    ck_assert(is_verb);
    ck_assert_str_eq(xp_synonym_of_command(commands[_i].word), commands[_i].command);
}
END_TEST

START_TEST(test_words_are_unique)
{
    for (int a = 0; a < COUNT(options); a++) {
        for (int b = 0; b < COUNT(advices); b++) {
            ck_assert_str_ne(options[a].word, advices[b].word);
        }
        for (int b = 0; b < a; b++) {
            ck_assert_str_ne(options[a].word, options[b].word);
        }
    }
}
END_TEST

/* The command line that the LDAM-DRW code's README shows is answered whole. */
START_TEST(test_whole_command_line_is_answered_at_once)
{
    xp_options out;
    EXPECT_FAILURE(PARSE(&out, XP_VERB_TRAIN, "--gpu", "0", "--imb_type", "exp", "--imb_factor", "0.01", "--lr", "0.1",
                         "--loss_type", "LDAM", "--train_rule", "DRW"),
                   CORE_BAD_USAGE, "--gpu: leave it out: tailbit runs on CPUs");
    EXPECT_WORD("; --imb_type exp: type --imbalance long-tailed; --imb_factor 0.01: type --rho 100; "
                "--loss_type LDAM --train_rule DRW: type --method LDAM-DRW");
    EXPECT_FAILURE(PARSE(&out, XP_VERB_TRAIN, "--loss_type=LDAM"), CORE_BAD_USAGE,
                   "--loss_type LDAM --train_rule None: type --method LDAM");
    EXPECT_FAILURE(PARSE(&out, XP_VERB_TRAIN, "--train_rule", "DRW"), CORE_BAD_USAGE, "type --method ERM-DRW");
    EXPECT_FAILURE(PARSE(&out, XP_VERB_TRAIN, "--loss_type", "LDAM", "--train_rule", "Resample"), CORE_BAD_USAGE,
                   "no method here; `tailbit methods` lists them");
}
END_TEST

/* What is typed, and what the message says to type. */
static const struct {
    const char *option, *value, *expected;
} typed[] = {
    {"--imb_factor", "0.02", "type --rho 50"},
    {"--imbalance-ratio", "100", "type --rho 100"},
    {"--imb_factor", "1", "type --rho 1"},
    {"--rho", "0.01", "got '0.01', expected a number of at least 1; did you mean 100?"},
    {"--dataset", "CIFAR-10", "type --data cifar10"},
    {"--dataset", "my photos.h5", "'my photos.h5': type --data 'my photos.h5'"},
    {"--arch", "ResNet-32", "type --model resnet32"},
    {"--imb_type", "step", "type --imbalance step"},
    {"--criterion", "CE", "type --method ERM"},
    {"--batch-size=64", "stray", "type --batch 64"},
    {"--method", "ldam-drw", "did you mean LDAM-DRW?"},
    {"--method", "ERM_DRW", "did you mean ERM-DRW?"},
    {"--method", "DRW", "did you mean ERM-DRW?"},
    {"--method", "drs", "did you mean ERM-DRS?"},
    {"--method", "resample", "did you mean CB-RS?"},
    {"--method", "Reweight", "did you mean CB-RW?"},
    {"--dataset", "CIFAR100-LT", "type --data cifar100"},
    {"--dataset", "Shapes", "type --data shapes"},
    {"--weight_decay", "0.1", "did you mean --weight-decay?"},
    {"--batch-size", "--lr", "--batch-size: type --batch B"},
};

START_TEST(test_value_goes_into_the_answer)
{
    xp_options out;
    EXPECT_FAILURE(PARSE(&out, XP_VERB_TRAIN, typed[_i].option, typed[_i].value), CORE_BAD_USAGE, typed[_i].expected);
}
END_TEST

START_TEST(test_verb_without_the_option_has_no_synonym)
{
    xp_options out;
    EXPECT_FAILURE(PARSE(&out, XP_VERB_SPLIT, "--batch-size", "3"), CORE_BAD_USAGE, "--batch-size: no such option");
    EXPECT_FAILURE(PARSE(&out, XP_VERB_TABLE, "--loss_type", "CE"), CORE_BAD_USAGE, "--loss_type: no such option");
    EXPECT_FAILURE(PARSE(&out, XP_VERB_TABLE, "-p"), CORE_BAD_USAGE, "-p: no such option");
    EXPECT_FAILURE(PARSE(&out, XP_VERB_STATUS, "--overwrite"), CORE_BAD_USAGE, "--overwrite: no such option");
    EXPECT_OK(PARSE(&out, XP_VERB_TRAIN, "--", "--batch-size"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/synonyms");
    ADD_CASE(suite, "lines", test_words_are_unique, test_whole_command_line_is_answered_at_once,
             test_verb_without_the_option_has_no_synonym);
    TCase *rows = tcase_create("rows");
    tcase_add_loop_test(rows, test_option_is_answered_with_ours_and_the_value, 0, COUNT(options));
    tcase_add_loop_test(rows, test_advice_is_given_with_a_value_and_without, 0, COUNT(advices));
    tcase_add_loop_test(rows, test_value_is_answered_with_ours, 0, COUNT(values));
    tcase_add_loop_test(rows, test_loss_and_rule_are_answered_with_a_method, 0, COUNT(methods));
    tcase_add_loop_test(rows, test_command_is_answered_with_ours, 0, COUNT(commands));
    tcase_add_loop_test(rows, test_value_goes_into_the_answer, 0, COUNT(typed));
    suite_add_tcase(suite, rows);
    return run_suite(suite);
}

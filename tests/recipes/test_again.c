/* Suite recipes/again: the command that makes a run again has what the run was made with, and no more. */
#include "recipes/again.h"

#include "recipes/recipe.h"
#include "recipes/run_name.h"
#include "tests/recipes/support.h"

enum { MOST_WORDS = 64 };

/* The run of a command line: its configuration, as train stores it. */
typedef struct {
    xp_options options;
    xp_recipe recipe;
    res_run run;
    core_arena arena;
} made;

static void make(const char *line, const char *data, made *out)
{
    const char *words[MOST_WORDS];
    int count = 0;
    char *copy;
    *out = (made){0};
    ck_assert_int_eq(core_arena_strdup(&out->arena, line, &copy), CORE_OK);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    ck_assert_msg(xp_options_parse(XP_VERB_TRAIN, count, words, &test_arena, &out->options) == CORE_OK, "%s: %s", line,
                  core_error_message());
    ck_assert_msg(xp_recipe_resolve(&out->options, out->options.arena, &out->recipe) == CORE_OK, "%s: %s", line,
                  core_error_message());
    ck_assert_int_eq(xp_recipe_name(&out->recipe, &out->options, data, "avx2"), CORE_OK);
    out->run = (res_run){.config = out->recipe.config, .data = {.name = data}};
}

static void free_made(made *m) { core_arena_free(&m->arena); }

/* Stores one option more in the run than train would. */
static void add_option(made *m, res_option option)
{
    res_options *options = &m->run.config.options;
    res_option *items;
    ck_assert_int_eq(CORE_ARENA_NEW(&m->arena, options->count + 1, "options", items), CORE_OK);
    memcpy(items, options->items, (size_t)options->count * sizeof *items);
    items[options->count] = option;
    *options = (res_options){options->count + 1, items};
}

/* Lines whose options all say something that train would not do without them. */
static const char *const lines[] = {
    "--data cifar10 --method ERM --seed 0 --isa avx2 --out x.h5",
    "--data cifar10 --rho 10 --method LDAM-DRW --epochs 40 --seed 3 --isa avx2 --out x.h5",
    "--data cifar100 --imbalance step --mu 0.25 --method CB-RS --seed 1 --isa avx2 --out x.h5",
    "--data shapes:20:4 --imbalance none --method LDAM --scale 12.385 --max-margin 0.3 --model resnet8 --batch 16 "
    "--seed 2 "
    "--isa avx2 --out x.h5",
    "--data cifar10 --validation-frac 0.1 --method M-DRW --weights inverse --switch 31 --epochs 40 --drops 30,35 "
    "--warmup 3 "
    "--augment none --seed 0 --shard 8 --isa avx2 --out x.h5",
    "--data cifar10 --split-seed 7 --method ERM --lr 0.07 --drops none --momentum 0.8 --weight-decay 0 --eval-every 5 "
    "--seed 0 "
    "--isa avx2 --out x.h5",
    "--data reviews --method LDAM-DRW --epochs 3 --seed 0 --isa avx2 --out x.h5",
    /* an option that has an effect only with a later one */
    "--data reviews --method ERM --drops 2 --drop-factor 0.1 --seed 0 --isa avx2 --out x.h5",
    "--data reviews --method LDAM-DRW --beta 0.9 --weights effective --seed 0 --isa avx2 --out x.h5",
    "--data shapes:20:4 --crop pad4 --method ERM --seed 0 --isa avx2 --out x.h5", /* where that is not the usual one */
    "--data cifar10 --mu 0.3 --method CB-RW --test-order 1 --test-imbalance step --seed 0 --isa avx2 --out x.h5",
};
enum { LINES = sizeof lines / sizeof lines[0] };

static const char *data_of(const char *line)
{
    return strstr(line, "cifar100") != NULL  ? "cifar100"
           : strstr(line, "cifar10") != NULL ? "cifar10"
           : strstr(line, "reviews") != NULL ? "reviews"
                                             : "shapes:20:4";
}

/* What comes out has the words of what went in: none too many, none too few. */
START_TEST(test_command_is_the_line)
{
    made first;
    const char *command;
    make(lines[_i], data_of(lines[_i]), &first);
    ck_assert_msg(xp_command_again(&first.run, "x.h5", &first.arena, &command) == CORE_OK, "%s", core_error_message());
    ck_assert_uint_eq(strlen(command), strlen("tailbit train ") + strlen(lines[_i]));
    made again;
    make(command + strlen("tailbit train "), data_of(lines[_i]), &again);
    ck_assert_str_eq(again.run.config.yaml, first.run.config.yaml);
    free_made(&again);
    free_made(&first);
}
END_TEST

START_TEST(test_words_are_quoted_for_a_shell)
{
    made run;
    const char *command;
    make("--data /x/y.h5 --method ERM", "it's <odd>.h5", &run);
    ck_assert_int_eq(xp_command_again(&run.run, "a b.h5", &run.arena, &command), CORE_OK);
    ck_assert_str_eq(command,
                     "tailbit train --data 'it'\\''s <odd>.h5' --method ERM --seed 0 --isa avx2 --out 'a b.h5'");
    free_made(&run);
}
END_TEST

START_TEST(test_data_of_a_user_are_named_by_their_path)
{
    made run;
    const char *command;
    const res_option start[] = {res_option_text("host", "here"), res_option_text("data_file", "/my data/y.h5")};
    const res_options starts[] = {{1, start}, {2, start}};
    make("--data /x/y.h5 --method ERM", "y.h5", &run);
    run.run.env = (res_env){.count = 2, .starts = starts};
    ck_assert_int_eq(xp_command_again(&run.run, "x.h5", &run.arena, &command), CORE_OK);
    ck_assert_ptr_nonnull(strstr(command, "tailbit train --data '/my data/y.h5' "));
    run.run.env.count = 1; /* an older tailbit did not write the path */
    ck_assert_int_eq(xp_command_again(&run.run, "x.h5", &run.arena, &command), CORE_OK);
    ck_assert_ptr_nonnull(strstr(command, "tailbit train --data y.h5 "));
    free_made(&run);
}
END_TEST

/* A run file keeps the digest of word vectors, which is no file's name. */
START_TEST(test_word_vectors_are_named_by_their_digest)
{
    made run;
    const char *command;
    make("--data reviews --method ERM --out x.h5", "reviews", &run);
    add_option(&run, res_option_text("glove", "0c5fa3b1d2e4f6778899"));
    ck_assert_msg(xp_command_again(&run.run, "x.h5", &run.arena, &command) == CORE_OK, "%s", core_error_message());
    ck_assert_msg(strstr(command, " --glove FILE-OF-SHA256-0c5fa3b1d2e4 ") != NULL, "%s", command);
    free_made(&run);
}
END_TEST

START_TEST(test_switch_has_no_value)
{
    made run;
    const char *command;
    make("--data shapes --method ERM --keep-features --out x.h5", "shapes", &run);
    ck_assert_msg(xp_command_again(&run.run, "x.h5", &run.arena, &command) == CORE_OK, "%s", core_error_message());
    ck_assert_msg(strstr(command, " --keep-features --") != NULL, "%s", command);
    free_made(&run);
}
END_TEST

/* An option that has no effect with the others, as an older tailbit may have stored, is left out. */
START_TEST(test_option_without_effect_is_left_out)
{
    made run;
    const char *command;
    make("--data cifar10 --method ERM --out x.h5", "cifar10", &run);
    add_option(&run, res_option_real("mu", 0.3));
    ck_assert_int_eq(xp_command_again(&run.run, "x.h5", &run.arena, &command), CORE_OK);
    ck_assert_str_eq(command, "tailbit train --data cifar10 --method ERM --seed 0 --isa avx2 --out x.h5");
    free_made(&run);
}
END_TEST

START_TEST(test_foreign_configuration_is_a_bad_file)
{
    core_arena arena = {0};
    const char *command = "untouched";
    const res_option items[] = {res_option_text("data", "cifar10"), res_option_text("method", "of next year")};
    const res_run run = {.config.options = {2, items}, .data.name = "cifar10"};
    ck_assert_int_eq(xp_command_again(&run, "x.h5", &arena, &command), CORE_BAD_FILE);
    ck_assert_ptr_nonnull(strstr(core_error_message(), "of next year"));
    ck_assert_str_eq(command, "untouched");
    core_arena_free(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recipes/again");
    TCase *oracle = tcase_create("oracle");
    tcase_add_loop_test(oracle, test_command_is_the_line, 0, LINES);
    tcase_add_test(oracle, test_words_are_quoted_for_a_shell);
    suite_add_tcase(suite, oracle);
    ADD_CASE(suite, "text", test_data_of_a_user_are_named_by_their_path, test_word_vectors_are_named_by_their_digest,
             test_switch_has_no_value);
    ADD_CASE(suite, "errors", test_option_without_effect_is_left_out, test_foreign_configuration_is_a_bad_file);
    return run_suite(suite);
}

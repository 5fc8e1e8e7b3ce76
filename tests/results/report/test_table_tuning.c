/* results/report/table_tuning: which values of an option did best on held-out examples. */
#include "results/report/table_tuning.h"

#include <math.h>

#include "tests/support.h"

static core_arena arena;

static void teardown(void) { core_arena_free(&arena); }

/* A run of a cell with that max_margin, seed and error on its hold-out. */
static res_finished_run tried(const char *row, const char *margin, int64_t seed, double error)
{
    enum { OPTIONS = 3 };
    res_option *items;
    EXPECT_OK(CORE_ARENA_NEW(&arena, OPTIONS, "options", items));
    items[0] = res_option_text("max_margin", margin);
    items[1] = res_option_integer("epochs", 200);
    items[2] = res_option_text("isa", seed == 0 ? "avx2" : "avx512");
    return (res_finished_run){.column = "cifar10/step/10",
                              .method = row,
                              .data_sha256 = "1f",
                              .seed = seed,
                              .validation = error,
                              .config = {OPTIONS, items}};
}

START_TEST(test_tuning_averages_seeds_and_names_the_least) /* the last run is a copy */
{
    const res_finished_run runs[] = {tried("M-DRW", "0.1", 0, 30.0),        tried("M-DRW", "0.5", 0, 29.0),
                                     tried("M-DRW", "0.1", 1, 31.0),        tried("M-DRW", "0.5", 1, 30.0),
                                     tried("M-DRW", "0.7", 0, (double)NAN), tried("HG-DRS", "0.1", 0, 20.0),
                                     tried("LDAM-HG-DRS", "0.1", 0, 25.0),  tried("M-DRW", "0.5", 1, 30.0)};
    const char *texts[8];
    int64_t count = 0;
    EXPECT_OK(res_table_tuning(runs, 8, &arena, texts, &count));
    ck_assert_int_eq(count, 1);
    ck_assert_str_eq(texts[0], "cifar10/step/10 M-DRW, by the mean class error on held-out training examples: "
                               "max_margin 0.1: 30.50, max_margin 0.5: 29.50, least with max_margin 0.5");
}
END_TEST

/* Recipes with other seeds are compared on those that all have, and not at all where there is none. */
START_TEST(test_tuning_compares_what_all_recipes_have)
{
    const res_finished_run runs[] = {tried("M-DRW", "0.1", 0, 16.0), tried("M-DRW", "0.1", 1, 17.0),
                                     tried("M-DRW", "0.1", 2, 33.0), tried("M-DRW", "0.5", 0, 20.0),
                                     tried("M-DRW", "0.7", 2, 24.0)};
    const char *texts[8];
    int64_t count = 0;
    EXPECT_OK(res_table_tuning(runs, 4, &arena, texts, &count));
    ck_assert_str_eq(texts[0],
                     "cifar10/step/10 M-DRW, by the mean class error on held-out training examples: "
                     "max_margin 0.1: 22.00 (seed 0, 1, 2), max_margin 0.5: 20.00 (seed 0), least on what all "
                     "have, seed 0, with max_margin 0.1");
    EXPECT_OK(res_table_tuning(runs, 5, &arena, texts, &count));
    ck_assert_msg(strstr(texts[0], "max_margin 0.7: 24.00 (seed 2), and not compared, because they have no seed in "
                                   "common") != NULL,
                  "%s", texts[0]);
}
END_TEST

/* Another split holds out other examples: its errors are a trial of their own. */
START_TEST(test_tuning_compares_on_the_same_held_out_examples)
{
    res_finished_run runs[] = {tried("M-DRW", "0.1", 0, 16.0), tried("M-DRW", "0.5", 0, 17.0),
                               tried("M-DRW", "0.1", 0, 33.0), tried("M-DRW", "0.5", 0, 12.0),
                               tried("M-DRW", "0.7", 0, 5.0)};
    for (int i = 2; i < 5; i++) {
        res_option *items;
        EXPECT_OK(CORE_ARENA_NEW(&arena, 2, "options", items));
        items[0] = runs[i].config.items[0];
        items[1] = i < 4 ? res_option_integer("split_seed", 1) : res_option_real("validation_frac", 0.2);
        runs[i].config = (res_options){2, items};
    }
    const char *texts[8];
    int64_t count = 0;
    EXPECT_OK(res_table_tuning(runs, 5, &arena, texts, &count));
    ck_assert_int_eq(count, 2); /* one recipe alone is no trial */
    ck_assert_msg(strstr(texts[0], "least with max_margin 0.1") != NULL, "%s", texts[0]);
    ck_assert_msg(strstr(texts[1], "least with max_margin 0.5") != NULL, "%s", texts[1]);
}
END_TEST

/* Another vocabulary gives the same reviews other ids, and so their data another digest. */
START_TEST(test_tuning_compares_vocabularies)
{
    res_finished_run runs[] = {tried("LDAM-DRW", "0.5", 0, 16.0), tried("LDAM-DRW", "0.5", 0, 17.0)};
    for (int i = 0; i < 2; i++) {
        res_option *items;
        EXPECT_OK(CORE_ARENA_NEW(&arena, 1, "options", items));
        items[0] = res_option_integer("vocabulary", i == 0 ? 10000 : 25000);
        runs[i].config = (res_options){1, items};
        runs[i].data_sha256 = i == 0 ? "1f" : "2e";
    }
    const char *texts[2];
    int64_t count = 0;
    EXPECT_OK(res_table_tuning(runs, 2, &arena, texts, &count));
    ck_assert_int_eq(count, 1);
    ck_assert_msg(strstr(texts[0], "least with vocabulary 10000") != NULL, "%s", texts[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/table_tuning");
    TCase *tuning = tcase_create("tuning");
    tcase_add_checked_fixture(tuning, NULL, teardown);
    suite_add_tcase(suite, tuning);
    tcase_add_test(tuning, test_tuning_averages_seeds_and_names_the_least);
    tcase_add_test(tuning, test_tuning_compares_what_all_recipes_have);
    tcase_add_test(tuning, test_tuning_compares_on_the_same_held_out_examples);
    tcase_add_test(tuning, test_tuning_compares_vocabularies);
    return run_suite(suite);
}

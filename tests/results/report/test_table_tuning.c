/* results/report/table_tuning: which values of an option did best on held-out examples. */
#include "results/report/table_tuning.h"

#include <math.h>

#include "tests/support.h"

static core_arena arena;

static void teardown(void) { core_arena_free(&arena); }

/* A run of a cell with that max_margin and error on its hold-out. */
static res_finished_run tried(const char *row, const char *margin, double error)
{
    res_option *items;
    EXPECT_OK(CORE_ARENA_NEW(&arena, 2, "options", items));
    items[0] = res_option_text("max_margin", margin);
    items[1] = res_option_integer("epochs", 200);
    return (res_finished_run){
        .column = "cifar10/step/10", .method = row, .validation = error, .recipe = margin, .config = {2, items}};
}

START_TEST(test_tuning_averages_seeds_and_names_the_least)
{
    const res_finished_run runs[] = {tried("M-DRW", "0.1", 30.0),        tried("M-DRW", "0.5", 29.0),
                                     tried("M-DRW", "0.1", 31.0),        tried("M-DRW", "0.5", 30.0),
                                     tried("M-DRW", "0.7", (double)NAN), tried("HG-DRS", "0.1", 20.0),
                                     tried("LDAM-HG-DRS", "0.1", 25.0)};
    const char *texts[7];
    int64_t count = 0;
    EXPECT_OK(res_table_tuning(runs, 7, &arena, texts, &count));
    ck_assert_int_eq(count, 1);
    ck_assert_str_eq(texts[0], "cifar10/step/10 M-DRW, by the mean class error on held-out training examples: "
                               "max_margin 0.1: 30.50, max_margin 0.5: 29.50, least with max_margin 0.5");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/table_tuning");
    TCase *tuning = tcase_create("tuning");
    tcase_add_checked_fixture(tuning, NULL, teardown);
    suite_add_tcase(suite, tuning);
    tcase_add_test(tuning, test_tuning_averages_seeds_and_names_the_least);
    return run_suite(suite);
}

/* results/report/table_pair: the difference of two methods, seed by seed, or why there is none. */
#include "results/report/table_pair.h"

#include <math.h>

#include "tests/support.h"

static core_arena arena;
static res_table table;

static void teardown(void) { core_arena_free(&arena); }

enum { CELLS = 4, RUNS = 8 };
static res_table_cell cells[CELLS];
static res_finished_run runs[RUNS];
static res_figure figures[RUNS];
static res_option epochs[RUNS];

/* Adds a run to the table's runs; its setting is its epochs. */
static void set_run(int i, int64_t place, int64_t seed, int64_t epoch_count, double top1)
{
    static char recipes[RUNS][48], paths[RUNS][8];
    snprintf(recipes[i], sizeof recipes[i], "epochs %lld", (long long)epoch_count);
    snprintf(paths[i], sizeof paths[i], "%d.h5", i);
    epochs[i] = res_option_integer("epochs", epoch_count);
    figures[i] = (res_figure){.name = "top1", .unit = "%", .value = top1};
    runs[i] = (res_finished_run){.path = paths[i],
                                 .place = place,
                                 .seed = seed,
                                 .digest = "",
                                 .recipe = recipes[i],
                                 .setting = recipes[i],
                                 .common = {1, &epochs[i]},
                                 .config = {1, &epochs[i]},
                                 .deviation = "",
                                 .figures = {1, &figures[i]}};
}

/* ERM and LDAM-DRW on two data sets. */
static void fill(int64_t count)
{
    static const char *const names[] = {"ERM", "LDAM-DRW"};
    for (int i = 0; i < CELLS; i++) {
        cells[i] = (res_table_cell){.column = i < 2 ? "birds/step/10" : "shapes/step/10",
                                    .row = names[i % 2],
                                    .paper = (double)NAN,
                                    .figure = "top1",
                                    .note = -1};
    }
    table = (res_table){.title = "title", .cell_count = CELLS, .cells = cells, .interval = 95.0};
    EXPECT_OK(res_table_fill(&table, runs, count, &arena));
}

static void pair(const char *text)
{
    res_table_pair names;
    EXPECT_OK(res_table_pair_parse(text, &arena, &names));
    EXPECT_OK(res_table_add_pair(&table, &names, &arena));
}

static const char *remark(res_table_kind kind)
{
    for (int64_t i = 0; i < table.remark_count; i++) {
        if (table.remarks[i].kind == kind) {
            return table.remarks[i].text;
        }
    }
    return "";
}

static const char *reason(void) { return remark(RES_TABLE_NOT_PAIRED); }

/* Differences -5, -3.5, -5.5: mean -14/3; the sum of the squares about it is 13/6, so std = sqrt(13/12). */
START_TEST(test_the_difference_goes_seed_by_seed)
{
    const double erm[] = {30.0, 32.5, 29.0}, ldam[] = {25.0, 29.0, 23.5};
    for (int i = 0; i < 3; i++) {
        set_run(i, 0, i, 200, erm[i]);
        set_run(3 + i, 1, i, 200, ldam[i]);
    }
    fill(6);
    pair("LDAM-DRW,ERM");
    ck_assert_int_eq(table.cell_count, 5);
    const res_table_cell *cell = &table.cells[2];
    ck_assert_str_eq(cell->column, "birds/step/10");
    ck_assert_str_eq(cell->row, "LDAM-DRW minus ERM");
    ck_assert_str_eq(table.pair, cell->row);
    ck_assert_int_eq(cell->n, 3);
    ck_assert_double_eq_tol(cell->figures[0].mean, -14.0 / 3.0, 1e-13);
    ck_assert_double_eq_tol(cell->figures[0].std, sqrt(13.0 / 12.0), 1e-13);
    ck_assert_double_eq_tol(cell->figures[0].half_width, 0.95 * sqrt(2.0 / (1.0 - 0.95 * 0.95)) * sqrt(13.0 / 36.0),
                            1e-12);
    ck_assert_double_nan(cell->figures[0].difference);
    ck_assert_str_eq(reason(), "");
    fill(6);
    table.interval = 90.0;
    pair("LDAM-DRW,ERM");
    cell = &table.cells[2];
    ck_assert_double_eq_tol(cell->figures[0].half_width, 0.9 * sqrt(2.0 / (1.0 - 0.9 * 0.9)) * sqrt(13.0 / 36.0),
                            1e-12);
    ck_assert_str_eq(remark(RES_TABLE_PAIRED_ONCE), "");
    ck_assert_str_eq(table.cells[3].column, "shapes/step/10"); /* neither method has a run there: no row, no reason */
    ck_assert_str_eq(table.cells[4].row, "LDAM-DRW");
}
END_TEST

START_TEST(test_only_seeds_that_both_have_count)
{
    set_run(0, 0, 0, 200, 30.0);
    set_run(1, 0, 2, 200, 31.0);
    set_run(2, 0, 3, 200, 32.0);
    set_run(3, 1, 1, 200, 21.0);
    set_run(4, 1, 2, 200, 22.0);
    fill(5);
    pair("ERM,LDAM-DRW");
    const res_table_cell *cell = &table.cells[2];
    ck_assert_int_eq(cell->n, 1);
    ck_assert_int_eq(cell->runs[0]->seed, 2);
    ck_assert_double_eq(cell->figures[0].mean, 9.0);
    ck_assert_double_nan(cell->figures[0].half_width);
    ck_assert_str_eq(reason(),
                     "birds/step/10, ERM minus LDAM-DRW: left out: seed 0 3 of ERM alone, seed 1 of LDAM-DRW alone");
    ck_assert_str_eq(remark(RES_TABLE_PAIRED_ONCE),
                     "birds/step/10, ERM minus LDAM-DRW: one seed each, so that the difference may be chance; more "
                     "seeds give it a spread");
}
END_TEST

START_TEST(test_no_difference_without_a_common_seed)
{
    set_run(0, 0, 0, 200, 30.0);
    set_run(1, 1, 1, 200, 21.0);
    fill(2);
    pair("ERM,LDAM-DRW");
    ck_assert_int_eq(table.cells[2].n, 0);
    ck_assert_int_eq(table.cells[2].figure_count, 0);
    ck_assert_str_eq(reason(),
                     "birds/step/10, ERM minus LDAM-DRW: left out: seed 0 of ERM alone, seed 1 of LDAM-DRW alone");
}
END_TEST

START_TEST(test_another_setting_makes_no_pair_and_is_named)
{
    set_run(0, 0, 0, 200, 30.0);
    set_run(1, 1, 0, 40, 21.0);
    fill(2);
    pair("LDAM-DRW,ERM");
    ck_assert_int_eq(table.cells[2].n, 0);
    ck_assert_str_eq(reason(), "birds/step/10, LDAM-DRW minus ERM: LDAM-DRW has epochs 40 instead of 200");
}
END_TEST

START_TEST(test_other_data_make_no_pair)
{
    set_run(0, 0, 0, 200, 30.0);
    set_run(1, 1, 0, 200, 21.0);
    runs[1].setting = "other data";
    fill(2);
    pair("LDAM-DRW,ERM");
    ck_assert_int_eq(table.cells[2].n, 0);
    ck_assert_str_eq(reason(), "birds/step/10, LDAM-DRW minus ERM: LDAM-DRW has other data");
}
END_TEST

/* A linear and a cosine head have logits of other scales. */
START_TEST(test_margins_of_other_heads_have_no_difference)
{
    for (int i = 0; i < 2; i++) {
        set_run(i, i, 0, 200, 1.5 + i);
        figures[i].name = "class-margin";
        figures[i].direction = RES_NONE_IS_BETTER;
    }
    fill(2);
    pair("LDAM-DRW,ERM");
    ck_assert_int_eq(table.cells[2].n, 1);
    ck_assert(isnan(table.cells[2].figures[0].mean));
    ck_assert_str_eq(table.remarks[table.remark_count - 1].text,
                     "birds/step/10, LDAM-DRW minus ERM: their logits have other scales, so that margins have no "
                     "difference");
}
END_TEST

/* The least of more errors is smaller. */
START_TEST(test_best_epochs_of_other_evaluations_make_no_pair)
{
    static const res_option every[] = {{.key = "eval_every", .type = CORE_H5_I64, .integer = 1},
                                       {.key = "eval_every", .type = CORE_H5_I64, .integer = 5}};
    for (int i = 0; i < 2; i++) {
        set_run(i, i, 0, 200, 30.0 - i);
        runs[i].config = (res_options){1, &every[i]};
    }
    fill(2);
    table.best = true;
    pair("LDAM-DRW,ERM");
    ck_assert_int_eq(table.cells[2].n, 0);
    ck_assert_str_eq(reason(), "birds/step/10, LDAM-DRW minus ERM: their best epochs are the best of other numbers of "
                               "evaluations (eval_every)");
    fill(2);
    pair("LDAM-DRW,ERM");
    ck_assert_int_eq(table.cells[2].n, 1);
}
END_TEST

START_TEST(test_a_method_without_runs_is_named)
{
    res_table_pair names;
    set_run(0, 2, 0, 200, 30.0);
    fill(1);
    pair("LDAM-DRW,ERM");
    ck_assert_str_eq(reason(), "shapes/step/10, LDAM-DRW minus ERM: no run of LDAM-DRW");
    fill(1);
    EXPECT_OK(res_table_pair_parse("RS,RW", &arena, &names));
    EXPECT_FAILURE(res_table_add_pair(&table, &names, &arena), CORE_BAD_USAGE, "no run of RS or RW");
}
END_TEST

START_TEST(test_wrong_pairs_are_refused)
{
    static const struct {
        const char *text, *said;
    } wrong[] = {{"ERM", "expected two methods"},
                 {"ERM,RS,RW", "expected two methods"},
                 {"ERM,", "'' is no method"},
                 {"ERM,LDAM-DRV", "did you mean LDAM-DRW?"},
                 {"ERM,ERM", "ERM stands there twice"}};
    res_table_pair names;
    for (int i = 0; i < LENGTH(wrong); i++) {
        EXPECT_FAILURE(res_table_pair_parse(wrong[i].text, &arena, &names), CORE_BAD_USAGE, wrong[i].said);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/table_pair");
    TCase *pairs = tcase_create("pairs");
    tcase_add_checked_fixture(pairs, NULL, teardown);
    suite_add_tcase(suite, pairs);
    tcase_add_test(pairs, test_the_difference_goes_seed_by_seed);
    tcase_add_test(pairs, test_only_seeds_that_both_have_count);
    tcase_add_test(pairs, test_no_difference_without_a_common_seed);
    tcase_add_test(pairs, test_another_setting_makes_no_pair_and_is_named);
    tcase_add_test(pairs, test_margins_of_other_heads_have_no_difference);
    tcase_add_test(pairs, test_best_epochs_of_other_evaluations_make_no_pair);
    tcase_add_test(pairs, test_other_data_make_no_pair);
    tcase_add_test(pairs, test_a_method_without_runs_is_named);
    tcase_add_test(pairs, test_wrong_pairs_are_refused);
    return run_suite(suite);
}

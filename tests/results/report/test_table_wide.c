/* results/report/table, wide: what is marked as the best, what stands below instead of in every cell, the fields. */
#include <math.h>

#include "recipes/options.h"
#include "results/report/table.h"
#include "tests/support.h"

enum { ROWS = 3, COLUMNS = 2, CELLS = ROWS * COLUMNS };
static const char *const rows[ROWS] = {"ERM", "RS", "LDAM-DRW"};
static const char *const columns[COLUMNS] = {"birds_1/step/10", "cifar10/step/100"};
static res_table_figure figures[CELLS][2];
static res_table_cell cells[CELLS];
static res_table table;
static res_finished_run runs[CELLS]; /* the first run of each cell */
static const res_finished_run *cell_runs[CELLS];

/* A table of top1 in which every cell has three seeds, and geometric-mean where two figures are asked for. */
static void make(const double means[CELLS], int64_t figure_count)
{
    static const char *const notes[] = {"epochs 40 instead of 200", "lr 0.05 instead of 0.1"};
    for (int i = 0; i < CELLS; i++) {
        figures[i][0] =
            (res_table_figure){.name = "top1", .head = "top-1", .mean = means[i], .std = 0.254, .half_width = 0.631};
        figures[i][1] = (res_table_figure){.name = "geometric-mean",
                                           .head = "geometric mean",
                                           .mean = means[i],
                                           .std = (double)NAN,
                                           .direction = RES_HIGHER_IS_BETTER};
        runs[i] = (res_finished_run){.setting = "epochs 200"};
        cell_runs[i] = &runs[i];
        cells[i] = (res_table_cell){.column = columns[i / ROWS],
                                    .row = rows[i % ROWS],
                                    .row_order = i % ROWS,
                                    .paper = (double)NAN,
                                    .figure = "top1",
                                    .n = 3,
                                    .runs = &cell_runs[i],
                                    .figure_count = figure_count,
                                    .figures = figures[i],
                                    .note = -1};
    }
    table = (res_table){.title = "title", .cell_count = CELLS, .cells = cells, .note_count = 0, .notes = notes};
}

static const double different[CELLS] = {17.384, 17.381, 19.25, 42.5, (double)NAN, 9.75};

static void expect(const char *format, const char *const *wanted)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    EXPECT_OK(res_table_write(&table, "wide", format, stream));
    fclose(stream);
    for (; *wanted != NULL; wanted++) {
        ck_assert_msg(strstr(text, *wanted) != NULL, "no \"%s\" in:\n%s", *wanted, text);
    }
    free(text);
}
#define EXPECT(format, ...) expect(format, (const char *const[]){__VA_ARGS__, NULL})

/* 17.384 and 17.381 print the same, so both are the best; NAN is none. */
START_TEST(test_the_best_of_a_column_is_marked_in_every_format)
{
    make(different, 1);
    EXPECT("text", "\n  method    birds_1, step, \xcf\x81=10  cifar10, step, \xcf\x81=100\n",
           "\n  ERM       17.38 \xc2\xb1 0.25 *       42.50 \xc2\xb1 0.25\n",
           "\n  RS        17.38 \xc2\xb1 0.25 *                  -\n",
           "\n  LDAM-DRW  19.25 \xc2\xb1 0.25          9.75 \xc2\xb1 0.25 *\n",
           "\nmean \xc2\xb1 standard deviation over 3 seeds; *: the best of its column\n");
    EXPECT("markdown", "\n| method | birds\\_1, step, \xcf\x81=10 | cifar10, step, \xcf\x81=100 |\n|---|--:|--:|\n",
           "\n| ERM | **17.38 \xc2\xb1 0.25** | 42.50 \xc2\xb1 0.25 |\n", "\n| RS | **17.38 \xc2\xb1 0.25** | - |\n");
    EXPECT("latex",
           "\\begin{tabular}{lcc}\n\\toprule\nmethod & birds\\_1, step, $\\rho=10$ & cifar10, step, $\\rho=100$ "
           "\\\\\n\\midrule\n",
           "\nERM & \\textbf{17.38 $\\pm$ 0.25} & 42.50 $\\pm$ 0.25 \\\\\n",
           "\nRS & \\textbf{17.38 $\\pm$ 0.25} & -- \\\\\n", "\\bottomrule\n\\end{tabular}%\n\\gdef\\tailbitnotes{");
    EXPECT("csv",
           "method,birds_1/step/10 top1 mean,birds_1/step/10 top1 std,birds_1/step/10 top1 n,"
           "birds_1/step/10 top1 note,cifar10",
           "\nLDAM-DRW,19.250000,0.254000,3,,9.750000,0.254000,3,\n");
}
END_TEST

/* Lower is better for top1, higher for the geometric mean of the recalls. */
START_TEST(test_the_metric_decides_what_is_best)
{
    make(different, 2);
    EXPECT("latex",
           "method & \\multicolumn{2}{c}{birds\\_1, step, $\\rho=10$} & \\multicolumn{2}{c}{cifar10, step, $\\rho=100$}"
           " \\\\\n\\cmidrule(lr){2-3}\n\\cmidrule(lr){4-5}\n"
           " & top-1 & geometric mean & top-1 & geometric mean \\\\\n\\midrule\n",
           "\nERM & \\textbf{17.38 $\\pm$ 0.25} & 17.38 & 42.50 $\\pm$ 0.25 & \\textbf{42.50} \\\\\n",
           "\nLDAM-DRW & 19.25 $\\pm$ 0.25 & \\textbf{19.25} & \\textbf{9.75 $\\pm$ 0.25} & 9.75 \\\\\n");
    for (int i = 0; i < CELLS; i++) {
        figures[i][0].direction = RES_NONE_IS_BETTER;
    }
    EXPECT("latex", "\nERM & 17.38 $\\pm$ 0.25 & 17.38 & 42.50 $\\pm$ 0.25 & \\textbf{42.50} \\\\\n");
}
END_TEST

/* Methods of other settings, such as other epochs, are not compared. */
START_TEST(test_no_best_among_other_settings)
{
    make(different, 1);
    runs[2].setting = "epochs 40";
    EXPECT("markdown", "\n| ERM | 17.38 \xc2\xb1 0.25 | 42.50 \xc2\xb1 0.25 |\n",
           "\n| LDAM-DRW | 19.25 \xc2\xb1 0.25 | **9.75 \xc2\xb1 0.25** |\n");
    static const res_option five = {.key = "eval_every", .type = CORE_H5_I64, .integer = 5};
    make(different, 1);
    table.best = true;
    runs[2].config = (res_options){1, &five}; /* the best of fewer evaluations */
    EXPECT("markdown", "\n| ERM | 17.38 \xc2\xb1 0.25 | 42.50 \xc2\xb1 0.25 |\n");
}
END_TEST

START_TEST(test_one_method_alone_is_not_the_best)
{
    make(different, 1);
    cells[1].figure_count = cells[2].figure_count = 0;
    EXPECT("markdown", "\n| ERM | 17.38 \xc2\xb1 0.25 | 42.50 \xc2\xb1 0.25 |\n", "\n| RS | - | - |\n");
}
END_TEST

/* Where all print the same none is better than another, and the legend speaks of no best. */
START_TEST(test_where_all_are_equal_none_is_the_best)
{
    make((const double[CELLS]){17.384, 17.381, 17.38, 42.5, 42.5, 42.5}, 2);
    EXPECT("markdown", "\n| ERM | 17.38 \xc2\xb1 0.25 | 17.38 | 42.50 \xc2\xb1 0.25 | 42.50 |\n", "over 3 seeds\n");
    cells[5].is_pair = true; /* a difference takes no part */
    figures[5][0].mean = figures[5][1].mean = 0.0;
    EXPECT("markdown", " | 42.50 \xc2\xb1 0.25 | 42.50 |\n", "over 3 seeds\n");
}
END_TEST

START_TEST(test_n_stands_in_the_cells_only_where_it_differs)
{
    make(different, 1);
    cells[2].n = 5;
    EXPECT("markdown", "\n| LDAM-DRW | 19.25 \xc2\xb1 0.25 (5) | **9.75 \xc2\xb1 0.25** (3) |\n",
           " over (n) seeds; bold");
}
END_TEST

START_TEST(test_a_note_of_every_run_stands_below_once)
{
    make(different, 1);
    table.note_count = 1;
    for (int i = 0; i < CELLS; i++) {
        cells[i].note = 0;
    }
    EXPECT("markdown", "\n| ERM | **17.38 \xc2\xb1 0.25** | 42.50 \xc2\xb1 0.25 |\n",
           "\n\n- every run, otherwise than Cao et al. (2019): epochs 40 instead of 200\n");
    EXPECT("csv", "\nERM,17.384000,0.254000,3,epochs 40 instead of 200,");
    cells[3].note = -1;
    EXPECT("markdown", "\n| ERM | **17.38 \xc2\xb1 0.25**<sup>a</sup> | 42.50 \xc2\xb1 0.25 |\n",
           "\n\n- a, otherwise than Cao et al. (2019): epochs 40 instead of 200\n");
    EXPECT("latex", "\nERM & \\textbf{17.38 $\\pm$ 0.25}$^{a}$ & 42.50",
           "\n\\par a, otherwise than Cao et al. (2019): epochs 40 instead of 200\n}%\n");
}
END_TEST

START_TEST(test_an_interval_stands_in_place_of_std)
{
    make(different, 1);
    table.interval = 95.0;
    EXPECT("text", "17.38 \xc2\xb1 0.63 *",
           "\nmean \xc2\xb1 half of its 95 % confidence interval (Student's t) over 3 seeds");
    EXPECT("latex", "17.38 $\\pm$ 0.63", "half of its 95 \\% confidence interval");
    EXPECT("csv", " top1 half_width,", "\nERM,17.384000,0.254000,0.631000,3,");
}
END_TEST

/* The row of a pair has a sign, and is never the best. */
START_TEST(test_a_difference_has_a_sign_and_no_mark)
{
    make((const double[CELLS]){17.5, 12.25, -5.25, 17.5, 18.0, 0.5}, 1);
    cells[2].is_pair = cells[5].is_pair = true;
    cells[2].row = cells[5].row = "RS minus ERM";
    table.pair = "RS minus ERM";
    EXPECT("latex", "\nRS & \\textbf{12.25 $\\pm$ 0.25} & 18.00 $\\pm$ 0.25 \\\\\n\\midrule\n",
           "\nRS minus ERM & $-$5.25 $\\pm$ 0.25 & +0.50 $\\pm$ 0.25 \\\\\n",
           "; RS minus ERM: the same of the differences, seed by seed\n");
}
END_TEST

START_TEST(test_one_seed_has_no_spread_in_words)
{
    make(different, 1);
    for (int i = 0; i < CELLS; i++) {
        cells[i].n = i < ROWS ? 1 : 3;
    }
    EXPECT("text", "\nmean \xc2\xb1 standard deviation (none for one seed) over (n) seeds; *");
    for (int i = 0; i < CELLS; i++) {
        cells[i].n = 1;
        figures[i][0].std = (double)NAN;
    }
    table.pair = "RS minus ERM";
    EXPECT("text", "\none seed each, no standard deviation; *: the best of its column; RS minus ERM: the difference\n");
    table.interval = 95.0;
    EXPECT("latex", ";\none seed each, no confidence interval; bold");
}
END_TEST

/* A user's file stands without its ending where that leaves it no other data's name. */
START_TEST(test_data_have_names_for_people)
{
    static const char *const names[][2] = {{"birds.h5/none", "& birds &"},
                                           {"birds.hdf5/long-tailed/10/a", "& birds, long-tailed, $\\rho=10$, a &"},
                                           {"cifar10.h5/step/100", "& cifar10.h5, step, $\\rho=100$ &"},
                                           {"birds.h5@64220d23/step/10", "& birds.h5@64220d23, step, $\\rho=10$ &"},
                                           {"imdb/remove/0.9", "& imdb, remove, 0.9 &"},
                                           {"imdb/none/mean", "& imdb, none, mean &"}};
    for (int n = 0; n < LENGTH(names); n++) {
        make(different, 1);
        for (int i = 0; i < ROWS; i++) {
            cells[i].column = names[n][0];
        }
        EXPECT("latex", names[n][1]);
    }
    for (int i = 0; i < CELLS; i++) {
        cells[i].column = i < ROWS ? "birds.h5/none" : "birds.hdf5/none";
    }
    EXPECT("latex", "& birds.h5 & birds.hdf5 ");
}
END_TEST

/* The figures of classes have one head, and each the name of its class below it. */
START_TEST(test_classes_stand_below_one_head)
{
    static res_table_figure three[CELLS][3];
    static const char *const classes[] = {NULL, "bolt_1", "nut"};
    make(different, 3);
    for (int i = 0; i < CELLS; i++) {
        for (int f = 0; f < 3; f++) {
            three[i][f] = figures[i][0];
            three[i][f].head = f == 0 ? "top-1" : "error of class";
            three[i][f].of_class = classes[f];
        }
        cells[i].figures = three[i];
    }
    EXPECT("latex",
           "\n & top-1 & \\multicolumn{2}{c}{error of class} & top-1 & \\multicolumn{2}{c}{error of class} \\\\\n"
           "\\cmidrule(lr){3-4}\n\\cmidrule(lr){6-7}\n &  & bolt\\_1 & nut &  & bolt\\_1 & nut \\\\\n\\midrule\n");
    EXPECT("markdown", " | birds\\_1, step, \xcf\x81=10 error of class nut | cifar10, step, \xcf\x81=100 top-1 |");
    EXPECT("text", "\n  method    birds_1, step, \xcf\x81=10                             cifar10",
           "\n            top-1           error of class                  top-1 ",
           "\n                            bolt_1          nut                         ");
}
END_TEST

START_TEST(test_names_are_escaped_and_aligned)
{
    make(different, 1);
    for (int i = 0; i < ROWS; i++) {
        cells[i].column = "v\xc3\xb6gel&|%\x1b{";
    }
    EXPECT("text", "\n  method    v\xc3\xb6gel&|%\\x1b{   cifar10, step, \xcf\x81=100\n");
    EXPECT("markdown", "| v\xc3\xb6gel&amp;\\|%\\\\x1b{ |");
    EXPECT("latex", "method & v\xc3\xb6gel\\&\\textbar{}\\%\\textbackslash{}x1b\\{ & cifar10");
    EXPECT("csv", "\nERM,17.384000,");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/table_wide");
    TCase *fields = tcase_create("fields");
    suite_add_tcase(suite, fields);
    tcase_add_test(fields, test_the_best_of_a_column_is_marked_in_every_format);
    tcase_add_test(fields, test_the_metric_decides_what_is_best);
    tcase_add_test(fields, test_no_best_among_other_settings);
    tcase_add_test(fields, test_one_method_alone_is_not_the_best);
    tcase_add_test(fields, test_where_all_are_equal_none_is_the_best);
    tcase_add_test(fields, test_n_stands_in_the_cells_only_where_it_differs);
    tcase_add_test(fields, test_a_note_of_every_run_stands_below_once);
    tcase_add_test(fields, test_an_interval_stands_in_place_of_std);
    tcase_add_test(fields, test_a_difference_has_a_sign_and_no_mark);
    tcase_add_test(fields, test_one_seed_has_no_spread_in_words);
    tcase_add_test(fields, test_data_have_names_for_people);
    tcase_add_test(fields, test_classes_stand_below_one_head);
    tcase_add_test(fields, test_names_are_escaped_and_aligned);
    return run_suite(suite);
}

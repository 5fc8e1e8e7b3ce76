/* results/report/table: what is averaged, what is shown, and what is said under the table. */
#include "recipes/options.h"
#include "results/report/table.h"

#include <math.h>

#include "tests/support.h"

static core_arena arena;
static res_table table;

static void teardown(void) { core_arena_free(&arena); }

/* Two columns of the paper and one of ours; the paper prints no number for the last. */
enum { CELLS = 4 };
static res_table_cell cells[CELLS];
static const res_table_cell empty_cells[CELLS] = {
    {"cifar10/step/10", "ERM", 17.5, "top1", (double)NAN, .note = -1},
    {"cifar10/step/10", "LDAM-DRW", 12.19, "top1", (double)NAN, .note = -1},
    {"cifar100/step/10", "ERM", 45.37, "top1", (double)NAN, .note = -1},
    {"shapes/step/10", "ERM", (double)NAN, "top1", (double)NAN, .note = -1}};

enum { RUNS = 12 };
static res_finished_run runs[RUNS];
static res_figure figures[RUNS][2];
static res_option configs[RUNS][3], opens[RUNS][1];

/* A run with that recipe (its text; the number behind it is its epochs), and top1 and top5. */
static void set_run(int i, int64_t place, int64_t seed, int64_t epochs, double top1)
{
    static char paths[RUNS][16], recipes[RUNS][32];
    snprintf(paths[i], sizeof paths[i], "%c.h5", 'a' + i);
    snprintf(recipes[i], sizeof recipes[i], "epochs: %lld\n", (long long)epochs);
    figures[i][0] = (res_figure){.name = "top1", .unit = "%", .value = top1};
    figures[i][1] = (res_figure){.name = "top5", .unit = "%", .value = top1 / 3.0};
    configs[i][0] = res_option_integer("epochs", epochs);
    configs[i][1] = res_option_integer("seed", seed);
    opens[i][0] = res_option_real("scale", place == 1 ? 10.0 : 30.0);
    runs[i] = (res_finished_run){.path = paths[i],
                                 .place = place,
                                 .seed = seed,
                                 .digest = recipes[i],
                                 .recipe = recipes[i],
                                 .config = {2, configs[i]},
                                 .deviation = epochs == 200 ? "" : recipes[i],
                                 .distance = epochs != 200,
                                 .comparable = epochs == 200,
                                 .open = {1, opens[i]},
                                 .figures = {2, figures[i]}};
}

static void make(int64_t count)
{
    memcpy(cells, empty_cells, sizeof cells);
    table = (res_table){.title = "title", .cell_count = CELLS, .cells = cells};
    EXPECT_OK(res_table_fill(&table, runs, count, &arena));
}

static bool remarked(res_table_kind kind, const char *text)
{
    for (int64_t i = 0; i < table.remark_count; i++) {
        if (table.remarks[i].kind == kind && strcmp(table.remarks[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}

static char *written(const char *format)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    EXPECT_OK(res_table_write(&table, "long", format, stream));
    fclose(stream);
    return text;
}

static void expect_written(const char *format, const char *words)
{
    char *text = written(format);
    ck_assert_msg(strstr(text, words) != NULL, "no \"%s\" in:\n%s", words, text);
    free(text);
}

#define EXPECT_REMARK(kind, text) ck_assert_msg(remarked(kind, text), "no remark: %s", (text))

START_TEST(test_mean_deviation_and_difference_equal_the_slow_way)
{
    const double values[] = {17.25, 16.5, 18.0625, 17.75};
    for (int i = 0; i < 4; i++) {
        set_run(i, 0, 3 - i, 200, values[i]);
    }
    make(4);
    long double sum = 0.0L, pairs = 0.0L;
    for (int i = 0; i < 4; i++) {
        sum += (long double)values[i];
        for (int j = 0; j < i; j++) {
            pairs +=
                ((long double)values[i] - (long double)values[j]) * ((long double)values[i] - (long double)values[j]);
        }
    }
    const res_table_cell *cell = &table.cells[0];
    ck_assert_int_eq(cell->n, 4);
    ck_assert_double_eq_tol(cell->figures[0].mean, (double)(sum / 4.0L), 1e-13);
    /* sum over pairs of (x_i - x_j)^2 = n * sum (x - mean)^2 */
    ck_assert_double_eq_tol(cell->figures[0].std, sqrt((double)(pairs / 4.0L / 3.0L)), 1e-13);
    ck_assert_double_eq_tol(cell->figures[0].difference, (double)(sum / 4.0L) - 17.5, 1e-13);
    ck_assert_double_nan(cell->figures[1].difference);
    ck_assert_double_eq_tol(cell->figures[1].mean, (double)(sum / 12.0L), 1e-13);
    for (int64_t i = 0; i < 4; i++) {
        ck_assert_int_eq(cell->runs[i]->seed, i);
    }
    ck_assert_int_eq(cell->note, -1);
}
END_TEST

START_TEST(test_one_seed_has_no_deviation_and_no_number_of_the_paper_no_difference)
{
    set_run(0, 3, 5, 200, 33.25);
    make(1);
    const res_table_figure *figure = &table.cells[3].figures[0];
    ck_assert_double_eq(figure->mean, 33.25);
    ck_assert_double_nan(figure->std);
    ck_assert_double_nan(figure->paper);
    ck_assert_double_nan(figure->difference);
}
END_TEST

/* A difference to the paper says something of a method only where epochs and model are the paper's. */
START_TEST(test_a_shortened_run_has_no_difference_to_the_paper)
{
    set_run(0, 0, 0, 20, 33.25);
    set_run(1, 1, 0, 20, 30.5);
    set_run(2, 3, 0, 20, 30.5); /* the paper has no number there */
    make(3);
    ck_assert_double_eq(table.cells[0].figures[0].paper, 17.5);
    ck_assert_double_nan(table.cells[0].figures[0].difference);
    EXPECT_REMARK(
        RES_TABLE_NOT_COMPARED,
        "for 2 cells, whose epochs, model, number of classes, mu, removed class or known test set are not the paper's");
    expect_written("text", "ours              n    paper\n");
    expect_written("markdown", "| n | paper | note |\n");
    expect_written("latex", "{lllrr}\n\\toprule\nmethod & figure & ours & n & paper \\\\\n");
    expect_written("text", "\nno difference to Cao et al. (2019): for 2 cells");
    set_run(1, 1, 0, 200, 30.5);
    make(3);
    EXPECT_REMARK(
        RES_TABLE_NOT_COMPARED,
        "for 1 cell, whose epochs, model, number of classes, mu, removed class or known test set are not the paper's");
    expect_written("text", "ours              n    paper  ours-paper\n");
}
END_TEST

START_TEST(test_a_figure_that_one_run_lacks_is_not_known)
{
    set_run(0, 0, 0, 200, 17.25);
    set_run(1, 0, 1, 200, (double)NAN);
    make(2);
    ck_assert_double_nan(table.cells[0].figures[0].mean);
}
END_TEST

START_TEST(test_other_recipes_are_never_averaged_and_the_papers_is_shown)
{
    set_run(0, 0, 0, 20, 40.0);
    set_run(1, 0, 1, 20, 42.0);
    set_run(2, 0, 2, 20, 44.0);
    set_run(3, 0, 0, 200, 17.25);
    make(4);
    ck_assert_int_eq(table.cells[0].n, 1);
    ck_assert_double_eq(table.cells[0].figures[0].mean, 17.25);
    ck_assert_int_eq(table.note_count, 0);
    EXPECT_REMARK(RES_TABLE_NOT_SHOWN, "cifar10/step/10 ERM: 3 runs with epochs 20 instead of 200");
}
END_TEST

START_TEST(test_of_equally_far_recipes_the_one_with_most_seeds_is_shown_and_marked)
{
    set_run(0, 0, 0, 100, 20.0);
    set_run(1, 0, 0, 50, 30.0);
    set_run(2, 0, 1, 50, 32.0);
    set_run(3, 2, 0, 50, 60.0);
    make(4);
    ck_assert_int_eq(table.cells[0].n, 2);
    ck_assert_double_eq(table.cells[0].figures[0].mean, 31.0);
    ck_assert_int_eq(table.note_count, 1);
    ck_assert_str_eq(table.notes[table.cells[0].note], "epochs: 50\n");
    ck_assert_int_eq(table.cells[2].note, table.cells[0].note);
    EXPECT_REMARK(RES_TABLE_NOT_SHOWN, "cifar10/step/10 ERM: 1 run with epochs 100 instead of 50");
}
END_TEST

START_TEST(test_a_run_that_is_there_twice_counts_once)
{
    set_run(0, 0, 0, 200, 17.0);
    set_run(1, 0, 1, 200, 18.0);
    set_run(2, 0, 0, 200, 17.0);
    set_run(3, 0, 1, 200, 19.0);
    runs[3].digest = "other";
    make(4);
    ck_assert_int_eq(table.cells[0].n, 2);
    ck_assert_double_eq(table.cells[0].figures[0].mean, 17.5);
    EXPECT_REMARK(RES_TABLE_TWICE, "c.h5 has the recipe and the seed of a.h5");
    EXPECT_REMARK(RES_TABLE_TWICE, "d.h5 has the recipe and the seed of b.h5, and other bits");
    set_run(1, 0, 0, 20, 40.0); /* of a recipe that is not shown */
    set_run(2, 0, 0, 20, 40.0);
    make(3);
    EXPECT_REMARK(RES_TABLE_TWICE, "c.h5 has the recipe and the seed of b.h5");
    EXPECT_REMARK(RES_TABLE_NOT_SHOWN, "cifar10/step/10 ERM: 1 run with epochs 20 instead of 200");
}
END_TEST

/* Of the figures that the other cells show; "balanced" is none of the paper's, and then top1 stays. */
START_TEST(test_missing_cell_shows_every_number_of_the_paper)
{
    set_run(0, 0, 0, 200, 17.5);
    make(1);
    cells[1].paper_top5 = 3.25;
    expect_written("csv", "\ncifar10/step/10,LDAM-DRW,top1,%,last,0,,,12.190000,,\n"
                          "cifar10/step/10,LDAM-DRW,top5,%,last,0,,,3.250000,,\n");
    expect_written("markdown", "| cifar10/step/10 | LDAM-DRW | top5 |  |  | 3.25 |  |  |\n");
    expect_written("json", "\"paper\": 3.25");
    figures[0][0].name = "balanced";
    make(1);
    cells[1].paper_top5 = 3.25;
    char *text = written("csv");
    ck_assert_ptr_nonnull(strstr(text, "LDAM-DRW,top5,"));
    ck_assert_ptr_null(strstr(text, "LDAM-DRW,top1,"));
    free(text);
    figures[0][1].name = "worst-class";
    make(1);
    cells[1].paper_top5 = 3.25;
    expect_written("csv", "LDAM-DRW,top1,%,last,0,,,12.190000,,\n");
}
END_TEST

START_TEST(test_missing_cells_are_listed_by_column)
{
    set_run(0, 1, 0, 200, 12.0);
    make(1);
    EXPECT_REMARK(RES_TABLE_MISSING, "cifar10/step/10: ERM");
    EXPECT_REMARK(RES_TABLE_MISSING, "cifar100/step/10: ERM");
    ck_assert_int_eq(table.cells[0].n, 0);
    ck_assert_int_eq(table.cells[0].figure_count, 0);
    ck_assert_double_eq(table.cells[0].paper, 17.5);
}
END_TEST

START_TEST(test_made_up_data_are_said_to_be_made_up)
{
    set_run(0, 0, 0, 200, 17.25);
    set_run(1, 3, 0, 200, 16.5);
    memcpy(cells, empty_cells, sizeof cells);
    cells[2].column = "made_up_like_birds/step/10"; /* without a run */
    cells[3].column = "made_up_like_inaturalist/none";
    table = (res_table){.title = "title", .cell_count = CELLS, .cells = cells};
    EXPECT_OK(res_table_fill(&table, runs, 2, &arena));
    EXPECT_REMARK(RES_TABLE_MADE_UP, "made_up_like_inaturalist, to show that everything works, not which method is "
                                     "better");
    int64_t count = 0;
    for (int64_t i = 0; i < table.remark_count; i++) {
        count += table.remarks[i].kind == RES_TABLE_MADE_UP;
    }
    ck_assert_int_eq(count, 1);
    expect_written("text", "\nmade up: made_up_like_inaturalist, to show");
    expect_written("markdown", "- made up: made\\_up\\_like\\_inaturalist, to show");
    expect_written("latex", "made up: made\\_up\\_like\\_inaturalist, to show");
    expect_written("json", "\"made_up\": [\n");
}
END_TEST

START_TEST(test_open_options_are_listed_with_every_value)
{
    set_run(0, 0, 0, 200, 17.0);
    set_run(1, 1, 0, 200, 12.0);
    set_run(2, 2, 0, 200, 45.0);
    set_run(3, 3, 0, 200, 45.0); /* on data that are not the paper's */
    opens[3][0] = res_option_real("scale", 17.0);
    make(4);
    EXPECT_REMARK(RES_TABLE_OPEN, "scale 30: ERM");
    EXPECT_REMARK(RES_TABLE_OPEN, "scale 10: LDAM-DRW");
    int64_t open = 0;
    for (int64_t i = 0; i < table.remark_count; i++) {
        open += table.remarks[i].kind == RES_TABLE_OPEN;
    }
    ck_assert_int_eq(open, 2);
}
END_TEST

static void set_many(void)
{
    set_run(0, 0, 0, 200, 17.0);
    set_run(1, 0, 1, 200, 16.5);
    set_run(2, 0, 2, 20, 41.0);
    set_run(3, 1, 0, 20, 12.25);
    set_run(4, 1, 1, 20, 12.5);
    runs[3].comparable = runs[4].comparable = true; /* as of runs that differ in another option */
    set_run(5, 2, 4, 200, 44.0);
    set_run(6, 3, 0, 200, 9.75);
}

START_TEST(test_the_order_of_the_runs_does_not_matter)
{
    set_many();
    make(7);
    char *before[5], *after;
    for (int f = 0; f < 5; f++) {
        before[f] = written(xp_table_formats[f]);
    }
    for (int i = 0; i < 3; i++) {
        const res_finished_run swapped = runs[i];
        runs[i] = runs[6 - i];
        runs[6 - i] = swapped;
    }
    make(7);
    for (int f = 0; f < 5; f++) {
        after = written(xp_table_formats[f]);
        ck_assert_str_eq(before[f], after);
        free(after);
        free(before[f]);
    }
}
END_TEST

/* A format and what stands in it, to the letter. */
static const struct {
    const char *format, *line;
} lines[] = {
    {"text", "\ncifar10/step/10\n  method       figure           ours              n    paper  ours-paper\n"},
    {"text", "\n  ERM          top1             16.75 \xc2\xb1 0.35      2    17.50       -0.75\n"},
    {"text", "\n  LDAM-DRW     top1             12.38 \xc2\xb1 0.18      2    12.19       +0.19  a\n"},
    {"text", "\na, otherwise than Cao et al. (2019): epochs: 20\\x0a\n"}, /* a line end in a note ends no line */
    {"text", "\nopen in Cao et al. (2019): scale 10: LDAM-DRW\n"},
    {"markdown", "\n| cifar10/step/10 | LDAM-DRW | top1 | 12.38 \xc2\xb1 0.18 | 2 | 12.19 | +0.19 | a |\n"},
    {"latex", "\nLDAM-DRW & top1 & 12.38 $\\pm$ 0.18$^{a}$ & 2 & 12.19 & +0.19 \\\\\n"},
    {"latex", "\nERM & top1 & 16.75 $\\pm$ 0.35 & 2 & 17.50 & $-$0.75 \\\\\n"},
    {"latex", "\\par not shown: cifar10/step/10 ERM: 1 run with epochs 20 instead of 200\n"},
    {"csv", "\ncifar10/step/10,ERM,top1,%,last,2,16.750000,0.353553,17.500000,-0.750000,\n"},
    {"csv", "\ncifar100/step/10,ERM,top5,%,last,1,14.666667,,,,\n"},
    {"json", "\"mean\": 16.75,"},
    {"json", "\"paper\": null,"},
};

START_TEST(test_a_format_has_its_lines)
{
    set_many();
    make(7);
    char *text = written(lines[_i].format);
    ck_assert_msg(strstr(text, lines[_i].line) != NULL, "no \"%s\" in:\n%s", lines[_i].line, text);
    free(text);
}
END_TEST

START_TEST(test_letters_go_on_behind_z)
{
    char letter[4];
    const struct {
        int64_t note;
        const char *letter;
    } known[] = {{0, "a"}, {25, "z"}, {26, "aa"}, {27, "ab"}, {52, "ba"}};
    for (int i = 0; i < LENGTH(known); i++) {
        res_table_letter(known[i].note, letter);
        ck_assert_str_eq(letter, known[i].letter);
    }
}
END_TEST

START_TEST(test_a_table_without_runs_has_its_cells)
{
    make(0);
    char *text = written("csv");
    ck_assert_ptr_nonnull(strstr(text, "\ncifar10/step/10,LDAM-DRW,top1,%,last,0,,,12.190000,,\n"));
    free(text);
    free(written("json"));
}
END_TEST

/* A table without a number of the paper, of figures of classes with names. */
START_TEST(test_a_table_of_ones_own_data_has_names_and_no_columns_of_the_paper)
{
    static const char *const wanted[][3] = {
        {"text", "method       figure               ours              n\n",
         "ERM          class-error-w\xc3\xa9t_frog 17.00             1  a\n"},
        {"markdown", "| data | method | figure | ours | n | note |\n|---|---|---|---|--:|---|\n",
         "| my.h5 | ERM | class-error-w\xc3\xa9t\\_frog | 17.00 | 1 | a |\n"},
        {"latex", "{tabular}{lllr}\n\\toprule\nmethod & figure & ours & n \\\\\n",
         "\nERM & class-error-w\xc3\xa9t\\_frog & 17.00$^{a}$ & 1 \\\\\n"},
        {"csv", "data,method,figure,unit,epoch,n,mean,std,note,class\n",
         "my.h5,ERM,class-error-0,%,last,1,17.000000,,\"epochs: 20\n\",w\xc3\xa9t_frog\n"},
        {"json", "\"figure\": \"class-error-0\"", "\"class\": \"w\xc3\xa9t_frog\""}};
    set_run(0, 0, 0, 20, 17.0);
    figures[0][0].name = "class-error-0";
    figures[0][0].label = "class-error-w\xc3\xa9t_frog";
    figures[0][0].class_name = "w\xc3\xa9t_frog";
    res_table_cell cell = {"my.h5", "ERM", (double)NAN, "top1", (double)NAN, .note = -1};
    table = (res_table){.title = "title", .cell_count = 1, .cells = &cell};
    EXPECT_OK(res_table_fill(&table, runs, 1, &arena));
    for (int i = 0; i < LENGTH(wanted); i++) {
        char *text = written(wanted[i][0]);
        for (int j = 1; j < 3; j++) {
            ck_assert_msg(strstr(text, wanted[i][j]) != NULL, "no %s in:\n%s", wanted[i][j], text);
        }
        free(text);
    }
}
END_TEST

/* A name that is no UTF-8, with a bar, a line end and what steers a terminal, in every format. */
START_TEST(test_every_format_escapes_for_itself)
{
    static const struct {
        const char *format, *holds;
    } wanted[] = {{"text", "a|b\\x0a\\x1b[31m\\xe9\n"},
                  {"markdown", "| a\\|b\\\\x0a\\\\x1b\\[31m\\\\xe9 | ERM |"},
                  {"latex", "{a\\textbar{}b\\textbackslash{}x0a\\textbackslash{}x1b[31m\\textbackslash{}xe9}"},
                  {"csv", "\n\"a|b\n\\x1b[31m\\xe9\",ERM,"},
                  {"json", "\"a|b\\n\\u001B[31m\\\\xe9\""}};
    set_run(0, 0, 0, 20, 17.0);
    res_table_cell cell = {"a|b\n\x1b[31m\xe9", "ERM", (double)NAN, "top1", (double)NAN, .note = -1};
    table = (res_table){.title = "title", .cell_count = 1, .cells = &cell};
    EXPECT_OK(res_table_fill(&table, runs, 1, &arena));
    for (int i = 0; i < LENGTH(wanted); i++) {
        char *text = written(wanted[i].format);
        ck_assert_msg(strstr(text, wanted[i].holds) != NULL, "no %s in:\n%s", wanted[i].holds, text);
        ck_assert_ptr_null(strpbrk(text, "\x1b\xe9"));
        free(text);
    }
}
END_TEST

static TCase *with_fixture(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("results/report/table");
    TCase *oracle = with_fixture(suite, "oracle"), *groups = with_fixture(suite, "groups"),
          *formats = with_fixture(suite, "formats");
    tcase_add_test(oracle, test_mean_deviation_and_difference_equal_the_slow_way);
    tcase_add_test(oracle, test_a_shortened_run_has_no_difference_to_the_paper);
    tcase_add_test(oracle, test_one_seed_has_no_deviation_and_no_number_of_the_paper_no_difference);
    tcase_add_test(oracle, test_a_figure_that_one_run_lacks_is_not_known);
    tcase_add_test(groups, test_other_recipes_are_never_averaged_and_the_papers_is_shown);
    tcase_add_test(groups, test_of_equally_far_recipes_the_one_with_most_seeds_is_shown_and_marked);
    tcase_add_test(groups, test_a_run_that_is_there_twice_counts_once);
    tcase_add_test(groups, test_made_up_data_are_said_to_be_made_up);
    tcase_add_test(groups, test_missing_cell_shows_every_number_of_the_paper);
    tcase_add_test(groups, test_missing_cells_are_listed_by_column);
    tcase_add_test(groups, test_open_options_are_listed_with_every_value);
    tcase_add_test(groups, test_the_order_of_the_runs_does_not_matter);
    tcase_add_loop_test(formats, test_a_format_has_its_lines, 0, LENGTH(lines));
    tcase_add_test(formats, test_letters_go_on_behind_z);
    tcase_add_test(formats, test_a_table_without_runs_has_its_cells);
    tcase_add_test(formats, test_a_table_of_ones_own_data_has_names_and_no_columns_of_the_paper);
    tcase_add_test(formats, test_every_format_escapes_for_itself);
    return run_suite(suite);
}

/* results/report/picture: which runs a figure takes, its rows, what its script is told, and what the caption says. */
#include "results/report/picture.h"

#include <math.h>

#include "tests/support.h"

enum { RUNS = 12, K = 3, E = 4 };

static core_arena arena;
static res_picture picture;
static res_finished_run runs[RUNS];
static res_option shared[RUNS][2];
static char texts[RUNS][3][64];

static const int64_t counts[K] = {7, 90, 30}; /* not in order */
static const double epochs[2][E] = {{0.9, 0.5, 0.25, 0.125}, {0.8, 0.6, (double)NAN, 0.375}};
static const double classes[2][K] = {{0.125, 0.25, 0.5}, {0.375, 0.1, 0.7}};
static const double minimum[K] = {-0.5, 0.25, 2.0}, low[K] = {0.125, 0.5, 4.0}, target[K] = {0.5, 0.264, 0.347};
static double stages[RES_MARGIN_STAGES * K];

/* Run i of a method, for `planned` epochs of the recipe. */
static void set_run(int i, const char *method, const char *column, int64_t seed, int64_t planned)
{
    snprintf(texts[i][0], sizeof texts[i][0], "%c.h5", 'a' + i);
    snprintf(texts[i][1], sizeof texts[i][1], "%s epochs %lld", column, (long long)planned);
    snprintf(texts[i][2], sizeof texts[i][2], "epochs %lld instead of 200", (long long)planned);
    shared[i][0] = res_option_text("model", "resnet32");
    shared[i][1] = res_option_text("drops", "2,3");
    runs[i] = (res_finished_run){.path = texts[i][0],
                                 .method = method,
                                 .column = column,
                                 .recipe = texts[i][1],
                                 .setting = texts[i][1],
                                 .common = {2, shared[i]},
                                 .deviation = planned == 200 ? "" : texts[i][2],
                                 .distance = planned != 200,
                                 .seed = seed,
                                 .K = K,
                                 .E = E,
                                 .class_counts = counts,
                                 .train_error = epochs[0],
                                 .test_error = epochs[1],
                                 .train_class_error = classes[0],
                                 .test_class_error = classes[1],
                                 .stages = 4,
                                 .stage = {1, 2, 3, 4},
                                 .stage_minimum = stages,
                                 .stage_low = stages,
                                 .final_minimum = minimum,
                                 .final_low = low};
}

static void make(const char *name, int count)
{
    const res_picture_query query = {.name = name};
    EXPECT_OK(res_picture_make(&query, runs, count, &arena, &picture));
}

static void expect_in(const char *text, const char *words)
{
    ck_assert_msg(strstr(text, words) != NULL, "no \"%s\" in:\n%s", words, text);
}

static void expect_not_in(const char *text, const char *words)
{
    ck_assert_msg(strstr(text, words) == NULL, "\"%s\" in:\n%s", words, text);
}

#define LT   "cifar10/long-tailed/100"
#define STEP "cifar10/step/100"

START_TEST(test_rows_of_classes_are_means_and_deviations_in_the_order_of_sizes)
{
    static const double other[K] = {0.375, 0.3, 0.5};
    set_run(0, "CB-RS", STEP, 1, 200);
    set_run(1, "CB-RS", STEP, 0, 200);
    set_run(2, "LDAM-DRW", STEP, 0, 200);
    runs[1].test_class_error = other;
    make("figure2", 3);
    /* of 0.1 and 0.3: mean 0.2, deviation 0.1 sqrt 2 */
    ck_assert_str_eq(picture.csv,
                     "method,class,rank,examples,seeds,train_error_percent,train_std,test_error_percent,test_std\n"
                     "CB-RS,1,1,90,2,25,0,20,14.142136\n"
                     "CB-RS,2,2,30,2,50,0,60,14.142136\n"
                     "CB-RS,0,3,7,2,12.5,0,37.5,0\n"
                     "LDAM-DRW,1,1,90,1,25,,10,\n"
                     "LDAM-DRW,2,2,30,1,50,,70,\n"
                     "LDAM-DRW,0,3,7,1,12.5,,37.5,\n");
    ck_assert_int_eq(picture.run_count, 3);
}
END_TEST

START_TEST(test_rows_of_epochs_leave_empty_what_was_not_evaluated)
{
    set_run(0, "CB-RS", LT, 0, 200);
    make("figure3", 1);
    ck_assert_str_eq(picture.csv, "method,epochs_done,seeds,train_error_percent,train_std,test_error_percent,test_std\n"
                                  "CB-RS,1,1,90,,80,\nCB-RS,2,1,50,,60,\nCB-RS,3,1,25,,,\nCB-RS,4,1,12.5,,37.5,\n");
    expect_in(picture.script, "drops = '2 3'\n");
    expect_in(picture.script, "train_axis = '0 100 20'\ntest_axis = '30 80 10'\n"); /* not from 0: 37.5 to 80 */
}
END_TEST

START_TEST(test_bound_has_no_term_where_a_class_is_not_separable)
{
    char line[256];
    set_run(0, "LDAM", LT, 0, 200);
    runs[0].target = target;
    make("bound", 1);
    const double n = 127.0, last = log(n) / sqrt(7.0), term = 1.0 / (0.125 * sqrt(7.0));
    snprintf(line, sizeof line, "\nLDAM,0,3,7,1,-0.5,,0.125,,,,%.8g,,%.8g,,%.8g,0.375,\n", term, last, term + last);
    expect_in(picture.csv, line);
    snprintf(line, sizeof line, "\nLDAM,2,2,30,1,2,,4,,%.8g,,%.8g,,", 1.0 / (2.0 * sqrt(30.0)),
             1.0 / (4.0 * sqrt(30.0)));
    expect_in(picture.csv, line);
    expect_in(picture.caption, "C(F) and the constants of the theorem are unknown");
}
END_TEST

START_TEST(test_bound_is_not_separable_where_one_seed_is_not)
{
    static const double other[K] = {0.5, -0.25, 2.0};
    set_run(0, "LDAM", LT, 0, 200);
    set_run(1, "LDAM", LT, 1, 200);
    runs[1].final_minimum = other;
    make("bound", 2);
    expect_in(picture.csv, "\nLDAM,1,1,90,2,0,0.35355339,0.5,0,,,");
}
END_TEST

START_TEST(test_margins_have_every_stage_the_end_and_the_target)
{
    set_run(0, "LDAM", LT, 0, 200);
    runs[0].target = target;
    stages[1 * K + 2] = 0.75; /* stage 2, class 2 */
    make("margins", 1);
    expect_in(picture.csv, "\nLDAM,2,2,30,1,training,2,0.75,,0.75,,0.347\n");
    expect_in(picture.csv, "\nLDAM,2,2,30,1,evaluated,4,2,,4,,0.347\n");
    expect_in(picture.script, "stages = '1 2 3 4'\n");
    expect_in(picture.script, "size_tics = '(7, 90)'\n"); /* ten is too near to seven */
    expect_in(picture.script, "ordered = 1\n");
}
END_TEST

START_TEST(test_many_classes_of_one_size_share_a_tic_of_the_axis)
{
    enum { MANY = 14 };
    static int64_t equal[MANY];
    static double zeros[RES_MARGIN_STAGES * MANY];
    set_run(0, "LDAM", STEP, 0, 200);
    for (int k = 0; k < MANY; k++) {
        equal[k] = k < 4 ? 50 : 5;
    }
    runs[0].class_counts = equal;
    runs[0].stage_minimum = runs[0].stage_low = runs[0].final_minimum = runs[0].final_low = zeros;
    runs[0].K = MANY;
    make("margins", 1);
    expect_in(picture.script, "ordered = 0\n");
    expect_in(picture.script, "size_tics = '(\"50\" 2.5, \"5\" 9.5)'\n");
    runs[0].K = 3; /* few have each their own, as in the figure of classes */
    make("margins", 1);
    expect_in(picture.script, "class_tics = '(''50'' 1, ''50'' 2, ''50'' 3)'\n");
    expect_in(picture.script, "size_tics = class_tics\n");
}
END_TEST

START_TEST(test_settings_are_never_mixed)
{
    set_run(0, "CB-RS", LT, 0, 20);
    set_run(1, "CB-RW", LT, 0, 20);
    set_run(2, "LDAM-DRW", LT, 0, 20);
    set_run(3, "CB-RS", LT, 0, 40);
    set_run(4, "CB-RS", STEP, 0, 40);
    make("epochs", 5);
    ck_assert_int_eq(picture.run_count, 3);
    expect_in(picture.caption, "CB-RS (1 seed), CB-RW (1 seed), LDAM-DRW (1 seed).");
    ck_assert_str_eq(picture.not_drawn, "1 run on " LT " (CB-RS): epochs 40 instead of 200; 1 run on " STEP
                                        " (CB-RS): epochs 40 instead of 200");
    expect_in(picture.script,
              "subtitle = 'cifar10, long-tailed, \xcf\x81=100, resnet32, 4 epochs instead of 200; one seed'\n");
}
END_TEST

/* The figure of the paper has its data and its methods, and says which of them are missing; others say nothing of it. */
START_TEST(test_the_papers_figure_shows_its_own_runs_alone)
{
    set_run(0, "CB-RS", LT, 0, 20);
    set_run(1, "CB-RW", LT, 0, 20);
    set_run(2, "LDAM-DRW", LT, 0, 20);
    set_run(3, "CB-RS", STEP, 0, 20);
    make("figure3", 4);
    expect_in(picture.script, "methods = 'CB-RS CB-RW'\n");
    expect_in(picture.caption, "Missing: ERM-DRW.");
    make("figure2", 4);
    expect_in(picture.script, "methods = 'CB-RS'\n");
    expect_in(picture.caption, "Missing: LDAM-DRW, CB-RW.");
    make("classes", 4);
    expect_in(picture.script, "methods = 'CB-RS CB-RW LDAM-DRW'\n");
    expect_not_in(picture.caption, "Missing");
    ck_assert(res_picture_concerns("figure2", runs, 4) && !res_picture_concerns("figure2", runs, 3));
    ck_assert(res_picture_concerns("classes", runs, 0));
    EXPECT_FAILURE(res_picture_make(&(res_picture_query){.name = "figure2"}, runs, 3, &arena, &picture), CORE_BAD_FILE,
                   "no finished run of LDAM-DRW, CB-RS or CB-RW on " STEP);
}
END_TEST

START_TEST(test_more_seeds_decide_and_then_the_papers_recipe)
{
    set_run(0, "CB-RS", LT, 0, 20);
    set_run(1, "CB-RS", LT, 0, 200);
    make("epochs", 2);
    expect_in(picture.not_drawn, "1 run on " LT " (CB-RS): epochs 20 instead of 200");
    set_run(2, "CB-RS", LT, 1, 20);
    make("epochs", 3);
    expect_in(picture.caption, "Otherwise than Cao et al. (2019): epochs 20 instead of 200.");
    expect_in(picture.not_drawn, "the recipe of Cao et al. (2019)");
}
END_TEST

START_TEST(test_every_setting_has_a_rank)
{
    set_run(0, "ERM", STEP, 0, 20);
    set_run(1, "ERM", LT, 0, 20);
    set_run(2, "LDAM", LT, 0, 20);
    res_picture_query query = {.name = "epochs", .alone = true};
    for (; query.rank < 2; query.rank++) {
        EXPECT_OK(res_picture_make(&query, runs, 3, &arena, &picture));
        expect_in(picture.script, query.rank == 0 ? "subtitle = 'cifar10, long-tailed" : "subtitle = 'cifar10, step");
        ck_assert(picture.not_drawn[0] == '\0' && picture.run_count == 2 - query.rank);
    }
    EXPECT_FAILURE(res_picture_make(&query, runs, 3, &arena, &picture), CORE_BAD_FILE, "no other setting");
}
END_TEST

START_TEST(test_of_a_method_one_recipe_is_averaged_and_a_seed_counts_once)
{
    set_run(0, "M-DRW", LT, 0, 200);
    set_run(1, "M-DRW", LT, 1, 200);
    set_run(2, "M-DRW", LT, 0, 200);
    set_run(3, "M-DRW", LT, 0, 200);
    runs[0].recipe = runs[1].recipe = "max_margin 0.3";
    runs[0].deviation = runs[1].deviation = "max_margin 0.3 instead of 0.5";
    runs[0].distance = runs[1].distance = 1;
    make("classes", 4);
    ck_assert_int_eq(picture.run_count, 1); /* the paper's recipe before more seeds */
    expect_in(picture.csv, "\nM-DRW,1,1,90,1,");
    expect_in(picture.not_drawn, "2 runs of M-DRW: max_margin 0.3 instead of 0.5");
    expect_in(picture.not_drawn, "d.h5, which has the recipe and the seed of c.h5");
}
END_TEST

START_TEST(test_the_papers_epochs_are_those_of_the_datas_table)
{
    set_run(0, "CB-RS", "tiny_imagenet/step/10", 0, 200);
    make("epochs", 1);
    expect_in(picture.script, "resnet32, 4 epochs instead of 120; one seed'\n");
}
END_TEST

START_TEST(test_made_up_data_are_said_to_be_made_up)
{
    set_run(0, "CB-RS", "made_up_like_inaturalist/none", 0, 200);
    make("epochs", 1);
    expect_in(picture.caption, "The data are made up, to show that everything works, not which method is better.");
    expect_in(picture.script, "subtitle = 'made_up_like_inaturalist, resnet32, 4 epochs; one seed'\n");
    set_run(0, "CB-RS", LT, 0, 200);
    make("epochs", 1);
    expect_not_in(picture.caption, "made up");
}
END_TEST

START_TEST(test_a_caption_ends)
{
    for (int i = 0; i < RUNS; i++) {
        set_run(i, "CB-RS", LT, 0, 10 + i);
    }
    make("epochs", RUNS);
    expect_in(picture.not_drawn, "1 run on " LT " (CB-RS): epochs 11 instead of 200; ");
    expect_in(picture.not_drawn, "epochs 16 instead of 200; 5 more runs");
}
END_TEST

#define OWN "birds.h5/step/10"

/* All methods, in the order of tables, and no word about what the paper's figure has. */
START_TEST(test_on_own_data_every_method_is_drawn)
{
    static const char *const methods[] = {"RW", "CB-RS", "CB-Focal", "ERM", "CB-RW", "Focal", "LDAM"};
    for (int i = 0; i < LENGTH(methods); i++) {
        set_run(i, methods[i], OWN, 0, 20);
    }
    make("epochs", 4);
    expect_in(picture.script, "methods = 'ERM CB-RS CB-Focal RW'\n");
    expect_in(picture.script, "birds, step, \xcf\x81=10, resnet32, 4 epochs; one seed'\n");
    expect_not_in(picture.caption, "Missing");
    ck_assert_str_eq(picture.not_drawn, "");
    make("epochs", 7);
    expect_in(picture.script, "methods = 'ERM Focal LDAM CB-RS CB-RW CB-Focal'\n");
    ck_assert_str_eq(picture.not_drawn, "RW (--only chooses others)");
    EXPECT_OK(res_picture_make(&(res_picture_query){.name = "epochs", .chosen = true}, runs, 7, &arena, &picture));
    expect_in(picture.script, "methods = 'ERM Focal LDAM CB-RS CB-RW CB-Focal RW'\n");
    make("margins", 7);
    expect_in(picture.script, "methods = 'ERM Focal LDAM'\n");
}
END_TEST

/* Each other setting has a filter that only it passes; one that differs in what no option names has none. */
START_TEST(test_other_settings_have_their_filters)
{
    set_run(0, "ERM", OWN, 0, 20);
    set_run(1, "RW", OWN, 0, 20);
    for (int i = 2; i < 6; i++) {
        set_run(i, "ERM", i == 3 ? OWN : "birds.h5/long-tailed/10", 0, 20 + i);
    }
    for (int i = 0; i < 6; i++) {
        runs[i].values[XP_DATA] = i == 2 ? "my \"bird's\".h5" : "birds.h5";
        runs[i].values[XP_IMBALANCE] = i < 2 || i == 3 ? "step" : "long-tailed";
        runs[i].values[XP_RHO] = i == 3 ? NULL : "10";
        runs[i].values[XP_EPOCHS] = i == 3 ? "40" : "20";
        runs[i].values[XP_SCALE] = i == 0 ? "10" : "30"; /* of a method */
    }
    make("classes", 6);
    ck_assert_int_eq(picture.run_count, 2);
    ck_assert_int_eq(picture.other_count, 2);
    ck_assert_str_eq(picture.others[0], "data=\"my \"\"bird's\"\".h5\"");
    ck_assert_str_eq(picture.others[1], "data=birds.h5 & imbalance=step & epochs=40");
    expect_in(picture.not_drawn, "1 run on birds.h5/long-tailed/10 (ERM): epochs 22 instead of 200");
    runs[2].deviation = runs[0].deviation;
    make("classes", 3);
    ck_assert_str_eq(picture.not_drawn, "1 run on birds.h5/long-tailed/10 (ERM)");
}
END_TEST

START_TEST(test_the_order_of_the_runs_changes_nothing)
{
    for (int i = 0; i < 8; i++) {
        set_run(i, i % 2 == 0 ? "CB-RS" : "CB-RW", i < 6 ? LT : STEP, i / 2 % 2, i < 4 ? 20 : 40);
    }
    for (int f = 0; res_picture_names[f] != NULL; f++) {
        res_picture first;
        res_finished_run turned[8];
        if (strcmp(res_picture_names[f], "figure6") == 0 || strcmp(res_picture_names[f], "probe") == 0) {
            continue;
        }
        make(res_picture_names[f], 8);
        first = picture;
        for (int i = 0; i < 8; i++) {
            turned[i] = runs[(3 * i + 5) % 8];
        }
        EXPECT_OK(res_picture_make(&(res_picture_query){.name = res_picture_names[f]}, turned, 8, &arena, &picture));
        ck_assert_str_eq(picture.csv, first.csv);
        ck_assert_str_eq(picture.script, first.script);
        ck_assert_str_eq(picture.caption, first.caption);
    }
}
END_TEST

START_TEST(test_probes_made_in_other_ways_are_not_mixed)
{
    for (int i = 0; i < 3; i++) {
        set_run(i, i < 2 ? "ERM" : "RW", STEP, i, 200);
        runs[i].probe_class_error = classes[i % 2];
        runs[i].probe = i == 1 ? "C = 2" : "C = 1";
    }
    set_run(3, "RS", STEP, 0, 200); /* without one */
    make("figure6", 4);
    ck_assert_str_eq(picture.csv, "method,class,rank,examples,seeds,probe_error_percent,probe_std\n"
                                  "ERM,1,1,90,1,25,\nERM,2,2,30,1,50,\nERM,0,3,7,1,12.5,\n"
                                  "RW,1,1,90,1,25,\nRW,2,2,30,1,50,\nRW,0,3,7,1,12.5,\n");
    expect_in(picture.caption, "Probe: C = 1.");
    expect_in(picture.not_drawn, "(ERM): the recipe of Cao et al. (2019), C = 2");
    expect_in(picture.caption, "Missing: RS.");
}
END_TEST

START_TEST(test_many_classes_are_numbered)
{
    enum { MANY = 100 };
    static int64_t many[MANY];
    static double errors[MANY];
    set_run(0, "ERM", LT, 0, 200);
    for (int k = 0; k < MANY; k++) {
        many[k] = 500 - k;
        errors[k] = 0.01 * k;
    }
    runs[0].K = MANY;
    runs[0].class_counts = many;
    runs[0].train_class_error = runs[0].test_class_error = errors;
    make("classes", 1);
    expect_in(picture.script, "many = 1\n");
    expect_in(picture.caption, "with Bezier curves over them where their sizes order them");
    expect_in(picture.script, "class_tics = '(''1'' 1, ''20'' 20, ''40'' 40, ''60'' 60, ''80'' 80, ''100'' 100)'\n");
    expect_in(picture.script, "class_drop = 0\n");
    expect_in(picture.script, "ordered = 1\n");
    expect_in(picture.script, "$levels << EOD\nmethod,begin,end,train,test\nEOD\n");
    for (int k = 0; k < MANY; k++) {
        many[k] = k < MANY / 4 ? 90 : 10;
    }
    make("classes", 1);
    expect_in(picture.script, "ordered = 0\n"); /* the mean of 0 to 24, and of 25 to 99 */
    expect_in(picture.script,
              "$levels << EOD\nmethod,begin,end,train,test\nERM,0.5,25.5,12,12\nERM,25.5,100.5,62,62\nEOD\n");
}
END_TEST

/* The groups that have classes, by the bounds; the mean of the classes only where the test set is not balanced. */
START_TEST(test_methods_are_compared_by_groups)
{
    for (int i = 0; i < 3; i++) {
        set_run(i, i < 2 ? "ERM" : "LDAM", LT, i, 200);
        runs[i].last = (res_scores){.K = K,
                                    .class_counts = counts,
                                    .class_error = classes[0],
                                    .summary = {.error = 0.25 + 0.125 * i,
                                                .balanced_error = 0.25 + 0.125 * i,
                                                .many_error = 0.125,
                                                .medium_error = 0.5,
                                                .few_error = (double)NAN}};
    }
    make("methods", 3);
    ck_assert_str_eq(picture.csv,
                     "method,seeds,error_percent,error_std,balanced_percent,balanced_std,many_percent,many_std,"
                     "medium_percent,medium_std,few_percent,few_std\n"
                     "ERM,2,31.25,8.8388348,31.25,8.8388348,12.5,0,50,0,,\n"
                     "LDAM,1,50,,50,,12.5,,50,,,\n");
    expect_in(picture.script, "axis_1 = '20 50 10'\ngroup_1 = 'error'\nhead_1 = 'test error'\n");
    expect_in(picture.script, "group_2 = 'many'\nhead_2 = 'many: over 100'\n");
    expect_in(picture.script, "panels = 3\n");
    expect_in(picture.caption, "by training examples of a class: many: over 100, medium: 20 to 100. Data");
    runs[0].last.summary.balanced_error = 0.3;
    const res_shot_bounds bounds = {50, 5};
    EXPECT_OK(res_picture_make(&(res_picture_query){.name = "methods", .bounds = &bounds}, runs, 3, &arena, &picture));
    expect_in(picture.script, "group_2 = 'balanced'\nhead_2 = 'mean of classes'\n");
    expect_in(picture.script, "head_3 = 'many: over 50'\n");
    expect_in(picture.csv, "\nLDAM,1,50,,50,,25,,31.25,,,\n"); /* of 90 examples; the mean of 7 and 30 */
}
END_TEST

/* A method keeps its look, whichever others are there. */
START_TEST(test_a_method_has_one_look)
{
    set_run(0, "ERM", LT, 0, 200);
    set_run(1, "LDAM-DRW", LT, 0, 200);
    make("classes", 1);
    expect_in(picture.script, "methods = 'ERM'\ncolours = '#646464'\nmarkers = '7'\ndashes = '1'\n");
    make("epochs", 2);
    expect_in(picture.script,
              "methods = 'ERM LDAM-DRW'\ncolours = '#646464 #305fc5'\nmarkers = '7 5'\ndashes = '1 1'\n");
    runs[0] = runs[1];
    make("margins", 1);
    expect_in(picture.script, "methods = 'LDAM-DRW'\ncolours = '#305fc5'\n");
    expect_in(picture.script, "plain = 0\n");
    EXPECT_OK(res_picture_make(&(res_picture_query){.name = "classes", .plain = true}, runs, 1, &arena, &picture));
    expect_in(picture.script, "plain = 1\n");
}
END_TEST

/* A name is cut to 14 characters, and stays in its quotes. */
START_TEST(test_few_classes_have_their_names)
{
    static const char *const names[] = {"caf\xc3\xa9", "it's`touch 9%`", "a very long name of a frog, x"};
    set_run(0, "ERM", LT, 0, 200);
    runs[0].class_name = names;
    make("classes", 1);
    expect_in(picture.script,
              "class_tics = '(''it\xe2\x80\x99s`touch 9%%` (90)'' 1, ''a very long na\xe2\x80\xa6 (30)'' 2, "
              "''caf\xc3\xa9 (7)'' 3)'\nclass_drop = 95\n");
    expect_in(picture.csv, ",test_std,class_name\nERM,1,1,90,1,");
    expect_in(picture.csv, ",\"a very long name of a frog, x\"\nERM,0,3,");
}
END_TEST

START_TEST(test_words_from_files_stay_words_in_the_script)
{
    set_run(0, "ERM", "it's`touch x`\n\"$(y)\"/none", 0, 200);
    make("classes", 1);
    expect_in(picture.script,
              "subtitle = 'it\xe2\x80\x99s`touch x`\\x0a\xe2\x80\x9d$(y)\xe2\x80\x9d, resnet32, 4 epochs; one seed'\n");
}
END_TEST

START_TEST(test_nothing_to_show_names_what_is_missing)
{
    set_run(0, "ERM", STEP, 0, 200);
    res_picture before = picture;
    EXPECT_FAILURE(res_picture_make(&(res_picture_query){.name = "probe"}, runs, 1, &arena, &picture), CORE_BAD_FILE,
                   "no probe of a finished run's features");
    EXPECT_FAILURE(res_picture_make(&(res_picture_query){.name = "figure2"}, runs, 0, &arena, &picture), CORE_BAD_FILE,
                   "`tailbit grid figure2 --out DIR`");
    EXPECT_FAILURE(res_picture_make(&(res_picture_query){.name = "figure4"}, runs, 1, &arena, &picture), CORE_BAD_USAGE,
                   "'figure4' is no figure");
    ck_assert_mem_eq(&before, &picture, sizeof picture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/picture");
    ADD_CASE(suite, "oracle", test_rows_of_classes_are_means_and_deviations_in_the_order_of_sizes,
             test_rows_of_epochs_leave_empty_what_was_not_evaluated,
             test_bound_has_no_term_where_a_class_is_not_separable, test_bound_is_not_separable_where_one_seed_is_not,
             test_margins_have_every_stage_the_end_and_the_target,
             test_many_classes_of_one_size_share_a_tic_of_the_axis, test_methods_are_compared_by_groups,
             test_a_method_has_one_look);
    ADD_CASE(suite, "choice", test_settings_are_never_mixed, test_the_papers_figure_shows_its_own_runs_alone,
             test_more_seeds_decide_and_then_the_papers_recipe, test_every_setting_has_a_rank,
             test_of_a_method_one_recipe_is_averaged_and_a_seed_counts_once, test_a_caption_ends,
             test_the_papers_epochs_are_those_of_the_datas_table, test_made_up_data_are_said_to_be_made_up,
             test_on_own_data_every_method_is_drawn, test_other_settings_have_their_filters,
             test_probes_made_in_other_ways_are_not_mixed);
    ADD_CASE(suite, "determinism", test_the_order_of_the_runs_changes_nothing);
    ADD_CASE(suite, "limits", test_many_classes_are_numbered, test_few_classes_have_their_names,
             test_words_from_files_stay_words_in_the_script);
    ADD_CASE(suite, "errors", test_nothing_to_show_names_what_is_missing);
    return run_suite(suite);
}

/* Grid files: the cells that they declare, and what is wrong with bad ones. */
#include "experiments/grid/grid.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "experiments/grid/grid_tables.h"
#include "recipes/axes.h"
#include "recipes/deviation.h"
#include "recipes/recipe.h"
#include "recipes/run_name.h"
#include "tests/recipes/support.h"

static const char good[] = "title: two by three\n"
                           "axes:\n"
                           "  seed: [0, 1]\n"
                           "  method:\n"
                           "    - ERM\n"
                           "    - LDAM-DRW\n"
                           "    - HG-DRS\n"
                           "except: \"HG-DRS & seed>0\"\n"
                           "data: shapes:20:5\n"
                           "rho: 10\n"
                           "epochs: 4\n"
                           "model: resnet8\n";

/* Loads `text` as grid.yaml with the flags `words`. */
static core_status load(const char *text, int count, const char *const *words, xp_grid *out)
{
    char path[] = "/tmp/tailbit-grid-XXXXXX.yaml";
    int fd = mkstemps(path, 5);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    xp_options options;
    EXPECT_OK(xp_options_parse(XP_VERB_GRID, count, words, &test_arena, &options));
    core_status status = xp_grid_load(path, &options, out);
    unlink(path);
    return status;
}

#define LOAD(text, out, ...)                                                                                           \
    load((text), (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)),                             \
         (const char *const[]){__VA_ARGS__}, (out))

static core_status load_with(const char *name, int count, const char *const *words, xp_grid *out)
{
    xp_options options;
    EXPECT_OK(xp_options_parse(XP_VERB_GRID, count, words, &test_arena, &options));
    return xp_grid_load(name, &options, out);
}

static core_status load_named(const char *name, xp_grid *out) { return load_with(name, 0, NULL, out); }

static int64_t count_passing(const xp_grid *grid, const char *expression)
{
    core_arena arena = {0};
    xp_filter *filter;
    const char *const *items[1024];
    int64_t n = 0;
    ck_assert_int_le(grid->count, 1024);
    for (int64_t i = 0; i < grid->count; i++) {
        items[i] = grid->cells[i].options.text;
    }
    EXPECT_OK(xp_axes_filter(expression, items, grid->count, &arena, &filter));
    for (int64_t i = 0; i < grid->count; i++) {
        n += xp_filter_passes(filter, items[i]);
    }
    core_arena_free(&arena);
    return n;
}

START_TEST(test_table_2_has_the_cells_of_the_paper)
{
    xp_grid grid;
    EXPECT_OK(load_named("table2", &grid));
    ck_assert_str_eq(grid.name, "table2");
    ck_assert_int_eq(grid.count, 3 * (4 * 10 + 4 * 8));
    ck_assert_int_eq(count_passing(&grid, "seed=0 & cifar10 & method~HG"), 8);
    ck_assert_int_eq(count_passing(&grid, "cifar10 | !method~HG"), grid.count);
    ck_assert_int_eq(count_passing(&grid, "cifar10 & rho=100 & method~LDAM & 0"), 6);
    ck_assert_int_eq(count_passing(&grid, "epochs=200 & model=resnet32 & batch=128 & lr=0.1"), grid.count);
    ck_assert_str_eq(grid.cells[0].stem, "cifar10-long-tailed-100-ERM-seed0");
    ck_assert_str_eq(grid.cells[grid.count - 1].stem, "cifar100-step-10-LDAM-DRW-seed2");
    xp_grid_free(&grid);
}
END_TEST

START_TEST(test_tables_3_and_4_have_the_cells_of_the_paper)
{
    xp_grid grid;
    EXPECT_OK(load_named("table3", &grid));
    ck_assert_int_eq(grid.count, 5);
    ck_assert_int_eq(count_passing(&grid, "inaturalist & none & resnet50"), grid.count);
    ck_assert_int_eq(
        count_passing(&grid, "epochs=90 & batch=256 & lr=0.1 & drops='30,60' & drop_factor=0.1 & switch=60 & "
                             "momentum=0.9 & weight_decay=0.0001 & max_margin=0.3 & crop=resize & image_size=auto & "
                             "bn_group=0 & bottleneck=v1.5 & gradient_groups=64 & warmup=auto"),
        grid.count);
    xp_grid_free(&grid);
    EXPECT_OK(load_named("table4", &grid));
    ck_assert_int_eq(grid.count, 3 * 4 * 5);
    ck_assert_int_eq(count_passing(&grid, "tiny_imagenet & resnet18 & (rho=100 | rho=10)"), grid.count);
    ck_assert_int_eq(
        count_passing(&grid,
                      "epochs=120 & batch=128 & lr=0.1 & drops=90 & drop_factor=0.1 & switch=90 & momentum=0.9 & "
                      "weight_decay=0.0002 & max_margin=0.5 & crop=pad8 & stem=auto & bn_group=0 & warmup=auto"),
        grid.count);
    xp_grid_free(&grid);
}
END_TEST

/* --epochs takes the drops and the switch of a built-in grid along, other flags win, and a file's own stay. */
START_TEST(test_events_of_a_shortened_table_follow_in_proportion)
{
    static const char *const shorter[] = {"--epochs", "15"}, *const drops[] = {"--epochs", "15", "--drops", "12"};
    xp_grid grid;
    EXPECT_OK(load_with("table3", 2, shorter, &grid));
    ck_assert_int_eq(count_passing(&grid, "epochs=15 & drops='5,10' & switch=10"), grid.count);
    xp_grid_free(&grid);
    EXPECT_OK(load_with("table4", 4, drops, &grid));
    ck_assert_int_eq(count_passing(&grid, "epochs=15 & drops=12 & switch=11"), grid.count);
    xp_grid_free(&grid);
    EXPECT_OK(LOAD("axes: {method: [ERM, LDAM-DRW]}\ndata: shapes\nepochs: 90\ndrops: 10\nswitch: 12\n", &grid,
                   "--epochs", "15"));
    ck_assert_int_eq(count_passing(&grid, "drops=10 & switch=12"), grid.count);
    xp_grid_free(&grid);
}
END_TEST

START_TEST(test_table_5_has_the_cells_of_the_paper)
{
    xp_grid grid;
    EXPECT_OK(load_named("table5", &grid));
    ck_assert_int_eq(grid.count, 3 * 8 * 3);
    ck_assert_int_eq(count_passing(&grid, "ERM | ERM-DRW | ERM-DRS"), grid.count);
    xp_grid_free(&grid);
}
END_TEST

/* A run of ERM serves both test sets, another method has a run for each. */
START_TEST(test_table_6_has_the_cells_of_the_paper)
{
    xp_grid grid;
    EXPECT_OK(load_named("table6", &grid));
    ck_assert_int_eq(grid.count, 3 * 4 * (1 + 2 * 2));
    ck_assert_int_eq(count_passing(&grid, "ERM & test_order=auto"), 3 * 4);
    ck_assert_int_eq(count_passing(&grid, "(CB-RW | LDAM-DRW) & (test_order=1 | test_order=2)"), 3 * 4 * 4);
    xp_grid_free(&grid);
}
END_TEST

START_TEST(test_figure_6_probes_the_cells_of_the_paper)
{
    xp_grid grid;
    EXPECT_OK(load_named("figure6", &grid));
    ck_assert_str_eq(grid.probe, "at-drop");
    ck_assert_int_eq(grid.count, 3 * 3);
    ck_assert_int_eq(count_passing(&grid, "cifar10 & step & rho=100 & (ERM | RW | RS)"), grid.count);
    xp_grid_free(&grid);
    EXPECT_OK(load_named("table2", &grid));
    ck_assert_ptr_null(grid.probe);
    xp_grid_free(&grid);
}
END_TEST

/* What `table` would say of the cell's run beside the paper's number. */
static void expect_no_deviation(const xp_options *options, const char *stem)
{
    core_arena arena = {0};
    xp_recipe recipe;
    xp_deviation found;
    EXPECT_OK(xp_recipe_resolve(options, &arena, &recipe));
    EXPECT_OK(xp_recipe_name(&recipe, options, options->text[XP_DATA], "avx2"));
    const res_run run = {.config = recipe.config, .data = {.name = options->text[XP_DATA], .sha256 = "0"}};
    int64_t order = xp_is_auto(options, XP_TEST_ORDER) ? -1 : xp_integer(options, XP_TEST_ORDER);
    EXPECT_OK(xp_deviation_of(&run, recipe.text ? "bilstm2" : "resnet32", order, &arena, &found));
    ck_assert_msg(found.text[0] == '\0', "%s: %s", stem, found.text);
    core_arena_free(&arena);
}

static bool is_axis(const xp_grid *grid, int id)
{
    for (int64_t a = 0; a < grid->axis_count; a++) {
        if (grid->axes[a] == (xp_option_id)id) {
            return true;
        }
    }
    return false;
}

START_TEST(test_built_in_grids_have_the_recipe_of_the_docs)
{
    int64_t cells = 0;
    for (int g = 0; xp_grid_names[g] != NULL; g++) {
        xp_grid grid;
        EXPECT_OK(load_named(xp_grid_names[g], &grid));
        for (int64_t i = 0; i < grid.count; i++, cells++) {
            expect_no_deviation(&grid.cells[i].options, grid.cells[i].stem);
        }
        xp_grid_free(&grid);
    }
    ck_assert_int_eq(cells, 12 + 216 + 5 + 60 + 72 + 60 + 9 + 9 + 9);
}
END_TEST

/* A default that a file repeats is a fact written twice, and one day two facts. */
START_TEST(test_built_in_grids_repeat_no_default)
{
    for (int g = 0; xp_grid_names[g] != NULL; g++) {
        xp_grid grid;
        EXPECT_OK(load_named(xp_grid_names[g], &grid));
        const xp_options *options = &grid.cells[0].options;
        for (int id = 0; id < XP_BIT_OPTIONS; id++) {
            const char *default_text = xp_option_default((xp_option_id)id, xp_options_of_text(options));
            if (options->source[id] != XP_BY_DEFAULT && !is_axis(&grid, id) && default_text != NULL) {
                ck_assert_msg(strcmp(options->text[id], default_text) != 0, "%s says --%s %s, which is the default",
                              xp_grid_names[g], xp_option_get((xp_option_id)id)->name, default_text);
            }
        }
        xp_grid_free(&grid);
    }
}
END_TEST

START_TEST(test_cells_come_in_the_order_of_the_axes)
{
    static const char *const wanted[] = {
        "shapes-20-5-long-tailed-10-ERM-seed0", "shapes-20-5-long-tailed-10-LDAM-DRW-seed0",
        "shapes-20-5-long-tailed-10-HG-DRS-seed0", "shapes-20-5-long-tailed-10-ERM-seed1",
        "shapes-20-5-long-tailed-10-LDAM-DRW-seed1"};
    xp_grid grid;
    EXPECT_OK(load(good, 0, NULL, &grid));
    ck_assert_str_eq(grid.title, "two by three");
    ck_assert_int_eq(grid.count, 5);
    for (int i = 0; i < 5; i++) {
        ck_assert_str_eq(grid.cells[i].stem, wanted[i]);
    }
    xp_grid_free(&grid);
}
END_TEST

START_TEST(test_flags_win_and_narrow_axes)
{
    xp_grid grid;
    EXPECT_OK(LOAD(good, &grid, "--seeds", "3-5,9", "--method", "ERM", "--epochs", "7"));
    ck_assert_int_eq(grid.count, 4);
    ck_assert_str_eq(grid.cells[0].stem, "shapes-20-5-long-tailed-10-ERM-seed3");
    ck_assert_str_eq(grid.cells[3].stem, "shapes-20-5-long-tailed-10-ERM-seed9");
    ck_assert_str_eq(grid.cells[3].options.text[XP_EPOCHS], "7");
    xp_grid_free(&grid);
}
END_TEST

START_TEST(test_a_flag_has_an_effect_on_a_job)
{
    xp_grid grid;
    EXPECT_OK(LOAD(good, &grid, "--max-margin", "0.3")); /* on those of LDAM-DRW */
    xp_grid_free(&grid);
    EXPECT_FAILURE(LOAD(good, &grid, "--focal-gamma", "2"), CORE_BAD_USAGE,
                   "in every job, --focal-gamma has no effect with ERM");
    EXPECT_FAILURE(LOAD(good, &grid, "--glove", "words.txt"), CORE_BAD_USAGE, "--glove has no effect with a ResNet");
}
END_TEST

START_TEST(test_other_axes_stand_in_the_name)
{
    xp_grid grid;
    EXPECT_OK(load("axes: {max_margin: [0.3, 0.5], method: [LDAM]}\ndata: shapes\n", 0, NULL, &grid));
    ck_assert_int_eq(grid.count, 2);
    ck_assert_str_eq(grid.cells[1].stem, "shapes-long-tailed-100-LDAM-seed0-max_margin-0.5");
    xp_grid_free(&grid);
}
END_TEST

/* A value without effect on a run makes no second one; another data set of the same name is none of these. */
START_TEST(test_a_run_is_trained_once)
{
    xp_grid grid;
    EXPECT_OK(load("axes: {switch: [1, 2], method: [ERM, LDAM-DRW]}\ndata: shapes\n", 0, NULL, &grid));
    ck_assert_int_eq(grid.count, 3);
    ck_assert_int_eq(grid.twins, 1);
    ck_assert_str_eq(grid.cells[0].stem, "shapes-long-tailed-100-ERM-seed0-switch-1");
    ck_assert_str_eq(grid.cells[2].stem, "shapes-long-tailed-100-LDAM-DRW-seed0-switch-2");
    xp_grid_free(&grid);
    static const struct {
        const char *axes;
        int64_t count;
    } each[] = {{"{rho: [10, 20], imbalance: [none, step]}", 3}, /* without imbalance there is no ratio */
                {"{isa: [avx2, avx512]}", 2},
                {"{glove: [a.txt, b/a.txt]}", 2},
                {"{crop: [pad4, pad8], image_size: [auto, 96]}", 2}}; /* padded images are seen at their own size */
    for (size_t i = 0; i < LENGTH(each); i++) {
        char text[256];
        snprintf(text, sizeof text, "axes: %s\nmethod: ERM\ndata: %s\n", each[i].axes, i == 2 ? "imdb" : "shapes");
        EXPECT_OK(load(text, 0, NULL, &grid));
        ck_assert_msg(grid.count == each[i].count, "%s: %lld", each[i].axes, (long long)grid.count);
        xp_grid_free(&grid);
    }
}
END_TEST

START_TEST(test_one_epoch_has_no_drop)
{
    xp_grid grid;
    static const char *const words[] = {"--epochs", "1", "--method", "ERM"};
    EXPECT_OK(load_with("table3", 4, words, &grid));
    ck_assert_str_eq(grid.cells[0].options.text[XP_DROPS], "none");
    xp_grid_free(&grid);
}
END_TEST

START_TEST(test_cell_text_is_a_config_of_train)
{
    xp_grid grid;
    xp_options options;
    const char *yaml;
    core_arena arena = {0};
    EXPECT_OK(load(good, 0, NULL, &grid));
    EXPECT_OK(xp_cell_yaml(&grid.cells[4], &arena, &yaml));
    ck_assert_str_eq(yaml, "data: shapes:20:5\nrho: 10\nmethod: LDAM-DRW\nmodel: resnet8\nepochs: 4\nseed: 1\n");
    char folder[64], path[96];
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/cell.yaml", folder);
    EXPECT_OK(core_file_write(path, &core_file_any, yaml, strlen(yaml)));
    EXPECT_OK(PARSE(&options, XP_VERB_TRAIN, "--config", path));
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        const char *a = options.text[id], *b = grid.cells[4].options.text[id];
        ck_assert(a == b || strcmp(a, b) == 0);
    }
    remove_test_folder(folder);
    core_arena_free(&arena);
    xp_grid_free(&grid);
}
END_TEST

#define BASE "data: shapes\n"

START_TEST(test_bad_files_are_named_with_line_and_word)
{
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {BASE "axes:\n  learning_rate: [0.1]\n", "unknown key \"learning_rate\"; did you mean lr?"},
        {BASE "axes:\n  methd: [ERM]\n", "line 3, column 3: unknown key \"methd\"; did you mean method?"},
        {BASE "axes:\n  method: [ERM, LDAM-DRV]\n", "line 3, column 17: method: got 'LDAM-DRV', expected one of"},
        {BASE "axes:\n  method: [ERM, LDAM-DRV]\n", "did you mean LDAM-DRW?"},
        {BASE "axes:\n  method: ERM\n", "line 3, column 3: \"method\" wants a list"},
        {BASE "axes:\n  method: []\n", "line 3, column 3: \"method\" has no values"},
        {BASE "axes:\n  method: [ERM, ERM]\n", "has the value ERM twice"},
        {BASE "axes:\n  method: [ERM]\n  lr: [0.1, 1e-1]\n", "has the value 1e-1 twice"},
        {BASE "axes:\n  method: [ERM]\n  seed: [[0], 1]\n",
         "line 4, column 10: \"seed\" wants a list of single values"},
        {BASE "axes:\n  method: [ERM]\nseed: [0, 1]\n", "line 4, column 7: \"seed\" wants one value"},
        {BASE "axes:\n  method: [ERM]\n  rho: [10]\nrho: 100\n", "is an axis and stands in the recipe too"},
        {BASE "axes:\n  method: [ERM]\n  threads: [1, 2]\n", "unknown key \"threads\""},
        {BASE "axes:\n  method: [ERM]\n  rho: [0.5]\n", "got '0.5', expected a number of at least 1"},
        {BASE "axes:\n  method: [ERM]\ndrops: [1]\n",
         "line 4, column 8: \"drops\" wants one value, not a list; write drops: 1,2"},
        {BASE "axes: [method]\n", "\"axes\" wants lines such as"},
        {BASE "axes:\n  seed: [0]\n", "--method NAME is missing"},
        {"axes:\n  method: [ERM]\n", "--data NAME is missing"},
        {BASE "axes:\n  method: [ERM]\nepochs: many\n", "line 4, column 9: epochs: got 'many'"},
        {BASE "axes:\n  method: [ERM]\nexcept: methd=ERM\n", "except: filter 'methd=ERM': no axis 'methd'"},
        {BASE "axes:\n  method: [LDAM-DRW]\nepochs: 1\n", "--switch falls on epoch 0"},
        {BASE "axes:\n  method: [ERM]\nprobe: at_drop\n", "line 4, column 8: probe: got 'at_drop', expected one of"},
        {"axes:\n  method: [ERM]\n  data: [./a/x.h5, ./b/x.h5]\n", "two jobs would share the file x-long-tailed"},
        {"axes: {method: [ERM\n", "grid"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        xp_grid grid = {.count = -1};
        EXPECT_FAILURE(load(bad[i].text, 0, NULL, &grid), CORE_BAD_USAGE, bad[i].sentence);
        ck_assert_int_eq(grid.count, -1);
    }
}
END_TEST

START_TEST(test_bad_seeds_and_names_are_refused)
{
    static const char *const seeds[] = {
        "a", "2-1", "0,,1", "0,", "1-", "0-20000", "0000000000000000000000000000000000000000000000000000000000000005"};
    xp_grid grid;
    for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
        EXPECT_FAILURE(LOAD(good, &grid, "--seeds", seeds[i]), CORE_BAD_USAGE, "--seeds");
    }
    EXPECT_FAILURE(LOAD(good, &grid, "--seeds", "0-1", "--seed", "3"), CORE_BAD_USAGE, "exclude each other");
    EXPECT_FAILURE(load_named("table7", &grid), CORE_BAD_USAGE, "no grid 'table7': tailbit grid table1|table2");
    EXPECT_FAILURE(load_named("tabel2", &grid), CORE_BAD_USAGE, "no grid 'tabel2'");
    EXPECT_FAILURE(load_named("/nowhere/x.yaml", &grid), CORE_BAD_FILE, "/nowhere/x.yaml");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("experiments/grid_file");
    ADD_CASE(suite, "oracle", test_table_2_has_the_cells_of_the_paper, test_tables_3_and_4_have_the_cells_of_the_paper,
             test_events_of_a_shortened_table_follow_in_proportion, test_table_5_has_the_cells_of_the_paper,
             test_table_6_has_the_cells_of_the_paper, test_figure_6_probes_the_cells_of_the_paper,
             test_built_in_grids_have_the_recipe_of_the_docs, test_built_in_grids_repeat_no_default,
             test_cells_come_in_the_order_of_the_axes, test_flags_win_and_narrow_axes,
             test_a_flag_has_an_effect_on_a_job, test_other_axes_stand_in_the_name,
             test_cell_text_is_a_config_of_train);
    ADD_CASE(suite, "limits", test_a_run_is_trained_once, test_one_epoch_has_no_drop);
    ADD_CASE(suite, "errors", test_bad_files_are_named_with_line_and_word, test_bad_seeds_and_names_are_refused);
    return run_suite(suite);
}

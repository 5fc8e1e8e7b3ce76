/* results/report/collection: which files of a folder are finished runs, and what is taken of them. */
#include "results/report/collection.h"

#include <unistd.h>

#include "core/file.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static core_arena arena;
static char folder[64];
static res_collection found;

static void setup(void) { make_test_folder(folder); }

static void teardown(void)
{
    core_arena_free(&arena);
    remove_test_folder(folder);
}

static char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/* Gives the run a configuration that `train` knows. */
static void configure(res_run *run, const char *method, int64_t seed, const char *rho)
{
    res_option *items;
    EXPECT_OK(CORE_ARENA_NEW(&arena, 6, "options", items));
    items[0] = res_option_text("data", "cifar10");
    items[1] = res_option_text("imbalance", "long-tailed");
    items[2] = res_option_real("rho", strtod(rho, NULL));
    items[3] = res_option_text("method", method);
    items[4] = res_option_integer("seed", seed);
    items[5] = res_option_integer("epochs", SAMPLE_E);
    run->config.options = (res_options){6, items};
}

static void save(const char *name, res_run run, const char *method, int64_t seed, const char *rho)
{
    configure(&run, method, seed, rho);
    EXPECT_OK(core_file_make_parent(path_of(name)));
    EXPECT_OK(res_run_save(&run, path_of(name)));
}

static void save_finished(const char *name, const char *method, int64_t seed, const char *rho)
{
    save(name, sample_run(&arena, (uint64_t)seed + 1), method, seed, rho);
}

/* The complaint of the file of that name. */
static const char *complaint_of(const char *name)
{
    int64_t i = 0;
    while (i < found.file_count && strcmp(found.files[i].name, name) != 0) {
        i++;
    }
    ck_assert_int_lt(i, found.file_count);
    return found.files[i].complaint;
}

static void expect_complaint(const char *name, const char *words)
{
    const char *complaint = complaint_of(name);
    ck_assert_msg(complaint != NULL && strstr(complaint, words) != NULL, "%s: no \"%s\" in: %s", name, words,
                  complaint);
    ck_assert_ptr_nonnull(strstr(complaint, path_of(name)));
}

START_TEST(test_a_file_is_a_finished_run_or_has_a_complaint)
{
    char *text = NULL;
    size_t bytes = 0;
    res_run diverged = sample_run(&arena, 3);
    diverged.epochs.train_loss[1] = 1e300 * 1e300;
    save_finished("b.h5", "ERM", 4, "100");
    save_finished("deep/a.h5", "ERM", 3, "100");
    save("part.h5", sample_unfinished(&arena, 2, 2), "ERM", 0, "100");
    save("diverged.h5", diverged, "ERM", 0, "100");
    save_finished("future.h5", "ERM-2", 0, "100");
    EXPECT_OK(core_file_write(path_of("no.h5"), &core_file_any, "no", 2));
    EXPECT_OK(res_collection_load(folder, true, &arena, &found));
    ck_assert_int_eq(found.file_count, 6);
    ck_assert_int_eq(found.run_count, 2);
    ck_assert_str_eq(found.runs[0].path, "b.h5");
    ck_assert_str_eq(found.runs[1].path, "deep/a.h5");
    ck_assert_ptr_null(complaint_of("b.h5"));
    expect_complaint("part.h5", ": is unfinished, 2 of 3 epochs; resume it by: tailbit train --data ");
    expect_complaint("part.h5", " --method ERM ");
    ck_assert_int_eq(found.unfinished_count, 1);
    EXPECT_OK(res_collection_check_finished(&found, "runs"));
    found.run_count = 0;
    EXPECT_FAILURE(res_collection_check_finished(&found, "runs"), CORE_BAD_FILE,
                   "runs: holds no finished run, and 1 unfinished one: resume by the command above");
    expect_complaint("diverged.h5", ": diverged: the loss of epoch 2 is no number (infinite)");
    expect_complaint("future.h5", "'ERM-2'");
    expect_complaint("no.h5", "not an HDF5 file");
    FILE *stream = open_memstream(&text, &bytes);
    res_collection_complain(&found, stream);
    fclose(stream);
    ck_assert_int_eq(strncmp(text, "tailbit: left out: ", 19), 0);
    int lines = 0;
    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    ck_assert_int_eq(lines, 4);
    free(text);
}
END_TEST

START_TEST(test_a_run_has_what_its_file_has)
{
    res_run run = sample_run(&arena, 5);
    sample_hold_out(&run, &arena, 5);
    save("x.h5", run, "LDAM-DRW", 17, "10");
    EXPECT_OK(res_collection_load(folder, true, &arena, &found));
    ck_assert_int_eq(found.run_count, 1);
    const res_finished_run *got = &found.runs[0];
    ck_assert_str_eq(got->method, "LDAM-DRW");
    ck_assert_str_eq(got->column, "cifar10/long-tailed/10");
    ck_assert_str_eq(got->values[XP_SEED], "17");
    ck_assert_int_eq(got->seed, 17);
    ck_assert_ptr_null(res_options_find(&got->config, "seed"));
    ck_assert_str_eq(got->deviation, "epochs 3 instead of 200, learning-rate drops and switch in proportion");
    ck_assert_int_eq(got->distance, 1);
    for (int best = 0; best < 2; best++) {
        const res_scores *scores = best == 1 ? &got->best : &got->last;
        const int64_t at = scores->summary.epoch * SAMPLE_K;
        ck_assert(scores->best == (best == 1));
        ck_assert_mem_eq(scores->class_error, run.epochs.test_class_error + at, SAMPLE_K * sizeof(double));
        ck_assert_mem_eq(scores->validation_class_error, run.epochs.validation_class_error + at,
                         SAMPLE_K * sizeof(double));
        ck_assert_mem_eq(scores->class_margin, run.margins.final_class_min, SAMPLE_K * sizeof(double));
    }
    ck_assert_double_eq(got->validation, res_validation_error(got->last.K, got->last.validation_class_error));
    ck_assert_mem_eq(got->class_counts, run.split.class_counts, SAMPLE_K * sizeof(int64_t));
    ck_assert_mem_eq(got->train_error, run.epochs.train_error, SAMPLE_E * sizeof(double));
    ck_assert_mem_eq(got->target, run.margins.target, SAMPLE_K * sizeof(double));
    const int64_t stages[] = {1, 2, 3}; /* a quarter, a half, ... of three epochs, rounded up, each once */
    ck_assert_int_eq(got->stages, LENGTH(stages));
    ck_assert_mem_eq(got->stage, stages, sizeof stages);
    ck_assert_mem_eq(got->stage_minimum + SAMPLE_K, run.margins.class_min + SAMPLE_K, SAMPLE_K * sizeof(double));
}
END_TEST

START_TEST(test_seeds_share_a_recipe_and_methods_a_setting)
{
    save_finished("a.h5", "LDAM", 0, "100");
    save_finished("b.h5", "LDAM", 1, "100");
    save_finished("c.h5", "M-DRW", 0, "100");
    save_finished("d.h5", "LDAM", 0, "50");
    EXPECT_OK(res_collection_load(folder, true, &arena, &found));
    ck_assert_int_eq(found.run_count, 4);
    ck_assert_str_eq(found.runs[0].recipe, found.runs[1].recipe);
    ck_assert_str_ne(found.runs[0].recipe, found.runs[2].recipe);
    ck_assert_str_eq(found.runs[0].setting, found.runs[2].setting);
    ck_assert_str_ne(found.runs[0].setting, found.runs[3].setting);
    ck_assert_ptr_null(res_options_find(&found.runs[0].common, "max_margin"));
}
END_TEST

START_TEST(test_a_filter_leaves_the_runs_that_pass)
{
    save_finished("a.h5", "ERM", 0, "100");
    save_finished("b.h5", "LDAM", 0, "100");
    save_finished("c.h5", "LDAM", 1, "50");
    EXPECT_OK(res_collection_load(folder, false, &arena, &found));
    EXPECT_OK(res_collection_filter(&found, NULL));
    ck_assert_int_eq(found.run_count, 3);
    EXPECT_OK(res_collection_filter(&found, "method=LDAM"));
    ck_assert_int_eq(found.run_count, 2);
    ck_assert_ptr_null(found.files[0].run);
    ck_assert_str_eq(found.files[1].run->path, "b.h5");
    ck_assert_str_eq(found.files[2].run->path, "c.h5");
    EXPECT_FAILURE(res_collection_filter(&found, "rho=7"), CORE_BAD_USAGE, "no run matches 'rho=7'");
}
END_TEST

START_TEST(test_tables_take_one_file_too)
{
    save_finished("a.h5", "ERM", 0, "100");
    save_finished("b.h5", "ERM", 1, "100");
    EXPECT_OK(res_collection_load(path_of("b.h5"), false, &arena, &found));
    ck_assert_int_eq(found.run_count, 1);
    ck_assert_str_eq(found.folder, folder);
    ck_assert_str_eq(found.runs[0].path, "b.h5");
    EXPECT_FAILURE(res_collection_load(path_of("b.h5"), true, &arena, &found), CORE_BAD_FILE, "as a folder");
    EXPECT_FAILURE(res_collection_load(path_of("none"), false, &arena, &found), CORE_BAD_FILE, "none");
}
END_TEST

/* Folders one in the other, twice and through a link, and a file of its own: every run is there once, whatever the order. */
START_TEST(test_several_folders_have_each_run_once)
{
    char inner[128], link[128], file[128];
    save_finished("a.h5", "ERM", 0, "100");
    save_finished("in/b.h5", "ERM", 1, "100");
    save_finished("in/c.h5", "LDAM", 0, "100");
    snprintf(inner, sizeof inner, "%s", path_of("in"));
    snprintf(file, sizeof file, "%s", path_of("in/c.h5"));
    snprintf(link, sizeof link, "%s", path_of("z"));
    ck_assert_int_eq(symlink("in", link), 0);
    const char *const paths[] = {link, file, inner, folder, folder};
    for (int order = 0; order < 2; order++) {
        const char *const turned[] = {paths[4], paths[3], paths[2], paths[1], paths[0]};
        EXPECT_OK(res_collection_load_several(order == 0 ? paths : turned, 5, &arena, &found));
        ck_assert_int_eq(found.file_count, 3);
        ck_assert_int_eq(found.run_count, 3);
        ck_assert_str_eq(found.runs[0].path, path_of("a.h5"));
        ck_assert_str_eq(found.runs[1].path, path_of("in/b.h5"));
        ck_assert_str_eq(found.runs[2].path, path_of("in/c.h5"));
        ck_assert_ptr_eq(found.files[2].run, &found.runs[2]);
    }
    EXPECT_OK(res_collection_load_several(paths + 4, 1, &arena, &found));
    ck_assert_str_eq(found.runs[1].path, "in/b.h5");
    EXPECT_FAILURE(res_collection_load_several((const char *const[]){folder, path_of("none")}, 2, &arena, &found),
                   CORE_BAD_FILE, "none");
}
END_TEST

/* The probe of the features before the drop lies beside `run`, and says that it is of these bits. */
static void save_probe(const char *run, const char *digest)
{
    static const int64_t index[3] = {0, 1, 2}, confusion[SAMPLE_K * SAMPLE_K] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    static const int32_t label[3] = {0, 1, 2};
    static const double numbers[SAMPLE_K] = {0.125, 0.25, 0.5, 0.75};
    const char *path;
    const res_run of = sample_run(&arena, 1);
    const res_probe probe = {.creator = "tailbit test",
                             .run_digest = digest,
                             .config = of.config,
                             .data = of.data,
                             .options = {"at-drop", 2, "paper", 0.5, 1.0, 7},
                             .K = SAMPLE_K,
                             .D = 1,
                             .n = 3,
                             .N = 3,
                             .fit_part = "test",
                             .test_part = "test",
                             .fit_index = index,
                             .test_index = index,
                             .fit_label = label,
                             .test_label = label,
                             .M = 1,
                             .name = (const char *const[]){"logistic"},
                             .fit_error = numbers,
                             .error = numbers,
                             .class_error = numbers,
                             .confusion = confusion,
                             .logistic = {numbers, numbers, numbers, numbers, 0.625, 4e-7, 123, true}};
    EXPECT_OK(res_probe_path(path_of(run), false, false, "", &arena, &path));
    EXPECT_OK(res_probe_save(&probe, path));
}

START_TEST(test_a_probe_of_other_bits_is_left_out_and_its_run_is_not)
{
    save_finished("a.h5", "ERM", 0, "100");
    save_finished("b.h5", "ERM", 1, "100");
    EXPECT_OK(res_collection_load(folder, true, &arena, &found));
    save_probe("a.h5", found.runs[0].digest);
    save_probe("b.h5", found.runs[0].digest);
    EXPECT_OK(res_collection_load(folder, true, &arena, &found));
    ck_assert_int_eq(found.run_count, 2);
    ck_assert_double_eq(found.runs[0].probe_class_error[3], 0.75);
    ck_assert_str_eq(found.runs[0].probe, "0.5 of the test set fitted on, C = 1, seed 7, features after 2 epochs");
    ck_assert_ptr_null(found.files[0].complaint);
    ck_assert_ptr_null(found.runs[1].probe);
    ck_assert_ptr_nonnull(strstr(found.files[1].complaint, "b.at-drop-paper.probe.h5: is a probe of other bits"));
}
END_TEST

/* Whatever the order of their names: a probe lies beside the file. */
START_TEST(test_a_link_to_a_file_is_no_second_run)
{
    save_finished("b.h5", "ERM", 0, "100");
    ck_assert_int_eq(symlink("b.h5", path_of("a.h5")), 0);
    ck_assert_int_eq(symlink("b.h5", path_of("c.h5")), 0);
    EXPECT_OK(res_collection_load(folder, true, &arena, &found));
    ck_assert_int_eq(found.run_count, 1);
    ck_assert_str_eq(found.files[0].name, "b.h5");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/report/collection");
    TCase *tcase = tcase_create("folder");
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    tcase_add_test(tcase, test_a_file_is_a_finished_run_or_has_a_complaint);
    tcase_add_test(tcase, test_a_run_has_what_its_file_has);
    tcase_add_test(tcase, test_seeds_share_a_recipe_and_methods_a_setting);
    tcase_add_test(tcase, test_a_filter_leaves_the_runs_that_pass);
    tcase_add_test(tcase, test_tables_take_one_file_too);
    tcase_add_test(tcase, test_several_folders_have_each_run_once);
    tcase_add_test(tcase, test_a_probe_of_other_bits_is_left_out_and_its_run_is_not);
    tcase_add_test(tcase, test_a_link_to_a_file_is_no_second_run);
    return run_suite(suite);
}

/* results/runs/features_file: a run file that names its features by their digests, and the files that have them. */
#include "results/runs/features_file.h"

#include <unistd.h>

#include "core/file.h"
#include "results/runs/folder.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static core_arena arena;
static char folder[64], path[96];

static void setup(void) { snprintf(path, sizeof path, "%s/x.h5", make_test_folder(folder)); }

static void teardown(void)
{
    core_arena_free(&arena);
    remove_test_folder(folder);
}

/* Saves the features of a run at the end in a file of their own, and the run without them; returns the file. */
static const char *save(const res_run *run, const char **digest)
{
    res_run saved = *run;
    res_feature_sets end = run->features;
    const char *name;
    bool there;
    end.at_drop = (res_features){0};
    EXPECT_OK(res_features_check(path));
    EXPECT_OK(res_features_save(run, &end, path, &arena, digest));
    saved.features = (res_feature_sets){.at_end.digest = digest};
    EXPECT_OK(res_run_save(&saved, path));
    EXPECT_OK(res_features_find(path, true, &saved, &arena, &name, &there));
    ck_assert(there && !res_folder_is_run(name) && res_folder_is_run(path));
    return name;
}

START_TEST(test_features_come_back)
{
    const res_run run = sample_run(&arena, 1);
    const res_features *wanted = &run.features.at_end, *got;
    const char *digest, *name;
    bool there;
    res_run loaded;
    save(&run, &digest);
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &loaded));
    ck_assert(loaded.features.at_end.D == 0 && loaded.features.train_label == NULL);
    ck_assert_str_eq(loaded.features.at_end.digest[0], digest);
    EXPECT_OK(res_features_fetch(path, false, &arena, &loaded)); /* it names none */
    EXPECT_OK(res_features_find(path, false, &loaded, &arena, &name, &there));
    ck_assert(name == NULL && !there);
    EXPECT_OK(res_features_fetch(path, true, &arena, &loaded));
    got = &loaded.features.at_end;
    ck_assert(got->D == wanted->D && got->epoch == wanted->epoch && loaded.features.n == run.features.n);
    ck_assert_mem_eq(got->train, wanted->train, (size_t)(run.features.n * wanted->D) * sizeof(float));
    ck_assert_mem_eq(got->test, wanted->test, (size_t)(run.features.N * wanted->D) * sizeof(float));
    ck_assert_mem_eq(loaded.features.test_label, run.features.test_label, (size_t)run.features.N * sizeof(int32_t));
}
END_TEST

/* The same features are the same file, others are another one. */
START_TEST(test_name_follows_the_features)
{
    const res_run a = sample_run(&arena, 1), b = sample_run(&arena, 2);
    const char *digest;
    const char *first = save(&a, &digest);
    ck_assert_str_eq(save(&a, &digest), first);
    ck_assert_str_ne(save(&b, &digest), first);
    EXPECT_OK(core_file_check(first, &core_file_any));
}
END_TEST

START_TEST(test_missing_changed_or_other_features_are_refused)
{
    const res_run a = sample_run(&arena, 1), b = sample_run(&arena, 2);
    const char *digest, *other = save(&b, &digest), *name = save(&a, &digest);
    char *data;
    size_t bytes;
    res_run loaded;
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &loaded));
    ck_assert_int_eq(rename(other, name), 0);
    EXPECT_FAILURE(res_features_fetch(path, true, &arena, &loaded), CORE_BAD_FILE, "expected");
    EXPECT_OK(core_file_read(name, &data, &bytes));
    EXPECT_OK(core_file_write(name, &core_file_any, data, bytes - 100));
    free(data);
    EXPECT_FAILURE(res_features_fetch(path, true, &arena, &loaded), CORE_BAD_FILE, name);
    ck_assert_int_eq(unlink(name), 0);
    EXPECT_FAILURE(res_features_fetch(path, true, &arena, &loaded), CORE_BAD_FILE,
                   "which is missing; put it beside the run file");
    ck_assert_ptr_null(loaded.features.train_label);
}
END_TEST

/* A digest becomes a part of a file's name. */
START_TEST(test_digest_that_is_a_path_is_refused)
{
    res_run run = sample_run(&arena, 1), loaded;
    const char *digest = "../../etc/x";
    run.features = (res_feature_sets){.at_drop.digest = &digest};
    EXPECT_OK(res_run_save(&run, path));
    EXPECT_FAILURE(res_run_load(path, RES_ALL, &arena, &loaded), CORE_BAD_FILE, "no hexadecimal number");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results/features_file");
    TCase *tcase = tcase_create("files");
    tcase_add_checked_fixture(tcase, setup, teardown);
    const TTest *const tests[] = {test_features_come_back, test_name_follows_the_features,
                                  test_missing_changed_or_other_features_are_refused,
                                  test_digest_that_is_a_path_is_refused};
    for (int i = 0; i < LENGTH(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

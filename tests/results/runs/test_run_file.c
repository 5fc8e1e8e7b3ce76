/* results/runs/run_file: what is written is read, whole and in parts, and gives the same bytes. */
#include "results/runs/run_file.h"

#include <hdf5.h>
#include <malloc.h>
#include <math.h>
#include <unistd.h>

#include "core/file.h"
#include "core/h5.h"
#include "results/runs/glance.h"
#include "results/runs/run_internal.h"
#include "tests/results/older.h"
#include "tests/results/sample.h"
#include "tests/support.h"

static core_arena arena;
static char folder[64], path[96], other[96];

static void setup(void)
{
    make_test_folder(folder);
    snprintf(path, sizeof path, "%s/run.h5", folder);
    snprintf(other, sizeof other, "%s/other.h5", folder);
}

static void teardown(void)
{
    core_arena_free(&arena);
    remove_test_folder(folder);
}

/* Nothing equals nothing, also where no array stands for it. */
#define SAME(a, b, count) ck_assert((count) == 0 || memcmp((a), (b), (size_t)(count) * sizeof *(a)) == 0)

static void expect_same_options(const res_options *a, const res_options *b)
{
    ck_assert_int_eq(a->count, b->count);
    ck_assert_ptr_null(res_options_first_difference(a, b));
}

static void expect_same_epochs(const res_epochs *a, const res_epochs *b)
{
    ck_assert_int_eq(a->planned, b->planned);
    ck_assert_int_eq(a->E, b->E);
    ck_assert_int_eq(a->K, b->K);
    ck_assert_int_eq(a->P, b->P);
    SAME(a->lr, b->lr, a->E);
    SAME(a->train_loss, b->train_loss, a->E);
    SAME(a->train_error, b->train_error, a->E);
    SAME(a->test_error, b->test_error, a->E);
    SAME(a->test_top5_error, b->test_top5_error, a->E);
    SAME(a->test_calibration_error, b->test_calibration_error, a->E);
    SAME(a->train_class_error, b->train_class_error, a->E * a->K);
    SAME(a->test_class_error, b->test_class_error, a->E * a->K);
    ck_assert(a->has_validation == b->has_validation);
    SAME(a->validation_error, b->validation_error, a->has_validation ? a->E : 0);
    SAME(a->validation_class_error, b->validation_class_error, a->has_validation ? a->E * a->K : 0);
    SAME(a->tensor_digest, b->tensor_digest, a->E * a->P);
    for (int64_t p = 0; p < a->P; p++) {
        ck_assert_str_eq(a->tensor_name[p], b->tensor_name[p]);
    }
}

static void expect_same_margins(const res_margins *a, const res_margins *b)
{
    ck_assert_int_eq(a->E, b->E);
    ck_assert_int_eq(a->K, b->K);
    ck_assert_int_eq(a->Q, b->Q);
    ck_assert_int_eq(a->n, b->n);
    SAME(a->quantile_level, b->quantile_level, a->Q);
    SAME(a->class_min, b->class_min, a->E * a->K);
    SAME(a->class_quantile, b->class_quantile, a->E * a->K * a->Q);
    SAME(a->margin, b->margin, a->n);
    SAME(a->label, b->label, a->n);
    SAME(a->target, b->target, a->K);
    SAME(a->final_class_min, b->final_class_min, a->n > 0 ? a->K : 0);
}

static void expect_same_features(const res_feature_sets *a, const res_feature_sets *b)
{
    ck_assert_int_eq(a->n, b->n);
    ck_assert_int_eq(a->N, b->N);
    SAME(a->train_label, b->train_label, a->n);
    SAME(a->test_label, b->test_label, a->N);
    const res_features *x[2] = {&a->at_drop, &a->at_end}, *y[2] = {&b->at_drop, &b->at_end};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(x[i]->epoch, y[i]->epoch);
        ck_assert_int_eq(x[i]->D, y[i]->D);
        SAME(x[i]->train, y[i]->train, a->n * x[i]->D);
        SAME(x[i]->test, y[i]->test, a->N * x[i]->D);
    }
}

static void expect_same_final(const res_final *a, const res_final *b)
{
    ck_assert_int_eq(a->N, b->N);
    ck_assert_int_eq(a->K, b->K);
    SAME(a->logits, b->logits, a->N * a->K);
    SAME(a->label, b->label, a->N);
    SAME(a->confusion, b->confusion, a->K * a->K);
    SAME(a->class_error, b->class_error, a->K);
    SAME(&a->last, &b->last, 1);
    SAME(&a->best, &b->best, 1);
}

static void expect_same_state(const res_state *a, const res_state *b)
{
    ck_assert_int_eq(a->epoch, b->epoch);
    ck_assert_int_eq(a->step, b->step);
    ck_assert_int_eq(a->count, b->count);
    for (int64_t i = 0; i < a->count; i++) {
        const res_array *x = &a->arrays[i], *y = res_state_find(b, x->name);
        ck_assert_ptr_nonnull(y);
        SAME(&x->shape, &y->shape, 1);
        const int64_t bytes = core_h5_elements(&x->shape) * core_h5_type_bytes(x->shape.type);
        ck_assert_mem_eq(x->data, y->data, (size_t)bytes);
    }
}

START_TEST(test_load_after_save_gives_the_same_run)
{
    res_run a = sample_run(&arena, 1);
    static const int64_t plane[2] = {28, 45}, planes = 1;
    a.data.plane = plane;
    a.data.planes = &planes;
    sample_hold_out(&a, &arena, 1);
    EXPECT_OK(res_run_save(&a, path));
    res_run b;
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &b));
    ck_assert_str_eq(b.creator, a.creator);
    ck_assert_str_eq(b.config.yaml, a.config.yaml);
    expect_same_options(&a.config.options, &b.config.options);
    ck_assert_str_eq(b.data.name, a.data.name);
    ck_assert_str_eq(b.data.sha256, a.data.sha256);
    ck_assert(b.data.verified == a.data.verified);
    SAME(a.data.mean, b.data.mean, RES_CHANNELS);
    SAME(a.data.std, b.data.std, RES_CHANNELS);
    SAME(a.data.plane, b.data.plane, 2);
    SAME(a.data.planes, b.data.planes, 1);
    ck_assert_int_eq(b.env.count, 2);
    expect_same_options(&a.env.starts[0], &b.env.starts[0]);
    expect_same_options(&a.env.starts[1], &b.env.starts[1]);
    ck_assert_int_eq(b.timing.E, a.timing.E);
    SAME(a.timing.seconds, b.timing.seconds, a.timing.E);
    SAME(a.timing.images_per_s, b.timing.images_per_s, a.timing.E);
    ck_assert_int_eq(b.timing.peak_memory_bytes, a.timing.peak_memory_bytes);
    ck_assert_int_eq(b.split.K, a.split.K);
    ck_assert_int_eq(b.split.n, a.split.n);
    SAME(a.split.class_counts, b.split.class_counts, a.split.K);
    SAME(a.split.train_index, b.split.train_index, a.split.n);
    ck_assert_str_eq(b.split.sha256, a.split.sha256);
    ck_assert_int_eq(b.split.validation_n, a.split.validation_n);
    SAME(a.split.validation_index, b.split.validation_index, a.split.validation_n);
    expect_same_epochs(&a.epochs, &b.epochs);
    expect_same_margins(&a.margins, &b.margins);
    expect_same_features(&a.features, &b.features);
    expect_same_final(&a.final, &b.final);
    expect_same_state(&a.state, &b.state);
    ck_assert(res_run_finished(&b));
}
END_TEST

START_TEST(test_run_without_held_out_examples_has_none_of_their_parts)
{
    const res_run a = sample_run(&arena, 1);
    res_run b;
    EXPECT_OK(res_run_save(&a, path));
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &b));
    ck_assert_int_eq(b.split.validation_n, 0);
    ck_assert(!b.epochs.has_validation);
    core_h5 *file;
    EXPECT_OK(core_h5_open(path, &file));
    core_names names;
    EXPECT_OK(core_h5_list(file, "", &arena, &names));
    for (int64_t i = 0; i < names.count; i++) {
        ck_assert_ptr_null(strstr(names.names[i], "validation"));
    }
    core_h5_close(file);
}
END_TEST

START_TEST(test_a_glance_sees_what_the_whole_file_says)
{
    for (int64_t E = 0; E <= SAMPLE_E; E++) {
        const res_run a = E < SAMPLE_E ? sample_unfinished(&arena, 1, E) : sample_run(&arena, 1);
        res_glance b;
        EXPECT_OK(res_run_save(&a, path));
        EXPECT_OK(res_glance_at(path, &arena, &b));
        ck_assert_str_eq(b.yaml, a.config.yaml);
        ck_assert_int_eq(b.planned, a.epochs.planned);
        ck_assert_int_eq(b.E, E);
        ck_assert(b.finished == res_run_finished(&a));
        SAME(a.timing.seconds, b.seconds, E);
        ck_assert(E == 0 ? isnan(b.test_error) : b.test_error == a.epochs.test_error[E - 1]);
    }
    res_glance untouched = {.E = 77};
    EXPECT_STATUS(res_glance_at("nowhere.h5", &arena, &untouched), CORE_BAD_FILE);
    ck_assert_int_eq(truncate(path, 3000), 0);
    EXPECT_STATUS(res_glance_at(path, &arena, &untouched), CORE_BAD_FILE);
    ck_assert_int_eq(untouched.E, 77);
}
END_TEST

/* A run that is not evaluated in every epoch shows its last error. */
START_TEST(test_a_glance_shows_the_last_error_and_how_long_the_epoch_has_run)
{
    res_run a = sample_unfinished(&arena, 1, 2);
    res_glance b;
    a.epochs.test_error[1] = (double)NAN;
    a.timing.begun_s = 77.5;
    EXPECT_OK(res_run_save(&a, path));
    EXPECT_OK(res_glance_at(path, &arena, &b));
    ck_assert_double_eq(b.test_error, a.epochs.test_error[0]);
    ck_assert_double_eq(b.begun_s, 77.5);
}
END_TEST

START_TEST(test_a_run_before_its_first_epoch_is_a_valid_file)
{
    res_run a = sample_unfinished(&arena, 1, 0), b;
    a.env = (res_env){0};
    a.margins.target = NULL;
    a.features = (res_feature_sets){0};
    a.state = (res_state){0};
    EXPECT_OK(res_run_save(&a, path));
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &b));
    ck_assert_int_eq(b.epochs.E, 0);
    ck_assert_int_eq(b.epochs.K, SAMPLE_K);
    ck_assert_int_eq(b.epochs.P, SAMPLE_P);
    ck_assert_int_eq(b.margins.Q, SAMPLE_Q);
    ck_assert_ptr_null(b.margins.target);
    ck_assert_int_eq(b.features.at_drop.D, 0);
    ck_assert_int_eq(b.final.N, 0);
    ck_assert_int_eq(b.state.count, 0);
    ck_assert_int_eq(b.env.count, 0);
    ck_assert(!res_run_finished(&b));
}
END_TEST

START_TEST(test_unevaluated_epochs_keep_their_nan)
{
    res_run a = sample_run(&arena, 1), b;
    a.epochs.test_error[1] = (double)NAN;
    EXPECT_OK(res_run_save(&a, path));
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &b));
    ck_assert(isnan(b.epochs.test_error[1]) && !isnan(b.epochs.test_error[2]));
}
END_TEST

/* Removes all that schema 1 had not at first, or need not have; returns how many fields came later. */
static int remove_later(const char *name)
{
    int count = 0;
    const hid_t file = H5Fopen(name, H5F_ACC_RDWR, H5P_DEFAULT);
    for (const res_schema *const *schema = res_run_schemas; *schema != NULL; schema++) {
        for (const res_field *field = (*schema)->fields; field->path != NULL; field++) {
            char group[64];
            const int64_t bytes = strrchr(field->path, '/') - field->path;
            snprintf(group, sizeof group, "%.*s", (int)bytes, field->path);
            if (field->later) {
                ck_assert((field->long_name == NULL
                               ? H5Adelete_by_name(file, group, field->path + bytes + 1, H5P_DEFAULT)
                               : H5Ldelete(file, field->path, H5P_DEFAULT)) >= 0);
                count++;
            }
        }
    }
    ck_assert(H5Ldelete(file, "data/mean", H5P_DEFAULT) >= 0 && H5Ldelete(file, "data/std", H5P_DEFAULT) >= 0);
    ck_assert(H5Fclose(file) >= 0);
    return count;
}

START_TEST(test_what_an_older_tailbit_did_not_write_is_nan)
{
    res_run a = sample_run(&arena, 1), b;
    EXPECT_OK(res_run_save(&a, path));
    ck_assert_int_eq(remove_later(path), 8);
    EXPECT_OK(make_older(path));
    EXPECT_OK(res_run_load(path, RES_ALL, &arena, &b));
    ck_assert(b.data.mean == NULL && b.data.std == NULL && isnan(b.timing.begun_s));
    for (int e = 0; e < SAMPLE_E; e++) {
        ck_assert(isnan(b.epochs.test_calibration_error[e]));
    }
    for (int k = 0; k < SAMPLE_K; k++) {
        ck_assert(isnan(b.margins.final_class_min[k]));
    }
    const res_summary *both[2] = {&b.final.last, &b.final.best};
    for (int i = 0; i < 2; i++) {
        ck_assert(isnan(both[i]->top5_error) && isnan(both[i]->worst_class_error));
        ck_assert(isnan(both[i]->geometric_mean_recall) && isnan(both[i]->calibration_error));
        ck_assert_int_eq(both[i]->worst_class, -1);
    }
    ck_assert_double_eq(b.final.last.few_error, a.final.last.few_error);
}
END_TEST

START_TEST(test_parts_that_are_not_asked_for_stay_zero)
{
    const res_run a = sample_run(&arena, 1);
    res_run b;
    EXPECT_OK(res_run_save(&a, path));
    EXPECT_OK(res_run_load(path, RES_CONFIG | RES_EPOCHS, &arena, &b));
    expect_same_options(&a.config.options, &b.config.options);
    expect_same_epochs(&a.epochs, &b.epochs);
    ck_assert_ptr_null(b.data.name);
    ck_assert_int_eq(b.env.count, 0);
    ck_assert_int_eq(b.timing.E, 0);
    ck_assert_int_eq(b.split.K, 0);
    ck_assert_int_eq(b.margins.K, 0);
    ck_assert_int_eq(b.features.n, 0);
    ck_assert_int_eq(b.final.N, 0);
    ck_assert_int_eq(b.state.count, 0);
}
END_TEST

static void read_file(const char *name, char **data, size_t *bytes) { EXPECT_OK(core_file_read(name, data, bytes)); }

START_TEST(test_the_same_run_gives_the_same_bytes_whatever_memory_held)
{
    const res_run a = sample_run(&arena, 1);
    char *x, *y;
    size_t bytes_x, bytes_y;
    mallopt(M_PERTURB, 0x55);
    EXPECT_OK(res_run_save(&a, path));
    mallopt(M_PERTURB, 0xAB);
    EXPECT_OK(res_run_save(&a, other));
    read_file(path, &x, &bytes_x);
    read_file(other, &y, &bytes_y);
    ck_assert_uint_eq(bytes_x, bytes_y);
    ck_assert_mem_eq(x, y, bytes_x);
    free(x);
    free(y);
}
END_TEST

static const char *digest_of(const res_run *run)
{
    res_run loaded;
    EXPECT_OK(res_run_save(run, other));
    EXPECT_OK(res_run_load(other, 0, &arena, &loaded));
    ck_assert_uint_eq(strlen(loaded.digest), 32);
    return loaded.digest;
}

START_TEST(test_the_digest_covers_the_content_and_not_the_machine)
{
    res_run run = sample_run(&arena, 1);
    const char *digest = digest_of(&run);
    run.creator = "another version";
    run.env.count = 1;
    run.timing.seconds[0] += 1.0;
    run.timing.peak_memory_bytes++;
    ck_assert_str_eq(digest_of(&run), digest);
    run.data.verified = true;
    ck_assert_str_ne(digest_of(&run), digest);
    run.data.verified = false;
    run.epochs.lr[2] = nextafter(run.epochs.lr[2], 1.0);
    ck_assert_str_ne(digest_of(&run), digest);
}
END_TEST

START_TEST(test_the_digest_does_not_depend_on_the_order_of_writing)
{
    res_run run = sample_run(&arena, 1);
    const char *digest = digest_of(&run);
    res_array turned[4];
    for (int i = 0; i < 4; i++) {
        turned[i] = run.state.arrays[3 - i];
    }
    run.state.arrays = turned;
    ck_assert_str_eq(digest_of(&run), digest);
}
END_TEST

START_TEST(test_reserve_keeps_the_rows_and_makes_room)
{
    res_run run = sample_run(&arena, 1);
    const res_run old = run;
    EXPECT_OK(res_run_reserve(&run, 40, &arena));
    expect_same_epochs(&run.epochs, &old.epochs);
    expect_same_margins(&run.margins, &old.margins);
    SAME(run.timing.seconds, old.timing.seconds, SAMPLE_E);
    ck_assert_ptr_ne(run.epochs.lr, old.epochs.lr);
    run.epochs.lr[39] = 1.0;
    run.epochs.tensor_digest[40 * SAMPLE_P - 1] = 1;
    run.margins.class_quantile[40 * SAMPLE_K * SAMPLE_Q - 1] = 1.0;
    run.timing.images_per_s[39] = 1.0;
    res_run fresh = {.epochs = {.K = 2, .P = 1}};
    EXPECT_OK(res_run_reserve(&fresh, 5, &arena));
    ck_assert_double_eq(fresh.epochs.test_class_error[9], 0.0);
}
END_TEST

START_TEST(test_an_unknown_array_is_not_found)
{
    const res_run run = sample_run(&arena, 1);
    ck_assert_ptr_null(res_state_find(&run.state, "conv1"));
    ck_assert_ptr_eq(res_state_find(&run.state, "conv1.weight"), &run.state.arrays[1]);
}
END_TEST

static TCase *with_fixture(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, setup, teardown);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("results/runs/run_file");
    TCase *oracle = with_fixture(suite, "oracle"), *limits = with_fixture(suite, "limits"),
          *determinism = with_fixture(suite, "determinism");
    tcase_add_test(oracle, test_load_after_save_gives_the_same_run);
    tcase_add_test(oracle, test_a_glance_sees_what_the_whole_file_says);
    tcase_add_test(oracle, test_a_glance_shows_the_last_error_and_how_long_the_epoch_has_run);
    tcase_add_test(limits, test_run_without_held_out_examples_has_none_of_their_parts);
    tcase_add_test(oracle, test_parts_that_are_not_asked_for_stay_zero);
    tcase_add_test(oracle, test_reserve_keeps_the_rows_and_makes_room);
    tcase_add_test(oracle, test_an_unknown_array_is_not_found);
    tcase_add_test(limits, test_a_run_before_its_first_epoch_is_a_valid_file);
    tcase_add_test(limits, test_unevaluated_epochs_keep_their_nan);
    tcase_add_test(limits, test_what_an_older_tailbit_did_not_write_is_nan);
    tcase_add_test(determinism, test_the_same_run_gives_the_same_bytes_whatever_memory_held);
    tcase_add_test(determinism, test_the_digest_covers_the_content_and_not_the_machine);
    tcase_add_test(determinism, test_the_digest_does_not_depend_on_the_order_of_writing);
    return run_suite(suite);
}

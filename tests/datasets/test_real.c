/* The real CIFAR-10, where $TAILBIT_TEST_DATA has cifar-10-binary.tar.xz. */
#include "datasets/import.h"

#include "tests/datasets/support.h"

#include "tests/golden/ds_cifar10.inc"

static char folder[64], archive[PATH_BYTES];

START_TEST(test_archive_decodes_to_what_python_finds)
{
    ds_data_report report;
    ds_dataset dataset;
    make_test_folder(folder);
    EXPECT_OK(ds_data_import("cifar10", archive, folder, true, &report));
    EXPECT_OK(ds_load("cifar10", folder, NULL, &dataset));
    ck_assert(!dataset.verified);
    ck_assert_str_eq(dataset.sha256, GOLDEN_SHA256);
    ck_assert_str_eq(report.sha256, GOLDEN_SHA256);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(dataset.train.labels[7919 * i], GOLDEN_LABELS[i]);
    }
    ck_assert_int_eq(dataset.test.labels[0], GOLDEN_LABELS[6]);
    ck_assert_int_eq(dataset.test.labels[9999], GOLDEN_LABELS[7]);
    ck_assert_int_eq(dataset.train.images[0], GOLDEN_PIXELS[0]);
    ck_assert_int_eq(dataset.train.images[23456 * DS_IMAGE_BYTES + 1500], GOLDEN_PIXELS[1]);
    ck_assert_int_eq(dataset.train.images[50000 * DS_IMAGE_BYTES - 1], GOLDEN_PIXELS[2]);
    ck_assert_int_eq(dataset.test.images[9999 * DS_IMAGE_BYTES + 77], GOLDEN_PIXELS[3]);
    for (int j = 0; j < 10; j++) {
        ck_assert_str_eq(dataset.class_names[j], GOLDEN_NAMES[j]);
    }
    ds_destroy(&dataset);
    remove_test_folder(folder);
}
END_TEST

/* Also when repacked, the recipe's numbers are those of the images, to the digits that it gives. */
START_TEST(test_recipe_normalises_to_mean_zero_and_std_near_one)
{
    ds_dataset dataset;
    make_test_folder(folder);
    EXPECT_OK(ds_data_import("cifar10", archive, folder, true, NULL));
    EXPECT_OK(ds_load("cifar10", folder, NULL, &dataset));
    float mean[3];
    memcpy(mean, dataset.mean, sizeof mean);
    ds_dataset_normalise_by_train(&dataset);
    for (int c = 0; c < 3; c++) {
        ck_assert_double_eq_tol((double)dataset.mean[c], (double)mean[c], 2e-4);
    }
    /* The recipe's std is the mean of the images' own, not that of all pixels (0.2470 0.2435 0.2616). */
    ck_assert_double_eq_tol((double)dataset.std[0], 0.2470, 1e-4);
    ck_assert_double_eq_tol((double)dataset.std[2], 0.2616, 1e-4);
    ds_destroy(&dataset);
    remove_test_folder(folder);
}
END_TEST

int main(void)
{
    const char *data = getenv("TAILBIT_TEST_DATA");
    snprintf(archive, sizeof archive, "%s/cifar-10-binary.tar.xz", data != NULL ? data : "");
    if (data == NULL || !exists(archive)) {
        puts("skipped: TAILBIT_TEST_DATA is not set, or has no cifar-10-binary.tar.xz");
        return 77;
    }
    Suite *suite = suite_create("datasets/real");
    TCase *tcase = tcase_create("cifar10");
    tcase_set_timeout(tcase, 180.0);
    tcase_add_test(tcase, test_archive_decodes_to_what_python_finds);
    tcase_add_test(tcase, test_recipe_normalises_to_mean_zero_and_std_near_one);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

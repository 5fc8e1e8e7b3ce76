/* The real CIFAR-10, IMDB and 40 classes of Tiny ImageNet, where $TAILBIT_TEST_DATA has cifar-10-binary.tar.xz,
 * aclImdb_v1.tar.xz and tiny-imagenet-40.tar.xz. */
#include "datasets/import.h"

#include "datasets/bucket.h"
#include "datasets/order.h"
#include "datasets/picture_import.h"
#include "datasets/picture_verify.h"
#include "tests/datasets/support.h"

#include "tests/golden/ds_cifar10.inc"
#include "tests/golden/ds_imdb.inc"

static char folder[64], archive[PATH_BYTES], imdb_archive[PATH_BYTES], tiny_archive[PATH_BYTES];

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
    ck_assert_int_eq(dataset.train.images[23456 * IMAGE_BYTES + 1500], GOLDEN_PIXELS[1]);
    ck_assert_int_eq(dataset.train.images[50000 * IMAGE_BYTES - 1], GOLDEN_PIXELS[2]);
    ck_assert_int_eq(dataset.test.images[9999 * IMAGE_BYTES + 77], GOLDEN_PIXELS[3]);
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

/* Steps that shards of 8 compute for nothing, as a share of all, where each is padded to a multiple of 8. */
static double padding(const int64_t *lengths, const int64_t *order, int64_t n)
{
    int64_t used = 0, computed = 0;
    for (int64_t first = 0; first < n; first += 8) {
        int64_t count = n - first < 8 ? n - first : 8, longest = 0;
        for (int64_t p = first; p < first + count; p++) {
            used += lengths[order[p]];
            longest = lengths[order[p]] > longest ? lengths[order[p]] : longest;
        }
        computed += 8 * ((longest + 7) / 8 * 8);
    }
    return 1.0 - (double)used / (double)computed;
}

static void expect_little_padding(const ds_dataset *dataset)
{
    const ds_bucketing usual = {.batch = 64, .multiple = DS_BUCKET_MULTIPLE, .window = DS_BUCKET_WINDOW};
    int64_t n = dataset->train.count, *lengths = calloc((size_t)n, sizeof *lengths);
    int64_t *order = calloc((size_t)n, sizeof *order);
    ds_text_lengths(&dataset->train, NULL, n, lengths);
    ds_epoch_order(0, 0, n, order);
    ck_assert_double_gt(padding(lengths, order, n), 0.2);
    EXPECT_OK(ds_bucket_order(&usual, lengths, n, order));
    ck_assert_double_lt(padding(lengths, order, n), 0.025);
    free(lengths);
    free(order);
}

START_TEST(test_reviews_come_to_what_python_finds)
{
    ds_data_report report;
    ds_dataset dataset;
    make_test_folder(folder);
    EXPECT_OK(ds_data_import("imdb", imdb_archive, folder, true, &report));
    ck_assert_str_eq(report.sha256, IMDB_STORED_SHA256);
    EXPECT_OK(ds_load("imdb", folder, &(ds_view){.text = {.vocabulary = 25000, .max_length = 256}}, &dataset));
    ck_assert_str_eq(dataset.sha256, IMDB_SHA256);
    for (int i = 0; i < 8; i++) {
        ck_assert_str_eq(dataset.words[2 + i], IMDB_FIRST_WORDS[i]);
    }
    expect_little_padding(&dataset);
    ds_destroy(&dataset);
    EXPECT_OK(ds_load("imdb", folder, &(ds_view){.text = {.vocabulary = 1000000, .max_length = 256}}, &dataset));
    ck_assert_int_eq(dataset.vocabulary, 2 + IMDB_WORDS);
    ds_destroy(&dataset);
    remove_test_folder(folder);
}
END_TEST

static void ignore_defect(void *context, const char *line)
{
    (void)context;
    (void)line;
}

/* That these are Pillow's pixels: tests/pictures/oracle.py, in the suite long. */
START_TEST(test_tiny_imagenet_keeps_its_pixels)
{
    ds_data_report report;
    char path[PATH_BYTES];
    const ds_picture_options how = {.unverified = true};
    make_test_folder(folder);
    shell("tar -xJf %s -C %s", tiny_archive, folder);
    EXPECT_OK(ds_picture_import("tiny_imagenet", path_of(path, "%s/tiny-imagenet-200", folder), folder, &how, &report));
    ck_assert_int_eq(report.train_count, 20000);
    ck_assert_int_eq(report.test_count, 2000);
    ck_assert_int_eq(report.classes, 40);
    ck_assert_str_eq(report.sha256, "5fabaa7387bc35b06c6cc6803878d9aec9dfb9b7c0114bb15104716dda2a98a5");
    shell("cd %s && test $(grep -c ': gray, ' exceptions.txt) = 130 && test $(wc -l < exceptions.txt) = 131 && "
          "grep -qx 'val/images/val_2157.JPEG: the same pixels as train/n01855672/images/n01855672_44.JPEG of the "
          "training set' "
          "exceptions.txt",
          report.where);
    EXPECT_OK(ds_picture_verify("tiny_imagenet", folder, ignore_defect, NULL, &report));
    remove_test_folder(folder);
}
END_TEST

/* Whether the test data has the archive, whose path becomes `path`. */
static bool has(const char *name, char path[PATH_BYTES])
{
    const char *data = getenv("TAILBIT_TEST_DATA");
    snprintf(path, PATH_BYTES, "%s/%s", data != NULL ? data : "", name);
    if (data != NULL && exists(path)) {
        return true;
    }
    printf("skipped: TAILBIT_TEST_DATA is not set, or has no %s\n", name);
    return false;
}

static TCase *new_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 180.0);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int main(void)
{
    Suite *suite = suite_create("datasets/real");
    bool cifar10 = has("cifar-10-binary.tar.xz", archive), imdb = has("aclImdb_v1.tar.xz", imdb_archive);
    bool tiny = has("tiny-imagenet-40.tar.xz", tiny_archive);
    if (cifar10) {
        TCase *tcase = new_case(suite, "cifar10");
        tcase_add_test(tcase, test_archive_decodes_to_what_python_finds);
        tcase_add_test(tcase, test_recipe_normalises_to_mean_zero_and_std_near_one);
    }
    if (imdb) {
        tcase_add_test(new_case(suite, "imdb"), test_reviews_come_to_what_python_finds);
    }
    if (tiny) {
        tcase_add_test(new_case(suite, "tiny_imagenet"), test_tiny_imagenet_keeps_its_pixels);
    }
    return run_suite(suite) != EXIT_SUCCESS ? EXIT_FAILURE : cifar10 || imdb || tiny ? EXIT_SUCCESS : 77;
}

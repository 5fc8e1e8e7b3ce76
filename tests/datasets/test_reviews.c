#include "datasets/reviews.h"

#include "tests/datasets/support.h"

START_TEST(test_labels_take_turns_and_texts_have_their_lengths)
{
    ds_dataset dataset;
    EXPECT_OK(ds_load("reviews:300:50", NULL, NULL, &dataset));
    ck_assert_int_eq(dataset.train.count, 600);
    ck_assert_int_eq(dataset.test.count, 100);
    ck_assert_str_eq(dataset.name, "reviews:300:50");
    ck_assert_str_eq(dataset.class_names[0], "neg");
    ck_assert(dataset.verified);
    for (int64_t i = 0; i < 600; i++) {
        int64_t length;
        ds_sequence(&dataset.train, i, &length);
        ck_assert_int_eq(dataset.train.labels[i], i % 2);
        ck_assert(length >= 5 && length <= 80);
    }
    ds_destroy(&dataset);
}
END_TEST

/* Frozen on every machine: results of runs depend on them. */
START_TEST(test_words_are_frozen)
{
    ds_dataset dataset;
    char text[DS_REVIEWS_BYTES];
    int64_t bytes = ds_reviews_write(false, 0, 0, text);
    ck_assert_int_eq(bytes, (int64_t)strlen(text));
    ck_assert_str_eq(text, "To my mind the cast is boring and so is the ending. We saw it on a Sunday.<br /><br />");
    EXPECT_OK(ds_load("reviews", NULL, NULL, &dataset));
    ck_assert_str_eq(dataset.name, "reviews");
    ck_assert_str_eq(dataset.sha256, "ef4130a090f675b6e6e091e08776e619c16a67f523dfcdf64c66099c50e76f12");
    ds_destroy(&dataset);
}
END_TEST

static int spaces(const char *text)
{
    int count = 0;
    while ((text = strchr(text, ' ')) != NULL) {
        count++, text++;
    }
    return count;
}

/* A review of the other class differs in its judgements only: in single words. */
START_TEST(test_class_changes_some_words)
{
    int same = 0;
    for (int64_t i = 0; i < 200; i++) {
        char neg[DS_REVIEWS_BYTES], pos[DS_REVIEWS_BYTES], test[DS_REVIEWS_BYTES];
        ds_reviews_write(false, i, 0, neg);
        ds_reviews_write(false, i, 1, pos);
        ds_reviews_write(true, i, 0, test);
        same += strcmp(neg, test) == 0;
        ck_assert_str_ne(neg, pos);
        ck_assert_int_eq(spaces(neg), spaces(pos));
    }
    ck_assert_int_lt(same, 10);
}
END_TEST

/* What a rule finds that adds up how much more often each word stands in the reviews of one class: well below what a
 * reader finds (see the head of reviews.c: 6%). */
START_TEST(test_counting_words_is_not_enough)
{
    ds_dataset dataset;
    EXPECT_OK(ds_load("reviews:2000:500", NULL, NULL, &dataset));
    double *weight = calloc((size_t)dataset.vocabulary, sizeof *weight);
    int64_t length, wrong = 0;
    for (int64_t i = 0; i < dataset.train.count; i++) {
        const int32_t *ids = ds_sequence(&dataset.train, i, &length);
        for (int64_t t = 0; t < length; t++) {
            weight[ids[t]] += dataset.train.labels[i] == 1 ? 1 : -1;
        }
    }
    for (int64_t i = 0; i < dataset.test.count; i++) {
        const int32_t *ids = ds_sequence(&dataset.test, i, &length);
        double sum = 0;
        for (int64_t t = 0; t < length; t++) {
            sum += weight[ids[t]];
        }
        wrong += (sum > 0) != (dataset.test.labels[i] == 1);
    }
    ck_assert_int_gt(wrong, dataset.test.count / 5);
    free(weight);
    ds_destroy(&dataset);
}
END_TEST

static const char *const bad_names[] = {"reviews:",      "reviews:10",      "reviews:10:",      "reviews:0:10",
                                        "reviews:10:0",  "reviews:-1:10",   "reviews:10:10:10", "reviews:10:1x",
                                        "reviews:1 0:1", "reviews:100001:1"};

START_TEST(test_bad_sizes_are_usage_errors)
{
    ds_dataset dataset;
    ck_assert(ds_reviews_is_name(bad_names[_i]));
    EXPECT_FAILURE(ds_load(bad_names[_i], NULL, NULL, &dataset), CORE_BAD_USAGE, "reviews:TRAIN:TEST");
}
END_TEST

START_TEST(test_other_names_are_not_reviews)
{
    ck_assert(!ds_reviews_is_name("review"));
    ck_assert(!ds_reviews_is_name("reviews2"));
    ck_assert(!ds_reviews_is_name(""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/reviews");
    ADD_CASE(suite, "contents", test_labels_take_turns_and_texts_have_their_lengths, test_words_are_frozen,
             test_class_changes_some_words, test_counting_words_is_not_enough);
    TCase *tcase = tcase_create("names");
    tcase_add_loop_test(tcase, test_bad_sizes_are_usage_errors, 0, LENGTH(bad_names));
    tcase_add_test(tcase, test_other_names_are_not_reviews);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

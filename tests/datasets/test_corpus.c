#include "datasets/corpus.h"

#include "tests/datasets/support.h"

enum { MOST_TEXTS = 8 };

static core_arena arena; /* of the corpora of a test */

/* A corpus of texts, the first `train` of them for training. */
static core_status make(const char *const *texts, int count, int train, ds_corpus *out, int64_t *empty)
{
    char bytes[1024] = "";
    int64_t offsets[MOST_TEXTS + 1] = {0};
    for (int i = 0; i < count; i++) {
        strcat(bytes, texts[i]);
        offsets[i + 1] = (int64_t)strlen(bytes);
    }
    ds_texts all = {.count = count, .train_count = train, .bytes = bytes, .offsets = offsets};
    return ds_corpus_create(&all, &arena, out, empty);
}

static const char *const films[] = {"b a. b Z a b", "a c zz z", "new c b?"};

static void expect_ids(const ds_part *part, int64_t i, const int32_t *ids, int64_t count)
{
    int64_t length;
    const int32_t *found = ds_sequence(part, i, &length);
    ck_assert_int_eq(length, count);
    ck_assert_mem_eq(found, ids, (size_t)count * sizeof *ids);
}
#define EXPECT_IDS(part, i, ...)                                                                                       \
    expect_ids(&(part), (i), (const int32_t[]){__VA_ARGS__}, LENGTH(((const int32_t[]){__VA_ARGS__})))

static void select_films(int64_t vocabulary, int64_t max_length, ds_dataset *out)
{
    ds_corpus corpus;
    int64_t empty;
    EXPECT_OK(make(films, 3, 2, &corpus, &empty));
    EXPECT_OK(ds_corpus_select(&corpus, "films", &(ds_text_options){.vocabulary = vocabulary, .max_length = max_length},
                               out));
}

/* a 3, b 3, z 2, then . c zz once each: equals by their bytes, a word before those that it begins. */
START_TEST(test_words_are_ranked_by_frequency_then_bytes)
{
    static const char *const words[] = {"", "", "a", "b", "z", ".", "c", "zz"};
    ds_dataset dataset = {0};
    select_films(100, 100, &dataset);
    ck_assert_int_eq(dataset.vocabulary, LENGTH(words)); /* as many as there are */
    for (int i = 0; i < LENGTH(words); i++) {
        ck_assert_str_eq(dataset.words[i], words[i]);
    }
    EXPECT_IDS(dataset.train, 0, 3, 2, 5, 3, 4, 2, 3);
    EXPECT_IDS(dataset.train, 1, 2, 6, 7, 4);
    EXPECT_IDS(dataset.test, 0, 1, 6, 3, 1); /* words of the test texts alone are unknown */
    ck_assert_int_eq(dataset.kind, DS_TEXT);
    ck_assert_int_eq(dataset.classes, 2);
    ck_assert_str_eq(dataset.class_names[1], "pos");
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_small_vocabulary_keeps_the_most_frequent)
{
    ds_dataset dataset = {0};
    select_films(4, 100, &dataset);
    ck_assert_int_eq(dataset.vocabulary, 4);
    ck_assert_str_eq(dataset.words[3], "b");
    EXPECT_IDS(dataset.train, 0, 3, 2, 1, 3, 1, 2, 3);
    EXPECT_IDS(dataset.train, 1, 2, 1, 1, 1);
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_truncation_keeps_the_first_words)
{
    ds_dataset dataset = {0};
    select_films(100, 3, &dataset);
    EXPECT_IDS(dataset.train, 0, 3, 2, 5);
    EXPECT_IDS(dataset.train, 1, 2, 6, 7);
    EXPECT_IDS(dataset.test, 0, 1, 6, 3);
    ck_assert_int_eq(dataset.train.offsets[2], 6);
    ds_destroy(&dataset);
}
END_TEST

static void digest_of(int64_t vocabulary, int64_t max_length, char sha256[DS_SHA256_BYTES])
{
    ds_dataset dataset = {0};
    select_films(vocabulary, max_length, &dataset);
    dataset.train.labels[1] = 1;
    EXPECT_OK(ds_dataset_digest(&dataset));
    memcpy(sha256, dataset.sha256, DS_SHA256_BYTES);
    ds_destroy(&dataset);
}

/* numpy: hashlib.sha256(b"".join(a.tobytes() for a in (o, i, l, O, I, L))) of int64 o = 0 7 11, int32
 * i = 3 2 5 3 4 2 3 2 6 7 4, l = 0 1, O = 0 4, I = 1 6 3 1, L = 0. */
START_TEST(test_digest_is_numpys_and_follows_the_options)
{
    char whole[DS_SHA256_BYTES], fewer[DS_SHA256_BYTES], shorter[DS_SHA256_BYTES];
    digest_of(100, 100, whole);
    digest_of(4, 100, fewer);
    digest_of(100, 3, shorter);
    ck_assert_str_eq(whole, "4d5ea4914206c95bfdd1c2eaff731453ab8bbfd34977f1f97b3d13fa39c828ec");
    ck_assert_str_ne(fewer, whole);
    ck_assert_str_ne(shorter, whole);
}
END_TEST

/* More words than a first table holds, each twice but the last one. */
START_TEST(test_many_words_keep_apart)
{
    enum { WORDS = 70001 };
    static char bytes[16 * WORDS];
    int64_t offsets[2] = {0}, empty;
    for (int i = 0; i < 2 * WORDS - 1; i++) {
        offsets[1] += snprintf(bytes + offsets[1], 16, "w%d ", i % WORDS);
    }
    ds_texts texts = {.count = 1, .train_count = 1, .bytes = bytes, .offsets = offsets};
    ds_corpus corpus;
    EXPECT_OK(ds_corpus_create(&texts, &arena, &corpus, &empty));
    ck_assert_int_eq(corpus.word_count, WORDS);
    ck_assert_int_eq(corpus.offsets[1], 2 * WORDS - 1);
    for (int i = 0; i < WORDS - 1; i++) {
        ck_assert_int_eq(corpus.ids[i], corpus.ids[i + WORDS]);
    }
    ck_assert_int_eq(corpus.ids[WORDS - 1], 2 + WORDS - 1);
}
END_TEST

/* Those of another data set: the texts' own words and their frequencies count for nothing. */
START_TEST(test_given_words_have_the_ids)
{
    static const char bytes[] = "bad bad good a bad film ";
    static const int64_t offsets[] = {0, 13, 24};
    static const int32_t wanted[] = {1, 1, 3, 2, 1, 4};
    static const char *const words[] = {"", "", "a", "good", "film", "zoo"};
    const ds_text_options options = {.vocabulary = 6, .max_length = 9, .words = words};
    ds_texts texts = {.count = 2, .train_count = 1, .bytes = bytes, .offsets = offsets};
    ds_corpus corpus;
    ds_dataset data = {0};
    int64_t empty;
    ds_texts_know(&texts, &options);
    EXPECT_OK(ds_corpus_create(&texts, &arena, &corpus, &empty));
    ck_assert_int_eq(corpus.offsets[2], LENGTH(wanted));
    ck_assert_mem_eq(corpus.ids, wanted, sizeof wanted);
    EXPECT_OK(ds_corpus_select(&corpus, "films", &options, &data));
    ck_assert_int_eq(data.vocabulary, 6);
    for (int id = 0; id < 6; id++) {
        ck_assert_str_eq(data.words[id], words[id]);
    }
    ds_destroy(&data);
}
END_TEST

START_TEST(test_text_without_a_word_is_named)
{
    static const char *const texts[] = {"a", "<br /> \t", "b"};
    ds_corpus corpus = {.count = 4711};
    int64_t empty;
    EXPECT_STATUS(make(texts, 3, 3, &corpus, &empty), CORE_BAD_FILE);
    ck_assert_int_eq(empty, 1);
    ck_assert_int_eq(corpus.count, 4711);
}
END_TEST

START_TEST(test_options_out_of_range_are_usage_errors)
{
    static const int64_t bad[][2] = {
        {2, 9}, {1, 9}, {0, 9}, {-1, 9}, {DS_VOCABULARY_MAX + 1, 9}, {3, 0}, {3, -1}, {3, DS_LENGTH_MAX + 1}};
    ds_dataset dataset;
    for (int i = 0; i < LENGTH(bad); i++) {
        const ds_text_options options = {.vocabulary = bad[i][0], .max_length = bad[i][1]};
        EXPECT_FAILURE(ds_text_options_check(&options), CORE_BAD_USAGE, i < 5 ? "vocabulary of size" : "longest text");
        EXPECT_STATUS(ds_load("reviews:1:1", NULL, &(ds_view){.text = options}, &dataset), CORE_BAD_USAGE);
    }
    EXPECT_OK(ds_text_options_check(&(ds_text_options){.vocabulary = 3, .max_length = 1}));
    EXPECT_OK(ds_text_options_check(&(ds_text_options){.vocabulary = DS_VOCABULARY_MAX, .max_length = DS_LENGTH_MAX}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/corpus");
    ADD_CASE(suite, "words", test_words_are_ranked_by_frequency_then_bytes,
             test_small_vocabulary_keeps_the_most_frequent, test_truncation_keeps_the_first_words,
             test_digest_is_numpys_and_follows_the_options, test_many_words_keep_apart, test_given_words_have_the_ids);
    ADD_CASE(suite, "errors", test_text_without_a_word_is_named, test_options_out_of_range_are_usage_errors);
    return run_suite(suite);
}

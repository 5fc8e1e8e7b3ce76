#include "datasets/imdb.h"

#include <sys/stat.h>

#include "core/h5.h"
#include "core/hash.h"
#include "datasets/download.h"
#include "datasets/fetch.h"
#include "datasets/import.h"
#include "datasets/review_file.h"
#include "tests/datasets/support.h"

enum { GROUPS = 4, REVIEWS = GROUPS * DS_IMDB_PER_CLASS, BLOCK = 512 };

static const char *const groups[GROUPS] = {"train/neg", "train/pos", "test/neg", "test/pos"};

static char base[64]; /* made once: full.tar, a look-alike of IMDB, and data/ with it imported */
static char full[PATH_BYTES], data[PATH_BYTES], own[PATH_BYTES], bad[PATH_BYTES];

/* Appends a file to a tar archive in the ustar format. */
static void put_entry(FILE *tar, const char *name, const void *contents, size_t bytes)
{
    char block[BLOCK] = "";
    unsigned sum = 0;
    snprintf(block, 100, "%s", name);
    snprintf(block + 100, 8, "%07o", 0644);
    snprintf(block + 124, 12, "%011o", (unsigned)bytes);
    memcpy(block + 257, "ustar\00000", 8);
    block[156] = '0';
    memset(block + 148, ' ', 8);
    for (int i = 0; i < BLOCK; i++) {
        sum += (unsigned char)block[i];
    }
    snprintf(block + 148, 8, "%06o", sum);
    ck_assert_uint_eq(fwrite(block, 1, BLOCK, tar), BLOCK);
    memset(block, 0, BLOCK);
    for (size_t done = 0; done < bytes; done += BLOCK) {
        size_t part = bytes - done < BLOCK ? bytes - done : BLOCK;
        ck_assert_uint_eq(fwrite((const char *)contents + done, 1, part, tar), part);
        ck_assert_uint_eq(fwrite(block, 1, BLOCK - part, tar), BLOCK - part);
    }
}

static void end_archive(FILE *tar)
{
    static const char nothing[2 * BLOCK];
    ck_assert_uint_eq(fwrite(nothing, 1, sizeof nothing, tar), sizeof nothing);
    ck_assert_int_eq(fclose(tar), 0);
}

/* Review `number` of a group: "g2 n7 filler"; its rating. */
static int look_alike_review(int group, int number, char text[64])
{
    snprintf(text, 64, "G%d n%d%s<br />", group, number, number % 3 == 0 ? " filler" : "");
    return group % 2 == 0 ? 1 + number % 4 : 7 + number % 4;
}

/* A look-alike, its entries in one order or the other, with what else the official archive has. */
static void write_full(const char *path, bool backwards)
{
    FILE *tar = fopen(path, "wb");
    ck_assert_ptr_nonnull(tar);
    put_entry(tar, "aclImdb/README", "7", 1);
    put_entry(tar, "aclImdb/train/unsup/0_0.txt", "\xff", 1);
    put_entry(tar, "aclImdb/train/neg/.DS_Store", "\xff", 1);
    for (int i = 0; i < REVIEWS; i++) {
        char name[64], text[64];
        int at = backwards ? REVIEWS - 1 - i : i, g = at / DS_IMDB_PER_CLASS, number = at % DS_IMDB_PER_CLASS;
        int rating = look_alike_review(g, number, text);
        snprintf(name, sizeof name, "aclImdb/%s/%d_%d.txt", groups[g], number, rating);
        put_entry(tar, name, text, strlen(text));
    }
    end_archive(tar);
}

static void make_base(void)
{
    make_test_folder(base);
    path_of(data, "%s/data", base);
    write_full(path_of(full, "%s/full.tar", base), true);
    EXPECT_OK(ds_data_import("imdb", full, data, true, NULL));
}

static void remove_base(void) { remove_test_folder(base); }

/* own: a data folder of the test's, with a copy of the imported data. */
static void make_own(void)
{
    path_of(own, "%s/own", base);
    path_of(bad, "%s/bad.tar", base);
    shell("cp -r %s %s", data, own);
}

static void remove_own(void) { shell("rm -rf %s %s", own, bad); }

static core_status load_own(ds_dataset *out)
{
    return ds_load("imdb", own, &(ds_view){.text = {.vocabulary = 100000, .max_length = 1000}}, out);
}

static void expect_words(const ds_dataset *dataset, const ds_part *part, int64_t i, const char *const *words, int count)
{
    int64_t length;
    const int32_t *ids = ds_sequence(part, i, &length);
    ck_assert_int_eq(length, count);
    for (int t = 0; t < count; t++) {
        ck_assert_str_eq(dataset->words[ids[t]], words[t]);
    }
}

START_TEST(test_reviews_stand_in_the_order_of_folder_and_number)
{
    ds_dataset dataset;
    EXPECT_OK(load_own(&dataset));
    ck_assert_int_eq(dataset.kind, DS_TEXT);
    ck_assert(dataset.train.count == 25000 && dataset.test.count == 25000);
    ck_assert_int_eq(dataset.vocabulary, 2 + 3 + 12500);
    ck_assert(!dataset.verified);
    ck_assert_str_eq(dataset.class_names[0], "neg");
    for (int64_t i = 0; i < 25000; i++) {
        ck_assert(dataset.train.labels[i] == i / 12500 && dataset.test.labels[i] == i / 12500);
    }
    expect_words(&dataset, &dataset.train, 9, (const char *const[]){"g0", "n9", "filler"}, 3);
    expect_words(&dataset, &dataset.train, 12500, (const char *const[]){"g1", "n0", "filler"}, 3);
    expect_words(&dataset, &dataset.train, 24998, (const char *const[]){"g1", "n12498", "filler"}, 3);
    expect_words(&dataset, &dataset.test, 10, (const char *const[]){"", "n10"}, 2); /* g2 is no training word */
    ds_destroy(&dataset);
}
END_TEST

START_TEST(test_order_of_the_archive_does_not_matter)
{
    ds_data_report before, after;
    EXPECT_OK(ds_data_verify("imdb", own, &before));
    write_full(bad, false);
    EXPECT_OK(ds_data_import("imdb", bad, own, true, &after));
    ck_assert_str_eq(after.sha256, before.sha256);
    ck_assert(after.train_count == 25000 && after.classes == 2 && !after.verified);
}
END_TEST

START_TEST(test_archive_is_fetched_and_verified)
{
    char url[PATH_BYTES], md5[CORE_HASH_HEX_MAX];
    core_hash_digest digest;
    ds_data_report report;
    EXPECT_OK(core_hash_file(CORE_HASH_MD5, full, &digest));
    ds_fetch_options options = {.url = path_of(url, "file://%s", full), .md5 = core_hash_hex(&digest, md5)};
    core_status status = ds_data_fetch("imdb", own, &options, &report);
    if (!ds_download_available()) {
        EXPECT_STATUS(status, CORE_MACHINE);
        return;
    }
    EXPECT_OK(status);
    ck_assert(report.verified && !report.already_present);
    EXPECT_OK(ds_data_fetch("imdb", own, &options, &report));
    ck_assert(report.already_present);
}
END_TEST

START_TEST(test_vocabulary_and_length_change_the_digest_and_not_the_record)
{
    ds_dataset whole, small;
    EXPECT_OK(load_own(&whole));
    EXPECT_OK(ds_load("imdb", own, &(ds_view){.text = {.vocabulary = 3, .max_length = 1}}, &small));
    ck_assert_int_eq(small.vocabulary, 3);
    ck_assert_int_eq(small.train.offsets[25000], 25000);
    ck_assert_str_ne(small.sha256, whole.sha256);
    ck_assert_str_eq(small.stored_sha256, whole.stored_sha256);
    ds_destroy(&small);
    ds_destroy(&whole);
    EXPECT_FAILURE(ds_load("imdb", own, &(ds_view){.text = {.vocabulary = 1, .max_length = 9}}, &small), CORE_BAD_USAGE,
                   "vocabulary of size 1");
}
END_TEST

/* A folder of links to four reviews, one a group. */
START_TEST(test_folder_imports)
{
    ds_data_report report;
    for (int g = 0; g < GROUPS; g++) {
        char first[PATH_BYTES], link_name[PATH_BYTES];
        shell("mkdir -p %s/in/aclImdb/%s %s/in/aclImdb/train/unsup", own, groups[g], own);
        write_text(path_of(first, "%s/in/aclImdb/%s/0_%d.txt", own, groups[g], g % 2 == 0 ? 4 : 10), groups[g]);
        for (int i = 1; i < DS_IMDB_PER_CLASS; i++) {
            path_of(link_name, "%s/in/aclImdb/%s/%d_%d.txt", own, groups[g], i, g % 2 == 0 ? 4 : 10);
            ck_assert_int_eq(link(first, link_name), 0);
        }
    }
    char in[PATH_BYTES];
    path_of(in, "%s/in", own);
    EXPECT_FAILURE(ds_data_import("imdb", in, own, false, NULL), CORE_BAD_USAGE, "--unverified");
    EXPECT_OK(ds_data_import("imdb", in, own, true, &report));
    ck_assert_int_eq(report.test_count, 25000);
    ds_dataset dataset;
    EXPECT_OK(load_own(&dataset));
    expect_words(&dataset, &dataset.train, 17, (const char *const[]){"train", "/", "neg"}, 3);
    expect_words(&dataset, &dataset.test, 24999, (const char *const[]){"", "/", "pos"}, 3);
    ds_destroy(&dataset);
}
END_TEST

static const struct {
    const char *name, *text, *words;
} bad_entries[] = {
    {"aclImdb/train/neg/5_3.txt", "ok \xe9t\xe9",
     "bad.tar: aclImdb/train/neg/5_3.txt in it: byte 0xe9 at offset 3 is not UTF-8"},
    {"aclImdb/test/pos/5_9.txt", "", "aclImdb/test/pos/5_9.txt in it: an empty review: there is no word in it"},
    {"train/pos/5_9.txt", " <br /> \n", "train/pos/5_9.txt in it: an empty review"},
    {"train/neg/5_5.txt", "x",
     "train/neg/5_5.txt in it: not a name of a review, expected NUMBER_RATING.txt with numbers "
     "0..12499 and ratings 1..4"},
    {"train/neg/5_0.txt", "x", "not a name of a review"},
    {"test/pos/5_6.txt", "x",
     "not a name of a review, expected NUMBER_RATING.txt with numbers 0..12499 and ratings 7..10"},
    {"test/pos/5_11.txt", "x", "not a name of a review"},
    {"test/pos/12500_9.txt", "x", "not a name of a review"},
    {"test/pos/123456_9.txt", "x", "not a name of a review"},
    {"test/pos/05_9.txt", "x", "not a name of a review"},
    {"test/pos/5_09.txt", "x", "not a name of a review"},
    {"test/pos/5_-9.txt", "x", "not a name of a review"},
    {"test/pos/5_9.txt.bak", "x", "not a name of a review"},
    {"test/pos/notes", "x", "not a name of a review"},
    {"test/pos/7_9.txt", "x", "bad.tar: train/neg has 0 reviews, expected 12500"},
    {"xtrain/neg/5_9.txt", "x", "bad.tar: train/neg has 0 reviews, expected 12500"},
};

START_TEST(test_bad_review_is_named_and_what_was_there_stays)
{
    FILE *tar = fopen(bad, "wb");
    ck_assert_ptr_nonnull(tar);
    put_entry(tar, bad_entries[_i].name, bad_entries[_i].text, strlen(bad_entries[_i].text));
    end_archive(tar);
    EXPECT_FAILURE(ds_data_import("imdb", bad, own, true, NULL), CORE_BAD_FILE, bad_entries[_i].words);
    char path[PATH_BYTES];
    ck_assert(!exists(path_of(path, "%s/imdb.tmp", own)));
    ck_assert(exists(path_of(path, "%s/imdb/reviews.h5", own)));
}
END_TEST

START_TEST(test_review_that_is_there_twice_or_too_large_is_named)
{
    FILE *tar = fopen(bad, "wb");
    put_entry(tar, "a/train/neg/5_3.txt", "x", 1);
    put_entry(tar, "a/train/neg/5_4.txt", "y", 1);
    end_archive(tar);
    EXPECT_FAILURE(ds_data_import("imdb", bad, own, true, NULL), CORE_BAD_FILE,
                   "a/train/neg/5_4.txt in it: a review of this number was there already");
    char *large = calloc(DS_IMDB_REVIEW_MAX_BYTES + 1, 1);
    tar = fopen(bad, "wb");
    put_entry(tar, "train/neg/5_3.txt", large, DS_IMDB_REVIEW_MAX_BYTES + 1);
    end_archive(tar);
    free(large);
    EXPECT_FAILURE(ds_data_import("imdb", bad, own, true, NULL), CORE_BAD_FILE,
                   "train/neg/5_3.txt in it has 65537 bytes, expected at most 65536");
    shell("mkdir -p %s/train/neg && ln -s /etc/passwd %s/train/neg/1_1.txt && tar -cf %s -C %s train", own, own, bad,
          own);
    EXPECT_FAILURE(ds_data_import("imdb", bad, own, true, NULL), CORE_BAD_FILE, "is not a regular file");
}
END_TEST

START_TEST(test_bad_folders_are_named)
{
    char in[PATH_BYTES], path[PATH_BYTES];
    path_of(in, "%s/in", own);
    shell("mkdir -p %s/train/neg", in);
    write_text(path_of(path, "%s/train/neg/0_1.txt", in), "fine");
    EXPECT_FAILURE(ds_data_import("imdb", in, own, true, NULL), CORE_BAD_FILE,
                   "in/train/pos: No such file or directory, expected a folder of 12500 reviews");
    shell("cd %s && mkdir -p train/pos test/neg test/pos", in);
    EXPECT_FAILURE(ds_data_import("imdb", in, own, true, NULL), CORE_BAD_FILE,
                   "in: train/neg has 1 review, expected 12500");
    write_text(path_of(path, "%s/test/neg/3_1.txt", in), "fine\nbut\xc3");
    EXPECT_FAILURE(ds_data_import("imdb", in, own, true, NULL), CORE_BAD_FILE,
                   "in/test/neg/3_1.txt: byte 0xc3 at offset 8 is not UTF-8");
    shell("rm %s && mkdir %s", path, path);
    EXPECT_FAILURE(ds_data_import("imdb", in, own, true, NULL), CORE_BAD_FILE, "3_1.txt: not a regular file");
    shell("rmdir %s && head -c 65537 /dev/zero > %s", path, path);
    EXPECT_FAILURE(ds_data_import("imdb", in, own, true, NULL), CORE_BAD_FILE,
                   "3_1.txt: 65537 bytes, expected at most 65536");
    EXPECT_FAILURE(ds_data_import("imdb", "/nowhere", own, true, NULL), CORE_BAD_FILE, "/nowhere");
    EXPECT_FAILURE(ds_data_import("imdb", full, own, false, NULL), CORE_BAD_FILE,
                   "expected 7c2ac02c03563afcf9b574c7e56c153a");
}
END_TEST

/* Puts another file in the place of the stored words: `what` 0 none, 1 one with a flipped bit, 2 one of another version
 * of the tokenizer, 3 one that is no HDF5, 4 one whose ids name words that it lacks. */
static void spoil_tokens(int what)
{
    char path[PATH_BYTES];
    path_of(path, "%s/imdb/tokens-1.h5", own);
    ck_assert(exists(path));
    if (what == 0) {
        ck_assert_int_eq(unlink(path), 0);
    } else if (what == 1) {
        struct stat info;
        ck_assert_int_eq(stat(path, &info), 0);
        poke(path, info.st_size * 9 / 10, 0x5a);
    } else if (what == 2) {
        core_h5 *file;
        EXPECT_OK(core_h5_create("old", &file));
        EXPECT_OK(core_h5_set_i64(file, "", "tokenizer", 0));
        EXPECT_OK(core_h5_save(file, path));
        core_h5_close(file);
    } else if (what == 3) {
        write_text(path, "tokens");
    } else {
        char words[] = "a";
        int64_t offsets[] = {0, 1};
        int32_t ids[] = {3};
        char sha256[DS_SHA256_BYTES] = "0";
        ds_corpus corpus = {
            .count = 1, .train_count = 1, .words = words, .words_bytes = 2, .offsets = offsets, .ids = ids};
        char folder[PATH_BYTES];
        EXPECT_OK(ds_token_file_write(path_of(folder, "%s/imdb", own), &corpus, sha256));
    }
}

START_TEST(test_words_are_made_anew_where_they_are_missing_old_or_damaged)
{
    ds_dataset before, after;
    char path[PATH_BYTES];
    EXPECT_OK(load_own(&before));
    spoil_tokens(_i);
    EXPECT_OK(load_own(&after));
    ck_assert_str_eq(after.sha256, before.sha256);
    ck_assert(exists(path_of(path, "%s/imdb/tokens-1.h5", own)));
    ds_corpus corpus;
    core_arena arena = {0};
    char sha256[DS_SHA256_BYTES], folder[PATH_BYTES];
    EXPECT_OK(ds_token_file_read(path_of(folder, "%s/imdb", own), &arena, &corpus, sha256));
    ck_assert_str_eq(sha256, after.stored_sha256);
    core_arena_free(&arena);
    ds_destroy(&before);
    ds_destroy(&after);
}
END_TEST

/* A folder that has no record is a user's: nothing is written in it. */
START_TEST(test_no_words_are_written_beside_no_record)
{
    ds_dataset dataset;
    char path[PATH_BYTES];
    spoil_tokens(0);
    ck_assert_int_eq(unlink(path_of(path, "%s/imdb/tailbit-record", own)), 0);
    EXPECT_FAILURE(load_own(&dataset), CORE_BAD_FILE, "no record of an import");
    ck_assert(!exists(path_of(path, "%s/imdb/tokens-1.h5", own)));
}
END_TEST

START_TEST(test_words_of_other_reviews_are_found)
{
    ds_corpus corpus;
    core_arena arena = {0};
    char sha256[DS_SHA256_BYTES], folder[PATH_BYTES];
    EXPECT_OK(ds_token_file_read(path_of(folder, "%s/imdb", own), &arena, &corpus, sha256));
    corpus.ids[100] ^= 1;
    EXPECT_OK(ds_token_file_write(folder, &corpus, sha256));
    EXPECT_FAILURE(ds_data_verify("imdb", own, NULL), CORE_BAD_FILE,
                   "tokens-1.h5 does not hold the words of reviews.h5");
    sha256[0] = sha256[0] == '0' ? '1' : '0';
    EXPECT_OK(ds_token_file_write(folder, &corpus, sha256));
    ds_dataset dataset;
    EXPECT_FAILURE(load_own(&dataset), CORE_BAD_FILE, "the files have changed");
    core_arena_free(&arena);
}
END_TEST

START_TEST(test_damaged_reviews_are_found)
{
    char path[PATH_BYTES];
    ds_dataset dataset;
    struct stat info;
    path_of(path, "%s/imdb/reviews.h5", own);
    ck_assert_int_eq(stat(path, &info), 0);
    poke(path, info.st_size / 2, 0xfe);
    EXPECT_FAILURE(ds_data_verify("imdb", own, NULL), CORE_BAD_FILE, "reviews.h5");
    spoil_tokens(0);
    EXPECT_FAILURE(load_own(&dataset), CORE_BAD_FILE, "import or fetch imdb again");
    ck_assert_int_eq(unlink(path), 0);
    EXPECT_FAILURE(load_own(&dataset), CORE_BAD_FILE, "reviews.h5");
}
END_TEST

START_TEST(test_full_disk_leaves_what_was_there)
{
    char path[PATH_BYTES];
    limit_file_size(1000000);
    core_status status = ds_data_import("imdb", full, own, true, NULL);
    unlimit_file_size();
    EXPECT_STATUS(status, CORE_MACHINE);
    ck_assert(!exists(path_of(path, "%s/imdb.tmp", own)));
    EXPECT_OK(ds_data_verify("imdb", own, NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("datasets/imdb");
    TCase *tcase = tcase_create("imdb");
    tcase_set_timeout(tcase, 180.0);
    tcase_add_unchecked_fixture(tcase, make_base, remove_base);
    tcase_add_checked_fixture(tcase, make_own, remove_own);
    tcase_add_test(tcase, test_reviews_stand_in_the_order_of_folder_and_number);
    tcase_add_test(tcase, test_order_of_the_archive_does_not_matter);
    tcase_add_test(tcase, test_archive_is_fetched_and_verified);
    tcase_add_test(tcase, test_vocabulary_and_length_change_the_digest_and_not_the_record);
    tcase_add_test(tcase, test_folder_imports);
    tcase_add_loop_test(tcase, test_bad_review_is_named_and_what_was_there_stays, 0, LENGTH(bad_entries));
    tcase_add_test(tcase, test_review_that_is_there_twice_or_too_large_is_named);
    tcase_add_test(tcase, test_bad_folders_are_named);
    tcase_add_loop_test(tcase, test_words_are_made_anew_where_they_are_missing_old_or_damaged, 0, 5);
    tcase_add_test(tcase, test_no_words_are_written_beside_no_record);
    tcase_add_test(tcase, test_words_of_other_reviews_are_found);
    tcase_add_test(tcase, test_damaged_reviews_are_found);
    tcase_add_test(tcase, test_full_disk_leaves_what_was_there);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}

#include "datasets/imdb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/folder.h"
#include "core/text.h"
#include "datasets/review_file.h"
#include "datasets/store.h"
#include "datasets/tokenizer.h"
#include "datasets/unpack.h"

enum { GROUPS = 4, REVIEWS = GROUPS * DS_IMDB_PER_CLASS };

/* The folders in the order of the data set; the label is the group mod 2. */
static const char *const group_names[GROUPS] = {"train/neg", "train/pos", "test/neg", "test/pos"};

/* Reviews in the order of the data set; they arrive in any order. */
typedef struct {
    const char *archive; /* NULL: a folder is read */
    char *text[REVIEWS]; /* NULL: not found yet */
    int64_t bytes[REVIEWS];
    uint8_t ratings[REVIEWS];
    int64_t found[GROUPS];
    int64_t total_bytes;
    core_arena arena;
} collection;

/* Says what is bad about the file at `path`. */
__attribute__((format(printf, 3, 4))) static core_status bad_review(const collection *c, const char *path,
                                                                    const char *format, ...)
{
    char what[128];
    va_list values;
    va_start(values, format);
    vsnprintf(what, sizeof what, format, values);
    va_end(values);
    return c->archive != NULL ? core_fail_about(CORE_BAD_FILE, c->archive, ": %s in it: %s", path, what)
                              : core_fail_about(CORE_BAD_FILE, path, ": %s", what);
}

/* Reads "7_10.txt". */
static bool parse_name(const char *name, int64_t *number, int *rating)
{
    int end = 0, stars;
    char digits[6], again[32];
    if (sscanf(name, "%5[0-9]_%2d.txt%n", digits, &stars, &end) != 2 || end == 0 || name[end] != '\0') {
        return false;
    }
    *number = strtoll(digits, NULL, 10);
    *rating = stars;
    snprintf(again, sizeof again, "%lld_%d.txt", (long long)*number, stars);
    return strcmp(again, name) == 0; /* no leading zeros */
}

/* Checks the name of a review of a group and gives its place. */
static core_status find_place(const collection *c, const char *path, int group, int64_t *place, int *rating)
{
    bool positive = group % 2 == 1;
    int64_t number;
    if (!parse_name(core_path_name(path), &number, rating) || number >= DS_IMDB_PER_CLASS ||
        *rating < (positive ? 7 : 1) || *rating > (positive ? 10 : 4)) {
        return bad_review(c, path, "not a name of a review, expected NUMBER_RATING.txt with numbers 0..%d and %s",
                          DS_IMDB_PER_CLASS - 1, positive ? "ratings 7..10" : "ratings 1..4");
    }
    *place = group * DS_IMDB_PER_CLASS + number;
    return CORE_OK;
}

static core_status add_review(collection *c, const char *path, int group, const char *data, int64_t bytes)
{
    int64_t place = 0;
    int rating = 0;
    CORE_TRY(find_place(c, path, group, &place, &rating));
    if (c->text[place] != NULL) {
        return bad_review(c, path, "a review of this number was there already");
    }
    if (bytes > DS_IMDB_MAX_BYTES - c->total_bytes) {
        return bad_review(c, path, "the reviews have more bytes than a hundred million, expected 66 million");
    }
    c->total_bytes += bytes;
    int64_t error = ds_utf8_find_error(data, bytes);
    if (error >= 0) {
        return bad_review(c, path, "byte 0x%02x at offset %lld is not UTF-8", (unsigned char)data[error],
                          (long long)error);
    }
    ds_tokenizer tokenizer = {.text = data, .bytes = bytes};
    char *copy;
    int64_t word_bytes;
    CORE_TRY(CORE_ARENA_NEW(&c->arena, bytes, "a review", copy));
    if (!ds_tokenizer_next(&tokenizer, copy, &word_bytes)) {
        return bad_review(c, path, "an empty review: there is no word in it");
    }
    memcpy(copy, data, (size_t)bytes);
    c->text[place] = copy;
    c->bytes[place] = bytes;
    c->ratings[place] = (uint8_t)rating;
    c->found[group]++;
    return CORE_OK;
}

/* Which group a file of an archive belongs to by the two folders above it, -1: none. */
static int group_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash[1] == '\0' || slash[1] == '.') {
        return -1;
    }
    for (int g = 0; g < GROUPS; g++) {
        int64_t length = (int64_t)strlen(group_names[g]), before = slash - path - length;
        if (before >= 0 && strncmp(slash - length, group_names[g], (size_t)length) == 0 &&
            (before == 0 || path[before - 1] == '/')) {
            return g;
        }
    }
    return -1;
}

static bool want_review(void *context, const char *path, ds_unpack_want *out)
{
    (void)context;
    *out = (ds_unpack_want){path, -DS_IMDB_REVIEW_MAX_BYTES};
    return group_of(path) >= 0;
}

static core_status take_entry(void *context, const char *path, const char *data, int64_t bytes)
{
    return add_review(context, path, group_of(path), data, bytes);
}

/* Reads one file of an unpacked folder. */
static core_status take_file(collection *c, const char *folder, const char *name, int group)
{
    char path[CORE_PATH_BYTES];
    struct stat info;
    CORE_TRY(core_path_write(path, "%s/%s", folder, name));
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return bad_review(c, path, "not a regular file, expected a review");
    }
    if (info.st_size > DS_IMDB_REVIEW_MAX_BYTES) {
        return bad_review(c, path, "%lld bytes, expected at most %d", (long long)info.st_size,
                          DS_IMDB_REVIEW_MAX_BYTES);
    }
    char *data;
    size_t bytes;
    CORE_TRY(core_file_read(path, &data, &bytes));
    core_status status = add_review(c, path, group, data, (int64_t)bytes);
    free(data);
    return status;
}

static core_status take_folder(collection *c, const char *path, int group)
{
    char expected[64];
    core_names names = {0};
    core_arena arena = {0};
    snprintf(expected, sizeof expected, "a folder of %s", CORE_COUNT(DS_IMDB_PER_CLASS, "review"));
    core_status status = core_folder_names(path, expected, &names, &arena);
    for (int64_t i = 0; i < names.count && status == CORE_OK; i++) {
        if (names.names[i][0] != '.') {
            status = take_file(c, path, names.names[i], group);
        }
    }
    core_arena_free(&arena);
    return status;
}

/* Reads PATH/train/neg and so on, or PATH/aclImdb/train/neg and so on. */
static core_status take_folders(collection *c, const char *path)
{
    char inner[CORE_PATH_BYTES], folder[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(inner, "%s/aclImdb", path));
    for (int g = 0; g < GROUPS; g++) {
        CORE_TRY(core_path_write(folder, "%s/%s", ds_store_is_folder(inner) ? inner : path, group_names[g]));
        CORE_TRY(take_folder(c, folder, g));
    }
    return CORE_OK;
}

/* Every place of every group is taken, since no two reviews have the same one. */
static core_status check_counts(const collection *c, const char *path)
{
    for (int g = 0; g < GROUPS; g++) {
        if (c->found[g] != DS_IMDB_PER_CLASS) {
            return core_fail_about(CORE_BAD_FILE, path, ": %s has %s, expected %d", group_names[g],
                                   CORE_COUNT(c->found[g], "review"), DS_IMDB_PER_CLASS);
        }
    }
    return CORE_OK;
}

/* Puts the reviews one after the other into reviews.h5. */
static core_status write_reviews(collection *c, const char *into)
{
    char *text;
    int64_t *offsets;
    CORE_TRY(CORE_ARENA_NEW(&c->arena, REVIEWS + 1, "the reviews", offsets));
    for (int i = 0; i < REVIEWS; i++) {
        offsets[i + 1] = offsets[i] + c->bytes[i];
    }
    CORE_TRY(CORE_ARENA_NEW(&c->arena, offsets[REVIEWS], "the reviews", text));
    for (int i = 0; i < REVIEWS; i++) {
        memcpy(text + offsets[i], c->text[i], (size_t)c->bytes[i]);
    }
    ds_review_file reviews = {
        .texts = {.count = REVIEWS, .train_count = REVIEWS / 2, .bytes = text, .offsets = offsets},
        .ratings = c->ratings};
    return ds_review_file_write(into, &reviews);
}

static core_status gather(const ds_official *official, const char *path, const char *into)
{
    (void)official;
    collection *c;
    CORE_TRY(CORE_NEW(1, "the reviews", c));
    core_status status;
    if (ds_store_is_folder(path)) {
        status = take_folders(c, path);
    } else {
        ds_unpack_visitor visitor = {.context = c, .wants = want_review, .take = take_entry};
        c->archive = path;
        status = ds_unpack_each(path, &visitor);
    }
    status = status == CORE_OK ? check_counts(c, path) : status;
    status = status == CORE_OK ? write_reviews(c, into) : status;
    core_arena_free(&c->arena);
    free(c);
    return status;
}

/* Cuts the reviews of a folder into words; sha256 becomes their digest. text: NULL for all of their own words. */
static core_status make_corpus(const char *folder, const ds_text_options *text, core_arena *arena, ds_corpus *out,
                               char sha256[DS_SHA256_BYTES])
{
    ds_review_file reviews;
    int64_t empty;
    core_status status = ds_review_file_read(folder, arena, &reviews);
    if (status == CORE_BAD_FILE) {
        return core_fail(status, "%s; import or fetch imdb again", core_error_message());
    }
    CORE_TRY(status);
    CORE_TRY(ds_review_file_digest(&reviews, sha256));
    if (text != NULL) {
        ds_texts_know(&reviews.texts, text);
    }
    status = ds_corpus_create(&reviews.texts, arena, out, &empty);
    return status != CORE_BAD_FILE ? status
                                   : core_fail_about(CORE_BAD_FILE, folder, "/reviews.h5: no word in %s/%lld_%d.txt",
                                                     group_names[empty / DS_IMDB_PER_CLASS % GROUPS],
                                                     (long long)empty % DS_IMDB_PER_CLASS, reviews.ratings[empty]);
}

/* Reads the corpus from its file; makes it from the reviews if the file is missing, damaged or of another version. */
static core_status load_corpus(const char *folder, core_arena *arena, ds_corpus *out, char sha256[DS_SHA256_BYTES])
{
    core_status status = ds_token_file_read(folder, arena, out, sha256);
    if (status != CORE_BAD_FILE) {
        return status;
    }
    CORE_TRY(make_corpus(folder, NULL, arena, out, sha256));
    /* A failure is ignored: in a read-only folder every load makes the words again. */
    core_status written = ds_token_file_write(folder, out, sha256);
    (void)written;
    return CORE_OK;
}

static core_status load_texts(const char *folder, const ds_text_options *text, core_arena *room, ds_dataset *out,
                              char sha256[DS_SHA256_BYTES])
{
    ds_corpus corpus;
    CORE_TRY(text->words == NULL ? load_corpus(folder, room, &corpus, sha256)
                                 : make_corpus(folder, text, room, &corpus, sha256));
    if (corpus.count != REVIEWS || corpus.train_count != REVIEWS / 2) {
        return core_fail_about(CORE_BAD_FILE, folder, ": %s, %lld of them for training; expected %d and %d",
                               CORE_COUNT(corpus.count, "review"), (long long)corpus.train_count, REVIEWS, REVIEWS / 2);
    }
    return ds_corpus_select(&corpus, "imdb", text, out);
}

static core_status load(const ds_official *official, const char *folder, const ds_text_options *text, ds_dataset *out)
{
    (void)official;
    core_arena room = {0};
    char sha256[DS_SHA256_BYTES];
    CORE_TRY(ds_text_options_check(text));
    core_status status = load_texts(folder, text, &room, out, sha256);
    core_arena_free(&room);
    CORE_TRY(status);
    for (int64_t i = 0; i < REVIEWS / 2; i++) {
        out->train.labels[i] = out->test.labels[i] = (int32_t)(i / DS_IMDB_PER_CLASS);
    }
    CORE_TRY(ds_dataset_digest(out));
    memcpy(out->stored_sha256, sha256, sizeof sha256);
    return CORE_OK;
}

static bool same_corpus(const ds_corpus *a, const ds_corpus *b)
{
    return a->count == b->count && a->words_bytes == b->words_bytes &&
           memcmp(a->words, b->words, (size_t)a->words_bytes) == 0 &&
           memcmp(a->offsets, b->offsets, (size_t)(a->count + 1) * sizeof *a->offsets) == 0 &&
           memcmp(a->ids, b->ids, (size_t)a->offsets[a->count] * sizeof *a->ids) == 0;
}

static core_status compare_corpora(const char *folder, core_arena *room)
{
    ds_corpus stored, made;
    char stored_sha256[DS_SHA256_BYTES], sha256[DS_SHA256_BYTES];
    CORE_TRY(load_corpus(folder, room, &stored, stored_sha256));
    CORE_TRY(make_corpus(folder, NULL, room, &made, sha256));
    return strcmp(stored_sha256, sha256) == 0 && same_corpus(&stored, &made)
               ? CORE_OK
               : core_fail(CORE_BAD_FILE,
                           "%s/tokens-%d.h5 does not hold the words of reviews.h5: the files have changed; import or "
                           "fetch imdb again",
                           folder, DS_TOKENIZER_VERSION);
}

/* Checks that the token file holds the words of the reviews. */
static core_status verify(const ds_official *official, const char *folder)
{
    (void)official;
    core_arena room = {0};
    core_status status = compare_corpora(folder, &room);
    core_arena_free(&room);
    return status;
}

static bool has_file(const ds_official *official, const char *name)
{
    (void)official;
    return ds_review_file_is_name(name);
}

static const ds_official imdb = {.name = "imdb",
                                 .about = "IMDB: 25,000 training and 25,000 test film reviews, 2 classes",
                                 .url = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
                                 .archive = "aclImdb_v1.tar.gz",
                                 .md5 = "7c2ac02c03563afcf9b574c7e56c153a",
                                 .gather = gather,
                                 .load = load,
                                 .verify = verify,
                                 .has_file = has_file};

const ds_official *ds_imdb_official(void) { return &imdb; }

#include "datasets/review_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/h5.h"
#include "core/hash.h"
#include "datasets/tokenizer.h"

static const char REVIEWS_NAME[] = "reviews.h5";

enum { NAME_BYTES = 32 };

static const char *token_file_name(char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "tokens-%d.h5", DS_TOKENIZER_VERSION);
    return name;
}

bool ds_review_file_is_name(const char *name)
{
    int version, length = 0;
    return strcmp(name, REVIEWS_NAME) == 0 ||
           (sscanf(name, "tokens-%d.h5%n", &version, &length) == 1 && length > 0 && name[length] == '\0');
}

/* A column of one of the files. */
typedef struct {
    const char *name;
    core_h5_type type;
    const char *about;
} column;

static const column TEXT = {"text", CORE_H5_U8, "the reviews, one after the other, in UTF-8"};
static const column OFFSETS = {"offsets", CORE_H5_I64, "where each review begins, and where the last one ends"};
static const column RATING = {"rating", CORE_H5_U8, "stars of ten that the reviewer gave"};
static const column WORDS = {"words", CORE_H5_U8, "the words from id 2 on, a 0 byte behind each, in UTF-8"};
static const column IDS = {"ids", CORE_H5_I32, "the reviews' words: 1 is unknown, 2 the most frequent one"};

static core_status write_column(core_h5 *file, column which, int64_t count, const void *data)
{
    core_h5_shape shape = core_h5_shape1(which.type, count);
    return core_h5_write(file, which.name, &shape, data, &(core_h5_about){.long_name = which.about, .units = "1"});
}

static core_status read_column(core_h5 *file, column which, core_arena *arena, int64_t *count, void *out)
{
    core_h5_value value = {.shape = core_h5_shape1(which.type, -1)};
    CORE_TRY(core_h5_load(file, which.name, arena, &value));
    *count = value.shape.dims[0];
    *(void **)out = value.data;
    return CORE_OK;
}

static core_status fail_foreign(core_h5 *file, const char *what)
{
    return core_fail_about(CORE_BAD_FILE, core_h5_name(file), ": %s; expected the file that an import made", what);
}

/* Checks that offsets (N + 1) go from 0 to `end`, strictly increasing, since no text is empty. */
static core_status check_offsets(core_h5 *file, const int64_t *offsets, int64_t N, int64_t end, int64_t train_count)
{
    bool rises = N >= 1 && offsets[0] == 0 && offsets[N] == end && train_count >= 0 && train_count <= N;
    for (int64_t i = 0; rises && i < N; i++) {
        rises = offsets[i] < offsets[i + 1];
    }
    return rises ? CORE_OK : fail_foreign(file, "its offsets do not rise to its end");
}

/* Saves a file that was built; the caller closes it. */
static core_status save_file(core_h5 *file, const char *folder, const char *name)
{
    char path[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(path, "%s/%s", folder, name));
    return core_h5_save(file, path);
}

static core_status open_file(const char *folder, const char *name, core_h5 **out)
{
    char path[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(path, "%s/%s", folder, name));
    return core_h5_open(path, out);
}

static core_status fill_reviews(core_h5 *file, const ds_review_file *reviews)
{
    const ds_texts *texts = &reviews->texts;
    CORE_TRY(write_column(file, TEXT, texts->offsets[texts->count], texts->bytes));
    CORE_TRY(write_column(file, OFFSETS, texts->count + 1, texts->offsets));
    CORE_TRY(write_column(file, RATING, texts->count, reviews->ratings));
    return core_h5_set_i64(file, "", "train_count", texts->train_count);
}

core_status ds_review_file_write(const char *folder, const ds_review_file *reviews)
{
    core_h5 *file;
    CORE_TRY(core_h5_create(REVIEWS_NAME, &file));
    core_status status = fill_reviews(file, reviews);
    status = status == CORE_OK ? save_file(file, folder, REVIEWS_NAME) : status;
    core_h5_close(file);
    return status;
}

static core_status take_reviews(core_h5 *file, core_arena *arena, ds_review_file *out)
{
    int64_t bytes, offsets, ratings;
    CORE_TRY(read_column(file, TEXT, arena, &bytes, &out->texts.bytes));
    CORE_TRY(read_column(file, OFFSETS, arena, &offsets, &out->texts.offsets));
    CORE_TRY(read_column(file, RATING, arena, &ratings, &out->ratings));
    CORE_TRY(core_h5_get_i64(file, "", "train_count", &out->texts.train_count));
    out->texts.count = offsets - 1;
    if (ratings != out->texts.count) {
        return fail_foreign(file, "it has not one rating a review");
    }
    return check_offsets(file, out->texts.offsets, out->texts.count, bytes, out->texts.train_count);
}

core_status ds_review_file_read(const char *folder, core_arena *arena, ds_review_file *out)
{
    core_h5 *file;
    ds_review_file reviews = {0};
    CORE_TRY(open_file(folder, REVIEWS_NAME, &file));
    core_status status = take_reviews(file, arena, &reviews);
    core_h5_close(file);
    CORE_TRY(status);
    *out = reviews;
    return CORE_OK;
}

core_status ds_review_file_digest(const ds_review_file *reviews, char sha256[DS_SHA256_BYTES])
{
    const ds_texts *texts = &reviews->texts;
    core_hash *hash;
    CORE_TRY(core_hash_create(CORE_HASH_SHA256, &hash));
    core_hash_update(hash, texts->offsets, (size_t)(texts->count + 1) * sizeof *texts->offsets);
    core_hash_update(hash, texts->bytes, (size_t)texts->offsets[texts->count]);
    core_hash_update(hash, reviews->ratings, (size_t)texts->count);
    core_hash_digest digest = core_hash_finish(hash);
    core_hash_hex(&digest, sha256);
    core_hash_destroy(hash);
    return CORE_OK;
}

static core_status fill_tokens(core_h5 *file, const ds_corpus *corpus, const char *sha256)
{
    CORE_TRY(write_column(file, WORDS, corpus->words_bytes, corpus->words));
    CORE_TRY(write_column(file, OFFSETS, corpus->count + 1, corpus->offsets));
    CORE_TRY(write_column(file, IDS, corpus->offsets[corpus->count], corpus->ids));
    CORE_TRY(core_h5_set_i64(file, "", "tokenizer", DS_TOKENIZER_VERSION));
    CORE_TRY(core_h5_set_i64(file, "", "train_count", corpus->train_count));
    return core_h5_set_text(file, "", "reviews_sha256", sha256);
}

core_status ds_token_file_write(const char *folder, const ds_corpus *corpus, const char sha256[DS_SHA256_BYTES])
{
    char name[NAME_BYTES];
    core_h5 *file;
    CORE_TRY(core_h5_create(token_file_name(name), &file));
    core_status status = fill_tokens(file, corpus, sha256);
    status = status == CORE_OK ? save_file(file, folder, name) : status;
    core_h5_close(file);
    return status;
}

/* Counts the words, and checks that ids name no others. */
static core_status check_words(core_h5 *file, ds_corpus *corpus)
{
    for (int64_t i = 0; i < corpus->words_bytes; i++) {
        corpus->word_count += corpus->words[i] == '\0';
    }
    bool good = corpus->words_bytes == 0 || corpus->words[corpus->words_bytes - 1] == '\0';
    for (int64_t i = 0; good && i < corpus->offsets[corpus->count]; i++) {
        good = corpus->ids[i] >= DS_ID_UNKNOWN && corpus->ids[i] < DS_ID_FIRST_WORD + corpus->word_count;
    }
    return good ? CORE_OK : fail_foreign(file, "its ids name words that it lacks");
}

static core_status take_tokens(core_h5 *file, core_arena *arena, ds_corpus *out, char sha256[DS_SHA256_BYTES])
{
    int64_t version, offsets, ids;
    const char *digest;
    CORE_TRY(core_h5_get_i64(file, "", "tokenizer", &version));
    if (version != DS_TOKENIZER_VERSION) {
        return fail_foreign(file, "it is of another version of the tokenizer");
    }
    CORE_TRY(core_h5_get_i64(file, "", "train_count", &out->train_count));
    CORE_TRY(core_h5_get_text(file, "", "reviews_sha256", arena, &digest));
    CORE_TRY(read_column(file, WORDS, arena, &out->words_bytes, &out->words));
    CORE_TRY(read_column(file, OFFSETS, arena, &offsets, &out->offsets));
    CORE_TRY(read_column(file, IDS, arena, &ids, &out->ids));
    out->count = offsets - 1;
    CORE_TRY(check_offsets(file, out->offsets, out->count, ids, out->train_count));
    CORE_TRY(check_words(file, out));
    snprintf(sha256, DS_SHA256_BYTES, "%s", digest);
    return CORE_OK;
}

core_status ds_token_file_read(const char *folder, core_arena *arena, ds_corpus *out, char sha256[DS_SHA256_BYTES])
{
    char name[NAME_BYTES];
    core_h5 *file;
    ds_corpus corpus = {0};
    CORE_TRY(open_file(folder, token_file_name(name), &file));
    core_status status = take_tokens(file, arena, &corpus, sha256);
    core_h5_close(file);
    CORE_TRY(status);
    *out = corpus;
    return CORE_OK;
}

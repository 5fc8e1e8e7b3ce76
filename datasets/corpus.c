#include "datasets/corpus.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "datasets/tokenizer.h"

/* A word and its frequency in the training texts; of a word that is given, a number that falls in their order. A word's number is its index in the order of first appearance. */
typedef struct {
    int64_t begin, bytes; /* in the pool */
    int64_t count;
    int32_t number;
} entry;

/* The words of the training texts so far, and the texts as their numbers. */
typedef struct {
    char *pool; /* the words' letters, one after the other */
    int64_t pool_bytes, pool_room;
    entry *entries;
    int64_t count, room;
    int32_t *slots; /* (slot_count) a hash table of entry numbers, -1: free; a power of two, at most half full */
    int64_t slot_count;
    int32_t *ids; /* numbers; -1: a word that the training texts lack */
    int64_t id_count, id_room;
    char *word; /* as long as the longest text */
} builder;

/* Grows *array, of capacity *room, to a capacity of at least `wanted` elements. */
static core_status reserve(void *array, int64_t *room, int64_t wanted, size_t size)
{
    if (wanted <= *room) {
        return CORE_OK;
    }
    int64_t larger = wanted > 2 * *room ? wanted : 2 * *room;
    void **old = array, *grown = realloc(*old, (size_t)larger * size);
    if (grown == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for the words of a text data set");
    }
    *old = grown;
    *room = larger;
    return CORE_OK;
}

/* The slot where the word is, or where it belongs. */
static int64_t find_slot(const builder *b, const char *word, int64_t bytes)
{
    int64_t mask = b->slot_count - 1;
    int64_t slot = (int64_t)core_hash_xxh3_64(word, (size_t)bytes) & mask;
    for (; b->slots[slot] >= 0; slot = (slot + 1) & mask) {
        const entry *e = &b->entries[b->slots[slot]];
        if (e->bytes == bytes && memcmp(b->pool + e->begin, word, (size_t)bytes) == 0) {
            break;
        }
    }
    return slot;
}

static core_status grow_table(builder *b)
{
    int64_t count = b->slot_count > 0 ? 2 * b->slot_count : 1 << 16;
    int32_t *slots = malloc((size_t)count * sizeof *slots);
    if (slots == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for the words of a text data set");
    }
    memset(slots, 0xff, (size_t)count * sizeof *slots);
    free(b->slots);
    b->slots = slots;
    b->slot_count = count;
    for (int64_t i = 0; i < b->count; i++) {
        const entry *e = &b->entries[i];
        b->slots[find_slot(b, b->pool + e->begin, e->bytes)] = (int32_t)i;
    }
    return CORE_OK;
}

static core_status add_word(builder *b, const char *word, int64_t bytes, int64_t slot)
{
    assert(b->count < INT32_MAX - DS_ID_FIRST_WORD);
    CORE_TRY(reserve(&b->entries, &b->room, b->count + 1, sizeof *b->entries));
    CORE_TRY(reserve(&b->pool, &b->pool_room, b->pool_bytes + bytes, 1));
    memcpy(b->pool + b->pool_bytes, word, (size_t)bytes);
    b->entries[b->count] = (entry){.begin = b->pool_bytes, .bytes = bytes, .number = (int32_t)b->count};
    b->slots[slot] = (int32_t)b->count++;
    b->pool_bytes += bytes;
    return CORE_OK;
}

/* Adds the numbers of a text's words. */
static core_status add_text(builder *b, const char *text, int64_t bytes, bool training)
{
    ds_tokenizer tokenizer = {.text = text, .bytes = bytes};
    CORE_TRY(reserve(&b->ids, &b->id_room, b->id_count + bytes, sizeof *b->ids)); /* a word has at least one byte */
    for (int64_t length; ds_tokenizer_next(&tokenizer, b->word, &length);) {
        if (2 * b->count >= b->slot_count) {
            CORE_TRY(grow_table(b));
        }
        int64_t slot = find_slot(b, b->word, length);
        if (training) {
            if (b->slots[slot] < 0) {
                CORE_TRY(add_word(b, b->word, length, slot));
            }
            b->entries[b->slots[slot]].count++;
        }
        b->ids[b->id_count++] = b->slots[slot];
    }
    return CORE_OK;
}

static core_status add_given_words(builder *b, const ds_texts *texts)
{
    for (int64_t r = 0; r < texts->word_count; r++) {
        const int64_t bytes = (int64_t)strlen(texts->words[r]);
        if (2 * b->count >= b->slot_count) {
            CORE_TRY(grow_table(b));
        }
        CORE_TRY(add_word(b, texts->words[r], bytes, find_slot(b, texts->words[r], bytes)));
        b->entries[r].count = texts->word_count - r;
    }
    return CORE_OK;
}

static core_status read_texts(const ds_texts *texts, builder *b, int64_t *offsets, int64_t *out_empty)
{
    int64_t longest = 0;
    CORE_TRY(add_given_words(b, texts));
    for (int64_t i = 0; i < texts->count; i++) {
        int64_t bytes = texts->offsets[i + 1] - texts->offsets[i];
        longest = bytes > longest ? bytes : longest;
    }
    CORE_TRY(CORE_NEW(longest, "a word", b->word));
    for (int64_t i = 0; i < texts->count; i++) {
        int64_t begin = texts->offsets[i];
        CORE_TRY(add_text(b, texts->bytes + begin, texts->offsets[i + 1] - begin,
                          texts->words == NULL && i < texts->train_count));
        offsets[i + 1] = b->id_count;
        if (offsets[i + 1] == offsets[i]) {
            *out_empty = i;
            return core_fail(CORE_BAD_FILE, "text %lld has no word", (long long)i);
        }
    }
    return CORE_OK;
}

/* The most frequent first; equals in the order of their bytes, the shorter of two that begin alike first. */
static int by_rank(const void *x, const void *y, void *pool)
{
    const entry *a = x, *b = y;
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    int64_t common = a->bytes < b->bytes ? a->bytes : b->bytes;
    int order = memcmp((const char *)pool + a->begin, (const char *)pool + b->begin, (size_t)common);
    return order != 0 ? order : a->bytes < b->bytes ? -1 : 1; /* no two words are the same */
}

/* Ranks the words, and turns numbers into ids. */
static core_status take_words(builder *b, core_arena *arena, ds_corpus *out)
{
    int32_t *id_of;
    CORE_TRY(CORE_ARENA_NEW(arena, b->pool_bytes + b->count, "the words", out->words));
    CORE_TRY(CORE_ARENA_NEW(arena, b->id_count, "the texts' words", out->ids));
    CORE_TRY(CORE_NEW(b->count, "the words' ids", id_of));
    qsort_r(b->entries, (size_t)b->count, sizeof *b->entries, by_rank, b->pool);
    for (int64_t r = 0; r < b->count; r++) {
        const entry *e = &b->entries[r];
        memcpy(out->words + out->words_bytes, b->pool + e->begin, (size_t)e->bytes);
        out->words_bytes += e->bytes + 1;
        id_of[e->number] = (int32_t)(DS_ID_FIRST_WORD + r);
    }
    for (int64_t i = 0; i < b->id_count; i++) {
        out->ids[i] = b->ids[i] >= 0 ? id_of[b->ids[i]] : DS_ID_UNKNOWN;
    }
    out->word_count = b->count;
    free(id_of);
    return CORE_OK;
}

core_status ds_corpus_create(const ds_texts *texts, core_arena *arena, ds_corpus *out, int64_t *out_empty)
{
    builder b = {0};
    ds_corpus corpus = {.count = texts->count, .train_count = texts->train_count};
    *out_empty = -1;
    CORE_TRY(CORE_ARENA_NEW(arena, texts->count + 1, "the texts", corpus.offsets));
    core_status status = read_texts(texts, &b, corpus.offsets, out_empty);
    if (status == CORE_OK) {
        status = take_words(&b, arena, &corpus);
    }
    free(b.pool);
    free(b.entries);
    free(b.slots);
    free(b.ids);
    free(b.word);
    CORE_TRY(status);
    *out = corpus;
    return CORE_OK;
}

void ds_texts_know(ds_texts *texts, const ds_text_options *options)
{
    if (options->words != NULL) {
        texts->words = options->words + DS_ID_FIRST_WORD;
        texts->word_count = options->vocabulary - DS_ID_FIRST_WORD;
    }
}

core_status ds_text_options_check(const ds_text_options *options)
{
    if (options->vocabulary <= DS_ID_FIRST_WORD || options->vocabulary > DS_VOCABULARY_MAX) {
        return core_fail(CORE_BAD_USAGE,
                         "a vocabulary of size %lld; expected %d..%d: it counts padding, the unknown word, and the "
                         "words that are known",
                         (long long)options->vocabulary, DS_ID_FIRST_WORD + 1, DS_VOCABULARY_MAX);
    }
    if (options->max_length < 1 || options->max_length > DS_LENGTH_MAX) {
        return core_fail(CORE_BAD_USAGE, "a longest text of %lld words; expected 1..%d", (long long)options->max_length,
                         DS_LENGTH_MAX);
    }
    return CORE_OK;
}

/* Writes the words of the vocabulary by id; padding and the unknown word share an empty one. */
static core_status select_words(const ds_corpus *corpus, ds_dataset *out)
{
    char *letters;
    int64_t used = 0;
    CORE_TRY(CORE_ARENA_NEW(&out->arena, out->vocabulary, "the vocabulary", out->words));
    CORE_TRY(CORE_ARENA_NEW(&out->arena, corpus->words_bytes + 1, "the words", letters));
    memcpy(letters + 1, corpus->words, (size_t)corpus->words_bytes); /* behind an empty word */
    for (int64_t id = 0; id < out->vocabulary; id++) {
        out->words[id] = letters + used;
        used += id < DS_ID_UNKNOWN ? 0 : (int64_t)strlen(letters + used) + 1;
    }
    return CORE_OK;
}

/* Fills a part with the texts of the corpus from `first` on. */
static core_status select_part(const ds_corpus *corpus, int64_t first, ds_dataset *dataset, ds_part *part)
{
    const int64_t *from = corpus->offsets + first;
    CORE_TRY(CORE_ARENA_NEW(&dataset->arena, part->count, "labels", part->labels));
    CORE_TRY(CORE_ARENA_NEW(&dataset->arena, part->count + 1, "the texts", part->offsets));
    for (int64_t i = 0; i < part->count; i++) {
        int64_t length = from[i + 1] - from[i];
        part->offsets[i + 1] = part->offsets[i] + (length < dataset->max_length ? length : dataset->max_length);
    }
    CORE_TRY(CORE_ARENA_NEW(&dataset->arena, part->offsets[part->count], "the texts' words", part->ids));
    for (int64_t i = 0; i < part->count; i++) {
        int32_t *to = part->ids + part->offsets[i];
        for (int64_t t = 0; t < part->offsets[i + 1] - part->offsets[i]; t++) {
            int32_t id = corpus->ids[from[i] + t];
            to[t] = id < dataset->vocabulary ? id : DS_ID_UNKNOWN;
        }
    }
    return CORE_OK;
}

core_status ds_corpus_select(const ds_corpus *corpus, const char *name, const ds_text_options *options, ds_dataset *out)
{
    static const char *const names[] = {"neg", "pos"};
    CORE_TRY(ds_text_options_check(options));
    CORE_TRY(core_arena_strdup(&out->arena, name, &out->name));
    int64_t most = DS_ID_FIRST_WORD + corpus->word_count;
    out->kind = DS_TEXT;
    out->vocabulary = options->vocabulary < most ? options->vocabulary : most;
    out->max_length = options->max_length;
    out->classes = 2;
    CORE_TRY(CORE_ARENA_NEW(&out->arena, out->classes, "class names", out->class_names));
    for (int k = 0; k < 2; k++) {
        CORE_TRY(core_arena_strdup(&out->arena, names[k], &out->class_names[k]));
    }
    CORE_TRY(select_words(corpus, out));
    out->train.count = corpus->train_count;
    out->test.count = corpus->count - corpus->train_count;
    CORE_TRY(select_part(corpus, 0, out, &out->train));
    return select_part(corpus, corpus->train_count, out, &out->test);
}

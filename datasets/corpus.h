/* datasets/corpus.h - from texts to sequences of ids: the words, the vocabulary, the truncation.
 *
 * Words    those of the training texts (all of them, before any imbalance is made), the most frequent first, words of
 *          equal frequency in the order of their bytes. Test texts add none. Or those that are given, in their order.
 * Ids      0 pads, 1 is any word outside the vocabulary, the word of rank r = 0, 1, ... has id 2 + r. A vocabulary of
 *          size V keeps the ids below V and turns all others into 1, so that one corpus serves every V.
 * Shapes   N texts in all, the training ones first; W words.
 */
#ifndef DATASETS_CORPUS_H
#define DATASETS_CORPUS_H

#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"
#include "datasets/dataset.h"

/* Texts, one after the other, to be read. */
typedef struct {
    int64_t count;          /* N */
    int64_t train_count;    /* the first ones of them */
    const char *bytes;      /* UTF-8 */
    const int64_t *offsets; /* (N + 1) into bytes */
    /* (word_count) all different, the words that have ids; NULL: those of the training texts */
    const char *const *words;
    int64_t word_count;
} ds_texts;

/* Every text as ids of the full vocabulary. Not changed after ds_corpus_create. */
typedef struct {
    int64_t count, train_count;
    int64_t word_count;  /* W */
    char *words;         /* the W words in the order of their ids, a 0 byte behind each */
    int64_t words_bytes; /* of all that */
    int64_t *offsets;    /* (N + 1) into ids */
    int32_t *ids;        /* (offsets[N]), 1 or in [2, 2 + W) */
} ds_corpus;

/* Cuts the texts into words (datasets/tokenizer.h) and counts them, in the arena. *out_empty: CORE_BAD_FILE with the text
 * that has no word, else -1. */
core_status ds_corpus_create(const ds_texts *texts, core_arena *arena, ds_corpus *out,
                             int64_t *out_empty) CORE_MUST_USE;

/* Gives texts the words of another data set, where the options have them (ds_text_options.words). */
void ds_texts_know(ds_texts *texts, const ds_text_options *options);

/* Checks that options lie in their ranges: CORE_BAD_USAGE. */
core_status ds_text_options_check(const ds_text_options *options) CORE_MUST_USE;

/* Fills a zeroed data set with the corpus's texts under `options`: parts, words, vocabulary, length; labels are the
 * caller's to fill. Two classes, neg and pos. */
core_status ds_corpus_select(const ds_corpus *corpus, const char *name, const ds_text_options *options,
                             ds_dataset *out) CORE_MUST_USE;

#endif

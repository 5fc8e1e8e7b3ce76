/* datasets/review_file.h - the files of imported reviews and of their words.
 *
 * Files    in the data set's folder, both HDF5. reviews.h5: `text` (bytes, u8), the reviews one after the other,
 *          `offsets` (N + 1, i64) into it, `rating` (N, u8), and the attribute train_count.
 *          tokens-V.h5, for version V of the tokenizer: `words` (u8, a 0 byte behind each), `offsets` (N + 1, i64) and
 *          `ids` (i32) of the corpus (datasets/corpus.h), and the attributes tokenizer, train_count and
 *          reviews_sha256, the digest of the reviews that it was made from.
 * Digest   SHA-256 of offsets, text and rating of the reviews, as they lie in the file and nothing between.
 */
#ifndef DATASETS_REVIEW_FILE_H
#define DATASETS_REVIEW_FILE_H

#include <stdbool.h>

#include "core/memory.h"
#include "core/status.h"
#include "datasets/corpus.h"
#include "datasets/dataset.h"

typedef struct {
    ds_texts texts;
    const uint8_t *ratings; /* (N) */
} ds_review_file;

/* Whether a file of the two kinds may have that name, of this version of the tokenizer or another. */
bool ds_review_file_is_name(const char *name);

/* Writes FOLDER/reviews.h5. CORE_MACHINE: memory, or the folder cannot be written. */
core_status ds_review_file_write(const char *folder, const ds_review_file *reviews) CORE_MUST_USE;

/* Reads it into the arena. CORE_BAD_FILE: missing, damaged or foreign. */
core_status ds_review_file_read(const char *folder, core_arena *arena, ds_review_file *out) CORE_MUST_USE;

/* CORE_MACHINE: memory. */
core_status ds_review_file_digest(const ds_review_file *reviews, char sha256[DS_SHA256_BYTES]) CORE_MUST_USE;

/* Writes FOLDER/tokens-V.h5 for this version; sha256 is the digest of the reviews. Errors as ds_review_file_write. */
core_status ds_token_file_write(const char *folder, const ds_corpus *corpus,
                                const char sha256[DS_SHA256_BYTES]) CORE_MUST_USE;

/* Reads it into the arena, and the digest that it names. CORE_BAD_FILE: missing, damaged, foreign, of another version. */
core_status ds_token_file_read(const char *folder, core_arena *arena, ds_corpus *out,
                               char sha256[DS_SHA256_BYTES]) CORE_MUST_USE;

#endif

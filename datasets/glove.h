/* datasets/glove.h - word vectors from a text file of GloVe's form: a line is a word and E numbers with spaces between.
 * The last E fields are the vector, the text before them is the word; a word may have spaces (some of 840B do).
 *
 * Source   Pennington, Socher and Manning, "GloVe: global vectors for word representation", EMNLP 2014, and the files
 *          of its authors. The tokenizer makes words of the same form (lower case, "do" "n't"): use an uncased file
 *          (6B).
 */
#ifndef DATASETS_GLOVE_H
#define DATASETS_GLOVE_H

#include <stdint.h>

#include "core/status.h"

/* Reads the vectors of `words` (V), by id as in ds_dataset, into out (V, E): the row of every word that the file has;
 * other rows (padding and unknown too) stay what they are. A word's first line counts. *out_found: how many rows were
 * read. CORE_BAD_FILE: missing, a line of another width, a header, a zero byte or, of a word that is taken, a field
 * that is no finite decimal number in a float's range, naming file and line; out is then unchanged. CORE_MACHINE:
 * memory. */
core_status ds_glove_load(const char *path, char *const *words, int64_t V, int64_t E, float *out,
                          int64_t *out_found) CORE_MUST_USE;

#endif

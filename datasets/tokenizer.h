/* datasets/tokenizer.h - cuts a review into words and punctuation marks.
 *
 * Rules    1. A line break of HTML, "<br />" in any case and spacing and with or without the stroke, is a space.
 *          2. A word is a run of ASCII letters, digits and characters beyond ASCII; ASCII letters become lower case,
 *             others stay as they are. An apostrophe (', and U+2019 and U+00B4, which become ') between two of them
 *             belongs to the word.
 *          3. A word that ends in n't, 's, 'm, 'd, 're, 've or 'll is two: "don't" is "do" "n't", "it's" "it" "'s" (as
 *             in the Penn Treebank, and so in GloVe's vectors).
 *          4. Any other ASCII mark is a word of its own; a run of the same mark is one, cut to three: "!!!!!" is "!!!".
 *          5. Spaces, control characters, U+0080..U+00BF (controls and signs of Latin-1) and U+2000..U+206F (general
 *             punctuation) only separate.
 * Version  A change of a rule must raise DS_TOKENIZER_VERSION: words that another version stored are then made again.
 * No locale, no allocation, no file: the same text gives the same words everywhere.
 */
#ifndef DATASETS_TOKENIZER_H
#define DATASETS_TOKENIZER_H

#include <stdbool.h>
#include <stdint.h>

enum { DS_TOKENIZER_VERSION = 1 };

/* A walk over a text. Set text and bytes; the rest starts at zero. */
typedef struct {
    const char *text; /* valid UTF-8, borrowed; a 0 byte is a control character */
    int64_t bytes;
    int64_t at;    /* read so far; private */
    int64_t after; /* end of the suffix that rule 3 split off the word before; private */
} ds_tokenizer;

/* Writes the next word, without a 0 byte behind it, to word (at least as long as the text) and its bytes, at least 1,
 * to *word_bytes. false: there is none. */
bool ds_tokenizer_next(ds_tokenizer *tokenizer, char *word, int64_t *word_bytes);

/* The offset of the first byte that does not belong to a well-formed UTF-8 character (RFC 3629: nothing overlong, no
 * surrogates, nothing past U+10FFFF), -1: there is none. */
int64_t ds_utf8_find_error(const char *text, int64_t bytes);

#endif

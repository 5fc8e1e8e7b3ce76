/* datasets/reviews.h - `reviews`: short film reviews that tailbit writes itself, with no file.
 *
 * Every review is a pure function of (part, index), written with Philox: the same words on every machine. One to three
 * sentences judge the film, with words of praise or blame, plain or negated ("far from being dull"); their meaning is
 * the class. In a quarter of the reviews a lukewarm word ("slow") only makes the class likely. Other sentences tell the
 * plot, or the opinion of others with the same words: counting words is not enough. Train and test parts are
 * written alike, balanced, classes in turn (label = index mod 2: 0 neg, 1 pos).
 *
 * Name     "reviews": the default sizes; "reviews:TRAIN:TEST": that many reviews a class. The texts of a smaller set
 *          are a prefix of those of a larger one; ids follow the frequencies of the words in the set.
 */
#ifndef DATASETS_REVIEWS_H
#define DATASETS_REVIEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "datasets/dataset.h"

enum { DS_REVIEWS_MAX_PER_CLASS = 100000, DS_REVIEWS_BYTES = 1024 };

/* Whether `name` is "reviews" or begins with "reviews:". */
bool ds_reviews_is_name(const char *name);

/* Writes the data set into a zeroed one. CORE_BAD_USAGE: a name that is not "reviews" or "reviews:TRAIN:TEST" with both
 * in 1..100000, or options out of range. */
core_status ds_reviews_load(const char *name, const ds_text_options *options, ds_dataset *out) CORE_MUST_USE;

/* Writes review `index` of the training (test false) or test part, of class `label`; returns its bytes, without the 0
 * byte behind it. */
int64_t ds_reviews_write(bool test, int64_t index, int32_t label, char text[DS_REVIEWS_BYTES]);

#endif

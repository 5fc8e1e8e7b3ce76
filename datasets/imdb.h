/* datasets/imdb.h - the Large Movie Review Dataset: 50,000 film reviews, half of them positive.
 *
 * Source   Maas et al., "Learning word vectors for sentiment analysis", ACL 2011; https://ai.stanford.edu/~amaas/data/
 *          sentiment, "aclImdb_v1": {train,test}/{neg,pos}/NUMBER_RATING.txt. Its unlabelled part is not read.
 * Order    train neg, train pos, test neg, test pos; by number in each. Labels: neg 0, pos 1.
 * Checked  always, whatever was said about MD5: every number 0..12499 once in each of the four folders and no other
 *          file directly in them (but those whose name begins with a dot), the rating in the name (1..4 in neg, 7..10
 *          in pos), the sizes, UTF-8, and that every review has a word.
 * Files    those of datasets/review_file.h.
 */
#ifndef DATASETS_IMDB_H
#define DATASETS_IMDB_H

#include "datasets/official.h"

enum { DS_IMDB_PER_CLASS = 12500, DS_IMDB_REVIEW_MAX_BYTES = 65536, DS_IMDB_MAX_BYTES = 100000000 };

/* The data set's description for ds_official_at. */
const ds_official *ds_imdb_official(void);

#endif

/* tests/nn/text.h - biLSTMs with weights, sequences and labels from formulas, as in nn_bilstm.py. */
#ifndef TESTS_NN_TEXT_H
#define TESTS_NN_TEXT_H

#include "nn/model.h"
#include "tests/nn/support.h"

enum { TEXT_CLASSES = 2, TEXT_HIDDEN = 48, TEXT_FEATURES = 96, LONGEST = 60, MOST_SEQUENCES = 64, VOCABULARY = 23 };

/* Vocabulary 23, word vectors 10, 48 hidden units, shard 4, 16 groups, 2 threads, dropout off. */
nn_bilstm_config text_config(int layers, nn_head_kind head, int64_t batch);

/* A network whose parameters come from the formula; nn_model_destroy. */
nn_model *make_text_network(const nn_bilstm_config *config);

/* What a step or an evaluation is fed with, and what it has shown. */
typedef struct {
    nn_head_kind head;
    int64_t count;
    uint32_t salt; /* of the sequences */
    uint32_t step; /* of the run, from 0 */
    int32_t tokens[MOST_SEQUENCES][LONGEST + 8];
    int64_t lengths[MOST_SEQUENCES];
    float features[MOST_SEQUENCES * TEXT_FEATURES];
    float logits[MOST_SEQUENCES * TEXT_CLASSES];
} text_feed;

/* A new feed with nn_bilstm.py's sequences of a salt; ids behind a sequence's end are no tokens. free with free(). */
text_feed *make_text_feed(nn_head_kind head, int64_t count, uint32_t salt, uint32_t step);

/* One step of Adam with nn_bilstm.py's rates. */
void text_step(nn_model *model, text_feed *feed);

/* Steps first..first + steps - 1, each on a mini-batch of `count` of nn_bilstm.py's. */
void text_steps(nn_model *model, nn_head_kind head, int64_t count, uint32_t first, uint32_t steps);

/* Fills the feed's features and logits. */
void text_evaluate(nn_model *model, text_feed *feed);

#endif

/* tests/nn/truth.h - a scenario of nn_network.py, run and compared. */
#ifndef TESTS_NN_TRUTH_H
#define TESTS_NN_TRUTH_H

#include "tests/nn/network.h"

typedef struct {
    const char *network; /* named_shape */
    nn_head_kind head;
    int64_t batch;
    uint32_t steps;
    int64_t groups;
    double first_tolerance, last_tolerance; /* of the first step, of what follows */
    int64_t height, width;                  /* of an image */
    int64_t norm_group;                     /* nn_resnet_config's; with it the network recomputes */
} truth_case;

/* Logits of every step, every tensor after the first and the last one, and an evaluation equal PyTorch's. */
void expect_truth(const golden_file *golden, const truth_case *truth);

#endif

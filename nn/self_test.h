/* nn/self_test.h - whether two machines do the same arithmetic, on images and on texts. */
#ifndef NN_SELF_TEST_H
#define NN_SELF_TEST_H

#include "core/status.h"

enum { NN_SELF_TEST_BYTES = 17 };

/* Hashes the outputs of what ResNets are made of (convolutions of 32x32 images and two of 1x1, forward and both backwards, and
 * our own kernels) on fixed inputs: equal text, equal arithmetic. The 7x7 stem, its pooling and the join of a
 * projection are not among them. About 0.05 s. Writes 16 hex digits and a 0 byte. Only
 * after nn_start. CORE_MACHINE: memory, or oneDNN refused. */
core_status nn_self_test(char text[NN_SELF_TEST_BYTES]) CORE_MUST_USE;

/* The same for text networks, which use no oneDNN: a small one trains and evaluates. One text on all machines. */
core_status nn_self_test_text(char text[NN_SELF_TEST_BYTES]) CORE_MUST_USE;

#endif

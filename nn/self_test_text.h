/* nn/self_test_text.h - whether two machines do the same arithmetic on texts. */
#ifndef NN_SELF_TEST_TEXT_H
#define NN_SELF_TEST_TEXT_H

#include "nn/self_test.h"

/* As nn_self_test, of text networks, which use no oneDNN: a small one trains and evaluates. One text for all machines. */
core_status nn_self_test_text(char text[NN_SELF_TEST_BYTES]) CORE_MUST_USE;

#endif

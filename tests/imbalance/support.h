/* tests/imbalance/support.h - what the tests of this folder share: inputs from formulas. */
#ifndef TESTS_IMBALANCE_SUPPORT_H
#define TESTS_IMBALANCE_SUPPORT_H

#include "tests/support.h"

/* Numbers in [-1/2, 1/2), as noise() in tests/golden/imb_losses.py. */
static inline double noise(int64_t i, int64_t salt)
{
    uint64_t mixed = (uint64_t)i * 2654435761u + (uint64_t)salt * 40503u + (uint64_t)(i * i % 8191) * 524287u;
    return (double)(mixed % (UINT64_C(1) << 32)) / 4294967296.0 - 0.5;
}

#endif

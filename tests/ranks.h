/* tests/ranks.h - a test program that runs alone and, by tests/end_to_end/ranks.py, on several ranks. */
#ifndef TESTS_RANKS_H
#define TESTS_RANKS_H

#include "core/comm.h"
#include "tests/support.h"

/* Before the suite is made: joins the other ranks. */
static inline void begin_ranks(void)
{
    if (core_comm_start() != CORE_OK) {
        core_comm_abort(CORE_MACHINE);
    }
}

/* Runs the suite and leaves them. */
static inline int run_suite_on_ranks(Suite *suite)
{
    const int failed = run_suite(suite);
    core_comm_end();
    return failed;
}

#endif

/* tests/results/sample.h - a small finished run with every part, of high-entropy numbers that only `seed` changes. */
#ifndef TESTS_RESULTS_SAMPLE_H
#define TESTS_RESULTS_SAMPLE_H

#include <stdint.h>

#include "core/memory.h"
#include "results/runs/run_file.h"

enum { SAMPLE_E = 3, SAMPLE_K = 4, SAMPLE_P = 3, SAMPLE_Q = 2, SAMPLE_TRAIN = 11, SAMPLE_TEST = 9, SAMPLE_D = 5 };

/* Memory belongs to the arena; the test fails when there is none. */
res_run sample_run(core_arena *arena, uint64_t seed);

/* Adds held-out examples to it. */
void sample_hold_out(res_run *run, core_arena *arena, uint64_t seed);

/* The same run after `epochs` < SAMPLE_E epochs: no final results, no final features, another state. */
res_run sample_unfinished(core_arena *arena, uint64_t seed, int64_t epochs);

#endif

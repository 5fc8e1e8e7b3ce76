/* experiments/bench/bench_command.h - `tailbit bench`: prints the engine's speeds or serves them to another program. */
#ifndef EXPERIMENTS_BENCH_BENCH_COMMAND_H
#define EXPERIMENTS_BENCH_BENCH_COMMAND_H

#include <stdio.h>

#include "experiments/bench/bench.h"

/* Measures training, evaluation and memory, about half a minute, and writes a line for each to `out`, with `machine` (CPU
 * and instruction set) and both peaks behind it. */
core_status xp_bench_report(const xp_bench_config *config, const char *machine, FILE *out) CORE_MUST_USE;

/* Answers each line of `in` with one number, until it ends: "train S N" and "evaluate S N" (images or words per second over
 * at least S seconds and N mini-batches), "train_gflop", "evaluate_gflop" (per image or word), with texts "length I" and "bound" (words per
 * second), "peak" and "peak_loads" (GFLOP/s), "memory" (MiB). So two programs can be measured in turns. CORE_BAD_USAGE:
 * another line. */
core_status xp_bench_serve(const xp_bench_config *config, FILE *in, FILE *out) CORE_MUST_USE;

#endif

/* experiments/bench.h - throughput of the engine alone: ResNet-32, batch 128, on batches that lie in memory.
 *
 * A training step is forward, cross-entropy, backward and SGD. Speeds are wall-clock, and this machine's other work is
 * in them: compare only what was measured in turns (tests/bench/throughput.py does that against PyTorch).
 */
#ifndef EXPERIMENTS_BENCH_H
#define EXPERIMENTS_BENCH_H

#include <stdint.h>

#include "core/status.h"

typedef struct {
    int threads;
    int64_t batch, shard, groups;
    int depth;
} xp_bench_config;

typedef struct xp_bench xp_bench;

/* Needs nn_start. Owned by the caller: xp_bench_destroy. */
core_status xp_bench_create(const xp_bench_config *config, xp_bench **out) CORE_MUST_USE;
void xp_bench_destroy(xp_bench *bench);

/* Works for at least `seconds` and writes images per second of wall-clock time. */
core_status xp_bench_train(xp_bench *bench, double seconds, double *images_per_s) CORE_MUST_USE;
core_status xp_bench_evaluate(xp_bench *bench, double seconds, double *images_per_s) CORE_MUST_USE;

/* 10^9 floating-point operations that an image costs in the convolutions and the head: a training step's, forward and
 * both backwards, or an evaluation's. */
double xp_bench_train_gflop(const xp_bench *bench);
double xp_bench_evaluate_gflop(const xp_bench *bench);

/* Multiply-adds on registers only, on every thread at once: the machine's peak in GFLOP/s, the best of a few tries. */
core_status xp_bench_peak(int threads, double *gflops) CORE_MUST_USE;

/* The most memory that this process has held, less what it held when `bench` was created, in MiB. */
double xp_bench_memory_mib(const xp_bench *bench);

#endif

/* experiments/bench/bench.h - throughput of the engine alone, on batches that lie in memory.
 *
 * A training step is forward, cross-entropy, backward and update, of a ResNet on images or of the two-layer biLSTM on
 * texts (experiments/bench/bench_text.h). A speed counts images, or words of texts, per second of wall-clock time, and
 * other work on the machine slows it: compare only speeds that were measured in turns (tests/bench/throughput.py does
 * that against PyTorch).
 */
#ifndef EXPERIMENTS_BENCH_BENCH_H
#define EXPERIMENTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "nn/model.h"

typedef struct {
    int threads;
    int64_t batch, shard, groups;
    const char *model; /* its name, for people */
    bool text;         /* the biLSTM; otherwise a ResNet of `shape` for images of side x side */
    nn_resnet_shape shape;
    int64_t side, norm_group; /* of batch norm, as nn_resnet_config has it */
    bool recompute;           /* likewise */
} xp_bench_config;

typedef struct xp_bench xp_bench;

/* Needs nn_start. Owned by the caller: xp_bench_destroy. */
core_status xp_bench_create(const xp_bench_config *config, xp_bench **out) CORE_MUST_USE;
void xp_bench_destroy(xp_bench *bench);

/* How long a measurement takes at least: a step of a large network may take longer than the seconds. */
typedef struct {
    double seconds;
    int64_t steps; /* mini-batches; at least 1 */
} xp_bench_span;

/* Works for that long, on texts for a whole number of passes over all of them, and writes images or words per second of
 * wall-clock time. */
core_status xp_bench_train(xp_bench *bench, xp_bench_span least, double *rate) CORE_MUST_USE;
core_status xp_bench_evaluate(xp_bench *bench, xp_bench_span least, double *rate) CORE_MUST_USE;

/* Texts only: the length of text i of XP_BENCH_BATCHES * batch, and the words a second that oneDNN's LSTM kernels alone
 * would train on all threads, at the best of several sizes of a shard (nn/lstm_bound.h). */
int64_t xp_bench_length(const xp_bench *bench, int64_t i);
core_status xp_bench_bound(const xp_bench *bench, double *rate) CORE_MUST_USE;

/* 10^9 floating-point operations that an image, or a word, costs in the convolutions and the head, or the LSTM: a
 * training step's, forward and both backwards, or an evaluation's. */
double xp_bench_train_gflop(const xp_bench *bench);
double xp_bench_evaluate_gflop(const xp_bench *bench);

/* Multiply-adds on every thread at once, in GFLOP/s, the best of a few tries: on registers alone, which is the peak of
 * the machine, or with one operand read from the L1 cache (experiments/bench/peak.h), which should come close to it. */
typedef enum { XP_BENCH_REGISTERS, XP_BENCH_LOADS } xp_bench_loop;
core_status xp_bench_peak(int threads, xp_bench_loop loop, double *gflops) CORE_MUST_USE;

/* The most memory that this process has held, less what it held when `bench` was created, in MiB. */
double xp_bench_memory_mib(const xp_bench *bench);

#endif

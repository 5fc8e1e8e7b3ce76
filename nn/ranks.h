/* nn/ranks.h - how the ranks (core/comm.h) divide a training step, and what crosses them.
 *
 * Shards   Rank r has a contiguous range of the groups of shards; of a short mini-batch's groups too. A rank may have none.
 * Sums     over groups or shards: a rank combines the nodes of the tree (core/tree.h) inside its range and sends them;
 *          the receiver combines the rest. So the bits are those of one rank.
 * Weights  are cut in rows, of which each rank has a contiguous part: it receives their gradient, updates them, has their
 *          optimiser's buffers, and sends the new weights to all.
 */
#ifndef NN_RANKS_H
#define NN_RANKS_H

#include <stdint.h>

#include "core/comm.h"
#include "core/memory.h"
#include "core/team.h"

/* Values that are cut: `rows` rows of `width` from `offset` on. */
typedef struct {
    int64_t offset, width, rows;
} nn_cut;

/* The division of one mini-batch. Arrays are (count + 1) borders: rank r has borders[r]..borders[r + 1]. */
typedef struct {
    int rank, count;
    int64_t *groups, *shards, *rows; /* rows: of the cut at hand */
    double *nodes;                   /* (node_doubles) of other sums, as they travel */
    int64_t node_doubles;
    core_comm_parts parts; /* of the next exchange */
} nn_ranks;

/* Makes the arrays for `count` ranks, of which this is `rank`. node_doubles stays. CORE_MACHINE: memory. */
core_status nn_ranks_create(core_arena *arena, int rank, int count, nn_ranks *out) CORE_MUST_USE;

/* Divides `shards` shards in groups of `group_shards`. */
void nn_ranks_divide(nn_ranks *ranks, int64_t shards, int64_t group_shards);

static inline core_range nn_ranks_own(const nn_ranks *ranks, const int64_t *borders)
{
    return (core_range){borders[ranks->rank], borders[ranks->rank + 1]};
}

/* Part `thread` of `threads` of this rank's part of 0..count-1. */
core_range nn_ranks_range(const nn_ranks *ranks, int64_t count, int thread, int threads);

/* Adds to the next exchange: the rows of a cut of `values`, which `move` moves between their owners and others. */
void nn_ranks_move_cut(nn_ranks *ranks, nn_cut cut, float *values, core_comm_move *move);

#endif

/* experiments/training/ranks.h - a run on several ranks (core/comm.h): what they must have in common, and how rank 0 gets the
 * results of all.
 *
 * Rank 0   has the run file and its lock, prints, and decides; the others compute. All go through the same functions in the
 *          same order, and agree behind each that may fail.
 */
#ifndef EXPERIMENTS_TRAINING_RANKS_H
#define EXPERIMENTS_TRAINING_RANKS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/comm.h"
#include "core/status.h"

/* An array of rows, of which each rank has filled some; rows NULL: none. */
typedef struct {
    void *rows;
    int64_t row_bytes;
} xp_field;

/* Gives rank 0 every row. own (count): whether this rank has filled the row places[i], or where places is NULL first + i. */
typedef struct {
    const bool *own;
    const int64_t *places;
    int64_t first, count;
} xp_owned;
void xp_ranks_gather(const xp_owned *owned, const xp_field *fields, int field_count);

/* Whether this process is the one that writes and prints. */
static inline bool xp_is_writer(void) { return core_comm_rank() == 0; }

#endif

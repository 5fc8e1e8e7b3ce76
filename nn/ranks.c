#include "nn/ranks.h"

core_status nn_ranks_create(core_arena *arena, int rank, int count, nn_ranks *out)
{
    nn_ranks ranks = {.rank = rank, .count = count, .node_doubles = out->node_doubles};
    CORE_TRY(CORE_ARENA_NEW(arena, ranks.count + 1, "the ranks' groups", ranks.groups));
    CORE_TRY(CORE_ARENA_NEW(arena, ranks.count + 1, "the ranks' shards", ranks.shards));
    CORE_TRY(CORE_ARENA_NEW(arena, ranks.count + 1, "the ranks' rows", ranks.rows));
    CORE_TRY(CORE_ARENA_NEW(arena, count > 1 ? ranks.node_doubles : 0, "batch-norm nodes", ranks.nodes));
    *out = ranks;
    return CORE_OK;
}

static void cut_evenly(const nn_ranks *ranks, int64_t count, int64_t *borders)
{
    for (int r = 0; r < ranks->count; r++) {
        borders[r + 1] = core_team_range(count, r, ranks->count).end;
    }
}

void nn_ranks_divide(nn_ranks *ranks, int64_t shards, int64_t group_shards)
{
    cut_evenly(ranks, (shards + group_shards - 1) / group_shards, ranks->groups);
    for (int r = 0; r < ranks->count; r++) {
        const int64_t end = ranks->groups[r + 1] * group_shards;
        ranks->shards[r + 1] = end < shards ? end : shards;
    }
}

core_range nn_ranks_range(const nn_ranks *ranks, int64_t count, int thread, int threads)
{
    const core_range own = core_team_range(count, ranks->rank, ranks->count);
    const core_range part = core_team_range(own.end - own.begin, thread, threads);
    return (core_range){own.begin + part.begin, own.begin + part.end};
}

void nn_ranks_move_cut(nn_ranks *ranks, nn_cut cut, float *values, core_comm_move *move)
{
    cut_evenly(ranks, cut.rows, ranks->rows);
    move(&ranks->parts, values + cut.offset, cut.width * (int64_t)sizeof *values, ranks->rows);
}

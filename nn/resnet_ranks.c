#include <string.h>

#include "nn/resnet_step.h"

/* The nodes of one rank in a group of a layer's batch norm, and where they lie behind each other as they travel: of each the
 * count, then both sums of every channel. */
typedef struct {
    nn_norm_sums *sums; /* of the group */
    int64_t channels;
    int64_t n; /* shards of the group */
    int rank;
    const int64_t *nodes; /* as core_tree_nodes leaves them */
    int count;
    double *packed;
} run;

static int64_t run_doubles(const run *r) { return r->count * (1 + 2 * r->channels); }

/* The places of a node: its count and its sums. */
static double *node_place(const run *r, int i) { return r->packed + i * (1 + 2 * r->channels); }

static void pack(const run *r, int i)
{
    const nn_norm_sums *sums = &r->sums[r->nodes[2 * i]];
    double *to = node_place(r, i);
    to[0] = (double)sums->count;
    memcpy(to + 1, sums->first, sizeof *to * (size_t)r->channels);
    memcpy(to + 1 + r->channels, sums->second, sizeof *to * (size_t)r->channels);
}

static void unpack(const run *r, int i)
{
    nn_norm_sums *sums = &r->sums[r->nodes[2 * i]];
    const double *from = node_place(r, i);
    sums->count = (int64_t)from[0];
    memcpy(sums->first, from + 1, sizeof *from * (size_t)r->channels);
    memcpy(sums->second, from + 1 + r->channels, sizeof *from * (size_t)r->channels);
}

/* Combines this rank's nodes and adds them to the exchange; of others it adds their parts. */
static void send_run(nn_ranks *ranks, const nn_resnet_crossing *c, const run *r)
{
    const int64_t bytes = run_doubles(r) * (int64_t)sizeof *r->packed;
    if (r->rank != ranks->rank) {
        core_comm_receive(&ranks->parts, r->rank, r->packed, bytes);
        return;
    }
    for (int i = 0; i < r->count; i++) {
        nn_norm_combination node = {r->sums + r->nodes[2 * i], r->channels};
        core_tree_combine(r->nodes[2 * i + 1] - r->nodes[2 * i], c->how, &node);
        pack(r, i);
    }
    for (int to = 0; to < ranks->count; to++) {
        if (to != ranks->rank) {
            core_comm_send(&ranks->parts, to, r->packed, bytes);
        }
    }
}

/* Puts the nodes of another rank in their places; behind the last rank's the group is made whole. */
static void take_run(nn_ranks *ranks, const nn_resnet_crossing *c, const run *r)
{
    for (int i = 0; i < r->count && r->rank != ranks->rank; i++) {
        unpack(r, i);
    }
    if (r->rank == ranks->count - 1) {
        nn_norm_combination whole = {r->sums, r->channels};
        core_tree_combine_remaining(r->n, ranks->count, ranks->rows, c->how, &whole);
    }
}

typedef void (*run_visit)(nn_ranks *ranks, const nn_resnet_crossing *c, const run *r);

/* The borders of the ranks inside a group of batch norm, from its first shard on. */
static void set_borders(nn_ranks *ranks, core_range group)
{
    for (int r = 0; r <= ranks->count; r++) {
        const int64_t at = ranks->shards[r] < group.begin ? group.begin : ranks->shards[r];
        ranks->rows[r] = (at < group.end ? at : group.end) - group.begin;
    }
}

/* Visits the runs of a layer, whose first lies at `packed`; returns where the next layer's lies. */
static double *visit_layer(nn_resnet_member *m, const nn_resnet_crossing *c, int layer, run_visit visit, double *packed)
{
    nn_resnet *model = m->step->model;
    nn_ranks *ranks = &model->base.ranks;
    int64_t nodes[2 * CORE_TREE_NODES];
    for (int64_t g = 0; g < nn_resnet_norm_groups(model, m->step->shards); g++) {
        const core_range shards = nn_resnet_norm_group(m, g);
        run r = {.sums = nn_resnet_sums(m, m->stage + 1, layer) + shards.begin,
                 .channels = model->layers[layer].extent.channels,
                 .n = shards.end - shards.begin,
                 .nodes = nodes,
                 .packed = packed};
        set_borders(ranks, shards);
        for (; r.rank < ranks->count; r.rank++) {
            r.count = core_tree_nodes(r.n, ranks->rows[r.rank], ranks->rows[r.rank + 1], nodes);
            visit(ranks, c, &r);
            r.packed += run_doubles(&r);
        }
        packed = r.packed;
    }
    return packed;
}

static void visit_norms(nn_resnet_member *m, const nn_resnet_crossing *c, run_visit visit)
{
    if (c->norm >= 0) {
        double *next = visit_layer(m, c, c->norm, visit, m->step->model->base.ranks.nodes);
        if (c->norm_projects) {
            visit_layer(m, c, nn_resnet_projection(nn_resnet_block_of(m->step->model, c->norm)), visit, next);
        }
    }
}

static void combine_gradient(nn_resnet_member *m, int layer)
{
    const nn_gradient_sums sums = nn_resnet_gradient_sums(m, layer);
    nn_gradient_combine_own(&m->step->optimiser, nn_conv_weight_count(m->step->model->layers[layer].conv), &sums,
                            m->worker.thread, m->threads);
}

static void add_gradient(nn_resnet_member *m, int layer)
{
    const nn_gradient_sums sums = nn_resnet_gradient_sums(m, layer);
    nn_gradient_add_parts(&m->step->model->base.ranks, nn_conv_weight_count(m->step->model->layers[layer].conv), &sums);
}

static void add_updated(nn_resnet_member *m, int layer)
{
    nn_resnet *model = m->step->model;
    nn_ranks_move_cut(&model->base.ranks, nn_resnet_cut(model, layer), model->base.parameters.values, core_comm_share);
}

/* What the head's gradient is made of: every rank has its own examples' (nn_resnet_update_head). */
static void add_head_inputs(nn_resnet_member *m)
{
    const nn_resnet *model = m->step->model;
    nn_ranks *ranks = &m->step->model->base.ranks;
    const nn_head *head = &model->base.head;
    const int64_t one = sizeof(float);
    for (int r = 0; r <= ranks->count; r++) {
        const int64_t examples = ranks->shards[r] * model->config.shard;
        ranks->rows[r] = examples < m->step->count ? examples : m->step->count;
    }
    core_comm_share(&ranks->parts, model->features, head->features * one, ranks->rows);
    core_comm_share(&ranks->parts, model->dlogits, head->classes * one, ranks->rows);
    if (head->kind == NN_HEAD_COSINE) {
        core_comm_share(&ranks->parts, model->logits, head->classes * one, ranks->rows);
        core_comm_share(&ranks->parts, model->norms, one, ranks->rows);
    }
}

static void add_head(nn_resnet_member *m)
{
    nn_model *base = &m->step->model->base;
    nn_ranks_move_cut(&base->ranks, nn_model_head_weights(base), base->parameters.values, core_comm_share);
    nn_ranks_move_cut(&base->ranks, nn_model_head_biases(base), base->parameters.values, core_comm_share);
}

void nn_resnet_cross(nn_resnet_member *m, const nn_resnet_crossing *c)
{
    nn_ranks *ranks = &m->step->model->base.ranks;
    if (ranks->count == 1) {
        return;
    }
    nn_resnet_visit_stage(m, c->gradient, combine_gradient);
    core_team_barrier();
    if (m->worker.thread == 0) {
        visit_norms(m, c, send_run);
        nn_resnet_visit_stage(m, c->gradient, add_gradient);
        nn_resnet_visit_stage(m, c->updated, add_updated);
        if (c->has_loss) {
            add_head_inputs(m);
        }
        if (c->updated_head) {
            add_head(m);
        }
        core_comm_exchange(&ranks->parts);
        visit_norms(m, c, take_run);
    }
    core_team_barrier();
}

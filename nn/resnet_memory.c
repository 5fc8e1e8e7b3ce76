#include "nn/onednn.h"
#include "nn/resnet.h"

/* Floats of the parts of a network, as nn/resnet_build.c allocates them (a test holds this room to that). */
typedef struct {
    int64_t weights, channels; /* of all convolutions; of all batch norms */
    int64_t stage_weights;     /* the most that one stage has the gradients of */
    int64_t most_weights, most_channels;
    /* Activations of an example: of the layers inside blocks, of those at their ends, the most of these of one block, the
     * outputs that are kept; the largest, and the largest that does not end its block. */
    int64_t inner, ends, most_ends, outputs, largest, largest_inner;
} sizes;

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static sizes size_of_plan(const nn_resnet_plan *plan)
{
    sizes s = {0};
    for (int b = 0; b < plan->block_count; b++) {
        const nn_resnet_block *block = &plan->blocks[b];
        int64_t first = 0, ends = 0;
        for (int l = block->first; l < nn_resnet_block_end(block); l++) {
            const nn_resnet_conv *c = &plan->layers[l];
            const int64_t weights = c->in * c->out * c->kernel * c->kernel;
            const int64_t activations = c->out * nn_plane_pixels(c->out_plane);
            first = l == block->first ? weights : first;
            s.weights += weights;
            s.channels += c->out;
            s.inner += l < block->last ? activations : 0;
            ends += l < block->last ? 0 : activations;
            s.largest = larger(s.largest, activations);
            s.largest_inner = larger(s.largest_inner, l < block->last ? activations : 0);
            s.most_weights = larger(s.most_weights, weights);
            s.most_channels = larger(s.most_channels, c->out);
            s.stage_weights = larger(s.stage_weights, l > block->last ? first + weights : weights);
        }
        s.ends += ends;
        s.most_ends = larger(s.most_ends, ends);
        s.outputs += b + 1 < plan->block_count ? block->out * nn_plane_pixels(block->out_plane) : 0;
    }
    return s;
}

/* Of a thread's work space. */
static int64_t thread_bytes(const nn_resnet_config *c, const sizes *s, int64_t D, int64_t shards, int64_t groups,
                            int64_t norm_groups)
{
    const int64_t image = NN_IMAGE_CHANNELS * c->height * c->width, lanes = 16 / nn_channel_block();
    const int64_t floats = c->shard * (4 * s->largest + image + 2 * D + c->classes) + s->most_weights +
                           groups * NN_HEAD_COLUMNS + (5 * norm_groups * s->channels + s->most_channels) * lanes;
    const int64_t doubles = 2 * norm_groups * s->channels + 2 * s->most_channels * lanes + 2 * NN_NORM_TILE * shards;
    return floats * (int64_t)sizeof(float) + doubles * (int64_t)sizeof(double);
}

static nn_memory add_up(const nn_resnet_config *c, const nn_resnet_plan *plan)
{
    const sizes s = size_of_plan(plan);
    const int64_t D = plan->blocks[plan->block_count - 1].out, K = c->classes, f = sizeof(float);
    const int64_t shards = (c->batch + c->shard - 1) / c->shard, examples = shards * c->shard;
    const int64_t group_shards = (shards + c->groups - 1) / c->groups,
                  groups = (shards + group_shards - 1) / group_shards;
    const int64_t norm_groups = c->norm_group > 0 ? (examples + c->norm_group - 1) / c->norm_group : 1;
    const int64_t kept = s.inner + (c->recompute ? s.most_ends : s.ends);
    const int64_t image = NN_IMAGE_CHANNELS * c->height * c->width;
    const int64_t parameters = s.weights + 2 * s.channels + K * D + K, statistics = 2 * s.channels;
    const int64_t own = 2 * parameters + statistics + s.weights + 2 * norm_groups * s.channels +
                        (c->head == NN_HEAD_COSINE ? K * D : 0) + 2 * groups * s.stage_weights;
    const int64_t sums = 4 * shards * 2 * s.most_channels * (int64_t)sizeof(double);
    nn_memory memory = {.example_bytes = f * (image + s.outputs + kept + s.largest + s.largest_inner + D + 2 * K + 1),
                        .tensor_bytes = f * (2 * parameters + statistics),
                        .features = D};
    memory.bytes = examples * memory.example_bytes + f * own + sums +
                   c->threads * thread_bytes(c, &s, D, shards, groups, norm_groups);
    return memory;
}

core_status nn_resnet_memory(const nn_resnet_config *config, nn_memory *out)
{
    core_arena arena = {0};
    nn_resnet_plan plan;
    core_status status = nn_resnet_plan_make(&config->shape, (nn_plane){config->height, config->width}, &arena, &plan);
    if (status == CORE_OK) {
        *out = add_up(config, &plan);
    }
    core_arena_free(&arena);
    return status;
}

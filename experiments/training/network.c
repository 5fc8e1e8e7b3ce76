#include "experiments/training/network.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/comm.h"
#include "core/quota.h"
#include "recipes/models.h"

/* What HDF5 and the C library take beside the tensors: a training of the largest mini-batch that an address space of
 * 1500 MiB was said to hold wanted between 8 and 20 MiB more. */
#define ROOM_OF_LIBRARIES ((int64_t)32 << 20)

/* The bytes that a training with the network wants: with the tensors' copy that a check-point is written from, and the file
 * that is made of it; and twice a set of features of `examples` examples, which is written likewise. */
static core_status count_memory(nn_resnet_config config, bool recompute, int64_t examples, nn_memory *network,
                                int64_t *wanted)
{
    config.recompute = recompute;
    CORE_TRY(nn_resnet_memory(&config, network));
    const int64_t others = config.batch - (config.batch + core_comm_count() - 1) / core_comm_count();
    network->bytes -= others * network->example_bytes; /* other ranks touch those */
    const int64_t set = 2 * examples * network->features * (int64_t)sizeof(float), file = 2 * network->tensor_bytes;
    *wanted = core_comm_neighbours(false) * (network->bytes + (set > file ? set : file) + ROOM_OF_LIBRARIES);
    return CORE_OK;
}

/* The largest mini-batch that fits: of whole shards, or of whole groups of batch norm. */
static int64_t count_fitting(const nn_resnet_config *config, const nn_memory *network, int64_t wanted,
                             int64_t available)
{
    const int64_t left = available - (wanted - network->example_bytes * config->batch);
    const int64_t unit = config->norm_group > 0 ? config->norm_group : config->shard;
    return left > 0 ? left / network->example_bytes / unit * unit : 0;
}

/* Fails where a training will not fit into memory: before anything is allocated. `examples`: those whose features are kept
 * beside the run file. */
static core_status check_memory(const nn_resnet_config *config, int64_t examples, int64_t available)
{
    const double gib = 1.0 / (1 << 30);
    nn_memory network, other;
    int64_t wanted, less;
    CORE_TRY(count_memory(*config, config->recompute, examples, &network, &wanted));
    if (available == 0 || wanted <= available) {
        return CORE_OK;
    }
    CORE_TRY(count_memory(*config, true, examples, &other, &less));
    const int64_t fits = count_fitting(config, &network, wanted, available);
    const int64_t fits_less = config->recompute ? 0 : count_fitting(config, &other, less, available);
    char advice[160] = "give a smaller image or network";
    if (less <= available) {
        snprintf(advice, sizeof advice, "give --recompute, with which it wants %.1f GiB, or a smaller --batch",
                 gib * (double)less);
    } else if (fits > 0) {
        snprintf(advice, sizeof advice, "give --batch %" PRId64 " or less", fits);
    }
    if (less > available && fits_less > fits) {
        snprintf(advice + (fits > 0 ? strlen(advice) : 0), sizeof advice / 2,
                 "%s --recompute with --batch %" PRId64 " or less", fits > 0 ? ", or" : "give", fits_less);
    }
    return core_fail(CORE_MACHINE,
                     "this network wants %.1f GiB of memory and %.1f GiB are available; images of %" PRId64
                     " x %" PRId64 " take %.1f MiB an example of a batch: %s",
                     gib * (double)wanted, gib * (double)available, config->height, config->width,
                     1024 * gib * (double)network.example_bytes, advice);
}

static core_status create_resnet(const xp_recipe *recipe, const ds_dataset *data, nn_model **out)
{
    const int stem = xp_stem_kernel(recipe->stem, data->seen_height, data->seen_width);
    nn_resnet_config config = {.height = data->seen_height,
                               .width = data->seen_width,
                               .classes = data->classes,
                               .head = recipe->method->head,
                               .batch = recipe->batch,
                               .shard = recipe->shard,
                               .groups = recipe->groups,
                               .norm_group = recipe->norm_group,
                               .recompute = recipe->recompute,
                               .threads = recipe->threads,
                               .seed = recipe->seed};
    CORE_TRY(xp_model_shape(recipe->model, stem, recipe->v1, &config.shape));
    const bool keeps = recipe->keep_features && data->classes > RES_DENSE_CLASSES;
    CORE_TRY(check_memory(&config, keeps ? data->train.count + data->test.count : 0, core_quota_memory("")));
    return nn_resnet_create(&config, out);
}

static core_status create_bilstm(const xp_recipe *recipe, const ds_dataset *data, nn_model **out)
{
    nn_bilstm_config config = {.vocabulary = data->vocabulary,
                               .embedding = recipe->embedding,
                               .hidden = recipe->hidden,
                               .layers = 2,
                               .classes = data->classes,
                               .head = recipe->method->head,
                               .dropout = recipe->dropout,
                               .batch = recipe->batch,
                               .shard = recipe->shard,
                               .groups = recipe->groups,
                               .threads = recipe->threads,
                               .seed = recipe->seed};
    const core_status status = nn_bilstm_create(&config, out); /* its memory does not grow with the batch */
    return status != CORE_MACHINE ? status
                                  : core_fail(CORE_MACHINE, "%s: give a smaller --hidden, --embedding or --vocabulary",
                                              core_error_message());
}

core_status xp_network_create(const xp_recipe *recipe, const ds_dataset *data, nn_model **out)
{
    return recipe->text ? create_bilstm(recipe, data, out) : create_resnet(recipe, data, out);
}

core_status xp_network_find(const res_state *state, const char *path, const char *name, core_h5_type type,
                            int64_t count, const res_array **out)
{
    const res_array *array = res_state_find(state, name);
    if (array == NULL || array->shape.type != type || core_h5_elements(&array->shape) != count) {
        return core_fail(CORE_BAD_FILE, "%s: its state lacks '%s', expected %lld elements of type %s", path, name,
                         (long long)count, core_h5_type_name(type));
    }
    *out = array;
    return CORE_OK;
}

core_status xp_network_restore(const res_state *state, const char *path, nn_model *model)
{
    for (int64_t t = 0; t < nn_model_tensor_count(model); t++) {
        const nn_tensor_info info = nn_model_tensor(model, t);
        const res_array *stored;
        CORE_TRY(xp_network_find(state, path, info.name, CORE_H5_F32, info.count, &stored));
        CORE_TRY(nn_model_set_tensor(model, t, stored->data));
    }
    return CORE_OK;
}

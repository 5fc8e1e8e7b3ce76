#include "experiments/training/network.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/comm.h"
#include "core/quota.h"
#include "recipes/models.h"

/* What HDF5 and the C library take beside the tensors: a training of the largest mini-batch that an address space of
 * 1500 MiB was said to hold wanted between 8 and 20 MiB more. */
#define ROOM_OF_LIBRARIES ((int64_t)32 << 20)

/* What a network wants of something that is limited, by the mini-batch: fixed + batch * example. */
typedef struct {
    double available, fixed, example;
} demand;

static double wanted(const demand *d, int64_t batch) { return d->fixed + (double)batch * d->example; }

/* Rows of features that a run has in memory at its end: those before the first drop and those of the end, as numbers and in the
 * image of their file. Of many classes each set has a file of its own, and is gone when it is written. */
static int64_t count_rows(const xp_recipe *recipe, const ds_dataset *data, const xp_split *split)
{
    if (split == NULL || !xp_recipe_keeps_features(recipe, split->K)) {
        return 0;
    }
    const int sets = split->K <= RES_DENSE_CLASSES && recipe->schedule.drop_count > 0 ? 2 : 1;
    return 2 * sets * (split->n + data->test.count);
}

/* Of the computer's memory, which its ranks share, each touching its own part of a mini-batch; and of the address space of this
 * process, which maps a whole one. With the tensors' copy that a check-point is written from, the file that is made of it, and `rows`
 * of features. */
static core_status count_demands(nn_resnet_config config, bool recompute, int64_t rows, demand out[2])
{
    nn_memory network;
    config.recompute = recompute;
    CORE_TRY(nn_resnet_memory(&config, &network));
    const int64_t kept = 2 * network.tensor_bytes + rows * network.features * (int64_t)sizeof(float);
    const int64_t fixed = network.bytes - config.batch * network.example_bytes + kept;
    const double neighbours = core_comm_neighbours(false), example = (double)network.example_bytes;
    out[0] = (demand){.available = (double)core_quota_memory(""),
                      .fixed = neighbours * (double)(fixed + ROOM_OF_LIBRARIES),
                      .example = neighbours / core_comm_count() * example};
    out[1] = (demand){.available = (double)core_quota_address_space(),
                      .fixed = (double)(fixed + ROOM_OF_LIBRARIES),
                      .example = example};
    return CORE_OK;
}

/* The largest mini-batch that fits: of whole shards, or of whole groups of batch norm; at most `batch`. */
static int64_t count_fitting(const nn_resnet_config *config, const demand demands[2])
{
    const int64_t unit = config->norm_group > 0 ? config->norm_group : config->shard;
    int64_t fits = config->batch;
    for (const demand *d = demands; d < demands + 2; d++) {
        if (d->available > 0 && wanted(d, fits) > d->available) {
            const double most = (d->available - d->fixed) / d->example;
            fits = most > 0 ? (int64_t)most / unit * unit : 0;
        }
    }
    return fits;
}

/* Fails where a training will not fit into memory: before anything is allocated. */
static core_status check_memory(const nn_resnet_config *config, int64_t rows)
{
    const double gib = 1.0 / (1 << 30);
    demand demands[2], others[2];
    CORE_TRY(count_demands(*config, config->recompute, rows, demands));
    const int64_t fits = count_fitting(config, demands);
    if (fits == config->batch) {
        return CORE_OK;
    }
    CORE_TRY(count_demands(*config, true, rows, others));
    const int64_t fits_less = count_fitting(config, others);
    const demand *worse =
        demands + (demands[0].available == 0 || wanted(&demands[0], config->batch) <= demands[0].available);
    char advice[160] = "give a smaller image or network";
    if (fits_less == config->batch) {
        snprintf(advice, sizeof advice, "give --recompute, with which it wants %.1f GiB, or a smaller --batch",
                 gib * wanted(&others[worse - demands], config->batch));
    } else if (fits > 0 && fits_less > fits) {
        snprintf(advice, sizeof advice,
                 "give --batch %" PRId64 " or less, or --recompute with --batch %" PRId64 " or less", fits, fits_less);
    } else if (fits_less > 0) {
        snprintf(advice, sizeof advice, "give %s--batch %" PRId64 " or less", fits > 0 ? "" : "--recompute with ",
                 fits_less);
    }
    return core_fail(CORE_MACHINE,
                     "this network wants %.1f GiB of memory and %.1f GiB are available; images of %" PRId64
                     " x %" PRId64 " take %.1f MiB an example of a batch: %s",
                     gib * wanted(worse, config->batch), gib * worse->available, config->height, config->width,
                     1024 * gib * worse->example, advice);
}

static core_status create_resnet(const xp_recipe *recipe, const ds_dataset *data, const xp_split *split, nn_model **out)
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
    CORE_TRY(check_memory(&config, count_rows(recipe, data, split)));
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

core_status xp_network_create(const xp_recipe *recipe, const ds_dataset *data, const xp_split *split, nn_model **out)
{
    return recipe->text ? create_bilstm(recipe, data, out) : create_resnet(recipe, data, split, out);
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

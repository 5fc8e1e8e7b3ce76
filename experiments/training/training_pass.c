#include "experiments/training/training_pass.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/tree.h"
#include "datasets/bucket.h"
#include "experiments/training/ranks.h"
#include "imbalance/metrics.h"
#include "nn/schedule.h"

core_status xp_pass_create(const xp_objective *objective, ds_loader *loader, nn_model *model, core_arena *arena,
                           xp_pass *out)
{
    const int64_t n = objective->split->n, batch = objective->recipe->batch;
    xp_pass pass = {.objective = objective, .loader = loader, .model = model, .steps = (n + batch - 1) / batch};
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the epoch's order", pass.order));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the epoch's labels", pass.labels));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the epoch's losses", pass.losses));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the epoch's predictions", pass.predictions));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the epoch's margins", pass.margins));
    CORE_TRY(CORE_ARENA_NEW(arena, n, "the epoch's sums", pass.scratch));
    CORE_TRY(CORE_ARENA_NEW(arena, batch, "the batch's coefficients", pass.coefficients));
    CORE_TRY(CORE_ARENA_NEW(arena, batch, "the batch's owners", pass.own));
    memset(pass.own, true, (size_t)batch * sizeof *pass.own);
    if (objective->recipe->text) {
        CORE_TRY(CORE_ARENA_NEW(arena, n, "the texts' lengths", pass.lengths));
        ds_text_lengths(&ds_loader_dataset(loader)->train, objective->split->index, n, pass.lengths);
    }
    *out = pass;
    return CORE_OK;
}

core_status xp_pass_begin(xp_pass *pass, int64_t epoch, int64_t step)
{
    const xp_split *split = pass->objective->split;
    const xp_recipe *recipe = pass->objective->recipe;
    assert(step >= 0 && step <= pass->steps);
    pass->epoch = epoch;
    pass->step = step;
    xp_objective_order(pass->objective, epoch, pass->order);
    if (pass->lengths != NULL) {
        const ds_bucketing bucketing = {.seed = recipe->seed,
                                        .epoch = epoch,
                                        .batch = recipe->batch,
                                        .multiple = DS_BUCKET_MULTIPLE,
                                        .window = recipe->length_bucket};
        CORE_TRY(ds_bucket_order(&bucketing, pass->lengths, split->n, pass->order));
    }
    for (int64_t p = 0; p < split->n; p++) {
        pass->labels[p] = split->labels[pass->order[p]];
    }
    return CORE_OK;
}

int64_t xp_pass_done(const xp_pass *pass)
{
    int64_t n = pass->objective->split->n, done = pass->step * pass->objective->recipe->batch;
    return done < n ? done : n;
}

/* The place in the data's training part of the example at a position of the epoch. */
static int64_t example_at(const xp_pass *pass, int64_t position)
{
    return pass->objective->split->index[pass->order[position]];
}

static core_status load_images(void *context, int thread, int64_t first, int64_t count, float *images)
{
    const xp_pass *pass = context;
    const xp_recipe *recipe = pass->objective->recipe;
    const ds_dataset *data = ds_loader_dataset(pass->loader);
    const int64_t begin = pass->step * recipe->batch + first;
    for (int64_t i = 0; i < count; i++) {
        const int64_t example = example_at(pass, begin + i);
        const ds_draw draw = {recipe->seed, pass->epoch, begin + i};
        float *image = images + i * ds_image_floats(data);
        CORE_TRY(recipe->augment ? ds_loader_augment(pass->loader, thread, example, &draw, image)
                                 : ds_loader_plain(pass->loader, thread, &data->train, example, image));
    }
    return CORE_OK;
}

/* Asks for the files of the mini-batch from position `begin` on, before the step of the one before it: for the places that
 * this rank had in the last mini-batch, at first for all. */
static void expect_images(const xp_pass *pass, int64_t begin)
{
    const int64_t n = pass->objective->split->n, batch = pass->objective->recipe->batch;
    for (int64_t p = begin; p < begin + batch && p < n; p++) {
        if (pass->own[p - begin]) {
            ds_loader_expect(pass->loader, example_at(pass, p));
        }
    }
}

static nn_sequence sequence(void *context, int64_t position)
{
    const xp_pass *pass = context;
    const xp_objective *objective = pass->objective;
    int64_t element = pass->order[pass->step * objective->recipe->batch + position];
    nn_sequence text;
    text.tokens = ds_sequence(&ds_loader_dataset(pass->loader)->train, objective->split->index[element], &text.length);
    return text;
}

static void compute_losses(void *context, int64_t first, int64_t count, const float *logits, float *dlogits)
{
    xp_pass *pass = context;
    int64_t begin = pass->step * pass->objective->recipe->batch + first, K = pass->objective->loss.K;
    imb_loss_shard shard = {.n = count,
                            .logits = logits,
                            .labels = pass->labels + begin,
                            .coefficients = pass->coefficients + first,
                            .outer = pass->outer,
                            .losses = pass->losses + begin,
                            .dlogits = dlogits};
    memset(pass->own + first, true, (size_t)count * sizeof *pass->own);
    imb_loss_compute(&pass->objective->loss, &shard);
    imb_predict(logits, count, K, pass->predictions + begin);
    imb_example_margins(logits, pass->labels + begin, count, K, pass->margins + begin);
}

/* Checks the losses of this rank's examples among the `count` from `begin` on, the mini-batch of the last step. */
static core_status check_losses(const xp_pass *pass, int64_t begin, int64_t count)
{
    for (int64_t p = begin; p < begin + count; p++) {
        if (pass->own[p - begin] && !isfinite(pass->losses[p])) {
            return core_fail(CORE_DIVERGED, "in step %" PRId64 " of %" PRId64 " the loss is no number (%s)",
                             pass->step + 1, pass->steps, isnan(pass->losses[p]) ? "NaN" : "infinite");
        }
    }
    return CORE_OK;
}

/* Gives rank 0 what the step has left of every example. */
static void gather_results(const xp_pass *pass, int64_t begin, int64_t count)
{
    const xp_owned owned = {.own = pass->own, .first = begin, .count = count};
    const xp_field fields[] = {{pass->losses, sizeof *pass->losses},
                               {pass->predictions, sizeof *pass->predictions},
                               {pass->margins, sizeof *pass->margins}};
    xp_ranks_gather(&owned, fields, sizeof fields / sizeof fields[0]);
}

core_status xp_pass_step(xp_pass *pass)
{
    const xp_recipe *recipe = pass->objective->recipe;
    assert(pass->step < pass->steps);
    int64_t begin = pass->step * recipe->batch, left = pass->objective->split->n - begin;
    int64_t count = left < recipe->batch ? left : recipe->batch;
    pass->outer =
        xp_objective_coefficients(pass->objective, pass->epoch, pass->labels + begin, count, pass->coefficients);
    nn_train_feed feed = {.context = pass, .load = load_images, .sequence = sequence, .loss = compute_losses};
    nn_update update = {.kind = nn_model_optimiser(pass->model),
                        .lr = nn_schedule_lr(&recipe->schedule, pass->epoch),
                        .momentum = (double)recipe->momentum,
                        .beta1 = 0.9, /* PyTorch's defaults */
                        .beta2 = 0.999,
                        .epsilon = 1e-8,
                        .weight_decay = (double)recipe->weight_decay,
                        .step = pass->epoch * pass->steps + pass->step};
    if (!recipe->text) {
        expect_images(pass, begin + count);
    }
    memset(pass->own, false, (size_t)count * sizeof *pass->own);
    core_status status = nn_model_train_step(pass->model, count, &feed, &update);
    status = status == CORE_OK ? check_losses(pass, begin, count) : status;
    CORE_TRY(core_comm_agree(status, NULL));
    gather_results(pass, begin, count);
    pass->step++;
    return CORE_OK;
}

/* pass->losses holds each example's share of its batch's loss. Times the batch's size, it is the example's term in the
 * mean over all examples. */
static double mean_loss(const xp_pass *pass)
{
    int64_t n = pass->objective->split->n, batch = pass->objective->recipe->batch;
    for (int64_t p = 0; p < n; p++) {
        int64_t begin = p / batch * batch;
        int64_t size = n - begin < batch ? n - begin : batch;
        pass->scratch[p] = pass->losses[p] * (double)size;
    }
    core_tree_sum_double(n, 1, 1, pass->scratch);
    return pass->scratch[0] / (double)n;
}

core_status xp_pass_finish(const xp_pass *pass, xp_pass_result *out)
{
    assert(pass->step == pass->steps);
    int64_t n = pass->objective->split->n, K = pass->objective->split->K;
    CORE_TRY(imb_class_error(pass->labels, pass->predictions, n, K, out->class_error, &out->error));
    out->loss = mean_loss(pass);
    return CORE_OK;
}

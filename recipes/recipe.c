#include "recipes/recipe.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/comm.h"
#include "core/team.h"
#include "core/text.h"
#include "datasets/shapes.h"
#include "recipes/effects.h"
#include "recipes/models.h"

static core_status need(const xp_options *options, xp_option_id id)
{
    if (options->text[id] != NULL) {
        return CORE_OK;
    }
    char expected[XP_EXPECTED_BYTES];
    const xp_option *option = xp_option_get(id);
    xp_option_expects(option, expected);
    return core_fail(CORE_BAD_USAGE, "--%s %s is missing, expected %s", option->name, option->argument,
                     option->kind == XP_TEXT ? option->help : expected);
}

/* Writes the advice for a class with too few examples for the imbalance. */
static void advise(const xp_options *options, const xp_split_recipe *split, char *advice, size_t bytes)
{
    const xp_option_id size = split->removes ? XP_REMOVE_FRAC : XP_RHO;
    snprintf(advice, bytes,
             "give --imbalance none instead of %s%s, for all examples as they are, or less than --%s %s%s",
             options->text[XP_IMBALANCE], xp_default_mark(options, XP_IMBALANCE), xp_option_get(size)->name,
             options->text[size], xp_default_mark(options, size));
}

/* What is said of the view; the data decide the rest (xp_recipe_see). */
static ds_view view_of(const xp_options *options)
{
    return (ds_view){
        .text = {.vocabulary = xp_integer(options, XP_VOCABULARY), .max_length = xp_integer(options, XP_MAX_LENGTH)},
        .crop = ds_crop_parse(options->text[XP_CROP]),
        .side = xp_is_auto(options, XP_IMAGE_SIZE) ? 0 : xp_integer(options, XP_IMAGE_SIZE),
        .short_side = xp_is_auto(options, XP_SHORT_SIDE) ? 0 : xp_integer(options, XP_SHORT_SIDE)};
}

core_status xp_split_resolve(const xp_options *options, xp_split_recipe *out)
{
    CORE_TRY(need(options, XP_DATA));
    CORE_TRY(xp_refuse_idle_flags(NULL, options));
    xp_split_recipe split = {.data = options->text[XP_DATA],
                             .data_dir = options->text[XP_DATA_DIR],
                             .data_sha256 =
                                 ds_is_built_in(options->text[XP_DATA]) ? NULL : options->text[XP_DATA_SHA256],
                             .whole = xp_is(options, XP_IMBALANCE, "none"),
                             .removes = xp_is(options, XP_IMBALANCE, "remove"),
                             .split_seed = (uint32_t)xp_integer(options, XP_SPLIT_SEED),
                             .validation_frac = xp_real(options, XP_VALIDATION_FRAC),
                             .view = view_of(options)};
    split.removal = (imb_removal){.removed_class = xp_integer(options, XP_REMOVED_CLASS),
                                  .remove_frac = xp_real(options, XP_REMOVE_FRAC),
                                  .split_seed = split.split_seed};
    if (!split.whole && !split.removes) {
        CORE_TRY(imb_profile_parse(options->text[XP_IMBALANCE], &split.profile.kind));
    }
    split.profile.rho = xp_real(options, XP_RHO);
    split.profile.mu = xp_real(options, XP_MU);
    advise(options, &split, split.advice, sizeof split.advice);
    *out = split;
    return CORE_OK;
}

static core_status resolve_method(const xp_options *options, xp_recipe *out)
{
    CORE_TRY(need(options, XP_METHOD));
    const xp_method *method = xp_method_find(options->text[XP_METHOD]);
    assert(method != NULL);
    out->method = method;
    out->weights = method->weights;
    if (method->rebalance != IMB_PLAIN && !xp_is_auto(options, XP_WEIGHTS)) {
        CORE_TRY(imb_weighting_parse(options->text[XP_WEIGHTS], &out->weights));
    } else if (method->deferred && out->text) {
        out->weights = IMB_WEIGHTS_INVERSE; /* Algorithm 1 prints 1/n_j; 1/E_j is the released code's, for images */
    }
    out->beta = xp_real(options, XP_BETA);
    out->scale = method->head == NN_HEAD_COSINE ? xp_real(options, XP_SCALE) : 1.0;
    out->max_margin = xp_real(options, XP_MAX_MARGIN);
    out->focal_gamma = xp_real(options, XP_FOCAL_GAMMA);
    return CORE_OK;
}

/* Resolves a known test set; the weights are then those that the paper's text suggests, n'_j / n_j. */
static core_status resolve_test(const xp_options *options, xp_recipe *out)
{
    imb_profile train = out->split.profile;
    train.rho = out->split.whole || out->split.removes ? 0 : train.rho;
    CORE_TRY(xp_method_knows_test(out->method) ? xp_target_set_resolve(options, &train, &out->test) : CORE_OK);
    if (out->test.known && out->method->deferred && xp_is_auto(options, XP_WEIGHTS)) {
        out->weights = IMB_WEIGHTS_INVERSE;
    }
    return CORE_OK;
}

static core_status check_event(const xp_options *options, xp_option_id id, int64_t epoch, int64_t epochs)
{
    if (epoch < epochs) {
        return CORE_OK;
    }
    return core_fail(
        CORE_BAD_USAGE,
        "--%s %" PRId64 " would never happen in %s%s, expected an epoch below %" PRId64 ", or more --epochs",
        xp_option_get(id)->name, epoch, CORE_COUNT(epochs, "epoch"), xp_default_mark(options, XP_EPOCHS), epochs);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The paper has 5 epochs of 200. A shorter run needs all five too, since without warm-up the first epochs of a
 * margin loss depend on luck (docs/short-runs.md). A run below 20 epochs warms up for a quarter of its epochs. */
static int64_t default_warmup(int64_t epochs)
{
    const int64_t floor = epochs / 4 < 5 ? epochs / 4 : 5, proportional = 5 * epochs / 200;
    return floor > proportional ? floor : proportional;
}

static core_status resolve_schedule(const xp_options *options, xp_recipe *out)
{
    int64_t E = out->epochs;
    nn_schedule schedule = {.lr = xp_real(options, XP_LR), .drop_factor = xp_real(options, XP_DROP_FACTOR)};
    static_assert((int)XP_MAX_EPOCH_SET <= (int)NN_MAX_DROPS, "every drop has a place");
    if (xp_is_auto(options, XP_DROPS)) {
        schedule.drops[0] = imb_default_switch(E); /* of one event: Algorithm 1 drops the rate at the switch */
        schedule.drops[1] = 180 * E / 200;
        schedule.drop_count = E > 1 ? 2 : 0; /* with E = 1 the drops would fall on epoch 0 */
    } else {
        schedule.drop_count = xp_epochs_of_text(options->text[XP_DROPS], schedule.drops, XP_MAX_EPOCH_SET);
        qsort(schedule.drops, (size_t)schedule.drop_count, sizeof schedule.drops[0], by_value);
    }
    for (int i = 0; i < schedule.drop_count; i++) {
        CORE_TRY(check_event(options, XP_DROPS, schedule.drops[i], E));
    }
    schedule.warmup_epochs = default_warmup(E);
    if (!xp_is_auto(options, XP_WARMUP)) {
        schedule.warmup_epochs = xp_integer(options, XP_WARMUP);
        CORE_TRY(check_event(options, XP_WARMUP, schedule.warmup_epochs, E));
    }
    out->schedule = schedule;
    return CORE_OK;
}

static core_status resolve_balance(const xp_options *options, xp_recipe *out)
{
    out->balance = (imb_schedule){.rebalance = out->method->rebalance, .from_epoch = 0};
    if (!out->method->deferred) {
        return CORE_OK;
    }
    out->balance.from_epoch = imb_default_switch(out->epochs);
    if (!xp_is_auto(options, XP_SWITCH)) {
        out->balance.from_epoch = xp_integer(options, XP_SWITCH);
        CORE_TRY(check_event(options, XP_SWITCH, out->balance.from_epoch, out->epochs));
    }
    if (out->balance.from_epoch == 0) {
        return core_fail(CORE_BAD_USAGE,
                         "--switch falls on epoch 0 of %" PRId64
                         " by %s%s, where %s would defer nothing; expected more "
                         "--epochs",
                         out->epochs, options->text[XP_SWITCH], xp_default_mark(options, XP_SWITCH), out->method->name);
    }
    return imb_switch_check(out->balance.from_epoch, out->epochs);
}

static core_status resolve_network(const xp_options *options, xp_recipe *out)
{
    const char *model = options->text[XP_MODEL];
    out->model = model;
    out->text = xp_options_of_text(options);
    out->init.path = options->text[XP_INIT];
    out->fresh_head = xp_is(options, XP_INIT_HEAD, "fresh");
    if (xp_model_is_of_text(model) != out->text) {
        return core_fail(CORE_BAD_USAGE, "--model %s does not fit --data %s, which is %s; expected %s", model,
                         options->text[XP_DATA], out->text ? "text" : "images", out->text ? "bilstm2" : "a ResNet");
    }
    if (!out->text) {
        out->stem = options->text[XP_STEM];
        out->v1 = xp_is(options, XP_BOTTLENECK, "v1");
        out->norm_group = xp_integer(options, XP_BN_GROUP);
        return CORE_OK;
    }
    out->embedding = xp_integer(options, XP_EMBEDDING);
    out->hidden = xp_integer(options, XP_HIDDEN);
    out->dropout = xp_real(options, XP_DROPOUT);
    out->glove.path = options->text[XP_GLOVE];
    if (out->glove.path != NULL && out->init.path != NULL) {
        return core_fail(CORE_BAD_USAGE, "--glove and --init both give the word vectors, expected one of them");
    }
    out->length_bucket = xp_integer(options, XP_LENGTH_BUCKET);
    if (out->hidden % 16 != 0) {
        return core_fail(CORE_BAD_USAGE, "--hidden %lld, expected a multiple of 16", (long long)out->hidden);
    }
    return out->dropout == 0.0 || (out->dropout >= 0x1p-17 && out->dropout < 1.0 - 0x1p-17)
               ? CORE_OK
               : core_fail(CORE_BAD_USAGE, "--dropout %.9g would be %d in steps of 2^-16", out->dropout,
                           out->dropout > 0.5);
}

core_status xp_check_shard(const xp_options *options)
{
    const int64_t batch = xp_integer(options, XP_BATCH), shard = xp_integer(options, XP_SHARD);
    const int64_t group = xp_integer(options, XP_BN_GROUP);
    const char *batch_mark = xp_default_mark(options, XP_BATCH), *shard_mark = xp_default_mark(options, XP_SHARD);
    if (batch < shard) {
        return core_fail(CORE_BAD_USAGE,
                         "--batch %" PRId64 "%s is smaller than --shard %" PRId64
                         "%s, expected at least one whole shard: give a smaller --shard or a larger --batch",
                         batch, batch_mark, shard, shard_mark);
    }
    if (!xp_options_of_text(options) && (group > batch || group % shard != 0)) {
        return core_fail(CORE_BAD_USAGE,
                         "--bn-group %" PRId64 ", expected a multiple of --shard %" PRId64
                         "%s, at most --batch %" PRId64 "%s; or 0, for the whole batch",
                         group, shard, shard_mark, batch, batch_mark);
    }
    return CORE_OK;
}

static core_status resolve_training(const xp_options *options, xp_recipe *out)
{
    out->epochs = xp_integer(options, XP_EPOCHS);
    out->batch = xp_integer(options, XP_BATCH);
    out->shard = xp_integer(options, XP_SHARD);
    CORE_TRY(xp_check_shard(options));
    out->groups = xp_integer(options, XP_GROUPS);
    out->eval_every = xp_integer(options, XP_EVAL_EVERY);
    out->momentum = (float)xp_real(options, XP_MOMENTUM);
    out->weight_decay = (float)xp_real(options, XP_WEIGHT_DECAY);
    out->augment = xp_is(options, XP_AUGMENT, "crop-flip");
    out->keep_features = xp_is_on(options, XP_KEEP_FEATURES);
    out->seed = (uint64_t)xp_integer(options, XP_SEED);
    CORE_TRY(resolve_schedule(options, out));
    return resolve_balance(options, out);
}

nn_isa xp_isa_of(const xp_options *options)
{
    return xp_is(options, XP_ISA, "avx512") ? NN_ISA_AVX512
           : xp_is(options, XP_ISA, "avx2") ? NN_ISA_AVX2
                                            : NN_ISA_AUTO;
}

int xp_threads_of(const xp_options *options)
{
    const int share = core_team_default_threads() / core_comm_neighbours(true);
    return xp_is_auto(options, XP_THREADS) ? (share > 0 ? share : 1) : (int)xp_integer(options, XP_THREADS);
}

static core_status resolve(const xp_options *options, xp_recipe *out)
{
    CORE_TRY(need(options, XP_DATA));
    CORE_TRY(resolve_network(options, out));
    CORE_TRY(resolve_method(options, out));
    CORE_TRY(xp_split_resolve(options, &out->split));
    CORE_TRY(resolve_test(options, out));
    CORE_TRY(resolve_training(options, out));
    CORE_TRY(xp_refuse_idle_flags(out, options));
    out->isa = xp_isa_of(options);
    out->threads = xp_threads_of(options);
    out->recompute = xp_is_on(options, XP_RECOMPUTE) && !out->text;
    if (out->text && xp_is_on(options, XP_RECOMPUTE) && options->source[XP_RECOMPUTE] == XP_BY_FLAG) {
        return core_fail(CORE_BAD_USAGE, "--recompute has no effect with --model %s; expected it to be left out",
                         out->model);
    }
    out->save_every = xp_interval_of(options, XP_SAVE_EVERY);
    return CORE_OK;
}

core_status xp_recipe_resolve(const xp_options *options, core_arena *arena, xp_recipe *out)
{
    xp_recipe recipe = {.arena = arena};
    CORE_TRY(resolve(options, &recipe));
    *out = recipe;
    return CORE_OK;
}

#define FEW_STEPS        1000
#define TEXT_OF(number)  #number
#define TEXT_OF_VALUE(x) TEXT_OF(x)
const char xp_few_steps_advice[] =
    "below " TEXT_OF_VALUE(FEW_STEPS) " a method may not have learned yet; give more "
                                      "--epochs or a smaller --batch (docs/your-own-data.md, Train)";

int64_t xp_recipe_few_steps(const xp_recipe *recipe, int64_t n)
{
    const int64_t steps = recipe->epochs * ((n + recipe->batch - 1) / recipe->batch);
    return !recipe->text && !ds_shapes_is_name(recipe->split.data) && steps < FEW_STEPS ? steps : 0;
}

int64_t xp_recipe_meeting_drops(const xp_recipe *recipe)
{
    const nn_schedule *schedule = &recipe->schedule; /* its drops are sorted */
    const int64_t first = nn_schedule_first_drop(schedule);
    int at_first = 0;
    for (int i = 0; i < schedule->drop_count; i++) {
        at_first += schedule->drops[i] <= first; /* one inside the warm-up has its effect behind it */
        if (i > 0 && schedule->drops[i] == schedule->drops[i - 1] && schedule->drops[i] > first) {
            return schedule->drops[i];
        }
    }
    return at_first > 1 ? first : -1;
}

bool xp_recipe_has_margins(const xp_recipe *recipe) { return recipe->method->margin != XP_NO_MARGIN; }

xp_initial_file *xp_recipe_initial_file(xp_recipe *recipe, xp_option_id id)
{
    return id == XP_GLOVE ? &recipe->glove : id == XP_INIT ? &recipe->init : NULL;
}

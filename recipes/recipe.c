#include "recipes/recipe.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/builder.h"
#include "core/comm.h"
#include "core/team.h"
#include "core/text.h"
#include "core/yaml.h"
#include "datasets/shapes.h"
#include "recipes/models.h"

static bool is(const xp_options *options, xp_option_id id, const char *text)
{
    return options->text[id] != NULL && strcmp(options->text[id], text) == 0;
}

/* All that decides whether an option has an effect. `recipe` is NULL where only a split is resolved. */
typedef struct {
    const xp_recipe *recipe;
    const xp_options *options;
} situation;

/* Why an option has no effect: the value that decides it, for a message. NULL: it has an effect. */
static const char *why_no_ratio(const situation *s)
{
    const bool has_none = is(s->options, XP_IMBALANCE, "none") || is(s->options, XP_IMBALANCE, "remove");
    return has_none ? s->options->text[XP_IMBALANCE] : NULL;
}

static const char *why_no_step(const situation *s)
{
    const bool tests_step = !xp_is_auto(s->options, XP_TEST_ORDER) && is(s->options, XP_TEST_IMBALANCE, "step");
    return is(s->options, XP_IMBALANCE, "step") || tests_step ? NULL : s->options->text[XP_IMBALANCE];
}

static const char *why_no_removal(const situation *s)
{
    return is(s->options, XP_IMBALANCE, "remove") ? NULL : s->options->text[XP_IMBALANCE];
}

static const char *why_no_subset(const situation *s)
{
    const bool holds_out = xp_real(s->options, XP_VALIDATION_FRAC) > 0;
    return is(s->options, XP_IMBALANCE, "none") && !holds_out ? s->options->text[XP_IMBALANCE] : NULL;
}

static const char *why_no_digest(const situation *s)
{
    return ds_is_built_in(s->options->text[XP_DATA]) ? "data that tailbit knows" : NULL;
}

static const char *why_no_words(const situation *s) { return xp_options_of_text(s->options) ? NULL : "images"; }

static const char *name_if(bool idle, const situation *s) { return idle ? s->recipe->method->name : NULL; }

static const char *why_no_weights(const situation *s) { return name_if(s->recipe->method->rebalance == IMB_PLAIN, s); }

static const char *why_no_beta(const situation *s)
{
    return s->recipe->weights == IMB_WEIGHTS_INVERSE ? "weights inverse" : why_no_weights(s);
}

static const char *why_no_scale(const situation *s) { return name_if(s->recipe->method->head != NN_HEAD_COSINE, s); }

static const char *why_no_margin(const situation *s) { return name_if(s->recipe->method->margin == XP_NO_MARGIN, s); }

static const char *why_no_focal(const situation *s) { return name_if(s->recipe->method->loss != IMB_FOCAL, s); }

static const char *why_no_switch(const situation *s) { return name_if(!s->recipe->method->deferred, s); }

static const char *why_no_order(const situation *s) { return name_if(!xp_method_knows_test(s->recipe->method), s); }

static const char *why_no_test(const situation *s)
{
    return s->recipe->test.known ? why_no_order(s) : "--test-order auto";
}

static const char *why_no_image(const situation *s) { return s->recipe->text ? "--model bilstm2" : NULL; }

static const char *why_no_resize(const situation *s)
{
    const bool pads4 = is(s->options, XP_CROP, "pad4"), pads8 = is(s->options, XP_CROP, "pad8");
    return why_no_image(s) != NULL ? why_no_image(s) : pads4 ? "--crop pad4" : pads8 ? "--crop pad8" : NULL;
}

static const char *why_no_lstm(const situation *s) { return s->recipe->text ? NULL : "a ResNet"; }

static const char *why_no_stem(const situation *s)
{
    return xp_model_has_stem(s->recipe->model) ? NULL : s->recipe->model;
}

static const char *why_no_bottleneck(const situation *s)
{
    return xp_model_has_bottlenecks(s->recipe->model) ? NULL : s->recipe->model;
}

static const char *why_no_init(const situation *s)
{
    return s->options->text[XP_INIT] == NULL ? "random initial values" : NULL;
}

static const char *why_no_drop(const situation *s)
{
    return s->recipe->schedule.drop_count == 0 ? s->options->text[XP_DROPS] : NULL;
}

/* What an option needs to have an effect (column `needs` of recipes/options.def), and the option that decides it;
 * XP_METHOD also where no other option does, since it has no default. For XP_IMBALANCE and XP_DROPS the reason is their
 * value. */
typedef struct {
    xp_option_id decider;
    const char *(*why)(const situation *s);
} rule;
static const rule needs_nothing = {XP_METHOD, NULL}, needs_own_file = {XP_METHOD, why_no_digest},
                  needs_words = {XP_METHOD, why_no_words}, needs_ratio = {XP_IMBALANCE, why_no_ratio},
                  needs_step = {XP_IMBALANCE, why_no_step}, needs_removal = {XP_IMBALANCE, why_no_removal},
                  needs_subset = {XP_IMBALANCE, why_no_subset}, needs_weights = {XP_METHOD, why_no_weights},
                  needs_beta = {XP_METHOD, why_no_beta}, needs_scale = {XP_METHOD, why_no_scale},
                  needs_margin = {XP_METHOD, why_no_margin}, needs_focal = {XP_METHOD, why_no_focal},
                  needs_switch = {XP_METHOD, why_no_switch}, needs_known_test = {XP_METHOD, why_no_order},
                  needs_test = {XP_METHOD, why_no_test}, needs_lstm = {XP_MODEL, why_no_lstm},
                  needs_stem = {XP_MODEL, why_no_stem}, needs_bottleneck = {XP_MODEL, why_no_bottleneck},
                  needs_images = {XP_MODEL, why_no_image}, needs_resize = {XP_CROP, why_no_resize},
                  needs_drop = {XP_DROPS, why_no_drop}, needs_init = {XP_METHOD, why_no_init};

#define XP_BIT_OPTION(id, needs, ...) &needs_##needs,
#define XP_OPTION(id, ...)
static const rule *const rules[XP_BIT_OPTIONS] = {
#include "recipes/options.def"
};

static const char *why_idle(const xp_recipe *recipe, const xp_options *options, xp_option_id id)
{
    const situation s = {recipe, options};
    return rules[id]->why != NULL ? rules[id]->why(&s) : NULL;
}

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

static core_status refuse_idle(const xp_options *options, xp_option_id id, const char *why)
{
    const xp_option_id decider = rules[id]->decider;
    const char *mark = xp_default_mark(options, decider);
    const bool choice = mark[0] != '\0' && decider != XP_MODEL; /* the data decide which networks fit */
    const bool is_value = decider == XP_IMBALANCE || decider == XP_DROPS;
    const char *name = xp_option_get(decider)->name;
    return core_fail(CORE_BAD_USAGE, "--%s has no effect with %s%s%s%s%s; expected it to be left out%s%s",
                     xp_option_get(id)->name, is_value ? "--" : "", is_value ? name : "", is_value ? " " : "", why,
                     mark, choice ? ", or another --" : "", choice ? name : "");
}

/* Fails for a flag that has no effect; recipe NULL: checks only the flags of split. */
static core_status refuse_idle_flags(const xp_recipe *recipe, const xp_options *options)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (options->source[id] == XP_BY_FLAG && (recipe != NULL || xp_verb_takes(XP_VERB_SPLIT, (xp_option_id)id))) {
            const char *why = why_idle(recipe, options, (xp_option_id)id);
            if (why != NULL) {
                return refuse_idle(options, (xp_option_id)id, why);
            }
        }
    }
    return CORE_OK;
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
    CORE_TRY(refuse_idle_flags(NULL, options));
    xp_split_recipe split = {.data = options->text[XP_DATA],
                             .data_dir = options->text[XP_DATA_DIR],
                             .data_sha256 =
                                 ds_is_built_in(options->text[XP_DATA]) ? NULL : options->text[XP_DATA_SHA256],
                             .whole = is(options, XP_IMBALANCE, "none"),
                             .removes = is(options, XP_IMBALANCE, "remove"),
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

/* The paper has 5 epochs of 200. A shorter run needs all five too, since without them a margin loss may not fall for a
 * dozen epochs (docs/reproduction.md). A run below 20 epochs warms up for a quarter of its epochs. */
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
        schedule.drops[0] = 160 * E / 200;
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
    out->fresh_head = is(options, XP_INIT_HEAD, "fresh");
    if (xp_model_is_of_text(model) != out->text) {
        return core_fail(CORE_BAD_USAGE, "--model %s does not fit --data %s, which is %s; expected %s", model,
                         options->text[XP_DATA], out->text ? "text" : "images", out->text ? "bilstm2" : "a ResNet");
    }
    if (!out->text) {
        out->stem = options->text[XP_STEM];
        out->v1 = is(options, XP_BOTTLENECK, "v1");
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
    return out->dropout < 1.0 - 0x1p-17
               ? CORE_OK
               : core_fail(CORE_BAD_USAGE, "--dropout %.9g would be 1 in steps of 2^-16", out->dropout);
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
    if (group > batch || group % shard != 0) {
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
    out->augment = is(options, XP_AUGMENT, "crop-flip");
    out->keep_features = xp_is_on(options, XP_KEEP_FEATURES);
    out->seed = (uint64_t)xp_integer(options, XP_SEED);
    CORE_TRY(resolve_schedule(options, out));
    return resolve_balance(options, out);
}

nn_isa xp_isa_of(const xp_options *options)
{
    return is(options, XP_ISA, "avx512") ? NN_ISA_AVX512 : is(options, XP_ISA, "avx2") ? NN_ISA_AVX2 : NN_ISA_AUTO;
}

int xp_threads_of(const xp_options *options)
{
    const int share = core_team_default_threads() / core_comm_neighbours(true);
    return xp_is_auto(options, XP_THREADS) ? (share > 0 ? share : 1) : (int)xp_integer(options, XP_THREADS);
}

/* Whether a user's file has the name of data that tailbit knows: cifar10.h5, shapes-20-5.h5. */
static bool is_mistakable(const char *stem)
{
    char name[DS_NAME_BYTES];
    snprintf(name, sizeof name, "%s", stem);
    for (char *hyphen = strchr(name, '-'); hyphen != NULL; hyphen = strchr(hyphen, '-')) {
        *hyphen = ':';
    }
    return ds_is_built_in(name);
}

/* A data set's name for use in a file name: the last part of a path without ".h5" or ".hdf5", with "-" for a colon. */
static void file_name_of(const char *data, char *name, size_t bytes)
{
    char stem[DS_NAME_BYTES];
    ds_short_name(data, stem);
    char *slash = strrchr(stem, '/'), *first = slash != NULL ? slash + 1 : stem, *dot = strrchr(first, '.');
    if (dot != NULL && dot != first && (strcmp(dot, ".h5") == 0 || strcmp(dot, ".hdf5") == 0)) {
        *dot = '\0';
    }
    snprintf(name, bytes, "%s%s", ds_is_path(data) && is_mistakable(first) ? "user-" : "", first);
    for (char *colon = strchr(name, ':'); colon != NULL; colon = strchr(colon, ':')) {
        *colon = '-';
    }
}

void xp_recipe_stem(const xp_recipe *recipe, const xp_options *options, char stem[XP_STEM_BYTES])
{
    char data[DS_NAME_BYTES + 8], ratio[32] = "";
    file_name_of(recipe->split.data, data, sizeof data);
    if (!recipe->split.whole) {
        snprintf(ratio, sizeof ratio, "-%.15g",
                 recipe->split.removes ? recipe->split.removal.remove_frac : recipe->split.profile.rho);
    }
    snprintf(stem, XP_STEM_BYTES, "%s-%s%s-%s-seed%llu", data, options->text[XP_IMBALANCE], ratio, recipe->method->name,
             (unsigned long long)recipe->seed);
}

/* Whether the option has no effect on this run, so that it stands in no run file. */
static bool is_idle(const xp_recipe *recipe, const xp_options *options, xp_option_id id)
{
    const bool is_known = id == XP_DATA_SHA256 && recipe->data_sha256[0] != '\0';
    const bool unwritten = xp_option_get(id)->unwritten && xp_is_default(options, id) && !is_known;
    const ds_view *view = &recipe->split.view;
    switch (id) {
    case XP_CROP: /* the one of the first run files, which say nothing of it */
        return recipe->text || view->crop == DS_CROP_AUTO || view->crop == DS_CROP_PAD4;
    case XP_IMAGE_SIZE:
        return recipe->text || view->side == 0;
    case XP_SHORT_SIDE:
        return recipe->text || view->short_side == 0;
    default:
        return unwritten || (id == XP_KEEP_FEATURES && !recipe->keep_features) || why_idle(recipe, options, id) != NULL;
    }
}

void xp_recipe_stem_add(char stem[XP_STEM_BYTES], xp_option_id id, const char *value)
{
    size_t used = strlen(stem);
    snprintf(stem + used, XP_STEM_BYTES - used, "-%s-%s", xp_option_key(id), value);
    for (; stem[used] != '\0'; used++) {
        stem[used] = stem[used] == '/' ? '-' : stem[used]; /* a value may be a path */
    }
}

static core_status drops_text(const xp_recipe *recipe, const char **out)
{
    char text[32 * NN_MAX_DROPS] = "none";
    size_t used = 0;
    for (int i = 0; i < recipe->schedule.drop_count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i > 0 ? "," : "",
                                 (long long)recipe->schedule.drops[i]);
    }
    return core_arena_copy_text(recipe->arena, text, out);
}

typedef struct {
    const xp_options *options;
    const char *data_name, *isa_name;
    const char *drops;
} names;

static res_option value_of(const xp_recipe *recipe, const names *n, xp_option_id id);
static core_status resolve(const xp_options *options, xp_recipe *out);

/* What the recipe is where every option that may be automatic is; *is_known is false where there is none. */
static core_status resolve_automatic(const xp_options *options, xp_recipe *out, bool *is_known)
{
    xp_options automatic = *options;
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (xp_option_get((xp_option_id)id)->automatic) {
            automatic.source[id] = XP_BY_DEFAULT;
        }
    }
    xp_options_settle(&automatic);
    *out = (xp_recipe){.arena = options->arena};
    const core_status status = resolve(&automatic, out);
    *is_known = status == CORE_OK;
    return status == CORE_MACHINE ? status : CORE_OK;
}

/* Adds what differs from the defaults, so that two commands have one default name only where they train the same run, but
 * for data that share a name and the instruction set. A value that is written out, but is what "auto" comes to, differs in nothing. */
static core_status add_differences(const xp_options *options, const xp_recipe *recipe, char stem[XP_STEM_BYTES])
{
    xp_recipe automatic;
    bool is_known = false;
    names own = {.options = options}, other = {.options = options};
    CORE_TRY(resolve_automatic(options, &automatic, &is_known));
    CORE_TRY(drops_text(recipe, &own.drops));
    CORE_TRY(is_known ? drops_text(&automatic, &other.drops) : CORE_OK);
    for (int i = 0; i < XP_BIT_OPTIONS; i++) {
        const xp_option_id id = (xp_option_id)i;
        if (id == XP_DATA_SHA256 || id == XP_ISA || xp_option_is(id, XP_NAMES_RUN) || xp_is_default(options, id) ||
            is_idle(recipe, options, id)) {
            continue;
        }
        char value[XP_STEM_BYTES];
        const res_option option = value_of(recipe, &own, id);
        const bool follows = xp_option_get(id)->automatic && is_known && !xp_is_auto(options, id);
        const res_option automatic_value = follows ? value_of(&automatic, &other, id) : option;
        if (!follows || !res_option_same(&option, &automatic_value)) {
            xp_recipe_stem_add(stem, id, res_option_format(&option, value, sizeof value));
        }
    }
    return CORE_OK;
}

core_status xp_recipe_choose_out(const xp_options *options, xp_recipe *out)
{
    if (options->text[XP_OUT] != NULL) {
        out->out = options->text[XP_OUT];
        return CORE_OK;
    }
    char stem[XP_STEM_BYTES], path[XP_STEM_BYTES + 16];
    xp_recipe_stem(out, options, stem);
    CORE_TRY(add_differences(options, out, stem));
    snprintf(path, sizeof path, "runs/%s.h5", stem);
    return core_arena_copy_text(out->arena, path, &out->out);
}

static core_status resolve(const xp_options *options, xp_recipe *out)
{
    CORE_TRY(need(options, XP_DATA));
    CORE_TRY(resolve_network(options, out));
    CORE_TRY(resolve_method(options, out));
    CORE_TRY(xp_split_resolve(options, &out->split));
    CORE_TRY(resolve_test(options, out));
    CORE_TRY(resolve_training(options, out));
    CORE_TRY(refuse_idle_flags(out, options));
    out->isa = xp_isa_of(options);
    out->threads = xp_threads_of(options);
    out->recompute = xp_is_on(options, XP_RECOMPUTE);
    if (out->recompute && out->text) {
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
    const nn_schedule *schedule = &recipe->schedule;
    for (int i = 1; i < schedule->drop_count; i++) {
        if (schedule->drops[i] == schedule->drops[i - 1]) {
            return schedule->drops[i];
        }
    }
    return -1;
}

bool xp_recipe_has_margins(const xp_recipe *recipe) { return recipe->method->margin != XP_NO_MARGIN; }

/* ---- the canonical text: what /config holds and what resume compares ----------------------------------------------- */

core_status xp_write_yaml_option(FILE *stream, const res_option *option)
{
    switch (option->type) {
    case CORE_H5_I64:
        core_yaml_write_integer(stream, option->key, option->integer);
        return CORE_OK;
    case CORE_H5_F64:
        core_yaml_write_real(stream, option->key, option->real);
        return CORE_OK;
    default:
        return core_yaml_write_text(stream, option->key, option->text);
    }
}

xp_initial_file *xp_recipe_initial_file(xp_recipe *recipe, xp_option_id id)
{
    return id == XP_GLOVE ? &recipe->glove : id == XP_INIT ? &recipe->init : NULL;
}

/* What the file holds changes bits, where it lies does not. */
static const char *initial_file_text(const xp_initial_file *file)
{
    return file->sha256[0] != '\0' ? file->sha256 : file->path;
}

/* The resolved value of an option. */
static res_option value_of(const xp_recipe *recipe, const names *n, xp_option_id id)
{
    const char *key = xp_option_key(id);
    switch (id) {
    case XP_DATA:
        return res_option_text(key, n->data_name);
    case XP_ISA:
        return res_option_text(key, n->isa_name);
    case XP_WEIGHTS:
        return res_option_text(key, imb_weighting_name(recipe->weights));
    case XP_DATA_SHA256:
        return res_option_text(key, recipe->data_sha256[0] != '\0' ? recipe->data_sha256 : recipe->split.data_sha256);
    case XP_GLOVE:
        return res_option_text(key, initial_file_text(&recipe->glove));
    case XP_INIT:
        return res_option_text(key, initial_file_text(&recipe->init));
    case XP_DROPS:
        return res_option_text(key, n->drops);
    case XP_TEST_IMBALANCE:
        return res_option_text(key, imb_profile_name(recipe->test.profile.kind));
    case XP_TEST_RHO:
        return res_option_real(key, recipe->test.profile.rho);
    case XP_SWITCH:
        return res_option_integer(key, recipe->balance.from_epoch);
    case XP_WARMUP:
        return res_option_integer(key, recipe->schedule.warmup_epochs);
    case XP_CROP:
        return res_option_text(key, ds_crop_name(recipe->split.view.crop));
    case XP_IMAGE_SIZE:
        return res_option_integer(key, recipe->split.view.side);
    case XP_SHORT_SIDE:
        return res_option_integer(key, recipe->split.view.short_side);
    default:
        break;
    }
    return xp_option_value(id, n->options->text[id]);
}

static core_status yaml_of(const res_option *items, int64_t count, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "the configuration's text"));
    core_status status = CORE_OK;
    for (int64_t i = 0; i < count && status == CORE_OK; i++) {
        status = xp_write_yaml_option(text.stream, &items[i]);
    }
    return core_builder_end(&text, status, arena, out);
}

core_status xp_recipe_name(xp_recipe *recipe, const xp_options *options, const char *data_name, const char *isa_name)
{
    names n = {.options = options};
    CORE_TRY(core_arena_copy_text(recipe->arena, data_name, &n.data_name));
    CORE_TRY(core_arena_copy_text(recipe->arena, isa_name, &n.isa_name));
    CORE_TRY(drops_text(recipe, &n.drops));
    res_option *items;
    CORE_TRY(CORE_ARENA_NEW(recipe->arena, XP_BIT_OPTIONS, "the configuration", items));
    int64_t count = 0;
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (!is_idle(recipe, options, (xp_option_id)id)) {
            items[count++] = value_of(recipe, &n, (xp_option_id)id);
        }
    }
    recipe->config.options = (res_options){count, items};
    return yaml_of(items, count, recipe->arena, &recipe->config.yaml);
}

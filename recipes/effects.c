#include "recipes/effects.h"

#include <string.h>

#include "datasets/dataset.h"
#include "recipes/models.h"

/* All that decides whether an option has an effect. `recipe` is NULL where only a split is resolved. */
typedef struct {
    const xp_recipe *recipe;
    const xp_options *options;
} situation;

/* Why an option has no effect: the value that decides it, for a message. NULL: it has an effect. */
static const char *why_no_ratio(const situation *s)
{
    const bool has_none = xp_is(s->options, XP_IMBALANCE, "none") || xp_is(s->options, XP_IMBALANCE, "remove");
    return has_none ? s->options->text[XP_IMBALANCE] : NULL;
}

static const char *why_no_step(const situation *s)
{
    const bool tests_step = (s->recipe == NULL || s->recipe->test.known) && !xp_is_auto(s->options, XP_TEST_ORDER) &&
                            xp_is(s->options, XP_TEST_IMBALANCE, "step");
    return xp_is(s->options, XP_IMBALANCE, "step") || tests_step ? NULL : s->options->text[XP_IMBALANCE];
}

static const char *why_no_removal(const situation *s)
{
    return xp_is(s->options, XP_IMBALANCE, "remove") ? NULL : s->options->text[XP_IMBALANCE];
}

static const char *why_no_subset(const situation *s)
{
    const bool holds_out = xp_real(s->options, XP_VALIDATION_FRAC) > 0;
    return xp_is(s->options, XP_IMBALANCE, "none") && !holds_out ? s->options->text[XP_IMBALANCE] : NULL;
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
    const bool pads4 = xp_is(s->options, XP_CROP, "pad4"), pads8 = xp_is(s->options, XP_CROP, "pad8");
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
static const rule needs_nothing = {XP_METHOD, NULL}, needs_own_file = {XP_DATA, why_no_digest},
                  needs_words = {XP_DATA, why_no_words}, needs_ratio = {XP_IMBALANCE, why_no_ratio},
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

core_status xp_refuse_idle_flags(const xp_recipe *recipe, const xp_options *options)
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

bool xp_is_idle(const xp_recipe *recipe, const xp_options *options, xp_option_id id)
{
    const bool is_known = id == XP_DATA_SHA256 && recipe->data_sha256[0] != '\0';
    const bool unwritten = xp_option_get(id)->unwritten && xp_is_default(options, id) && !is_known;
    const ds_view *view = &recipe->split.view;
    switch (id) {
    case XP_CROP: /* the first run files say nothing of pad4, which is the usual one of their images */
        return recipe->text || view->crop == DS_CROP_AUTO ||
               (view->crop == DS_CROP_PAD4 && view->usual == DS_CROP_PAD4);
    case XP_IMAGE_SIZE:
        return view->side == 0 || why_idle(recipe, options, id) != NULL;
    case XP_SHORT_SIDE:
        return view->short_side == 0 || why_idle(recipe, options, id) != NULL;
    default:
        return unwritten || (id == XP_KEEP_FEATURES && !recipe->keep_features) || why_idle(recipe, options, id) != NULL;
    }
}

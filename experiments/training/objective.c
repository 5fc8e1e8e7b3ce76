#include "experiments/training/objective.h"

#include "datasets/order.h"
#include "imbalance/margins.h"
#include "imbalance/target_set.h"

static core_status make_margins(core_arena *arena, xp_objective *out)
{
    const xp_recipe *recipe = out->recipe;
    const xp_split *split = out->split;
    if (!xp_recipe_has_margins(recipe)) {
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(arena, split->K, "the margins", out->margins));
    if (recipe->method->margin == XP_UNIFORM_MARGIN) {
        return imb_uniform_margins(split->K, recipe->max_margin, out->margins);
    }
    if (out->test_counts != NULL) {
        return imb_test_margins(split->counts, out->test_counts, split->K, recipe->max_margin, out->margins);
    }
    return imb_ldam_margins(split->counts, split->K, recipe->max_margin, out->margins);
}

core_status xp_objective_create(const xp_recipe *recipe, const xp_split *split, core_arena *arena, xp_objective *out)
{
    xp_objective made = {.recipe = recipe, .split = split};
    if (recipe->test.known) {
        CORE_TRY(CORE_ARENA_NEW(arena, split->K, "the test set's class counts", made.test_counts));
        CORE_TRY(xp_target_set_counts(&recipe->test, split->K, made.test_counts));
    }
    CORE_TRY(make_margins(arena, &made));
    made.loss = (imb_loss){.kind = recipe->method->loss,
                           .K = split->K,
                           .scale = recipe->scale,
                           .margins = made.margins,
                           .gamma = recipe->focal_gamma};
    CORE_TRY(imb_loss_check(&made.loss));
    CORE_TRY(CORE_ARENA_NEW(arena, split->K, "the class weights", made.class_weights));
    CORE_TRY(imb_class_weights(recipe->weights, recipe->beta, split->counts, split->K, made.class_weights));
    if (recipe->test.known) {
        imb_test_weights(made.test_counts, split->K, made.class_weights);
    }
    if (recipe->method->rebalance == IMB_RESAMPLE) {
        imb_classes classes;
        CORE_TRY(imb_classes_group(split->labels, split->n, split->K, arena, &classes));
        CORE_TRY(imb_sampler_create(&classes, split->K, made.class_weights, recipe->seed, arena, &made.sampler));
    }
    *out = made;
    return CORE_OK;
}

void xp_objective_order(const xp_objective *objective, int64_t epoch, int64_t *order)
{
    if (imb_schedule_at(&objective->recipe->balance, epoch) == IMB_RESAMPLE) {
        imb_sampler_epoch(objective->sampler, epoch, objective->split->n, order);
    } else {
        ds_epoch_order(objective->recipe->seed, epoch, objective->split->n, order);
    }
}

double xp_objective_coefficients(const xp_objective *objective, int64_t epoch, const int32_t *labels, int64_t count,
                                 double *coefficients)
{
    bool weighted = imb_schedule_at(&objective->recipe->balance, epoch) == IMB_REWEIGHT;
    return imb_loss_coefficients(&objective->loss, weighted ? objective->recipe->weights : IMB_WEIGHTS_PLAIN,
                                 weighted ? objective->class_weights : NULL, labels, count, coefficients);
}

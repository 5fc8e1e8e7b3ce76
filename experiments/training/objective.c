#include "experiments/training/objective.h"

#include "datasets/order.h"
#include "imbalance/margins.h"
#include "imbalance/target_set.h"

static core_status make_margins(xp_objective *out)
{
    const xp_recipe *recipe = out->recipe;
    const xp_split *split = out->split;
    if (!xp_recipe_has_margins(recipe)) {
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(&out->arena, split->K, "the margins", out->margins));
    if (recipe->method->margin == XP_UNIFORM_MARGIN) {
        return imb_uniform_margins(split->K, recipe->max_margin, out->margins);
    }
    if (out->test_counts != NULL) {
        return imb_test_margins(split->counts, out->test_counts, split->K, recipe->max_margin, out->margins);
    }
    return imb_ldam_margins(split->counts, split->K, recipe->max_margin, out->margins);
}

static core_status create(xp_objective *out)
{
    const xp_recipe *recipe = out->recipe;
    const xp_split *split = out->split;
    if (recipe->test.known) {
        CORE_TRY(CORE_ARENA_NEW(&out->arena, split->K, "the test set's class counts", out->test_counts));
        CORE_TRY(xp_target_set_counts(&recipe->test, split->K, out->test_counts));
    }
    CORE_TRY(make_margins(out));
    out->loss = (imb_loss){.kind = recipe->method->loss,
                           .K = split->K,
                           .scale = recipe->scale,
                           .margins = out->margins,
                           .gamma = recipe->focal_gamma};
    CORE_TRY(imb_loss_check(&out->loss));
    CORE_TRY(CORE_ARENA_NEW(&out->arena, split->K, "the class weights", out->class_weights));
    CORE_TRY(imb_class_weights(recipe->weights, recipe->beta, split->counts, split->K, out->class_weights));
    if (recipe->test.known) {
        imb_test_weights(out->test_counts, split->K, out->class_weights);
    }
    if (recipe->method->rebalance == IMB_RESAMPLE) {
        CORE_TRY(
            imb_sampler_create(split->labels, split->n, out->class_weights, split->K, recipe->seed, &out->sampler));
    }
    return CORE_OK;
}

core_status xp_objective_create(const xp_recipe *recipe, const xp_split *split, xp_objective *out)
{
    xp_objective objective = {.recipe = recipe, .split = split};
    core_status status = create(&objective);
    if (status != CORE_OK) {
        xp_objective_free(&objective);
        return status;
    }
    *out = objective;
    return CORE_OK;
}

void xp_objective_free(xp_objective *objective)
{
    imb_sampler_destroy(objective->sampler);
    objective->sampler = NULL;
    core_arena_free(&objective->arena);
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

#include "experiments/training/split.h"

#include <string.h>

#include "imbalance/classes.h"
#include "imbalance/profile.h"
#include "imbalance/subset.h"

static int64_t smallest(const int64_t *counts, int64_t K)
{
    int64_t least = counts[0];
    for (int64_t k = 1; k < K; k++) {
        least = counts[k] < least ? counts[k] : least;
    }
    return least;
}

/* Moves the marked examples from the training examples to the held-out ones. */
static void move_held_out(xp_split *split, const bool *marked)
{
    int64_t kept = 0, moved = 0;
    for (int64_t i = 0; i < split->n; i++) {
        int64_t index = split->index[i];
        int32_t label = split->labels[i];
        if (marked[i]) {
            split->validation_index[moved] = index;
            split->validation_labels[moved++] = label;
        } else {
            split->index[kept] = index;
            split->labels[kept++] = label;
        }
    }
    split->n = kept;
}

static core_status hold_out(const xp_split_recipe *recipe, core_arena *arena, xp_split *split)
{
    const core_rng_key key = {.seed = recipe->split_seed, .purpose = CORE_RNG_SPLIT};
    int64_t *take, v = 0;
    bool *marked;
    CORE_TRY(CORE_ARENA_NEW(arena, split->K, "the held-out examples", take));
    for (int64_t k = 0; k < split->K; k++) {
        take[k] = imb_class_share(recipe->validation_frac, split->counts[k]);
        v += take[k];
    }
    if (v == 0) {
        return core_fail(
            CORE_BAD_USAGE,
            "--validation-frac: every class of the training set has one example, which cannot be held out; "
            "leave the option out");
    }
    CORE_TRY(imb_classes_draw(split->labels, split->n, split->K, take, key, arena, &marked));
    CORE_TRY(CORE_ARENA_NEW(arena, v, "the held-out examples", split->validation_index));
    CORE_TRY(CORE_ARENA_NEW(arena, v, "their labels", split->validation_labels));
    for (int64_t k = 0; k < split->K; k++) {
        split->counts[k] -= take[k];
    }
    split->validation_n = v;
    move_held_out(split, marked);
    return CORE_OK;
}

static core_status draw_subset(const xp_split_recipe *recipe, const ds_dataset *data, core_arena *arena, xp_split *out)
{
    const ds_part *train = &data->train;
    out->K = data->classes;
    CORE_TRY(CORE_ARENA_NEW(arena, out->K, "the class counts", out->counts));
    CORE_TRY(imb_class_counts(train->labels, train->count, out->K, out->counts));
    if (recipe->removes) {
        CORE_TRY(imb_removal_counts(&recipe->removal, out->K, out->counts));
    } else if (!recipe->whole) {
        int64_t n_max = smallest(out->counts, out->K);
        CORE_TRY(imb_profile_counts(&recipe->profile, n_max, out->K, out->counts));
    }
    for (int64_t k = 0; k < out->K; k++) {
        out->n += out->counts[k];
    }
    CORE_TRY(CORE_ARENA_NEW(arena, out->n, "the training subset", out->index));
    CORE_TRY(CORE_ARENA_NEW(arena, out->n, "the training subset's labels", out->labels));
    if (recipe->whole) {
        for (int64_t i = 0; i < out->n; i++) {
            out->index[i] = i;
        }
        return CORE_OK;
    }
    if (recipe->removes) {
        return imb_subset_remove(&recipe->removal, train->labels, train->count, out->K, out->counts, out->index);
    }
    return imb_subset_draw(train->labels, train->count, out->K, out->counts, recipe->split_seed, out->index);
}

core_status xp_split_draw(const xp_split_recipe *recipe, const ds_dataset *data, core_arena *arena, xp_split *out)
{
    xp_split split = {0};
    const core_status drawn = draw_subset(recipe, data, arena, &split);
    const bool no_class = recipe->removes && recipe->removal.removed_class >= data->classes;
    if (drawn == CORE_BAD_USAGE && !no_class) {
        return core_fail(drawn, "%s; %s", core_error_message(), recipe->advice);
    }
    CORE_TRY(drawn);
    for (int64_t i = 0; i < split.n; i++) {
        split.labels[i] = data->train.labels[split.index[i]];
    }
    if (recipe->validation_frac > 0) {
        CORE_TRY(hold_out(recipe, arena, &split));
    }
    imb_subset_sha256(split.index, split.n, split.sha256);
    *out = split;
    return CORE_OK;
}

core_status xp_split_load(const xp_split_recipe *recipe, ds_dataset *out)
{
    const char *wanted = recipe->data_sha256;
    const core_status status = ds_load(recipe->data, recipe->data_dir, &recipe->view, out);
    if (status == CORE_BAD_FILE && wanted != NULL) {
        return core_fail(status, "%s; expected data of SHA-256 %s", core_error_message(), wanted);
    }
    CORE_TRY(status);
    if (wanted != NULL && strcmp(wanted, out->sha256) != 0) {
        core_status other = core_fail(CORE_BAD_FILE,
                                      "%s: holds data of SHA-256 %s, data_sha256 asks for %s; expected their file with "
                                      "--data PATH, or no data_sha256, which trains on these",
                                      recipe->data, out->sha256, wanted);
        ds_destroy(out);
        return other;
    }
    return CORE_OK;
}

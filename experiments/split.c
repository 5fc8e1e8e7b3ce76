#include "experiments/split.h"

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

static core_status draw(const xp_split_recipe *recipe, const ds_dataset *data, xp_split *out)
{
    const ds_part *train = &data->train;
    out->K = data->classes;
    CORE_TRY(CORE_ARENA_NEW(&out->arena, out->K, "the class counts", out->counts));
    CORE_TRY(imb_class_counts(train->labels, train->count, out->K, out->counts));
    if (!recipe->whole) {
        int64_t n_max = smallest(out->counts, out->K);
        CORE_TRY(imb_profile_counts(&recipe->profile, n_max, out->K, out->counts));
    }
    for (int64_t k = 0; k < out->K; k++) {
        out->n += out->counts[k];
    }
    CORE_TRY(CORE_ARENA_NEW(&out->arena, out->n, "the training subset", out->index));
    CORE_TRY(CORE_ARENA_NEW(&out->arena, out->n, "the training subset's labels", out->labels));
    if (recipe->whole) {
        for (int64_t i = 0; i < out->n; i++) {
            out->index[i] = i;
        }
    } else {
        CORE_TRY(imb_subset_draw(train->labels, train->count, out->K, out->counts, recipe->split_seed, out->index));
    }
    for (int64_t i = 0; i < out->n; i++) {
        out->labels[i] = train->labels[out->index[i]];
    }
    imb_subset_sha256(out->index, out->n, out->sha256);
    return CORE_OK;
}

core_status xp_split_draw(const xp_split_recipe *recipe, const ds_dataset *data, xp_split *out)
{
    xp_split split = {0};
    core_status status = draw(recipe, data, &split);
    if (status != CORE_OK) {
        xp_split_free(&split);
        return status;
    }
    *out = split;
    return CORE_OK;
}

void xp_split_free(xp_split *split) { core_arena_free(&split->arena); }

#include "experiments/training/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
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

/* How many of n_k examples are held out. */
static int64_t held_out(double frac, int64_t n_k)
{
    double rounded = floor(frac * (double)n_k + 0.5);
    int64_t v = rounded < 1 ? 1 : (int64_t)rounded;
    return v < n_k - 1 ? v : n_k - 1;
}

/* Marks (n) the examples of the subset that are held out, and lowers the counts. Room: two arrays of n. */
static int64_t mark_held_out(const xp_split_recipe *recipe, xp_split *split, int64_t *places, int64_t *order,
                             bool *marked)
{
    const core_rng_key key = {.seed = recipe->split_seed, .purpose = CORE_RNG_SPLIT};
    int64_t total = 0;
    for (int64_t k = 0; k < split->K; k++) {
        int64_t n_k = 0;
        for (int64_t i = 0; i < split->n; i++) {
            if (split->labels[i] == k) {
                places[n_k++] = i;
            }
        }
        int64_t v_k = held_out(recipe->validation_frac, n_k);
        core_rng_permutation(key, k, n_k, order);
        for (int64_t i = 0; i < v_k; i++) {
            marked[places[order[i]]] = true;
        }
        split->counts[k] = n_k - v_k;
        total += v_k;
    }
    return total;
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

static core_status hold_out(const xp_split_recipe *recipe, xp_split *split)
{
    int64_t *places, *order;
    bool *marked;
    core_arena room = {0};
    core_status status = CORE_ARENA_NEW(&room, split->n, "the order of a class", places);
    status = status == CORE_OK ? CORE_ARENA_NEW(&room, split->n, "the order of a class", order) : status;
    status = status == CORE_OK ? CORE_ARENA_NEW(&room, split->n, "the held-out examples", marked) : status;
    if (status == CORE_OK) {
        int64_t v = mark_held_out(recipe, split, places, order, marked);
        status = CORE_ARENA_NEW(&split->arena, v, "the held-out examples", split->validation_index);
        status =
            status == CORE_OK ? CORE_ARENA_NEW(&split->arena, v, "their labels", split->validation_labels) : status;
        split->validation_n = v;
    }
    if (status == CORE_OK) {
        move_held_out(split, marked);
    }
    core_arena_free(&room);
    return status;
}

static core_status draw_subset(const xp_split_recipe *recipe, const ds_dataset *data, xp_split *out)
{
    const ds_part *train = &data->train;
    out->K = data->classes;
    CORE_TRY(CORE_ARENA_NEW(&out->arena, out->K, "the class counts", out->counts));
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
    CORE_TRY(CORE_ARENA_NEW(&out->arena, out->n, "the training subset", out->index));
    CORE_TRY(CORE_ARENA_NEW(&out->arena, out->n, "the training subset's labels", out->labels));
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

static core_status draw(const xp_split_recipe *recipe, const ds_dataset *data, xp_split *out)
{
    const core_status drawn = draw_subset(recipe, data, out);
    const bool no_class = recipe->removes && recipe->removal.removed_class >= data->classes;
    if (drawn == CORE_BAD_USAGE && !no_class) {
        return core_fail(drawn, "%s; %s", core_error_message(), recipe->advice);
    }
    CORE_TRY(drawn);
    for (int64_t i = 0; i < out->n; i++) {
        out->labels[i] = data->train.labels[out->index[i]];
    }
    if (recipe->validation_frac > 0) {
        CORE_TRY(hold_out(recipe, out));
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

core_status xp_split_load(const xp_split_recipe *recipe, ds_dataset *out)
{
    const char *wanted = recipe->data_sha256;
    const core_status status = ds_load(recipe->data, recipe->data_dir, &recipe->text, out);
    if (status == CORE_BAD_FILE && wanted != NULL) {
        return core_fail(status, "%s; expected data of SHA-256 %s: give their file with --data", core_error_message(),
                         wanted);
    }
    CORE_TRY(status);
    if (wanted != NULL && strcmp(wanted, out->sha256) != 0) {
        core_status other = core_fail(CORE_BAD_FILE,
                                      "%s: holds data of SHA-256 %s, data_sha256 asks for %s; expected their file with "
                                      "--data, or no data_sha256, which trains on these",
                                      recipe->data, out->sha256, wanted);
        ds_destroy(out);
        return other;
    }
    return CORE_OK;
}

void xp_split_free(xp_split *split) { core_arena_free(&split->arena); }

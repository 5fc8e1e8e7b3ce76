#include "experiments/grid/stand_in.h"

#include <string.h>

/* each: training examples of every class; 0: they differ. side: of the pictures, or of what they are resized from. */
typedef struct {
    const char *name;
    int64_t classes, each, train, test, side;
    bool is_packed; /* its pictures stay in their files */
} known_set;

static const known_set known_sets[] = {
    {"cifar10", 10, 5000, 50000, 10000, 32, false},
    {"cifar100", 100, 500, 50000, 10000, 32, false},
    {"tiny_imagenet", 200, 500, 100000, 10000, 64, true},
    {"inaturalist", 8142, 0, 437513, 24426, 256, true},
};

static const known_set *find_known(const char *name)
{
    const known_set *found = NULL;
    for (size_t i = 0; i < sizeof known_sets / sizeof known_sets[0]; i++) {
        found = strcmp(known_sets[i].name, name) == 0 ? &known_sets[i] : found;
    }
    return found;
}

bool xp_stand_in_is_wanted(const xp_split_recipe *recipe)
{
    return find_known(recipe->data) != NULL && ds_find(recipe->data, recipe->data_dir) != CORE_OK;
}

static core_status make_data(const known_set *set, const xp_recipe *recipe, ds_dataset *out)
{
    const float middle[DS_CHANNELS] = {0.5F, 0.5F, 0.5F}, spread[DS_CHANNELS] = {0.3F, 0.3F, 0.3F};
    const ds_extent extent = {.name = set->name,
                              .classes = set->classes,
                              .planes = DS_CHANNELS,
                              .height = set->side,
                              .width = set->side,
                              .train_count = recipe->batch,
                              .test_count = 1};
    CORE_TRY(ds_dataset_alloc(out, &extent));
    const int64_t bytes = recipe->batch * ds_image_bytes(out);
    for (int64_t i = 0; i < bytes; i++) {
        out->train.images[i] = (uint8_t)((uint64_t)i * UINT64_C(0x9E3779B97F4A7C15) >> 56);
    }
    for (int64_t i = 0; i < recipe->batch; i++) {
        out->train.labels[i] = (int32_t)(i % set->classes);
    }
    ds_dataset_normalise(out, middle, spread);
    return ds_dataset_set_view(out, &recipe->split.view);
}

static core_status make_split(const ds_dataset *data, core_arena *arena, xp_split *out)
{
    xp_split split = {.K = data->classes, .n = data->train.count, .labels = data->train.labels};
    CORE_TRY(CORE_ARENA_NEW(arena, split.K, "class counts", split.counts));
    CORE_TRY(CORE_ARENA_NEW(arena, split.n, "the examples", split.index));
    for (int64_t i = 0; i < split.n; i++) {
        split.index[i] = i;
    }
    for (int64_t k = 0; k < split.K; k++) {
        split.counts[k] = 1; /* none may be empty; ERM does not look at them */
    }
    *out = split;
    return CORE_OK;
}

/* The training examples of the cell, those that are held out among them. */
static core_status count_train(const known_set *set, const xp_split_recipe *recipe, core_arena *arena, int64_t *out)
{
    int64_t *counts;
    *out = set->train;
    if (recipe->whole || recipe->removes || set->each == 0) {
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(arena, set->classes, "class counts", counts));
    CORE_TRY(imb_profile_counts(&recipe->profile, set->each, set->classes, counts));
    *out = 0;
    for (int64_t k = 0; k < set->classes; k++) {
        *out += counts[k];
    }
    return CORE_OK;
}

core_status xp_stand_in_make(const xp_recipe *recipe, core_arena *arena, xp_stand_in *out)
{
    const known_set *set = find_known(recipe->split.data);
    int64_t train;
    CORE_TRY(count_train(set, &recipe->split, arena, &train));
    xp_stand_in made = {.recipe = *recipe, .test = set->test};
    made.absent_bytes = set->is_packed ? 0 : (set->train + set->test) * DS_CHANNELS * set->side * set->side;
    made.held_out = (int64_t)(recipe->split.validation_frac * (double)train);
    made.train = train - made.held_out;
    made.recipe.method = xp_method_find("ERM");
    made.recipe.weights = made.recipe.method->weights;
    made.recipe.test.known = false;
    made.recipe.balance = (imb_schedule){0};
    made.recipe.schedule.lr = 1e-9; /* noise teaches nothing, and must not end in what is no number */
    core_status status = make_data(set, recipe, &made.data);
    if (status == CORE_OK) {
        status = make_split(&made.data, arena, &made.split);
    }
    if (status != CORE_OK) {
        ds_destroy(&made.data);
        return status;
    }
    *out = made;
    return CORE_OK;
}

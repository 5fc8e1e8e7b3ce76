#include "experiments/training/trained.h"

#include <string.h>
#include <unistd.h>

#include "core/team.h"
#include "experiments/training/network.h"
#include "recipes/again.h"
#include "recipes/configuration.h"

/* The run's configuration as options of train. */
static core_status read_options(const res_run *run, core_arena *arena, xp_options *out)
{
    const char *values[XP_BIT_OPTIONS];
    CORE_TRY(xp_options_parse(XP_VERB_TRAIN, 0, NULL, arena, out));
    CORE_TRY(xp_configuration_read("its configuration", run->config.yaml, arena, values));
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (values[id] != NULL) {
            CORE_TRY(xp_options_set(out, (xp_option_id)id, xp_option_key((xp_option_id)id), values[id]));
        }
    }
    xp_options_settle(out);
    return CORE_OK;
}

static core_status read_recipe(const res_run *run, core_arena *arena, xp_recipe *out)
{
    xp_options options;
    CORE_TRY(read_options(run, arena, &options));
    return xp_recipe_resolve(&options, arena, out);
}

core_status xp_trained_read(const char *path, const res_run *run, int threads, core_arena *arena, xp_trained *out)
{
    xp_recipe recipe;
    const core_status status = xp_configuration_refuse(read_recipe(run, arena, &recipe));
    if (status != CORE_OK) {
        return core_fail(status, "%s: %s", path, core_error_message());
    }
    recipe.threads = core_team_size(threads);
    if (!recipe.text) { /* it is only applied, shard by shard: a training's mini-batch would take its memory */
        recipe.batch = recipe.shard;
        recipe.groups = 1;
        recipe.norm_group = 0;
        recipe.recompute = true;
    }
    if (!recipe.text && recipe.split.view.crop == DS_CROP_AUTO) {
        recipe.split.view.crop = DS_CROP_PAD4; /* the one that a configuration does not name */
    }
    CORE_TRY(nn_start(recipe.isa));
    out->recipe = recipe;
    return CORE_OK;
}

/* A user's file by its whole path where it still lies there. */
static const char *data_name(const res_run *run)
{
    const char *file = xp_data_file_of(run);
    return file != NULL && access(file, F_OK) == 0 ? file : run->data.name;
}

core_status xp_trained_load(const char *path, const res_run *run, const char *name, const char *data_dir,
                            const ds_view *view, ds_dataset *out)
{
    char there[CORE_PATH_BYTES]; /* the run's own data lie where they lay when it was trained, unless told otherwise */
    const bool as_then =
        name == NULL && data_dir == NULL && xp_data_dir_of(run, there) && ds_find(data_name(run), there) == CORE_OK;
    CORE_TRY(ds_load(name != NULL ? name : data_name(run), as_then ? there : data_dir, view, out));
    if (strcmp(out->sha256, run->data.sha256) == 0) {
        return CORE_OK;
    }
    const core_status status =
        core_fail(CORE_BAD_FILE, "%s: was trained on data of SHA-256 %s, %s has %s; expected the same", path,
                  run->data.sha256, out->name, out->sha256);
    ds_destroy(out);
    return status;
}

core_status xp_trained_build(const char *path, const res_run *run, xp_trained *trained)
{
    CORE_TRY(ds_loader_create(&trained->data, trained->recipe.threads, &trained->loader));
    CORE_TRY(xp_network_create(&trained->recipe, &trained->data, NULL, &trained->model));
    return xp_network_restore(&run->state, path, trained->model);
}

void xp_trained_free(xp_trained *trained)
{
    nn_model_destroy(trained->model);
    ds_loader_destroy(trained->loader);
    ds_destroy(&trained->data);
    trained->model = NULL;
    trained->loader = NULL;
}

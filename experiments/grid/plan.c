#include "experiments/grid/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/path.h"
#include "core/text.h"
#include "nn/context.h"
#include "recipes/axes.h"
#include "recipes/configuration.h"
#include "recipes/recipe.h"
#include "recipes/run_name.h"
#include "results/runs/run_file.h"

/* Sets planned->changed if the run file's configuration differs from the cell's or cannot be read. */
static core_status compare(const xp_recipe *recipe, core_arena *arena, xp_planned *planned)
{
    const char *isa = res_options_find(&recipe->config.options, "isa")->text;
    char line[1024], old[400], new[400];
    res_options then, now;
    CORE_TRY(xp_configuration_complete(&recipe->config.options, isa, arena, &now));
    core_status status = xp_configuration_of_yaml("its configuration", planned->look.run.yaml, isa, arena, &then);
    if (status == CORE_MACHINE) {
        return status;
    }
    snprintf(line, sizeof line, "%s", core_error_message());
    if (status == CORE_OK) {
        const char *key = xp_configuration_difference(&planned->cell->options, &then, &now);
        if (key == NULL) {
            return CORE_OK;
        }
        snprintf(line, sizeof line, "%s %s there, %s here", key,
                 res_option_format(res_options_find(&then, key), old, sizeof old),
                 res_option_format(res_options_find(&now, key), new, sizeof new));
    }
    return core_arena_copy_text(arena, line, &planned->changed);
}

/* Sets planned->changed if the data of the run file differ from the cell's, and planned->unknown_data if they could not
 * be compared. */
static core_status compare_data(const res_glance *then, const xp_identity *now, core_arena *arena, xp_planned *planned)
{
    char line[256];
    planned->unknown_data = now->why_not != NULL ? now->why_not : planned->unknown_data;
    if (now->why_not != NULL || strcmp(then->data_sha256, now->sha256) == 0) {
        return CORE_OK;
    }
    snprintf(line, sizeof line, "data of SHA-256 %s there, %s here", then->data_sha256, now->sha256);
    return core_arena_copy_text(arena, line, &planned->changed);
}

/* Initial values whose file is not available count as those of the run file, so that only the rest is compared. */
static core_status identify_file(const xp_plan *plan, core_arena *arena, xp_planned *planned, xp_recipe *recipe,
                                 xp_option_id id)
{
    xp_initial_file *file = xp_recipe_initial_file(recipe, id);
    xp_identity identity;
    if (file->path == NULL) {
        return CORE_OK;
    }
    CORE_TRY(xp_identity_of_file(plan->identities, file->path, &identity));
    memcpy(file->sha256, identity.sha256, sizeof file->sha256);
    if (identity.why_not == NULL) {
        return CORE_OK;
    }
    const char *texts[XP_BIT_OPTIONS];
    planned->unknown_data = identity.why_not;
    core_status status = xp_configuration_read("its configuration", planned->look.run.yaml, arena, texts);
    if (status == CORE_OK && texts[id] != NULL) {
        snprintf(file->sha256, sizeof file->sha256, "%s", texts[id]);
    }
    return status == CORE_MACHINE ? status : CORE_OK;
}

static int64_t number_or_0(const char *text) { return text != NULL ? strtoll(text, NULL, 10) : 0; }

/* Settles what the data decide: what the network sees, and whether keep_features has an effect. Where they are not
 * available, the run file says it. */
static core_status settle_data(const xp_identity *data, core_arena *arena, const xp_planned *planned, xp_recipe *recipe)
{
    int64_t seen[2];
    ds_view *view = &recipe->split.view;
    if (data->why_not == NULL) {
        recipe->keep_features = recipe->keep_features && data->classes > RES_DENSE_CLASSES;
        return recipe->text ? CORE_OK : ds_view_settle(view, data->height, data->width, view, seen);
    }
    const char *texts[XP_BIT_OPTIONS];
    const core_status status = xp_configuration_read("its configuration", planned->look.run.yaml, arena, texts);
    if (status == CORE_OK) {
        recipe->keep_features = recipe->keep_features && texts[XP_KEEP_FEATURES] != NULL;
        const ds_crop crop = texts[XP_CROP] != NULL ? ds_crop_parse(texts[XP_CROP]) : DS_CROP_PAD4;
        view->crop = view->crop == DS_CROP_AUTO ? crop : view->crop;
        view->side = view->side == 0 ? number_or_0(texts[XP_IMAGE_SIZE]) : view->side;
        view->short_side = view->short_side == 0 ? number_or_0(texts[XP_SHORT_SIDE]) : view->short_side;
    }
    return status == CORE_MACHINE ? status : CORE_OK;
}

/* Compares the run file of a cell with what the cell would train now. */
static core_status compare_run(const xp_plan *plan, core_arena *arena, xp_planned *planned, xp_recipe *recipe)
{
    const xp_options *options = &planned->cell->options;
    const char *isa = xp_is_auto(options, XP_ISA) ? nn_isa_name() : options->text[XP_ISA];
    char name[DS_NAME_BYTES];
    xp_identity data;
    CORE_TRY(xp_identity_of_data(plan->identities, &recipe->split, &data));
    CORE_TRY(identify_file(plan, arena, planned, recipe, XP_GLOVE));
    CORE_TRY(identify_file(plan, arena, planned, recipe, XP_INIT));
    CORE_TRY(settle_data(&data, arena, planned, recipe));
    ds_short_name(recipe->split.data, name);
    CORE_TRY(xp_recipe_name(recipe, options, name, isa));
    CORE_TRY(compare(recipe, arena, planned));
    return planned->changed == NULL ? compare_data(&planned->look.run, &data, arena, planned) : CORE_OK;
}

/* Checks the digest of a run file that an older tailbit wrote without checksums; a changed file is unreadable. */
static core_status check_whole(const xp_plan *plan, core_arena *arena, xp_planned *planned)
{
    xp_cell_look *look = &planned->look;
    char *path;
    if (!look->has_run || look->run.checked) {
        return CORE_OK;
    }
    CORE_TRY(core_path_join(plan->folder, planned->cell->stem, ".h5", arena, &path));
    const core_status status = res_run_verify(path);
    if (status != CORE_BAD_FILE) {
        return status;
    }
    look->has_run = false;
    look->state = XP_CELL_UNREADABLE;
    return core_arena_copy_text(arena, core_error_message(), &look->about);
}

core_status xp_plan_look(const xp_plan *plan, int64_t index, core_arena *arena)
{
    xp_planned *planned = &plan->cells[index];
    const xp_cell *cell = planned->cell;
    xp_recipe recipe;
    planned->changed = planned->unknown_data = NULL;
    CORE_TRY(xp_cell_look_at(plan->folder, cell->stem, arena, &planned->look));
    if (planned->look.state == XP_CELL_UNKNOWN && plan->part.count > 0) {
        planned->look.state = planned->look.has_run ? XP_CELL_UNFINISHED : XP_CELL_WAITING;
    }
    CORE_TRY(check_whole(plan, arena, planned));
    if (!planned->look.has_run) {
        return CORE_OK;
    }
    CORE_TRY(xp_recipe_resolve(&cell->options, arena, &recipe));
    return compare_run(plan, arena, planned, &recipe);
}

void xp_plan_tell_unknown_data(const xp_plan *plan, FILE *lines)
{
    int64_t count = 0;
    const char *why = NULL;
    for (int64_t i = 0; i < plan->count; i++) {
        count += plan->cells[i].unknown_data != NULL;
        why = plan->cells[i].unknown_data != NULL ? plan->cells[i].unknown_data : why;
    }
    if (count > 0) {
        fprintf(lines, "data not compared for %s with a run file: %s\n", CORE_COUNT(count, "job"), why);
    }
}

void xp_plan_tell_part(const xp_plan *plan, FILE *lines)
{
    char part[XP_PART_BYTES];
    if (plan->part.count > 0) {
        fprintf(lines, "part %s: %" PRId64 " of %s\n", xp_part_text(plan->part, part), plan->count,
                CORE_COUNT(plan->passed, "job"));
    }
}

void xp_plan_tell_changed(const xp_plan *plan, FILE *lines)
{
    int64_t changed = 0, to_run = 0;
    for (int64_t i = 0; i < plan->count; i++) {
        changed += plan->cells[i].changed != NULL;
        to_run += xp_plan_runs(&plan->cells[i]);
    }
    if (changed > 0) {
        core_text_print(lines,
                        "changed jobs of %s, which stay as they are: %" PRId64 "; others to run: %" PRId64
                        "; --out ANOTHER_FOLDER keeps the recipes apart, --only chooses jobs\n",
                        plan->folder, changed, to_run);
    }
}

static core_status choose(const xp_grid *grid, const char *only, xp_plan *plan)
{
    const char *const **items;
    xp_filter *filter;
    CORE_TRY(CORE_ARENA_NEW(&plan->arena, grid->count, "the jobs", items));
    CORE_TRY(CORE_ARENA_NEW(&plan->arena, grid->count, "the jobs", plan->cells));
    for (int64_t i = 0; i < grid->count; i++) {
        items[i] = grid->cells[i].options.text;
    }
    CORE_TRY(xp_axes_filter(only, items, grid->count, &plan->arena, &filter));
    for (int64_t i = 0; i < grid->count; i++) {
        if (xp_filter_passes(filter, items[i]) && xp_part_has(plan->part, plan->passed++)) {
            plan->cells[plan->count++].cell = &grid->cells[i];
        }
    }
    if (plan->part.count > plan->passed && plan->passed > 0) {
        return core_fail(CORE_BAD_USAGE, "--part %" PRId64 "/%" PRId64 ": only %s to deal, give at most as many parts",
                         plan->part.number, plan->part.count, CORE_COUNT(plan->passed, "job"));
    }
    if (plan->count == 0) {
        return only != NULL ? core_fail(CORE_BAD_USAGE, "filter '%s': none of the %s of %s passes it", only,
                                        CORE_COUNT(grid->count, "job"), grid->name)
                            : core_fail(CORE_BAD_USAGE, "grid %s has no jobs", grid->name);
    }
    for (int64_t i = 0; i < plan->count; i++) {
        CORE_TRY(xp_plan_look(plan, i, &plan->arena));
    }
    return CORE_OK;
}

core_status xp_plan_make(const xp_grid *grid, const xp_options *options, const char *folder, xp_plan *out)
{
    xp_plan plan = {.folder = folder};
    struct stat info;
    if (stat(folder, &info) == 0 && !S_ISDIR(info.st_mode)) {
        return core_fail_about(CORE_BAD_USAGE, folder, " is a file: expected the folder of the jobs, or a new name");
    }
    CORE_TRY(xp_part_parse(options->text[XP_PART], &plan.part));
    CORE_TRY(xp_identities_create(options->text[XP_DATA_DIR], &plan.identities));
    core_status status = choose(grid, options->text[XP_ONLY], &plan);
    if (status != CORE_OK) {
        xp_plan_free(&plan);
        return status;
    }
    *out = plan;
    return CORE_OK;
}

void xp_plan_free(xp_plan *plan)
{
    xp_identities_destroy(plan->identities);
    core_arena_free(&plan->arena);
}

bool xp_plan_runs(const xp_planned *planned)
{
    xp_cell_state state = planned->look.state;
    return planned->changed == NULL &&
           (state == XP_CELL_WAITING || state == XP_CELL_UNFINISHED || state == XP_CELL_FAILED);
}

const char *xp_plan_state(const xp_planned *planned)
{
    return planned->changed != NULL ? "changed" : xp_cell_state_names[planned->look.state];
}

const char *xp_plan_why(const xp_planned *planned, char *text, size_t bytes)
{
    const xp_cell_look *look = &planned->look;
    if (planned->changed != NULL) {
        snprintf(text, bytes, "its run file has another configuration or other data: %s", planned->changed);
        return text;
    }
    switch (look->state) {
    case XP_CELL_WAITING:
        snprintf(text, bytes, "it has no run file");
        break;
    case XP_CELL_UNFINISHED:
        snprintf(text, bytes, "%lld of %s done", (long long)look->run.E, CORE_COUNT(look->run.planned, "epoch"));
        break;
    case XP_CELL_FAILED:
        snprintf(text, bytes, "it failed: %s", look->about);
        break;
    default:
        snprintf(text, bytes, "%s", look->about);
    }
    return text;
}

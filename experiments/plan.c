#include "experiments/plan.h"

#include <stdio.h>
#include <string.h>

#include "experiments/axes.h"
#include "experiments/recipe.h"
#include "nn/context.h"

static bool same(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

static bool is_path(const char *data)
{
    size_t length = strlen(data);
    return strchr(data, '/') != NULL || (length > 3 && strcmp(data + length - 3, ".h5") == 0) ||
           (length > 5 && strcmp(data + length - 5, ".hdf5") == 0);
}

/* The first option that differs; first one that the cell sets, because others may follow from it. XP_BIT_OPTIONS: none.
 * A data set given as a path is not compared: the run file keeps its short name, and train compares the data; likewise
 * word vectors, of which the run file keeps the digest. */
static xp_option_id first_difference(const xp_cell *cell, const char *const *then, const char *const *now)
{
    xp_option_id found = XP_BIT_OPTIONS;
    for (int id = XP_BIT_OPTIONS - 1; id >= 0; id--) {
        bool elsewhere = (id == XP_DATA && is_path(cell->options.text[XP_DATA])) ||
                         (id == XP_GLOVE && then[id] != NULL && now[id] != NULL);
        if (!same(then[id], now[id]) && !elsewhere) {
            found = (xp_option_id)id;
        }
    }
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        bool set = cell->options.source[id] != XP_BY_DEFAULT && !same(cell->options.text[id], "auto");
        if (set && id != XP_DATA && id != XP_GLOVE && !same(then[id], now[id])) {
            return (xp_option_id)id;
        }
    }
    return found;
}

/* Sets *out to what differs between a run file's configuration and the cell's, both as text; NULL: nothing. */
static core_status compare(const xp_cell *cell, const char *then, const char *now, core_arena *arena, const char **out)
{
    const char *old[XP_BIT_OPTIONS], *new[XP_BIT_OPTIONS];
    char line[512], key[32], *copy;
    *out = NULL;
    CORE_TRY(xp_cell_read_options("this configuration", now, arena, new));
    core_status status = xp_cell_read_options("its configuration", then, arena, old);
    if (status == CORE_MACHINE) {
        return status;
    }
    snprintf(line, sizeof line, "%s", core_error_message());
    if (status == CORE_OK) {
        xp_option_id id = first_difference(cell, old, new);
        if (id == XP_BIT_OPTIONS) {
            return CORE_OK;
        }
        xp_option_key(id, key);
        snprintf(line, sizeof line, "%s %s there, %s here", key, old[id] != NULL ? old[id] : "(none)",
                 new[id] != NULL ? new[id] : "(none)");
    }
    CORE_TRY(core_arena_strdup(arena, line, &copy));
    *out = copy;
    return CORE_OK;
}

core_status xp_plan_look(xp_plan *plan, int64_t index)
{
    xp_planned *planned = &plan->cells[index];
    const xp_cell *cell = planned->cell;
    planned->changed = NULL;
    CORE_TRY(xp_cell_look_at(plan->folder, cell->stem, &plan->arena, &planned->look));
    if (!planned->look.has_run) {
        return CORE_OK;
    }
    xp_recipe recipe;
    const char *data = cell->options.text[XP_DATA];
    CORE_TRY(xp_recipe_resolve(&cell->options, &recipe));
    const char *isa = xp_is_auto(&cell->options, XP_ISA) ? nn_isa_name() : cell->options.text[XP_ISA];
    core_status status = xp_recipe_name(&recipe, &cell->options, data, isa);
    if (status == CORE_OK) {
        status = compare(cell, planned->look.run.yaml, recipe.config.yaml, &plan->arena, &planned->changed);
    }
    xp_recipe_free(&recipe);
    return status;
}

static core_status choose(const xp_grid *grid, const char *only, xp_plan *plan)
{
    const char *const **items;
    xp_filter *filter;
    CORE_TRY(CORE_ARENA_NEW(&plan->arena, grid->count, "the cells", items));
    CORE_TRY(CORE_ARENA_NEW(&plan->arena, grid->count, "the cells", plan->cells));
    for (int64_t i = 0; i < grid->count; i++) {
        items[i] = grid->cells[i].options.text;
    }
    CORE_TRY(xp_axes_filter(only, items, grid->count, &plan->arena, &filter));
    for (int64_t i = 0; i < grid->count; i++) {
        if (xp_filter_passes(filter, items[i])) {
            plan->cells[plan->count++].cell = &grid->cells[i];
        }
    }
    if (plan->count == 0) {
        return only != NULL ? core_fail(CORE_BAD_USAGE, "filter '%s': none of the %lld cells of %s passes it", only,
                                        (long long)grid->count, grid->name)
                            : core_fail(CORE_BAD_USAGE, "grid %s has no cells", grid->name);
    }
    for (int64_t i = 0; i < plan->count; i++) {
        CORE_TRY(xp_plan_look(plan, i));
    }
    return CORE_OK;
}

core_status xp_plan_make(const xp_grid *grid, const char *only, const char *folder, xp_plan *out)
{
    xp_plan plan = {.folder = folder};
    core_status status = choose(grid, only, &plan);
    if (status != CORE_OK) {
        xp_plan_free(&plan);
        return status;
    }
    *out = plan;
    return CORE_OK;
}

void xp_plan_free(xp_plan *plan) { core_arena_free(&plan->arena); }

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
        snprintf(text, bytes, "its run file has another configuration: %s", planned->changed);
        return text;
    }
    switch (look->state) {
    case XP_CELL_WAITING:
        snprintf(text, bytes, "it has no run file");
        break;
    case XP_CELL_UNFINISHED:
        snprintf(text, bytes, "%lld of %lld epochs are done", (long long)look->run.E, (long long)look->run.planned);
        break;
    case XP_CELL_FAILED:
        snprintf(text, bytes, "it failed: %s", look->about);
        break;
    default:
        snprintf(text, bytes, "%s", look->about);
    }
    return text;
}

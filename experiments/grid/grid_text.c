/* The texts that grids come from and that cells become. */
#include "experiments/grid/grid.h"

#include <stdio.h>
#include <string.h>

#include "core/builder.h"
#include "core/yaml.h"
#include "experiments/grid/grid_tables.h"
#include "recipes/recipe.h"

const char *xp_grid_text(const char *name)
{
    for (size_t i = 0; xp_grid_tables[i].name != NULL; i++) {
        if (strcmp(xp_grid_tables[i].name, name) == 0) {
            return xp_grid_tables[i].text;
        }
    }
    return NULL;
}

static core_status fail_without_grid(const char *name)
{
    char names[256] = "";
    for (size_t i = 0; xp_grid_tables[i].name != NULL; i++) {
        const size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s|", xp_grid_tables[i].name);
    }
    return core_fail(CORE_BAD_USAGE,
                     "no grid '%s': tailbit grid %sFILE.yaml [options]; a FILE.yaml has '.' or '/' in its name", name,
                     names);
}

core_status xp_grid_read(const char *name, core_arena *arena, const char **out)
{
    const char *embedded = xp_grid_text(name);
    if (embedded != NULL) {
        *out = embedded;
        return CORE_OK;
    }
    if (strchr(name, '/') == NULL && strchr(name, '.') == NULL) {
        return fail_without_grid(name);
    }
    char *text;
    CORE_TRY(core_yaml_read(name, arena, &text));
    *out = text;
    return CORE_OK;
}

static core_status write_option(FILE *stream, const xp_options *options, xp_option_id id)
{
    char key[32];
    const xp_option_kind kind = xp_option_get(id)->kind;
    xp_option_key(id, key);
    if (kind == XP_INTEGER && !xp_is_auto(options, id)) {
        core_yaml_write_integer(stream, key, xp_integer(options, id));
    } else if (kind == XP_REAL && !xp_is_auto(options, id)) {
        core_yaml_write_real(stream, key, xp_real(options, id));
    } else {
        CORE_TRY(core_yaml_write_text(stream, key, options->text[id]));
    }
    return CORE_OK;
}

core_status xp_cell_yaml(const xp_cell *cell, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "the configuration of a cell"));
    core_status status = CORE_OK;
    for (int id = 0; id < XP_BIT_OPTIONS && status == CORE_OK; id++) {
        if (cell->options.source[id] != XP_BY_DEFAULT) {
            status = write_option(text.stream, &cell->options, (xp_option_id)id);
        }
    }
    return core_builder_end(&text, status, arena, out);
}

/* The texts that grids come from and that cells become. */
#include "experiments/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "experiments/grid_tables.h"
#include "experiments/recipe.h"
#include "experiments/verbs.h"

const char *xp_grid_text(const char *name)
{
    for (size_t i = 0; xp_grid_tables[i].name != NULL; i++) {
        if (strcmp(xp_grid_tables[i].name, name) == 0) {
            return xp_grid_tables[i].text;
        }
    }
    return NULL;
}

core_status xp_grid_read(const char *name, core_arena *arena, const char **out)
{
    static const char *const later[] = {"table3", "table4"};
    const char *embedded = xp_grid_text(name);
    if (embedded != NULL) {
        *out = embedded;
        return CORE_OK;
    }
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (strcmp(name, later[i]) == 0) {
            return core_fail(CORE_BAD_USAGE, "grid %s is not built yet: tailbit grid %s", name,
                             xp_verb_get(XP_VERB_GRID)->arguments);
        }
    }
    if (strchr(name, '/') == NULL && strchr(name, '.') == NULL) {
        return core_fail(CORE_BAD_USAGE, "no grid '%s': tailbit grid %s; a FILE.yaml has '.' or '/' in its name", name,
                         xp_verb_get(XP_VERB_GRID)->arguments);
    }
    char *text, *copy;
    size_t bytes;
    CORE_TRY(core_file_read(name, &text, &bytes));
    core_status status = strlen(text) == bytes
                             ? core_arena_strdup(arena, text, &copy)
                             : core_fail(CORE_BAD_USAGE, "%s is not a text file: it has a zero byte", name);
    free(text);
    CORE_TRY(status);
    *out = copy;
    return CORE_OK;
}

core_status xp_cell_yaml(const xp_cell *cell, core_arena *arena, const char **out)
{
    char *text = NULL, *copy;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for the configuration of %s", cell->stem);
    }
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        if (cell->options.source[id] != XP_BY_DEFAULT) {
            char key[32];
            xp_option_key((xp_option_id)id, key);
            fprintf(stream, "%s: ", key);
            xp_yaml_scalar(stream, cell->options.text[id]);
            fputc('\n', stream);
        }
    }
    core_status status = fclose(stream) == 0 ? core_arena_strdup(arena, text, &copy)
                                             : core_fail(CORE_MACHINE, "not enough memory for a configuration");
    free(text);
    CORE_TRY(status);
    *out = copy;
    return CORE_OK;
}

#include "recipes/axes.h"

#include <string.h>

/* The distinct values of option `id` over the items. */
static core_status gather(xp_option_id id, const char *const *const *items, int64_t count, core_arena *arena,
                          xp_axis *out)
{
    const char **values;
    int64_t n = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the values of an axis", values));
    for (int64_t i = 0; i < count; i++) {
        const char *value = items[i][id];
        int64_t v = value != NULL ? 0 : n + 1;
        while (v < n && strcmp(values[v], value) != 0) {
            v++;
        }
        if (v == n) {
            values[n++] = value;
        }
    }
    const xp_option *option = xp_option_get(id);
    *out = (xp_axis){.name = xp_option_key(id),
                     .values = values,
                     .count = n,
                     .bare = xp_option_is(id, XP_FILTER_WORD),
                     .choices = option->kind == XP_CHOICE ? option->choices : NULL,
                     .automatic = option->automatic};
    return CORE_OK;
}

core_status xp_axes_filter(const char *expression, const char *const *const *items, int64_t count, core_arena *arena,
                           xp_filter **out)
{
    xp_axis axes[XP_BIT_OPTIONS];
    if (expression == NULL) {
        *out = NULL;
        return CORE_OK;
    }
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        CORE_TRY(gather((xp_option_id)id, items, count, arena, &axes[id]));
    }
    return xp_filter_parse(expression, axes, XP_BIT_OPTIONS, arena, out);
}

#include "recipes/shot_bounds.h"

#include <inttypes.h>

core_status xp_shot_bounds_of(const xp_options *options, res_shot_bounds *out)
{
    const res_shot_bounds bounds = {xp_integer(options, XP_MANY_OVER), xp_integer(options, XP_FEW_UNDER)};
    if (bounds.few_under > bounds.many_over) {
        return core_fail(CORE_BAD_USAGE,
                         "--few-under %" PRId64 "%s and --many-over %" PRId64
                         "%s leave no class medium; expected --few-under of at most --many-over",
                         bounds.few_under, xp_default_mark(options, XP_FEW_UNDER), bounds.many_over,
                         xp_default_mark(options, XP_MANY_OVER));
    }
    *out = bounds;
    return CORE_OK;
}

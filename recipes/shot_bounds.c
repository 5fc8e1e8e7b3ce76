#include "recipes/shot_bounds.h"

#include <inttypes.h>

core_status xp_shot_bounds_of(const xp_options *options, res_shot_bounds *out)
{
    const res_shot_bounds bounds = {xp_integer(options, XP_MANY_OVER), xp_integer(options, XP_FEW_UNDER)};
    if (bounds.few_under > bounds.many_over + 1) {
        return core_fail(CORE_BAD_USAGE,
                         "--few-under %" PRId64 "%s overlaps --many-over %" PRId64 "%s: a class of %" PRId64
                         " examples would be both; expected at most %" PRId64,
                         bounds.few_under, xp_default_mark(options, XP_FEW_UNDER), bounds.many_over,
                         xp_default_mark(options, XP_MANY_OVER), bounds.few_under - 1, bounds.many_over + 1);
    }
    *out = bounds;
    return CORE_OK;
}

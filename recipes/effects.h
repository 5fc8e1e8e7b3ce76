/* recipes/effects.h - which options have an effect on a run, and why the others have none.
 *
 * Source   column `needs` of recipes/options.def.
 */
#ifndef RECIPES_EFFECTS_H
#define RECIPES_EFFECTS_H

#include <stdbool.h>

#include "core/status.h"
#include "recipes/options.h"
#include "recipes/recipe.h"

/* Fails for a flag that has no effect; a value from --config may have none. recipe NULL: looks only at the flags of
 * `split`; otherwise it is resolved. CORE_BAD_USAGE, naming the option and the value that decides it. */
core_status xp_refuse_idle_flags(const xp_recipe *recipe, const xp_options *options) CORE_MUST_USE;

/* Whether the option has no effect on this run, so that it stands in no run file. */
bool xp_is_idle(const xp_recipe *recipe, const xp_options *options, xp_option_id id);

#endif

/* recipes/axes.h - the options of train as a filter's axes: one filter means the same to grid, status and table. */
#ifndef RECIPES_AXES_H
#define RECIPES_AXES_H

#include "core/memory.h"
#include "core/status.h"
#include "recipes/filter.h"
#include "recipes/options.h"

/* Reads `expression` over every option that changes bits, spelled as in YAML (rho, split_seed); bare words are values
 * of data, imbalance, rho, method, seed and model. items (count) each point to values (XP_BIT_OPTIONS), such as the
 * `text` of xp_options; NULL where an item has none. xp_filter_passes then takes such an item. NULL expression: a
 * filter that lets everything pass. Errors as xp_filter_parse. Everything lives in `arena`. */
core_status xp_axes_filter(const char *expression, const char *const *const *items, int64_t count, core_arena *arena,
                           xp_filter **out) CORE_MUST_USE;

#endif

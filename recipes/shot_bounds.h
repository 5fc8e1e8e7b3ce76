/* recipes/shot_bounds.h - --many-over and --few-under: which classes have many, medium and few training examples. */
#ifndef RECIPES_SHOT_BOUNDS_H
#define RECIPES_SHOT_BOUNDS_H

#include "core/status.h"
#include "recipes/options.h"
#include "results/runs/metric.h"

/* CORE_BAD_USAGE: a class could have many and few. */
core_status xp_shot_bounds_of(const xp_options *options, res_shot_bounds *out) CORE_MUST_USE;

#endif

/* recipes/run_name.h - what names a run: the canonical text of its configuration, and the file where it goes by default. */
#ifndef RECIPES_RUN_NAME_H
#define RECIPES_RUN_NAME_H

#include <stdio.h>

#include "core/status.h"
#include "recipes/options.h"
#include "recipes/recipe.h"
#include "results/runs/run_file.h"

/* Sets `out`: --out, or runs/STEM.h5 with what differs from the defaults behind the stem. CORE_BAD_USAGE as
 * xp_recipe_resolve. */
core_status xp_recipe_choose_out(const xp_options *options, xp_recipe *recipe) CORE_MUST_USE;

/* Sets `config`: everything that changes bits and has an effect, with the data set's short name (ds_short_name) and the
 * effective instruction set, as canonical YAML and as one value an option. */
core_status xp_recipe_name(xp_recipe *recipe, const xp_options *options, const char *data_name,
                           const char *isa_name) CORE_MUST_USE;

/* Writes a line of YAML that reads back as the same value; not for true and false. CORE_BAD_USAGE as core_yaml_write_text. */
core_status xp_write_yaml_option(FILE *stream, const res_option *option) CORE_MUST_USE;

/* Writes "cifar10-long-tailed-100-ERM-seed0", how the run file's name begins. */
enum { XP_STEM_BYTES = 512 };
void xp_recipe_stem(const xp_recipe *recipe, const xp_options *options, char stem[XP_STEM_BYTES]);

/* Adds "-epochs-40": the value of an option that a stem has not yet. */
void xp_recipe_stem_add(char stem[XP_STEM_BYTES], xp_option_id id, const char *value);

#endif

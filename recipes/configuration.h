/* recipes/configuration.h - the configuration of a run file as this tailbit reads it, and where two differ.
 *
 * The rule that lets options be added (docs/numerics.md): an option that a file does not know counts as its default, and
 * one that stands at a default which changes nothing is not written (`unwritten`, recipes/options.h). Whoever
 * compares configurations completes those of files first: then they are the same where their options are.
 *
 * What the data are is compared by their digest (/data of a run file), not here: a complete configuration has no
 * data_sha256. A user's file is called by its name with its ending; an older tailbit left ".h5" out, which is put back.
 */
#ifndef RECIPES_CONFIGURATION_H
#define RECIPES_CONFIGURATION_H

#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"
#include "results/runs/option.h"

/* The options of a file (keys and texts are borrowed), with every option that has an effect and that the file lacks at
 * its default, and without those that stand at a default which changes nothing. What `isa` stands at by default
 * depends on the CPU: it is taken from `isa` where the file lacks it; NULL: it stays absent. CORE_BAD_FILE: the
 * configuration is none of this tailbit's. */
core_status xp_configuration_complete(const res_options *file, const char *isa, core_arena *arena,
                                      res_options *out) CORE_MUST_USE;

/* Reads a configuration as a run file and a cell's STEM.yaml have it into texts (XP_BIT_OPTIONS), by option; NULL where
 * it says nothing. Texts live in the arena. CORE_BAD_USAGE as core_yaml_parse; `name` stands for it in sentences. */
core_status xp_configuration_read(const char *name, const char *yaml, core_arena *arena,
                                  const char **texts) CORE_MUST_USE;

/* xp_configuration_complete for such a text; errors of both. */
core_status xp_configuration_of_yaml(const char *name, const char *yaml, const char *isa, core_arena *arena,
                                     res_options *out) CORE_MUST_USE;

/* The configuration that train makes of these texts by option (XP_BIT_OPTIONS; NULL: not given), as flags of its own, for data
 * of that name on that instruction set; it lives in the arena. CORE_BAD_FILE: train would refuse them. */
core_status xp_configuration_of_flags(const char *const *texts, const char *data_name, const char *isa,
                                      core_arena *arena, res_options *out) CORE_MUST_USE;

/* The key of the first option in which two complete configurations differ; of those that `given` sets before others,
 * because others may follow from them. NULL: there is none. */
const char *xp_configuration_difference(const xp_options *given, const res_options *then, const res_options *now);

#endif

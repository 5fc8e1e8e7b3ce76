/* recipes/configuration.h - the configuration of a run file as this tailbit reads it, and where two differ.
 *
 * A rule lets later versions add options (docs/numerics.md): an option that a file lacks counts as its default, and an
 * option at a default that changes nothing is not written (`unwritten`, recipes/options.h). So complete the
 * configuration of a file before comparing it: complete configurations are equal if and only if their options are. One that
 * says nothing of the crop has pad4.
 *
 * Data are compared by their digest (/data of a run file), not here: a complete configuration has no data_sha256. The
 * name of a user's file includes its ending; an older tailbit left ".h5" out, and it is added again.
 */
#ifndef RECIPES_CONFIGURATION_H
#define RECIPES_CONFIGURATION_H

#include "core/memory.h"
#include "core/status.h"
#include "recipes/options.h"
#include "results/runs/option.h"

/* Completes the options of a file (keys and texts are borrowed): adds every missing option that has an effect, at its
 * default, and removes options at a default that changes nothing. The default of the option isa depends on the CPU:
 * where the file lacks it, it is set to `isa`; NULL: it stays absent. CORE_BAD_FILE: this tailbit does not know the
 * configuration. */
core_status xp_configuration_complete(const res_options *file, const char *isa, core_arena *arena,
                                      res_options *out) CORE_MUST_USE;

/* The status of a failure of train where the option that it blames stands in a file: CORE_BAD_FILE for CORE_BAD_USAGE,
 * with a message that says so; any other status as it is. */
core_status xp_configuration_refuse(core_status status) CORE_MUST_USE;

/* Reads the configuration text of a run file or of a cell's STEM.yaml into texts (XP_BIT_OPTIONS), by option; NULL for
 * an option that it lacks. Texts live in the arena. CORE_BAD_USAGE as core_yaml_parse; messages name it `name`. */
core_status xp_configuration_read(const char *name, const char *yaml, core_arena *arena,
                                  const char **texts) CORE_MUST_USE;

/* xp_configuration_complete for such a text; errors of both. */
core_status xp_configuration_of_yaml(const char *name, const char *yaml, const char *isa, core_arena *arena,
                                     res_options *out) CORE_MUST_USE;

/* The configuration to which train resolves these texts (XP_BIT_OPTIONS, by option; NULL: not given), as if they were
 * flags of its command line, for data of that name on that instruction set; it lives in the arena. CORE_BAD_FILE: train
 * would refuse them. */
core_status xp_configuration_of_flags(const char *const *texts, const char *data_name, const char *isa,
                                      core_arena *arena, res_options *out) CORE_MUST_USE;

/* The key of the first option in which two complete configurations differ; NULL: there is none. Options that `given`
 * sets are compared first, because the values of others may follow from them. */
const char *xp_configuration_difference(const xp_options *given, const res_options *then, const res_options *now);

/* The value of an option that a configuration leaves out where it has that value; its key is NULL for any other option. */
res_option xp_configuration_silent(const char *key);

/* Writes the value of that key as res_option_format does; where a configuration says nothing of it, the value that it then
 * has, or "(none)". */
const char *xp_configuration_format(const res_options *options, const char *key, char *text, size_t bytes);

#endif

/* `tailbit probe RUN.h5`: simple classifiers on a run's frozen features. */
#include <string.h>

#include "core/file.h"
#include "core/text.h"
#include "experiments/cli/verbs.h"
#include "experiments/probe/logistic.h"
#include "experiments/probe/probe.h"
#include "recipes/recipe.h"
#include "recipes/run_name.h"

/* A flag that the protocol does not use is an error. */
static core_status check(const xp_options *options, bool usual)
{
    const xp_option_id idle[2] = {usual ? XP_PROBE_FRAC : XP_DATA, usual ? XP_PROBE_FRAC : XP_DATA_DIR};
    for (int i = 0; i < 2; i++) {
        if (options->source[idle[i]] == XP_BY_FLAG) {
            return core_fail(CORE_BAD_USAGE, "--%s has no effect with --protocol %s%s; expected it to be left out",
                             xp_option_get(idle[i])->name, options->text[XP_PROTOCOL],
                             xp_default_mark(options, XP_PROTOCOL));
        }
    }
    return CORE_OK;
}

/* Writes the default path: probes with other options do not replace each other. */
static core_status default_path(const xp_options *options, const xp_probe_request *request, const char **out)
{
    static const xp_option_id ids[] = {XP_PROBE_FRAC, XP_REGULARISATION, XP_PROBE_SEED};
    char differences[XP_STEM_BYTES] = "";
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        char value[64];
        const res_option option = xp_option_value(ids[i], options->text[ids[i]]);
        if (!xp_is_default(options, ids[i])) {
            xp_recipe_stem_add(differences, ids[i], res_option_format(&option, value, sizeof value));
        }
    }
    return res_probe_path(request->run, request->at_end, request->usual, differences, options->arena, out);
}

static core_status run_probe(const xp_options *options, const xp_probe_request *request)
{
    core_arena *arena = options->arena;
    res_probe probe;
    const char *path = options->text[XP_OUT];
    if (path == NULL) {
        CORE_TRY(default_path(options, request, &path));
    }
    CORE_TRY(res_probe_check(path));
    CORE_TRY(xp_probe(request, arena, &probe));
    CORE_TRY(core_file_make_parent(path));
    CORE_TRY(res_probe_save(&probe, path));
    xp_probe_print(&probe, stdout);
    if (!probe.logistic.converged) {
        printf("the logistic regression stopped at a gradient of norm %.2g, expected below %.2g\n",
               probe.logistic.gradient_norm, XP_LOGISTIC_TOLERANCE);
    }
    core_text_print(stdout, "written: %s\n", path);
    return CORE_OK;
}

core_status xp_verb_probe(const xp_options *options)
{
    const bool usual = xp_is(options, XP_PROTOCOL, "usual");
    const xp_probe_request request = {.run = options->arguments[0],
                                      .at_end = xp_is(options, XP_FEATURES, "at-end"),
                                      .usual = usual,
                                      .frac = xp_real(options, XP_PROBE_FRAC),
                                      .C = xp_real(options, XP_REGULARISATION),
                                      .seed = xp_integer(options, XP_PROBE_SEED),
                                      .data = options->text[XP_DATA],
                                      .data_dir = options->text[XP_DATA_DIR],
                                      .threads = xp_threads_of(options)};
    CORE_TRY(check(options, usual));
    return run_probe(options, &request);
}

#include <stdio.h>
#include <string.h>

#include "core/team.h"
#include "core/text.h"
#include "experiments/bench/bench_command.h"
#include "experiments/cli/verbs.h"
#include "experiments/training/environment.h"
#include "recipes/models.h"
#include "recipes/recipe.h"

/* Fails for an option that the network does not take. */
static core_status refuse_idle(const xp_options *options, const char *model)
{
    const struct {
        xp_option_id id;
        bool has;
    } choices[] = {{XP_IMAGE_SIZE, !xp_model_is_of_text(model)},
                   {XP_BN_GROUP, !xp_model_is_of_text(model)},
                   {XP_RECOMPUTE, !xp_model_is_of_text(model)},
                   {XP_STEM, xp_model_has_stem(model)},
                   {XP_BOTTLENECK, xp_model_has_bottlenecks(model)}};
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        if (!choices[i].has && options->source[choices[i].id] == XP_BY_FLAG) {
            return core_fail(CORE_BAD_USAGE, "--%s has no effect with --model %s; expected it to be left out",
                             xp_option_get(choices[i].id)->name, model);
        }
    }
    return CORE_OK;
}

core_status xp_verb_bench(const xp_options *options)
{
    const char *model = options->text[XP_MODEL];
    const int wanted = xp_threads_of(options), threads = core_team_size(wanted);
    xp_bench_config config = {.threads = threads,
                              .batch = xp_integer(options, XP_BATCH),
                              .shard = xp_integer(options, XP_SHARD),
                              .groups = xp_integer(options, XP_GROUPS),
                              .norm_group = xp_integer(options, XP_BN_GROUP),
                              .recompute = xp_is_on(options, XP_RECOMPUTE),
                              .model = model,
                              .text = xp_model_is_of_text(model)};
    if (threads < wanted) {
        fprintf(stderr, "the system starts %d of %s (ulimit -u, ulimit -v)\n", threads, CORE_COUNT(wanted, "thread"));
    }
    CORE_TRY(xp_check_shard(options));
    CORE_TRY(refuse_idle(options, model));
    if (!config.text) {
        config.side =
            xp_is_auto(options, XP_IMAGE_SIZE) ? xp_model_bench_side(model) : xp_integer(options, XP_IMAGE_SIZE);
        CORE_TRY(xp_model_shape(model, xp_stem_kernel(options->text[XP_STEM], config.side, config.side),
                                xp_is(options, XP_BOTTLENECK, "v1"), &config.shape));
    }
    CORE_TRY(nn_start(xp_isa_of(options)));
    char cpu[XP_CPU_BYTES], machine[XP_CPU_BYTES + 16];
    xp_cpu_name(cpu);
    snprintf(machine, sizeof machine, "%s, %s", cpu, nn_isa_name());
    return xp_is_on(options, XP_SERVE) ? xp_bench_serve(&config, stdin, stdout)
                                       : xp_bench_report(&config, machine, stdout);
}

#include <stdio.h>

#include "experiments/bench/bench_command.h"
#include "experiments/cli/verbs.h"
#include "experiments/training/environment.h"
#include "recipes/models.h"
#include "recipes/recipe.h"

core_status xp_verb_bench(const xp_options *options)
{
    const char *model = options->text[XP_MODEL];
    xp_bench_config config = {.threads = xp_threads_of(options),
                              .batch = xp_integer(options, XP_BATCH),
                              .shard = xp_integer(options, XP_SHARD),
                              .groups = xp_integer(options, XP_GROUPS),
                              .side = xp_integer(options, XP_IMAGE_SIZE),
                              .depth = xp_model_is_of_text(model) ? 0 : xp_model_depth(model)};
    if (config.depth == 0 && options->source[XP_IMAGE_SIZE] == XP_BY_FLAG) {
        return core_fail(CORE_BAD_USAGE, "--image-size has no effect with --model %s; expected it to be left out",
                         model);
    }
    CORE_TRY(xp_check_shard(options));
    CORE_TRY(nn_start(xp_isa_of(options)));
    char cpu[XP_CPU_BYTES], machine[XP_CPU_BYTES + 16];
    xp_cpu_name(cpu);
    snprintf(machine, sizeof machine, "%s, %s", cpu, nn_isa_name());
    return xp_is_on(options, XP_SERVE) ? xp_bench_serve(&config, stdin, stdout)
                                       : xp_bench_report(&config, machine, stdout);
}

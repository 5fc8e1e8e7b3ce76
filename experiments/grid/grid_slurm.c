#include "experiments/grid/grid_slurm.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/process.h"
#include "core/text.h"
#include "core/version.h"

enum { TASKS = 4, WARNED_S = 300 }; /* tasks of an array that shares by locks; seconds before the time limit */

/* The options of the command, but not those that the script sets. */
static void write_options(const xp_options *options, FILE *stream)
{
    for (int id = 0; id < XP_OPTION_COUNT; id++) {
        const bool set = id == XP_THREADS || id == XP_PART || id == XP_SLURM;
        const bool is_switch = xp_option_get((xp_option_id)id)->kind == XP_SWITCH_ON;
        if (options->source[id] != XP_BY_FLAG || set || (is_switch && !xp_is_on(options, (xp_option_id)id))) {
            continue;
        }
        fprintf(stream, " --%s", xp_option_get((xp_option_id)id)->name);
        if (!is_switch) {
            fputc(' ', stream);
            core_text_word(stream, options->text[id]);
        }
    }
}

static void write_head(const xp_plan *plan, const char *grid, int threads, const char *folder, FILE *stream)
{
    int64_t to_run = 0;
    const int64_t parts = plan->part.count;
    for (int64_t i = 0; i < plan->count; i++) {
        to_run += xp_plan_runs(&plan->cells[i]);
    }
    const int64_t tasks = parts > 0 ? parts : to_run < 1 ? 1 : to_run < TASKS ? to_run : TASKS;
    fprintf(stream, "#!/bin/bash\n# %s: grid ", core_creator);
    core_text_show(stream, grid, CORE_TEXT_LINE);
    fprintf(stream, ", %s; submit with sbatch, whose options win over these lines (--time, --partition, --mem).\n",
            CORE_COUNT(plan->passed, "job"));
    fputs(parts > 0 ? "# Each task has its part of the jobs, so --array may leave tasks out, and none may be added.\n"
                    : "# The tasks share the jobs by locks in the folder, so --array may have any number of them.\n",
          stream);
    fprintf(stream,
            "#SBATCH --array=1-%" PRId64 "\n"
            "#SBATCH --nodes=1 --ntasks=1 --cpus-per-task=%d\n"
            "#SBATCH --time=24:00:00\n"
            "#SBATCH --signal=B:USR1@%d\n"
            "#SBATCH --requeue --open-mode=append\n"
            "#SBATCH --job-name=",
            tasks, threads, WARNED_S);
    core_text_word(stream, grid);
    fputs("\n\ncd ", stream);
    core_text_word(stream, folder);
    fputs(" || exit\n", stream);
}

/* A trap waits for the end of a program in the foreground, so `sleep` is none. The signal is sent again every second: one
 * that comes between fork and exec is lost, and one before tailbit listens ends it, with 128 + SIGUSR1. `wait` knows the code
 * of a child that has ended. */
static const char tail[] = "worker=$!\n"
                           "while kill -0 \"$worker\" 2>/dev/null; do\n"
                           "    [ -z \"$stop\" ] || kill -USR1 \"$worker\"\n"
                           "    sleep 1 &\n"
                           "    wait \"$!\"\n"
                           "done\n"
                           "wait \"$worker\"\n"
                           "code=$?\n"
                           "case $stop$code in\n"
                           "yes75 | yes138) exec scontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\" ;;\n"
                           "esac\n"
                           "exit \"$code\"\n";

core_status xp_grid_slurm(const xp_plan *plan, const xp_options *options, int threads, FILE *stream)
{
    char program[PATH_MAX], folder[PATH_MAX];
    if (plan->part.number > 1) {
        return core_fail(CORE_BAD_USAGE,
                         "--part %" PRId64 "/%" PRId64
                         " --slurm: one script is for all parts, expected --part 1/%" PRId64,
                         plan->part.number, plan->part.count, plan->part.count);
    }
    if (realpath(core_process_self(), program) == NULL || getcwd(folder, sizeof folder) == NULL) {
        return core_fail(CORE_MACHINE, "the path of %s or of this folder: %s", core_process_self(), strerror(errno));
    }
    write_head(plan, options->arguments[0], threads, folder, stream);
    fputs("# Before the time limit tailbit writes check-points and ends with code 75, and the task is queued again.\n"
          "trap 'stop=yes' USR1\n"
          "stop=\n",
          stream);
    core_text_word(stream, program);
    fputs(" grid ", stream);
    core_text_word(stream, options->arguments[0]);
    write_options(options, stream);
    fputs(" --threads \"$SLURM_CPUS_PER_TASK\"", stream);
    if (plan->part.count > 0) {
        fprintf(stream, " --part \"$SLURM_ARRAY_TASK_ID/%" PRId64 "\"", plan->part.count);
    }
    fputs(" &\n", stream);
    fputs(tail, stream);
    return CORE_OK;
}

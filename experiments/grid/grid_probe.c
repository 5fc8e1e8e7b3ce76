#include "experiments/grid/grid_probe.h"

#include <string.h>

#include "core/file.h"
#include "core/path.h"
#include "core/text.h"
#include "experiments/probe/probe.h"
#include "core/signals.h"

/* The request of `tailbit probe STEM.h5 --features ...`, and the path of its probe file. */
static core_status request_of(const xp_plan *plan, int64_t i, const char *features, core_arena *arena,
                              xp_probe_request *out, const char **path)
{
    xp_options options;
    char *run;
    CORE_TRY(core_path_join(plan->folder, plan->cells[i].cell->stem, ".h5", arena, &run));
    CORE_TRY(xp_options_parse(XP_VERB_PROBE, 0, NULL, arena, &options));
    *out = (xp_probe_request){.run = run,
                              .at_end = strcmp(features, "at-end") == 0,
                              .frac = xp_real(&options, XP_PROBE_FRAC),
                              .C = xp_real(&options, XP_REGULARISATION),
                              .seed = xp_integer(&options, XP_PROBE_SEED)};
    return res_probe_path(run, out->at_end, out->usual, "", arena, path);
}

/* Whether the probe file at `path` is of `request` and of the current run file. */
static core_status is_there(const xp_probe_request *request, const char *path, core_arena *arena, bool *out)
{
    const char *digest;
    res_probe_options done;
    res_run run;
    *out = false;
    core_status status = res_probe_look(path, arena, &digest, &done);
    status = status == CORE_OK ? res_run_load(request->run, 0, arena, &run) : status;
    if (status != CORE_OK) {
        return status == CORE_BAD_FILE ? CORE_OK : status; /* missing, or to be replaced */
    }
    *out = strcmp(digest, run.digest) == 0 && strcmp(done.protocol, "paper") == 0 && done.frac == request->frac &&
           done.regularisation == request->C && done.seed == request->seed;
    return CORE_OK;
}

/* Probes a cell unless its probe file is there; sets *made if it was probed now. */
static core_status probe_unless_there(const xp_plan *plan, int64_t i, const xp_grid_probing *probing,
                                      xp_probe_request request, const char *path, core_arena *arena, bool *made)
{
    bool there;
    res_probe probe;
    CORE_TRY(is_there(&request, path, arena, &there));
    if (there) {
        return CORE_OK;
    }
    request.threads = probing->threads;
    CORE_TRY(xp_probe(&request, arena, &probe));
    CORE_TRY(res_probe_save(&probe, path));
    core_text_print(probing->lines, "[%lld/%lld] probed %s: error of the linear classifier %.2f%%\n", (long long)i + 1,
                    (long long)plan->count, plan->cells[i].cell->stem, 100 * probe.error[0]);
    fflush(probing->lines);
    *made = true;
    return CORE_OK;
}

/* The same under the probe file's lock; *elsewhere: another process has it, and probes the cell. Where there are no locks, both
 * probe it and write the same file. */
static core_status probe_cell(const xp_plan *plan, int64_t i, const xp_grid_probing *probing, core_arena *arena,
                              bool *made, bool *elsewhere)
{
    xp_probe_request request;
    const char *path;
    core_file_lock *lock;
    CORE_TRY(request_of(plan, i, probing->features, arena, &request, &path));
    CORE_TRY(core_file_lock_try(path, true, &lock));
    *elsewhere = lock == NULL;
    const core_status status =
        lock != NULL ? probe_unless_there(plan, i, probing, request, path, arena, made) : CORE_OK;
    core_file_lock_remove(lock);
    return status;
}

core_status xp_grid_probe(xp_plan *plan, const xp_grid_probing *probing)
{
    int64_t done = 0, now = 0, refused = 0, others = 0;
    for (int64_t i = 0; i < plan->count; i++) {
        core_arena arena = {0};
        bool made = false, elsewhere;
        if (core_stop_wanted()) {
            return core_fail(CORE_STOPPED, "stopped by %s after %s; the same command resumes %s",
                             core_stop_signal_name(), CORE_COUNT(now, "probe"), plan->folder);
        }
        CORE_TRY(xp_plan_look(plan, i, &plan->arena));
        if (plan->cells[i].changed != NULL || plan->cells[i].look.state != XP_CELL_DONE) {
            continue;
        }
        const core_status status = probe_cell(plan, i, probing, &arena, &made, &elsewhere);
        core_arena_free(&arena);
        if (status == CORE_BAD_FILE) {
            fprintf(probing->lines, "[%lld/%lld] not probed: %s\n", (long long)i + 1, (long long)plan->count,
                    core_error_message());
            refused++;
            continue;
        }
        CORE_TRY(status);
        now += made;
        done += !elsewhere;
        others += elsewhere;
    }
    core_text_print(probing->lines, "%s: %s probed (%lld now)%s%s%s\n", plan->folder, CORE_COUNT(done, "job"),
                    (long long)now, others > 0 ? ", " : "", others > 0 ? CORE_COUNT(others, "job") : "",
                    others > 0 ? " in the hands of other processes" : "");
    return refused == 0
               ? CORE_OK
               : core_fail(CORE_DIFFERS, "%s: %s could not be probed", plan->folder, CORE_COUNT(refused, "job"));
}

core_status xp_grid_count_probes(const xp_plan *plan, const char *features, int64_t *out)
{
    *out = 0;
    for (int64_t i = 0; i < plan->count; i++) {
        core_arena arena = {0};
        xp_probe_request request;
        const char *path;
        bool there = false;
        core_status status = request_of(plan, i, features, &arena, &request, &path);
        status = status == CORE_OK ? is_there(&request, path, &arena, &there) : status;
        core_arena_free(&arena);
        CORE_TRY(status);
        *out += there;
    }
    return CORE_OK;
}

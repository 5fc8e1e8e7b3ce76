#include "experiments/training/resume.h"

#include <string.h>
#include <sys/stat.h>

#include "core/text.h"
#include "experiments/training/network.h"
#include "experiments/training/record.h"
#include "recipes/configuration.h"

static core_status refuse_run(const char *path, const char *what, const char *then, const char *now)
{
    return core_fail(CORE_BAD_USAGE,
                     "%s: holds a run with %s %s, this command has %s; expected the same, or another --out", path, what,
                     then, now);
}

static core_status same_config(xp_job *job, const xp_options *options)
{
    const char *isa = nn_isa_name();
    res_options then, now;
    CORE_TRY(xp_configuration_complete(&job->recipe.config.options, isa, &job->arena, &now));
    core_status status = xp_configuration_complete(&job->file.config.options, isa, &job->arena, &then);
    if (status == CORE_BAD_FILE) {
        return core_fail(CORE_BAD_FILE, "%s: %s", job->recipe.out, core_error_message());
    }
    CORE_TRY(status);
    const char *key = xp_configuration_difference(options, &then, &now);
    if (key == NULL) {
        return CORE_OK;
    }
    char old[256], new[256];
    xp_configuration_format(&then, key, old, sizeof old);
    xp_configuration_format(&now, key, new, sizeof new);
    if (strcmp(key, xp_option_key(XP_EPOCHS)) == 0) {
        return core_fail(
            CORE_BAD_USAGE,
            "%s: holds a run of %s epochs, this command asks for %s; a run cannot be lengthened, since its "
            "drops, warm-up and switch follow from its epochs: train the other one with another --out",
            job->recipe.out, old, new);
    }
    return refuse_run(job->recipe.out, key, old, new);
}

static core_status same_data(const xp_job *job)
{
    if (strcmp(job->file.data.sha256, job->data.sha256) != 0) {
        return refuse_run(job->recipe.out, "data of SHA-256", job->file.data.sha256, job->data.sha256);
    }
    if (strcmp(job->file.split.sha256, job->split.sha256) != 0) {
        return refuse_run(job->recipe.out, "a training subset of SHA-256", job->file.split.sha256, job->split.sha256);
    }
    const res_split *then = &job->file.split;
    size_t bytes = (size_t)job->split.validation_n * sizeof *then->validation_index;
    if (then->validation_n != job->split.validation_n ||
        (bytes > 0 && memcmp(then->validation_index, job->split.validation_index, bytes) != 0)) {
        return core_fail(CORE_BAD_FILE, "%s: its held-out examples are not those of this configuration",
                         job->recipe.out);
    }
    return CORE_OK;
}

core_status xp_resume_take(xp_job *job, const xp_options *options, xp_found *found)
{
    struct stat status;
    CORE_TRY(core_file_make_parent(job->recipe.out));
    CORE_TRY(core_file_lock_take(job->recipe.out, &job->lock));
    if (stat(job->recipe.out, &status) != 0 || status.st_size == 0) { /* empty as mktemp leaves it */
        *found = XP_NEW;
        return CORE_OK;
    }
    CORE_TRY(res_run_load(job->recipe.out, RES_ALL, &job->arena, &job->file));
    job->is_saved_whole = res_run_finished(&job->file);
    CORE_TRY(same_config(job, options));
    CORE_TRY(same_data(job));
    char why[128];
    if (res_run_diverged(&job->file, why, sizeof why)) { /* an older tailbit did not end there */
        return core_fail(CORE_DIVERGED,
                         "%s: %s: it is no result; remove it, or give another --out, and try a lower --lr",
                         job->recipe.out, why);
    }
    *found = job->is_saved_whole ? XP_FINISHED : XP_UNFINISHED;
    return CORE_OK;
}

static core_status same_arithmetic(const xp_job *job, const char *key, const char *now)
{
    const res_env *env = &job->file.env;
    const res_option *then = env->count > 0 ? res_options_find(&env->starts[env->count - 1], key) : NULL;
    if (then != NULL && then->type == CORE_H5_TEXT && strcmp(then->text, now) == 0) {
        return CORE_OK;
    }
    char old[256];
    return core_fail(CORE_MACHINE,
                     "%s: was begun with %s %s, here it is %s; expected the same, because other bits would follow",
                     job->recipe.out, key, res_option_format(then, old, sizeof old), now);
}

static core_status restore_running(xp_job *job)
{
    xp_pass *pass = &job->pass;
    int64_t done = xp_pass_done(pass);
    struct {
        core_h5_type type;
        void *into;
        size_t size;
    } sums[XP_RUNNING] = {{CORE_H5_F64, pass->losses, sizeof *pass->losses},
                          {CORE_H5_F64, pass->margins, sizeof *pass->margins},
                          {CORE_H5_I32, pass->predictions, sizeof *pass->predictions}};
    for (int i = 0; i < XP_RUNNING; i++) {
        const res_array *array = NULL;
        CORE_TRY(xp_network_find(&job->file.state, job->recipe.out, xp_running_names[i], sums[i].type, done, &array));
        memcpy(sums[i].into, array->data, (size_t)done * sums[i].size);
    }
    return res_check_labels(job->recipe.out, "/state/running/prediction has", pass->predictions, done, job->split.K);
}

core_status xp_resume_restore(xp_job *job)
{
    const res_state *state = &job->file.state;
    CORE_TRY(same_arithmetic(job, "onednn", nn_onednn_version()));
    CORE_TRY(same_arithmetic(job, "self_test", job->self_test));
    if (state->epoch != job->file.epochs.E || state->step < 0 || state->step > job->pass.steps ||
        job->file.epochs.P != job->tensors || job->file.epochs.K != job->split.K ||
        job->file.epochs.planned != job->recipe.epochs ||
        job->file.epochs.has_validation != (job->split.validation_n > 0) || job->file.margins.K != job->split.K ||
        job->file.split.n != job->split.n) {
        return core_fail(CORE_BAD_FILE, "%s: its state (epoch %lld, step %lld) does not fit its %s", job->recipe.out,
                         (long long)state->epoch, (long long)state->step, CORE_COUNT(job->file.epochs.E, "epoch"));
    }
    CORE_TRY(xp_network_restore(state, job->recipe.out, job->model));
    job->file.config = job->recipe.config;
    CORE_TRY(xp_pass_begin(&job->pass, state->epoch, state->step));
    return state->step > 0 ? restore_running(job) : CORE_OK;
}

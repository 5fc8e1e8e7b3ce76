#include "experiments/training/job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/comm.h"
#include "core/hash.h"
#include "core/path.h"
#include "core/team.h"
#include "core/text.h"
#include "core/version.h"
#include "experiments/training/environment.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/initial.h"
#include "experiments/training/network.h"
#include "recipes/run_name.h"
#include "results/runs/features_file.h"

static core_status draw_data(const xp_options *options, xp_job *job)
{
    const xp_split_recipe *split = &job->recipe.split;
    CORE_TRY(xp_split_load(split, &job->data));
    memcpy(job->recipe.data_sha256, job->data.sha256, sizeof job->recipe.data_sha256);
    job->recipe.split.view = job->data.view;
    CORE_TRY(xp_split_draw(split, &job->data, &job->arena, &job->split));
    CORE_TRY(xp_initial_identify(&job->recipe));
    const bool always = job->split.K <= RES_DENSE_CLASSES;
    if (always && options->source[XP_KEEP_FEATURES] == XP_BY_FLAG) {
        return core_fail(
            CORE_BAD_USAGE,
            "--keep-features has no effect with %s: up to %d the run file has the features; expected it to be "
            "left out",
            CORE_COUNT(job->split.K, "class"), RES_DENSE_CLASSES);
    }
    job->recipe.keep_features = job->recipe.keep_features && !always;
    return xp_recipe_name(&job->recipe, options, job->data.name, nn_isa_name());
}

/* Whether two paths name one place, which may be empty. */
static bool is_same_place(const char *a, const char *b)
{
    char folders[2][CORE_PATH_BYTES];
    struct stat of[2];
    if (strcmp(core_path_name(a), core_path_name(b)) != 0 || core_path_folder(a, folders[0]) != CORE_OK ||
        core_path_folder(b, folders[1]) != CORE_OK) {
        return false;
    }
    return strcmp(folders[0], folders[1]) == 0 || (stat(folders[0], &of[0]) == 0 && stat(folders[1], &of[1]) == 0 &&
                                                   of[0].st_dev == of[1].st_dev && of[0].st_ino == of[1].st_ino);
}

/* The log must not stand in the place of the run file or of its lock. */
static core_status check_log(const char *log, const char *out)
{
    char lock[CORE_PATH_BYTES];
    CORE_TRY(core_path_write(lock, "%s.lock", out));
    return log == NULL || (!is_same_place(log, out) && !is_same_place(log, lock))
               ? CORE_OK
               : core_fail(CORE_BAD_USAGE, "--log %s: there the run file or its lock belongs; expected another place",
                           log);
}

core_status xp_job_open(const xp_options *options, xp_job *out)
{
    *out = (xp_job){.tested_step = -1};
    CORE_TRY(xp_recipe_resolve(options, options->arena, &out->recipe));
    CORE_TRY(xp_recipe_choose_out(options, &out->recipe));
    out->threads_wanted = out->recipe.threads;
    out->recipe.threads = core_team_size(out->recipe.threads);
    CORE_TRY(nn_start(out->recipe.isa));
    CORE_TRY(res_run_check(out->recipe.out));
    CORE_TRY(check_log(options->text[XP_LOG], out->recipe.out));
    CORE_TRY(out->recipe.keep_features ? res_features_check(out->recipe.out) : CORE_OK);
    return draw_data(options, out);
}

static core_status build_model(xp_job *job)
{
    CORE_TRY(xp_network_create(&job->recipe, &job->data, &job->split, &job->model));
    CORE_TRY(nn_model_join(job->model));
    job->tensors = nn_model_tensor_count(job->model);
    CORE_TRY(CORE_ARENA_NEW(&job->arena, job->tensors + XP_RUNNING, "the state", job->state));
    CORE_TRY(CORE_ARENA_NEW(&job->arena, job->tensors, "the state", job->tensor_data));
    for (int64_t t = 0; t < job->tensors; t++) {
        nn_tensor_info info = nn_model_tensor(job->model, t);
        CORE_TRY(CORE_ARENA_NEW(&job->arena, info.count, "the state's tensors", job->tensor_data[t]));
        core_h5_shape shape = {.type = CORE_H5_F32, .rank = info.rank};
        for (int d = 0; d < info.rank; d++) {
            shape.dims[d] = info.shape[d];
        }
        job->state[t] = (res_array){.name = info.name, .shape = shape, .data = job->tensor_data[t]};
    }
    return CORE_OK;
}

/* Makes the arrays of what an epoch's evaluations leave. */
static core_status make_outputs(xp_job *job)
{
    core_arena *arena = &job->arena;
    const int64_t N = job->data.test.count, V = job->split.validation_n;
    imb_outputs *tested = &job->tested;
    tested->scale = job->recipe.scale;
    CORE_TRY(CORE_ARENA_NEW(arena, N, "the test predictions", tested->prediction));
    CORE_TRY(CORE_ARENA_NEW(arena, N, "the test ranks", tested->rank));
    CORE_TRY(CORE_ARENA_NEW(arena, N, "the test confidences", tested->confidence));
    CORE_TRY(CORE_ARENA_NEW(arena, V, "the predictions of held-out examples", job->held_out.prediction));
    if (xp_job_keeps_features(job)) {
        CORE_TRY(
            CORE_ARENA_NEW(arena, N * nn_model_feature_count(job->model), "the test features", job->test_features));
    }
    if (!xp_job_has_many_classes(job)) {
        return CORE_ARENA_NEW(arena, N * job->split.K, "the test logits", job->test_logits);
    }
    tested->T = RES_TOP_LOGITS;
    CORE_TRY(CORE_ARENA_NEW(arena, N, "the test logits", tested->own_logit));
    CORE_TRY(CORE_ARENA_NEW(arena, N * tested->T, "the largest test logits", tested->top_label));
    return CORE_ARENA_NEW(arena, N * tested->T, "the largest test logits", tested->top_logit);
}

core_status xp_job_build(xp_job *job)
{
    CORE_TRY((job->recipe.text ? nn_self_test_text : nn_self_test)(job->self_test));
    CORE_TRY(xp_objective_create(&job->recipe, &job->split, &job->arena, &job->objective));
    CORE_TRY(build_model(job));
    CORE_TRY(ds_loader_create(&job->data, job->recipe.threads, &job->loader));
    CORE_TRY(xp_pass_create(&job->objective, job->loader, job->model, &job->arena, &job->pass));
    return make_outputs(job);
}

/* What has to be the same for all ranks, what decides most first. */
static core_status write_lines(const xp_job *job, FILE *lines)
{
    const res_options *options = &job->recipe.config.options;
    core_hash_digest program;
    char hex[CORE_HASH_HEX_MAX], value[CORE_MESSAGE_BYTES];
    CORE_TRY(core_hash_file(CORE_HASH_SHA256, "/proc/self/exe", &program));
    fprintf(lines, "the commit\t%s\nthe program's SHA-256\t%s\noneDNN\t%s\n", core_commit, core_hash_hex(&program, hex),
            nn_onednn_version());
    fprintf(lines, "the instruction set\t%s\nthe self-test\t%s\n", nn_isa_name(), job->self_test);
    fprintf(lines, "the data's SHA-256\t%s\nthe training subset's SHA-256\t%s\n", job->data.sha256, job->split.sha256);
    for (int64_t i = 0; i < options->count; i++) {
        fprintf(lines, "the option %s\t%s\n", options->items[i].key,
                res_option_format(&options->items[i], value, sizeof value));
    }
    return CORE_OK;
}

/* "node1, AMD EPYC 9R14, family 25 model 17, 8 threads x 2", into the arena. */
static core_status list_ranks(xp_job *job)
{
    char cpu[XP_CPU_BYTES], own[XP_CPU_BYTES + 160], *copy;
    xp_cpu_name(cpu);
    snprintf(own, sizeof own, "%s, %s, %s", core_comm_host(), cpu, CORE_COUNT(job->recipe.threads, "thread"));
    char *list = core_comm_list(own);
    const core_status status = core_arena_strdup(&job->arena, list, &copy);
    job->ranks = status == CORE_OK ? copy : NULL;
    free(list);
    return status;
}

core_status xp_job_compare(xp_job *job)
{
    core_builder text;
    char *lines = NULL;
    if (core_comm_count() == 1) {
        return CORE_OK;
    }
    core_status status = core_builder_begin(&text, "what the ranks compare");
    status = status == CORE_OK ? core_builder_take(&text, write_lines(job, text.stream), &lines) : status;
    CORE_TRY(core_comm_agree(status, NULL));
    status = core_comm_same(lines);
    free(lines);
    CORE_TRY(status);
    return core_comm_agree(list_ranks(job), NULL);
}

core_status xp_job_evaluate_test(xp_job *job)
{
    int64_t steps_done = job->pass.epoch * job->pass.steps + job->pass.step;
    if (job->tested_step == steps_done) {
        return CORE_OK;
    }
    job->tested_step = -1;
    xp_evaluation what = {.loader = job->loader,
                          .part = &job->data.test,
                          .n = job->data.test.count,
                          .shard = job->recipe.shard,
                          .features = job->test_features,
                          .logits = job->test_logits,
                          .outputs = &job->tested};
    CORE_TRY(xp_evaluate(job->model, &what));
    job->tested_step = steps_done;
    return CORE_OK;
}

core_status xp_job_evaluate_validation(xp_job *job)
{
    xp_evaluation what = {.loader = job->loader,
                          .part = &job->data.train,
                          .index = job->split.validation_index,
                          .n = job->split.validation_n,
                          .shard = job->recipe.shard,
                          .outputs = &job->held_out};
    return what.n > 0 ? xp_evaluate(job->model, &what) : CORE_OK;
}

void xp_job_close(xp_job *job)
{
    nn_model_destroy(job->model);
    ds_loader_destroy(job->loader);
    ds_destroy(&job->data);
    /* Nobody writes a finished run again, and nobody goes on with one that was never saved: their locks have no use. */
    const bool is_over = job->lock != NULL && (job->is_saved_whole || access(job->recipe.out, F_OK) != 0);
    (is_over ? core_file_lock_remove : core_file_lock_release)(job->lock);
    core_arena_free(&job->arena);
    *job = (xp_job){.tested_step = -1};
}

#include "experiments/training/apply.h"

#include <inttypes.h>
#include <string.h>

#include "core/text.h"
#include "datasets/unseen.h"
#include "experiments/training/evaluation.h"
#include "recipes/class_names.h"

static core_status check_run(const char *path, const res_run *run)
{
    char why[128];
    if (res_run_diverged(run, why, sizeof why)) {
        return core_fail(CORE_BAD_FILE, "%s: diverged: %s; expected a run whose network is of use", path, why);
    }
    if (!res_run_finished(run)) {
        return core_fail(CORE_BAD_FILE,
                         "%s: is unfinished, %" PRId64
                         " of %s; expected a finished run: give the command that began it again",
                         path, run->epochs.E, CORE_COUNT(run->epochs.planned, "epoch"));
    }
    return CORE_OK;
}

/* 1 of gray images; 3 where the channels' statistics differ, so that the images had colours; 0: not known. */
static int64_t planes_of(bool is_gray, const float *mean, const float *std)
{
    bool differ = false;
    for (int c = 1; c < DS_CHANNELS; c++) {
        differ = differ || mean[c] != mean[0] || std[c] != std[0];
    }
    return is_gray ? 1 : differ ? DS_CHANNELS : 0;
}

/* Describes what the run's network takes. `own`: the run's own data, loaded where its file lacks something of them. */
static core_status describe(const xp_apply_request *request, const res_run *run, const xp_recipe *recipe,
                            ds_dataset *own, ds_taken *out)
{
    const res_data *data = &run->data;
    ds_taken taken = {.kind = recipe->text ? DS_TEXT : DS_IMAGES,
                      .classes = run->split.K,
                      .class_names = xp_class_names(run),
                      .view = recipe->split.view,
                      .height = data->plane != NULL ? data->plane[0] : RES_SIDE,
                      .width = data->plane != NULL ? data->plane[1] : RES_SIDE,
                      .mean = data->mean,
                      .std = data->std};
    if (recipe->text || data->mean == NULL) { /* words; mean and std, which an older tailbit did not keep */
        const core_status status =
            xp_trained_load(request->path, run, NULL, request->data_dir, &recipe->split.view, own);
        if (status != CORE_OK) {
            return core_fail(status, "%s: the data of its training are needed for %s: %s", request->path,
                             recipe->text ? "the words of its vocabulary" : "their mean and std", core_error_message());
        }
        taken.mean = own->mean;
        taken.std = own->std;
        taken.view.text.vocabulary = own->vocabulary;
        taken.view.text.words = (const char *const *)own->words;
    }
    if (!recipe->text) {
        taken.planes = planes_of(data->planes != NULL || own->planes == 1, taken.mean, taken.std);
    }
    *out = taken;
    return CORE_OK;
}

static core_status load_unseen(const xp_apply_request *request, const res_run *run, xp_trained *trained, bool *labelled)
{
    ds_taken taken;
    ds_dataset own = {0};
    core_status status = describe(request, run, &trained->recipe, &own, &taken);
    if (status == CORE_OK) {
        status = ds_load_unseen(request->data, request->data_dir, &taken, &trained->data, labelled);
    }
    ds_destroy(&own);
    return status;
}

static core_status load_data(const xp_apply_request *request, const res_run *run, xp_applied *applied)
{
    xp_trained *trained = &applied->trained;
    bool labelled = true;
    CORE_TRY(request->data == NULL ? xp_trained_load(request->path, run, NULL, request->data_dir,
                                                     &trained->recipe.split.view, &trained->data)
                                   : load_unseen(request, run, trained, &labelled));
    applied->is_own = strcmp(trained->data.sha256, run->data.sha256) == 0;
    applied->class_name = xp_class_names(run);
    applied->N = trained->data.test.count;
    applied->K = run->split.K;
    applied->label = labelled ? trained->data.test.labels : NULL;
    return labelled || !request->labels
               ? CORE_OK
               : core_fail(CORE_BAD_FILE,
                           "%s: has no test_labels, so that no error can be told; `tailbit predict` does without",
                           trained->data.name);
}

/* Makes the arrays of the outputs, as much of them as a run file keeps. */
static core_status make_outputs(const xp_apply_request *request, core_arena *arena, xp_applied *applied)
{
    const int64_t N = applied->N;
    imb_outputs *outputs = &applied->outputs;
    outputs->scale = applied->trained.recipe.scale;
    applied->D = nn_model_feature_count(applied->trained.model);
    CORE_TRY(CORE_ARENA_NEW(arena, N, "the predictions", outputs->prediction));
    CORE_TRY(CORE_ARENA_NEW(arena, N, "the ranks", outputs->rank));
    CORE_TRY(CORE_ARENA_NEW(arena, N, "the confidences", outputs->confidence));
    if (request->features) {
        CORE_TRY(CORE_ARENA_NEW(arena, N * applied->D, "the features", applied->features));
    }
    if (applied->K <= RES_DENSE_CLASSES) {
        return CORE_ARENA_NEW(arena, N * applied->K, "the logits", applied->logits);
    }
    outputs->T = RES_TOP_LOGITS;
    CORE_TRY(CORE_ARENA_NEW(arena, N, "the logits", outputs->own_logit));
    CORE_TRY(CORE_ARENA_NEW(arena, N * outputs->T, "the largest logits", outputs->top_label));
    return CORE_ARENA_NEW(arena, N * outputs->T, "the largest logits", outputs->top_logit);
}

core_status xp_apply(const xp_apply_request *request, const res_run *run, core_arena *arena, xp_applied *out)
{
    xp_trained *trained = &out->trained;
    *out = (xp_applied){0};
    CORE_TRY(check_run(request->path, run));
    CORE_TRY(xp_trained_read(request->path, run, request->threads, arena, trained));
    CORE_TRY(load_data(request, run, out));
    CORE_TRY(xp_trained_build(request->path, run, trained));
    CORE_TRY(make_outputs(request, arena, out));
    const xp_evaluation what = {.loader = trained->loader,
                                .part = &trained->data.test,
                                .n = out->N,
                                .shard = trained->recipe.shard,
                                .features = out->features,
                                .logits = out->logits,
                                .outputs = &out->outputs};
    return xp_evaluate(trained->model, &what);
}

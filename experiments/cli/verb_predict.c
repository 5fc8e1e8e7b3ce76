/* `tailbit predict RUN.h5 --out FILE.csv`: what a run's network says of each test example. */
#include "core/file.h"
#include "core/text.h"
#include "datasets/pack.h"
#include "experiments/cli/verbs.h"
#include "experiments/training/apply.h"
#include "recipes/recipe.h"
#include "results/export/predictions.h"

/* The paths of packed pictures in their source; NULL for other data. */
static core_status find_files(const ds_dataset *data, core_arena *arena, const char *const **out)
{
    const char **files;
    *out = NULL;
    if (data->pack == NULL) {
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(arena, data->test.count, "the names of files", files));
    for (int64_t i = 0; i < data->test.count; i++) {
        files[i] = data->pack->pictures[data->test.first_picture + i].path;
    }
    *out = files;
    return CORE_OK;
}

static core_status save(const xp_applied *applied, core_arena *arena, const char *out)
{
    const imb_outputs *outputs = &applied->outputs;
    res_predictions predictions = {.N = applied->N,
                                   .K = applied->K,
                                   .T = outputs->T,
                                   .D = applied->D,
                                   .label = applied->label,
                                   .class_name = applied->class_name,
                                   .confidence = outputs->confidence,
                                   .logits = applied->logits,
                                   .top_label = outputs->top_label,
                                   .top_logit = outputs->top_logit,
                                   .features = applied->features};
    CORE_TRY(find_files(&applied->trained.data, arena, &predictions.file));
    CORE_TRY(core_file_make_parent(out));
    CORE_TRY(res_predictions_save(&predictions, out));
    core_text_print(stdout, "%s: %s of %s\n", out, CORE_COUNT(applied->N, "test example"), applied->trained.data.name);
    return CORE_OK;
}

core_status xp_verb_predict(const xp_options *options)
{
    res_run run;
    xp_applied applied;
    core_arena *arena = options->arena;
    const char *path = options->arguments[0], *out = options->text[XP_OUT];
    const xp_apply_request request = {.path = path,
                                      .data = options->text[XP_DATA],
                                      .data_dir = options->text[XP_DATA_DIR],
                                      .threads = xp_threads_of(options),
                                      .features = xp_is_on(options, XP_WITH_FEATURES)};
    if (out == NULL) {
        return core_fail(CORE_BAD_USAGE, "predict: --out is missing, expected the path of the CSV file to write");
    }
    CORE_TRY(res_predictions_check(out));
    CORE_TRY(res_run_load(path, RES_ALL, arena, &run));
    core_status status = xp_apply(&request, &run, arena, &applied);
    if (status == CORE_OK) {
        status = save(&applied, arena, out);
    }
    xp_trained_free(&applied.trained);
    return status;
}

/* `tailbit export RUN.h5 --npz|--csv|--onnx`: a run file in the formats of other tools. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/path.h"
#include "core/builder.h"
#include "core/file.h"
#include "core/text.h"
#include "datasets/dataset.h"
#include "experiments/cli/verbs.h"
#include "experiments/training/trained.h"
#include "recipes/class_names.h"
#include "results/export/export.h"

/* A format: its option, and the ending that replaces ".h5" in the default name. */
typedef struct {
    xp_option_id option;
    const char *ending;
    core_status (*check)(const char *out);
    core_status (*write)(const xp_options *options, res_run *run, const char *out);
} format;

static const char *run_path(const xp_options *options) { return options->arguments[0]; }

static core_status write_npz(const xp_options *options, res_run *run, const char *out)
{
    CORE_TRY(res_export_npz(run, run_path(options), out));
    return xp_print_features(run_path(options), run, true, options->arena);
}

static core_status write_csv(const xp_options *options, res_run *run, const char *out)
{
    run->split.class_name = xp_class_names(run);
    return res_export_csv(run, run_path(options), out);
}

/* Loads the data that the run was trained on. `why`: what the run file lacks of them, for a message. */
static core_status load_data(const xp_options *options, const res_run *run, const char *why, ds_dataset *data)
{
    const res_option *vocabulary = res_options_find(&run->config.options, "vocabulary");
    const res_option *length = res_options_find(&run->config.options, "max_length");
    const ds_view view = {.text = {.vocabulary = vocabulary != NULL ? vocabulary->integer : 0,
                                   .max_length = length != NULL ? length->integer : 0}};
    const core_status status = xp_trained_load(run_path(options), run, options->text[XP_DATA],
                                               options->text[XP_DATA_DIR], vocabulary != NULL ? &view : NULL, data);
    return status == CORE_OK ? CORE_OK
                             : core_fail(status, "%s: its data set is needed for %s: %s", run_path(options), why,
                                         core_error_message());
}

/* Fails where an option for the data was given that has no effect. */
static core_status refuse_data(const xp_options *options, const char *when)
{
    const xp_option_id ids[] = {XP_DATA, XP_DATA_DIR};
    for (int i = 0; i < 2; i++) {
        if (options->source[ids[i]] == XP_BY_FLAG) {
            return core_fail(CORE_BAD_USAGE, "export: --%s has no effect %s; expected it to be left out",
                             xp_option_get(ids[i])->name, when);
        }
    }
    return CORE_OK;
}

/* An older tailbit did not write mean and std into the run file. */
static core_status write_images_onnx(const xp_options *options, res_run *run, ds_dataset *data, const char *out)
{
    if (res_export_takes(run) == RES_TAKES_IMAGES && run->data.mean == NULL) {
        CORE_TRY(load_data(options, run, "its mean and std, which an older tailbit did not keep", data));
        run->data.mean = data->mean;
        run->data.std = data->std;
    } else {
        CORE_TRY(refuse_data(options, "with this run file, which has what ONNX needs"));
    }
    return res_export_onnx(run, run_path(options), NULL, out);
}

static core_status write_text_onnx(const xp_options *options, const res_run *run, ds_dataset *data, const char *out)
{
    char *words;
    core_builder builder;
    CORE_TRY(load_data(options, run, "the words of its vocabulary", data));
    CORE_TRY(core_builder_begin(&builder, "the words of a vocabulary"));
    for (int64_t i = 0; i < data->vocabulary; i++) {
        fprintf(builder.stream, "%s%s", data->words[i], i + 1 < data->vocabulary ? "\n" : "");
    }
    CORE_TRY(core_builder_take(&builder, CORE_OK, &words));
    const core_status status = res_export_onnx(run, run_path(options), words, out);
    free(words);
    return status;
}

static core_status write_onnx(const xp_options *options, res_run *run, const char *out)
{
    ds_dataset data = {0};
    core_status status = res_export_takes(run) == RES_TAKES_TEXT ? write_text_onnx(options, run, &data, out)
                                                                 : write_images_onnx(options, run, &data, out);
    ds_destroy(&data);
    return status;
}

static const format formats[] = {{XP_NPZ, ".npz", res_export_npz_check, write_npz},
                                 {XP_CSV, "-csv", res_export_csv_check, write_csv},
                                 {XP_ONNX, ".onnx", res_export_onnx_check, write_onnx}};
enum { FORMATS = sizeof formats / sizeof *formats };

static core_status choose(const xp_options *options, const format **out)
{
    const format *chosen = NULL;
    int count = 0;
    for (int i = 0; i < FORMATS; i++) {
        if (xp_is_on(options, formats[i].option)) {
            chosen = &formats[i];
            count++;
        }
    }
    if (count != 1) {
        return core_fail(CORE_BAD_USAGE, "export: got %s, expected one of --npz, --csv and --onnx",
                         count == 0 ? "no format" : "more than one format");
    }
    *out = chosen;
    return CORE_OK;
}

/* The path of --out, or the default next to the run file. */
static core_status output_path(const xp_options *options, const char *ending, const char **out)
{
    const char *path = run_path(options);
    *out = options->text[XP_OUT];
    return *out != NULL
               ? CORE_OK
               : core_text_format(options->arena, out, "%.*s%s", (int)core_path_stem_bytes(path, ".h5"), path, ending);
}

static void print_extent(const res_run *run, const char *out)
{
    core_text_print(stdout, "%s: %lld of %s", out, (long long)run->epochs.E, CORE_COUNT(run->epochs.planned, "epoch"));
    if (run->state.step > 0) {
        printf(" and %s", CORE_COUNT(run->state.step, "step"));
    }
    char why[128] = "";
    printf("%s", res_run_finished(run) ? "" : ", the run is unfinished");
    printf("%s%s\n", res_run_diverged(run, why, sizeof why) ? ", diverged: " : "", why);
}

core_status xp_verb_export(const xp_options *options)
{
    const format *chosen = NULL;
    const char *out = NULL;
    res_run run;
    CORE_TRY(choose(options, &chosen));
    if (chosen->option != XP_ONNX) {
        CORE_TRY(refuse_data(options, "without --onnx"));
    }
    CORE_TRY(output_path(options, chosen->ending, &out));
    CORE_TRY(chosen->check(out));
    CORE_TRY(res_run_load(run_path(options), RES_ALL, options->arena, &run));
    CORE_TRY(core_file_make_parent(out));
    CORE_TRY(chosen->write(options, &run, out));
    print_extent(&run, out);
    return CORE_OK;
}

#include "results/report/pictures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/text.h"
#include "imbalance/metrics.h"
#include "recipes/axes.h"
#include "results/runs/folder.h"
#include "results/runs/probe_file.h"

enum { PATH_BYTES = 4096 };

/* What belongs to the method; and what changes bits but no recipe, as in recipes/deviation.h. */
static const char *const not_shared[] = {"method",          "weights",     "beta",       "scale",
                                         "max_margin",      "focal_gamma", "switch",     "shard",
                                         "gradient_groups", "isa",         "eval_every", NULL};

static bool is_shared(const char *key)
{
    int i = 0;
    while (not_shared[i] != NULL && strcmp(not_shared[i], key) != 0) {
        i++;
    }
    return not_shared[i] == NULL;
}

/* The options of `config` that all methods of a figure share, and the same with the data as one text. */
static core_status share(const res_run *run, const res_options *config, core_arena *arena, res_picture_run *out)
{
    res_option *items;
    char *text = NULL, *copy = NULL;
    size_t bytes = 0;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, config->count, "a configuration", items));
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for a figure");
    }
    for (int64_t i = 0; i < config->count; i++) {
        if (is_shared(config->items[i].key)) {
            char value[PATH_BYTES];
            items[count++] = config->items[i];
            fprintf(stream, "%s: %s\n", config->items[i].key,
                    res_option_format(&config->items[i], value, sizeof value));
        }
    }
    fprintf(stream, "data_sha256: %s\nsplit_sha256: %s\nclasses: %lld\nepochs_done: %lld\n", run->data.sha256,
            run->split.sha256, (long long)run->epochs.K, (long long)run->epochs.E);
    fclose(stream);
    core_status status = core_arena_strdup(arena, text, &copy);
    free(text);
    CORE_TRY(status);
    out->common = (res_options){.count = count, .items = items};
    out->setting = copy;
    return CORE_OK;
}

static core_status check(const res_run *run)
{
    const int64_t K = run->epochs.K, E = run->epochs.E;
    const res_margins *margins = &run->margins;
    bool fits = run->split.K == K && margins->K == K && margins->E == E && E > 0 && margins->n == run->split.n;
    for (int64_t i = 0; fits && i < margins->n; i++) {
        fits = margins->label[i] >= 0 && margins->label[i] < K;
    }
    return fits ? CORE_OK : core_fail(CORE_BAD_FILE, "its margins do not fit its classes and epochs");
}

static core_status copy_doubles(const double *from, int64_t count, core_arena *arena, const double **out)
{
    double *copy;
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the numbers of a figure", copy));
    memcpy(copy, from, (size_t)count * sizeof *copy);
    *out = copy;
    return CORE_OK;
}

static core_status copy_errors(const res_run *run, core_arena *arena, res_picture_run *out)
{
    const res_epochs *epochs = &run->epochs;
    const int64_t K = epochs->K, last = (epochs->E - 1) * K;
    int64_t *counts;
    CORE_TRY(CORE_ARENA_NEW(arena, K, "class counts", counts));
    memcpy(counts, run->split.class_counts, (size_t)K * sizeof *counts);
    out->class_counts = counts;
    CORE_TRY(copy_doubles(epochs->train_error, epochs->E, arena, &out->train_error));
    CORE_TRY(copy_doubles(epochs->test_error, epochs->E, arena, &out->test_error));
    CORE_TRY(copy_doubles(epochs->train_class_error + last, K, arena, &out->train_class_error));
    return copy_doubles(epochs->test_class_error + last, K, arena, &out->test_class_error);
}

/* The level RES_PICTURE_LOW among those of the file; -1: it has it not. */
static int64_t low_level(const res_margins *margins)
{
    int64_t q = margins->Q - 1;
    while (q >= 0 && fabs(margins->quantile_level[q] - RES_PICTURE_LOW) > 1e-9) {
        q--;
    }
    return q;
}

static core_status copy_stages(const res_run *run, core_arena *arena, res_picture_run *out)
{
    const res_margins *margins = &run->margins;
    const int64_t K = margins->K, Q = margins->Q, q = low_level(margins);
    double *minimum, *low;
    CORE_TRY(CORE_ARENA_NEW(arena, RES_PICTURE_STAGES * K, "margins", minimum));
    CORE_TRY(CORE_ARENA_NEW(arena, RES_PICTURE_STAGES * K, "margins", low));
    for (int64_t stage = 0; stage < RES_PICTURE_STAGES; stage++) {
        const int64_t done = (margins->E * (stage + 1) + RES_PICTURE_STAGES - 1) / RES_PICTURE_STAGES;
        out->stage[stage] = done;
        for (int64_t k = 0; k < K; k++) {
            const int64_t from = (done - 1) * K + k;
            minimum[stage * K + k] = margins->class_min[from];
            low[stage * K + k] = q >= 0 ? margins->class_quantile[from * Q + q] : (double)NAN;
        }
    }
    out->stage_minimum = minimum;
    out->stage_low = low;
    return CORE_OK;
}

static core_status final_margins(const res_run *run, core_arena *arena, res_picture_run *out)
{
    const res_margins *margins = &run->margins;
    double *all, *minimum, *low;
    CORE_TRY(CORE_ARENA_NEW(arena, margins->K, "margins", minimum));
    CORE_TRY(CORE_ARENA_NEW(arena, margins->K, "margins", low));
    CORE_TRY(CORE_NEW(margins->n, "margins", all));
    for (int64_t i = 0; i < margins->n; i++) {
        all[i] = (double)margins->margin[i];
    }
    const imb_margin_query query = {.margins = all,
                                    .labels = margins->label,
                                    .n = margins->n,
                                    .K = margins->K,
                                    .fractions = (const double[]){RES_PICTURE_LOW},
                                    .Q = 1};
    core_status status = imb_class_margins(&query, minimum, low);
    free(all);
    CORE_TRY(status);
    out->final_minimum = minimum;
    out->final_low = low;
    return margins->target != NULL ? copy_doubles(margins->target, margins->K, arena, &out->target) : CORE_OK;
}

core_status xp_picture_run_of(const res_run *run, const xp_table_run *row, core_arena *arena, xp_picture_run *out)
{
    xp_picture_run kept = {.run = {.path = row->run.path,
                                   .method = row->row,
                                   .column = row->column,
                                   .recipe = row->run.recipe,
                                   .deviation = row->run.deviation,
                                   .distance = row->run.distance,
                                   .seed = row->run.seed,
                                   .K = run->epochs.K,
                                   .E = run->epochs.E}};
    memcpy(kept.values, row->values, sizeof kept.values);
    CORE_TRY(check(run));
    CORE_TRY(share(run, &row->run.config, arena, &kept.run));
    CORE_TRY(copy_errors(run, arena, &kept.run));
    CORE_TRY(copy_stages(run, arena, &kept.run));
    CORE_TRY(final_margins(run, arena, &kept.run));
    *out = kept;
    return CORE_OK;
}

core_status xp_picture_add_probe(const res_probe *probe, core_arena *arena, xp_picture_run *run)
{
    const res_probe_options *options = &probe->options;
    const int64_t row = res_probe_find(probe, "logistic"), K = run->run.K;
    if (strcmp(options->features, "at-drop") != 0 || strcmp(options->protocol, "paper") != 0 || probe->K != K ||
        row < 0) {
        return CORE_OK;
    }
    char text[256], frac[CORE_REAL_BYTES], c[CORE_REAL_BYTES], *copy;
    snprintf(text, sizeof text, "%s of the test set fitted on, C = %s, seed %lld, features after %lld epochs",
             core_text_real(options->frac, frac), core_text_real(options->regularisation, c), (long long)options->seed,
             (long long)options->epoch);
    CORE_TRY(core_arena_strdup(arena, text, &copy));
    CORE_TRY(copy_doubles(probe->class_error + row * K, K, arena, &run->run.probe_class_error));
    run->run.probe = copy;
    return CORE_OK;
}

/* The probe beside the run file at `path`, if there is one that figure6 takes. */
static core_status load_probe(const char *path, const char *run_digest, core_arena *arena, xp_picture_run *run)
{
    const char *probe_path;
    core_arena own = {0};
    res_probe probe;
    CORE_TRY(res_probe_path(path, false, false, arena, &probe_path));
    if (access(probe_path, F_OK) != 0) {
        return CORE_OK;
    }
    core_status status = res_probe_load(probe_path, &own, &probe);
    if (status == CORE_OK && strcmp(probe.run_digest, run_digest) != 0) {
        status =
            core_fail_about(CORE_BAD_FILE, probe_path, ": is a probe of other bits than those of the run beside it");
    }
    status = status == CORE_OK ? xp_picture_add_probe(&probe, arena, run) : status;
    core_arena_free(&own);
    return status;
}

static void complain(FILE *complaints) { fprintf(complaints, "tailbit: left out: %s\n", core_error_message()); }

/* CORE_BAD_FILE, with the file's name, for what is no finished run. */
static core_status load_run(const char *path, const char *name, FILE *complaints, core_arena *arena,
                            xp_picture_run *out)
{
    const xp_table_query query = {.metrics = "top1"};
    core_arena own = {0};
    xp_table_run row;
    char why[128];
    res_run run;
    core_status status = res_run_load(path, XP_TABLE_PARTS, &own, &run);
    if (status == CORE_OK && !res_run_finished(&run)) {
        status = core_fail_about(CORE_BAD_FILE, path, ": is unfinished, %lld of %lld epochs", (long long)run.epochs.E,
                                 (long long)run.epochs.planned);
    } else if (status == CORE_OK && res_run_diverged(&run, why, sizeof why)) {
        status = core_fail_about(CORE_BAD_FILE, path, ": diverged: %s", why);
    } else if (status == CORE_OK) {
        status = xp_table_run_of(&run, name, &query, arena, &row);
        status = status == CORE_OK ? xp_picture_run_of(&run, &row, arena, out) : status;
        if (status == CORE_BAD_FILE) {
            status = core_fail_about(CORE_BAD_FILE, path, ": %s", core_error_message());
        }
        const core_status probe = status == CORE_OK ? load_probe(path, run.digest, arena, out) : CORE_OK;
        if (probe == CORE_BAD_FILE) {
            complain(complaints);
        } else if (probe != CORE_OK) {
            status = probe;
        }
    }
    core_arena_free(&own);
    return status;
}

core_status xp_picture_runs_load(const char *folder, FILE *complaints, core_arena *arena, xp_picture_runs *out)
{
    res_folder files;
    xp_picture_runs runs = {0};
    CORE_TRY(res_folder_list(folder, arena, &files));
    for (int64_t i = 0; i < files.gap_count; i++) {
        core_text_print(complaints, "tailbit: left out: %s/%s: %s\n", folder, files.gaps[i].name, files.gaps[i].why);
    }
    CORE_TRY(CORE_ARENA_NEW(arena, files.count, "the runs of a figure", runs.items));
    for (int64_t i = 0; i < files.count; i++) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%s/%s", folder, files.names[i]);
        const core_status status = load_run(path, files.names[i], complaints, arena, &runs.items[runs.count]);
        if (status == CORE_BAD_FILE) {
            complain(complaints);
        } else if (status != CORE_OK) {
            return status;
        }
        runs.count += status == CORE_OK;
    }
    *out = runs;
    return CORE_OK;
}

core_status xp_picture_runs_filter(const char *only, core_arena *arena, xp_picture_runs *runs)
{
    const char *const **items;
    xp_filter *filter = NULL;
    int64_t kept = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, runs->count, "what a filter asks", items));
    for (int64_t i = 0; i < runs->count; i++) {
        items[i] = runs->items[i].values;
    }
    CORE_TRY(xp_axes_filter(only, items, runs->count, arena, &filter));
    for (int64_t i = 0; i < runs->count; i++) {
        if (xp_filter_passes(filter, runs->items[i].values)) {
            runs->items[kept++] = runs->items[i];
        }
    }
    if (kept == 0 && runs->count > 0) {
        return core_fail(CORE_BAD_USAGE, "--only: no run matches '%s'", only);
    }
    runs->count = kept;
    return CORE_OK;
}

core_status xp_picture_make(const char *name, const xp_picture_runs *runs, bool all, core_arena *arena,
                            res_picture *out)
{
    res_picture_run *items;
    CORE_TRY(CORE_ARENA_NEW(arena, runs->count, "the runs of a figure", items));
    for (int64_t i = 0; i < runs->count; i++) {
        items[i] = runs->items[i].run;
    }
    return res_picture_make(name, items, runs->count, all, arena, out);
}

/* The files of a figure. */
enum { CSV, SCRIPT, SVG, PDF, ENDS };
static const char *const ends[ENDS] = {"csv", "gp", "svg", "pdf"};
static const char script_mark[] = ", written by tailbit).", svg_mark[] = "class=\"tailbit-figure\"",
                  pdf_mark[] = XP_PDF_MARK;
static const core_file_kind kinds[ENDS] = {
    [CSV] = {.name = "tailbit figure's CSV", .starts = {"method,class,rank,examples,", "method,epochs_done,seeds,"}},
    [SCRIPT] = {.name = "tailbit figure's script",
                .starts = {"# Draws "},
                .mark = script_mark,
                .mark_bytes = sizeof script_mark - 1},
    [SVG] = {.name = "tailbit figure", .starts = {"<?xml"}, .mark = svg_mark, .mark_bytes = sizeof svg_mark - 1},
    [PDF] = {.name = "tailbit figure", .starts = {"%PDF-"}, .mark = pdf_mark, .mark_bytes = sizeof pdf_mark - 1},
};

static void path_of(const char *folder, const char *name, int i, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%s.%s", folder, name, ends[i]);
}

/* NULL data: removes the file. */
static core_status write_one(const char *folder, const char *name, int i, const void *data, size_t bytes)
{
    char path[PATH_BYTES];
    path_of(folder, name, i, path);
    return data != NULL ? core_file_write(path, &kinds[i], data, bytes) : core_file_remove(path, &kinds[i]);
}

core_status xp_picture_check(const char *name, const char *folder)
{
    char path[PATH_BYTES];
    for (int i = 0; i < ENDS; i++) {
        path_of(folder, name, i, path);
        CORE_TRY(core_file_check(path, &kinds[i]));
    }
    return CORE_OK;
}

core_status xp_picture_write(const res_picture *picture, const xp_drawing *drawing, const char *folder)
{
    const xp_drawing none = {0}, *drawn = drawing != NULL ? drawing : &none;
    CORE_TRY(xp_picture_check(picture->name, folder)); /* before the first of them is replaced */
    CORE_TRY(core_file_make_folders(folder));
    CORE_TRY(write_one(folder, picture->name, CSV, picture->csv, strlen(picture->csv)));
    CORE_TRY(write_one(folder, picture->name, SCRIPT, picture->script, strlen(picture->script)));
    CORE_TRY(write_one(folder, picture->name, SVG, drawn->svg, drawn->svg_bytes));
    return write_one(folder, picture->name, PDF, drawn->pdf, drawn->pdf_bytes);
}

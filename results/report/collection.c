#include "results/report/collection.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/builder.h"
#include "core/path.h"
#include "core/text.h"
#include "imbalance/metrics.h"
#include "recipes/again.h"
#include "recipes/axes.h"
#include "recipes/class_names.h"
#include "recipes/configuration.h"
#include "recipes/deviation.h"

enum { TEXT_BYTES = 4096 };

/* NULL stays NULL. */
static core_status copy_doubles(core_arena *arena, const double *from, int64_t count, const double **out)
{
    double *copy = NULL;
    if (from != NULL) {
        CORE_TRY(CORE_ARENA_NEW(arena, count, "the numbers of a run", copy));
        memcpy(copy, from, (size_t)count * sizeof *copy);
    }
    *out = copy;
    return CORE_OK;
}

/* ---- what tables take ----------------------------------------------------------------------------------------- */

/* Writes the options and the data as text: runs are averaged, or drawn together, only where this text is equal. */
static core_status describe_recipe(const res_options *options, const res_run *run, core_arena *arena, const char **out)
{
    core_builder text;
    CORE_TRY(core_builder_begin(&text, "a recipe"));
    for (int64_t i = 0; i < options->count; i++) {
        char value[TEXT_BYTES];
        fprintf(text.stream, "%s: %s\n", options->items[i].key,
                res_option_format(&options->items[i], value, sizeof value));
    }
    fprintf(text.stream, "data_sha256: %s\nsplit_sha256: %s\nclasses: %" PRId64 "\nepochs_done: %" PRId64 "\n",
            run->data.sha256, run->split.sha256, run->epochs.K, run->epochs.E);
    return core_builder_end(&text, CORE_OK, arena, out);
}

/* The values by which a filter chooses: those of the file, as status has them, and the defaults that a file leaves out. */
static core_status read_values(const res_options *whole, const res_options *stored, core_arena *arena,
                               res_finished_run *out)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        char value[TEXT_BYTES];
        const char *key = xp_option_key((xp_option_id)id);
        const res_option silent = xp_configuration_silent(key), *option = res_options_find(whole, key);
        option = option != NULL ? option : res_options_find(stored, key);
        option = option != NULL || silent.key == NULL ? option : &silent;
        if (option != NULL) {
            CORE_TRY(core_arena_copy_text(arena, res_option_format(option, value, sizeof value), &out->values[id]));
        }
    }
    if (out->values[XP_DATA] == NULL || out->values[XP_IMBALANCE] == NULL || out->values[XP_METHOD] == NULL) {
        return core_fail(CORE_BAD_FILE, "its configuration lacks data, imbalance or method");
    }
    out->method = out->values[XP_METHOD];
    return CORE_OK;
}

static core_status name_column(core_arena *arena, res_finished_run *out)
{
    const char *const *values = out->values;
    const char *ratio = values[XP_RHO] != NULL ? values[XP_RHO] : values[XP_REMOVE_FRAC];
    return core_text_format(arena, &out->column, "%s/%s%s%s", values[XP_DATA], values[XP_IMBALANCE],
                            ratio != NULL ? "/" : "", ratio != NULL ? ratio : "");
}

/* Copies the names of the run's classes (K); NULL: unknown. */
static core_status copy_names(const res_run *run, core_arena *arena, const char *const **out)
{
    const char *const *names = xp_class_names(run);
    const char **copies = NULL;
    if (names != NULL) {
        CORE_TRY(CORE_ARENA_NEW(arena, run->split.K, "the names of classes", copies));
    }
    for (int64_t k = 0; names != NULL && k < run->split.K; k++) {
        CORE_TRY(core_arena_copy_text(arena, names[k], &copies[k]));
    }
    *out = copies;
    return CORE_OK;
}

static core_status copy_scores(const res_run *run, bool best, const char *const *names, core_arena *arena,
                               res_scores *out)
{
    res_scores scores;
    CORE_TRY(res_scores_of(run, best, &scores));
    int64_t *counts;
    CORE_TRY(CORE_ARENA_NEW(arena, scores.K, "class counts", counts));
    memcpy(counts, scores.class_counts, (size_t)scores.K * sizeof *counts);
    scores.class_counts = counts;
    CORE_TRY(copy_doubles(arena, scores.class_error, scores.K, &scores.class_error));
    CORE_TRY(copy_doubles(arena, scores.validation_class_error, scores.K, &scores.validation_class_error));
    CORE_TRY(copy_doubles(arena, scores.class_margin, scores.K, &scores.class_margin));
    scores.class_name = names;
    *out = scores;
    return CORE_OK;
}

static core_status take_deviation(const res_run *run, core_arena *arena, res_finished_run *out)
{
    const char *model = xp_option_default(XP_MODEL, out->values[XP_VOCABULARY] != NULL);
    res_run whole = *run;
    xp_deviation deviation;
    whole.config.options = out->config;
    CORE_TRY(xp_deviation_of(&whole, model, -1, arena, &deviation));
    out->deviation = deviation.text;
    out->distance = deviation.distance;
    out->comparable = deviation.comparable;
    out->open = deviation.open;
    return CORE_OK;
}

/* Sets the setting: the options that methods share where they are drawn together or compared. */
static core_status take_setting(const res_run *run, core_arena *arena, res_finished_run *out)
{
    res_option *items;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, out->config.count, "a configuration", items));
    for (int64_t i = 0; i < out->config.count; i++) {
        const xp_option_id id = xp_option_of_key(XP_VERB_TRAIN, out->config.items[i].key);
        if (id >= XP_BIT_OPTIONS || !xp_option_is(id, XP_OF_METHOD | XP_OF_NO_RECIPE)) {
            items[count++] = out->config.items[i];
        }
    }
    out->common = (res_options){.count = count, .items = items};
    CORE_TRY(describe_recipe(&out->common, run, arena, &out->setting));
    CORE_TRY(CORE_ARENA_NEW(arena, out->common.count, "a configuration", items));
    count = 0;
    for (int64_t i = 0; i < out->common.count; i++) {
        if (strncmp(out->common.items[i].key, "test_", 5) != 0) {
            items[count++] = out->common.items[i];
        }
    }
    return describe_recipe(&(res_options){.count = count, .items = items}, run, arena, &out->setting_of_any_test);
}

/* Copies the order of the classes and the size of the images, where the run has them. */
static core_status copy_extent(const res_data *data, core_arena *arena, res_finished_run *out)
{
    if (data->class_order != NULL) {
        const char **order;
        CORE_TRY(CORE_ARENA_NEW(arena, 1, "the order of classes", order));
        CORE_TRY(core_arena_copy_text(arena, data->class_order[0], order));
        out->class_order = order;
    }
    if (data->plane != NULL) {
        int64_t *plane;
        CORE_TRY(CORE_ARENA_NEW(arena, 2, "the size of images", plane));
        memcpy(plane, data->plane, 2 * sizeof *plane);
        out->plane = plane;
    }
    return CORE_OK;
}

/* Copies what tables need of the run. */
static core_status take_recipe_and_scores(const res_run *run, core_arena *arena, res_finished_run *out)
{
    res_options whole;
    CORE_TRY(xp_configuration_complete(&run->config.options, NULL, arena, &whole));
    CORE_TRY(read_values(&whole, &run->config.options, arena, out));
    CORE_TRY(name_column(arena, out));
    const res_option *seed = res_options_find(&whole, "seed");
    out->seed = seed != NULL && seed->type == CORE_H5_I64 ? seed->integer : 0;
    CORE_TRY(res_options_copy(&whole, "seed", arena, &out->config));
    CORE_TRY(take_deviation(run, arena, out));
    CORE_TRY(describe_recipe(&out->config, run, arena, &out->recipe));
    CORE_TRY(take_setting(run, arena, out));
    CORE_TRY(core_arena_copy_text(arena, run->digest, &out->digest));
    CORE_TRY(core_arena_copy_text(arena, run->data.name, &out->data_name));
    CORE_TRY(core_arena_copy_text(arena, run->data.sha256, &out->data_sha256));
    out->verified = run->data.verified;
    CORE_TRY(copy_extent(&run->data, arena, out));
    CORE_TRY(copy_names(run, arena, &out->class_name));
    CORE_TRY(copy_scores(run, true, out->class_name, arena, &out->best));
    CORE_TRY(copy_scores(run, false, out->class_name, arena, &out->last));
    out->validation = res_validation_error(out->last.K, out->last.validation_class_error);
    return CORE_OK;
}

/* ---- what figures take ---------------------------------------------------------------------------------------- */

static core_status check_margins(const res_run *run)
{
    const int64_t K = run->epochs.K, E = run->epochs.E;
    const res_margins *margins = &run->margins;
    bool fits = run->split.K == K && margins->K == K && margins->E == E && E > 0 && margins->n == run->split.n;
    for (int64_t i = 0; fits && i < margins->n; i++) {
        fits = margins->label[i] >= 0 && margins->label[i] < K;
    }
    return fits ? CORE_OK : core_fail(CORE_BAD_FILE, "its margins do not fit its classes and epochs");
}

static core_status take_errors(const res_run *run, core_arena *arena, res_finished_run *out)
{
    const res_epochs *epochs = &run->epochs;
    const int64_t K = epochs->K, last = (epochs->E - 1) * K;
    out->class_counts = out->last.class_counts;
    CORE_TRY(copy_doubles(arena, epochs->train_error, epochs->E, &out->train_error));
    CORE_TRY(copy_doubles(arena, epochs->test_error, epochs->E, &out->test_error));
    CORE_TRY(copy_doubles(arena, epochs->train_class_error + last, K, &out->train_class_error));
    return copy_doubles(arena, epochs->test_class_error + last, K, &out->test_class_error);
}

/* The index of RES_LOW_QUANTILE among the file's levels; -1: the file lacks it. */
static int64_t find_low_level(const res_margins *margins)
{
    int64_t q = margins->Q - 1;
    while (q >= 0 && fabs(margins->quantile_level[q] - RES_LOW_QUANTILE) > 1e-9) {
        q--;
    }
    return q;
}

static core_status take_stages(const res_margins *margins, core_arena *arena, res_finished_run *out)
{
    const int64_t K = margins->K, Q = margins->Q, q = find_low_level(margins);
    double *minimum, *low;
    CORE_TRY(CORE_ARENA_NEW(arena, RES_MARGIN_STAGES * K, "margins", minimum));
    CORE_TRY(CORE_ARENA_NEW(arena, RES_MARGIN_STAGES * K, "margins", low));
    for (int64_t quarter = 1; quarter <= RES_MARGIN_STAGES; quarter++) {
        const int64_t done = (margins->E * quarter + RES_MARGIN_STAGES - 1) / RES_MARGIN_STAGES;
        if (out->stages > 0 && done == out->stage[out->stages - 1]) {
            continue;
        }
        const int64_t stage = out->stages++;
        out->stage[stage] = done;
        for (int64_t k = 0; k < K; k++) {
            const int64_t from = (done - 1) * K + k;
            minimum[stage * K + k] = margins->class_min[from];
            low[stage * K + k] = q >= 0 && margins->dense_K > 0 ? margins->class_quantile[from * Q + q] : (double)NAN;
        }
    }
    out->stage_minimum = minimum;
    out->stage_low = low;
    return CORE_OK;
}

static core_status take_final_margins(const res_margins *margins, core_arena *arena, res_finished_run *out)
{
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
                                    .fractions = (const double[]){RES_LOW_QUANTILE},
                                    .Q = 1};
    core_status status = imb_class_margins(&query, minimum, low);
    free(all);
    CORE_TRY(status);
    out->final_minimum = minimum;
    out->final_low = low;
    return copy_doubles(arena, margins->target, margins->K, &out->target);
}

static core_status take_curves(const res_run *run, core_arena *arena, res_finished_run *out)
{
    out->K = run->epochs.K;
    CORE_TRY(check_margins(run));
    CORE_TRY(take_errors(run, arena, out));
    CORE_TRY(take_stages(&run->margins, arena, out));
    return take_final_margins(&run->margins, arena, out);
}

core_status res_collection_add_probe(res_collection *collection, const res_probe *probe)
{
    const res_probe_options *options = &probe->options;
    res_finished_run *run = &collection->runs[collection->run_count - 1];
    const int64_t row = res_probe_find(probe, "logistic");
    if (strcmp(options->features, "at-drop") != 0 || strcmp(options->protocol, "paper") != 0 || probe->K != run->K ||
        row < 0) {
        return CORE_OK;
    }
    char frac[CORE_REAL_BYTES], c[CORE_REAL_BYTES];
    CORE_TRY(copy_doubles(collection->arena, probe->class_error + row * run->K, run->K, &run->probe_class_error));
    return core_text_format(collection->arena, &run->probe,
                            "%s of the test set fitted on, C = %s, seed %" PRId64 ", features after %s",
                            core_text_real(options->frac, frac), core_text_real(options->regularisation, c),
                            options->seed, CORE_COUNT(options->epoch, "epoch"));
}

/* ---- the folder ----------------------------------------------------------------------------------------------- */

/* Lists the run files below a folder. With one_file, `path` may be a run file: lists only it, and its folder. */
static core_status list_files(const char *path, bool one_file, core_arena *arena, const char **folder, res_folder *out)
{
    struct stat status;
    *folder = path;
    const bool is_there = one_file && stat(path, &status) == 0;
    if (one_file && !is_there && res_folder_is_run(path)) {
        return core_fail(core_file_read_code(errno), "cannot open %s: %s", path, strerror(errno));
    }
    if (!is_there || !S_ISREG(status.st_mode)) {
        return res_folder_list(path, arena, out);
    }
    char before[CORE_PATH_BYTES];
    CORE_TRY(core_path_folder(path, before));
    CORE_TRY(core_arena_copy_text(arena, before, folder));
    *out = (res_folder){0};
    return core_names_add(&out->runs, core_path_name(path), arena);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const res_collected_file *)a)->path, ((const res_collected_file *)b)->path);
}

/* A probe lies beside the file and not beside a link to it. */
static bool is_link(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

/* Sorts the files by their paths, and keeps one path of each: the first that is no link, or the first. */
static core_status keep_files_once(res_collection *all)
{
    const char **real;
    int64_t kept = 0;
    CORE_TRY(CORE_ARENA_NEW(all->arena, all->file_count, "the files of folders", real));
    qsort(all->files, (size_t)all->file_count, sizeof *all->files, by_path);
    for (int64_t i = 0; i < all->file_count; i++) {
        char path[PATH_MAX];
        int64_t before = 0;
        const char *resolved =
            realpath(all->files[i].path, path); /* NULL: a dangling link, of which its reader tells */
        CORE_TRY(core_arena_copy_text(all->arena, resolved != NULL ? resolved : all->files[i].path, &real[kept]));
        while (strcmp(real[before], real[kept]) != 0) {
            before++;
        }
        if (before == kept || (is_link(all->files[before].path) && !is_link(all->files[i].path))) {
            all->files[before] = all->files[i];
        }
        kept += before == kept;
    }
    all->file_count = kept;
    qsort(all->files, (size_t)kept, sizeof *all->files, by_path);
    return CORE_OK;
}

/* res_collection_list with every path of each file. */
static core_status list_paths(const char *path, bool for_figures, core_arena *arena, res_collection *out)
{
    res_collection found = {.arena = arena, .for_figures = for_figures};
    res_folder list;
    CORE_TRY(list_files(path, !for_figures, arena, &found.folder, &list));
    const int64_t count = list.runs.count;
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the files of a folder", found.files));
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the runs of a folder", found.runs));
    for (int64_t i = 0; i < count; i++) {
        char *file;
        CORE_TRY(core_path_join(found.folder, list.runs.names[i], "", arena, &file));
        found.files[i].name = list.runs.names[i];
        found.files[i].path = file;
    }
    found.file_count = count;
    found.gap_count = list.gap_count;
    found.gaps = list.gaps;
    found.folders = list.folders;
    *out = found;
    return CORE_OK;
}

core_status res_collection_list(const char *path, bool for_figures, core_arena *arena, res_collection *out)
{
    CORE_TRY(list_paths(path, for_figures, arena, out));
    return keep_files_once(out);
}

core_status res_collection_add(res_collection *collection, res_collected_file *file, const res_run *run)
{
    res_finished_run taken = {.path = file->name, .E = run->epochs.E};
    CORE_TRY(take_recipe_and_scores(run, collection->arena, &taken));
    if (collection->for_figures) {
        CORE_TRY(take_curves(run, collection->arena, &taken));
    }
    file->run = &collection->runs[collection->run_count];
    collection->runs[collection->run_count++] = taken;
    return CORE_OK;
}

core_status res_load_probe_beside(const char *path, const res_run *run, bool at_end, bool usual, core_arena *arena,
                                  const char **probe_path, res_probe *out)
{
    const char *beside;
    *probe_path = NULL;
    CORE_TRY(res_probe_path(path, at_end, usual, "", arena, &beside));
    if (access(beside, F_OK) != 0) {
        return CORE_OK;
    }
    *probe_path = beside;
    CORE_TRY(res_probe_load(beside, arena, out));
    return strcmp(out->run_digest, run->digest) == 0
               ? CORE_OK
               : core_fail_about(CORE_BAD_FILE, beside, ": is a probe of other bits than those of the run beside it");
}

core_status res_collection_leave_out(res_collection *collection, res_collected_file *file, core_status status)
{
    return status == CORE_BAD_FILE ? core_arena_copy_text(collection->arena, core_error_message(), &file->complaint)
                                   : status;
}

/* Fails with how far the run is, and the command that goes on with it. */
static core_status tell_unfinished(const res_collected_file *file, const res_run *run, core_arena *arena)
{
    const char *command = "the command that began it"; /* where this tailbit does not know the configuration */
    const core_status status = xp_command_again(run, file->path, arena, &command);
    CORE_TRY(status == CORE_BAD_FILE ? CORE_OK : status);
    return core_fail_about(CORE_BAD_FILE, file->path, ": is unfinished, %" PRId64 " of %s; resume it by: %s",
                           run->epochs.E, CORE_COUNT(run->epochs.planned, "epoch"), command);
}

/* CORE_BAD_FILE, with the file's path: the file is no finished run. */
static core_status load_finished(res_collection *collection, res_collected_file *file, core_arena *arena, res_run *run)
{
    char why[128];
    CORE_TRY(res_run_load(file->path, RES_COLLECTED_PARTS, arena, run));
    if (!res_run_finished(run)) {
        collection->unfinished_count++;
        return tell_unfinished(file, run, arena);
    }
    if (res_run_diverged(run, why, sizeof why)) {
        return core_fail_about(CORE_BAD_FILE, file->path, ": diverged: %s", why);
    }
    const core_status status = res_collection_add(collection, file, run);
    return status == CORE_BAD_FILE ? core_fail_about(CORE_BAD_FILE, file->path, ": %s", core_error_message()) : status;
}

static core_status load_file(res_collection *collection, res_collected_file *file, core_arena *arena)
{
    const char *probe_path = NULL;
    res_run run;
    res_probe probe;
    CORE_TRY(load_finished(collection, file, arena, &run));
    if (collection->for_figures) {
        CORE_TRY(res_load_probe_beside(file->path, &run, false, false, arena, &probe_path, &probe));
    }
    return probe_path != NULL ? res_collection_add_probe(collection, &probe) : CORE_OK;
}

static core_status load_files(res_collection *found)
{
    for (int64_t i = 0; i < found->file_count; i++) {
        core_arena own = {0};
        const core_status status = load_file(found, &found->files[i], &own);
        core_arena_free(&own);
        CORE_TRY(res_collection_leave_out(found, &found->files[i], status));
    }
    return CORE_OK;
}

core_status res_collection_load(const char *path, bool for_figures, core_arena *arena, res_collection *out)
{
    res_collection found;
    CORE_TRY(res_collection_list(path, for_figures, arena, &found));
    CORE_TRY(load_files(&found));
    *out = found;
    return CORE_OK;
}

/* ---- several folders -------------------------------------------------------------------------------------------- */

/* Adds the files and gaps of `one`, whose names become paths. A gap that is there already is left out. */
static core_status add_listed(res_collection *all, res_folder_gap *gaps, const res_collection *one)
{
    for (int64_t i = 0; i < one->file_count; i++) {
        all->files[all->file_count] = one->files[i];
        all->files[all->file_count++].name = one->files[i].path;
    }
    for (int64_t i = 0; i < one->gap_count; i++) {
        char *path;
        int64_t before = 0;
        CORE_TRY(core_path_join(one->folder, one->gaps[i].name, "", all->arena, &path));
        while (before < all->gap_count && strcmp(gaps[before].name, path) != 0) {
            before++;
        }
        gaps[before] = (res_folder_gap){path, one->gaps[i].why};
        all->gap_count = before == all->gap_count ? before + 1 : all->gap_count;
    }
    return CORE_OK;
}

core_status res_collection_load_several(const char *const *paths, int count, core_arena *arena, res_collection *out)
{
    res_collection all = {.arena = arena}, *each;
    res_folder_gap *gaps;
    int64_t files = 0, gap_count = 0;
    if (count == 1) {
        return res_collection_load(paths[0], false, arena, out);
    }
    CORE_TRY(CORE_ARENA_NEW(arena, count, "the runs of folders", each));
    for (int i = 0; i < count; i++) {
        CORE_TRY(list_paths(paths[i], false, arena, &each[i]));
        files += each[i].file_count;
        gap_count += each[i].gap_count;
    }
    CORE_TRY(CORE_ARENA_NEW(arena, files, "the files of folders", all.files));
    CORE_TRY(CORE_ARENA_NEW(arena, files, "the runs of folders", all.runs));
    CORE_TRY(CORE_ARENA_NEW(arena, gap_count, "the names in folders", gaps));
    for (int i = 0; i < count; i++) {
        CORE_TRY(add_listed(&all, gaps, &each[i]));
    }
    all.gaps = gaps;
    CORE_TRY(keep_files_once(&all));
    CORE_TRY(load_files(&all));
    *out = all;
    return CORE_OK;
}

core_status res_collection_filter(res_collection *collection, const char *only)
{
    const char *const **items;
    xp_filter *filter = NULL;
    int64_t kept = 0;
    if (collection->run_count == 0) { /* not the filter's fault: the caller says what is missing */
        return CORE_OK;
    }
    CORE_TRY(CORE_ARENA_NEW(collection->arena, collection->run_count, "what a filter asks", items));
    for (int64_t i = 0; i < collection->run_count; i++) {
        items[i] = collection->runs[i].values;
    }
    CORE_TRY(xp_axes_filter(only, items, collection->run_count, collection->arena, &filter));
    for (int64_t i = 0; i < collection->file_count; i++) { /* the runs are in the order of the files */
        res_collected_file *file = &collection->files[i];
        if (file->run != NULL && xp_filter_passes(filter, file->run->values)) {
            collection->runs[kept] = *file->run;
            file->run = &collection->runs[kept++];
        } else {
            file->run = NULL;
        }
    }
    if (kept == 0) {
        return core_fail(CORE_BAD_USAGE, "--only: no run matches '%s'", only);
    }
    collection->run_count = kept;
    return CORE_OK;
}

core_status res_collection_check_finished(const res_collection *collection, const char *where)
{
    if (collection->run_count > 0 || collection->unfinished_count == 0) {
        return CORE_OK;
    }
    return core_fail_about(CORE_BAD_FILE, where, ": holds no finished run, and %s: resume by the command above",
                           CORE_COUNT(collection->unfinished_count, "unfinished one"));
}

void res_collection_complain(const res_collection *collection, FILE *stream)
{
    for (int64_t i = 0; i < collection->gap_count; i++) {
        core_text_print(stream, "tailbit: left out: %s%s%s: %s\n", collection->folder != NULL ? collection->folder : "",
                        collection->folder != NULL ? "/" : "", collection->gaps[i].name, collection->gaps[i].why);
    }
    for (int64_t i = 0; i < collection->file_count; i++) {
        if (collection->files[i].complaint != NULL) {
            fprintf(stream, "tailbit: left out: %s\n", collection->files[i].complaint);
        }
    }
}

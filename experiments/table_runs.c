#include "experiments/table_runs.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/deviation.h"
#include "experiments/models.h"
#include "results/folder.h"

enum { TEXT_BYTES = 4096 };

static core_status copy_text(core_arena *arena, const char *text, const char **out)
{
    char *copy;
    CORE_TRY(core_arena_strdup(arena, text, &copy));
    *out = copy;
    return CORE_OK;
}

/* The options with keys and texts of the arena's own, without `but` (NULL: all). */
static core_status copy_options(core_arena *arena, const res_options *options, const char *but, res_options *out)
{
    res_option *items;
    int64_t count = 0;
    CORE_TRY(CORE_ARENA_NEW(arena, options->count, "a configuration", items));
    for (int64_t i = 0; i < options->count; i++) {
        res_option option = options->items[i];
        if (but != NULL && strcmp(option.key, but) == 0) {
            continue;
        }
        CORE_TRY(copy_text(arena, option.key, &option.key));
        if (option.type == CORE_H5_TEXT) {
            CORE_TRY(copy_text(arena, option.text, &option.text));
        }
        items[count++] = option;
    }
    *out = (res_options){.count = count, .items = items};
    return CORE_OK;
}

/* The configuration but the seed, and the data: what runs of one cell must share. */
static core_status recipe_text(const res_run *run, core_arena *arena, const char **out)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    if (stream == NULL) {
        return core_fail(CORE_MACHINE, "not enough memory for a table");
    }
    const res_options *options = &run->config.options;
    for (int64_t i = 0; i < options->count; i++) {
        char value[TEXT_BYTES];
        if (strcmp(options->items[i].key, "seed") != 0) {
            fprintf(stream, "%s: %s\n", options->items[i].key,
                    res_option_format(&options->items[i], value, sizeof value));
        }
    }
    fprintf(stream, "data_sha256: %s\nsplit_sha256: %s\n", run->data.sha256, run->split.sha256);
    fclose(stream);
    core_status status = copy_text(arena, text, out);
    free(text);
    return status;
}

const char *xp_table_metrics(const xp_table_query *query)
{
    return query->paper != NULL && query->paper->metrics != NULL ? query->paper->metrics : query->metrics;
}

void xp_table_column(const xp_table_query *query, const char *run_column, int64_t c, char text[XP_COLUMN_BYTES])
{
    const bool figures = query->paper != NULL && query->paper->figures != NULL;
    snprintf(text, XP_COLUMN_BYTES, "%.4000s%s", run_column, figures ? strrchr(query->paper->columns[c], '/') : "");
}

/* "cifar10/step/100", "imdb/remove/0.9", "imdb/none". */
static core_status name_column(const xp_table_query *query, core_arena *arena, xp_table_run *out)
{
    char column[XP_COLUMN_BYTES];
    const char *const *values = out->values;
    const char *ratio = values[XP_RHO] != NULL ? values[XP_RHO] : values[XP_REMOVE_FRAC];
    const bool text = query->paper != NULL && xp_model_is_of_text(query->paper->model);
    const bool standard =
        values[XP_REMOVE_FRAC] != NULL && strcmp(values[XP_REMOVE_FRAC], xp_option_standard(XP_REMOVE_FRAC, true)) == 0;
    if (text && standard) { /* the one imbalance of the paper's text, which its columns do not name */
        return copy_text(arena, values[XP_DATA], &out->column);
    }
    snprintf(column, sizeof column, "%.1000s/%.1000s%s%.1000s", values[XP_DATA], values[XP_IMBALANCE],
             ratio != NULL ? "/" : "", ratio != NULL ? ratio : "");
    return copy_text(arena, column, &out->column);
}

static core_status read_axes(const res_run *run, const xp_table_query *query, core_arena *arena, xp_table_run *out)
{
    for (int id = 0; id < XP_BIT_OPTIONS; id++) {
        char key[32], value[TEXT_BYTES];
        xp_option_key((xp_option_id)id, key);
        const res_option *option = res_options_find(&run->config.options, key);
        if (option != NULL) {
            CORE_TRY(copy_text(arena, res_option_format(option, value, sizeof value), &out->values[id]));
        }
    }
    if (out->values[XP_DATA] == NULL || out->values[XP_IMBALANCE] == NULL || out->values[XP_METHOD] == NULL) {
        return core_fail(CORE_BAD_FILE, "its configuration lacks data, imbalance or method");
    }
    out->row = out->values[XP_METHOD];
    return name_column(query, arena, out);
}

/* What is said of a run under the table: the recipe, data that stands in, data that nobody verified. */
static core_status deviation_text(const xp_table_query *query, const res_run *run, const char *column,
                                  const char *recipe, core_arena *arena, const char **out)
{
    char text[TEXT_BYTES], first[XP_COLUMN_BYTES];
    xp_table_column(query, column, 0, first);
    const bool stands_in = query->paper != NULL && !res_paper_has_column(query->paper, first);
    const bool unverified = !stands_in && query->paper != NULL && !run->data.verified;
    snprintf(text, sizeof text, "%.3000s%s%s%s", recipe, recipe[0] != '\0' && (stands_in || unverified) ? ", " : "",
             stands_in ? "data that the paper's table has not" : "", unverified ? "data that was not verified" : "");
    return copy_text(arena, text, out);
}

core_status xp_table_run_of(const res_run *run, const char *path, const xp_table_query *query, core_arena *arena,
                            xp_table_run *out)
{
    const bool text = xp_run_is_of_text(run);
    const char *model = query->paper != NULL ? query->paper->model : xp_option_standard(XP_MODEL, text);
    xp_deviation deviation;
    xp_table_run kept = {.validation = res_validation_error(run, run->epochs.E - 1)};
    res_figures figures;
    if (xp_model_is_of_text(model) != text) {
        return core_fail(CORE_BAD_FILE, "is about %s, Table %s about %s", text ? "text" : "images",
                         query->paper->number, text ? "images" : "text");
    }
    CORE_TRY(read_axes(run, query, arena, &kept));
    CORE_TRY(xp_deviation_of(run, model, arena, &deviation));
    CORE_TRY(res_figures_of(run, xp_table_metrics(query), query->best, arena, &figures));
    const res_option *seed = res_options_find(&run->config.options, "seed");
    kept.run = (res_table_run){.seed = seed != NULL && seed->type == CORE_H5_I64 ? seed->integer : 0,
                               .distance = deviation.distance,
                               .figures = figures};
    CORE_TRY(copy_text(arena, path, &kept.run.path));
    CORE_TRY(copy_text(arena, run->digest, &kept.run.digest));
    CORE_TRY(recipe_text(run, arena, &kept.run.recipe));
    CORE_TRY(copy_options(arena, &run->config.options, "seed", &kept.run.config));
    CORE_TRY(copy_options(arena, &deviation.open, NULL, &kept.run.open));
    CORE_TRY(deviation_text(query, run, kept.column, deviation.text, arena, &kept.run.deviation));
    *out = kept;
    return CORE_OK;
}

/* CORE_BAD_FILE, with the file's name, for what is no finished run. */
static core_status load_run(const char *path, const char *name, const xp_table_query *query, core_arena *arena,
                            xp_table_run *out)
{
    core_arena own = {0};
    res_run run;
    core_status status = res_run_load(path, XP_TABLE_PARTS, &own, &run);
    if (status == CORE_OK && !res_run_finished(&run)) {
        status = core_fail(CORE_BAD_FILE, "%s: is unfinished, %lld of %lld epochs", path, (long long)run.epochs.E,
                           (long long)run.epochs.planned);
    } else if (status == CORE_OK) {
        status = xp_table_run_of(&run, name, query, arena, out);
        if (status == CORE_BAD_FILE) {
            char message[TEXT_BYTES];
            snprintf(message, sizeof message, "%s", core_error_message());
            status = core_fail(CORE_BAD_FILE, "%s: %s", path, message);
        }
    }
    core_arena_free(&own);
    return status;
}

core_status xp_table_runs_load(const char *folder, const xp_table_query *query, core_arena *arena, xp_table_run **out,
                               int64_t *count)
{
    res_folder files;
    xp_table_run *runs;
    int64_t kept = 0;
    CORE_TRY(res_folder_list(folder, arena, &files));
    CORE_TRY(CORE_ARENA_NEW(arena, files.count, "the runs of a table", runs));
    for (int64_t i = 0; i < files.count; i++) {
        char path[TEXT_BYTES];
        snprintf(path, sizeof path, "%s/%s", folder, files.names[i]);
        const core_status status = load_run(path, files.names[i], query, arena, &runs[kept]);
        if (status == CORE_BAD_FILE) {
            fprintf(query->complaints, "tailbit: left out: %s\n", core_error_message());
        } else if (status != CORE_OK) {
            return status;
        }
        kept += status == CORE_OK;
    }
    *out = runs;
    *count = kept;
    return CORE_OK;
}
